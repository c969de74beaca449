"""`starlight address`: give somebody an address whom letters were recorded for, and send what waits."""

from __future__ import annotations

from pathlib import Path

import click

from starlight.cli.node import client_of
from starlight.cli.options import as_json, data_folder
from starlight.cli.output import echo, print_json
from starlight.visible_text import visible


@click.command()
@data_folder
@click.argument("person")
@click.argument("name")
@click.argument("address")
@as_json
def address(folder: Path, person: str, name: str, address: str, json_output: bool) -> None:
    """Give NAME, whom PERSON recorded letters for, the address ADDRESS, and send what waits.

    Letters for somebody who has no address yet are written with `starlight send --to-name`. They leave in the
    order in which they were written. Given again, nothing more is sent.

    \b
    Example: starlight address ./seoul-data jay Ada ipn:20.7
    """
    from starlight.client.client import plain_values
    from starlight.messages.awaited_name import AddressOrder, name_in

    client = client_of(folder)
    client.person(person)
    client.address(address, where="ADDRESS")
    found = client.give_address(person, AddressOrder(name, address))
    if json_output:
        print_json(plain_values(found))
        return
    echo(f"{visible(name_in(found.name))} has the address {found.to}.")
    echo(f"  Letters that waited for it: {found.sent}.")
