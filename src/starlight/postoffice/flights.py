"""Letters and parts of one node on their way, to be drawn: each where its forecast has it.

It is found among what is open, which is kept in memory, and never by going through a mailbox. Nothing is
changed by asking. Of what comes to a mailbox only that is told which this node knows: letters that are here,
parts of which are missing. A letter that is still on its way to it is known to nobody here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from msgspec.structs import replace

from starlight.contacts import Notice
from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.course import letter_of_course
from starlight.messages.delivery import WITHDRAWABLE, Certainty, DeliveryState, Fact, Leg
from starlight.messages.dispatch import Dispatch, Sent
from starlight.messages.flight import Coming, Flight, FlightHop, Track, TrackGroup, spot_of
from starlight.messages.forecast import MessageForecaster
from starlight.messages.later_view import held_view
from starlight.messages.letter import Letter
from starlight.messages.queue import first_words, part_words
from starlight.messages.reach import Reach, out_of_contact
from starlight.messages.standing import standing
from starlight.messages.urgency import Priority
from starlight.node.forecast import ForecastDoubt
from starlight.postoffice.letter_forecasts import LetterForecasts
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.open_letters import OpenLetter, OpenLetters
from starlight.postoffice.part_arrivals import PartArrivals

TRACKS_MAX = 40
"""Letters and parts that are told one by one: more than a person follows; what is beyond is counted."""

COMING_MAX = 40
"""Letters with missing parts that are told: the latest ones."""

WAYS_MAX = 12
"""Addresses whose way is told: each costs a search in the plan."""

NOTICES_MAX = 6
"""Notices of the plan that are told: the next ones."""

NEVER = 2**63


class _Found(NamedTuple):
    """A course of an open letter, one of its dispatches, and what holds of that."""

    open: OpenLetter
    dispatch: Dispatch
    holds: Fact

    @property
    def left(self) -> int | None:
        known = self.dispatch.confirmed
        left = known.departed_at if known.departed_at is not None else known.given_at
        return self.dispatch.expected.leaves if left is None or self.is_here else left

    @property
    def is_here(self) -> bool:
        return self.dispatch.state in WITHDRAWABLE

    @property
    def is_held(self) -> bool:
        return self.is_here and self.open.sent.held is not None


class Flights:
    """All that is on its way from and to the mailboxes of one node.

    Args:
        mailboxes: of the node.
        letters: those that are open.
        arrivals: the parts that are on their way to the mailboxes.
        forecasts: tell the state of the way to an address.
        forecaster: knows the plan and the links.
    """

    def __init__(
        self,
        mailboxes: NodeMailboxes,
        letters: OpenLetters,
        arrivals: PartArrivals,
        forecasts: LetterForecasts,
        forecaster: MessageForecaster,
    ) -> None:
        self._mailboxes = mailboxes
        self._letters = letters
        self._arrivals = arrivals
        self._forecasts = forecasts
        self._forecaster = forecaster

    def of(self, address: str, now: int) -> Flight:
        """Return what of a mailbox is on its way at a time in ns.

        Raises:
            InputError: no such mailbox.
        """
        mailbox = self._mailboxes.at(address)
        found = sorted(self._under_way(mailbox, now), key=_turn)
        tracks = tuple(self._tracks(found[:TRACKS_MAX], now))
        ways = self._ways(mailbox, [track.there for track in tracks], now)
        return Flight(
            now,
            self._forecaster.node,
            tracks,
            tuple(_groups(found[TRACKS_MAX:])),
            tuple(self._coming(mailbox)),
            ways,
            self._notices([way for _, way in ways], now),
        )

    def _under_way(self, mailbox: Mailbox, now: int) -> Iterator[_Found]:
        """Give all dispatches of a mailbox that wait, travel, or should be there, in no order."""
        for each in self._letters.every(mailbox.address):
            for dispatch in each.sent.dispatches:
                if dispatch.is_on_its_way:
                    yield _Found(each, dispatch, standing(_alone(each.sent, dispatch), now))

    def _tracks(self, found: Iterable[_Found], now: int) -> Iterator[Track]:
        for one in found:
            written = one.open.mailbox.outgoing.written(letter_of_course(one.open.id))
            if written is not None:  # Else it was set aside.
                yield self._track(one, written[0], now)

    def _track(self, found: _Found, letter: Letter, now: int) -> Track:
        (_, id, there, sent), dispatch, holds = found
        expected, precedence = dispatch.expected, sent.precedence(dispatch)
        hops = tuple(map(self._hop, expected.legs))
        at_node, hop = (self._forecaster.node, None) if found.is_here else spot_of(hops, now)
        doubts = self._doubts(dispatch, now)
        lost = out_of_contact(doubts) is not None
        # Where it is nobody can say once contact is lost with who took it from here; only that it left.
        vague = lost and not found.is_here
        return Track(
            letter=letter_of_course(id),
            part=dispatch.part,
            to=letter.group or letter.to,
            there=there,
            text=first_words(letter) if dispatch.part is None else part_words(letter, dispatch.part),
            priority=Priority(precedence.priority),
            critical=precedence.critical,
            size_bytes=dispatch.size_bytes,
            state=DeliveryState.DEPARTED if vague else holds.state,
            certainty=Certainty.IN_DOUBT if vague else holds.certainty,
            held=held_view(sent, found.open.mailbox.letter) if found.is_held else None,
            left=found.left,
            departed=not found.is_here and dispatch.confirmed.departed_at is not None,
            arrives=expected.arrives,
            word_at=expected.receipt_at if sent.receipt_wanted and not sent.plain_text else None,
            expires=sent.expires_at,
            hops=hops,
            at_node=None if vague else at_node,
            hop=None if vague else hop,
            in_doubt=lost or (not found.is_here and expected.arrives is None),
            displaced=expected.displaced,
            doubtful=dispatch.doubtful,
            trouble=dispatch.trouble,
            doubts=doubts,
        )

    def _hop(self, leg: Leg) -> FlightHop:
        return FlightHop(
            from_node=leg.from_node,
            to_node=leg.to_node,
            leaves=leg.leaves,
            last_byte=leg.last_byte,
            arrives=leg.arrives,
            opens=self._forecaster.index().opens(leg),
            closes=leg.contact_end,
        )

    def _doubts(self, dispatch: Dispatch, now: int) -> tuple[ForecastDoubt, ...]:
        """Return what speaks against a prediction, as `LetterForecasts.doubts` does of a letter's words."""
        expected, left = dispatch.expected, dispatch.state is DeliveryState.DEPARTED
        due = expected.arrives if expected.receipt_at is None else expected.receipt_at
        return self._forecaster.doubts(expected.legs, now, due if left else None)

    def _coming(self, mailbox: Mailbox) -> Iterator[Coming]:
        """Give the letters of a mailbox that are here and parts of which are missing, the latest last."""
        for id in self._arrivals.awaited(mailbox.address)[-COMING_MAX:]:
            # One that is not listed yet is hidden from its reader, and so are its parts.
            letter = mailbox.letter(id) if mailbox.index.has(id) else None
            if letter is None:
                continue
            states = [(part, mailbox.parts.get(id, n)) for n, part in enumerate(letter.parts) if part.chunks]
            missing = [(part, state) for part, state in states if state is None or state.arrived_at is None]
            if missing:
                yield Coming(
                    letter=id,
                    correspondent=mailbox.index.entry(id).correspondent,
                    from_address=letter.sender,
                    text=first_words(letter),
                    parts=len(missing),
                    here_bytes=sum(state.bytes_here for _, state in missing if state is not None),
                    size_bytes=sum(part.size for part, _ in missing),
                )

    def _ways(self, mailbox: Mailbox, there: list[str], now: int) -> tuple[tuple[str, Reach], ...]:
        """Return the state of the way to each of some addresses, then to the latest correspondents."""
        latest = [each.correspondent for each in mailbox.conversations()[:WAYS_MAX]]
        wanted = list(dict.fromkeys([*there, *latest]))[:WAYS_MAX]
        ways = []
        for each in wanted:
            # Of an older record it may be no address, or a group that is not known here any more.
            with suppress(InputError):
                ways.append((each, self._forecasts.reach(mailbox.address, each, now)))
        return tuple(ways)

    def _notices(self, ways: Iterable[Reach], now: int) -> tuple[Notice, ...]:
        """Return what the plan says of missing contacts on the ways to nodes, from now on."""
        found: dict[Notice, None] = {}
        for node in dict.fromkeys(way.node for way in ways):
            if node is not None and node != self._forecaster.node:
                found.update(dict.fromkeys(self._forecaster.notices(node, now, None)))
        return tuple(sorted(found, key=lambda notice: (notice.start, notice.end)))[:NOTICES_MAX]


def _alone(sent: Sent, dispatch: Dispatch) -> Sent:
    """Return a course as if one of its dispatches were all of it: where a part is, the words don't say."""
    return sent if dispatch.part is None else replace(sent, dispatch=dispatch, parts=(), read_at=None)


def _turn(found: _Found) -> tuple[int, int, int]:
    """Return by what tracks are put in order: when they leave, when they arrive, and the words first."""
    left, arrives = found.left, found.dispatch.expected.arrives
    part = -1 if found.dispatch.part is None else found.dispatch.part
    return (NEVER if left is None else left, NEVER if arrives is None else arrives, part)


def _groups(found: Iterable[_Found]) -> Iterator[TrackGroup]:
    """Give what is told as a count: together what goes to one correspondent, and stands alike."""
    alike: dict[tuple[str, DeliveryState, Certainty, bool], list[_Found]] = {}
    for one in found:
        id = letter_of_course(one.open.id)
        to = one.open.mailbox.index.entry(id).correspondent
        alike.setdefault((to, one.holds.state, one.holds.certainty, one.is_held), []).append(one)
    for (to, state, certainty, held), ones in alike.items():
        left = [one.left for one in ones if one.left is not None]
        arrives = [at for one in ones if (at := one.dispatch.expected.arrives) is not None]
        yield TrackGroup(
            to=to,
            state=state,
            certainty=certainty,
            held=held,
            count=len(ones),
            size_bytes=sum(one.dispatch.size_bytes for one in ones),
            left=min(left, default=None),
            arrives=max(arrives, default=None),
            routeless=len(ones) - len(arrives),
        )
