"""`starlight node`, `send`, `inbox`, `status`: run a network node, and speak with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from starlight.cli.options import as_json, print_json
from starlight.errors import InputError

if TYPE_CHECKING:
    from starlight.app.client import Client

Command = TypeVar("Command", bound=Callable[..., Any])


def data_folder(command: Command) -> Command:
    """Add the argument DATA: the data folder of a running node."""
    return click.argument("folder", metavar="DATA", type=click.Path(path_type=Path))(command)


def _client(folder: Path) -> Client:
    from starlight.app.client import Client  # here, so that --help need not wait for it

    return Client(folder)


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
    import asyncio

    from starlight.app.single_node import run_node

    asyncio.run(run_node(file, click.echo, record=record, log=log))


@click.command()
@data_folder
@click.argument("person")
@click.argument("to", metavar="ADDRESS")
@click.argument("text")
@click.option("--reply-to", metavar="LETTER", help="The id of the letter that this one answers.")
@click.option(
    "--priority",
    metavar="P",
    default="normal",
    show_default=True,
    help="How urgent it is: bulk, normal or expedited.",
)
@click.option(
    "--critical",
    is_flag=True,
    help="A copy over every neighbour, as urgent as there is; for what must not be lost.",
)
@click.option("--explain", is_flag=True, help="Say why it will not be there sooner.")
@as_json
def send(
    folder: Path,
    person: str,
    to: str,
    text: str,
    reply_to: str | None,
    priority: str,
    critical: bool,
    explain: bool,
    json_output: bool,
) -> None:
    """Write a letter as PERSON to ADDRESS through the node that runs on the folder DATA.

    When the command returns, the letter is stored. TEXT of "-" is read from standard input.

    \b
    Example: starlight send ./seoul-data jay ipn:20.1 "Are you there?"
    """
    client = _client(folder)
    client.person(person)
    if text == "-":
        text = _standard_input()
    draft: dict[str, object] = {
        "to": client.address(to, where="ADDRESS"),
        "text": text,
        "priority": priority,
        "critical": critical,
    }
    if reply_to is not None:
        draft["reply_to"] = reply_to
    letter = client.post(f"/people/{person}/letters", draft)
    lateness = client.why_late(person, letter) if explain else None
    if json_output:
        print_json(letter | ({"lateness": lateness} if explain else {}))
        return
    click.echo(f"{letter['id']}  {letter['state'].replace('_', ' ')}")
    for fact in letter["facts"]:
        if fact["standing"] == "predicted":
            click.echo(f"  {fact['what'].replace('_', ' '):<10}{fact['at']}  (predicted)")
    if lateness is not None:
        _show_lateness(lateness)


def _show_lateness(lateness: dict[str, Any], indent: str = "") -> None:
    """Print why a letter is not there sooner; what was refused as `starlight route --explain` prints it."""
    for sentence in lateness["first"]:
        click.echo(indent + sentence)
    for reason in lateness["reasons"]:
        click.echo(indent + reason["headline"])
        for sentence in reason["sentences"]:
            click.echo(f"{indent}  {sentence}")


def _standard_input() -> str:
    """Return what comes on standard input, up to a little more than any letter may have."""
    from starlight.app.client import BODY_MAX_BYTES

    try:
        return sys.stdin.buffer.read(BODY_MAX_BYTES + 1).decode()
    except UnicodeDecodeError as error:
        text = f"byte {error.start} is not UTF-8 text"
        raise InputError(text, where="standard input", right="A letter is words") from None


@click.command()
@data_folder
@click.argument("person")
@click.option("--with", "address", metavar="ADDRESS", help="Only the letters with this correspondent.")
@click.option("--explain", is_flag=True, help="Say of letters on their way why they are not there sooner.")
@as_json
def inbox(folder: Path, person: str, address: str | None, explain: bool, json_output: bool) -> None:
    """List the letters of PERSON, both ways, at the node that runs on the folder DATA."""
    client = _client(folder)
    client.person(person)
    if address is not None:
        client.address(address, where="--with")
    letters = _all_letters(client, person, address)
    if explain:
        for letter in letters:
            letter["lateness"] = client.why_late(person, letter)
    if json_output:
        print_json(letters)
        return
    for letter in letters:
        mark = "*" if letter["unread"] else " "
        certain = "" if letter["standing"] == "confirmed" else " (predicted)"
        state = letter["state"].replace("_", " ") + certain
        urgency = "critical" if letter["critical"] else letter["priority"]
        if urgency != "normal":
            state += f", {urgency}"
        click.echo(
            f"{mark} {letter['written_at'][:19]}Z  {letter['from_name']} to {letter['to_name']}  [{state}]"
        )
        click.echo("    " + letter["text"].replace("\n", "\n    "))
        if letter["note"]:
            click.echo(f"    ({letter['note']})")
        if letter.get("lateness"):
            _show_lateness(letter["lateness"], "      ")
    if not letters:
        click.echo("No letters.")


def _all_letters(client: Client, person: str, only: str | None) -> list[dict[str, Any]]:
    """Page through the conversations, or only one; in each the oldest letter comes first."""
    path = f"/people/{person}/mailbox"
    conversations = client.get(path, limit="1")["conversations"]
    addresses = [each["address"] for each in conversations if each["letters"]] if only is None else [only]
    found: list[dict[str, Any]] = []
    for address in addresses:
        query = {"with": address, "limit": "500"}
        view = client.get(path, **query)
        letters: list[dict[str, Any]] = view["letters"]
        while view["earlier"]:
            view = client.get(path, before=letters[0]["id"], **query)
            letters = view["letters"] + letters
        found += letters
    return found


@click.command()
@data_folder
@as_json
def status(folder: Path, json_output: bool) -> None:
    """Say how the node that runs on the folder DATA is doing."""
    found = _client(folder).get("/nodes")
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
