"""Views as HTML: the whole page, and the parts of it that are swapped while it is open."""

from __future__ import annotations

import hashlib
from urllib.parse import urlencode

from starlight.web import wire
from starlight.web.forecast_view import PredictionView
from starlight.web.reader import Reader
from starlight.web.render import render
from starlight.web.views import Clock, ConversationView, MailboxView, Orbits, PageStatus, Person

PARTS = ("conversations", "letters", "silence", "in_transit", "telemetry", "storm", "plan")
"""The parts of the page that change while it is open, each in a template of its own."""


class PageView:
    """One person's page at one moment, ready to be rendered.

    Args:
        people: everyone to choose from.
        mailbox: the person's, opened at a correspondent.
        status: what else moves.
        before: the letter id that the shown letters are before, or None for the latest.
    """

    def __init__(
        self, people: tuple[Person, ...], mailbox: MailboxView, status: PageStatus, before: str | None = None
    ) -> None:
        self.people = people
        self.mailbox = mailbox
        self.status = status
        self.before = before
        self._reader = Reader(mailbox.person, status.sky.clock)

    def page(self, orbits: Orbits, prediction: PredictionView | None) -> str:
        """Return the whole page."""
        parts = {name: self.part(name) for name in PARTS}
        return render(
            "page.html",
            self._context(orbits=orbits, prediction=prediction, parts=parts, message=_wire_status),
        )

    def parts(self) -> str:
        """Return every part, each marked to take the place of the one with its id."""
        return "\n".join(self.part(name, swap=True) for name in PARTS)

    def part(self, name: str, *, swap: bool = False) -> str:
        """Return one part; `data-version` tells the page whether it differs from what is there."""
        # The version is of the part without its version, so it is rendered twice.
        context = self._context(swap="", version="")
        version = hashlib.sha256(render(f"{name}.html", context).encode()).hexdigest()[:12]
        return render(f"{name}.html", context | {"swap": "true" if swap else "", "version": version})

    def _context(self, **more: object) -> dict[str, object]:
        shown = {"with": self.mailbox.correspondent} | ({"before": self.before} if self.before else {})
        return self._reader.context(
            people=self.people,
            mailbox=self.mailbox,
            status=self.status,
            parts_url=f"{self._reader.base}/parts?{urlencode(shown)}",
            shown=urlencode(shown),
            before=self.before,
            other=_other(self.mailbox),
            sides=_sides(self._reader.clock, self.mailbox.person.world, _other(self.mailbox)),
            address=self.mailbox.correspondent,
            next_moment=next_moment(self.mailbox, self.status),
            **more,
        )


def next_moment(mailbox: MailboxView, status: PageStatus) -> int | None:
    """Return when what is shown will next read differently by the passing of time alone, in ns."""
    # Each of these moments turns a word on the page: expected to left, in flight to should be there.
    moments = [fact.time for letter in mailbox.letters for fact in letter.facts]
    moments += [
        at for letter in mailbox.letters for stop in letter.stops for at in (stop.arrives, stop.leaves)
    ]
    moments += [letter.receipt_at for letter in mailbox.letters if letter.receipt_at is not None]
    moments += [at for crossing in status.in_transit for at in (crossing.departed, crossing.arrives)]
    if status.sky.window is not None:
        moments += [status.sky.window.start, status.sky.window.end]
    if status.reach is not None and status.reach.until is not None:
        moments.append(status.reach.until)
    if status.conjunction is not None:
        near = status.conjunction
        moments += [near.enter, near.leave, near.last_departure]
    return min((at for at in moments if at > status.sky.clock.now), default=None)


def _other(mailbox: MailboxView) -> ConversationView | None:
    return next((one for one in mailbox.conversations if one.address == mailbox.correspondent), None)


def _sides(clock: Clock, world: str, other: ConversationView | None) -> list[str]:
    """Return the names of the two worlds whose clocks are shown, in the order of the mission's.

    They are the person's own and the correspondent's; where both are one world, the first other one.
    """
    far = [other.world] if other and other.world in clock.worlds else []
    far += clock.worlds
    shown = {world, next((name for name in far if name != world), world)}
    return [name for name in clock.worlds if name in shown]


def _wire_status(status: PageStatus) -> str:
    return wire.dumps(status).decode()
