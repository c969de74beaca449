"""Recorded runs of earlier versions."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from starlight.engine.record import replay
from starlight.node.events import Event, TransmissionAcknowledged, TransmissionFailed, TransmissionSent

RECORD = Path(__file__).parent / "fixtures" / "record_of_first_release.jsonl"


def test_a_record_of_the_first_release_is_read_and_answered_with_the_same_kinds_of_actions() -> None:
    """What an application asked for keeps its tags and fields, in which it was recorded."""
    lines = RECORD.read_text().splitlines()
    outcome = replay(lines)
    assert outcome.events == len(lines) - 1
    for difference in outcome.differences:
        assert difference.recorded == [type(action).__name__ for action in difference.replayed], difference


@pytest.mark.parametrize(
    ("recorded", "event"),
    [
        ('{"type":"TransferSent","key":"a","peer":2}', TransmissionSent("a", 2)),
        ('{"type":"TransferAcknowledged","key":"a","peer":2,"known":7}', TransmissionAcknowledged("a", 2, 7)),
        (
            '{"type":"TransferFailed","key":"a","peer":2,"reason":"fell","refused":false}',
            TransmissionFailed("a", 2, "fell"),
        ),
    ],
)
def test_the_ends_of_transmissions_keep_the_names_that_older_records_have(
    recorded: str, event: Event
) -> None:
    """Whatever their types are called here, a record is read, and written, as it always was."""
    assert msgspec.json.decode(recorded, type=Event) == event
    assert msgspec.json.encode(event).decode() == recorded
