"""The parts of a run are as small as they say, and bytes from elsewhere never break who reads them."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from tests.organics import made_up

from starlight.errors import InputError, PeerError
from starlight.organics.judgement import Judgement
from starlight.organics.parts import (
    packed_run,
    read_packed_run,
    read_thumbnail,
    read_verdict,
    thumbnail,
    verdict,
)
from starlight.organics.triage import RunPartKind, choose, parts_of

UNANSWERED = Judgement("R0001", "the run is unlike the calibration's", 0.01)
ANSWERED = Judgement("R0001", "", 0.4)


def test_a_verdict_has_40_bytes_and_says_what_it_said() -> None:
    """A verdict is read back as it was written; with one bit turned it is refused."""
    data = verdict(UNANSWERED)
    assert len(data) == 40
    told = read_verdict(data)
    assert (told.run, told.answered, told.found) == ("R0001", False, False)
    assert told.strange_p == pytest.approx(0.01)
    with pytest.raises(PeerError):
        read_verdict(data[:5] + bytes([data[5] ^ 1]) + data[6:])


def test_a_thumbnail_of_noise_still_fits_512_bytes() -> None:
    """A run whose every ion comes and goes is told in fewer steps, and within the bytes."""
    data = thumbnail(made_up.run(3, slope=0.0))
    assert len(data) <= 512
    assert data[0] < 15
    assert read_thumbnail(data).max() == 1.0


def test_a_packed_run_is_the_run_to_a_third_of_a_percent() -> None:
    """A whole run, and a window of it, come back within 0.3 %, with what was not sampled still missing."""
    run = made_up.run(4)
    run.abundance[50, 3] = np.nan
    first, values = read_packed_run(packed_run(run))
    assert first == 0
    np.testing.assert_allclose(values, run.abundance, rtol=3e-3, atol=1e-13)
    first, values = read_packed_run(packed_run(run, 10, 14), bins=5)
    assert first == 10
    np.testing.assert_allclose(values, run.abundance[:, 10:15], rtol=3e-3, atol=1e-13)


@pytest.mark.parametrize("read", [read_thumbnail, read_verdict, read_packed_run])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x0f",
        bytes(40),
        b"\x0f" + zlib.compress(bytes(10**7)),
        b"\x01" + zlib.compress(bytes(2100))[:-1],
    ],
)
def test_bytes_that_are_no_part_are_refused(read: object, data: bytes) -> None:
    """Empty, damaged, cut and bomb-like bytes are an error of the peer's, never one of ours."""
    assert callable(read)
    with pytest.raises(PeerError):
        read(data)


def test_the_next_contact_takes_verdicts_first_and_never_more_than_it_carries() -> None:
    """For 1 000 bytes all verdicts leave before any thumbnail, and no part before those before it."""
    runs = [made_up.run(seed) for seed in range(10)]
    waiting = [parts_of(run, Judgement(run.name, "", 0.5)) for run in runs]
    chosen = choose(waiting, 1000)
    assert sum(len(part.data) for part in chosen) <= 1000
    assert [part.kind for part in chosen[:10]] == [RunPartKind.VERDICT] * 10
    assert RunPartKind.THUMBNAIL in {part.kind for part in chosen}
    assert choose(waiting, 39) == []
    everything = choose(waiting, 10**9)
    for run in runs:
        kinds = [part.kind for part in everything if part.run == run.name]
        assert kinds == [RunPartKind.VERDICT, RunPartKind.THUMBNAIL, RunPartKind.RUN]
    with pytest.raises(InputError):
        choose(waiting, -1)


def test_a_run_without_an_answer_is_worth_seeing() -> None:
    """A run that can't be compared with the calibration gives its thumbnail a value above its verdict's."""
    run = made_up.run(1)
    by_kind = {part.kind: part for part in parts_of(run, UNANSWERED)}
    assert by_kind[RunPartKind.THUMBNAIL].value_bits > by_kind[RunPartKind.VERDICT].value_bits
    assert by_kind[RunPartKind.VERDICT].priority == "normal"
    with pytest.raises(InputError):
        parts_of(run, ANSWERED, prior=0.0)
