"""The library of the search's ways over ground, which a bare node does not need: is it here, how it comes."""

from __future__ import annotations

from importlib.util import find_spec

from starlight.errors import InputError

HOW = 'pip install "starlight-dtn[expedition]"'


def require() -> None:
    """Refuse what needs the library where it is not.

    Raises:
        InputError: it is not installed; the error says how it comes.
    """
    if find_spec("scipy") is None:
        raise InputError("a search is computed by scipy, which is not here", where="search", right=HOW)
