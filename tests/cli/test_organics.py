"""`starlight organics`: an instrument is calibrated, its runs judged, the contact filled, errors told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.cli.helpers import command
from tests.organics import made_up
from tests.organics.reference import spiked

from starlight.organics.parts import read_verdict
from starlight.organics.reference_spectra import shipped


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a calibration by 140 runs, and two new runs, one with an alkane in it."""
    folder = tmp_path_factory.mktemp("laboratory")
    for name in ("blanks", "new"):
        (folder / name).mkdir()
    for seed in range(140):
        made_up.write(made_up.run(seed), folder / "blanks")
    alkane = next(each for each in shipped() if each.accession == "MSBNK-MSSJ-MSJ00076")
    made_up.write(made_up.run(1000), folder / "new")
    made_up.write(spiked(made_up.run(1001), alkane, np.random.default_rng(1), 0.02), folder / "new")
    done = command("organics", "calibrate", folder / "blanks", folder / "lab.json", "--instrument", "lab")
    assert done.status == 0, done.err
    assert "140 runs, 105 of them scored; the least p is 0.0094" in done.out
    return folder


def test_a_run_with_a_marker_is_found_and_shown_with_its_evidence(laboratory: Path, tmp_path: Path) -> None:
    """`detect` finds the alkane in one run of two, names record, authors and licence, and writes a page that
    loads nothing and never speaks of life but to deny it."""
    page = tmp_path / "found.html"
    arguments = ("organics", "detect", laboratory / "new", "--calibration", laboratory / "lab.json")
    done = command(*arguments, "--report", page)
    assert done.status == 0, done.err
    assert "R1000: nothing above background" in done.out
    assert "R1001: organic marker above background, p = 0.0094 (aliphatics)" in done.out
    assert "RIKEN (CC BY)" in done.out
    text = page.read_text(encoding="utf-8")
    assert "R1001: spectrum at" in text
    assert "R1001: evidence" in text
    assert "default-src 'none'" in text
    assert "It never says life" in text
    told = json.loads(command(*arguments, "--json").out)
    found = told["runs"][1]["findings"][0]
    assert (found["family"], found["p"]) == ("aliphatics", pytest.approx(1 / 106))
    assert found["window_degc"][0] < found["peak_degc"] < found["window_degc"][1]


def test_another_instruments_run_gets_no_answer(laboratory: Path, tmp_path: Path) -> None:
    """A run that is unlike the calibration, or named as another's, has no answer, and status 0."""
    made_up.write(made_up.run(7, slope=0.12), tmp_path)
    asked = ("organics", "detect", tmp_path, "--calibration", laboratory / "lab.json")
    assert "R0007: no answer: the run is unlike" in command(*asked).out
    assert "made by rover, and lab is calibrated" in command(*asked, "--instrument", "rover").out


def test_a_contact_is_filled_by_value_per_byte(laboratory: Path, tmp_path: Path) -> None:
    """For 700 bytes the verdict of the find leaves first, and the files hold what the list says."""
    done = command(
        "organics", "triage", laboratory / "new", "--calibration", laboratory / "lab.json",
        "--bytes", "700", "--out", tmp_path / "parts", "--json",
    )  # fmt: skip
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["used_bytes"] <= 700
    first = told["parts"][0]
    assert (first["run"], first["kind"], first["bytes"], first["priority"]) == (
        "R1001",
        "verdict",
        40,
        "expedited",
    )
    files = sorted((tmp_path / "parts").iterdir())
    assert [len(each.read_bytes()) for each in files] == [each["bytes"] for each in told["parts"]]
    assert read_verdict(files[0].read_bytes()).found


def test_the_next_sample_is_ranked(tmp_path: Path) -> None:
    """`next` puts the place beside a find first, unless its drive costs more."""
    path = tmp_path / "places.csv"
    head = "name,x,y,prior,observed,cost\nfind,0,0,0.2,0.95,0\n"
    path.write_text(head + "near,20,0,0.2,,0\nfar,5000,0,0.2,,0\n")
    done = command("organics", "next", path)
    assert [line.split(":")[0] for line in done.out.splitlines()] == ["near", "far"]
    path.write_text(head + "near,20,0,0.2,,9\nfar,5000,0,0.2,,0\n")
    told = json.loads(command("organics", "next", path, "--json").out)
    assert [each["name"] for each in told["picks"]] == ["far", "near"]


def test_a_classifier_is_trained_and_its_labels_told(laboratory: Path, tmp_path: Path) -> None:
    """`train` learns a label from a folder, and `detect` tells it for runs that it answers."""
    names = sorted(each.stem for each in (laboratory / "blanks").iterdir())
    lines = [f"{name},{place % 2}" for place, name in enumerate(names)]
    (tmp_path / "labels.csv").write_text("\n".join(["sample_id,wet", *lines]) + "\n")
    model = tmp_path / "model.npz"
    done = command("organics", "train", laboratory / "blanks", tmp_path / "labels.csv", model, "--thumbnails")
    assert done.status == 0, done.err
    told = command(
        "organics",
        "detect",
        laboratory / "new",
        "--calibration",
        laboratory / "lab.json",
        "--classifier",
        model,
    ).out
    assert "labels: wet 0." in told


@pytest.mark.parametrize(
    ("name", "text", "arguments", "told"),
    [
        ("r.csv", "time,temp,m/z,abundance\n0,30,18,nan\n", ("detect",), "r.csv: line 2"),
        ("r.csv", "time,temp,m/z,abundance\n", ("detect",), "r.csv: the run is empty"),
        ("r.csv", "a,b\n1,2\n", ("detect",), "no column time, temp, m/z, abundance: its columns are a, b"),
        ("r.csv", "", ("triage", "--bytes", "-1"), "-1 is out of bounds"),
        ("p.csv", "name,x,y,prior,observed,cost\na,0,nan,0.1,,0\n", ("next",), "p.csv: line 2: y is 'nan'"),
        ("p.csv", "name,x,y,prior,observed,cost\na,0,0,2,,0\n", ("next",), "a probability of a"),
        ("p.csv", "name,x\na,0\n", ("next",), "no column y, prior, observed, cost"),
    ],
)
def test_wrong_input_is_told_with_its_place(
    laboratory: Path, tmp_path: Path, name: str, text: str, arguments: Sequence[str], told: str
) -> None:
    """Wrong input is one line that names what, where and what would be right, with status 2."""
    path = tmp_path / name
    path.write_text(text)
    known = () if arguments[0] == "next" else ("--calibration", laboratory / "lab.json")
    done = command("organics", arguments[0], path, *known, *arguments[1:])
    assert done.status == 2
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_broken_calibration_is_told(laboratory: Path) -> None:
    """A file that is no calibration is an error that says which command writes one."""
    wrong = laboratory / "new" / "R1000.csv"
    done = command("organics", "detect", laboratory / "new", "--calibration", wrong)
    assert done.status == 2
    assert "no calibration" in done.err
    assert "`starlight organics calibrate` writes it" in done.err
