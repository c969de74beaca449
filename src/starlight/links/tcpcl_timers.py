"""The timers of a TCPCL session: how long a phase may take, when to speak, when a silent peer is gone.

All of them are instants that are compared, so there is nothing to start or to cancel: `next_due` says when
it is worth looking again, and a look that comes too early finds nothing due.
"""

from __future__ import annotations

from starlight.dtntime import SECOND
from starlight.links.tcpcl_config import TcpclConfig


class Timers:
    """The instants of one session that matter, and the intervals between them.

    Args:
        config: its intervals.
        now: when the connection was made, in ns.

    Attributes:
        now: the time of the call that is being handled.
        heard: when octets last came. Octets, not whole messages, count as a sign of life: a large segment
            on a slow link takes longer than the timeout, and its sender is alive (RFC 9174, 5.1.1).
        spoke: when we last had something to write.
        worked: when any message but KEEPALIVE last came.
        deadline: when the phase that the session is in has taken too long; None while established.
    """

    def __init__(self, config: TcpclConfig, now: int) -> None:
        self._idle_timeout_s = config.idle_timeout_s
        self._idle_session = config.idle_session_s * SECOND
        self._keepalive = 0  # ns; 0 is none
        self._silence = 0
        self.now = self.heard = self.spoke = self.worked = now
        self.deadline: int | None = None

    def begin_phase(self, seconds: int) -> None:
        """Give the phase that begins now a number of seconds."""
        self.deadline = self.now + seconds * SECOND

    def establish(self, keepalive_s: int) -> None:
        """Watch over an established session with the interval that was negotiated, 0 for none."""
        self.deadline = None
        self.worked = self.now
        self._keepalive = keepalive_s * SECOND
        if keepalive_s:  # a peer that has promised no KEEPALIVE may be silent for as long as it likes
            timeout_s = self._idle_timeout_s
            # Twice the interval, so that one lost or late KEEPALIVE ends nothing (RFC 9174, 5.1.1).
            self._silence = self._keepalive * 2 if timeout_s is None else timeout_s * SECOND

    def stop(self) -> None:
        """Let nothing be due any more."""
        self.deadline = None
        self._keepalive = self._silence = self._idle_session = 0

    def next_due(self) -> int | None:
        """Return when the next of them is due, in ns; None where none runs."""
        due = []
        if self.deadline is not None:
            due.append(self.deadline)
        elif self._idle_session:
            due.append(self.worked + self._idle_session)
        if self._keepalive:
            due.append(self.spoke + self._keepalive)
        if self._silence:
            due.append(self.heard + self._silence)
        return min(due, default=None)

    @property
    def overdue(self) -> bool:
        """Return whether the phase has taken too long."""
        return self.deadline is not None and self.now >= self.deadline

    @property
    def peer_is_silent(self) -> bool:
        """Return whether the peer owes a sign of life (RFC 9174, 5.1.1)."""
        return bool(self._silence) and self.now >= self.heard + self._silence

    @property
    def is_idle(self) -> bool:
        """Return whether an established session has done nothing for long (RFC 9174, 6.2)."""
        idle = bool(self._idle_session) and self.deadline is None
        return idle and self.now >= self.worked + self._idle_session

    @property
    def owes_keepalive(self) -> bool:
        """Return whether we owe the peer a sign of life (RFC 9174, 5.1.1)."""
        return bool(self._keepalive) and self.now >= self.spoke + self._keepalive
