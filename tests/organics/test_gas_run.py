"""A run is read as its file says, and what no instrument wrote is refused with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.organics import made_up, reference

from starlight.errors import InputError
from starlight.organics.gas_run import GasRun, bin_degc, checked, read_folder, read_run


def test_a_run_is_read_back_bin_by_bin(tmp_path: Path) -> None:
    """A file's samples are the means of their bins, by rounded m/z."""
    made = made_up.run(1)
    path = made_up.write(made, tmp_path)
    np.testing.assert_allclose(read_run(path).abundance, made.abundance, rtol=1e-6)
    assert bin_degc(0) == (25.0, 50.0)


def test_samples_outside_the_bins_are_counted_and_means_taken(tmp_path: Path) -> None:
    """Two samples of a bin are averaged, fractional m/z rounded, and what is too cold is told as dropped."""
    path = tmp_path / "r.csv"
    path.write_text("temp,time,m/z,abundance\n30,0,18.3,1\n40,1,17.6,3\n-60,2,18,9\n30,3,20,-1\n")
    run = read_run(path)
    assert run.abundance[18, 0] == 2.0
    assert run.abundance[20, 0] == -1.0
    assert run.dropped == 1
    assert np.isnan(run.abundance[19, 0])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("time,temp,mz,abundance\n0,30,18,1\n", "no column m/z: its columns are time, temp, mz, abundance"),
        ("time,temp,m/z,abundance\n", "the run is empty"),
        ("time,temp,m/z,abundance\n0,30,18,nan\n", "line 2: '0,30,18,nan' has no finite number"),
        ("time,temp,m/z,abundance\n0,30,18,1\n0,30,18\n", "line 3"),
        ("time,temp,m/z,abundance\n0,30,-7,1\n", "line 2: m/z is -7.0"),
        ("time,temp,m/z,abundance\n0,30,18,inf\n", "line 2"),
        ("time,temp,m/z,abundance\n0,30,18,0\n", "every abundance is zero"),
        ("time,temp,m/z,abundance\n0,2000,18,1\n", "the run is empty"),
    ],
)
def test_a_file_that_no_instrument_wrote_is_refused_at_its_line(tmp_path: Path, text: str, told: str) -> None:
    """NaN, infinite, missing and empty input gets an error with the file and the line."""
    path = tmp_path / "r.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"r\.csv") as error:
        read_run(path)
    assert told in str(error.value)


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    """A folder that holds no CSV file gets an error, not an empty answer."""
    with pytest.raises(InputError, match="no run is there"):
        read_folder(tmp_path)


def test_infinite_abundance_is_refused() -> None:
    """A run made by a program is checked as one that was read."""
    with pytest.raises(InputError, match="infinite"):
        checked(GasRun("x", "", np.full((20, 42), np.inf)), "x")


@reference.needed
def test_an_original_file_gives_the_packed_bins(tmp_path: Path) -> None:
    """An original file of the reference, read by us, is its packed run within the packing's error."""
    import lzma

    path = tmp_path / "S0852.csv"
    path.write_bytes(lzma.decompress((reference.FOLDER / "raw" / "S0852.csv.xz").read_bytes()))
    ours = read_run(path)
    theirs = next(run for run in reference.runs("commercial", "val", "train") if run.name == "S0852")
    size = min(len(ours.abundance), len(theirs.abundance))
    both = np.isfinite(ours.abundance[:size]) & (np.abs(theirs.abundance[:size]) > 1e-12)
    assert both.sum() > 500
    np.testing.assert_allclose(ours.abundance[:size][both], theirs.abundance[:size][both], rtol=0.006)
