"""The port of the page: taken in the meantime, or chosen by the system."""

from __future__ import annotations

import contextlib
import socket

import pytest

from starlight.app.serve import bind, listen
from starlight.errors import InputError


def test_a_port_that_another_process_listens_at_meanwhile_is_told() -> None:
    """Two nodes that start at once with one port: the second ends with a line that says so."""
    with contextlib.closing(bind("127.0.0.1", 0, fall_back=False)) as chosen:
        port = chosen.getsockname()[1]
    first, second = (bind("127.0.0.1", port, fall_back=False) for _ in range(2))
    with contextlib.closing(first), contextlib.closing(second):
        listen(first, 8)
        with pytest.raises(InputError, match=f"can't serve on http://127.0.0.1:{port}: .*another port"):
            listen(second, 8)


def test_a_port_that_the_system_chooses_is_nobody_elses() -> None:
    """It is not one that another process may bind as well, before either listens."""
    with contextlib.closing(bind("127.0.0.1", 0, fall_back=False)) as chosen:
        assert chosen.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 0
        with pytest.raises(InputError):
            bind("127.0.0.1", chosen.getsockname()[1], fall_back=False)
