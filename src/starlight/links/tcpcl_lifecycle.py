"""The life of a TCPCL session: its state, and the ways in which it ends (RFC 9174, 3.3 and 6.1).

There are three: both sides exchange SESS_TERM and finish what is in progress, which is clean; one side
breaks a rule or falls silent, and is told why in a SESS_TERM that nobody waits for; or the connection ends.
Whatever the way, `LinkEnded` comes once, and last, after a `TransferFailed` for each transfer of ours whose
fate is unknown.
"""

from __future__ import annotations

from starlight.errors import LinkError
from starlight.links import tcpcl_messages as wire
from starlight.links.link import LinkEnded, LinkEstablished, LinkEvent, TransferFailed
from starlight.links.receive_room import ReceiveRoom
from starlight.links.tcpcl_answers import AnswerQueue
from starlight.links.tcpcl_config import TcpclConfig
from starlight.links.tcpcl_handshake import Agreement
from starlight.links.tcpcl_incoming import IncomingTransfers
from starlight.links.tcpcl_messages import SessTerm, TermReason
from starlight.links.tcpcl_outgoing import OutgoingTransfers
from starlight.links.tcpcl_state import NEXT, SessionState
from starlight.links.tcpcl_timers import Timers


class SessionTransfers:
    """The transfers of a session, both ways, with the answers to what is received.

    Args:
        config: their limits.
        out: where answers that may leave are appended.
        room: for what comes and is not whole.
    """

    def __init__(self, config: TcpclConfig, out: list[bytes], room: ReceiveRoom) -> None:
        self.answers = AnswerQueue(out)
        self.incoming = IncomingTransfers(config, self.answers, room)
        self.outgoing = OutgoingTransfers(config)
        self.mtu = 0  # octets; 0 before the session is established

    @property
    def in_progress(self) -> bool:
        """Return whether a transfer has begun, either way, of which an answer is outstanding."""
        incoming = self.incoming
        return bool(self.outgoing.in_progress or incoming.in_progress or incoming.left or self.answers)


class Lifecycle:
    """Keeps a session's state, and ends it.

    Args:
        config: how long each phase may take.
        transfers: a clean end waits for those in progress; every end gives up the rest.
        timers: of the session.
        out: where SESS_TERM is appended.
        events: where LinkEstablished and the last ones are appended.
    """

    def __init__(
        self,
        config: TcpclConfig,
        transfers: SessionTransfers,
        timers: Timers,
        out: list[bytes],
        events: list[LinkEvent],
    ) -> None:
        self.state = SessionState.CONTACT
        self._config = config
        self._transfers = transfers
        self._timers = timers
        self._out = out
        self._events = events
        self._term_sent = False
        self._term_received = False
        self._code: TermReason | None = None  # of the SESS_TERM that began the ending
        self._by_peer = False
        timers.begin_phase(config.contact_timeout_s)

    @property
    def is_open(self) -> bool:
        """Return whether messages other than the handshake's flow."""
        return self.state in (SessionState.ESTABLISHED, SessionState.ENDING)

    def greeted(self) -> None:
        """Wait for SESS_INIT: both contact headers are exchanged."""
        self._enter(SessionState.INIT)
        self._timers.begin_phase(self._config.contact_timeout_s)

    def establish(self, agreed: Agreement) -> None:
        """Let transfers begin, as negotiated."""
        self._enter(SessionState.ESTABLISHED)
        self._timers.establish(agreed.keepalive_s)
        self._transfers.mtu = agreed.transfer_mtu
        self._transfers.incoming.node_id = agreed.peer_node_id
        self._transfers.outgoing.set_mtu(agreed.segment_mtu)
        told = (agreed.clock, agreed.greeting)
        self._events.append(LinkEstablished(agreed.peer_node_id, agreed.transfer_mtu, *told))

    def terminate(self, reason: TermReason) -> None:
        """Begin a clean end of an established session: the queue fails, what is in progress finishes."""
        self._send_term(reason)
        self._begin_ending(reason, by_peer=False)

    def abandon(self, reason: TermReason, *, tell: bool) -> None:
        """End at once a session that is not yet established; `tell` is whether a SESS_TERM may go out."""
        if tell:
            self._send_term(reason)
        self.end(f"we ended it: {reason.name.lower()}")

    def take_term(self, term: SessTerm) -> bool:
        """Take the peer's SESS_TERM; return False when it is out of place.

        There is one in a session, and a reply is none without ours (RFC 9174, 6.1).
        """
        if self._term_received or (term.flags & wire.REPLY and not self._term_sent):
            return False
        self._term_received = True
        try:
            code = TermReason(term.reason)
        except ValueError:
            code = TermReason.UNKNOWN  # "SHOULD treat the termination as having an Unknown reason" (6.1)
        if not self._term_sent:
            self._term_sent = True
            self._out.append(wire.sess_term(term.reason, reply=True))
            if self.state is SessionState.INIT:
                self.end(f"the peer ended it: {code.name.lower()}", by_peer=True, clean=True)
                return True
            self._begin_ending(code, by_peer=True)
        self.end_if_done()
        return True

    def end_if_done(self) -> None:
        """Close once both SESS_TERM are exchanged and nothing is in progress (6.1)."""
        if self.state is not SessionState.ENDING or not self._term_received or self._transfers.in_progress:
            return
        assert self._code is not None
        who = "the peer" if self._by_peer else "we"
        said = f"{who} ended it: {self._code.name.lower()}"
        self.end(said, by_peer=self._by_peer, clean=True)

    def fail(self, fault: LinkError) -> None:
        """End the session for what the peer did."""
        code = TermReason(fault.code)
        if self.state is SessionState.CONTACT and code is not TermReason.VERSION_MISMATCH:
            # "SHALL close the TCP connection without sending a SESS_TERM" (6.1).
            self.end(fault.rule, by_peer=True)
            return
        self._send_term(code)
        self.end(fault.rule, by_peer=True)

    def end_if_overdue(self) -> None:
        """End a session whose phase has taken too long, or whose peer owes a sign of life."""
        timers = self._timers
        if timers.overdue:
            if self.state is SessionState.CONTACT:
                self.end("no contact header came in time (4.1)", by_peer=True)
            elif self.state is SessionState.INIT:
                self._give_up("no SESS_INIT came in time (3.3)")
            else:
                self.end("the transfers in progress took too long to finish", by_peer=self._by_peer)
        elif timers.peer_is_silent:
            # At once, without waiting for the peer's SESS_TERM: its silence is the very reason, and its
            # transfers can be sent another way meanwhile (6.1 allows it).
            self._give_up("the peer fell silent (5.1.1)")

    def end(self, reason: str, *, by_peer: bool = False, clean: bool = False) -> None:
        """Close, and report what becomes of nothing any more; once closed it does nothing.

        Args:
            reason, by_peer, clean: as in `LinkEnded`.
        """
        if self.state is SessionState.CLOSED:
            return
        self._enter(SessionState.CLOSED)
        self._timers.stop()
        self._events += [TransferFailed(number, reason) for number in self._transfers.outgoing.drop()]
        unanswered = self._transfers.answers.drop()
        self._transfers.incoming.drop()
        self._events.append(LinkEnded(reason, by_peer, clean, unanswered))

    def _begin_ending(self, code: TermReason, *, by_peer: bool) -> None:
        self._enter(SessionState.ENDING)
        self._code = code
        self._by_peer = by_peer
        self._timers.begin_phase(self._config.ending_timeout_s)
        self._transfers.outgoing.drop_queue()

    def _give_up(self, reason: str) -> None:
        self._send_term(TermReason.IDLE_TIMEOUT)
        self.end(reason, by_peer=True)

    def _send_term(self, reason: TermReason) -> None:
        """Send our SESS_TERM, of which there is one in a session (6.1)."""
        if not self._term_sent:
            self._term_sent = True
            self._out.append(wire.sess_term(reason))

    def _enter(self, state: SessionState) -> None:
        assert state in NEXT[self.state], f"{self.state} to {state}"
        self.state = state
