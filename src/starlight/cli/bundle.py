"""`starlight bundle`: send and receive bundles of any payload, and look after those that a node stores."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from starlight import dtntime
from starlight.cli.bundle_stored import drop, list_stored
from starlight.cli.options import Number, Whole, as_json, collected, data_folder
from starlight.cli.output import echo, print_bytes, print_json
from starlight.errors import InputError, StarlightError
from starlight.input_files import read_bytes

if TYPE_CHECKING:
    from starlight.app.payload_folder import PayloadFolder
    from starlight.services.units import ReceivedUnit

REPORTS = ("reception", "forwarding", "delivery", "deletion")
"""As in `services.units.Report`, whose package would be imported for every --help."""

PAYLOAD_BYTES = 64 << 20
"""As many as a node takes in one bundle (`node.config.NodeLimits`)."""


@click.group()
def bundle() -> None:
    """Send and receive bundles of any payload through a running node; list and drop those that it stores.

    The node stores what is sent before `send` returns, and keeps what comes until `receive` has written it.
    In a demo, which runs several nodes, a service number is written as an address: ipn:10.9.
    """


bundle.add_command(list_stored, "list")
bundle.add_command(drop)


class SendBundleOptions(NamedTuple):
    """The arguments of `starlight bundle send`."""

    folder: Path
    file: str
    to: str
    service: str | None
    lifetime: float
    priority: str
    critical: bool
    report: tuple[str, ...]
    json_output: bool


@bundle.command()
@data_folder
@click.argument("file", metavar="FILE")
@click.option("--to", metavar="ADDRESS", required=True, help="Where it goes, such as ipn:7.9.")
@click.option("--service", metavar="N", help="Send it from this service number. [default: any free]")
@click.option(
    "--lifetime",
    type=Number(0.001),
    metavar="S",
    default=86_400.0,
    show_default=True,
    help="How long it is worth carrying, in s.",
)
@click.option(
    "--priority",
    metavar="P",
    default="normal",
    show_default=True,
    help="Priority: bulk, normal or expedited.",
)
@click.option("--critical", is_flag=True, help="Send a copy by every neighbour, before everything else.")
@click.option(
    "--report",
    type=click.Choice(REPORTS),
    multiple=True,
    help="Ask for this status report; may be given several times.",
)
@as_json
@collected(SendBundleOptions)
def send(asked: SendBundleOptions) -> None:
    """Send FILE as the payload of a bundle through the node that runs on the folder DATA.

    When the command returns, the bundle is stored. FILE of "-" is standard input.

    \b
    Example: starlight bundle send ./seoul-data photo.jpg --to ipn:20.9
    """
    from starlight.client.bundle_client import BundleClient
    from starlight.client.client import plain_values
    from starlight.messages.urgency import priority_of
    from starlight.services.units import Report, UnitToSend

    reports = tuple(map(Report, asked.report))
    payload, priority = _payload(asked.file), priority_of(asked.priority)
    # Checked before a number is registered for it.
    outgoing = UnitToSend(asked.to, payload, asked.lifetime, priority, asked.critical, reports)
    outgoing.check()
    with BundleClient(asked.folder, asked.service) as client:
        accepted = client.send(outgoing)
    if asked.json_output:
        print_json(plain_values(accepted))
        return
    echo(accepted.id)
    for word, time in (("leaves", accepted.leaves), ("arrives", accepted.arrives)):
        if time is not None:
            echo(f"  {word:<10}{dtntime.to_text(time, 3)}  (predicted)")
    if accepted.leaves is None:
        echo("  No route is known yet; it waits for one.")


@bundle.command()
@data_folder
@click.option("--service", metavar="N", required=True, help="The service number to receive at.")
@click.option(
    "--into", type=click.Path(path_type=Path), metavar="FOLDER", help="Write each payload to a file there."
)
@click.option("--count", type=Whole(min=1), metavar="N", help="End after so many.")
@click.option("--wait", type=Number(0), metavar="S", help="End when nothing has come for so long, in s.")
@as_json
def receive(
    folder: Path, service: str, into: Path | None, count: int | None, wait: float | None, json_output: bool
) -> None:
    """Receive the bundles for a service number of the node that runs on the folder DATA.

    The node lets go of each once its payload is written: to a file of --into, whose name is printed, or else
    to standard output, of one bundle alone. It ends with Ctrl-C, or as --count and --wait say.

    \b
    Example: starlight bundle receive ./base-data --service 9 --into ./came
    """
    from starlight.app.payload_folder import PayloadFolder
    from starlight.client.bundle_client import BundleClient

    if into is None and json_output:
        raise InputError("--json tells of files", where="--json", right="Give --into FOLDER with it")
    if into is None and count not in (None, 1):
        right = "Give --into FOLDER, or --count 1"
        raise InputError("several payloads would run together", where="--count", right=right)
    files = None if into is None else PayloadFolder(into)
    left = 1 if files is None else count
    with BundleClient(folder, service) as client:
        while left is None or left > 0:
            received = client.receive(wait)
            if received is None:
                return
            if files is None:
                print_bytes(received.payload)
            else:
                _show(_kept(files, received), received, json_output)
            # What could not be written or shown has raised, and stays in the node.
            client.acknowledge(received.id)
            left = None if left is None else left - 1


def _kept(files: PayloadFolder, received: ReceivedUnit) -> Path:
    """Write a payload to a file; where that can't be done, it stays in the node."""
    try:
        return files.keep(received)
    except OSError as error:
        what = f"{received.id} can't be written ({error.strerror}); the node keeps it"
        raise StarlightError(what) from None


def _show(path: Path, received: ReceivedUnit, json_output: bool) -> None:
    """Tell of a payload that was written to a file."""
    if not json_output:
        echo(f"{path}  {len(received.payload)} B from {received.source}")
        return

    created = received.created
    told = {
        "id": received.id,
        "source": received.source,
        "created": None if created is None else dtntime.to_text(created, 3),
        "expires": dtntime.to_text(received.expires, 3),
        "size_bytes": len(received.payload),
        "file": str(path),
    }
    # One line each, so that a program can read them as they come.
    print_json(told, indent=None)


def _payload(file: str) -> bytes:
    """Return the contents of a file, or of standard input.

    Raises:
        InputError: it can't be read.
    """
    right = "Give a file, or - for standard input"
    if file != "-":
        return read_bytes(Path(file), PAYLOAD_BYTES, right=right)
    data = sys.stdin.buffer.read(PAYLOAD_BYTES + 1)
    if len(data) > PAYLOAD_BYTES:
        raise InputError(f"it has more than {PAYLOAD_BYTES} bytes", where="standard input", right=right)
    return data
