"""`starlight group`: the groups of a person at a running node; founded, changed, left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from starlight.cli.options import as_json, data_folder
from starlight.cli.output import echo, print_json
from starlight.errors import InputError, did_you_mean
from starlight.visible_text import visible

if TYPE_CHECKING:
    from starlight.client.client import Client, GroupView


@click.group()
def group() -> None:
    """List the groups of a person, found one, and change who is in it.

    A change is told to every node that has members; where two changes cross, the group is the same
    everywhere in the end. GROUP is the name of a group, or its id.
    """


@group.command("list")
@data_folder
@click.argument("person")
@as_json
def list_groups(folder: Path, person: str, json_output: bool) -> None:
    """List the groups that PERSON is or was in, and who is in them."""
    groups = _client(folder).groups(person)
    if json_output:
        print_json(groups)
        return
    if not groups:
        echo(f"{person} is in no group.  Found one: starlight group create {folder} {person} NAME ADDRESS...")
    for each in groups:
        _show(each)


@group.command()
@data_folder
@click.argument("person")
@click.argument("name")
@click.argument("address", nargs=-1)
@as_json
def create(folder: Path, person: str, name: str, address: tuple[str, ...], json_output: bool) -> None:
    """Found a group NAME of PERSON and those at the ADDRESSes."""
    _tell(_client(folder).found_group(person, name, address), json_output)


@group.command()
@data_folder
@click.argument("person")
@click.argument("group")
@click.argument("address", nargs=-1, required=True)
@as_json
def add(folder: Path, person: str, group: str, address: tuple[str, ...], json_output: bool) -> None:
    """Add those at the ADDRESSes to a group that PERSON is in."""
    client = _client(folder)
    _tell(client.change_group(person, group_of(client, person, group).id, add=address), json_output)


@group.command()
@data_folder
@click.argument("person")
@click.argument("group")
@click.argument("address", nargs=-1, required=True)
@as_json
def remove(folder: Path, person: str, group: str, address: tuple[str, ...], json_output: bool) -> None:
    """Remove those at the ADDRESSes from a group."""
    client = _client(folder)
    _tell(client.change_group(person, group_of(client, person, group).id, remove=address), json_output)


@group.command()
@data_folder
@click.argument("person")
@click.argument("group")
@as_json
def leave(folder: Path, person: str, group: str, json_output: bool) -> None:
    """Take PERSON out of a group; what came before stays."""
    client = _client(folder)
    own = client.person(person).address
    _tell(client.change_group(person, group_of(client, person, group).id, remove=(own,)), json_output)


@group.command()
@data_folder
@click.argument("person")
@click.argument("group")
@click.argument("name")
@as_json
def rename(folder: Path, person: str, group: str, name: str, json_output: bool) -> None:
    """Give a group another NAME."""
    client = _client(folder)
    _tell(client.change_group(person, group_of(client, person, group).id, name=name), json_output)


def group_of(client: Client, person: str, wanted: str) -> GroupView:
    """Return a person's group by its name or id.

    Raises:
        InputError: there is none, or several are called so.
    """
    groups = client.groups(person)
    found = [each for each in groups if wanted == each.id] or [each for each in groups if each.name == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(each.id for each in found)
        raise InputError(
            f"{len(found)} groups are called {wanted!r}", where="group", right=f"Give an id: {ids}"
        )
    names = [each.name for each in groups]
    known = f"{person} is in {', '.join(map(repr, names))}" if names else f"{person} is in no group"
    right = f"{did_you_mean(wanted, names)} {known}".strip()
    raise InputError(f"no group is called {wanted!r}", where="group", right=right)


def _client(folder: Path) -> Client:
    from starlight.client.client import Client  # here, so that --help need not wait for it

    return Client(folder)


def _tell(view: GroupView, json_output: bool) -> None:
    if json_output:
        print_json(view)
    else:
        _show(view)


def _show(view: GroupView) -> None:
    left = "" if view.is_member else "  (you are not in it any more)"
    echo(f"{visible(view.name)}  {view.id}{left}")
    for each in view.members:
        place = f", {visible(each.place)}" if each.place else ""
        by = f"  added by {visible(each.changed_by_name)}" if each.changed_by else "  by the node's file"
        echo(f"  {each.address:<12}{visible(each.name)}{place}{by}")
    for each in view.people:
        if each.waits:
            echo(f"  {each.address:<12}{visible(each.name)}  waits until somebody leaves: the group was full")
