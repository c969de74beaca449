"""Moments of parts as they are written on the command line."""

from __future__ import annotations

import pytest

from starlight.cli.options import MediaMomentParameter
from starlight.errors import InputError
from starlight.messages.letter import MediaTime


@pytest.mark.parametrize(
    ("written", "part", "at_ms"),
    [
        ("0:41", 0, 41_000),
        ("61:05", 0, 3_665_000),
        ("2/1:03:05.25", 2, 3_785_250),
        ("1/0:00.007", 1, 7),
    ],
)
def test_a_moment_is_read_as_players_tell_it(written: str, part: int, at_ms: int) -> None:
    """Minutes and seconds, with hours, thousandths and the number of the part where they are wanted."""
    assert MediaMomentParameter().convert(written, None, None) == MediaTime(part, at_ms)


@pytest.mark.parametrize(
    "written", ["", "41", "0:60", "-1/0:41", "a/0:41", "0:41.1234", "٠:٤١", "0:4", "1//0:41"]
)
def test_what_is_no_moment_is_told(written: str) -> None:
    """The error shows how one is written."""
    with pytest.raises(InputError) as refused:
        MediaMomentParameter().convert(written, None, None)
    assert refused.value.right == "Write minutes and seconds as 0:41, of part 2 as 2/0:41"
