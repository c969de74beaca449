"""Letters that are written and do not leave yet: why, and what lets them go.

A letter that is held is in its author's mailbox, whole, and nothing of it is submitted to the node. It can be
let go, or withdrawn, at any time.
"""

from __future__ import annotations

import msgspec

from starlight.json_time import Time


class Held(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The reason why a letter does not leave; by hand where nothing else is told. Times in ns.

    Attributes:
        since: when it was held.
        until: when it is let go.
        after: the id of an own letter that all its readers must have read first, as receipts tell.
        place: in an order that was just chosen: it goes as soon as all that change their place are back.
        awaits: the name of whom it is for, who has no address yet, such as ``name:Ada``; nothing else lets it
            go before that is given.
    """

    since: Time
    until: Time | None = None
    after: str | None = None
    place: int | None = None
    awaits: str | None = None

    @property
    def due(self) -> int | None:
        """Return when it lets the letter go by itself, in ns, or None."""
        return None if self.awaits is not None else self.until

    @property
    def is_by_hand(self) -> bool:
        """Return whether only a person lets it go."""
        return self.until is None and self.after is None and self.place is None and self.awaits is None
