"""`starlight store`: look into the store of a node, running or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from starlight.cli.options import as_json, data_folder
from starlight.cli.output import echo, print_json

if TYPE_CHECKING:
    from starlight.store.contract import Quarantined
    from starlight.store.listing import StoreListing


@click.command()
@click.argument("what", metavar="list", type=click.Choice(["list"]), expose_value=False)
@data_folder
@click.option("--quarantined", is_flag=True, help="List the records that were set aside, and why.")
@as_json
def store(folder: Path, quarantined: bool, json_output: bool) -> None:
    """List the bundles and mailboxes in the store of the data folder DATA, or what is quarantined there.

    Nothing in it is changed, and a node may run on it meanwhile.

    Exit status: 1 if a store is damaged as a whole, or is a newer Starlight's; 2 if there is none.
    """
    import msgspec

    from starlight.store.listing import listing, stores_in

    found = [listing(path) for path in stores_in(folder)]
    if json_output:
        fields = ("path", "quarantined") if quarantined else ("path", "bundles", "mailboxes")
        print_json([{name: msgspec.to_builtins(getattr(each, name)) for name in fields} for each in found])
        return
    for each in found:
        echo(each.path)
        lines = _quarantined(each.quarantined) if quarantined else _bundles(each) + _mailboxes(each)
        for line in lines:
            echo(line)


def _quarantined(records: list[Quarantined]) -> list[str]:
    from starlight.dtntime import to_text

    if not records:
        return ["  nothing is quarantined"]
    lines = []
    for each in records:
        when = to_text(each.at) if each.at is not None else "at an unknown time"
        lines.append(f"  {each.mailbox or 'node'} {each.key}: {len(each.data)} bytes, set aside {when}")
        lines.append(f"    {each.why}")
    return lines


def _bundles(found: StoreListing) -> list[str]:
    from starlight.dtntime import to_text

    if not found.bundles:
        return ["  no bundles"]
    lines = []
    for each in found.bundles:
        if each.expires is None:
            lines.append(f"  {each.key}: {each.bytes} bytes, its record can't be read")
        else:
            ends = to_text(each.expires)
            lines.append(f"  {each.key}: {each.bytes} bytes to {each.destination}, expires {ends}")
    return lines


def _mailboxes(found: StoreListing) -> list[str]:
    if not found.mailboxes:
        return ["  no mailboxes"]
    lines = []
    for each in found.mailboxes:
        if ":" not in each.name:
            lines.append(f"  {each.name}: {each.records} records of an application")
            continue
        state = "open" if each.open else "closed"
        person = each.person or "nobody"
        lines.append(f"  {each.name} ({person}, {state}): {each.letters} letters, {each.unread} unread")
    return lines
