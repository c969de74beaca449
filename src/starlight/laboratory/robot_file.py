"""The file of a robot that detects organic markers: its instrument, what may be sent, and what it samples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from starlight.errors import InputError, did_you_mean
from starlight.input_files import read_text
from starlight.organics import calibration
from starlight.organics.calibration import Calibration
from starlight.organics.conformal import least_runs
from starlight.organics.gas_run import BIN_DEGC, BINS, FIRST_DEGC
from starlight.organics.reference_spectra import Spectrum, shipped
from starlight.organics.synthetic_runs import Oven, Spike
from starlight.organics.triage import PRIOR
from starlight.scenario.file_errors import FileErrors
from starlight.scenario.toml_file import read

ALPHA = 0.01
SHARE = 0.25
"""Of what is free in a contact: the other three quarters are people's."""

LAST_DEGC = FIRST_DEGC + BIN_DEGC * BINS

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Probability = Annotated[float, msgspec.Meta(ge=1e-4, le=0.5)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class SyntheticTable(_Table, frozen=True):
    """An instrument that is made up, and declared so in each letter.

    Attributes:
        seed: draws it.
        runs: of its blanks, which calibrate it; with 400 a single one of 12 targets can be found at 5 % false
            discoveries, which takes 239 scored runs, three of four.
    """

    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    runs: Annotated[int, msgspec.Meta(ge=132, le=2_000)] = 400


class SampleTable(_Table, frozen=True):
    """A sample that the robot takes itself, of a synthetic instrument.

    Attributes:
        at: when its run is made and judged.
        name: of the run.
        target: the marker that it holds, by accession or name of a shipped spectrum; empty for none.
        ion_share: the marker's ion current at its apex, as a share of the background's there.
        peak_degc: where that is.
        latitude_deg, longitude_deg: where it was taken; both or neither.
    """

    at: str
    name: Name
    target: str = ""
    ion_share: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    peak_degc: Annotated[float, msgspec.Meta(ge=FIRST_DEGC, le=LAST_DEGC)] | None = None
    latitude_deg: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    longitude_deg: Annotated[float, msgspec.Meta(ge=-180, le=360)] | None = None


class RobotTable(_Table, frozen=True):
    """All that the file says.

    Attributes:
        instrument: whose runs are taken.
        calibration: of that instrument, as `starlight organics calibrate` writes it; relative to the file.
        synthetic: the made-up instrument, in the place of a calibration.
        alpha: a target is found at this p-value or less.
        prior: how probable a marker is before a run is seen.
        share: the most of what is free in a contact that its parts may take.
        sample: what it samples itself.
    """

    instrument: Name
    calibration: str = ""
    synthetic: SyntheticTable | None = None
    alpha: Probability = ALPHA
    prior: Annotated[float, msgspec.Meta(gt=0, lt=1)] = PRIOR
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = SHARE
    sample: Annotated[list[SampleTable], msgspec.Meta(max_length=1_000)] = []


class RobotSample(NamedTuple):
    """A sample to be taken: when, in ns; the run's name; what it holds; latitude and longitude in degrees."""

    at: int
    name: str
    spike: Spike | None
    position: tuple[float, float] | None


class Robot(NamedTuple):
    """A robot as its file describes it, checked.

    Attributes:
        calibration: of its instrument.
        oven: that makes its samples' runs; None for a real instrument.
        alpha, prior, share: as in its file.
        samples: by time.
    """

    calibration: Calibration
    oven: Oven | None
    alpha: float
    prior: float
    share: float
    samples: tuple[RobotSample, ...]

    @property
    def is_synthetic(self) -> bool:
        """Return whether its instrument is made up."""
        return self.oven is not None


def load(path: Path) -> Robot:
    """Load a robot from a TOML file; a synthetic instrument is made and calibrated by it, in 0.8 s of CPU.

    Raises:
        InputError: it can't be read, or is wrong; all that is wrong is told, with line, key and value.
    """
    table, errors = read(read_text(path, right="Give a robot's TOML file"), RobotTable, str(path))
    _check_instrument(table, errors)
    samples = [_sample(f"sample[{place}]", each, errors) for place, each in enumerate(table.sample)]
    _check_names(table, errors)
    errors.raise_all()
    oven = Oven(table.synthetic.seed, table.instrument) if table.synthetic is not None else None
    known = _calibration(table, oven, path.parent, errors)
    errors.raise_all()
    assert known is not None
    taken = sorted((each for each in samples if each is not None), key=lambda each: each.at)
    return Robot(known, oven, table.alpha, table.prior, table.share, tuple(taken))


def _check_instrument(table: RobotTable, errors: FileErrors) -> None:
    if table.synthetic is not None and table.calibration:
        right = "Leave out one: an instrument is calibrated by its own runs, or made up"
        errors.fail("calibration", table.calibration, right)
    if table.synthetic is None and not table.calibration:
        errors.missing("calibration", "Name the file of `starlight organics calibrate`, or give [synthetic]")
    if table.synthetic is None and table.sample:
        what = "sample[0]: a sample is made up, and the instrument is not"
        errors.add("sample[0]", what, "Give [synthetic] in the place of a calibration, or no [[sample]]")


def _check_names(table: RobotTable, errors: FileErrors) -> None:
    known: set[str] = set()
    for place, each in enumerate(table.sample):
        if each.name.casefold() in known:
            errors.fail(f"sample[{place}].name", each.name, "Each has a name of its own")
        known.add(each.name.casefold())


def _sample(key: str, table: SampleTable, errors: FileErrors) -> RobotSample | None:
    at = errors.time(f"{key}.at", table.at)
    spike = _spike(key, table, errors)
    north, east = table.latitude_deg, table.longitude_deg
    if (north is None) != (east is None):
        missing = "latitude_deg" if north is None else "longitude_deg"
        errors.missing(f"{key}.{missing}", "A place has both, or leave out both")
    position = (north, east) if north is not None and east is not None else None
    return None if at is None else RobotSample(at, table.name, spike, position)


def _spike(key: str, table: SampleTable, errors: FileErrors) -> Spike | None:
    numbers = {"ion_share": table.ion_share, "peak_degc": table.peak_degc}
    if not table.target:
        for name, value in numbers.items():
            if value is not None:
                errors.fail(f"{key}.{name}", value, "It is the target's; name one, or leave it out")
        return None
    for name, value in numbers.items():
        if value is None:
            errors.missing(f"{key}.{name}", "A target has ion_share, such as 0.01, and peak_degc")
    target = _target(key, table.target, errors)
    if target is None or table.ion_share is None or table.peak_degc is None:
        return None
    return Spike(target, table.ion_share, table.peak_degc)


def _target(key: str, named: str, errors: FileErrors) -> Spectrum | None:
    found = [each for each in shipped() if named in (each.accession, each.name)]
    if len(found) > 1:
        right = f"It has several records; give one of {', '.join(each.accession for each in found)}"
        errors.fail(f"{key}.target", named, right)
    if not found:
        near = did_you_mean(named, [name for each in shipped() for name in (each.accession, each.name)])
        right = near or "It is the accession or the name of a shipped spectrum"
        errors.fail(f"{key}.target", named, right)
    return found[0] if len(found) == 1 else None


def _calibration(table: RobotTable, oven: Oven | None, base: Path, errors: FileErrors) -> Calibration | None:
    """Return the calibration; None where it is none for this robot, which is noted."""
    if oven is not None and table.synthetic is not None:
        key, known = (
            "synthetic.runs",
            calibration.calibrate(oven.blanks(table.synthetic.runs), shipped(), table.instrument),
        )
    else:
        key = "calibration"
        try:
            known = calibration.read(base / table.calibration, shipped())
        except InputError as error:
            errors.add(key, f"{key}: {error.where}: {error.what}", error.right)
            return None
        if known.instrument != table.instrument:
            right = f"The calibration is of {known.instrument!r}: take its own, or name that"
            errors.fail("instrument", table.instrument, right)
    least = least_runs(table.alpha)
    if len(known.strangeness) < least:
        what = f"{key}: {len(known.strangeness)} scored runs know no p-value of alpha = {table.alpha:g}"
        errors.add(key, what, f"That takes {least}, besides the quarter for the background")
    return known
