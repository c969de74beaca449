"""`starlight export` and `starlight import`: a person's letters as files, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import click

from starlight.cli.node import client_of
from starlight.cli.options import as_json, collected, data_folder
from starlight.cli.output import echo, print_json


class ExportOptions(NamedTuple):
    """The arguments of `starlight export`."""

    folder: Path
    person: str
    target: Path
    address: str | None
    book: str | None
    order: str
    json_output: bool


@click.command()
@data_folder
@click.argument("person")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--with", "address", metavar="ADDRESS", help="Only the letters with this correspondent.")
@click.option(
    "--book", type=click.Choice(["day", "topic"]), metavar="BY", help="Add a page to read: day or topic."
)
@click.option(
    "--order",
    type=click.Choice(["here", "there", "written"]),
    metavar="ORDER",
    default="here",
    show_default=True,
    help="The order of the book: as letters were written and came here, there, or as written.",
)
@as_json
@collected(ExportOptions)
def export(asked: ExportOptions) -> None:
    """Write the letters of PERSON, with voices, pictures and files, to TARGET, a new folder or a file *.zip.

    The node that runs on the folder DATA goes on meanwhile. docs/reference/export-format.md tells what is in
    it.
    """
    import msgspec

    from starlight.client.exports import book_writer, export_letters

    client, person, target = client_of(asked.folder), asked.person, asked.target
    if asked.address is not None:
        client.address(asked.address, where="--with")
    add = book_writer(client, person, asked.book, asked.order) if asked.book is not None else None
    with _Bar("Exporting") as bar:
        manifest = export_letters(client, person, target, bar, asked.address, add)
    if asked.json_output:
        print_json(msgspec.to_builtins(manifest))
        return
    letters = "1 letter" if manifest.letters == 1 else f"{manifest.letters} letters"
    echo(f"{target}: {letters} of {manifest.person}")
    if asked.book is not None:
        echo("  book.html in it is to be read, or printed, in a browser.")


@click.command("import")
@data_folder
@click.argument("person")
@click.argument("source", type=click.Path(path_type=Path))
@as_json
def import_(folder: Path, person: str, source: Path, json_output: bool) -> None:
    """Put the letters of an export into the mailbox of PERSON at the node that runs on the folder DATA.

    Nothing is doubled or overwritten: what is there stays as it is. Nothing of it is sent to anybody.
    """
    import msgspec

    from starlight.client.exports import import_letters

    client = client_of(folder)
    client.person(person)
    with _Bar("Importing") as bar:
        count = import_letters(client, person, source, bar)
    if json_output:
        print_json(msgspec.to_builtins(count))
        return
    echo(f"{count.added} added, {count.here} here already, {count.parts} files put back")
    for id in count.differ:
        echo(f"  Another letter with the id {id} is here, and stays.")
    for line in count.refused:
        echo(f"  {line}")


class _Bar:
    """A bar on standard error of letters that are done; it begins with the first."""

    def __init__(self, label: str) -> None:
        self._bar = click.progressbar(length=1, label=label, file=sys.stderr)
        self._done = 0

    def __enter__(self) -> _Bar:
        self._bar.__enter__()
        return self

    def __exit__(self, *ended: object) -> None:
        self._bar.render_finish()

    def __call__(self, done: int, total: int) -> None:
        self._bar.length = total
        self._bar.update(done - self._done)
        self._done = done
