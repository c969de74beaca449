"""Amendments at live nodes: made, carried over loopback, shown, and there again after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.live.helpers import START, both_ways, run, until
from tests.live.test_daemon import EARTH, LIGHT_S, MARS, PLAN, config, two

from starlight.contacts.amendments import MissionFact, Outage
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon

DUST = Outage(((1, 9), (9, 1)), START, START + 365 * DAY, "dust storm")
AMENDING: dict[str, Any] = {"planners": (MARS,)}


def test_an_amendment_crosses_and_both_know_that_it_has(tmp_path: Path) -> None:
    """What Mars amends is in force there at once, on Earth one light time later; then Mars knows that."""

    async def test() -> None:
        async with two(tmp_path, earth=AMENDING, mars=AMENDING) as (here, there):
            made = await there.plan.amend([DUST])
            assert there.node.plan.notices
            assert not here.node.plan.notices
            await until(here, lambda: bool(here.node.plan.notices))
            (held,) = here.plan.view().amendments
            assert (held.author, held.number, held.at) == (MARS, 1, made.at)
            assert held.taken - made.at > LIGHT_S * SECOND
            await until(there, lambda: any(o.same for o in there.plan.view().others))
            (other,) = there.plan.view().others
            assert (other.node, other.holds) == (EARTH, "2:1")
            assert there.status().amendments == here.status().amendments == here.plan.view().digest
            assert here.status().amended_by == "2:1"

    run(test())


def test_what_is_held_is_there_again_after_a_restart(tmp_path: Path) -> None:
    """A node that starts again goes by what it held, over whatever base plan it is then given."""

    async def test() -> None:
        first = Daemon(config(tmp_path, MARS, **AMENDING), MissionClock(START))
        await first.start()
        await first.plan.amend([DUST, MissionFact("epoch", 3)])
        await first.stop()
        farther = both_ways((EARTH, MARS, 2 * LIGHT_S))
        again = Daemon(config(tmp_path, MARS, **AMENDING), MissionClock(START))
        await again.start(plan=farther)
        try:
            assert [notice.text for notice in again.node.plan.notices] == ["dust storm"]
            assert again.node.plan.contacts[0].light_time(START) == 2 * LIGHT_S * SECOND
            assert again.plan.view().facts == {"epoch": 3}
            await again.change_plan(PLAN)
            assert [notice.text for notice in again.node.plan.notices] == ["dust storm"]
            assert again.node.plan.contacts[0].light_time(START) == LIGHT_S * SECOND
        finally:
            await again.stop()

    run(test())


def test_imposed_light_follows_the_amended_plan(tmp_path: Path) -> None:
    """A plan that a bundle has amended is also the one by which light is imposed and peers are dialled."""

    async def test() -> None:
        async with two(tmp_path, earth=AMENDING, mars=AMENDING) as (here, there):
            await there.plan.amend([Outage(((MARS, EARTH),), START - 2 * HOUR, START - HOUR, "long past")])
            await until(here, lambda: bool(here.node.plan.notices))
            await here.settled()
            assert here._neighbours._plan is here.node.plan

    run(test())


def test_a_node_that_is_no_planner_amends_nothing(tmp_path: Path) -> None:
    """Who is not named in the node's own `planners` is told so."""

    async def test() -> None:
        one = Daemon(config(tmp_path, EARTH, **AMENDING), MissionClock(START))
        await one.start()
        try:
            with pytest.raises(InputError, match="node 1 is no planner"):
                await one.plan.amend([DUST])
            assert one.plan.view().amendments == ()
        finally:
            await one.stop()

    run(test())
