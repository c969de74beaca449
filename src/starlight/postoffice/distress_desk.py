"""The distress desk of a node: calls for help are raised, repeated, heard, acknowledged and ended here.

Theory of operation. A call goes as a letter to each of those whom it is for, critical, which is a copy over
every neighbour, before what is less urgent. A link may be down, a relay may be dead, a store may be lost; so
until a person acknowledges it, or its author ends it, the desk posts further copies: of each letter that has
wholly left and is not known to be there, as soon as a route has a contact that opens before the next copy
would be due. So copies never pile up for a contact that is far off: the one that waits for it is the first to
leave then. A receipt ends nothing: it tells that a letter is in a mailbox, not that anybody is there to read
it, and that store may burn a minute later. Copies are few a day (`messages/distress.py: next_copy_at`); each
is the same letter, which every receiver knows by its id, and shows once. With the first answer the desk tells
all whom neither their own answer nor their own node has told, that somebody acts, and who: their banners then
sound no more.

All state is in the records of the mailboxes, so a start goes on where the last run ended. In memory is only
at which of them a call may need care: the engine asks when one is due at each step, however many mailboxes
there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from starlight.dtntime import MINUTE, to_text
from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages import distress as rules
from starlight.messages.delivery import DeliveryState
from starlight.messages.dispatch import Sent
from starlight.messages.distress import (
    RECIPIENTS_MAX,
    SOON,
    TEXT_MAX_BYTES,
    Acknowledgement,
    CallLetter,
    HeardCall,
    OwnCall,
)
from starlight.messages.draft import Draft
from starlight.messages.forecast import MessageForecaster
from starlight.messages.letter import Distress, DistressState, Letter, Telemetry
from starlight.messages.trace_events import CallRepeated, say
from starlight.messages.wire_values import ID_BYTES
from starlight.node.application import Request, Withdraw
from starlight.postoffice.composer import Composer
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.outbox import Outbox
from starlight.postoffice.resend import outgoing_of, submission
from starlight.routing import Priority

ENDED = frozenset({DeliveryState.EXPIRED, DeliveryState.WITHDRAWN})


class DistressDesk:
    """The calls of all mailboxes of one node.

    Args:
        forecaster: foresees what becomes of messages from there.
        mailboxes: of the node.
        composer: knows who reads a call as one.
        outbox: posts letters.
        entropy: returns so many random bytes, of which the ids of calls are made.
    """

    def __init__(
        self,
        forecaster: MessageForecaster,
        mailboxes: NodeMailboxes,
        composer: Composer,
        outbox: Outbox,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._forecaster = forecaster
        self._mailboxes = mailboxes
        self._composer = composer
        self._outbox = outbox
        self._entropy = entropy
        self._in_care: set[str] = set()  # the mailboxes at which a call may need care

    def resume(self, mailboxes: Iterable[Mailbox]) -> None:
        """Look after the calls that need it at mailboxes that were just taken up from their records."""
        self._in_care |= {each.address for each in mailboxes if each.calls.needs_care}

    # What people do.

    def raise_call(
        self, address: str, text: str, to: Sequence[str], now: int, *, vehicle: str = ""
    ) -> tuple[OwnCall, list[Request]]:
        """Raise a call for help; asked again while it stands, return the one that there is.

        Args:
            address: of the mailbox of who calls.
            text: words, if there are any.
            to: the addresses that it goes to, in their canonical text; the own one is passed over.
            now: in ns.
            vehicle: the address of the suit or vehicle that the person is in; empty where nobody knows.

        Raises:
            InputError: too many words, nobody to call or too many, or nobody could be written to.
        """
        mailbox = self._mailboxes.at(address)
        own = mailbox.calls.own
        if own is not None and own.state is DistressState.RAISED:
            return own, []  # One gesture may come twice; so may a request whose answer was lost.
        _check_text(text)
        called = [each for each in dict.fromkeys(to) if each != mailbox.address]
        if not 1 <= len(called) <= RECIPIENTS_MAX:
            right = f"A call goes to 1 to {RECIPIENTS_MAX} people: name them in distress_to"
            raise InputError(f"there are {len(called)} people to call", where="distress_to", right=right)
        known = self.known_of(vehicle, now)
        call, requests, letters = self._entropy(ID_BYTES).hex(), list[Request](), list[CallLetter]()
        for each in called:
            try:
                letter, posted = self._post(mailbox, each, text, known, now, call)
            except InputError:
                # A mailbox that is full now, say: whoever can be called is, and that is told.
                if each == called[-1] and not letters:
                    raise
                continue
            letters.append(CallLetter(each, letter.id))
            requests += posted
        # What is left of the day's copies is one's own, however often calls are ended and raised.
        before = () if own is None else own.copies
        own = OwnCall(call, now, text, tuple(letters), known.position, known.readings)
        own = replace(rules.repeated(replace(own, copies=before), now), repeats=0)
        self._in_care.add(mailbox.address)
        return own, [*requests, *mailbox.calls.put_own(own)]

    def cancel(self, address: str, text: str, now: int) -> tuple[OwnCall, list[Request]]:
        """End one's call, which everybody who got it is told; asked again, return it as it is.

        Raises:
            InputError: none was raised, or too many words.
        """
        mailbox = self._mailboxes.at(address)
        own = mailbox.calls.own
        if own is None:
            raise InputError("no call for help was raised here", where="distress")
        if own.cancelled_at is not None:
            return own, []
        _check_text(text)
        own, requests = replace(own, cancelled_at=now), list[Request]()
        for each in own.letters:
            over = Distress(DistressState.CANCELLED)
            requests += self._post(mailbox, each.to, text, over, now, own.call, each.letter)[1]
        return own, [*requests, *mailbox.calls.put_own(own)]

    def acknowledge(
        self, address: str, caller: str, call: str, text: str, now: int
    ) -> tuple[HeardCall, list[Request]]:
        """Tell the author of a call that a person has heard it; asked again, return it as it is.

        The other mailboxes of this node are told by whom; for them it goes on until they answered or know.

        Raises:
            InputError: no such call is here, it was cancelled, or too many words.
        """
        mailbox = self._mailboxes.at(address)
        found = _heard_at(mailbox, caller, call)
        if found.answered_by(mailbox.address):
            return found, []
        if found.cancelled_at is not None:
            ended = f"the call is over: its author ended it at {to_text(found.cancelled_at)}"
            raise InputError(ended, where="call", right="Write a letter")
        _check_text(text)
        heard = Distress(DistressState.ACKNOWLEDGED)
        _, requests = self._post(mailbox, caller, text, heard, now, call, found.letter)
        word = Acknowledgement(mailbox.address, now, now)
        for other in self._mailboxes.values():
            known = tuple(
                replace(each, acknowledged=word)
                if (each.caller, each.call) == (caller, call)
                and (each.acknowledged is None or other is mailbox)
                else each
                for each in other.calls.heard
            )
            requests += other.calls.put_heard(known)
        return replace(found, acknowledged=word), requests

    def dismiss(self, address: str, caller: str, call: str) -> list[Request]:
        """Tell the owner of a mailbox no more of a call that somebody else at this node has answered.

        Raises:
            InputError: no such call is here, or nobody has answered it.
        """
        mailbox = self._mailboxes.at(address)
        found = _heard_at(mailbox, caller, call)
        if found.acknowledged is None and found.cancelled_at is None:
            right = "Acknowledge it: somebody has to answer"
            raise InputError("nobody here has answered this call", where="call", right=right)
        known = tuple(
            replace(each, dismissed=True) if each is found else each for each in mailbox.calls.heard
        )
        return [*mailbox.calls.put_heard(known)]

    def known_of(self, vehicle: str, now: int) -> Distress:
        """Return what goes with a call of whoever is in a suit or vehicle, by its address; time in ns."""
        return rules.distress_of(self._telemetry_of(vehicle, now), now)

    # What is due.

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` has a call to look after, in ns, or None."""
        return min((due for _, _, due in self._calls_due()), default=None)

    def handle_timer(self, now: int) -> list[Request]:
        """Repeat the calls that are due; tell of those that were answered."""
        requests: list[Request] = []
        for mailbox, own, due in self._calls_due():
            if due <= now:
                does = self._repeat if own.state is DistressState.RAISED else self._tell_others
                requests += does(mailbox, own, now)
        return requests

    # Inside.

    def _calls_due(self) -> list[tuple[Mailbox, OwnCall, int]]:
        """Return the calls that need care, each with when; forget where none does any more."""
        self._in_care = {each for each in self._in_care if self._mailboxes[each].calls.needs_care}
        boxes = [self._mailboxes[each] for each in sorted(self._in_care)]
        return [(box, own, _due(own)) for box in boxes if (own := box.calls.own) is not None]

    def _repeat(self, mailbox: Mailbox, own: OwnCall, now: int) -> list[Request]:
        """Post a copy of each letter of a call that needs one, and look again later."""
        copies: list[Request] = []
        for each in own.letters:
            written = mailbox.outgoing.written(each.letter)
            if written is not None and self._needs_copy(*written, now):
                copies.append(submission(*written, now))
        if not copies:
            return [*mailbox.calls.put_own(replace(own, looked_at=now))]
        own = replace(rules.repeated(own, now), looked_at=now)
        said = say(
            now, self._forecaster.node, CallRepeated(mailbox.address, own.call, own.repeats, len(copies))
        )
        return [*mailbox.calls.put_own(own), *copies, said]

    def _tell_others(self, mailbox: Mailbox, own: OwnCall, now: int) -> list[Request]:
        """Tell those who were called, and do not know it, that somebody has answered."""
        word = own.acknowledged
        assert word is not None, "it was answered"
        requests: list[Request] = []
        answered = Distress(DistressState.ACKNOWLEDGED, by=word.by, by_at=word.at)
        there = self._forecaster.node_of(word.by)
        for each in own.letters:
            # Beside whoever answered, their own node has told it already.
            if own.answer_of(each.to) is not None or self._forecaster.node_of(each.to) == there:
                continue
            # To software that knows no calls it would be one more letter in words.
            if not self._composer.reads_calls(mailbox, each.to):
                continue
            try:
                requests += self._post(mailbox, each.to, "", answered, now, own.call, each.letter)[1]
            except InputError:
                continue  # A mailbox that is full now: they hear it when they answer, or when it ends.
        return [*mailbox.calls.put_own(replace(own, untold=False)), *requests]

    def _needs_copy(self, letter: Letter, sent: Sent, now: int) -> bool:
        """Return whether another copy of a letter would leave soon, and all before it have left."""
        dispatch = sent.dispatch
        waits = any(copy.departed_at is None and not copy.gone for copy in dispatch.copies)
        if waits or dispatch.state in ENDED:
            return False
        if letter.distress is None and not dispatch.is_on_its_way:
            return False  # It went in words, to software that shows each copy as one more letter.
        found = self._forecaster.forecast(outgoing_of(letter.sender, letter.to, sent, dispatch, now), now)
        return found.leaves is not None and found.arrives is not None and found.leaves <= now + SOON

    def _post(
        self,
        mailbox: Mailbox,
        to: str,
        text: str,
        distress: Distress,
        now: int,
        call: str,
        reply_to: str | None = None,
    ) -> tuple[Letter, list[Request]]:
        """Write a letter about a call; to whom can't read it as one, in words alone."""
        if self._composer.reads_calls(mailbox, to):
            draft = Draft(to, text, reply_to, Priority.EXPEDITED, critical=True)
            return self._outbox.write(mailbox.address, draft, now, thread=call, distress=distress)
        draft = Draft(to, _in_words(text, distress), reply_to, Priority.EXPEDITED, critical=True)
        return self._outbox.write(mailbox.address, draft, now)

    def _telemetry_of(self, vehicle: str, now: int) -> Telemetry | None:
        """Return the last that any mailbox of this node knows of a vehicle."""
        if not vehicle:
            return None
        found = (mailbox.telemetry.latest(vehicle) for mailbox in self._mailboxes.values())
        known = [each[1] for each in found if each is not None and each[1].time <= now + MINUTE]
        return max(known, key=lambda telemetry: telemetry.time, default=None)


def call_came(mailboxes: Mapping[str, Mailbox], mailbox: Mailbox, letter: Letter, now: int) -> list[Request]:
    """Take what a letter that came says about a call, the owner's or another's; also a copy of one.

    Args:
        mailboxes: of the node.
        mailbox: where it came.
        letter: as that has it.
        now: in ns.
    """
    if letter.distress is None or letter.sender == mailbox.address:
        return []
    requests: list[Request] = []
    own = mailbox.calls.own
    if own is not None:
        after = rules.answered(own, letter, now)
        if own.state is DistressState.RAISED and after.state is not DistressState.RAISED:
            requests += _copies_here(mailbox, own)
        requests += mailbox.calls.put_own(after)
    before = mailbox.calls.heard
    known = rules.heard(before, letter, now, mailbox.address, partial(_is_acquainted, mailbox))
    if len(known) > len(before):
        # Somebody else at this node may have answered before the letter to this mailbox came. Looked for
        # once, not for each copy: there may be many mailboxes.
        known = tuple(each if each in before else _as_answered(mailboxes, each) for each in known)
    return [*requests, *mailbox.calls.put_heard(known)]


def _copies_here(mailbox: Mailbox, own: OwnCall) -> list[Request]:
    """Return what takes back the copies of a call that have not left: a person has answered it."""
    sent = [mailbox.sent(each.letter) for each in own.letters]
    # Those to whom it has not come at all need it still.
    there = (each for each in sent if each is not None and each.dispatch.confirmed.arrived_at is not None)
    return [
        Withdraw(copy.key)
        for each in there
        for copy in each.copies
        if copy.departed_at is None and not copy.gone
    ]


def _is_acquainted(mailbox: Mailbox, caller: str) -> bool:
    """Return whether the owner of a mailbox has read something of somebody, or has written to them."""
    found = next((each for each in mailbox.conversations() if each.correspondent == caller), None)
    return found is not None and found.letters > found.unread


def _heard_at(mailbox: Mailbox, caller: str, call: str) -> HeardCall:
    """Return a call that came to a mailbox; InputError where it did not."""
    for each in mailbox.calls.heard:
        if (each.caller, each.call) == (caller, call) and each.letter:
            return each
    raise InputError(f"no call {call!r} of {caller} is here", where="call")


def _as_answered(mailboxes: Mapping[str, Mailbox], call: HeardCall) -> HeardCall:
    if call.acknowledged is not None:
        return call
    for other in mailboxes.values():
        for each in other.calls.heard:
            if (each.caller, each.call) == (call.caller, call.call) and each.acknowledged is not None:
                return replace(call, acknowledged=each.acknowledged)
    return call


def _due(own: OwnCall) -> int:
    """Return when a call is to be looked after, in ns: when it may be repeated, or was answered."""
    if own.acknowledged is not None:
        return own.acknowledged.known_at
    copy_at = rules.next_copy_at(own)
    return max(copy_at, own.looked_at + SOON) if own.looked_at else copy_at


def _check_text(text: str) -> None:
    if len(text.encode()) > TEXT_MAX_BYTES:
        right = f"A call has at most {TEXT_MAX_BYTES}; write the rest in a letter"
        raise InputError(f"a call of {len(text.encode())} bytes", where="text", right=right)


def _in_words(text: str, distress: Distress) -> str:
    """Return what a letter says to whose software knows no calls: in English, as that software shows it."""
    heads = {DistressState.CANCELLED: "DISTRESS IS OVER.", DistressState.ACKNOWLEDGED: "DISTRESS HEARD."}
    words = [heads.get(DistressState(distress.state), "DISTRESS. I need help."), text]
    if distress.position is not None:
        latitude, longitude = distress.position
        words.append(f"Position: {latitude:.4f}, {longitude:.4f} degrees.")
    words += [f"{key}: {value}." for key, value in distress.readings.items()]
    return " ".join(filter(None, words))
