"""Correspondents at a post office: what they are told, what becomes of their acts, what they can break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, repeat
from random import Random
from typing import Any

import pytest
from tests.messages.helpers import CREW, EARTH, FOREVER, JAY, MARS, NANYOUNG, contact
from tests.postoffice.programs import Answer, Echo, Noting

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from starlight.engine.node import Node
from starlight.errors import InputError
from starlight.mailboxes.mailbox import MailboxLimits
from starlight.messages import correspondent as c
from starlight.messages.correspondent import Act, Correspondent, Desk, Maker
from starlight.messages.draft import Attachment, Draft
from starlight.messages.first_format import encode_first
from starlight.messages.format import Message, decode_message
from starlight.messages.letter import Letter, Receipt, Telemetry
from starlight.messages.parts import Chunk, PartKind
from starlight.messages.trace_events import ActRefused, CorrespondentFailed, CorrespondentLost
from starlight.messages.wire_values import Envelope
from starlight.node.application import DataUnit, Request, Save, Say, SetAside, Submit
from starlight.node.config import NodeConfig
from starlight.postoffice import correspondents, hosted
from starlight.postoffice.postoffice import PostOffice
from starlight.routing import Priority
from starlight.trace import TraceEvent

T = 1000 * HOUR
HELLO = Letter(id=f"{NANYOUNG}/1/1", thread="a", sender=NANYOUNG, to=JAY, written_at=T, text="Hello")
PLAN = ContactPlan.of([contact(1, EARTH, MARS, 0, FOREVER), contact(2, MARS, EARTH, 0, FOREVER)])


def said_by(post: Submit) -> Message:
    """Return the message that is posted."""
    return decode_message(post.payload, Envelope(post.source, post.destination, T))


class Desktop:
    """A post office at Earth, driven by hand; what it saves survives a restart.

    Args:
        makers: of its correspondents.
        limits: of its mailboxes.
    """

    def __init__(self, *makers: Maker, limits: MailboxLimits | None = None) -> None:
        self.makers = makers
        self.limits = limits
        self.saves: dict[tuple[str, str], bytes] = {}
        self.aside: dict[tuple[str, str], bytes] = {}
        self.said: list[TraceEvent] = []
        self.posted: list[Submit] = []
        self.random = Random(7)
        self.start(T)

    def start(self, now: int) -> None:
        """Start on what is saved."""
        self.office = PostOffice(
            Node(NodeConfig(EARTH, PLAN)).forecaster,
            self.limits,
            correspondents=self.makers,
            entropy=self.random.randbytes,
        )
        for (mailbox, key), data in self.saves.items():
            self.office.restore(mailbox, key, data)
        self.perform(self.office.resume(now), now)

    def perform(self, requests: Iterable[Request], now: int) -> None:
        """Perform requests, and let the office do what is due at once, as a host does."""
        self._take(requests)
        due = self.office.next_wakeup()
        if due is not None and due <= now:
            self._take(self.office.handle_timer(now))

    def _take(self, requests: Iterable[Request]) -> None:
        for request in requests:
            if isinstance(request, Save):
                self.saves[request.mailbox, request.key] = request.data
            elif isinstance(request, SetAside):
                at = (request.mailbox, request.key)
                self.aside[at] = self.saves.pop(at)
            elif isinstance(request, Say):
                self.said.append(request.record.event)
            elif isinstance(request, Submit):
                self.posted.append(request)

    def open(self, address: str, now: int = T) -> None:
        self.perform(self.office.mailboxes.open(address, "Jay", now), now)

    def close(self, address: str, now: int) -> None:
        self.perform(self.office.mailboxes.close(address, now), now)

    def come(self, message: Letter | Telemetry, now: int = T) -> None:
        """Let a message come for Jay from Nan-young's address."""
        unit = DataUnit("k", ("k",), JAY, NANYOUNG, now, encode_first(message), now + DAY, 1)
        self.perform(self.office.delivered(unit, now), now)

    def pass_time(self, until: int) -> list[int]:
        """Let time pass to a moment, to that included; return when something was due, MAX times at most."""
        times: list[int] = []
        while (due := self.office.next_wakeup()) is not None and due <= until:
            times.append(due)
            assert len(times) < 1_000
            self.perform([], due)
        return times

    def state(self, address: str = JAY) -> bytes | None:
        return self.saves.get((address, "correspondent"))

    def told(self, address: str = JAY) -> list[str]:
        """Return what a `Noting` has been told, by what is saved."""
        noting = Noting(address)
        noting.restore(self.state(address) or b"{}")
        return noting.notes.told

    def letters(self) -> list[str]:
        """Return the texts of the letters that were posted."""
        messages = [said_by(post) for post in self.posted]
        return [message.text for message in messages if isinstance(message, Letter)]


def writing(*texts: str) -> dict[str, Answer]:
    return {"handle_timer": lambda desk: [c.Write(Draft(NANYOUNG, text)) for text in texts]}


def noting(answers: Mapping[str, Any] | None = None, due: int | None = None, address: str = JAY) -> Maker:
    return lambda: Noting(address, answers, due)


# What it is told.


def test_it_is_told_of_each_letter_and_reading_once() -> None:
    """A letter and telemetry that come are told in the step that takes them; a duplicate is not."""
    desk = Desktop(noting())
    desk.open(JAY)
    measured = Telemetry(NANYOUNG, T, "suit", None, {"oxygen_percent": 61.0})
    for _ in range(2):
        desk.come(HELLO)
        desk.come(measured)
    assert desk.told() == ["letter_came Hello", "telemetry_came suit"]


def test_it_finds_its_mailbox_in_order() -> None:
    """When a letter is told, the mailbox has it, unread, and knows when it came."""
    seen: list[object] = []

    def look(desk: Desk) -> Iterable[Act]:
        box = desk.mailbox
        received = box.received(HELLO.id)
        assert received is not None
        seen.append((box.address, box.unread(), received.arrived_at, desk.now, desk.entropy(2)))
        seen.append(desk.forecast(Draft(NANYOUNG, "")).arrives)
        return ()

    desk = Desktop(noting({"letter_came": look}))
    desk.open(JAY)
    desk.come(HELLO, T + MINUTE)
    at = T + MINUTE
    assert seen == [
        (JAY, [HELLO.id], at, at, Random(7).randbytes(2)),
        desk.office.forecasts.predict(JAY, Draft(NANYOUNG, ""), at).arrives,
    ]


def test_it_acts_only_while_its_mailbox_is_open() -> None:
    """Before its mailbox is opened, and after it is closed, its timer waits; what is due is done at once
    when somebody is there again."""
    desk = Desktop(noting(due=T + MINUTE))
    assert desk.pass_time(T + HOUR) == []
    assert not desk.office.mailboxes
    desk.open(JAY, T + HOUR)
    assert desk.told() == [f"handle_timer {T + HOUR}"]

    desk = Desktop(noting(due=T + MINUTE))
    desk.open(JAY)
    desk.close(JAY, T + SECOND)
    assert desk.office.next_wakeup() is None
    desk.open(JAY, T + HOUR)
    assert desk.told() == [f"handle_timer {T + HOUR}"]


@pytest.mark.parametrize("address", [NANYOUNG, "dtn://mars/5"])
def test_it_lives_at_its_own_node(address: str) -> None:
    """A correspondent at no address of the node is refused, with its address."""
    with pytest.raises(InputError, match=f"{address} does not live at node {EARTH}"):
        Desktop(noting(address=address))


def test_two_do_not_live_at_one_address() -> None:
    """Two correspondents at one address, however it is written, are refused."""
    with pytest.raises(InputError, match=r"two correspondents at ipn:7\.1"):
        Desktop(noting(), noting(address="ipn:0.7.1"))


# What it does.


def test_its_acts_are_performed_in_their_order() -> None:
    """It writes, reads, reports and withdraws; each act has its effect, and a letter's id is told back."""
    written: list[str] = []

    def first(desk: Desk) -> Iterable[Act]:
        (unread,) = desk.mailbox.unread()
        yield c.Write(Draft(NANYOUNG, "Here.", priority=Priority.EXPEDITED), lifetime=HOUR)
        yield c.MarkRead(unread)
        yield c.SendTelemetry((NANYOUNG,), "garden", (1.0, 2.0), {"o2": 20.9}, Priority.NORMAL, DAY)

    class Withdrawing(Noting):
        def written(self, letter: Letter) -> None:
            written.append(letter.id)
            self.notes.due = T + MINUTE

        def handle_timer(self, desk: Desk) -> Iterable[Act]:
            self.notes.due = None
            return [c.WithdrawLetter(written[0])]

    desk = Desktop(lambda: Withdrawing(JAY, {"letter_came": first}))
    desk.open(JAY)
    desk.come(HELLO)
    letter, telemetry, receipt = desk.posted
    assert desk.letters() == ["Here."]
    assert (letter.priority, letter.lifetime_ms) == (Priority.EXPEDITED, HOUR // MILLISECOND)
    measured = said_by(telemetry)
    assert measured == Telemetry(JAY, T, "garden", (1.0, 2.0), {"o2": 20.9})
    assert (telemetry.priority, telemetry.lifetime_ms) == (Priority.NORMAL, DAY // MILLISECOND)
    told = said_by(receipt)
    assert isinstance(told, Receipt)
    assert [fact.what for fact in told.facts] == ["arrived", "read"]
    assert desk.office.mailbox(JAY).letter_view(written[0], T).state == "written"
    desk.pass_time(T + MINUTE)
    assert desk.office.mailbox(JAY).letter_view(written[0], T).state == "withdrawn"


def test_it_sends_parts_with_a_letter() -> None:
    """A small part goes in the letter, a larger one in a bundle of its own, and nothing waits to be named."""
    picture = c.NewPart(
        b"p" * 3000, Attachment("", "sol-7.webp", "image/webp", "picture", width=64, height=48)
    )
    note = c.NewPart(b"v" * 700, Attachment("", "", "audio/ogg", "voice", 1500, transcript="Hello."))
    letter = [c.Write(Draft(NANYOUNG, ""), parts=(picture, note))]
    desk = Desktop(noting({"handle_timer": lambda _: letter}, T))
    desk.open(JAY)
    first, second = map(said_by, desk.posted)
    assert isinstance(first, Letter)
    assert isinstance(second, Chunk)
    assert [(part.kind, part.name, part.size, part.data) for part in first.parts] == [
        (PartKind.PICTURE, "sol-7.webp", 3000, None),
        (PartKind.VOICE, "", 700, b"v" * 700),
    ]
    assert (second.letter_id, second.part, second.data) == (first.id, 0, b"p" * 3000)
    assert desk.office.mailbox(JAY).uploads.all() == ()
    desk.start(T)
    assert desk.office.mailbox(JAY).letter_view(first.id, T).parts[1].transcript == "Hello."


@pytest.mark.parametrize(
    ("limits", "parts", "reason"),
    [
        (MailboxLimits(part_bytes=5000), 2, "no room for more parts"),
        (MailboxLimits(letters=0), 2, "the mailbox is full"),
        (MailboxLimits(), 65, "64 uploads wait"),
    ],
)
def test_parts_of_a_letter_that_is_refused_take_no_room(
    limits: MailboxLimits, parts: int, reason: str
) -> None:
    """Where a letter or one of its parts is refused, none of them is kept, also not after a restart."""
    part = c.NewPart(b"p" * 3000)
    desk = Desktop(
        noting({"handle_timer": lambda _: [c.Write(Draft(NANYOUNG, "Look."), parts=(part,) * parts)]}, T),
        limits=limits,
    )
    desk.open(JAY)
    (refused,) = [each for each in desk.said if isinstance(each, ActRefused)]
    assert reason in refused.reason
    assert desk.posted == []
    for _ in range(2):
        mailbox = desk.office.mailbox(JAY)
        assert mailbox.part_room.has_room(limits.part_bytes)
        assert mailbox.uploads.all() == ()
        desk.start(T)


def test_parts_that_are_too_large_together_are_no_letter() -> None:
    """They would all stand in memory at once: the correspondent's own line raises."""
    half = c.NewPart(b"." * (c.NEW_PARTS_MAX_BYTES // 2 + 1))
    with pytest.raises(InputError, match="parts of"):
        c.Write(Draft(NANYOUNG, "Look."), parts=(half, half))


def test_it_is_told_of_what_it_wrote_and_keeps_that() -> None:
    """`written` is told each letter of the turn, and the state after it is the one that is kept."""
    desk = Desktop(noting(writing("one", "two"), T))
    desk.open(JAY)
    assert desk.told() == [f"handle_timer {T}", "written one", "written two"]


def test_its_state_is_saved_in_the_step_that_changed_it_and_not_otherwise() -> None:
    """The save is among the requests of the step; where nothing changed there is none."""
    desk = Desktop(noting())
    desk.open(JAY)
    assert desk.state() is None  # One that was told nothing has nothing to keep.
    unit = DataUnit("k", ("k",), JAY, NANYOUNG, T, encode_first(HELLO), T + DAY, 1)
    desk.office.delivered(unit, T)
    kept = [each for each in desk.office.handle_timer(T) if isinstance(each, Save)]
    assert [save.key for save in kept if save.key == "correspondent"] == ["correspondent"]

    class Forgetful(Correspondent):
        address = JAY

    quiet = Desktop(Forgetful)
    quiet.open(JAY)
    quiet.come(HELLO)
    assert quiet.state() is None


def test_a_restart_goes_on_from_the_saved_state() -> None:
    """After a restart it knows what it was told, and is due when it was."""
    desk = Desktop(noting(due=T + HOUR))
    desk.open(JAY)
    desk.come(HELLO)
    desk.start(T + MINUTE)
    assert desk.pass_time(T + 2 * HOUR) == [T + HOUR]
    assert desk.told() == ["letter_came Hello", f"handle_timer {T + HOUR}"]
    desk.start(T + 2 * HOUR)
    assert desk.pass_time(T + DAY) == []


# What it can break.


NOTHING: Any = None
NINE: Any = 9


def endless(desk: Desk) -> Iterator[Act]:
    return repeat(c.MarkRead("x"))


def raising(desk: Desk) -> Iterable[Act]:
    raise LookupError("no such flower")


def half_way(desk: Desk) -> Iterator[Act]:
    yield c.Write(Draft(NANYOUNG, "never sent"))
    raise LookupError("no such flower")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (raising, "LookupError: no such flower"),
        (half_way, "LookupError: no such flower"),
        (endless, "ValueError: more than 100000 acts at once"),
        (lambda desk: None, "TypeError: "),
        (lambda desk: 5, "TypeError: "),
        (lambda desk: ["read it"], "TypeError: str is no act of a correspondent"),
        (lambda desk: [None], "TypeError: NoneType is no act of a correspondent"),
        (lambda desk: [c.Write(NOTHING)], "InputError: draft: NoneType is no draft"),
        (lambda desk: [c.Write(Draft(NANYOUNG, " "))], "InputError: text: the letter is empty"),
        (lambda desk: [c.Write(Draft("nowhere", "x"))], "InputError: to: "),
        (lambda desk: [c.SendTelemetry(("nowhere",), "x")], "InputError: to: "),
        (lambda desk: [c.SendTelemetry((NANYOUNG,), "x", None, {"y": NOTHING})], "InputError: readings: "),
        (lambda desk: [c.SendTelemetry((NANYOUNG,), "x", priority=NINE)], "InputError: priority: 9 "),
    ],
)
def test_a_call_that_fails_has_not_happened(answer: object, said: str) -> None:
    """What raises, or returns nonsense, costs its own acts: the state is as it was, the mailbox goes on, and
    the trace says what, with the line."""
    desk = Desktop(noting({"letter_came": answer}), noting(address=CREW, due=T + MINUTE))
    desk.open(JAY)
    desk.open(CREW)
    desk.come(HELLO)
    (failed,) = (each for each in desk.said if isinstance(each, CorrespondentFailed))
    assert (failed.correspondent, failed.doing) == (JAY, "letter_came")
    assert failed.error.startswith(said)
    assert ", line " in failed.error
    assert desk.told() == []
    assert desk.letters() == []
    assert desk.office.mailbox(JAY).unread() == [HELLO.id]
    desk.pass_time(T + MINUTE)
    assert desk.told(CREW) == [f"handle_timer {T + MINUTE}"]


class Broken(Noting):
    """One of whose calls breaks once it has been told of a letter."""

    def __init__(self, where: str, what: object) -> None:
        super().__init__(JAY, {"letter_came": lambda desk: [c.Write(Draft(NANYOUNG, "Here."))]})
        self._where, self._what = where, what

    def _breaks(self, where: str) -> bool:
        return where == self._where and bool(self.notes.told)

    def save(self) -> bytes:
        return self._what if self._breaks("save") else super().save()  # type: ignore[return-value]

    def next_wakeup(self) -> int | None:
        return self._what if self._breaks("next_wakeup") else super().next_wakeup()  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("where", "what", "said"),
    [
        ("save", "text", "TypeError: save returned str, not bytes"),
        ("save", None, "TypeError: save returned NoneType, not bytes"),
        ("save", b"x" * (c.STATE_MAX_BYTES + 1), "ValueError: a state of 8388609 bytes"),
        ("next_wakeup", 1.5, "TypeError: next_wakeup returned float, not ns as int"),
        ("next_wakeup", True, "TypeError: next_wakeup returned bool, not ns as int"),
    ],
)
def test_a_state_that_can_not_be_kept_undoes_the_call(where: str, what: object, said: str) -> None:
    """Without a state to keep, nothing that the call asks for is performed, or it were done for ever."""
    desk = Desktop(lambda: Broken(where, what))
    desk.open(JAY)
    desk.come(HELLO)
    (failed,) = (each for each in desk.said if isinstance(each, CorrespondentFailed))
    assert failed.error.startswith(said)
    assert desk.letters() == []
    assert desk.told() == []


def test_an_act_that_can_not_be_performed_is_refused_alone() -> None:
    """A letter that is not there and a full mailbox are traced, with the reason; the other acts are done."""

    def acts(desk: Desk) -> Iterable[Act]:
        return [
            c.MarkRead("no such letter"),
            c.Write(Draft(NANYOUNG, "fits")),
            c.Write(Draft(NANYOUNG, "does not fit")),
            c.Write(Draft(NANYOUNG, "too short a life"), lifetime=1),
            c.WithdrawLetter("no such letter"),
            c.SendTelemetry((), "nobody"),
            c.SendTelemetry((NANYOUNG,), "garden"),
        ]

    desk = Desktop(noting({"handle_timer": acts}, T), limits=MailboxLimits(letters=1))
    desk.open(JAY)
    refused = [(each.act, each.reason) for each in desk.said if isinstance(each, ActRefused)]
    assert [act for act, _ in refused] == ["MarkRead", "Write", "Write", "WithdrawLetter", "SendTelemetry"]
    assert "the mailbox is full" in refused[1][1]
    assert desk.letters() == ["fits"]
    assert desk.told() == [f"handle_timer {T}", "written fits"]
    assert len(desk.posted) == 2


def test_a_timer_that_raises_rests_for_longer_each_time() -> None:
    """It is called again after a minute, two, four, and at last once a day; a success begins that again."""

    class Tired(Noting):
        well = False

        def handle_timer(self, desk: Desk) -> Iterable[Act]:
            if not Tired.well:
                raise RuntimeError("tired")
            return super().handle_timer(desk)

    desk = Desktop(lambda: Tired(JAY, due=T))
    desk.open(JAY)
    times = [T, *desk.pass_time(T + 5 * DAY)]
    rests = [later - time for time, later in pairwise(times)]
    assert rests[:5] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 16 * MINUTE]
    assert rests[-1] == hosted.LONGEST_REST
    Tired.well = True
    desk.pass_time(T + 7 * DAY)
    assert len(desk.told()) == 1


def test_a_timer_that_is_due_at_once_again_does_not_stop_the_time() -> None:
    """One that stays due is told so in the trace and rests, but what it did holds."""

    class Restless(Noting):
        def next_wakeup(self) -> int | None:
            return T

    desk = Desktop(lambda: Restless(JAY, writing("again")))
    desk.open(JAY)
    assert desk.pass_time(T + 4 * MINUTE) == [T + MINUTE, T + 3 * MINUTE]
    assert desk.letters() == ["again"] * 3
    assert {each.doing for each in desk.said if isinstance(each, CorrespondentFailed)} == {"next_wakeup"}


def test_what_it_wrote_stands_where_it_breaks_over_that() -> None:
    """Where `written` raises, the letter is posted once, and the state is that in which it was asked for."""

    class Shocked(Noting):
        def written(self, letter: Letter) -> None:
            raise RuntimeError("so it is real")

    desk = Desktop(lambda: Shocked(JAY, writing("once"), T))
    desk.open(JAY)
    desk.pass_time(T + DAY)
    assert desk.letters() == ["once"]
    assert desk.told() == [f"handle_timer {T}"]


def test_a_damaged_state_is_set_aside_and_it_begins_anew() -> None:
    """What it can't take up is kept beside, said in the trace, and not met again at the next start."""
    desk = Desktop(noting(due=T + HOUR))
    desk.open(JAY)
    desk.saves[JAY, "correspondent"] = b"\xff not JSON"
    desk.start(T + MINUTE)
    (lost,) = (each for each in desk.said if isinstance(each, CorrespondentLost))
    assert lost.correspondent == JAY
    assert lost.error.startswith("DecodeError: ")
    assert desk.aside == {(JAY, "correspondent"): b"\xff not JSON"}
    desk.start(T + 2 * MINUTE)
    assert desk.pass_time(T + 2 * HOUR) == [T + HOUR]
    assert desk.told() == [f"handle_timer {T + HOUR}"]
    assert sum(isinstance(each, CorrespondentLost) for each in desk.said) == 1


def test_one_that_can_not_be_made_again_leaves_its_mailbox_alone() -> None:
    """Where even making it raises, the mailbox takes letters as any other, and nothing is called."""
    made: list[int] = []

    def make() -> Correspondent:
        made.append(1)
        if len(made) > 1:
            raise OSError("the model's file is gone")
        return Noting(JAY)

    desk = Desktop(make)
    desk.open(JAY)
    desk.come(HELLO)
    assert desk.office.mailbox(JAY).unread() == [HELLO.id]
    (failed,) = (each for each in desk.said if isinstance(each, CorrespondentFailed))
    assert failed.error.startswith("OSError: the model's file is gone")


def test_an_exception_that_breaks_itself_is_told_all_the_same() -> None:
    """The trace never depends on what an exception of a stranger says of itself, nor on how long it is."""

    class Rude(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no comment")

    def rude(desk: Desk) -> Iterable[Act]:
        raise Rude

    def long(desk: Desk) -> Iterable[Act]:
        raise ValueError("x" * 10_000)

    desk = Desktop(noting({"letter_came": rude, "handle_timer": long}, T))
    desk.open(JAY)
    desk.come(HELLO)
    told = [each.error for each in desk.said if isinstance(each, CorrespondentFailed)]
    assert len(told[0]) < hosted.ERROR_MAX_CHARS + 200
    assert told[1].startswith("Rude (")


def test_two_that_answer_each_other_at_once_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a correspondent may post in an hour is bounded, so a loop of answers ends; later it may again."""
    monkeypatch.setattr(correspondents, "POSTS_PER_HOUR", 50)
    desk = Desktop(lambda: Echo(JAY), lambda: Echo(CREW))
    desk.open(JAY)
    desk.open(CREW)

    def carry(now: int) -> int:
        carried = 0
        while letters := [p for p in desk.posted if isinstance(said_by(p), Letter)]:
            desk.posted.clear()
            for post in letters:
                carried += 1
                unit = DataUnit("k", ("k",), post.destination, post.source, now, post.payload, now + DAY, 1)
                desk.perform(desk.office.delivered(unit, now), now)
        return carried

    desk.perform(desk.office.outbox.write(JAY, Draft(CREW, "Marco"), T)[1], T)
    assert carry(T) == 2 * 50 + 1
    desk.perform(desk.office.outbox.write(JAY, Draft(CREW, "Polo"), T + HOUR)[1], T + HOUR)
    assert carry(T + HOUR) > 2


def test_notes_of_two_correspondents_are_apart() -> None:
    """Each has the state of its own mailbox."""
    desk = Desktop(noting(), noting(address=CREW))
    desk.open(JAY)
    desk.open(CREW)
    desk.come(HELLO)
    assert desk.told() == ["letter_came Hello"]
    assert desk.state(CREW) is None
