"""`starlight node`, `send`, `inbox`, `status`: run a network node, and speak with it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from starlight.cli.options import as_json, print_json
from starlight.expedition.client import Client

Command = TypeVar("Command", bound=Callable[..., Any])


def data_folder(command: Command) -> Command:
    """Add the argument DATA: the data folder of a running node."""
    return click.argument("folder", metavar="DATA", type=click.Path(path_type=Path))(command)


@click.command()
@click.argument("file", metavar="FILE.toml", type=click.Path(path_type=Path))
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Record events and actions for a replay.",
)
@click.option("--log", is_flag=True, help="Log requests to the page.")
def node(file: Path, record: Path | None, log: bool) -> None:
    """Run the network node that FILE.toml describes, with its page and local API.

    docs/reference/node-file.md explains the file. End it with Ctrl-C; what it has accepted is safe.
    """
    from starlight.expedition.single import run_node

    asyncio.run(run_node(file, click.echo, record=record, log=log))


@click.command()
@data_folder
@click.argument("person")
@click.argument("to", metavar="ADDRESS")
@click.argument("text")
@click.option("--reply-to", metavar="LETTER", help="The id of the letter that this one answers.")
@as_json
def send(folder: Path, person: str, to: str, text: str, reply_to: str | None, json_output: bool) -> None:
    """Write a letter as PERSON to ADDRESS through the node that runs on the folder DATA.

    When the command returns, the letter is stored. TEXT of "-" is read from standard input.

    \b
    Example: starlight send ./seoul-data jay ipn:20.1 "Are you there?"
    """
    client = Client(folder)
    client.person(person)
    if text == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
    draft: dict[str, object] = {"to": to, "text": text}
    if reply_to is not None:
        draft["reply_to"] = reply_to
    letter = client.post(f"/people/{person}/letters", draft)
    if json_output:
        print_json(letter)
        return
    click.echo(f"{letter['id']}  {letter['state'].replace('_', ' ')}")
    for fact in letter["facts"]:
        if fact["standing"] == "predicted":
            click.echo(f"  {fact['what'].replace('_', ' '):<10}{fact['at']}  (predicted)")


@click.command()
@data_folder
@click.argument("person")
@click.option("--with", "address", metavar="ADDRESS", help="Only the letters with this correspondent.")
@as_json
def inbox(folder: Path, person: str, address: str | None, json_output: bool) -> None:
    """List the letters of PERSON, both ways, at the node that runs on the folder DATA."""
    client = Client(folder)
    client.person(person)
    first = client.get(f"/people/{person}/mailbox", **({"correspondent": address} if address else {}))
    letters = list(_all_letters(client, person, first, address))
    if json_output:
        print_json(letters)
        return
    for letter in letters:
        mark = "*" if letter["unread"] else " "
        certain = "" if letter["standing"] == "confirmed" else " (predicted)"
        state = letter["state"].replace("_", " ") + certain
        click.echo(
            f"{mark} {letter['written_at'][:19]}Z  {letter['from_name']} to {letter['to_name']}  [{state}]"
        )
        click.echo("    " + letter["text"].replace("\n", "\n    "))
    if not letters:
        click.echo("No letters.")


def _all_letters(
    client: Client, person: str, first: dict[str, Any], only: str | None
) -> list[dict[str, Any]]:
    """Page through every conversation; a letter's own place in the order is kept."""
    found: list[dict[str, Any]] = []
    for conversation in first["conversations"]:
        address = conversation["address"]
        if not conversation["letters"] or (only is not None and address != only):
            continue
        pages: list[list[dict[str, Any]]] = []
        view = client.get(f"/people/{person}/mailbox", correspondent=address, limit="500")
        pages.append(view["letters"])
        while view["earlier"]:
            before = view["letters"][0]["id"]
            view = client.get(f"/people/{person}/mailbox", correspondent=address, limit="500", before=before)
            pages.append(view["letters"])
        for page in reversed(pages):
            found += page
    return found


@click.command()
@data_folder
@as_json
def status(folder: Path, json_output: bool) -> None:
    """Say how the node that runs on the folder DATA is doing."""
    found = Client(folder).get("/nodes")
    if json_output:
        print_json(found)
        return
    for entry in found:
        stored = entry["stored"]
        click.echo(
            f"node {entry['node']}: {stored['bundles']} bundles stored, {entry['received']} received, "
            f"{entry['sent']} sent, {entry['refused']} refused, links up: {entry['up'] or 'none'}, "
            f"{entry['syncs']} fsyncs, plan {entry['plan_version']}, {entry['time']}"
        )
