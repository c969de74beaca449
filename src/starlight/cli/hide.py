"""`starlight hide`: take a correspondent off the list of a mailbox, or put one back."""

from __future__ import annotations

from pathlib import Path

import click

from starlight.cli.node import client_of
from starlight.cli.options import as_json, data_folder
from starlight.cli.output import echo, print_json
from starlight.errors import InputError


@click.command()
@data_folder
@click.argument("person")
@click.argument("address")
@click.option("--withdraw", is_flag=True, help="Withdraw the letters to ADDRESS that have not left, too.")
@click.option("--show", "again", is_flag=True, help="Put ADDRESS back into the list.")
@as_json
def hide(folder: Path, person: str, address: str, withdraw: bool, again: bool, json_output: bool) -> None:
    """Take ADDRESS off PERSON's list of correspondents, at the node that runs on the folder DATA.

    Letters stay, also those that are on their way or wait here; the entry comes back with the next letter,
    either way. With --withdraw those that have never left are withdrawn by the same act.
    """
    from starlight.client.client import plain_values
    from starlight.messages.conversation import HideOrder

    if withdraw and again:
        raise InputError("both --withdraw and --show are given", where="--show", right="Give one of them")
    client = client_of(folder)
    client.person(person)
    client.address(address, where="ADDRESS")
    found = client.hide(person, HideOrder(address, withdraw, not again))
    if json_output:
        print_json(plain_values(found))
        return
    if not found.hidden:
        echo(f"{found.of} is in the list.")
        return
    echo(f"{found.of} is not in the list any more, until something new comes.")
    if withdraw:
        echo(f"  Letters withdrawn: {found.withdrawn}.")
    if found.waiting:
        echo(f"  Letters that wait here to leave: {found.waiting}; --withdraw takes them back.")
