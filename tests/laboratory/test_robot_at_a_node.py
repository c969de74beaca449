"""The robot at a node with a thin link: through post offices, contacts and restarts, as it lives."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.laboratory.robots import blank, csv_of, marked, robot, small_csv
from tests.messages.contents import letters_of
from tests.messages.helpers import EARTH, JAY, LIGHT, MARS, MISSION, NANYOUNG, FakeNode, FakeSky, contact

from starlight.contacts import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.laboratory import kept_runs
from starlight.laboratory.correspondent import RobotLaboratory
from starlight.mailboxes.part_reading import part_bytes
from starlight.messages.draft import Attachment, Draft
from starlight.messages.format import decode_message
from starlight.messages.letter import Letter
from starlight.messages.parts import Chunk
from starlight.messages.trace_events import ActRefused, CorrespondentFailed, CorrespondentNoted
from starlight.messages.wire_values import Envelope
from starlight.node.application import Submit
from starlight.node.forecast import Outgoing
from starlight.organics import parts
from starlight.postoffice import composer

SHARE = 0.5
BPS = 256
WINDOW = 10 * MINUTE
CARRIED = BPS * 600 // 8
"""Bytes of a window of 10 minutes at 256 bit/s: 19 200."""


def daily(days: int = 9) -> ContactPlan:
    """Return a plan: Earth is heard on Mars always, Mars on Earth for ten minutes a day, thinly."""
    windows = [
        contact(10 + day, MARS, EARTH, day * DAY, day * DAY + WINDOW, bps=BPS) for day in range(1, days + 1)
    ]
    return ContactPlan.of([contact(1, EARTH, MARS, 0, 99 * DAY), *windows])


class RobotSky(FakeSky):
    """A sky in which the robot lives at Nan-young's address on Mars, tells Jay and hears him.

    Attributes:
        left: what left Mars of letters and chunks, each with its time and its size as a bundle.
    """

    def __init__(self, tells: Sequence[str] = (JAY,), plan: ContactPlan | None = None) -> None:
        super().__init__(plan or daily())
        self.mars.makers = [lambda: RobotLaboratory(NANYOUNG, robot(share=SHARE), tells, [JAY])]
        self.mars.office = self.mars.fresh_office()
        self.mars.ask(self.mars.office.resume(self.now))
        self.open_all()
        self.left: list[tuple[int, Letter | Chunk, int]] = []
        self.lose = self._note

    def _note(self, post: Submit) -> bool:
        if post.source == NANYOUNG:
            message = decode_message(post.payload, Envelope(post.source, post.destination, 0))
            if isinstance(message, Letter | Chunk):
                self.left.append((self.now, message, bundle_bytes(self.mars, post, self.now)))
        return False

    def send(self, *files: tuple[str, bytes], text: str = "") -> None:
        """Send files from Jay to the robot."""
        office = self.earth.office
        attached = []
        for name, data in files:
            reference, saves = office.uploads.take(office.mailbox(JAY), data, self.now)
            self.earth.ask([*saves])
            attached.append(Attachment(reference, name=name, media_type="text/csv"))
        _, requests = office.outbox.write(JAY, Draft(NANYOUNG, text, parts=tuple(attached)), self.now)
        self.earth.ask(requests)

    def came(self) -> dict[str, bytes]:
        """Return the parts that came to Jay whole, by name."""
        mailbox = self.earth.office.mailbox(JAY)
        found: dict[str, bytes] = {}
        for letter in letters_of(mailbox).values():
            if letter.sender == NANYOUNG:
                for number, part in enumerate(letter.parts):
                    assert part.name not in found, "it came twice"
                    found[part.name] = b"".join(part_bytes(mailbox, letter.id, number)[1])
        return found

    def answers(self) -> list[str]:
        """Return the words of letters without parts that came to Jay."""
        letters = letters_of(self.earth.office.mailbox(JAY)).values()
        return [each.text for each in letters if each.sender == NANYOUNG and not each.parts]

    def events(self) -> list[object]:
        return [record.event for record in self.mars.trace]


def bundle_bytes(node: FakeNode, post: Submit, now: int) -> int:
    """Return the size of a post as a bundle."""
    outgoing = Outgoing(
        post.source, post.destination, len(post.payload), post.lifetime_ms, priority=post.priority
    )
    return node.engine.forecaster.bundle_bytes(outgoing, now)


RUNS = [("M1.csv", csv_of(marked(1))), *((f"B{number}.csv", csv_of(blank(number))) for number in range(3))]
NAMES = {"M1.verdict", "M1.thumbnail", "M1.window", "M1.run"} | {
    f"B{number}.{kind}" for number in range(3) for kind in ("verdict", "thumbnail", "run")
}


def test_runs_come_in_chunks_are_judged_and_sent_home_within_the_share() -> None:
    """In no window do its letters and chunks take more than half; the find is there after the first one."""
    sky = RobotSky()
    sky.send(*RUNS, text="From the drill.")
    sky.run(DAY + WINDOW + LIGHT + MINUTE)
    assert {"M1.verdict", "M1.thumbnail", "M1.window"} <= set(sky.came())
    assert parts.read_verdict(sky.came()["M1.verdict"]).found
    sky.run(9 * DAY)
    assert set(sky.came()) == NAMES
    assert parts.read_packed_run(sky.came()["B2.run"])[1].shape == (100, 42)
    by_day: dict[int, int] = {}
    for now, _, size in sky.left:
        by_day[now // DAY] = by_day.get(now // DAY, 0) + size
    assert len(by_day) >= 3
    assert max(by_day.values()) <= SHARE * CARRIED
    # And the share is used: a run more would not have fitted.
    assert max(by_day.values()) >= 0.3 * CARRIED
    noted = [event for event in sky.events() if isinstance(event, CorrespondentNoted)]
    assert len(noted) == 1
    assert noted[0].text.startswith("M1: organic marker above background, p = ")
    assert not [event for event in sky.events() if isinstance(event, ActRefused | CorrespondentFailed)]


def test_what_is_reckoned_for_a_letter_covers_its_bundles() -> None:
    """The declared bytes are not less than the real ones, and not more than they by 200 bytes."""
    sky = RobotSky()
    sky.send(*RUNS)
    sky.run(9 * DAY)
    letters = {each.id: (each, size) for _, each, size in sky.left if isinstance(each, Letter)}
    chunks = {each.letter_id: size for _, each, size in sky.left if isinstance(each, Chunk)}
    kinds = set()
    for id, (letter, size) in letters.items():
        (part,) = letter.parts
        apart = kept_runs.APART_BYTES if part.size > kept_runs.INLINE_BYTES else 0
        name = part.name.rpartition(".")[0]
        reckoned = part.size + len((name + letter.text).encode()) + kept_runs.LETTER_BYTES + apart
        real = size + chunks.get(id, 0)
        assert (id in chunks) == bool(apart)
        assert real <= reckoned <= real + 200, (part.name, reckoned, real)
        kinds.add(part.name.rpartition(".")[2])
    assert kinds == {"verdict", "thumbnail", "window", "run"}
    assert kept_runs.INLINE_BYTES == composer.INLINE_UP_TO


def test_telemetry_of_a_find_is_there_with_the_first_contact() -> None:
    """Expedited, with the finding in words and its p-value."""
    sky = RobotSky()
    sky.send(RUNS[0])
    sky.run(DAY + LIGHT + 2 * MINUTE)
    known = sky.earth.office.mailbox(JAY).telemetry.latest(NANYOUNG)
    assert known is not None
    _, telemetry = known
    assert telemetry.kind == "organics"
    assert str(telemetry.readings["finding"]).startswith("organic marker above background, p = ")
    assert float(telemetry.readings["p"]) <= 0.01


@pytest.mark.parametrize("every_h", [3, 7])
def test_crashes_between_send_nothing_twice_and_lose_nothing(every_h: int) -> None:
    """The node restarts again and again, with what was saved alone; `came` refuses what comes twice."""
    sky = RobotSky()
    sky.send(*RUNS)
    for step in range(1, 9 * 24 // every_h):
        sky.run(step * every_h * HOUR)
        sky.mars.restart()
    sky.run(9 * DAY)
    assert set(sky.came()) == NAMES


def test_a_small_run_in_its_letter_is_judged_and_a_broken_one_answered() -> None:
    """A few ions are unlike the calibration's runs; what has NaN in it is answered with its line."""
    sky = RobotSky()
    sky.send(("few.csv", small_csv(blank(1))), ("bad.csv", b"time,temp,m/z,abundance\n0,100,18,nan\n"))
    sky.run(2 * DAY)
    assert "few.verdict" in sky.came()
    (answer,) = sky.answers()
    assert answer.startswith("bad.csv can't be read: line 2: '0,100,18,nan' has no finite number")


def test_a_letter_is_answered_and_its_run_sent_again() -> None:
    """With what was found and when the next contact is."""
    sky = RobotSky()
    sky.send(RUNS[0])
    sky.run(4 * DAY)
    first = [chunk for _, chunk, _ in sky.left if isinstance(chunk, Chunk)]
    sky.send(text="Please send M1")
    sky.run(9 * DAY)
    (answer,) = sky.answers()
    assert answer.startswith("M1: the whole run waits to be sent.")
    assert "1 run judged, 1 with an organic marker above background" in answer
    assert "The next contact: 2000-01-06T00:00:00" in answer
    again = [chunk for _, chunk, _ in sky.left if isinstance(chunk, Chunk)][len(first) :]
    assert [len(chunk.data) for chunk in again] == [len(first[-1].data)]


def test_who_lives_at_its_node_is_told_at_once() -> None:
    """No contact is needed there, and none is waited for."""
    sky = RobotSky([MISSION])
    sky.mars.ask(sky.mars.office.mailboxes.open(MISSION, "the mission", 0))
    sky.send(RUNS[0])
    sky.run(HOUR)
    told = letters_of(sky.mars.office.mailbox(MISSION)).values()
    assert {part.name for letter in told for part in letter.parts} == {
        "M1.verdict",
        "M1.thumbnail",
        "M1.window",
        "M1.run",
    }
    assert not sky.left


def test_without_a_way_it_waits_until_a_plan_has_one() -> None:
    """It looks again each hour."""
    sky = RobotSky(plan=ContactPlan.of([contact(1, EARTH, MARS, 0, 99 * DAY)]))
    sky.send(RUNS[0])
    sky.run(2 * DAY)
    assert not sky.came()
    sky.set_plan(daily())
    sky.run(3 * DAY + WINDOW + LIGHT + SECOND)
    assert "M1.verdict" in sky.came()
