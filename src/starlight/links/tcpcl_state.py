"""The states of a TCPCL session, and what each message does in each: one table.

RFC 9174 (3.3) draws more boxes than these five. Its "Session Idle" and "Session
Live" differ only in whether a transfer is in progress, which the transfers
themselves know; its "Preparing reply" takes no time in a machine that answers at
once. `NEXT` is what may follow a state, so a wrong turn is caught where it is made.
"""

from __future__ import annotations

from enum import Enum

from starlight.links.tcpcl_messages import (
    ContactHeader,
    Keepalive,
    Message,
    MsgReject,
    SessInit,
    SessTerm,
    UnknownMessage,
    XferAck,
    XferRefuse,
    XferSegment,
)


class SessionState(Enum):
    """The state of a session."""

    CONTACT = "waits for the contact header"
    INIT = "waits for SESS_INIT"
    ESTABLISHED = "transfers may begin"
    ENDING = "SESS_TERM was sent; transfers in progress may finish"
    CLOSED = "over; what is received is ignored"


class Reaction(Enum):
    """The answer of a session to a message."""

    CONTACT = "compare versions; send our contact header or our SESS_INIT (4.1, 4.3)"
    INIT = "negotiate; send our SESS_INIT if not yet sent (4.6, 4.7)"
    SEGMENT = "take, acknowledge or refuse it (5.2.2 to 5.2.4)"
    ACK = "note how much of our transfer has arrived (5.2.3)"
    REFUSAL = "stop our transfer (5.2.4)"
    ALIVE = "nothing but that the peer lives (5.1.1)"
    TERMINATION = "answer SESS_TERM; finish what is in progress (6.1)"
    REJECTION = "tell it; end the session if a transfer or the session is lost by it (5.1.2)"
    UNEXPECTED = 'MSG_REJECT "Message Unexpected" (5.1.2)'
    UNKNOWN = 'MSG_REJECT "Message Type Unknown" and close (5.1.2)'


_R = Reaction
# While a session is ending the same messages come as before: transfers in progress finish, and a new one is
# refused by name, "Session Terminating", not by a MSG_REJECT (6.1).
_OPEN: dict[type[Message], Reaction] = {
    SessInit: _R.UNEXPECTED,
    XferSegment: _R.SEGMENT,
    XferAck: _R.ACK,
    XferRefuse: _R.REFUSAL,
    Keepalive: _R.ALIVE,
    SessTerm: _R.TERMINATION,
    MsgReject: _R.REJECTION,
    UnknownMessage: _R.UNKNOWN,
}

TABLE: dict[SessionState, dict[type[Message], Reaction]] = {
    SessionState.CONTACT: {ContactHeader: _R.CONTACT},  # nothing else is looked for before it
    SessionState.INIT: {
        SessInit: _R.INIT,
        XferSegment: _R.UNEXPECTED,
        XferAck: _R.UNEXPECTED,
        XferRefuse: _R.UNEXPECTED,
        Keepalive: _R.UNEXPECTED,
        SessTerm: _R.TERMINATION,
        MsgReject: _R.REJECTION,
        UnknownMessage: _R.UNKNOWN,
    },
    SessionState.ESTABLISHED: _OPEN,
    SessionState.ENDING: _OPEN,
    SessionState.CLOSED: {},
}

NEXT: dict[SessionState, frozenset[SessionState]] = {
    SessionState.CONTACT: frozenset({SessionState.INIT, SessionState.CLOSED}),
    SessionState.INIT: frozenset({SessionState.ESTABLISHED, SessionState.CLOSED}),
    SessionState.ESTABLISHED: frozenset({SessionState.ENDING, SessionState.CLOSED}),
    SessionState.ENDING: frozenset({SessionState.CLOSED}),
    SessionState.CLOSED: frozenset(),
}
