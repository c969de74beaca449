"""Recorded runs of earlier versions."""

from __future__ import annotations

from pathlib import Path

from starlight.engine.record import replay

RECORD = Path(__file__).parent / "fixtures" / "record_of_first_release.jsonl"


def test_a_record_of_the_first_release_is_read_and_answered_with_the_same_kinds_of_actions() -> None:
    """What an application asked for keeps its tags and fields, in which it was recorded."""
    lines = RECORD.read_text().splitlines()
    outcome = replay(lines)
    assert outcome.events == len(lines) - 1
    for difference in outcome.differences:
        assert difference.recorded == [type(action).__name__ for action in difference.replayed], difference
