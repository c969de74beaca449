"""A record that is damaged costs itself alone: no start, no step and no other letter suffers for it."""

from __future__ import annotations

from random import Random

from tests.messages.helpers import EARTH, JAY, LIGHT, MARS, NANYOUNG, FakeSky, both_ways, contact

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MINUTE
from starlight.mailboxes.records import CARRIER
from starlight.messages.draft import Attachment, Draft
from starlight.messages.parts import CHUNK_BYTES
from starlight.routing import Priority

SONG = Random(7).randbytes(2 * CHUNK_BYTES)
SLOW = ContactPlan.of(
    [contact(1, EARTH, MARS, 0, 90 * MINUTE, bps=8_000), contact(2, MARS, EARTH, 0, 90 * MINUTE)]
)


def write_with_part(sky: FakeSky, text: str) -> str:
    """Write a letter of Jay's with a part that travels on its own; return its id."""
    office = sky.earth.office
    reference, _ = office.uploads.begin(office.mailbox(JAY), sky.now)
    sky.earth.ask([*office.uploads.add(reference, SONG), *office.uploads.finish(reference, sky.now)])
    draft = Draft(NANYOUNG, text, parts=(Attachment(reference),))
    letter, requests = office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    return letter.id


def busy(texts: list[str]) -> FakeSky:
    """Return a sky in which letters of all states are under way, both ways, one with a part."""
    sky = FakeSky(SLOW)
    sky.open_all()
    sky.write(MARS, NANYOUNG, JAY, texts[0])
    sky.run(HOUR)
    sky.write(EARTH, JAY, NANYOUNG, texts[1])
    sky.run(sky.now + 2 * LIGHT + MINUTE)
    write_with_part(sky, texts[2])
    sky.write(EARTH, JAY, NANYOUNG, texts[3])
    sky.write(MARS, NANYOUNG, JAY, texts[4])
    sky.run(sky.now + MINUTE)
    return sky


def live_on(sky: FakeSky, last: str) -> set[str]:
    """Start again, change the plan, overtake what waits, let all arrive; return what was read at each end."""
    for node in (sky.earth, sky.mars):
        node.restart()
        node.ask(node.office.mailboxes.open(JAY if node is sky.earth else NANYOUNG, "again", sky.now))
    sky.set_plan(both_ways(sky.now + HOUR))
    sky.write(EARTH, JAY, NANYOUNG, last, priority=Priority.EXPEDITED)
    sky.set_plan(both_ways(sky.now + 2 * HOUR))
    sky.run(sky.now + 40 * HOUR)
    here, there = sky.earth.office.mailbox(JAY), sky.mars.office.mailbox(NANYOUNG)
    return {letter.text for box in (here, there) for letter in box.inbox()}


TEXTS = ["zero", "one", "two", "three", "four"]


def test_what_lives_on_lives_on() -> None:
    """Without damage, all letters are there in the end."""
    assert live_on(busy(TEXTS), "last") == {*TEXTS, "last"}


def test_each_record_can_be_damaged() -> None:
    """Whichever record it is: the node starts, and what is written later arrives, with almost all else."""
    sky = busy(TEXTS)
    records = [(node, at) for node in (EARTH, MARS) for at in sky.nodes[node].saves]
    for node, at in records:
        if at[1].startswith(("index/", "body/")):
            continue  # An entry is a row of columns in a store; bytes of parts are tried with parts.
        sky = busy(TEXTS)
        sky.nodes[node].saves[at] = b"\xff\xff"
        read = live_on(sky, "last")
        assert "last" in read, at
        assert len({*TEXTS} - read) <= 1, (at, read)


def test_a_letter_with_a_part_that_is_damaged_does_not_stop_a_new_plan() -> None:
    """Its text is found to be damaged while the plan's changes are told; the other letters are predicted."""
    sky = FakeSky(both_ways(HOUR))
    sky.open_all()
    long, _ = write_with_part(sky, "long"), sky.write(EARTH, JAY, NANYOUNG, "short")
    sky.earth.saves[JAY, f"letter/{long}"] = b"damaged"
    sky.earth.restart()
    sky.set_plan(both_ways(sky.now + 9 * HOUR))
    assert (JAY, f"letter/{long}") not in sky.earth.aside, "it is committed with the next step"
    sky.run(sky.now + MINUTE)
    assert (JAY, f"letter/{long}") in sky.earth.aside
    arrivals = [sent.dispatch.expected.arrives for *_, sent in sky.earth.office.mailbox(JAY).outgoing.open()]
    assert arrivals
    assert all(arrives is not None and arrives > sky.now + 8 * HOUR for arrives in arrivals)


def test_a_bundle_that_a_record_takes_for_another_letter_is_told_of_none() -> None:
    """What the node tells of such a bundle changes no letter, and raises nothing."""
    sky = busy(TEXTS)
    first, *_, last = [key for _, key in sky.earth.saves if key.startswith(CARRIER)]
    sky.earth.saves[JAY, last] = sky.earth.saves[JAY, first]
    sky.earth.restart()
    office, bundle = sky.earth.office, last.removeprefix(CARRIER)
    for told in (
        office.departed(bundle, MARS, sky.now, sky.now, sky.now + LIGHT, sky.now),
        office.expired(bundle, "gone", sky.now),
        office.withdrawn(bundle, sky.now),
        office.not_withdrawn(bundle, sky.now),
        office.reported(bundle, "ipn:20.0", "delivered", None, 0, sky.now),
    ):
        assert told == []
