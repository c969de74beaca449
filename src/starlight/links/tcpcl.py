"""TCPCLv4 (RFC 9174) as a machine: octets in, events out; no socket, no clock.

How a driver runs it::

    session = TcpclSession(config, passive=accepted, now=now)
    # the connection has octets        events = session.receive_data(data, now)
    # the connection's end has come    events = session.receive_eof(now)
    # next_wakeup() has come           events = session.handle_timer(now)
    # after each of these, and whenever the socket takes more:
    #                                  socket.write(session.data_to_send())
    # after LinkEnded:                 write until data_to_send() is empty, then close with FIN

Nothing that a peer sends raises. A message out of place is rejected (5.1.2); what can't
be understood, or passes a limit, ends the session with a reason. What the caller does
wrong raises ValueError or RuntimeError. Section numbers without a name are RFC 9174's.

Where this machine chooses among what the RFC leaves open:

* The idle timeout counts octets, not whole messages (5.1.1), and ends the session at once (6.1).
* SESS_TERM lets transfers in progress finish; those that wait in our queue have not begun and fail.
* A MSG_REJECT of our SESS_INIT or XFER_SEGMENT ends the session (5.1.2).

The parts, each with a state of its own: `tcpcl_reader` finds messages in octets; `tcpcl_reactions` does about
each what the table in `tcpcl_state` says, by way of `tcpcl_handshake`, `tcpcl_incoming`, `tcpcl_answers` and
`tcpcl_outgoing`; `tcpcl_lifecycle` keeps the state and ends it; `tcpcl_timers` knows what is due. Here is the
face that a driver sees.
"""

from __future__ import annotations

from collections.abc import Callable

from starlight.errors import LinkError
from starlight.links import tcpcl_messages as wire
from starlight.links.link import Closing, Flight, LinkEvent, Promises, Refusal
from starlight.links.receive_room import ReceiveRoom
from starlight.links.tcpcl_config import TcpclConfig
from starlight.links.tcpcl_handshake import Handshake
from starlight.links.tcpcl_lifecycle import Lifecycle, SessionTransfers
from starlight.links.tcpcl_messages import RefuseReason, TermReason
from starlight.links.tcpcl_reactions import Reactions
from starlight.links.tcpcl_state import SessionState
from starlight.links.tcpcl_timers import Timers

LAST_TRANSFER_ID = 2**64 - 1
"""The id field is an unsigned 64-bit number (RFC 9174, 5.2.2)."""

PROMISES = Promises(acknowledged=True, ordered=True, session=True)

_REASONS = {
    Closing.DONE: TermReason.UNKNOWN,
    Closing.STRANGER: TermReason.CONTACT_FAILURE,
    Closing.BUSY: TermReason.BUSY,
}
_REFUSALS = {
    Refusal.COMPLETED: RefuseReason.COMPLETED,
    Refusal.NO_RESOURCES: RefuseReason.NO_RESOURCES,
    Refusal.NOT_ACCEPTABLE: RefuseReason.NOT_ACCEPTABLE,
    Refusal.RETRY: RefuseReason.RETRANSMIT,
    Refusal.UNKNOWN: RefuseReason.UNKNOWN,
}


class TcpclSession:
    """One TCPCLv4 session over one TCP connection.

    Args:
        config: what we offer, and our limits.
        passive: the peer opened the connection (4.1).
        now: ns of any clock that does not go back; all later times are of the same clock.
        read_clock: returns mission time in ns, which the peer is told so that both can compare their clocks;
            None tells it none.
        greet: returns what our node tells the one of a node id as the session begins, empty for nothing; None
            tells nobody anything.
        room: for transfers that come and are not whole, which all sessions of a node share; None for one of
            its own.
    """

    def __init__(
        self,
        config: TcpclConfig,
        *,
        passive: bool,
        now: int,
        read_clock: Callable[[], int] | None = None,
        greet: Callable[[str], bytes] | None = None,
        room: ReceiveRoom | None = None,
    ) -> None:
        self._config = config
        # Whole messages in the order of the wire. The parts append to these two lists as they come to
        # something, so what one message causes is said before what the next one does.
        self._out: list[bytes] = []
        self._events: list[LinkEvent] = []
        self._timers = Timers(config, now)
        self._transfers = SessionTransfers(config, self._out, room or ReceiveRoom())
        self._lifecycle = Lifecycle(config, self._transfers, self._timers, self._out, self._events)
        self._handshake = Handshake(
            config, passive=passive, out=self._out, read_clock=read_clock, greet=greet
        )
        self._reactions = Reactions(
            config,
            self._handshake,
            self._transfers,
            self._lifecycle,
            self._timers,
            self._out,
            self._events,
        )

    # What the caller may ask.

    @property
    def state(self) -> SessionState:
        """Return where the session is."""
        return self._lifecycle.state

    @property
    def promises(self) -> Promises:
        """Return what a session promises: each transfer is answered, and they keep their order."""
        return PROMISES

    @property
    def transfer_max(self) -> int:
        """Return the largest transfer that the peer takes, in octets; 0 before the session is established."""
        return self._transfers.mtu

    @property
    def free_transfers(self) -> int:
        """Return how many more transfers `send` takes now."""
        if self._lifecycle.state is not SessionState.ESTABLISHED:
            return 0
        return max(0, self._config.max_transfers_under_way - self._transfers.outgoing.count)

    @property
    def backlog_bytes(self) -> int:
        """Return how many octets of our transfers `data_to_send` has not yet returned."""
        return self._transfers.outgoing.backlog

    @property
    def unanswered(self) -> int:
        """Return how many received transfers wait for `acknowledge` or `refuse`.

        Where it nears `max_unanswered`, a driver stops reading, and TCP slows the peer down.
        """
        return len(self._transfers.answers.waiting)

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` is due, in ns; at once when an event waits to be fetched."""
        return self._timers.now if self._events else self._timers.next_due()

    # What the caller tells.

    def receive_data(self, data: bytes, now: int) -> list[LinkEvent]:
        """Take octets from the connection; never raises for what they are."""
        self._timers.now = now
        if self._lifecycle.state is not SessionState.CLOSED:
            self._timers.heard = now
            try:
                self._reactions.read(data)
            except LinkError as fault:
                self._lifecycle.fail(fault)
        return _taken(self._events)

    def receive_eof(self, now: int) -> list[LinkEvent]:
        """Take the end of the connection, orderly or not."""
        self._timers.now = now
        self._lifecycle.end("the peer closed the connection", by_peer=True)
        return _taken(self._events)

    def handle_timer(self, now: int) -> list[LinkEvent]:
        """Do what is due at a time; too early is harmless."""
        timers, transfers = self._timers, self._transfers
        timers.now = now
        self._lifecycle.end_if_overdue()
        if timers.is_idle:
            timers.worked = now  # with transfers under way it is not idle: ask again later
            busy = transfers.outgoing.count or transfers.answers or transfers.incoming.in_progress
            if not busy:
                self._lifecycle.terminate(TermReason.IDLE_TIMEOUT)
        if timers.owes_keepalive:
            if not self._out and not transfers.outgoing.writable:
                self._out.append(wire.keepalive())
            timers.spoke = now  # what waits to be written says as much
        return _taken(self._events)

    def send(self, data: bytes, now: int, flight: Flight | None = None) -> int:
        """Queue a transfer.

        Args:
            data: one whole bundle; kept uncopied until it is written.
            now: in ns.
            flight: when it is on the air; the peer is told when its last byte leaves.

        Returns:
            Its id, which its one outcome names.

        Raises:
            RuntimeError: `free_transfers` is 0.
            ValueError: it is larger than `transfer_max`.
        """
        if self.free_transfers <= 0:
            raise RuntimeError("no transfer can be sent now; see free_transfers")
        if len(data) > self.transfer_max:
            raise ValueError(f"{len(data)} octets are more than the peer takes, {self.transfer_max} (4.6)")
        self._timers.now = now
        transfer_id = self._transfers.outgoing.add(data, None if flight is None else flight.last_byte)
        if transfer_id == LAST_TRANSFER_ID:
            # "Upon exhaustion ... SHALL terminate the session" (5.2.1).
            self.terminate(TermReason.RESOURCE_EXHAUSTION, now)
        return transfer_id

    def acknowledge(self, transfer: int, now: int) -> None:
        """Let the final XFER_ACK of a received transfer go, now that it is safe (5.2.3).

        Raises:
            ValueError: no such transfer waits. After the session's end it does nothing, because a
                commit may finish after the session.
        """
        if self._lifecycle.state is not SessionState.CLOSED:
            self._timers.now = now
            self._transfers.answers.acknowledge(transfer)
            self._lifecycle.end_if_done()

    def refuse(self, transfer: int, reason: Refusal, now: int) -> None:
        """Refuse a received transfer (5.2.4).

        Raises:
            ValueError: no such transfer waits. After the session's end it does nothing.
        """
        if self._lifecycle.state is not SessionState.CLOSED:
            self._timers.now = now
            self._transfers.answers.refuse(transfer, _REFUSALS[reason])
            self._lifecycle.end_if_done()

    def close(self, now: int, why: Closing = Closing.DONE) -> None:
        """End the session cleanly, with the reason code that tells the peer why."""
        self.terminate(_REASONS[why], now)

    def terminate(self, reason: TermReason, now: int) -> None:
        """End the session cleanly (6.1): transfers in progress finish, queued ones fail.

        Before it is established it ends at once. LinkEnded comes from `handle_timer` or `receive_data`.
        """
        self._timers.now = now
        state = self._lifecycle.state
        if state is SessionState.ESTABLISHED:
            self._lifecycle.terminate(reason)
        elif state in (SessionState.CONTACT, SessionState.INIT):
            # "MUST always send the Contact Header ... before sending a SESS_TERM" (6.1)
            self._lifecycle.abandon(reason, tell=self._handshake.greeted)

    def data_to_send(self) -> bytes:
        """Return whole messages to be written, about `write_size` octets, or nothing; call until empty."""
        parts: list[bytes | memoryview] = list(self._out)
        self._out.clear()
        outgoing = self._transfers.outgoing
        if outgoing.writable and self._lifecycle.is_open:
            outgoing.write(parts, sum(map(len, parts)))
        if not parts:
            return b""
        # The time of the last call that had one: it can only be early, so a KEEPALIVE is never late.
        self._timers.spoke = self._timers.now
        return b"".join(parts)


def _taken(events: list[LinkEvent]) -> list[LinkEvent]:
    """Return the events that have come up, and leave none."""
    taken = events[:]
    events.clear()
    return taken
