"""The way in to a running node: the small file that it leaves in its data folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from starlight.errors import InputError
from starlight.input_files import STATE_BYTES, read_bytes
from starlight.json_text import decode_as

ACCESS_FILE = "access.json"
"""In the data folder: where the local API is and the token that opens it; for its owner's eyes only."""


class Access(msgspec.Struct, frozen=True):
    """The way in to a running node for a program of the same user.

    Attributes:
        url: of the page and the local API, on loopback.
        token: the secret that opens it.
        pid: of the process.
    """

    url: str
    token: str
    pid: int


def read_access(folder: Path) -> Access:
    """Return how to reach the node that runs on a data folder.

    Raises:
        InputError: none does, or its file can't be read.
    """
    path = folder / ACCESS_FILE
    right = "Give the data folder of a running `starlight node` or `starlight demo`"
    try:
        data = read_bytes(path, STATE_BYTES)
    except InputError as error:
        told = f"no running node is known there: {error.what}"
        raise InputError(told, where=str(path), right=right) from None
    return decode_as(data, Access, what="is not what a node writes", where=str(path), right=right)
