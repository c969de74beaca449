"""What correspondents do with parts: told when one is whole, reading it, room in the next contact, notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from random import Random

import pytest
from tests.messages.helpers import EARTH, JAY, MARS, NANYOUNG, FakeSky, contact
from tests.postoffice.programs import Answer, Noting
from tests.postoffice.test_parts import SONG, chunks_of, send

from starlight.contacts import ContactPlan
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.errors import InputError
from starlight.messages.correspondent import Act, ContactRoom, Desk, Note
from starlight.messages.draft import Draft
from starlight.messages.trace_events import CorrespondentNoted
from starlight.routing import Priority


def sky_with(answers: dict[str, Answer], plan: ContactPlan | None = None, due: int | None = None) -> FakeSky:
    """Return a sky in which a program lives in Nan-young's mailbox, both mailboxes open."""
    sky = FakeSky(plan)
    sky.mars.makers = [lambda: Noting(NANYOUNG, answers, due)]
    sky.mars.office = sky.mars.fresh_office()
    sky.mars.ask(sky.mars.office.resume(sky.now))
    sky.open_all()
    return sky


def told(sky: FakeSky) -> list[str]:
    """Return what the program has been told, by what is saved."""
    noting = Noting(NANYOUNG)
    noting.restore(sky.mars.saves[NANYOUNG, "correspondent"])
    return noting.notes.told


def test_a_part_that_travels_apart_is_told_of_once_when_it_is_whole() -> None:
    """In any order of chunks, also those that come again or before their letter; then it can be read."""
    sky = sky_with({})
    held = []

    def hold(post: object) -> bool:
        held.append(post)
        return True

    sky.lose = hold
    send(sky, SONG)
    sky.run(2 * HOUR)
    words, *chunks = held
    Random(3).shuffle(chunks)
    for post in [*chunks[:5], words, *chunks, *chunks]:
        sky.mars.arrive(post.destination, post.source, post.payload, 0)  # type: ignore[attr-defined]
    sky.run(3 * HOUR)
    assert told(sky) == ["letter_came Listen.", f"part_came 0 {sha256(SONG).hexdigest()}"]


def test_a_part_is_read_behind_a_bound_and_only_when_it_is_whole() -> None:
    """A program that asks for more than it can hold, too early, or for nothing, is told what is wrong."""
    found: list[str] = []

    def read(desk: Desk) -> Iterable[Act]:
        (letter_id,) = desk.mailbox.unread()
        for number, most in ((0, 16 << 20), (0, 1_000), (1, 16 << 20)):
            try:
                found.append(f"{len(desk.part(letter_id, number, most))} bytes")
            except InputError as error:
                found.append(str(error))
        return ()

    sky = sky_with({"letter_came": read, "part_came": read})
    send(sky, SONG)
    sky.run(DAY)
    early, early_too, none = found[:3]
    assert "0 of its" in early
    assert "0 of its" in early_too
    assert "no part 1" in none
    assert found[3] == f"{len(SONG)} bytes"
    assert f"the part has {len(SONG)} bytes" in found[4]


def asking(rooms: list[ContactRoom | None], draft: Draft) -> Callable[[Desk], Iterable[Act]]:
    def ask(desk: Desk) -> Iterable[Act]:
        rooms.append(desk.room(draft))
        return ()

    return ask


def test_the_room_of_the_next_contact_is_its_rate_times_its_time() -> None:
    """From a window of 100 s at 8 000 bit/s come 100 000 bytes, less what leaves later than its start."""
    plan = ContactPlan.of(
        [
            contact(1, EARTH, MARS, 0, DAY),
            contact(2, MARS, EARTH, HOUR, HOUR + 100 * SECOND, bps=8_000),
        ]
    )
    rooms: list[ContactRoom | None] = []
    sky = sky_with({"handle_timer": asking(rooms, Draft(JAY, "x", priority=Priority.BULK))}, plan, SECOND)
    sky.run(10 * SECOND)
    (room,) = rooms
    assert room is not None
    assert (room.leaves, room.ends) == (HOUR, HOUR + 100 * SECOND)
    assert room.bytes == pytest.approx(100_000, rel=1e-3)


@pytest.mark.parametrize("to", [NANYOUNG, "ipn:77.1"])
def test_there_is_no_room_to_tell_of_at_home_or_without_a_way(to: str) -> None:
    """What stays at its node needs no contact, and what nobody can carry has none."""
    rooms: list[ContactRoom | None] = []
    sky = sky_with({"handle_timer": asking(rooms, Draft(to, "x"))}, None, SECOND)
    sky.run(10 * SECOND)
    assert rooms == [None]


def test_a_note_is_in_the_trace_and_nowhere_else() -> None:
    """It costs no letter; a longer one than may be is refused where it is made."""
    sky = sky_with({"handle_timer": lambda desk: [Note("above background, p = 0.002")]}, None, SECOND)
    sky.run(10 * SECOND)
    events = [record.event for record in sky.mars.trace]
    assert CorrespondentNoted(NANYOUNG, "above background, p = 0.002") in events
    assert chunks_of(sky) == []
    with pytest.raises(InputError, match="501 characters"):
        Note("x" * 501)
