"""Views as HTML: the whole page, and the parts of it that are swapped while it is open."""

from __future__ import annotations

import hashlib
from functools import cached_property
from urllib.parse import urlencode

import msgspec

from starlight.dtntime import MILLISECOND
from starlight.messages.awaited_name import is_name, name_in
from starlight.messages.later_view import OwnLetter
from starlight.messages.letter_view import LetterView
from starlight.messages.part_view import PartView
from starlight.messages.settings import AT_FIRST, Settings
from starlight.views.forecasts import PredictionView, ReachView
from starlight.views.mailbox import ConversationView, MailboxView, Person
from starlight.views.page_status import PageStatus
from starlight.views.sky import Clock, Orbits
from starlight.web import wire
from starlight.web.localtime import next_day
from starlight.web.reader import Reader
from starlight.web.render import render
from starlight.web.thread import called, first_unread, thread

PARTS = (
    "distress",
    "conversations",
    "announcements",
    "reach",
    "silence",
    "letters",
    "in_transit",
    "telemetry",
    "storm",
    "plan",
    "links",
    "pace",
)
"""The parts of the page that change while it is open, each in a template of its own."""


class Look(msgspec.Struct, frozen=True):
    """The way in which somebody looks at a mailbox.

    Attributes:
        before: the id of the letter that the shown letters are before; None for the latest.
        new_from: the id of the letter that was the first unread one when the page was opened.
        answering: the id of the letter that is being answered.
        chosen: the correspondent was chosen; where not, a phone shows the list of them.
        through: the id of the letter that is the last of those shown; None for the latest.
        topic: the id of the topic whose letters alone are shown; None for all.
        replacing: the id of the own letter in whose place another is being written.
    """

    before: str | None = None
    new_from: str | None = None
    answering: str | None = None
    chosen: bool = False
    through: str | None = None
    topic: str | None = None
    replacing: str | None = None


AT_LATEST = Look()
"""The way in which a mailbox opens of itself."""


class Typed(msgspec.Struct, frozen=True):
    """A form of a letter as it was filled in and refused.

    Attributes:
        fields: what was in them, by name.
        words: why it was refused.
    """

    fields: dict[str, str]
    words: tuple[str, ...] = ()


class PageView:
    """One person's page at one moment, ready to be rendered.

    Args:
        people: everyone to choose from.
        mailbox: the person's, opened at a correspondent.
        status: what else moves.
        look: how they are looked at.
        settings: what the person has chosen.
        told: programs of an expedition have told the person something.
    """

    def __init__(
        self,
        people: tuple[Person, ...],
        mailbox: MailboxView,
        status: PageStatus,
        look: Look = AT_LATEST,
        settings: Settings = AT_FIRST,
        *,
        told: bool = False,
    ) -> None:
        self.people = people
        self.mailbox = mailbox
        self.status = status
        self.look = look
        self._reader = Reader(mailbox.person, status.sky.clock, settings, told=told)

    def page(
        self,
        orbits: Orbits,
        prediction: PredictionView | None,
        own: tuple[OwnLetter, ...] = (),
        typed: Typed | None = None,
    ) -> str:
        """Return the whole page.

        Args:
            orbits: of the drawing.
            prediction: of the letter that is being written.
            own: letters that it can wait for.
            typed: what was written and refused.
        """
        typed = typed or Typed({})
        more: dict[str, object] = {"orbits": orbits, "prediction": prediction, "own": own}
        parts = {name: self.part(name) for name in PARTS}
        more |= {"typed": typed.fields, "refused_words": typed.words}
        more |= {"parts": parts, "message": _wire_status}
        return render("page.html", self._told | more)

    def parts(self) -> str:
        """Return every part, each marked to take the place of the one with its id."""
        return "\n".join(self.part(name, swap=True) for name in PARTS)

    def part(self, name: str, *, swap: bool = False) -> str:
        """Return one part; `data-version` tells the page whether it differs from what is there."""
        # The version is of the part without its version; put in afterwards, as fifty letters take a while.
        part = render(f"{name}.html", self._told | {"swap": "", "version": ""})
        version = hashlib.sha256(part.encode()).hexdigest()[:12]
        bare, whole = f'id="{name}" data-version=""', f'id="{name}" data-version="{version}"'
        # What people wrote has no quotes in it that are not escaped, so it can't stand there.
        return part.replace(bare, f'{whole} hx-swap-oob="true"' if swap else whole, 1)

    @cached_property
    def _told(self) -> dict[str, object]:
        """Return what all templates are told, of the one moment that this is of."""
        other, clock = _other(self.mailbox, self.status.reach), self._reader.clock
        world = self.mailbox.person.world
        names = called([*self.mailbox.conversations, *self.mailbox.hidden, *([other] if other else [])])
        new_from = self.look.new_from or first_unread(self.mailbox.letters)
        there = other.world if other and other.world in clock.worlds and other.world != world else None
        shown = {"with": self.mailbox.correspondent}
        shown |= {"before": self.look.before} if self.look.before else {}
        shown |= {"through": self.look.through} if self.look.through else {}
        shown |= {"topic": self.look.topic} if self.look.topic else {}
        # What was new when the page was opened stays marked, so that the line does not move while one reads.
        kept = shown | ({"new": new_from} if new_from else {})
        by_id = {letter.id: letter for letter in self.mailbox.letters}
        return self._reader.context(
            is_call=any(each.distress for each in self.mailbox.letters if self.look.topic),
            topic_name=next((each.topic_name for each in self.mailbox.letters if self.look.topic), ""),
            people=self.people,
            mailbox=self.mailbox,
            status=self.status,
            distress=self.status.distress,
            parts_url=f"{self._reader.base}/parts?{urlencode(kept)}",
            shown_query=urlencode(kept),
            look=self.look,
            other=other,
            called=names,
            there=there,
            thread=thread(self.mailbox, clock, there, new_from),
            answering=by_id.get(self.look.answering) if self.look.answering else None,
            replacing=_replaceable(by_id.get(self.look.replacing or "")),
            sides=_sides(clock, world, other),
            address=self.mailbox.correspondent,
            next_moment=next_moment(self.mailbox, self.status),
            unread=self.mailbox.unread,
        )


def next_moment(mailbox: MailboxView, status: PageStatus) -> int | None:
    """Return when what is shown will next read differently by the passing of time alone, in ns."""
    # Each of these moments turns a word on the page: expected to left, in flight to should be there.
    letters = [*mailbox.letters, *(one.last for one in mailbox.conversations if one.last is not None)]
    moments = [fact.time for letter in letters for fact in letter.facts]
    moments += [at for letter in letters for stop in letter.stops for at in (stop.arrives, stop.leaves)]
    moments += [letter.receipt_at for letter in letters if letter.receipt_at is not None]
    moments += [
        at for letter in letters for part in letter.parts for at in (part.leaves, part.expected) if at
    ]
    moments += [at for letter in letters for part in letter.parts for at in _premiere_turns(part)]
    moments += [letter.remind_at for letter in letters if letter.remind_at is not None]
    if mailbox.next_reminder is not None:
        moments.append(mailbox.next_reminder)
    reaches = [one.reach for one in mailbox.conversations if one.reach is not None]
    moments += [reach.until for reach in reaches if reach.until is not None]
    moments.append(next_day(status.sky.clock, mailbox.person.world))
    moments += [at for crossing in status.in_transit for at in (crossing.departed, crossing.arrives)]
    if status.sky.window is not None:
        moments += [status.sky.window.start, status.sky.window.end]
    if status.reach is not None and status.reach.until is not None:
        moments.append(status.reach.until)
    if status.conjunction is not None:
        near = status.conjunction
        moments += [near.enter, near.leave, near.last_departure]
    if status.pace is not None and status.pace.until is not None:
        moments.append(status.pace.until)
    return min((at for at in moments if at > status.sky.clock.now), default=None)


def _premiere_turns(part: PartView) -> tuple[int, ...]:
    """Return when a piece begins and is over here, in ns; nothing of one to be played at will."""
    premiere = part.premiere
    if premiere is None:
        return ()
    return premiere.starts, premiere.starts + (part.duration_ms or 0) * MILLISECOND


def _other(mailbox: MailboxView, reach: ReachView | None) -> ConversationView | None:
    """Return the correspondent of a mailbox; one whom nobody knows yet can be written to by the address."""
    address = mailbox.correspondent
    everyone = (*mailbox.conversations, *mailbox.hidden)
    found = next((one for one in everyone if one.address == address), None)
    if found is None and address:
        name = name_in(address) if is_name(address) else address
        return ConversationView(address, name, "", "", reach=reach)
    return found


def _replaceable(letter: LetterView | None) -> LetterView | None:
    """Return a letter in whose place its author can write another; None for any other."""
    return letter if letter is not None and letter.mine and letter.replaced_by is None else None


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
