"""From step to outward action: nothing overtakes a commit."""

from __future__ import annotations

from pathlib import Path

from tests.live.helpers import START, run
from tests.live.test_batch_commit import Slow

from starlight.engine.step import Step
from starlight.live.clock import MissionClock
from starlight.live.commit_pipeline import CommitPipeline
from starlight.node.actions import Acknowledge, Outward, Persist


def test_a_step_without_writes_waits_behind_those_before_it(tmp_path: Path) -> None:
    """Its actions may speak of what they wrote; with nothing before it they go out at once."""
    handed: list[Outward] = []
    broken: list[Exception] = []

    async def test() -> None:
        store = Slow(tmp_path)
        pipeline = CommitPipeline(
            store,
            MissionClock(START, standing=True),
            lambda outward, changed: handed.extend(outward),
            broken.append,
            lambda error: None,
        )
        pipeline.start()
        pipeline.submit(Step([], [Acknowledge(1, 1)]), START)
        assert handed == [Acknowledge(1, 1)]
        pipeline.submit(Step([Persist("a", b"body", b"m")], [Acknowledge(1, 2)]), START)
        pipeline.submit(Step([], [Acknowledge(1, 3)]), START)
        assert handed == [Acknowledge(1, 1)]
        store.go_on.set()
        await pipeline.durable(Step([], []), START)
        assert handed == [Acknowledge(1, number) for number in (1, 2, 3)]
        await pipeline.stop()
        store.close()
        assert not broken

    run(test())
