"""The outcomes of transfers that this node sends, told to the engine when light would have brought them.

The engine plans with what it is told, so it must not know sooner than the mission allows: an
acknowledgement that crossed a cable in a millisecond is told one light time after the bundle has reached
the peer. That delay is the engine's to impose (`TransmissionAcknowledged.known`), so that it outlasts a
restart. What never left is told at once: nothing of it was on the air. So is what has left over a link, or a
contact, that never acknowledges.
"""

from __future__ import annotations

from collections.abc import Callable

from starlight import links
from starlight.links import Refusal
from starlight.live.clock import MissionClock, MissionTimers
from starlight.neighbours.light import Light
from starlight.neighbours.link_status import Tally
from starlight.node import events
from starlight.node.actions import Transmit

RETRY_S = 1.0
"""How long a refusal for want of room is kept from the engine, which would at once send again."""

_TRY_AGAIN = {Refusal.NO_RESOURCES, Refusal.RETRY}

Outcome = links.TransferSent | links.TransferAcknowledged | links.TransferRefused | links.TransferFailed
"""The events of a link that end a transfer."""


class TransferOutcomes:
    """Tells the engine what became of what it sent; each `Transmit` gets exactly one outcome.

    Args:
        node: our number.
        clock: mission time.
        light: what is imposed.
        timers: keep what is not told yet.
        tell: takes the engine's events.
        tally: returns the counts of a peer.
    """

    def __init__(
        self,
        node: int,
        clock: MissionClock,
        light: Light,
        timers: MissionTimers,
        tell: Callable[[events.Event], None],
        tally: Callable[[int], Tally],
    ) -> None:
        self._node = node
        self._clock = clock
        self._light = light
        self._timers = timers
        self._tell = tell
        self._tally = tally

    def take(self, transmit: Transmit, outcome: Outcome) -> None:
        """Tell what a link says of a transfer."""
        match outcome:
            case links.TransferSent():
                self._sent(transmit)
            case links.TransferAcknowledged():
                self._acknowledged(transmit)
            case links.TransferRefused(_, reason):
                self._refused(transmit, reason)
            case links.TransferFailed(_, reason):
                self.failed(transmit, reason)

    def failed(self, transmit: Transmit, reason: str, *, refused: bool = False) -> None:
        """Tell that it did not get there; where it was refused the engine does not try this peer again."""
        tally = self._tally(transmit.peer)
        tally.failed += 1
        tally.erred(reason, self._clock.now())
        self._tell(events.TransmissionFailed(transmit.key, transmit.peer, reason, refused))

    def eaten(self, transmit: Transmit, *, acknowledged: bool) -> None:
        """Tell what is known of a transfer that a cut link ate.

        Args:
            transmit: what was sent.
            acknowledged: it would have been answered, so it fails when the answer would have come and does
                not.
        """
        if acknowledged and not transmit.one_way:
            self._timers.at(self._known(transmit), self.failed, transmit, "the link is cut")
        else:  # It has left, and nobody here can learn more.
            self._timers.at(transmit.last_byte, self._sent, transmit)

    def reaches(self, transmit: Transmit) -> int:
        """Return when light brings a transfer to its peer, in ns of mission time."""
        return self._light.reaches(self._node, transmit.peer, transmit.last_byte, transmit.reaches)

    def _sent(self, transmit: Transmit) -> None:
        self._tell(events.TransmissionSent(transmit.key, transmit.peer))

    def _acknowledged(self, transmit: Transmit) -> None:
        self._tally(transmit.peer).acknowledged += 1
        if transmit.one_way:
            self._sent(transmit)  # The cable acknowledges; the radio that it stands for never would.
        else:
            self._tell(events.TransmissionAcknowledged(transmit.key, transmit.peer, self._known(transmit)))

    def _refused(self, transmit: Transmit, reason: Refusal) -> None:
        if reason is Refusal.COMPLETED:
            self._acknowledged(transmit)
        elif reason in _TRY_AGAIN:
            # Of the wall: it is a machine that lacks room, and it
            # frees none sooner because the mission's time is fast.
            self._timers.after_s(RETRY_S, self.failed, transmit, reason.value)
        else:
            self.failed(transmit, reason.value, refused=True)

    def _known(self, transmit: Transmit) -> int:
        return self._light.acknowledged(self._node, transmit.peer, self.reaches(transmit))
