"""Robots for tests: a synthetic oven and its calibration, runs of it as CSV, a desk that is asked little."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from starlight.dtntime import HOUR
from starlight.errors import InputError
from starlight.laboratory.correspondent import RobotLaboratory
from starlight.laboratory.robot_file import Robot, RobotSample
from starlight.messages.correspondent import ContactRoom, Desk
from starlight.messages.draft import Draft
from starlight.messages.forecast import Prediction
from starlight.messages.letter import Letter
from starlight.messages.parts import Part
from starlight.organics.calibration import Calibration, calibrate
from starlight.organics.gas_run import COLUMNS, GasRun
from starlight.organics.reference_spectra import Spectrum, shipped
from starlight.organics.synthetic_runs import Oven, Spike

HERE, CONTROL, SENDER, STRANGER = "ipn:21.9", "ipn:10.5", "ipn:21.8", "ipn:99.1"
OVEN = Oven(1, "oven 1")


def named(name: str) -> Spectrum:
    """Return a shipped spectrum."""
    return next(each for each in shipped() if each.name == name)


ALKANE = named("(6S)-2,6-Dimethyl-2-undecene")


@cache
def calibration() -> Calibration:
    """Return the calibration of the oven by 400 of its blanks."""
    return calibrate(OVEN.blanks(400), shipped(), OVEN.instrument)


def robot(*samples: RobotSample, share: float = 0.5) -> Robot:
    """Return a robot with a synthetic instrument."""
    return Robot(calibration(), OVEN, 0.01, 0.05, share, samples)


def laboratory(
    *samples: RobotSample,
    share: float = 0.5,
    tells: Sequence[str] = (CONTROL,),
    hears: Sequence[str] = (SENDER,),
) -> RobotLaboratory:
    """Return one that tells mission control and hears one sender."""
    return RobotLaboratory(HERE, robot(*samples, share=share), tells, hears)


def marked(number: int, name: str = "") -> GasRun:
    """Return a run with an alkane of 1 % of the ion current at 450 degC."""
    return OVEN.run(name or f"M{number}", 50_000 + number, Spike(ALKANE, 0.01, 450.0))


def blank(number: int, name: str = "") -> GasRun:
    """Return a run without a marker, which the calibration has not seen."""
    return OVEN.run(name or f"B{number}", 60_000 + number)


def strange(number: int) -> GasRun:
    """Return a run of another oven."""
    return Oven(3, OVEN.instrument).run(f"X{number}", number)


def csv_of(run: GasRun, times: int = 1) -> bytes:
    """Return a run as a CSV file, each sample so many times."""
    lines = [",".join(COLUMNS)]
    for place in range(run.abundance.shape[1]):
        degc = 37.5 + 25 * place
        lines += times * [
            f"{60 * place},{degc},{mz}.0,{value:.6e}" for mz, value in enumerate(run.abundance[:, place])
        ]
    return "\n".join(lines).encode()


def small_csv(run: GasRun) -> bytes:
    """Return a few ions of a run as a CSV file of less than a kilobyte, which travels in its letter."""
    masses, places = (18, 28, 32, 44, 50, 64), range(4, 8)
    lines = [",".join(COLUMNS)]
    lines += [f"0,{37.5 + 25 * b},{mz},{run.abundance[mz, b]:.3e}" for b in places for mz in masses]
    return "\n".join(lines).encode()


def letter(text: str, *files: tuple[str, bytes], sender: str = SENDER, apart: bool = False) -> Letter:
    """Return a letter to the robot with files in it, or, apart from it, described by it."""
    parts = tuple(Part(name=name, size=len(data), data=None if apart else data) for name, data in files)
    return Letter(id="1" * 32, thread="t", sender=sender, to=HERE, written_at=0, text=text, parts=parts)


class FakeDesk:
    """A desk with one contact ahead, whose free bytes are told.

    Args:
        files: the bytes of parts, by number.
        free: bytes of the contact; None where no way is known.
        lasts: when it ends, in ns after now.
    """

    def __init__(self, files: Mapping[int, bytes] | None = None, free: int | None = 0, lasts: int = HOUR):
        self.files = dict(files or {})
        self.free = free
        self.lasts = lasts
        self.room: Callable[[Draft, int], ContactRoom | None] = self._room

    def at(self, now: int) -> Desk:
        """Return it at a time."""
        return Desk(
            now,
            None,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            lambda draft: Prediction(None, None, None, None, None, 0),
            lambda draft: self.room(draft, now),
            self._part,
        )

    def _room(self, draft: Draft, now: int) -> ContactRoom | None:
        # A contact each hour, of which the end does not move while it lasts.
        ends = (now // self.lasts + 1) * self.lasts
        return None if self.free is None else ContactRoom(now, ends, self.free)

    def _part(self, letter_id: str, number: int, most: int) -> bytes:
        if number not in self.files:
            raise InputError("no such part", where="part")
        if len(self.files[number]) > most:
            raise InputError(f"the part has {len(self.files[number])} bytes", where="part")
        return self.files[number]
