"""`starlight distress`: calls for help of a person at a running node; raised, ended, acknowledged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from starlight import dtntime
from starlight.cli.options import as_json, data_folder
from starlight.cli.output import echo, print_json
from starlight.errors import InputError
from starlight.visible_text import visible

if TYPE_CHECKING:
    from starlight.client.client import CallCourseView, Client, HeardCallView, OwnCallView

_text = click.option(
    "--text", default="", help="Words that go with it, if there are any; at most 1000 bytes."
)
_sure = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group()
def distress() -> None:
    """Call for help inside the mission, end a call, and tell a caller that a person has heard.

    A call goes before everything else that waits, over every route, and again until a person acknowledges it.
    For a real emergency outside the mission use the site's own alarm.
    """


@distress.command("raise")
@data_folder
@click.argument("person")
@_text
@_sure
@as_json
def raise_call(folder: Path, person: str, text: str, yes: bool, json_output: bool) -> None:
    """Call for help as PERSON; where a call of theirs stands, that is the one."""
    client = _client(folder)
    if not yes:
        known = client.distress(person)
        who = ", ".join(visible(each) for each in known.calls) or "nobody: this node knows no addresses"
        click.confirm(f"Call for help over every route?  It goes to {who}.", abort=True, err=True)
    _tell(client.call_for_help(person, text), json_output)


@distress.command()
@data_folder
@click.argument("person")
@_text
@_sure
@as_json
def cancel(folder: Path, person: str, text: str, yes: bool, json_output: bool) -> None:
    """End the call of PERSON: everybody who got it is told."""
    if not yes:
        click.confirm("Cancel the call?  Everybody who got it is told.", abort=True, err=True)
    _tell(_client(folder).cancel_call(person, text), json_output)


@distress.command()
@data_folder
@click.argument("person")
@click.argument("caller", required=False)
@_text
@as_json
def acknowledge(folder: Path, person: str, caller: str | None, text: str, json_output: bool) -> None:
    """Tell CALLER (a name or an address; left out where one calls) that PERSON has heard."""
    client = _client(folder)
    call = _call_of(client.distress(person).heard, caller)
    after = client.acknowledge_call(person, call, text)
    if json_output:
        print_json(after)
        return
    known = _at(call.known_at) if call.known_at is not None else "there is a way back"
    echo(f"{visible(call.name)} can know that you have heard once it is {known}")


@distress.command()
@data_folder
@click.argument("person")
@click.argument("caller", required=False)
@as_json
def dismiss(folder: Path, person: str, caller: str | None, json_output: bool) -> None:
    """Tell PERSON no more of a call of CALLER that somebody else here has answered."""
    client = _client(folder)
    call = _call_of(client.distress(person).heard, caller)
    after = client.dismiss_call(person, call)
    if json_output:
        print_json(after)
    else:
        echo(f"{visible(call.answered_by_name)} has answered {visible(call.name)}; {person} is told no more")


@distress.command("list")
@data_folder
@click.argument("person")
@as_json
def list_calls(folder: Path, person: str, json_output: bool) -> None:
    """List the calls that PERSON must hear of, and where their own is."""
    view = _client(folder).distress(person)
    if json_output:
        print_json(view)
        return
    for call in view.heard:
        echo(f"{visible(call.name)} calls for help ({call.caller}), raised {_at(call.raised_at)}")
        _say("  ", call.text, call.position, call.readings)
        if call.answered_at is not None:
            echo(f"  {visible(call.answered_by_name)} has answered, {_at(call.answered_at)}")
    if view.own is not None:
        _show(view.own)
    if not view.heard and view.own is None:
        echo("no distress call")


def _call_of(heard: tuple[HeardCallView, ...], caller: str | None) -> HeardCallView:
    """Return the one call of a caller, by name or address.

    Raises:
        InputError: there is none, or none is named where several call.
    """
    found = [each for each in heard if caller in (None, each.caller, each.name)]
    if len(found) == 1:
        return found[0]
    who = ", ".join(f"{each.name} ({each.caller})" for each in heard)
    right = f"These call: {who}" if heard else "Nobody calls of whom this person is still told"
    raise InputError(f"{len(found)} calls are meant", where="caller", right=right)


def _client(folder: Path) -> Client:
    from starlight.client.client import Client  # here, so that --help need not wait for it

    return Client(folder)


def _tell(own: OwnCallView, json_output: bool) -> None:
    if json_output:
        print_json(own)
    else:
        _show(own)


def _show(own: OwnCallView) -> None:
    again = f", sent again {own.repeats} times" if own.repeats else ""
    echo(f"your call: {own.state}, raised {_at(own.raised_at)}{again}")
    _say("  ", own.text, own.position, own.readings)
    if own.state == "acknowledged" and own.acknowledged_at is not None:
        echo(f"  heard by {visible(own.acknowledged_by_name)}, {_at(own.acknowledged_at)}")
    for each in own.courses:
        course = _course(each)
        echo(f"  {each.to:<12}{visible(each.name)}: {course}")
    if own.state == "raised" and own.answer_at is not None:
        echo(f"  earliest answer here {_at(own.answer_at)} (predicted)")


def _course(course: CallCourseView) -> str:
    if course.answered_at is not None and course.answered_known_at is not None:
        return f"answered {_at(course.answered_at)}, known here {_at(course.answered_known_at)}"
    if course.arrives is None:
        return "safe here, no contact is planned"
    if course.arrival_confirmed:
        seen = f", on their page {_at(course.seen_at)}" if course.seen_at is not None else ""
        return f"there since {_at(course.arrives)}, as a receipt says{seen}; nobody has answered yet"
    left = f"leaves {_at(course.leaves)}, " if course.leaves is not None else ""
    return f"{left}can be heard {_at(course.arrives)} (predicted)"


def _say(
    indent: str, text: str, position: tuple[float, float] | None, readings: dict[str, int | float | str]
) -> None:
    if text:
        echo(f"{indent}“{visible(text)}”")
    if position is not None:
        echo(f"{indent}position {position[0]:.4f}, {position[1]:.4f} degrees")
    for key, value in sorted(readings.items()):
        echo(f"{indent}{visible(key)} {visible(str(value))}")


def _at(time: int) -> str:
    return dtntime.to_text(time)
