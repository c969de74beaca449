"""The precedence of a letter and of its parts: what is submitted, foreseen and displaced agree."""

from __future__ import annotations

from random import Random

import pytest
from tests.messages.helpers import EARTH, JAY, MARS, NANYOUNG, FakeSky, both_ways, contact

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MINUTE
from starlight.messages.draft import Attachment, Draft
from starlight.messages.parts import CHUNK_BYTES
from starlight.messages.urgency import Priority
from starlight.node.forecast import Forecast, Outgoing

SONG = Random(7).randbytes(2 * CHUNK_BYTES)


def send(sky: FakeSky, priority: Priority, *, critical: bool = False, bulk: bool = False) -> str:
    """Send a letter of Jay's with a part that travels on its own; return its id."""
    office = sky.earth.office
    reference, _ = office.uploads.begin(office.mailbox(JAY), 0)
    sky.earth.ask([*office.uploads.add(reference, SONG), *office.uploads.finish(reference, 0)])
    draft = Draft(NANYOUNG, "Listen.", None, priority, critical, (Attachment(reference),), bulk_parts=bulk)
    letter, requests = office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    return letter.id


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("critical", [False, True])
@pytest.mark.parametrize("priority", list(Priority))
def test_what_is_foreseen_is_what_is_submitted(
    priority: Priority, critical: bool, bulk: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is foreseen of a part is at the precedence of its chunks: at most normal, never critical; bulk,
    where its author wants it to wait for room."""
    sky = FakeSky(ContactPlan.of([contact(1, EARTH, MARS, HOUR, 2 * HOUR)]))
    sky.open_all()
    asked: list[tuple[bool, int, bool]] = []
    forecaster = sky.earth.engine.forecaster
    forecast, bundle_bytes = type(forecaster).forecast, type(forecaster).bundle_bytes

    def noted(outgoing: Outgoing, now: int) -> Forecast:
        asked.append((outgoing.payload_bytes >= CHUNK_BYTES, outgoing.priority, outgoing.critical))
        return forecast(forecaster, outgoing, now)

    def noted_chunk(outgoing: Outgoing, now: int) -> int:
        if outgoing.payload_bytes >= CHUNK_BYTES:
            asked.append((True, outgoing.priority, outgoing.critical))
        return bundle_bytes(forecaster, outgoing, now)

    # The words are foreseen by themselves, each chunk by its bundle beside what is booked.
    monkeypatch.setattr(forecaster, "forecast", noted)
    monkeypatch.setattr(forecaster, "bundle_bytes", noted_chunk)
    send(sky, priority, critical=critical, bulk=bulk)
    at_post = set(asked)
    asked.clear()
    sky.set_plan(both_ways())
    of_parts = Priority.BULK if bulk else min(priority, Priority.NORMAL)
    expected = {(False, priority, critical), (True, of_parts, False)}
    assert at_post == set(asked) == expected
    posted = {(post.token.startswith("part/"), post.priority, post.critical) for post in sky.earth.posts}
    assert posted == expected


def test_a_part_gives_way_where_its_letter_does_not() -> None:
    """An expedited letter's part waits behind another expedited letter, and is foreseen later."""
    sky = FakeSky(ContactPlan.of([contact(1, EARTH, MARS, HOUR, 9 * HOUR, bps=8_000)]))
    sky.open_all()
    id = send(sky, Priority.EXPEDITED)
    before = sky.earth.office.mailbox(JAY).outgoing.course(id)
    sky.run(MINUTE)
    sky.write(EARTH, JAY, NANYOUNG, "x" * 50_000, priority=Priority.EXPEDITED)
    after = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert after.dispatch == before.dispatch
    assert after.parts[0].expected.displaced
    assert (after.parts[0].expected.arrives or 0) > (before.parts[0].expected.arrives or 0)


def test_bulk_parts_leave_what_letters_need() -> None:
    """A song that waits for room is behind a usual letter that is written after it, and both are there."""
    sky = FakeSky(ContactPlan.of([contact(1, EARTH, MARS, HOUR, 9 * HOUR, bps=8_000)]))
    sky.open_all()
    song = send(sky, Priority.EXPEDITED, bulk=True)
    sky.run(MINUTE)
    later = sky.write(EARTH, JAY, NANYOUNG, "x" * 50_000)
    box = sky.earth.office.mailbox(JAY)
    part, words = box.outgoing.course(song).parts[0].expected, box.outgoing.course(later).dispatch.expected
    assert part.displaced
    assert part.arrives is not None
    assert words.arrives is not None
    assert words.arrives < part.arrives
    sky.run(9 * HOUR)
    state = sky.mars.office.mailbox(NANYOUNG).parts.get(song, 0)
    assert state is not None
    assert state.arrived_at is not None
