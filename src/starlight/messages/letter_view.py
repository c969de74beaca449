"""A letter as its mailbox shows it: the one form from mailbox to page, JSON and command line.

`letter_view` reads it off the records of a mailbox as a pure function of time. What is for people only,
names, places and the note, is added afterwards by `named`, because a mailbox knows addresses and
codes and nothing else. The JSON twin is derived from this struct (`web/wire.py`), with the keys that it
gives where a key differs from the name here; so a new property of a letter is a field here, a line that
fills it, and its place in the page's template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec.structs import replace

from starlight.dtntime import MINUTE
from starlight.json_time import Time
from starlight.messages.course_view import CourseView
from starlight.messages.delivery import (
    WITHDRAWABLE,
    Certainty,
    DeliveryState,
    Fact,
    Received,
    TimeDoubt,
    is_before,
    told_fact,
)
from starlight.messages.dispatch import Dispatch, Sent
from starlight.messages.doubt import Doubt, Trouble
from starlight.messages.former import FormerView
from starlight.messages.later_view import HeldView, OpensView
from starlight.messages.letter import Act, Content, DistressState, Letter, MediaTime, Position, Reading
from starlight.messages.part_view import PartView
from starlight.messages.quote import Quote
from starlight.messages.reaction_view import ReactionView
from starlight.messages.standing import facts, standing
from starlight.routing import Priority

STOP_AFTER = MINUTE
"""A shorter stay at a node is part of the journey, and no place to name."""

UNTOLD = msgspec.Meta(extra={"json": False})
"""Marks a field that has no place in the JSON twin: something else there says it in words."""

THERE = frozenset({DeliveryState.ARRIVED, DeliveryState.READ})
"""States that begin where the letter goes to; all others begin where it comes from."""

ON_ITS_WAY = frozenset(
    {DeliveryState.WRITTEN, DeliveryState.QUEUED, DeliveryState.DEPARTED, DeliveryState.IN_FLIGHT}
)


class Stop(msgspec.Struct, frozen=True):
    """A node at which a letter waits on its way, as foreseen; times in ns.

    Attributes:
        node: its number.
        arrives, leaves: when the letter is there, and when it goes on.
        place: what people call it, once it is named.
    """

    node: int
    arrives: Time
    leaves: Time
    place: str = ""


class CopiedView(msgspec.Struct, frozen=True):
    """Somebody who has read and understood a letter, and when that was written; in ns."""

    address: str
    at: Time
    name: str = ""


class LetterView(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as the person of a mailbox sees it at a time; times in ns.

    Attributes:
        id: unique in the mailbox; of any characters.
        thread: the id of the thread.
        from_address, to_address: the two ends.
        from_name, to_name: the same, for people.
        text: as written; never HTML.
        written_at: by the author's node.
        mine: the person of the mailbox wrote it.
        state, certainty: what holds at that time.
        facts: every step in order, past and foreseen. For a letter of the person's own these
            lead on to the foreseen arrival; for one received, to its arrival and reading here.
        receipt_at: when the news of its arrival is foreseen here, or None where none can come.
        withdrawable: it can still be withdrawn.
        unread: it came in and has not been marked as read.
        reply_to: the id of the letter that it answers.
        note: what else there is to know of its state, in sentences: what the next three say.
        displaced: it is later than first foreseen, because something more urgent goes first.
        doubtful: why what is predicted is uncertain, if it is.
        trouble: what else went wrong, if anything did.
        priority: how urgent its author said it is; of a letter in format 1, which does not say so, normal.
        critical: a copy of it goes over every neighbour; `priority` then does not matter.
        fragments: in how many it travels, because no contact carries it whole.
        content: whether it is a letter at all; what is none is shown as what it is.
        payload_bytes: the size of what is no letter.
        says_more: it says something that only a newer Starlight understands.
        readers: everyone whom it is for; empty where that is `to_address` alone.
        thread_name: what it calls its thread from now on; empty where it does not say.
        distress: the state of the call for help that it is, or None.
        parts: voices, pictures, files.
        distress_by, distress_by_name: of one that tells who has answered a call of its author: that person;
            else empty.
        position, readings: where and how its author was then, if it is such a call.
        seen: the last letters that its author had read when it was written, by the ids of their authors.
        stops: where it waits on its way, as foreseen, in order; none of less than `STOP_AFTER`.
        receipt_can_come: a receipt can answer it: nobody will ever know otherwise that it arrived.
        expires: until when it is kept and carried; None of one that came.
        answers: the letter that it answers, quoted; None where it answers none.
        plain_text: it was sent as its words alone, to other software.
        clock: by whose clock its impossible times are told, in words; `note` says it as well.
        group, group_name: the group that it was written to; empty for none.
        outside: its author is not in that group and never was, by what is known here.
        courses: of one that was written here to a group, how it stands on its way to each node; `state` and
            all else are those of the one that is least far.
        act: what it does besides saying its words, an `Act`; one that nobody here knows is none.
        replaces: the id of the letter in whose place it stands, or None.
        replaced_by: the id of the letter that its author has put in its place, or None.
        replaced_at: when that was written, or None.
        former: the letter in whose place it stands, as it was; None where that is not here.
        crossed_with: of one that came, in a list of its conversation: the id of the last own letter that its
            author could not have read when they wrote, or None.
        obsolete: its author says that it no longer holds.
        copied_by: who have read and understood it, and when they wrote so.
        topic, topic_name: the topic that it belongs to, and what that is called; empty for none.
        starred: the person of the mailbox put a star to it.
        open_question: it is a question that nobody has answered.
        remind_at: when the person wants to be reminded of it, or None.
        held: why it stays at its author's node, an own letter; None where nothing holds it.
        opens: until when it is, or was, hidden from its reader; None of one that never is.
        media_time: the moment of a voice or a song in the letter that it answers, to which it is pinned.
        reactions: the letters that are pinned to moments of its parts, by part and moment.

    Names, places of steps and the note are empty until `named`.
    """

    id: str
    thread: str
    from_address: str
    from_name: str = ""
    to_address: str
    to_name: str = ""
    text: str
    written_at: Time
    mine: bool
    state: DeliveryState
    # Some keys of the API are older than the names here; programs read them, so the field names its key.
    certainty: Certainty = msgspec.field(name="standing")
    facts: tuple[Fact, ...] = ()
    receipt_at: Time | None = None
    withdrawable: bool = False
    unread: bool = False
    reply_to: str | None = None
    note: str = ""
    displaced: Annotated[bool, UNTOLD] = False
    doubtful: Annotated[Doubt | None, UNTOLD] = None
    trouble: Annotated[Trouble | None, UNTOLD] = None
    priority: Priority = Priority.NORMAL
    critical: bool = False
    fragments: int = msgspec.field(default=1, name="pieces")
    content: Content = Content.LETTER
    payload_bytes: int = 0
    says_more: bool = False
    readers: tuple[str, ...] = ()
    thread_name: str = ""
    distress: str | None = None
    position: Position | None = None
    readings: dict[str, Reading] = {}
    parts: tuple[PartView, ...] = ()
    seen: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
    receipt_can_come: bool = True
    expires: Time | None = None
    answers: Quote | None = None
    plain_text: bool = False
    clock: Annotated[str, UNTOLD] = ""
    group: str = ""
    group_name: str = ""
    courses: tuple[CourseView, ...] = ()
    act: str = "words"
    replaces: str | None = None
    replaced_by: str | None = None
    obsolete: bool = False
    copied_by: tuple[CopiedView, ...] = ()
    topic: str = ""
    topic_name: str = ""
    starred: bool = False
    open_question: bool = False
    remind_at: Time | None = None
    replaced_at: Time | None = None
    former: FormerView | None = None
    crossed_with: str | None = None
    held: HeldView | None = None
    opens: OpensView | None = None
    outside: bool = False
    media_time: MediaTime | None = None
    reactions: tuple[ReactionView, ...] = ()
    distress_by: str = ""
    distress_by_name: str = ""

    def stop_at(self, now: int) -> Stop | None:
        """Return where it waits at a time, in ns, as foreseen; None where it does not."""
        return next((stop for stop in self.stops if stop.arrives <= now < stop.leaves), None)

    @property
    def on_its_way(self) -> bool:
        """Return whether it is the person's own and waits or travels still, as far as can be said."""
        return self.mine and self.state in ON_ITS_WAY

    def last_fact(self, state: DeliveryState) -> Fact | None:
        """Return the last step that leads to a state, or None."""
        return next((fact for fact in reversed(self.facts) if fact.state is state), None)


def letter_view(letter: Letter, sent: Sent | None, received: Received | None, now: int) -> LetterView:
    """Return a letter as its mailbox shows it.

    Args:
        letter: what was written.
        sent: what is known about its course, if it was written here. A letter to oneself was both
            written and received here, and shows its course.
        received: what is known about its coming, if it came here.
        now: in ns.
    """
    # The record of sending wins: of a letter to oneself it knows the whole course, the other only the end.
    view = _received_view(letter, received) if sent is None else _sent_view(letter, sent, now)
    view = replace(view, unread=received is not None and received.read_at is None)
    return _with_more(view, letter)


def named(
    view: LetterView, look_up: Callable[[str], tuple[str, str]], titles: Mapping[int, str], note: str
) -> LetterView:
    """Return a letter with the names of its people, the places of its steps and its note.

    Args:
        view: as a mailbox shows it.
        look_up: gives the name and the place of who is at an address.
        titles: what nodes are called, by number.
        note: what its codes are in words.
    """
    stops = tuple(replace(stop, place=titles.get(stop.node, f"node {stop.node}")) for stop in view.stops)
    from_name, from_place = look_up(view.from_address)
    to_name, to_place = look_up(view.to_address)
    steps = tuple(replace(fact, where=to_place if fact.state in THERE else from_place) for fact in view.facts)
    courses = tuple(
        replace(
            course,
            readers=tuple(replace(each, name=look_up(each.address)[0]) for each in course.readers),
        )
        for course in view.courses
    )
    copied = tuple(replace(each, name=look_up(each.address)[0]) for each in view.copied_by)
    reactions = tuple(replace(each, from_name=look_up(each.from_address)[0]) for each in view.reactions)
    view = replace(view, courses=courses, copied_by=copied, reactions=reactions)
    if view.distress_by:
        view = replace(view, distress_by_name=look_up(view.distress_by)[0])
    answers = view.answers
    if answers is not None and answers.here:
        answers = replace(answers, from_name=look_up(answers.from_address)[0])
    return replace(
        view, from_name=from_name, to_name=to_name, facts=steps, stops=stops, note=note, answers=answers
    )


def without_contact(view: LetterView) -> LetterView:
    """Return an own letter as it is told while there is no contact with who takes it from here.

    What was predicted of it is in doubt; what is known stays so. Of one that has left, nothing more than that
    is said to hold.
    """
    parts = tuple(replace(part, in_doubt=part.is_on_its_way) for part in view.parts)
    view = replace(view, parts=parts)
    if not view.on_its_way and view.certainty is not Certainty.PREDICTED:
        return view
    doubted = Certainty.IN_DOUBT
    steps = tuple(
        replace(fact, certainty=doubted)
        if fact.certainty is Certainty.PREDICTED
        and fact.state is not DeliveryState.EXPIRED
        # That it left is not in doubt where only the link's word for it is missing.
        and not (fact.state is DeliveryState.DEPARTED and view.state not in WITHDRAWABLE)
        else fact
        for fact in view.facts
    )
    view = replace(view, facts=steps, stops=())
    left = view.last_fact(DeliveryState.DEPARTED)
    if view.state in WITHDRAWABLE or left is None or view.state is DeliveryState.EXPIRED:
        return view
    return replace(view, state=left.state, certainty=left.certainty)


def _with_more(view: LetterView, letter: Letter) -> LetterView:
    """Return a letter with what only some letters say."""
    unknown = (letter.unknown, *(part.unknown for part in letter.parts))
    distress = letter.distress
    view = replace(
        view,
        content=letter.content,
        payload_bytes=letter.payload_bytes,
        says_more=any(unknown) or letter.sealed is not None,
        readers=letter.readers,
        thread_name=letter.thread_name,
        seen=letter.seen,
        group=letter.group,
        act=(Act(letter.act) if letter.act in Act.__members__.values() else Act.WORDS).name.lower(),
        replaces=letter.replaces,
    )
    if distress is None:
        return view
    # A state that nobody here knows is one of a call that stands: better an alarm too many.
    known = distress.state in DistressState.__members__.values()
    state = DistressState(distress.state) if known else DistressState.RAISED
    view = replace(view, distress=state.name.lower(), distress_by=distress.by)
    return replace(view, position=distress.position, readings=distress.readings)


def _sent_view(letter: Letter, sent: Sent, now: int) -> LetterView:
    holds, dispatch = standing(sent, now), sent.dispatch
    return LetterView(
        id=letter.id,
        thread=letter.thread,
        from_address=letter.sender,
        to_address=letter.to,
        text=letter.text,
        written_at=letter.written_at,
        mine=True,
        state=holds.state,
        certainty=holds.certainty,
        facts=facts(sent),
        receipt_at=dispatch.expected.receipt_at if _awaits_receipt(sent) else None,
        plain_text=sent.plain_text,
        # What a link may have taken, nobody can take back, though it waits here again.
        withdrawable=dispatch.state in WITHDRAWABLE
        and not any(copy.departed_at is not None and not copy.gone for copy in dispatch.copies),
        reply_to=letter.reply_to,
        # Once it is there, or at its end, nobody asks any more who went first.
        displaced=dispatch.expected.displaced and dispatch.is_on_its_way,
        doubtful=dispatch.doubtful,
        trouble=dispatch.trouble,
        priority=Priority(sent.priority),
        critical=sent.critical,
        fragments=dispatch.expected.fragments,
        stops=_stops(dispatch) if dispatch.is_on_its_way else (),
        receipt_can_come=sent.receipt_wanted,
        expires=sent.expires_at,
    )


def _stops(dispatch: Dispatch) -> tuple[Stop, ...]:
    """Return where a letter waits on the route that is foreseen for it, but for its own node."""
    return tuple(
        Stop(onward.from_node, leg.arrives, onward.leaves)
        for leg, onward in pairwise(dispatch.expected.legs)
        if onward.leaves - leg.arrives >= STOP_AFTER
    )


def _awaits_receipt(sent: Sent) -> bool:
    # Other software answers plain text with nothing that would tell of its arrival.
    return sent.dispatch.confirmed.arrived_at is None and not sent.plain_text


def _received_view(letter: Letter, received: Received | None) -> LetterView:
    # By its author's clock, which may be wrong; what comes after is by our own.
    early = received is not None and is_before(received.arrived_at, letter.written_at)
    steps = [told_fact(DeliveryState.WRITTEN, letter.written_at, TimeDoubt.FROM_FUTURE if early else None)]
    if received is not None:
        steps.append(told_fact(DeliveryState.ARRIVED, received.arrived_at))
        if received.read_at is not None:
            # Our own clock may have been set back between the two.
            set_back = TimeDoubt.BEFORE_ARRIVAL if received.read_at < received.arrived_at else None
            steps.append(told_fact(DeliveryState.READ, received.read_at, set_back))
    return LetterView(
        id=letter.id,
        thread=letter.thread,
        from_address=letter.sender,
        to_address=letter.to,
        text=letter.text,
        written_at=letter.written_at,
        mine=False,
        state=steps[-1].state,
        certainty=steps[-1].certainty,
        facts=tuple(steps),
        reply_to=letter.reply_to,
        priority=Priority(min(letter.priority, Priority.EXPEDITED)),
        critical=letter.critical,
    )
