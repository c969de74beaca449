"""The storm button: what it cuts, and whether it has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from starlight.views.page_status import StormView


class StormControl(msgspec.Struct):
    """The storm that a visitor of the page can let loose.

    Attributes:
        active: the relays are cut.
        since: when they were cut, in ns.
        cuts: what it cuts, for people.
        set_active: cuts or mends.
    """

    active: bool
    since: int | None
    cuts: str
    set_active: Callable[[bool], Awaitable[None]]

    def view(self) -> StormView:
        """Return the button's state as the page shows it."""
        return StormView(self.active, self.since, self.cuts)

    async def turn(self, active: bool) -> None:
        """Cut the relays, or mend them; to turn it where it stands already changes nothing."""
        # Two pages may press the button at once; the second finds it done.
        if active != self.active:
            await self.set_active(active)
