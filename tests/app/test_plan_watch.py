"""A watched plan file: its changes become amendments, and a broken one leaves the plan in force."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from msgspec.structs import replace
from tests.live.helpers import START, both_ways, run
from tests.live.test_daemon import EARTH, MARS, config

from starlight.app.kept_plan import BASE, TAKEN, KeptPlan
from starlight.app.plan_watch import PlanWatch
from starlight.contacts import ContactPlan, from_json
from starlight.contacts.formats import write
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.services.announcements import NAME


def put(file: Path, plan: ContactPlan) -> None:
    """Write a plan to a file."""
    file.write_bytes(write(plan, "json", epoch=None, names={}).data)


def kept_plan(file: Path, daemon: Daemon) -> KeptPlan:
    """Return a plan file of a node."""
    return KeptPlan(file, lambda data, light_s: from_json(data), daemon)


def wider_than(base: ContactPlan) -> ContactPlan:
    """Return a plan with more contacts."""
    more = (replace(each, id=each.id + 1_000) for each in both_ways((90, 91, 1.0)).contacts)
    return ContactPlan.of([*base.contacts, *more])


def test_what_changes_in_the_file_is_an_amendment(tmp_path: Path) -> None:
    """It is taken once it stays the same; a broken or missing file is told, and one that is mended taken."""
    file = tmp_path / "plan.json"

    async def test() -> None:
        base = config(tmp_path, EARTH, planners=(EARTH,)).node.plan
        put(file, base)
        daemon = Daemon(config(tmp_path, EARTH, planners=(EARTH,)), MissionClock(START))
        await daemon.start()
        watch = PlanWatch(kept_plan(file, daemon), daemon.plan)
        await watch.look()
        put(file, wider_than(base))
        await watch.look()
        assert not daemon.plan.view().amendments  # it may still be written
        await watch.look()
        (made,) = daemon.plan.view().amendments
        assert (made.author, made.changes[0].kind) == (EARTH, "new_contacts")
        file.write_text("{ half")
        for _ in range(2):
            await watch.look()
        assert daemon.status().plan_file != ""
        assert len(daemon.plan.view().amendments) == 1
        put(file, base)
        for _ in range(3):
            await watch.look()
        assert daemon.status().plan_file == ""
        assert [each.changes[0].kind for each in daemon.plan.view().amendments][1:] == ["removed"]
        await daemon.stop()

    run(test())


def test_a_node_that_is_no_planner_says_so(tmp_path: Path) -> None:
    """The file is not taken, and the status tells why."""
    file = tmp_path / "plan.json"

    async def test() -> None:
        daemon = Daemon(config(tmp_path, EARTH, planners=(MARS,)), MissionClock(START))
        put(file, daemon.config.node.plan)
        await daemon.start()
        watch = PlanWatch(kept_plan(file, daemon), daemon.plan)
        put(file, both_ways((90, 91, 1.0)))
        for _ in range(2):
            await watch.look()
        assert f"node {EARTH} is no planner" in daemon.status().plan_file
        await daemon.stop()

    run(test())


@contextlib.asynccontextmanager
async def life(folder: Path, *, planner: bool = True) -> AsyncIterator[Daemon]:
    """Run node Earth on its store and plan file, from its start to an orderly end."""
    planners = (EARTH,) if planner else (MARS,)
    daemon = Daemon(config(folder, EARTH, planners=planners), MissionClock(START))
    kept = kept_plan(folder / "plan.json", daemon)
    await daemon.start(plan=kept.base())
    await kept.catch_up()
    try:
        yield daemon
    finally:
        await daemon.stop()


def pairs(daemon: Daemon) -> list[tuple[int, int]]:
    """Return the links of the contacts of the plan in force, one for each contact."""
    return sorted((each.from_node, each.to_node) for each in daemon.node.plan.contacts)


def links_of(plan: ContactPlan) -> list[tuple[int, int]]:
    """Return the links of the contacts of a plan, one for each contact."""
    return sorted((each.from_node, each.to_node) for each in plan.contacts)


def test_what_changed_while_the_node_was_down_is_an_amendment_at_its_start(tmp_path: Path) -> None:
    """Once: what is amended already is not folded in again, nor amended again, at later starts."""
    base = config(tmp_path, EARTH).node.plan
    wider = wider_than(base)
    put(tmp_path / "plan.json", base)

    async def test() -> None:
        async with life(tmp_path) as daemon:
            assert not daemon.plan.view().amendments
        put(tmp_path / "plan.json", wider)
        for _ in range(3):
            async with life(tmp_path) as daemon:
                (made,) = daemon.plan.view().amendments
                assert (made.author, [change.kind for change in made.changes]) == (EARTH, ["new_contacts"])
                assert pairs(daemon) == links_of(wider)
        put(tmp_path / "plan.json", base)
        for _ in range(2):
            async with life(tmp_path) as daemon:
                assert [each.changes[0].kind for each in daemon.plan.view().amendments][1:] == ["removed"]
                # What is removed has been; from now on the contacts are those of the file.
                assert set(links_of(base)) == {
                    (each.from_node, each.to_node)
                    for each in daemon.node.plan.contacts
                    if each.end > daemon.clock.now()
                }

    run(test())


def test_what_was_amended_while_it_ran_is_not_folded_in_twice_after_a_restart(tmp_path: Path) -> None:
    """The base stays what it was; a watched change is in the plan once, before and after."""
    base = config(tmp_path, EARTH).node.plan
    wider = wider_than(base)
    put(tmp_path / "plan.json", base)

    async def test() -> None:
        daemon = Daemon(config(tmp_path, EARTH, planners=(EARTH,)), MissionClock(START))
        kept = kept_plan(tmp_path / "plan.json", daemon)
        await daemon.start(plan=kept.base())
        await kept.catch_up()
        put(tmp_path / "plan.json", wider)
        assert await kept.take((tmp_path / "plan.json").read_bytes()) is not None
        assert pairs(daemon) == links_of(wider)
        await daemon.stop()
        async with life(tmp_path) as daemon:
            assert pairs(daemon) == links_of(wider)
            assert len(daemon.plan.view().amendments) == 1

    run(test())


def test_a_store_without_records_of_the_file_takes_it_as_the_base(tmp_path: Path) -> None:
    """As an older Starlight left it: nothing tells what it had of the file; from then on it is kept."""
    base = config(tmp_path, EARTH).node.plan
    put(tmp_path / "plan.json", base)

    async def test() -> None:
        daemon = Daemon(config(tmp_path, EARTH, planners=(EARTH,)), MissionClock(START))
        await daemon.start()
        await daemon.stop()
        put(tmp_path / "plan.json", wider_than(base))
        async with life(tmp_path) as daemon:
            assert not daemon.plan.view().amendments
            assert pairs(daemon) == links_of(wider_than(base))
            assert {key for key, _ in daemon.store.saved(NAME)} >= {BASE, TAKEN}
        put(tmp_path / "plan.json", base)
        async with life(tmp_path) as daemon:
            assert len(daemon.plan.view().amendments) == 1

    run(test())


def test_at_a_node_that_is_no_planner_the_file_is_the_base(tmp_path: Path) -> None:
    """It can't amend, so a plan that was written anew for it holds from its start, as ever."""
    base = config(tmp_path, EARTH).node.plan

    async def test() -> None:
        for plan in (base, wider_than(base), base):
            put(tmp_path / "plan.json", plan)
            async with life(tmp_path, planner=False) as daemon:
                assert pairs(daemon) == links_of(plan)
                assert not daemon.plan.view().amendments

    run(test())


def test_what_is_too_much_for_an_amendment_is_the_base_and_told(tmp_path: Path) -> None:
    """It is in force here; the status says that others do not hear of it."""
    base = config(tmp_path, EARTH).node.plan
    put(tmp_path / "plan.json", base)
    many = [replace(base.contacts[0], id=1_000 + n, to_node=1_000 + n) for n in range(5_000)]
    vast = ContactPlan.of([*base.contacts, *many])

    async def test() -> None:
        async with life(tmp_path):
            pass
        put(tmp_path / "plan.json", vast)
        async with life(tmp_path) as daemon:
            assert "others do not hear of it" in daemon.status().plan_file
            assert pairs(daemon) == links_of(vast)
        async with life(tmp_path) as daemon:
            assert pairs(daemon) == links_of(vast)
            assert daemon.status().plan_file == ""

    run(test())
