"""Back-pressure: when peers are read from no more, and when again."""

from __future__ import annotations

from starlight.live.uncommitted import UNSAFE_BYTES, UNSAFE_TRANSFERS, Uncommitted


def gate():
    """Return what counts transfers, and what it has asked for."""
    asked = []
    return Uncommitted(lambda: asked.append("pause"), lambda: asked.append("resume")), asked


def test_many_small_transfers_stop_the_reading_too():
    """No more is read while too many transfers are not committed, however small, until half have gone."""
    uncommitted, asked = gate()
    handles = [uncommitted.add(None, number, 1) for number in range(UNSAFE_TRANSFERS)]
    assert asked == []
    handles.append(uncommitted.add(None, 0, 1))
    assert asked == ["pause"]
    while len(handles) > UNSAFE_TRANSFERS // 2:
        uncommitted.take(handles.pop())
    assert asked == ["pause"]
    uncommitted.take(handles.pop())
    assert asked == ["pause", "resume"]


def test_reading_goes_on_only_when_bytes_and_transfers_are_few():
    """A single large transfer holds the reading back as many small ones do."""
    uncommitted, asked = gate()
    large = uncommitted.add(None, 0, UNSAFE_BYTES)
    small = uncommitted.add(None, 1, 1)
    assert asked == ["pause"]
    uncommitted.take(small)
    assert asked == ["pause"], "half of the limit is not enough"
    uncommitted.take(large)
    assert asked == ["pause", "resume"]
    assert uncommitted.bytes == 0
    assert uncommitted.take(large) == (None, 0), "what was answered is answered no more"
