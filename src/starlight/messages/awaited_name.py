"""Someone who has no address yet, told by a name: ``name:Ada`` stands where an address would.

Nothing goes to a name. A letter to one stays in its author's mailbox until somebody says which address it is.
"""

from __future__ import annotations

import unicodedata

import msgspec

from starlight.errors import InputError

PREFIX = "name:"

NAME_MAX_BYTES = 255
"""A line on a page, as of a group's name."""


class AddressOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order to give somebody an address who had none.

    Attributes:
        name: whom letters were recorded for, such as ``Ada`` or ``name:Ada``.
        to: the address.
    """

    name: str
    to: str


class GivenAddress(msgspec.Struct, frozen=True):
    """The outcome of such an order.

    Attributes:
        name: as letters are written to it, such as ``name:Ada``.
        to: the address.
        sent: how many letters waited for it, and leave now or at their own time; 0 where it was given before.
    """

    name: str
    to: str
    sent: int


def is_name(address: str) -> bool:
    """Return whether a text that stands for an address is a name."""
    return address.startswith(PREFIX)


def name_in(address: str) -> str:
    """Return the name that an address is, without what marks it as one."""
    return address.removeprefix(PREFIX)


def awaited(address: str) -> str:
    """Return a name as the one text that means it: spaces at its ends, and double ones, do not count.

    Raises:
        InputError: it is empty, too long, or has characters that are not shown.
    """
    right = f"A name has 1 to {NAME_MAX_BYTES} bytes, such as {PREFIX}Ada"
    name = " ".join(unicodedata.normalize("NFC", name_in(address)).split())
    if len(name.encode(errors="replace")) > NAME_MAX_BYTES:
        raise InputError(f"a name of {len(name)} characters is too long", where="to", right=right)
    # Format characters join the signs of some scripts; what commands or is half a sign joins nothing.
    if not name or any(unicodedata.category(each) in ("Cc", "Cs", "Co", "Cn") for each in name):
        raise InputError(f"{name!r} is no name", where="to", right=right)
    return PREFIX + name
