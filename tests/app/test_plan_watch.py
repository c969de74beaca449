"""A watched plan file: its changes become amendments, and a broken one leaves the plan in force."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from tests.live.helpers import START, both_ways, run
from tests.live.test_daemon import EARTH, MARS, config

from starlight.app.plan_watch import PlanWatch
from starlight.contacts import ContactPlan, from_json
from starlight.contacts.formats import write
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon


def test_what_changes_in_the_file_is_an_amendment(tmp_path: Path) -> None:
    """It is taken once it stays the same; a broken or missing file is told, and one that is mended taken."""
    file = tmp_path / "plan.json"

    def put(plan: ContactPlan) -> None:
        file.write_bytes(write(plan, "json", epoch=None, names={}).data)

    async def test() -> None:
        base = config(tmp_path, EARTH, planners=(EARTH,)).node.plan
        put(base)
        daemon = Daemon(config(tmp_path, EARTH, planners=(EARTH,)), MissionClock(START))
        await daemon.start()
        watch = PlanWatch(file, lambda: from_json(file.read_bytes()), daemon.plan, base)
        await watch.look()
        more = (replace(each, id=each.id + 1_000) for each in both_ways((90, 91, 1.0)).contacts)
        wider = ContactPlan.of([*base.contacts, *more])
        put(wider)
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
        put(base)
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
        await daemon.start()
        watch = PlanWatch(file, lambda: ContactPlan(), daemon.plan, daemon.config.node.plan)
        file.write_text("changed")
        for _ in range(2):
            await watch.look()
        assert f"node {EARTH} is no planner" in daemon.status().plan_file
        await daemon.stop()

    run(test())
