"""Parts of letters: when a node foresees them before they are sent, and when they then come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from msgspec.structs import replace
from tests.sim.helpers import START, both, contact
from tests.sim.test_letters import office_at

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MILLISECOND, MINUTE, SECOND
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.messages.draft import Attachment, Draft
from starlight.messages.forecast import Prediction
from starlight.messages.letter_view import LetterView
from starlight.node.application import Request
from starlight.node.config import NodeConfig
from starlight.postoffice.part_forecasts import PartForecast, PartSize
from starlight.postoffice.postoffice import PostOffice
from starlight.sim.entropy import entropy
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld

JAY, NAN_YOUNG = "ipn:1.1", "ipn:3.1"
DRAFT = Draft(NAN_YOUNG, "Listen.")

ALWAYS = ContactPlan.of([*both(1, 1, 2, light_s=600.0, rate=209), *both(3, 2, 3, light_s=1.0, rate=64_000)])
"""A thin link to a relay that is always open."""
NARROW = ContactPlan.of([*both(1, 1, 2, light_s=1.0, rate=64_000), *both(3, 2, 3, light_s=600.0, rate=1000)])
"""The thin link is behind the relay, so that chunks wait there for each other."""
HOURLY = ContactPlan.of(
    [
        *(contact(n, 1, 2, n * HOUR, n * HOUR + 10 * MINUTE, rate=2000, light_s=600.0) for n in range(1, 9)),
        contact(90, 2, 1, rate=1000, light_s=600.0),
        *both(91, 2, 3, light_s=1.0, rate=64_000),
    ]
)
"""Ten minutes of each hour."""


def _office(node: Node) -> PostOffice:
    return PostOffice(node.forecaster, booked=node.booked, entropy=entropy(1, f"parts of {node.number}"))


class Course:
    """A letter with parts from Jay to Nan-young: what was foreseen of each part, and when it was whole.

    Args:
        plan: between nodes 1, 2 and 3.
        parts: the size of each part, and of its chunks.
    """

    def __init__(self, plan: ContactPlan, parts: Sequence[PartSize]) -> None:
        self.foreseen: tuple[PartForecast, ...] = ()
        self.by_draft: tuple[PartForecast, ...] = ()
        self.recorded: list[tuple[int | None, int | None]] = []
        self.letter: Prediction | None = None
        self._parts = parts
        setups = [NodeSetup(NodeConfig(n, plan), _office) for n in (1, 2, 3)]
        self._world = world = VirtualWorld(plan, setups, start=START)
        world.call(START, 1, lambda host, now: office_at(host).mailboxes.open(JAY, "Jay", now))
        world.call(START, 3, lambda host, now: office_at(host).mailboxes.open(NAN_YOUNG, "Nan-young", now))
        world.call(START + SECOND, 1, self._write)

    def run(self, until: int) -> None:
        """Let the world go on until a time, in ns."""
        self._world.run(until)

    def arrivals(self) -> list[int | None]:
        """Return when each part was whole at Nan-young's."""
        self.run(START + 10 * HOUR)
        mailbox = office_at(self._world.host(3)).mailbox(NAN_YOUNG)
        (letter,) = mailbox.page(JAY, None, 9).letters
        return [each.arrived for each in mailbox.letter_view(letter.id, START + 10 * HOUR).parts]

    def _write(self, host: Host, now: int) -> Iterable[Request]:
        office = office_at(host)
        self.letter = office.forecasts.predict(JAY, DRAFT, now)
        # Of sizes alone, before anything is encoded or uploaded.
        self.foreseen = office.forecasts.predict_parts(JAY, DRAFT, now, self._parts)
        requests: list[Request] = []
        attachments = []
        for part in self._parts:
            reference, begun = office.uploads.begin(office.mailbox(JAY), now, part.chunk_size)
            requests += begun
            requests += office.uploads.add(reference, Random(part.size).randbytes(part.size))
            requests += office.uploads.finish(reference, now)
            attachments.append(Attachment(reference, kind="voice"))
        draft = replace(DRAFT, parts=tuple(attachments))
        self.by_draft = office.forecasts.predict_parts(JAY, draft, now)
        letter, posted = office.outbox.write(JAY, draft, now)
        self.recorded = _told_of(office.mailbox(JAY).letter_view(letter.id, now))
        return [*requests, *posted]

    def told_at(self, at: int) -> list[tuple[int | None, int | None]]:
        """Return what Jay's mailbox tells of each part at a time, in ns: when it leaves, and is whole."""
        self.run(at)
        mailbox = office_at(self._world.host(1)).mailbox(JAY)
        (letter,) = mailbox.page(NAN_YOUNG, None, 9).letters
        return _told_of(mailbox.letter_view(letter.id, at))

    def replan(self, plan: ContactPlan, at: int) -> None:
        """Give all nodes another plan at a time, in ns."""
        self._world.change_plan(at, plan)


def _told_of(view: LetterView) -> list[tuple[int | None, int | None]]:
    return [(each.leaves, each.expected) for each in view.parts]


@pytest.mark.parametrize(
    ("plan", "sizes", "late_s"),
    [
        (ALWAYS, [2_625], 1),
        (ALWAYS, [25_630], 1),
        (ALWAYS, [20_000, 60_000], 3),
        (NARROW, [25_630], 2),
        (NARROW, [200_000], 3),
        (HOURLY, [45_000], 1),
        (HOURLY, [20_000, 400_000], 300),
    ],
)
def test_parts_come_when_they_were_foreseen(plan: ContactPlan, sizes: list[int], late_s: int) -> None:
    """What is said of each part before it is sent is when it then is whole, but for seconds of some hours."""
    course = Course(plan, [PartSize(size, 4096) for size in sizes])
    arrived = course.arrivals()
    # What its author was told before is what stands with the letter once it is sent.
    assert course.recorded == [(each.leaves, each.arrives) for each in course.by_draft]
    for foreseen, came in zip(course.by_draft, arrived, strict=True):
        assert came is not None
        assert foreseen.arrives is not None
        assert abs(came - foreseen.arrives) <= late_s * SECOND + MILLISECOND
    # By an upload of the same size the same is foreseen, but for how its description changes its letter.
    for one, other in zip(course.foreseen, course.by_draft, strict=True):
        assert one.arrives is not None
        assert other.arrives is not None
        assert abs(one.arrives - other.arrives) <= 30 * SECOND


def test_what_was_told_before_sending_stands_until_the_plan_changes_it() -> None:
    """A plan that leaves their contacts moves no part; by one that takes one each is foreseen as it comes."""
    course = Course(HOURLY, [PartSize(20_000, 4096), PartSize(400_000, 4096)])
    elsewhere = ContactPlan.of([*HOURLY.contacts, contact(95, 3, 2, 9 * HOUR, 10 * HOUR)])
    course.replan(elsewhere, START + 10 * MINUTE)
    assert course.told_at(START + 11 * MINUTE) == [(each.leaves, each.arrives) for each in course.by_draft]
    later = ContactPlan.of([each for each in HOURLY.contacts if each.start != START + HOUR])
    course.replan(later, START + 20 * MINUTE)
    moved = course.told_at(START + 21 * MINUTE)
    for before, (leaves, _) in zip(course.by_draft, moved, strict=True):
        assert before.leaves is not None
        assert leaves is not None
        assert leaves >= before.leaves + HOUR - 10 * MINUTE
    for came, (_, told) in zip(course.arrivals(), moved, strict=True):
        assert came is not None
        assert told is not None
        assert abs(came - told) <= 5 * MINUTE


def test_of_a_part_without_a_route_no_arrival_is_told() -> None:
    """Where no route is known, nothing is foreseen; what is in its letter arrives with it."""
    alone = ContactPlan.of([*both(91, 2, 3, light_s=1.0)])
    course = Course(alone, [PartSize(0, 4096), PartSize(2000, 4096), PartSize(2000, 4096)])
    course.run(START + MINUTE)
    assert course.foreseen == (PartForecast(None, None),) * 3
    small = Course(ALWAYS, [PartSize(0, 4096)])
    small.run(START + MINUTE)
    (with_words,) = small.foreseen
    assert small.letter is not None
    assert with_words.arrives == small.letter.arrives
