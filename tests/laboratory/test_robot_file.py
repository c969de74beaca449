"""The file of a robot: what is right in it, and all that is wrong, with line, key and what would be right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.laboratory.robots import OVEN

from starlight.dtntime import from_text
from starlight.errors import InputError
from starlight.laboratory.robot_file import SHARE, load
from starlight.organics.calibration import calibrate, write
from starlight.organics.reference_spectra import shipped

SYNTHETIC = """
instrument = "oven 1"
[synthetic]
seed = 1
runs = 200
"""

SAMPLE = """
[[sample]]
at = "2051-04-08T16:00:00Z"
name = "S1"
target = "Benzyl benzoate"
ion_share = 0.01
peak_degc = 450
latitude_deg = 4.6
longitude_deg = 137.4
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "robot.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_synthetic_instrument_is_made_and_calibrated_by_its_file(tmp_path: Path) -> None:
    """Its samples come by time, with what they hold and where; what is left out has its defaults."""
    earlier = '[[sample]]\nat = "2051-04-07T16:00:00Z"\nname = "S0"\n'
    made = load(written(tmp_path, SYNTHETIC + SAMPLE + earlier))
    assert made.is_synthetic
    assert (made.calibration.instrument, made.calibration.runs) == ("oven 1", 200)
    assert (made.alpha, made.prior, made.share) == (0.01, 0.05, SHARE)
    first, second = made.samples
    assert (first.name, first.spike, first.position) == ("S0", None, None)
    assert second.at == from_text("2051-04-08T16:00:00Z")
    assert second.spike is not None
    assert (second.spike.target.name, second.spike.ion_share) == ("Benzyl benzoate", 0.01)
    assert second.position == (4.6, 137.4)


def test_a_calibration_lies_beside_the_file(tmp_path: Path) -> None:
    """As `starlight organics calibrate` writes it; the instrument is not synthetic then."""
    write(calibrate(OVEN.blanks(140), shipped(), "oven 1"), tmp_path / "oven.json")
    text = 'instrument = "oven 1"\ncalibration = "oven.json"\nshare = 0.1\n'
    made = load(written(tmp_path, text))
    assert not made.is_synthetic
    assert (made.calibration.runs, made.share, made.samples) == (140, 0.1, ())
    with pytest.raises(
        InputError, match="line 1: instrument = 'other' does not fit\\. The calibration is of 'oven"
    ):
        load(written(tmp_path, text.replace('"oven 1"', '"other"')))
    with pytest.raises(InputError, match=r"calibration: 105 scored runs know no p-value of alpha = 0.001"):
        load(written(tmp_path, text + "alpha = 0.001\n"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('instrument = "x"\n', "calibration is missing"),
        (
            SYNTHETIC.replace("[synth", 'calibration = "a.json"\n[synth'),
            "line 3: calibration = 'a.json' does",
        ),
        ('instrument = "x"\ncalibration = "a.json"\n', "a.json: can't be read (No such file"),
        ('instrument = "x"\ncalibration = "robot.toml"\n', "robot.toml: no calibration"),
        (
            'instrument = "x"\ncalibration = "a.json"\n' + SAMPLE,
            "a sample is made up, and the instrument is not",
        ),
        (SYNTHETIC.replace("[synth", "share = 1.5\n[synth"), "line 3: share = 1.5 does not fit"),
        (SYNTHETIC.replace("[synth", "share = 0\n[synth"), "line 3: share = 0 does not fit"),
        (SYNTHETIC.replace("[synth", "alpha = 0\n[synth"), "line 3: alpha = 0 does not fit"),
        (SYNTHETIC.replace("[synth", "prior = 1.0\n[synth"), "line 3: prior = 1.0 does not fit"),
        (SYNTHETIC.replace("200", "20"), "synthetic.runs = 20 does not fit"),
        (SYNTHETIC + SAMPLE.replace("benzoate", "benzoat"), "Did you mean 'Benzyl benzoate'?"),
        (
            SYNTHETIC + SAMPLE.replace("Benzyl benzoate", "2-(octan-2-yl)tetrahydrothiophene"),
            "give one of MSBNK",
        ),
        (SYNTHETIC + SAMPLE.replace("ion_share = 0.01", ""), "sample[0].ion_share is missing"),
        (
            SYNTHETIC + SAMPLE.replace("target", "# target"),
            "ion_share = 0.01 does not fit. It is the target's",
        ),
        (SYNTHETIC + SAMPLE.replace("450", "4500"), "peak_degc = 4500 does not fit"),
        (SYNTHETIC + SAMPLE.replace("latitude", "# latitude"), "sample[0].latitude_deg is missing"),
        (SYNTHETIC + SAMPLE.replace("16:00:00Z", "noon"), "sample[0].at"),
        (SYNTHETIC + SAMPLE + SAMPLE, "sample[1].name = 'S1' does not fit. Each has a name of its own"),
        (SYNTHETIC + "speed = 3\n", "there is no key 'speed'"),
        ("instrument = [", "not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_what_would_be_right(
    text: str, says: str, tmp_path: Path
) -> None:
    """Contradictions, unknown targets, numbers out of range, files that are none."""
    with pytest.raises(InputError, match=re.escape(says)):
        load(written(tmp_path, text))


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Two samples with two faults each are four errors."""
    wrong = SAMPLE.replace("benzoate", "benzoat").replace("latitude", "# latitude")
    with pytest.raises(InputError, match="4 errors"):
        load(written(tmp_path, SYNTHETIC + wrong + wrong.replace("S1", "S2")))
    with pytest.raises(InputError, match="can't be read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize("document", ["reference/organics.md", "guides/laboratory.md"])
def test_the_files_that_the_documents_show_are_right(document: str, tmp_path: Path) -> None:
    """Each is read as it stands there, beside the calibration that it names."""
    write(calibrate(OVEN.blanks(140), shipped(), "oven 1"), tmp_path / "oven.json")
    text = (tmp_path / "oven.json").read_text(encoding="utf-8").replace("oven 1", "quadrupole-2", 1)
    (tmp_path / "quadrupole-2.json").write_text(text, encoding="utf-8")
    documents = Path(__file__).parents[2] / "docs"
    shown = re.findall(r"```toml\n(.*?)```", (documents / document).read_text(encoding="utf-8"), re.DOTALL)
    assert len(shown) == 1
    assert load(written(tmp_path, shown[0])).share in (0.1, 0.25)
