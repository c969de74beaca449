"""The address of a link: which protocol, and where a node listens for it, such as ``udpcl://[::1]:4556``."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from starlight.errors import InputError

_URL = re.compile(r"([a-z][a-z0-9]*)://(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\[\]:/?#@\s]+)):([0-9]{1,5})")
"""An IPv6 address wears brackets (RFC 3986, 3.2.2), so that its colons are not taken for that of the port."""
LAST_PORT = 65_535


class LinkAddress(NamedTuple):
    """The place at which a node can be reached.

    Attributes:
        scheme: the protocol's name, as in `kinds.KINDS`.
        host: a name, an IPv4 or an IPv6 address.
        port: of TCP or UDP; 0, where this node listens, for any free one.
    """

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """Return it as it is written in a node's file."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def read_address(text: str, where: str, schemes: Collection[str], *, port_0: bool = False) -> LinkAddress:
    """Read an address such as ``tcpcl://mars.example:4556``.

    Args:
        text: as a person wrote it.
        where: the key that holds it.
        schemes: those that are allowed.
        port_0: port 0 is allowed, for any free one.

    Raises:
        InputError: it is none; the message names the key and what is allowed.
    """
    match = _URL.fullmatch(text)
    right = f"Such are {', '.join(f'{scheme}://127.0.0.1:4556' for scheme in sorted(schemes))}"
    if match is None:
        raise InputError(f"{text!r} is not the address of a link", where=where, right=right)
    scheme, ipv6, name, port = match.groups()
    if scheme not in schemes:
        known = ", ".join(sorted(schemes))
        raise InputError(f"{text!r}: {scheme!r} is no protocol", where=where, right=f"It is one of {known}")
    first = 0 if port_0 else 1
    if not first <= int(port) <= LAST_PORT:
        raise InputError(f"{text!r}: port {port}", where=where, right=f"It is from {first} to {LAST_PORT}")
    host = ipv6 or name
    try:
        host.encode("idna")  # As the system's resolver does, whose error for this is no OSError.
    except UnicodeError:
        raise InputError(f"{text!r}: {host!r} is no name of a host", where=where, right=right) from None
    return LinkAddress(scheme, host, int(port))
