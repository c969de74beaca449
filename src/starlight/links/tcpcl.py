"""TCPCLv4 (RFC 9174) as a machine: octets in, events out; no socket, no clock.

How a driver runs it::

    session = TcpclSession(config, passive=accepted, now=now)
    # the connection has octets        events = session.receive_data(data, now)
    # the connection's end has come    events = session.receive_eof(now)
    # next_wakeup() has come           events = session.handle_timer(now)
    # after each of these, and whenever the socket takes more:
    #                                  socket.write(session.data_to_send())
    # after SessionEnded:              write until data_to_send() is empty, then close with FIN

Nothing that a peer sends raises. A message out of place is rejected (5.1.2); what can't
be understood, or passes a limit, ends the session with a reason. What the caller does
wrong raises ValueError or RuntimeError. Section numbers without a name are RFC 9174's.

Where this machine chooses among what the RFC leaves open:

* The idle timeout counts octets, not whole messages (5.1.1), because a large segment on a
  slow link takes longer than the timeout and its sender is alive.
* An idle timeout ends the session at once, without waiting for the peer's SESS_TERM: it is the
  peer's silence that caused it, and its transfers can be sent another way meanwhile (6.1 allows it).
* SESS_TERM lets transfers in progress finish; those that wait in our queue have not begun and fail.
* A MSG_REJECT of our SESS_INIT or XFER_SEGMENT ends the session: the two sides no longer
  agree about what is in progress, and no acknowledgement would come.
"""

from __future__ import annotations

from collections.abc import Callable

from starlight.dtntime import SECOND
from starlight.errors import LinkError
from starlight.links import tcpcl_messages as wire
from starlight.links.tcpcl_events import LinkEvent, MessageRejected, SessionEnded, TcpclConfig
from starlight.links.tcpcl_incoming import Incoming, Unexpected
from starlight.links.tcpcl_messages import (
    ContactHeader,
    Extension,
    Keepalive,
    Message,
    MessageType,
    MsgReject,
    RefuseReason,
    RejectReason,
    SessInit,
    SessTerm,
    TermReason,
    UnknownMessage,
    XferAck,
    XferRefuse,
    XferSegment,
)
from starlight.links.tcpcl_negotiation import negotiate
from starlight.links.tcpcl_outgoing import Outgoing
from starlight.links.tcpcl_state import NEXT, TABLE, Reaction, SessionState

_HEADER = {
    SessInit: MessageType.SESS_INIT,
    SessTerm: MessageType.SESS_TERM,
    XferSegment: MessageType.XFER_SEGMENT,
    XferAck: MessageType.XFER_ACK,
    XferRefuse: MessageType.XFER_REFUSE,
    Keepalive: MessageType.KEEPALIVE,
}


class TcpclSession:
    """One TCPCLv4 session over one TCP connection.

    Args:
        config: what we offer, and our limits.
        passive: the peer opened the connection (4.1).
        now: ns of any clock that does not go back; all later times are of the same clock.
    """

    def __init__(self, config: TcpclConfig, *, passive: bool, now: int) -> None:
        self._config = config
        self._passive = passive
        self._state = SessionState.CONTACT
        self._now = now
        self._out: list[bytes] = []
        self._events: list[LinkEvent] = []
        self._incoming = Incoming(config, self._out)
        self._outgoing = Outgoing(config)
        self._head = bytearray()  # the beginning of a message that has not come whole
        self._need = 0  # how long it must be before another look
        self._rejects = 0
        self._deadline = now + config.contact_timeout_s * SECOND  # of CONTACT, INIT and ENDING
        self._heard = self._spoke = self._worked = now  # last octets in, out, and message but KEEPALIVE in
        self._keepalive = 0  # ns; 0 is none
        self._idle = 0
        self._transfer_mtu = 0
        self._peer_node_id = ""
        self._term_sent = False
        self._term_received = False
        self._term_code: TermReason | None = None
        self._term_by_peer = False
        self._react: dict[Reaction, Callable[..., None]] = {
            Reaction.CONTACT: self._on_contact,
            Reaction.INIT: self._on_init,
            Reaction.SEGMENT: self._on_segment,
            Reaction.ACK: self._on_ack,
            Reaction.REFUSAL: self._on_refusal,
            Reaction.ALIVE: self._on_keepalive,
            Reaction.TERMINATION: self._on_termination,
            Reaction.REJECTION: self._on_rejection,
            Reaction.UNEXPECTED: self._on_unexpected,
            Reaction.UNKNOWN: self._on_unknown,
        }
        if not passive:
            self._out.append(wire.contact_header())  # "SHALL immediately transmit" (4.1)

    # What the caller may ask.

    @property
    def state(self) -> SessionState:
        """Where the session is."""
        return self._state

    @property
    def peer_node_id(self) -> str:
        """What the peer calls itself; empty before SessionUp, and when it does not say."""
        return self._peer_node_id

    @property
    def transfer_mtu(self) -> int:
        """The largest transfer that the peer takes, in octets; 0 before SessionUp."""
        return self._transfer_mtu

    @property
    def free_transfers(self) -> int:
        """How many more transfers `send_transfer` takes now."""
        if self._state is not SessionState.ESTABLISHED:
            return 0
        return max(0, self._config.max_transfers_under_way - self._outgoing.count)

    @property
    def backlog_bytes(self) -> int:
        """How many octets of our transfers `data_to_send` has not yet returned."""
        return self._outgoing.backlog

    @property
    def unanswered(self) -> int:
        """How many received transfers wait for `acknowledge` or `refuse`: where it nears
        `max_unanswered`, a driver stops reading, and TCP slows the peer down."""
        return self._incoming.waiting

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` is due, in ns; at once when an event waits to be fetched."""
        if self._events:
            return self._now
        if self._state is SessionState.CLOSED:
            return None
        due = []
        if self._state is not SessionState.ESTABLISHED:
            due.append(self._deadline)
        if self._keepalive:
            due.append(self._spoke + self._keepalive)
        if self._idle:
            due.append(self._heard + self._idle)
        if self._state is SessionState.ESTABLISHED and self._config.idle_session_s:
            due.append(self._worked + self._config.idle_session_s * SECOND)
        return min(due, default=None)

    # What the caller tells.

    def receive_data(self, data: bytes, now: int) -> list[LinkEvent]:
        """Take octets from the connection; never raises for what they are."""
        self._now = now
        if self._state is not SessionState.CLOSED:
            self._heard = now
            try:
                self._read(data)
            except LinkError as fault:
                self._fail(fault)
        return self._take_events()

    def receive_eof(self, now: int) -> list[LinkEvent]:
        """Take the end of the connection, orderly or not."""
        self._now = now
        self._end("the peer closed the connection", by_peer=True)
        return self._take_events()

    def handle_timer(self, now: int) -> list[LinkEvent]:
        """Do what is due at a time; too early is harmless."""
        self._now = now
        if self._state in (SessionState.CONTACT, SessionState.INIT):
            if now >= self._deadline:
                self._end_init()
        elif self._state is SessionState.ENDING and now >= self._deadline:
            self._end("the transfers in progress took too long to finish", by_peer=self._term_by_peer)
        if self._state in (SessionState.ESTABLISHED, SessionState.ENDING):
            self._keep_alive()
        return self._take_events()

    def send_transfer(self, data: bytes, now: int, *, extensions: tuple[Extension, ...] = ()) -> int:
        """Queue a transfer.

        Args:
            data: one whole bundle; kept uncopied until it is written.
            extensions: items besides Transfer Length, which is added where it is due.

        Returns:
            Its id, in TransferAcknowledged, TransferRefused or SessionEnded.failed, in exactly one of them.

        Raises:
            RuntimeError: no session is established, or `free_transfers` is 0.
            ValueError: larger than `transfer_mtu`, or an extension does not fit its fields.
        """
        if self.free_transfers <= 0:
            raise RuntimeError("no transfer can be sent now; see free_transfers")
        if len(data) > self._transfer_mtu:
            raise ValueError(f"{len(data)} octets are more than the peer takes, {self._transfer_mtu} (4.6)")
        for item in extensions:
            if not 0 < item.type <= 0xFFFF or item.type == wire.TRANSFER_LENGTH or len(item.data) > 0xFFFF:
                raise ValueError(f"extension item {item.type:#06x} does not fit (5.2.5)")
        self._now = now
        transfer_id = self._outgoing.add(data, extensions)
        if transfer_id == 2**64 - 1:
            # "Upon exhaustion ... SHALL terminate the session" (5.2.1).
            self.terminate(TermReason.RESOURCE_EXHAUSTION, now)
        return transfer_id

    def acknowledge(self, transfer_id: int) -> None:
        """Let the final XFER_ACK of a received transfer go, now that it is safe (5.2.3).

        Raises:
            ValueError: no such transfer waits. After the session's end it does nothing.
        """
        self._answered(self._incoming.acknowledge, transfer_id)

    def refuse(self, transfer_id: int, reason: RefuseReason) -> None:
        """Refuse a received transfer (5.2.4).

        Raises:
            ValueError: no such transfer waits. After the session's end it does nothing.
        """
        self._answered(lambda id: self._incoming.refuse(id, reason), transfer_id)

    def terminate(self, reason: TermReason, now: int) -> None:
        """End the session cleanly (6.1): transfers in progress finish, queued ones fail.

        Before it is established it ends at once. SessionEnded comes from `handle_timer` or `receive_data`.
        """
        self._now = now
        if self._state in (SessionState.ENDING, SessionState.CLOSED):
            return
        if self._state is SessionState.ESTABLISHED:
            self._send_term(reason)
            self._enter_ending(reason, by_peer=False)
            return
        if not (self._passive and self._state is SessionState.CONTACT):
            self._send_term(
                reason
            )  # "MUST always send the Contact Header ... before sending a SESS_TERM" (6.1)
        self._end(f"we ended it: {reason.name.lower()}", code=reason)

    def data_to_send(self) -> bytes:
        """Return whole messages to be written, about `write_size` octets, or nothing; call until empty."""
        parts: list[bytes | memoryview] = list(self._out)
        self._out.clear()
        if self._outgoing.writable and self._state in (SessionState.ESTABLISHED, SessionState.ENDING):
            self._outgoing.write(parts, sum(map(len, parts)))
        if not parts:
            return b""
        # The time of the last call that had one: it can only be early, so a KEEPALIVE is never late.
        self._spoke = self._now
        return b"".join(parts)

    # Reading.

    def _read(self, data: bytes) -> None:
        at = 0
        end = len(data)
        incoming = self._incoming
        while at < end and self._state is not SessionState.CLOSED:
            if incoming.left:
                at = incoming.data(data, at)
                if not incoming.left:
                    self._segment_done()
                continue
            if self._head:
                take = min(self._need - len(self._head), end - at)
                self._head += data[at : at + take]
                at += take
                if len(self._head) < self._need:
                    return
                message = self._look(self._head, 0)
                if isinstance(message, int):
                    self._need = message
                    continue
                self._head.clear()
            else:
                message = self._look(data, at)
                if isinstance(message, int):
                    self._need = message
                    self._head += data[at:]
                    return
                at += message.size
            self._react[TABLE[self._state][type(message)]](message)

    def _look(self, buffer: bytes | bytearray, at: int) -> Message | int:
        if self._state is SessionState.CONTACT:
            return wire.read_contact(buffer, at)
        limits = self._config
        return wire.read_message(buffer, at, max_node_id=limits.max_node_id, max_items=limits.max_items)

    # Reactions, one for each of the table's.

    def _on_contact(self, header: ContactHeader) -> None:
        if self._passive:
            self._out.append(wire.contact_header())
        if header.version != wire.VERSION:
            if self._passive:
                fault = f"the peer speaks TCPCL version {header.version}"
                raise LinkError(f"{fault}, we speak 4 (4.3)", TermReason.VERSION_MISMATCH)
            self._end(f"the peer answers in TCPCL version {header.version} (4.3)", by_peer=True)
            return
        # Enable TLS is "the logical AND of the two" flags (4.3); ours is 0, so it is off.
        self._enter(SessionState.INIT)
        self._deadline = self._now + self._config.contact_timeout_s * SECOND
        if not self._passive:
            self._send_init()

    def _on_init(self, init: SessInit) -> None:
        if self._passive:
            self._send_init()
        up = negotiate(self._config, init)
        self._peer_node_id = up.peer_node_id
        self._transfer_mtu = up.transfer_mtu
        self._outgoing.set_mtu(up.segment_mtu)
        self._keepalive = up.keepalive_s * SECOND
        if up.keepalive_s:
            idle_s = self._config.idle_timeout_s
            self._idle = self._keepalive * 2 if idle_s is None else idle_s * SECOND
        self._worked = self._now
        self._enter(SessionState.ESTABLISHED)
        self._events.append(up)

    def _on_segment(self, segment: XferSegment) -> None:
        self._worked = self._now
        try:
            self._incoming.begin(segment, ending=self._state is SessionState.ENDING)
        except Unexpected as fault:
            self._reject(segment, fault.code)
        if not self._incoming.left:
            self._segment_done()

    def _segment_done(self) -> None:
        event = self._incoming.finish()
        if event is not None:
            self._events.append(event)
        if self._incoming.held + len(self._out) > self._config.max_answers_held:
            raise LinkError("the peer asks for more answers than we hold", TermReason.RESOURCE_EXHAUSTION)
        self._end_if_done()

    def _on_ack(self, ack: XferAck) -> None:
        self._answer_to_ours(ack, self._outgoing.acknowledged)

    def _on_refusal(self, refusal: XferRefuse) -> None:
        self._answer_to_ours(refusal, self._outgoing.refused)

    def _answer_to_ours(self, message: Message, note: Callable[..., LinkEvent | None]) -> None:
        self._worked = self._now
        try:
            event = note(message)
        except LinkError as fault:
            self._reject(message, fault.code)
            return
        if event is not None:
            self._events.append(event)
            self._end_if_done()

    def _on_keepalive(self, message: Keepalive) -> None:
        pass  # `receive_data` has noted the time.

    def _on_termination(self, term: SessTerm) -> None:
        if self._term_received or (term.flags & wire.REPLY and not self._term_sent):
            self._reject(term, RejectReason.UNEXPECTED)
            return
        self._term_received = True
        try:
            code = TermReason(term.reason)
        except ValueError:
            code = TermReason.UNKNOWN  # "SHOULD treat the termination as having an Unknown reason" (6.1)
        if not self._term_sent:
            self._term_sent = True
            self._out.append(wire.sess_term(term.reason, reply=True))
            if self._state is SessionState.INIT:
                self._end(f"the peer ended it: {code.name.lower()}", code=code, by_peer=True, clean=True)
                return
            self._enter_ending(code, by_peer=True)
        self._end_if_done()

    def _on_rejection(self, message: MsgReject) -> None:
        try:
            reason = RejectReason(message.reason)
        except ValueError:
            reason = RejectReason.UNKNOWN
        self._events.append(MessageRejected(message.rejected, reason))
        self._count_reject()
        if message.rejected in (MessageType.SESS_INIT, MessageType.XFER_SEGMENT):
            raise LinkError(f"the peer rejected our message {message.rejected:#04x}", TermReason.UNKNOWN)

    def _on_unexpected(self, message: Message) -> None:
        self._reject(message, RejectReason.UNEXPECTED)
        if isinstance(message, XferSegment):
            self._incoming.skip(message)

    def _on_unknown(self, message: UnknownMessage) -> None:
        self._out.append(wire.msg_reject(RejectReason.TYPE_UNKNOWN, message.type))
        # "... and close the TCP connection" (5.1.2): what follows can't be told from data.
        self._end(f"the peer sent a message of unknown type {message.type:#04x}", by_peer=True)

    # Ways to end.

    def _fail(self, fault: LinkError) -> None:
        """End the session for what the peer did."""
        code = TermReason(fault.code)
        if self._state is SessionState.CONTACT and code is not TermReason.VERSION_MISMATCH:
            # "SHALL close the TCP connection without sending a SESS_TERM" (6.1).
            self._end(fault.rule, by_peer=True)
            return
        self._send_term(code)
        self._end(fault.rule, code=code, by_peer=True)

    def _end_init(self) -> None:
        if self._state is SessionState.CONTACT:
            self._end("no contact header came in time (4.1)", by_peer=True)
            return
        self._send_term(TermReason.IDLE_TIMEOUT)
        self._end("no SESS_INIT came in time (3.3)", code=TermReason.IDLE_TIMEOUT, by_peer=True)

    def _enter_ending(self, code: TermReason, *, by_peer: bool) -> None:
        self._enter(SessionState.ENDING)
        self._term_code = code
        self._term_by_peer = by_peer
        self._deadline = self._now + self._config.ending_timeout_s * SECOND
        self._outgoing.drop_queue()

    def _end_if_done(self) -> None:
        """Close once both SESS_TERM are exchanged and nothing is in progress (6.1)."""
        incoming = self._incoming
        if (
            self._state is SessionState.ENDING
            and self._term_received
            and not self._outgoing.in_progress
            and not (incoming.in_progress or incoming.left or incoming.held)
        ):
            assert self._term_code is not None
            who = "the peer" if self._term_by_peer else "we"
            self._end(
                f"{who} ended it: {self._term_code.name.lower()}",
                code=self._term_code,
                by_peer=self._term_by_peer,
                clean=True,
            )

    def _end(
        self, reason: str, *, code: TermReason | None = None, by_peer: bool = False, clean: bool = False
    ) -> None:
        if self._state is SessionState.CLOSED:
            return
        self._enter(SessionState.CLOSED)
        failed = self._outgoing.unfinished
        unanswered = self._incoming.unanswered
        code = self._term_code if code is None else code
        self._events.append(SessionEnded(reason, code, by_peer, clean, failed, unanswered))
        # Nothing of either is needed any more, and they may hold many octets.
        self._incoming = Incoming(self._config, [])
        self._outgoing = Outgoing(self._config)
        self._head.clear()

    # Small parts.

    def _enter(self, state: SessionState) -> None:
        assert state in NEXT[self._state], f"{self._state} to {state}"
        self._state = state

    def _send_init(self) -> None:
        config = self._config
        self._out.append(
            wire.sess_init(
                config.keepalive_s, config.segment_mru, config.transfer_mru, config.node_id.encode()
            )
        )

    def _send_term(self, reason: TermReason) -> None:
        """Send our SESS_TERM, of which there is one in a session (6.1)."""
        if not self._term_sent:
            self._term_sent = True
            self._out.append(wire.sess_term(reason))

    def _reject(self, message: Message, reason: int) -> None:
        self._out.append(wire.msg_reject(reason, _HEADER[type(message)]))
        self._count_reject()

    def _count_reject(self) -> None:
        self._rejects += 1
        if self._rejects > self._config.max_rejects:
            raise LinkError(
                "too many messages were rejected, by us or by the peer", TermReason.RESOURCE_EXHAUSTION
            )

    def _keep_alive(self) -> None:
        now = self._now
        if self._idle and now >= self._heard + self._idle:
            self._send_term(TermReason.IDLE_TIMEOUT)
            self._end("the peer fell silent (5.1.1)", code=TermReason.IDLE_TIMEOUT, by_peer=True)
            return
        idle_session = self._config.idle_session_s * SECOND
        if idle_session and self._state is SessionState.ESTABLISHED and now >= self._worked + idle_session:
            self._worked = now  # with transfers under way it is not idle: ask again later
            if not (self._outgoing.count or self._incoming.held or self._incoming.in_progress):
                self.terminate(TermReason.IDLE_TIMEOUT, now)
        if self._keepalive and now >= self._spoke + self._keepalive:
            if not self._out and not self._outgoing.writable:
                self._out.append(wire.keepalive())
            self._spoke = now  # what waits to be written says as much

    def _answered(self, answer: Callable[[int], None], transfer_id: int) -> None:
        if self._state is SessionState.CLOSED:
            return  # a commit may finish after the session
        try:
            answer(transfer_id)
        except KeyError:
            raise ValueError(f"no received transfer {transfer_id} waits for an answer") from None
        self._end_if_done()

    def _take_events(self) -> list[LinkEvent]:
        events = self._events
        self._events = []
        return events
