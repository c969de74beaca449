"""`starlight bundle list` and `drop`: look after the bundles that a running node stores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from starlight import dtntime
from starlight.cli.options import Whole, as_json, data_folder, size_text
from starlight.cli.output import echo, print_json

if TYPE_CHECKING:
    from starlight.client.stored_bundles import StoredBundlesClient
    from starlight.live.stored_view import StoredBundle

of_node = click.option(
    "--node",
    type=Whole(1, 2**63 - 1),
    metavar="N",
    help="Which node, where several run.",
)


@click.command()
@data_folder
@click.option("--stuck", is_flag=True, help="Only those that nothing known to the node will move on.")
@of_node
@as_json
def list_stored(folder: Path, stuck: bool, node: int | None, json_output: bool) -> None:
    """List the bundles that the node running on the folder DATA stores, and why each is there still.

    With --stuck only those that no program has claimed, or that have no route: they stay until they expire.

    \b
    Example: starlight bundle list ./seoul-data --stuck
    """
    from starlight.client.client import plain_values

    found = _client(folder, node).stored(stuck=stuck)
    if json_output:
        print_json(plain_values(list(found)))
        return
    count = size = 0
    for each in found:
        count, size = count + 1, size + each.size_bytes
        _show(each)
    which = "stuck " if stuck else ""
    echo(f"{count} {which}bundle{'' if count == 1 else 's'}, {size_text(size)}")


@click.command()
@data_folder
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--deliverable", is_flag=True, help="Also such as may still get to where they go.")
@of_node
@as_json
def drop(folder: Path, ids: tuple[str, ...], deliverable: bool, node: int | None, json_output: bool) -> None:
    """Drop the bundles of these IDs from the store of the node running on the folder DATA: all, or none.

    They are gone for good when the command returns; who asked for a report of their deletion is sent one.
    The id of a bundle that is kept in fragments or copies means all of them.

    \b
    Example: starlight bundle drop ./seoul-data ipn:20.1/870512400000/3
    """
    from starlight.client.client import plain_values

    dropped = _client(folder, node).drop(ids, deliverable=deliverable)
    if json_output:
        print_json(plain_values(dropped))
        return
    for each in dropped:
        echo("dropped:")
        _show(each)


def _client(folder: Path, node: int | None) -> StoredBundlesClient:
    """Return a client of the node on a folder; where none runs, say how to look into its store.

    Raises:
        InputError: none does.
    """
    from starlight.client.access import ACCESS_FILE
    from starlight.client.stored_bundles import StoredBundlesClient
    from starlight.errors import InputError

    try:
        return StoredBundlesClient(folder, node)
    except InputError as error:
        if (folder / ACCESS_FILE).exists():
            raise
        right = f"Start it; without it: starlight store list {folder}"
        raise InputError(error.what, where=error.where, right=right) from None


def _show(bundle: StoredBundle) -> None:
    """Print a bundle in three lines: its id, what it is, why it is there."""
    created = "at an unknown time" if bundle.created is None else dtntime.to_text(bundle.created)
    echo(bundle.id)
    echo(
        f"  {bundle.source} to {bundle.destination}, {size_text(bundle.size_bytes)}, {bundle.priority}, "
        f"created {created}, expires {dtntime.to_text(bundle.expires)}"
    )
    echo(f"  {bundle.held.code.replace('_', ' ')}: {bundle.text}")
