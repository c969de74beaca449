"""`starlight plan set`, `add`, `cut`, `fact`: amend the plan of a running node, and facts of the mission."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from starlight import dtntime
from starlight.cli.node import client_of
from starlight.cli.options import Whole, as_json, data_folder, moment, seconds
from starlight.cli.output import echo, print_json
from starlight.errors import InputError

if TYPE_CHECKING:
    from starlight.client.client import Client
    from starlight.live.plan_view import AmendmentView

NODE = Whole(min=1, max=2**63 - 1)
from_argument = click.argument("from_node", metavar="FROM", type=NODE)
to_argument = click.argument("to_node", metavar="TO", type=NODE)
start_option = moment("--start", "When it begins. [default: now]")
end_option = moment("--end", "When it ends.")
one_direction = click.option("--one-direction", is_flag=True, help="Only from FROM to TO, not back.")


@click.command()
@data_folder
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@as_json
def set_plan(folder: Path, file: Path, json_output: bool) -> None:
    """Make the contact plan in FILE that of the node that runs on DATA, and of all that believe it.

    What differs from now on becomes one amendment. Outages that were told stay.

    \b
    Example: starlight plan set ./seoul-data april.csv
    """
    from starlight.contacts import formats
    from starlight.planner.plan_files import read_plan

    client = client_of(folder)
    read = read_plan(file)
    if read.count("refused") or not read.plan.contacts:
        right = f"See: starlight plan check {file}"
        raise InputError("something in it was refused, or nothing is left", where=str(file), right=right)
    made = client.set_plan(formats.write(read.plan, "json", epoch=None, names={}).data)
    _tell(made, json_output)


@click.command()
@data_folder
@from_argument
@to_argument
@start_option
@end_option
@click.option("--rate-bps", type=Whole(1, 10**12), metavar="N", help="Bit/s. [default: unlimited]")
@seconds("--light-time", "One-way light time in seconds.", 0, 86_400, default=0.0)
@one_direction
@as_json
def add(
    folder: Path,
    from_node: int,
    to_node: int,
    start: int | None,
    end: int | None,
    rate_bps: int | None,
    light_time_s: float,
    one_direction: bool,
    json_output: bool,
) -> None:
    """Add a contact between two nodes to the plan of the node that runs on the folder DATA.

    \b
    Example: starlight plan add ./seoul-data 10 20 --end 2051-04-08T12:00Z --rate-bps 8000 --light-time 480
    """
    client = client_of(folder)
    span = _span(client, start, end)
    contacts = [
        {"from": a, "to": b, **span, "rate_bps": rate_bps, "light_time_s": light_time_s}
        for a, b in _directions(from_node, to_node, one_direction)
    ]
    _tell(client.amend([{"kind": "new_contacts", "contacts": contacts}]), json_output)


@click.command()
@data_folder
@from_argument
@to_argument
@start_option
@end_option
@click.option("--text", default="", help="The reason, for people.")
@one_direction
@as_json
def cut(
    folder: Path,
    from_node: int,
    to_node: int,
    start: int | None,
    end: int | None,
    text: str,
    one_direction: bool,
    json_output: bool,
) -> None:
    """Let the link between two nodes carry nothing for a while, in the plan of the node that runs on DATA.

    \b
    Example: starlight plan cut ./seoul-data 10 20 --end 2051-04-08T12:00Z --text "generator test"
    """
    client = client_of(folder)
    span = _span(client, start, end)
    outage = {"kind": "outage", "links": [(from_node, to_node)], "both_ways": not one_direction, "text": text}
    _tell(client.amend([outage | span], known_links=True), json_output)


@click.command()
@data_folder
@click.argument("name")
@click.argument("value")
@as_json
def fact(folder: Path, name: str, value: str, json_output: bool) -> None:
    """Set the fact NAME of the mission to VALUE, at the node that runs on DATA and all that believe it.

    VALUE is a number, true or false, or else a text. docs/reference/plan-amendments.md says which facts
    change something; others are kept and shown.

    \b
    Example: starlight plan fact ./seoul-data mars_longitude_deg 239.9
    """
    changes = [{"kind": "fact", "name": name, "value": _fact_value(value)}]
    _tell(client_of(folder).amend(changes), json_output)


def _fact_value(text: str) -> str | float | bool:
    if text in ("true", "false"):
        return text == "true"
    try:
        number = float(text) if any(each in text for each in ".eE") else int(text)
    except ValueError:
        return text
    return number if isfinite(number) else text


def _span(client: Client, start: int | None, end: int | None) -> dict[str, str]:
    """Return from when until when as the API has it; without a start from now on."""
    if end is None:
        right = "Give the time until which it holds, such as 2051-04-08T12:00Z"
        raise InputError("it is missing", where="--end", right=right)
    begin = client.nodes()[0].time if start is None else start
    if end <= begin:
        right = f"It is later than {dtntime.to_text(begin, 3)}"
        raise InputError(f"{dtntime.to_text(end, 3)} is too early", where="--end", right=right)
    return {"start": dtntime.to_text(begin, 3), "end": dtntime.to_text(end, 3)}


def _directions(a: int, b: int, one: bool) -> list[tuple[int, int]]:
    return [(a, b)] if one else [(a, b), (b, a)]


def _tell(made: AmendmentView | None, json_output: bool) -> None:
    if json_output:
        from starlight.client.client import plain_values

        print_json(plain_values(made))
    elif made is None:
        echo("The plan says that already; nothing was amended.")
    else:
        echo(f"amendment {made.author}:{made.number}, {dtntime.to_text(made.at, 3)}, is in force here")
