"""Dialling: how soon a peer that can't be reached, or turns us away, is tried again."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from tests.live.helpers import PATIENCE_S, START, always, both_ways, run
from tests.neighbours.helpers import End

from starlight.contacts.contact import UNLIMITED_BPS, Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.live.clock import MissionClock
from starlight.neighbours import dialling
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.contact_windows import ContactWindows
from starlight.neighbours.dialling import REDIAL_LAST_S, REDIAL_OPEN_S, DialPauses
from starlight.neighbours.peer import PeerConfig

ME, PEER = 1, 2


def contact(id: int, start_s: float, end_s: float, *, from_node: int = ME, to_node: int = PEER) -> Contact:
    """Return a contact between two moments, in seconds from `START`."""
    start, end = (START + round(seconds * SECOND) for seconds in (start_s, end_s))
    return Contact(id, from_node, to_node, start, end, ((start, UNLIMITED_BPS),), constant_light(start, 1.0))


def windows(*contacts: Contact) -> ContactWindows:
    """Return the windows of a plan."""
    found = ContactWindows(ME, {PEER})
    found.set_plan(ContactPlan.of(contacts))
    return found


def attempts(found: ContactWindows, until_s: float, *, lost_s: float | None = None) -> list[float]:
    """Return when a peer that never answers is tried, in seconds from `START`; steady before if it was
    lost."""
    pauses = DialPauses()
    now_s = 0.0
    if lost_s is not None:
        pauses.steady()
        now_s = lost_s
    tried: list[float] = []
    while now_s <= until_s:
        now = START + round(now_s * SECOND)
        opens = found.opens(PEER, now)
        now_s += pauses.next(found.is_open(PEER, now), None if opens is None else (opens - now) / SECOND)
        tried.append(round(now_s, 3))
    return tried


def test_windows_are_of_both_directions_merged() -> None:
    """A connection serves both directions, so a contact either way is a reason to have one."""
    found = windows(
        contact(1, 0, 10),
        contact(2, 5, 20, from_node=PEER, to_node=ME),
        contact(3, 30, 40),
        contact(4, 35, 36),
    )
    for second, is_open in [
        (-1, False),
        (0, True),
        (15, True),
        (20, True),
        (21, False),
        (30, True),
        (39, True),
    ]:
        assert found.is_open(PEER, START + second * SECOND) == is_open
    assert found.opens(PEER, START) == START + 30 * SECOND
    assert found.opens(PEER, START + 30 * SECOND) is None
    assert not found.is_open(3, START)
    assert found.opens(3, START) is None


def test_a_peer_that_is_lost_in_a_contact_is_dialled_at_once_then_every_few_seconds() -> None:
    """Light passes while nobody listens: in an open contact the pauses stay at a few seconds."""
    tried = attempts(windows(contact(1, 0, 3600)), 60, lost_s=10)
    assert tried[:6] == [10.0, 10.1, 10.3, 10.7, 11.5, 13.1]
    gaps = [round(b - a, 3) for a, b in pairwise(tried[6:])]
    assert set(gaps) == {REDIAL_OPEN_S}


def test_without_a_contact_the_pauses_grow_to_half_a_minute() -> None:
    """The pause is a tenth of a second, doubles with each attempt, and stays at half a minute; so it is with
    a peer that the plan does not know."""
    tried = attempts(windows(), 600)
    gaps = [round(b - a, 3) for a, b in pairwise([0.0, *tried])]
    assert gaps[:4] == [0.1, 0.2, 0.4, 0.8]
    assert gaps[-3:] == [REDIAL_LAST_S] * 3
    assert gaps == sorted(gaps)
    lost = attempts(windows(), 60, lost_s=0)
    assert lost[0] == 0.1


def test_a_contact_that_opens_ends_the_pause() -> None:
    """When a contact opens the peer is dialled at once, however long it has been away; behind it the pauses
    grow again."""
    tried = attempts(windows(contact(1, 500, 560)), 800)
    assert 500.0 in tried
    after = [time for time in tried if time >= 500]
    assert after[:5] == [500.0, 500.1, 500.3, 500.7, 501.5]
    inside = [time for time in after if time <= 560]
    assert max(b - a for a, b in pairwise(inside)) <= REDIAL_OPEN_S + 1e-6
    assert tried[-1] - tried[-2] == pytest.approx(REDIAL_LAST_S)


def test_who_turns_us_away_is_not_dialled_at_once_in_a_contact_either() -> None:
    """An entity "MUST NOT overwhelm its target with repeated connection attempts" (RFC 9174, 4.1)."""
    pauses = DialPauses()
    assert [pauses.next(True, None) for _ in range(3)] == [0.1, 0.2, 0.4]
    pauses.steady()
    assert [pauses.next(True, None) for _ in range(3)] == [0.0, 0.1, 0.2]


def test_the_pauses_of_a_peer_that_turns_us_away_grow_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it keeps a connection: without a session with it the pauses do not begin anew."""
    steady: list[None] = []
    monkeypatch.setattr(DialPauses, "steady", lambda self: steady.append(None))
    monkeypatch.setattr(DialPauses, "next", lambda self, is_open, opens_in_s: 0.0)
    monkeypatch.setattr(dialling, "STEADY_S", 0.0)

    async def test() -> None:
        calls = 0
        enough = asyncio.Event()

        def turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal calls
            calls += 1
            writer.close()
            if calls == 3:
                enough.set()

        server = await asyncio.start_server(turn_away, "127.0.0.1", 0)
        address = LinkAddress("tcpcl", *server.sockets[0].getsockname())
        here = End(ME, [PeerConfig(PEER, address)], both_ways((ME, PEER, 4.0)), MissionClock(START, 600))
        here.neighbours.reach()
        async with asyncio.timeout(PATIENCE_S):
            await enough.wait()
        await here.neighbours.close()
        (status,) = here.neighbours.status()
        assert (status.up, status.error) == (False, "the peer closed the connection")
        server.close()
        await server.wait_closed()

    run(test())
    assert steady == []


def test_a_plan_that_opens_a_contact_ends_the_pause() -> None:
    """A peer that the plan now lets us hear is dialled at once, not at the end of a pause of half a
    minute."""

    async def test() -> None:
        clock = MissionClock(START, standing=True)
        there = End(PEER, [PeerConfig(ME)], ContactPlan(), clock)
        here = End(ME, [PeerConfig(PEER, await there.listen())], ContactPlan(), clock)
        pauses = DialPauses()
        pauses._doublings = 10
        rest = asyncio.ensure_future(here.neighbours._dialler._rest(PEER, pauses))
        await asyncio.sleep(0)
        here.neighbours.set_plan(ContactPlan.of([always(1, 8, 9)]))
        await asyncio.sleep(0)
        assert not rest.done()
        here.neighbours.set_plan(ContactPlan.of([always(1, PEER, ME)]))
        async with asyncio.timeout(REDIAL_LAST_S / 2):
            await rest
        await here.neighbours.close()
        await there.neighbours.close()

    run(test())


def test_a_peer_that_listens_nowhere_is_told_in_the_status() -> None:
    """Why a link is not up is in the status: what went wrong last, and when."""

    async def test() -> None:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        address = LinkAddress("tcpcl", *server.sockets[0].getsockname())
        server.close()
        await server.wait_closed()
        clock = MissionClock(START, standing=True)
        here = End(ME, [PeerConfig(PEER, address)], ContactPlan(), clock)
        here.neighbours.reach()
        async with asyncio.timeout(PATIENCE_S):
            while not here.neighbours.status()[0].error:
                await asyncio.sleep(0)
        (status,) = here.neighbours.status()
        assert status.error.startswith(f"{address} can't be connected: ")
        assert (status.error_at, status.since, status.heard) == (START, None, None)
        await here.neighbours.close()

    run(test())
