"""The libraries of media, which a bare node does not need: are they here, and how they come."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from starlight.errors import InputError

LIBRARIES = ("soundfile", "soxr", "pycodec2", "PIL")

HOW = 'pip install "starlight-dtn[media]" at the node, and start it again'
"""Said wherever something can't be done without them."""


@cache
def available() -> bool:
    """Return whether voices and pictures can be encoded and decoded here; without, they are files."""
    # Looked for and not imported: a node never loads them, only its media process does.
    return all(find_spec(name) is not None for name in LIBRARIES)


def require() -> None:
    """Refuse what needs the libraries where they are not.

    Raises:
        InputError: they are not installed; the error says how they come.
    """
    if not available():
        raise InputError("voices and pictures are files at this node", where="media", right=HOW)
