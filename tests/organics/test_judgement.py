"""An answer holds its probability on exchangeable runs, and is withheld where runs are not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.organics import made_up
from tests.organics.reference import spiked

from starlight.errors import InputError
from starlight.organics import calibration
from starlight.organics.calibration import Calibration
from starlight.organics.conformal import discoveries, least_runs, p_value, too_many
from starlight.organics.judgement import judge
from starlight.organics.reference_spectra import BACKGROUND_FAMILIES, Spectrum, read_library, shipped


@pytest.fixture(scope="module")
def lab() -> Calibration:
    return calibration.calibrate([made_up.run(seed) for seed in range(200)], shipped(), "lab")


def named(name: str) -> Spectrum:
    return next(each for each in shipped() if each.name == name)


def test_p_values_count_the_calibration_and_this_run() -> None:
    """A score above all of 99 has p = 1 %, one among them its rank, and no score is no evidence."""
    scores = np.arange(99.0)
    assert p_value(scores, 1000.0) == pytest.approx(0.01)
    assert p_value(scores, 98.0) == pytest.approx(0.02)
    assert p_value(scores, -1.0) == 1.0
    assert p_value(scores, float("nan")) == 1.0
    assert least_runs(0.01) == 99


def test_benjamini_and_hochbergs_own_example() -> None:
    """Of the 15 p-values of Benjamini and Hochberg 1995, section 2.2, four are rejected at 5 %."""
    values = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
        0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    assert discoveries(values, 0.05) == [True] * 4 + [False] * 11
    assert discoveries([], 0.05) == []


def test_a_batch_is_refused_only_for_more_strange_runs_than_chance_makes() -> None:
    """Of 100 runs 2 or 5 strange ones at 2 % are chance, 10 are not; one of one is a matter of that run."""
    assert not too_many(2, 100, 0.02)
    assert not too_many(5, 100, 0.02)
    assert too_many(10, 100, 0.02)
    assert not too_many(0, 5, 0.02)


def test_a_spike_is_found_with_its_evidence_and_a_clean_run_is_not(lab: Calibration) -> None:
    """A run with an alkane in it is an organic marker above background of that family, at its temperature and
    ions, and the sentence claims no more."""
    clean = made_up.run(1000)
    answer = judge([clean], lab)[0]
    assert answer.best is None
    assert answer.statement.startswith("nothing above background")
    target = named("(5R,11R)-5,11-dimethylpentacosane")
    found = judge([spiked(clean, target, np.random.default_rng(1), 0.02)], lab)[0]
    assert found.best is not None
    assert found.best.target.family == "aliphatics"
    assert re.fullmatch(r"organic marker above background, p = 0\.00\d+ \(aliphatics\)", found.statement)
    assert found.best.peak.window[0] <= found.best.peak.place <= found.best.peak.window[1]
    assert found.best.ions[0].mz == 57
    assert found.best.ions[0].excess > 0


def test_runs_unlike_the_calibration_get_no_answer(lab: Calibration) -> None:
    """A run whose ions fall off differently is refused, and so is a whole batch with too many of those."""
    strange = made_up.run(2000, slope=0.12)
    answer = judge([strange], lab)[0]
    assert answer.abstained
    assert answer.statement.startswith("no answer: the run is unlike")
    assert not answer.findings
    batch = [made_up.run(3000), *(made_up.run(seed, slope=0.12) for seed in range(2001, 2006))]
    assert all("recalibrate" in each.abstained for each in judge(batch, lab))
    other = made_up.run(1000, instrument="rover")
    assert "made by rover" in judge([other], lab)[0].abstained


def test_a_calibration_is_read_back_and_a_broken_one_refused(lab: Calibration, tmp_path: Path) -> None:
    """A calibration's file gives the same p-values; cut, of other spectra or another form it is refused."""
    path = tmp_path / "lab.json"
    calibration.write(lab, path)
    runs = [made_up.run(1000)]
    assert judge(runs, calibration.read(path, shipped())) == judge(runs, lab)
    with pytest.raises(InputError, match="spectra are not there"):
        calibration.read(path, shipped()[:1])
    text = path.read_text()
    path.write_text(text[:-100])
    with pytest.raises(InputError, match="no calibration"):
        calibration.read(path, shipped())
    path.write_text(text.replace('"covariance":[[', '"covariance":[[-', 1))
    with pytest.raises(InputError, match="does not fit together"):
        calibration.read(path, shipped())
    path.write_text(text.replace('"size":100', '"size":99'))
    with pytest.raises(InputError, match="does not fit together"):
        calibration.read(path, shipped())


def test_a_calibration_that_can_not_hold_its_promise_is_refused(lab: Calibration) -> None:
    """Too few runs, runs of two instruments and an alpha that no p-value reaches are errors, not silence."""
    few = [made_up.run(seed) for seed in range(20)]
    with pytest.raises(InputError, match="knows no p-value"):
        judge(few[:1], calibration.calibrate(few, shipped(), "lab"))
    with pytest.raises(InputError, match="can't calibrate"):
        calibration.calibrate([*few, made_up.run(99, instrument="rover")], shipped(), "lab")
    with pytest.raises(InputError, match="2 runs"):
        calibration.calibrate(few[:2], shipped(), "lab")
    with pytest.raises(InputError, match="alpha is 0"):
        judge(few[:1], lab, alpha=0.0)


def test_what_ships_is_attributed_and_of_licences_that_allow_it(tmp_path: Path) -> None:
    """44 records ship, 31 CC BY and 13 CC BY-SA, each with authors; a user's file of the same form is read,
    and one with a negative peak refused."""
    licences = [each.licence for each in shipped()]
    assert licences.count("CC BY") == 31
    assert licences.count("CC BY-SA") == 13
    assert all(each.authors and each.accession.startswith("MSBNK-") for each in shipped())
    assert {each.family for each in shipped() if each.background} == set(BACKGROUND_FAMILIES)
    path = tmp_path / "mine.json"
    record = '{"accession":"A","name":"n","formula":"C","family":"f","licence":"own","authors":"me",'
    record += '"peaks":[[91,%s]]}'
    path.write_text('{"source":"here","records":[' + record % 999 + "]}")
    assert read_library(path)[0].shares(100)[91] == 1.0
    path.write_text('{"source":"here","records":[' + record % -1 + "]}")
    with pytest.raises(InputError, match="A: peak"):
        read_library(path)
