"""Addresses as a post office reads them: which node one is at, and the one text that means it."""

from __future__ import annotations

from collections.abc import Mapping

from starlight.bundle import EndpointID
from starlight.messages.awaited_name import is_name


class Addresses:
    """The addresses that a node knows: its own, and the nodes that others are at.

    Args:
        node: its number.
        numbers: node names of ``dtn://name/...`` addresses to node numbers.
    """

    def __init__(self, node: int, numbers: Mapping[str, int]) -> None:
        self.node = node
        self._numbers = dict(numbers)

    def node_of(self, address: str) -> int | None:
        """Return the number of the node that an address is at; None where it is not known."""
        if is_name(address):
            return None
        endpoint = EndpointID.parse(address)
        if endpoint.node_number is not None or not address.startswith("dtn://"):
            return endpoint.node_number
        return self._numbers.get(address.removeprefix("dtn://").split("/", 1)[0])

    def is_own(self, address: str) -> bool:
        """Return whether an address is at this node."""
        return self.node_of(address) == self.node


def canonical(address: str) -> str:
    """Return an address as the one text that means it.

    Raises:
        InputError: it is no endpoint id.
    """
    return str(EndpointID.parse(address))
