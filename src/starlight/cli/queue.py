"""`starlight queue`: what of somebody's letters leaves when; hold it, let it go, move it, take it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from starlight import dtntime
from starlight.cli.node import client_of
from starlight.cli.options import as_json, collected, data_folder, moment
from starlight.cli.output import echo, print_json
from starlight.errors import InputError
from starlight.visible_text import visible

if TYPE_CHECKING:
    from starlight.messages.queue import HiddenThere, QueueEntry, QueueView


class QueueOptions(NamedTuple):
    """The arguments of `starlight queue`, as its help tells them."""

    folder: Path
    person: str
    move: str | None
    before: str
    hold: str | None
    until: int | None
    let_go: str | None
    take_back: str | None
    json_output: bool


@click.command()
@data_folder
@click.argument("person")
@click.option("--move", metavar="LETTER", help="Let this letter leave before another, or behind all.")
@click.option("--before", metavar="LETTER", default="", help="With --move: the letter that it leaves before.")
@click.option("--hold", metavar="LETTER", help="Hold this letter, which has not left.")
@moment("--until", "With --hold: until then; else until it is let go.")
@click.option("--let-go", metavar="LETTER", help="Let this letter go, which is held.")
@click.option(
    "--take-back", metavar="LETTER", help="Take back a letter that has left and has not opened there yet."
)
@as_json
@collected(QueueOptions)
def queue(asked: QueueOptions) -> None:
    """Show what of PERSON's letters leaves in which order, at the node that runs on the folder DATA.

    One letter can be moved, held, let go or taken back first. What has left can't be stopped any more, but
    for a letter that opens later: its withdrawal is sent, as long as it would come first.

    \b
    Example: starlight queue ./seoul-data jay --hold 8c5f... --until 2051-05-03T06:00Z
    """
    from starlight.client.client import plain_values

    acts = [each for each in (asked.move, asked.hold, asked.let_go, asked.take_back) if each is not None]
    if len(acts) > 1:
        right = "Give one of --move, --hold, --let-go and --take-back"
        raise InputError("several acts at once", where="--move", right=right)
    if (asked.before and asked.move is None) or (asked.until is not None and asked.hold is None):
        right = "--before goes with --move, --until with --hold"
        raise InputError("there is nothing that it belongs to", where="--before", right=right)
    client = client_of(asked.folder)
    client.person(asked.person)
    if asked.move is not None:
        found = client.move(asked.person, asked.move, asked.before)
    elif asked.hold is not None:
        found = client.hold(asked.person, asked.hold, asked.until)
    elif asked.let_go is not None:
        found = client.let_go(asked.person, asked.let_go)
    else:
        if asked.take_back is not None:
            client.take_back(asked.person, asked.take_back)
        found = client.queue(asked.person)
    if asked.json_output:
        print_json(plain_values(found))
    else:
        _show(found, client.clock().now)


def _show(found: QueueView, now: int) -> None:
    if not found.waiting:
        echo("Nothing waits to leave.")
    for each in found.waiting:
        echo(f"{each.position}. {_line(each)}")
        echo(f"   {_leaves(each, now)}, {each.size_bytes} bytes, {each.priority.name.lower()}")
        if each.fixed:
            echo("   It can't be changed any more: it has left, or a link may have taken it.")
    for each in found.held:
        echo(f"held: {_line(each)}")
        echo(f"   {_held(each)}")
    for later in found.later:
        echo(f"opens later: {_later(later)}")
    for each in found.left:
        left = "" if each.leaves is None else f" {_told(each.leaves)}"
        echo(f"left{left}: {_line(each)}; what is on its way can't be withdrawn")


def _leaves(each: QueueEntry, now: int) -> str:
    """Return when an entry leaves and is there, as foreseen; what is overdue is in doubt."""
    by = f" over {visible(each.by)}" if each.by else ""
    if each.leaves is None:
        return f"no route is known{by}"
    if each.is_overdue(now):
        return f"was to leave {_told(each.leaves)}{by}  (in doubt)"
    there = "" if each.arrives is None else f", there {_told(each.arrives)}"
    return f"leaves {_told(each.leaves)}{by}{there}  (predicted)"


def _line(each: QueueEntry | HiddenThere) -> str:
    return f"{each.letter}  to {visible(each.to_name or each.to)}  {visible(each.text)}"


def _held(each: QueueEntry) -> str:
    held = each.held
    if held is None or held.is_by_hand:
        return "until you let it go"
    if held.awaits is not None:
        return f"until {visible(each.to_name or each.to)} has an address"
    if held.until is not None:
        return f"until {_told(held.until)}"
    return f"until all have read {held.after}" if held.after is not None else "it takes its new place"


def _later(each: HiddenThere) -> str:
    found = each.withdrawal
    opens = [] if found.opens is None else [_told(found.opens)]
    opens += [f"when {visible(each.event)!r} has happened"] if each.event else []
    if found.heeded:
        told = "taken back in time"
    elif found.sent:
        told = "its withdrawal came too late" if found.late else "its withdrawal is on its way"
    elif found.offered:
        told = "can be taken back" + ("" if found.until is None else f" until {_told(found.until)}")
    else:
        told = "can't be taken back any more"
    return f"{_line(each)}\n   opens {' or '.join(opens)}; {told}"


def _told(time: int) -> str:
    return dtntime.to_text(time, 3)
