"""Arguments that several commands read alike."""

from __future__ import annotations

import json
from typing import Any

import click

from starlight import dtntime


class Moment(click.ParamType[int]):
    """A date and time in ISO 8601, read into integer ns."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a time; `InputError` names the option."""
        if isinstance(value, int):
            return value
        return dtntime.from_text(value, where=param.opts[0] if param else "")


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
