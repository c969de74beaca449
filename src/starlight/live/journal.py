"""Files of lines beside the store: a node's trace and its record."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from starlight.errors import InputError

_LOG = logging.getLogger(__name__)


class Journal:
    """A file of lines; when the disk refuses it is given up, loudly, and the node goes on.

    Args:
        path: the file.
        mode: ``a`` to append to it, ``w`` to begin it anew.

    Raises:
        InputError: it can't be opened.
    """

    def __init__(self, path: str, mode: str) -> None:
        self._path = path
        try:
            self._file = open(path, mode, encoding="utf-8")  # noqa: SIM115 (until `close`)
        except OSError as error:
            raise InputError(f"{path} can't be written: {error.strerror}", where="node") from None

    def write(self, line: str) -> None:
        """Add a line; it is in the file after `flush`."""
        self._try(self._file.write, line + "\n")

    def flush(self) -> None:
        """Hand the lines to the system."""
        self._try(self._file.flush)

    def close(self) -> None:
        """Hand the lines to the system and close the file."""
        self._try(self._file.close)

    def _try(self, what: Callable[..., object], *arguments: str) -> None:
        if self._file.closed:
            return
        try:
            what(*arguments)
        except OSError as error:
            _LOG.error("%s ends here: %s", self._path, error.strerror)
            with contextlib.suppress(OSError):
                self._file.close()
