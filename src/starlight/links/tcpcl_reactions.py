"""The reactions of a TCPCL session to its peer's messages: one method for each `Reaction` of the table.

A message that is out of place is rejected and costs the peer one of a few tries; one that can't be
understood, or that passes a limit, raises `LinkError`, which ends the session: what follows it on the wire
could not be told from data.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlight.errors import LinkError
from starlight.links import tcpcl_messages as wire
from starlight.links.link import LinkEvent, MessageRejected
from starlight.links.tcpcl_config import TcpclConfig
from starlight.links.tcpcl_handshake import Handshake
from starlight.links.tcpcl_incoming import Unexpected
from starlight.links.tcpcl_lifecycle import Lifecycle, SessionTransfers
from starlight.links.tcpcl_messages import (
    ContactHeader,
    Keepalive,
    Message,
    MessageType,
    MsgReject,
    RejectReason,
    SessInit,
    SessTerm,
    TermReason,
    UnknownMessage,
    XferAck,
    XferRefuse,
    XferSegment,
)
from starlight.links.tcpcl_reader import MessageReader
from starlight.links.tcpcl_state import TABLE, Reaction, SessionState
from starlight.links.tcpcl_timers import Timers

_HEADER = {
    SessInit: MessageType.SESS_INIT,
    SessTerm: MessageType.SESS_TERM,
    XferSegment: MessageType.XFER_SEGMENT,
    XferAck: MessageType.XFER_ACK,
    XferRefuse: MessageType.XFER_REFUSE,
    Keepalive: MessageType.KEEPALIVE,
}


def _name(code: int) -> str:
    """Return the name of a message type (RFC 9174, table 2), or its code where it has none."""
    try:
        return MessageType(code).name
    except ValueError:
        return f"message {code:#04x}"


class Rejections:
    """The messages that either side rejects, which are counted: a peer that goes on is not worth a session.

    Args:
        limit: how many may be rejected.
        out: where MSG_REJECT is appended.
    """

    def __init__(self, limit: int, out: list[bytes]) -> None:
        self._left = limit
        self._out = out

    def reject(self, message: Message, reason: int) -> None:
        """Reject a message (RFC 9174, 5.1.2)."""
        self._out.append(wire.msg_reject(reason, _HEADER[type(message)]))
        self.count()

    def count(self) -> None:
        """Count one.

        Raises:
            LinkError: there were too many.
        """
        self._left -= 1
        if self._left < 0:
            raise LinkError(
                "too many messages were rejected, by us or by the peer", TermReason.RESOURCE_EXHAUSTION
            )


class Reactions:
    """Reads what the connection brings, and does about each message what the table says.

    Args:
        config: its limits count.
        handshake: our part in it.
        transfers: taken and answered here.
        lifecycle: moved on by what the peer says.
        timers: told when the peer worked.
        out: where messages to the peer are appended.
        events: where events are appended.
    """

    def __init__(
        self,
        config: TcpclConfig,
        handshake: Handshake,
        transfers: SessionTransfers,
        lifecycle: Lifecycle,
        timers: Timers,
        out: list[bytes],
        events: list[LinkEvent],
    ) -> None:
        self._max_answers_held = config.max_answers_held
        self._handshake = handshake
        self._transfers = transfers
        self._lifecycle = lifecycle
        self._timers = timers
        self._out = out
        self._events = events
        self.reader = MessageReader(config)
        self._rejections = Rejections(config.max_rejects, out)
        # Looked up once for each session, since every message of it comes by here.
        outgoing = transfers.outgoing
        self._react: dict[Reaction, Callable[..., None]] = {
            Reaction.CONTACT: self._on_contact,
            Reaction.INIT: self._on_init,
            Reaction.SEGMENT: self._on_segment,
            Reaction.ACK: partial(self._on_answer, outgoing.acknowledged),
            Reaction.REFUSAL: partial(self._on_answer, outgoing.refused),
            Reaction.ALIVE: self._on_keepalive,
            Reaction.TERMINATION: self._on_termination,
            Reaction.REJECTION: self._on_rejection,
            Reaction.UNEXPECTED: self._on_unexpected,
            Reaction.UNKNOWN: self._on_unknown,
        }

    def read(self, data: bytes) -> None:
        """Take octets: data of the segment that has begun, messages otherwise.

        Raises:
            LinkError: the session must end for what they are; its code is a `TermReason`.
        """
        at = 0
        end = len(data)
        lifecycle = self._lifecycle
        incoming = self._transfers.incoming
        while at < end and lifecycle.state is not SessionState.CLOSED:
            if incoming.left:
                at = incoming.data(data, at)
                if not incoming.left:
                    self._segment_done()
                continue
            message, at = self.reader.read(data, at)
            if message is not None:
                self._react[TABLE[lifecycle.state][type(message)]](message)

    def _on_contact(self, header: ContactHeader) -> None:
        self._handshake.take_contact(header)
        self._lifecycle.greeted()

    def _on_init(self, init: SessInit) -> None:
        self._lifecycle.establish(self._handshake.take_init(init))

    def _on_segment(self, segment: XferSegment) -> None:
        self._timers.worked = self._timers.now
        incoming = self._transfers.incoming
        try:
            incoming.begin(segment, ending=self._lifecycle.state is SessionState.ENDING)
        except Unexpected as fault:
            self._rejections.reject(segment, fault.code)
        if not incoming.left:
            self._segment_done()

    def _segment_done(self) -> None:
        event = self._transfers.incoming.finish()
        if event is not None:
            self._events.append(event)
        # Empty segments cost the peer little and us an answer each, and a peer that reads none of them
        # would make us hold them all.
        if len(self._transfers.answers) + len(self._out) > self._max_answers_held:
            raise LinkError("the peer asks for more answers than we hold", TermReason.RESOURCE_EXHAUSTION)
        self._lifecycle.end_if_done()

    def _on_answer(self, note: Callable[..., LinkEvent | None], answer: XferAck | XferRefuse) -> None:
        self._timers.worked = self._timers.now
        try:
            event = note(answer)
        except LinkError as fault:
            self._rejections.reject(answer, fault.code)
            return
        if event is not None:
            self._events.append(event)
            self._lifecycle.end_if_done()

    def _on_keepalive(self, message: Keepalive) -> None:
        pass  # The timers have noted that octets came; it says no more than that.

    def _on_termination(self, term: SessTerm) -> None:
        if not self._lifecycle.take_term(term):
            self._rejections.reject(term, RejectReason.UNEXPECTED)

    def _on_rejection(self, message: MsgReject) -> None:
        try:
            reason = RejectReason(message.reason)
        except ValueError:
            reason = RejectReason.UNKNOWN
        self._events.append(MessageRejected(f"{_name(message.rejected)}: {reason.name.lower()}"))
        self._rejections.count()
        if message.rejected in (MessageType.SESS_INIT, MessageType.XFER_SEGMENT):
            # The two sides no longer agree about what is in progress, and no acknowledgement would come.
            raise LinkError(f"the peer rejected our message {message.rejected:#04x}", TermReason.UNKNOWN)

    def _on_unexpected(self, message: Message) -> None:
        self._rejections.reject(message, RejectReason.UNEXPECTED)
        if isinstance(message, XferSegment):
            self._transfers.incoming.skip(message)

    def _on_unknown(self, message: UnknownMessage) -> None:
        self._out.append(wire.msg_reject(RejectReason.TYPE_UNKNOWN, message.type))
        # "... and close the TCP connection" (5.1.2): what follows can't be told from data.
        self._lifecycle.end(f"the peer sent a message of unknown type {message.type:#04x}", by_peer=True)
