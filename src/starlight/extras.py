"""The extras of the distribution: libraries that a bare node does not need, and how each comes."""

from __future__ import annotations

from importlib.util import find_spec

from starlight.errors import InputError


def install(extra: str) -> str:
    """Return the command that installs an extra."""
    return f'pip install "starlight-dtn[{extra}]"'


def require(library: str, extra: str, where: str) -> None:
    """Refuse what needs a library where that is not installed.

    Args:
        library: by the name that it is imported by.
        extra: that brings it.
        where: what needs it, for the error.

    Raises:
        InputError: it is not installed; the error says how it comes.
    """
    # Looked for and not imported: whoever only asks need not wait for it.
    if find_spec(library) is None:
        raise InputError(f"{library} is not installed, which this needs", where=where, right=install(extra))
