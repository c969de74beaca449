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


def send(sky: FakeSky, priority: Priority, *, critical: bool = False) -> str:
    """Send a letter of Jay's with a part that travels on its own; return its id."""
    office = sky.earth.office
    reference, _ = office.uploads.begin(office.mailbox(JAY), 0)
    sky.earth.ask([*office.uploads.add(reference, SONG), *office.uploads.finish(reference, 0)])
    draft = Draft(NANYOUNG, "Listen.", None, priority, critical, (Attachment(reference),))
    letter, requests = office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    return letter.id


@pytest.mark.parametrize("critical", [False, True])
@pytest.mark.parametrize("priority", list(Priority))
def test_what_is_foreseen_is_what_is_submitted(
    priority: Priority, critical: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each forecast of a part is at the precedence of its chunks: at most normal, and never critical."""
    sky = FakeSky(ContactPlan.of([contact(1, EARTH, MARS, HOUR, 2 * HOUR)]))
    sky.open_all()
    asked: list[tuple[bool, int, bool]] = []
    forecaster = sky.earth.engine.forecaster
    forecast = type(forecaster).forecast

    def noted(outgoing: Outgoing, now: int) -> Forecast:
        asked.append((outgoing.payload_bytes == len(SONG), outgoing.priority, outgoing.critical))
        return forecast(forecaster, outgoing, now)

    monkeypatch.setattr(forecaster, "forecast", noted)
    send(sky, priority, critical=critical)
    at_post = set(asked)
    asked.clear()
    sky.set_plan(both_ways())
    expected = {(False, priority, critical), (True, min(priority, Priority.NORMAL), False)}
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
