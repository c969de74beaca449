"""Arguments that several commands read alike."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from starlight import dtntime
from starlight.errors import InputError

if TYPE_CHECKING:
    from starlight.messages.letter import MediaTime

Options = TypeVar("Options")


def collected(kind: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Hand a command its arguments as one struct, whose fields are the names that click gives them."""

    def wrap(command: Callable[[Options], None]) -> Callable[..., None]:
        # click takes the command's name and help from the function, so the wrapper has to look like it.
        @functools.wraps(command)
        def called(**given: Any) -> None:
            command(kind(**given))

        return called

    return wrap


class MomentParameter(click.ParamType[int]):
    """A date and time in ISO 8601, read into integer ns."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a time; `InputError` names the option."""
        # click converts defaults as well, and may convert twice.
        if isinstance(value, int):
            return value
        where = param.opts[0] if param else ""
        time = dtntime.from_text(value, where=where)
        # The sky computes with arrays of 64-bit integers, which hold no more.
        if not -(2**63) <= time < 2**63:
            years = "Times here are ns in 64 bits, from the year 1708 to 2292"
            raise InputError(f"{value!r} is too far away", where=where, right=years)
        return time


def _bounds(low: float | None, high: float | None) -> str:
    """Return in words what a number within bounds is; empty without any."""
    if low is not None and high is not None:
        return f"It is {low} to {high}"
    return f"It is {low} or more" if low is not None else f"It is {high} at most" if high is not None else ""


class Number(click.FloatRange):
    """A number within bounds; click's own also takes ``nan``, which is in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a number; the error says what would be right."""
        try:
            number = float(value)
        except ValueError:
            self.fail(f"{value!r} is no number. {_bounds(self.min, self.max)}".rstrip(), param, ctx)
        low = -math.inf if self.min is None else self.min
        high = math.inf if self.max is None else self.max
        if not math.isfinite(number) or not low <= number <= high:
            told = f"{number} is out of bounds. {_bounds(self.min, self.max)}"
            self.fail(told.rstrip(), param, ctx)
        return number


class Whole(click.IntRange):
    """A whole number within bounds, with errors in our own words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a number; the error says what would be right."""
        text = str(value)
        # As many digits as the largest has; thousands of them would take long to read.
        if not re.fullmatch(r"-?[0-9]{1,19}", text):
            told = f"{text[:40]!r} is no whole number. {_bounds(self.min, self.max)}"
            self.fail(told.rstrip(), param, ctx)
        number = int(text)
        if (self.min is not None and number < self.min) or (self.max is not None and number > self.max):
            self.fail(f"{number} is out of bounds. {_bounds(self.min, self.max)}", param, ctx)
        return number


data_folder = click.argument("folder", metavar="DATA", type=click.Path(path_type=Path))
"""The data folder of a node; commands but `store` ask the node that runs on it."""

as_json = click.option("--json", "json_output", is_flag=True, help="Print JSON for a program.")

scenario = click.argument("scenario_name", metavar="[SCENARIO]", default="lost-in-starlight")

ephemeris = click.option(
    "--ephemeris",
    metavar="FILE",
    help="Another planetary SPK file (.bsp), such as DE440. [default: DE421, which ends in October 2053]",
)


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


MOMENT = MomentParameter()


def moment(name: str, text: str, *, field: str | None = None) -> Decorator:
    """Return the option for a date and time.

    Args:
        name: of the option, such as ``--at``.
        text: its help.
        field: the parameter that it becomes, where that is not its name.
    """
    names = [name] if field is None else [name, field]
    return click.option(*names, type=MOMENT, metavar="ISO", help=text)


class MediaMomentParameter(click.ParamType["MediaTime"]):
    """A moment of a part of a letter: ``0:41``, or ``2/1:03:05`` of its part 2."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> MediaTime:
        """Read a moment; `InputError` names the option."""
        from starlight.messages.letter import MediaTime

        found = _MEDIA_MOMENT.fullmatch(str(value))
        if found is None:
            where = self.name if param is None else param.opts[0]
            right = "Write minutes and seconds as 0:41, of part 2 as 2/0:41"
            raise InputError(f"{value!r} is no moment of a part", where=where, right=right)
        part, hours, minutes, seconds, thousandths = found.groups(default="")
        whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
        return MediaTime(int(part or 0), whole * 1000 + int((thousandths + "000")[:3]))


_MEDIA_MOMENT = re.compile(
    r"(?:([0-9]{1,3})/)?(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-5][0-9])(?:\.([0-9]{1,3}))?", re.ASCII
)


def media_moment(name: str, text: str) -> Decorator:
    """Return the option for a moment of a part of a letter, with its help."""
    return click.option(name, type=MediaMomentParameter(), metavar="[PART/]M:SS", help=text)


class ChanceParameter(click.ParamType[float]):
    """A likelihood from 0 to 1."""

    name = "chance"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a number; `InputError` names the option."""
        try:
            chance = float(value)
        except ValueError:
            chance = math.nan
        if not 0 <= chance <= 1:  # nor is what is no number
            where = self.name if param is None else param.opts[0]
            raise InputError(
                f"{value!r} is no likelihood", where=where, right="It is from 0 to 1: 0.01 is 1 %"
            )
        return chance


def chance(name: str, text: str) -> Decorator:
    """Return the option for a likelihood, 0 where it is left out; arguments as in `moment`."""
    return click.option(name, type=ChanceParameter(), metavar="P", default=0.0, show_default=True, help=text)


def seconds(name: str, text: str, low: float, high: float, default: float) -> Decorator:
    """Return the option for a number of seconds, from `low` to `high`; its field ends with ``_s``."""
    field = name.lstrip("-").replace("-", "_") + "_s"
    return click.option(
        name, field, type=Number(low, high), metavar="S", default=default, show_default=True, help=text
    )


def written_to(
    name: str,
    text: str,
    *,
    field: str | None = None,
    metavar: str = "FILE",
) -> Decorator:
    """Return the option for a file that the command writes; arguments as in `moment`."""
    names = [name] if field is None else [name, field]
    return click.option(*names, type=click.Path(path_type=Path), metavar=metavar, help=text)


light_time = click.option(
    "--light-time",
    type=Number(0, 10_000_000),
    metavar="S",
    help="Light time in seconds of contacts whose plan has none, as plans without ranges.",
)

rate = click.option(
    "--rate",
    type=Whole(1, 2**63 - 1),
    metavar="BPS",
    help="Rate in bit/s of contacts whose plan has none.",
)

report = written_to("--report", "Write a page about it here, one HTML file that needs no other.")


def size_text(count: float) -> str:
    """Return a number of bytes for people, in powers of 1000, as rates are."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000:
            return f"{count:.4g} {unit}"
        count /= 1000
    return f"{count:.4g} PB"
