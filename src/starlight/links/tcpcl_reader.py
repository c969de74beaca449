"""The octets of a connection as messages, however TCP cuts them up.

TCP keeps order and knows no messages, so the beginning of one may come without its end. It is kept here
until it can be read; only heads are kept, since the data of a segment are streamed past the reader.
"""

from __future__ import annotations

from starlight.links import tcpcl_messages as wire
from starlight.links.tcpcl_config import TcpclConfig
from starlight.links.tcpcl_messages import ContactHeader, Message


class MessageReader:
    """Reads a contact header, then messages.

    Args:
        config: its limits bound what is kept: `max_node_id` and `max_items` octets, and a head.
    """

    def __init__(self, config: TcpclConfig) -> None:
        self._max_node_id = config.max_node_id
        self._max_items = config.max_items
        self._greeted = False  # the contact header has been read; it has no message type, and comes first
        self._head = bytearray()  # the beginning of a message that has not come whole
        self._need = 0  # how long it must be before another look

    @property
    def held(self) -> int:
        """Return how many octets are kept of a message that has not come whole."""
        return len(self._head)

    def read(self, data: bytes, at: int) -> tuple[Message | None, int]:
        """Read the next message, of a segment only what precedes its data.

        Args:
            data: what the connection brought.
            at: where in it the message goes on, or begins.

        Returns:
            The message, and the offset that follows it; None where it has not come whole.

        Raises:
            LinkError: it can't be understood, or a length in it passes a limit.
        """
        if not self._head:  # nearly always: a message is seldom cut, so it is read where it lies
            found = self._look(data, at)
            if not isinstance(found, int):
                return found, at + found.size
            self._need = found
            self._head += data[at:]
            return None, len(data)
        while True:
            take = min(self._need - len(self._head), len(data) - at)
            self._head += data[at : at + take]
            at += take
            if len(self._head) < self._need:
                return None, at
            found = self._look(self._head, 0)
            if not isinstance(found, int):
                self._head.clear()
                return found, at
            self._need = found  # the head tells of a longer one, such as a list of extension items

    def _look(self, buffer: bytes | bytearray, at: int) -> Message | int:
        if self._greeted:
            return wire.read_message(buffer, at, max_node_id=self._max_node_id, max_items=self._max_items)
        found = wire.read_contact(buffer, at)
        self._greeted = isinstance(found, ContactHeader)
        return found
