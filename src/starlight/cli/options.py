"""Arguments that several commands read alike."""

from __future__ import annotations

import json
from typing import Any

import click

from starlight import dtntime
from starlight.errors import InputError


class Moment(click.ParamType[int]):
    """A date and time in ISO 8601, read into integer ns."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a time; `InputError` names the option."""
        if isinstance(value, int):
            return value
        where = param.opts[0] if param else ""
        time = dtntime.from_text(value, where=where)
        if not -(2**63) <= time < 2**63:
            years = "Times here are ns in 64 bits, from the year 1708 to 2292"
            raise InputError(f"{value!r} is too far away", where=where, right=years)
        return time


MOMENT = Moment()

as_json = click.option("--json", "json_output", is_flag=True, help="Print JSON for a program.")

ephemeris = click.option(
    "--ephemeris",
    metavar="FILE",
    help="Another planetary SPK file (.bsp), such as DE440; the built-in DE421 ends in October 2053.",
)


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
