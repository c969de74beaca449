"""Ping through a running node: send to an echo at regular times, and take what comes back."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

from starlight.client.bundle_client import BundleClient
from starlight.dtntime import DAY, MILLISECOND, SECOND
from starlight.services.ping import HEAD, PingAnswer, PingRun, RoundTrip, SentPing
from starlight.services.units import Happened, UnitToSend

FORESEEN_S = 366 * DAY / SECOND
"""How far ahead a way is looked for: beyond any conjunction; what waits for longer is no way to try out."""

LIFETIME_MIN_S = 60.0
"""What is sent lives as long as its answer is waited for, and no shorter."""

LOOK_EVERY_S = 10.0
"""Seconds of the wall after which the mission's clock is read again: its rate may change meanwhile."""


class Pinged(NamedTuple):
    """The address of an echo, and how it is asked.

    Attributes:
        to: endpoint id as text.
        times: how often.
        interval_s: from one to the next, in s of mission time.
        size_bytes: of a payload.
        timeout_s: how long after it was expected an answer is waited for, in s of mission time.
        priority: 0 bulk, 1 normal, 2 expedited.
    """

    to: str
    times: int
    interval_s: float
    size_bytes: int
    timeout_s: float
    priority: int


class Pinging:
    """The pings of one run through a node.

    Args:
        client: a service number of the node.
        asked: what is asked of which echo.
        run: what becomes of it.
    """

    def __init__(self, client: BundleClient, asked: Pinged, run: PingRun) -> None:
        self._client = client
        self._asked = asked
        self._run = run
        self._is_sending = self._is_interrupted = False

    def expect(self) -> RoundTrip:
        """Return what is to be expected of a ping that is sent now.

        Raises:
            InputError: it can't be sent so.
        """
        asked = self._asked
        return self._client.round_trip(asked.to, asked.size_bytes, FORESEEN_S)

    def carry_on(self, tell: Callable[[PingAnswer], object]) -> None:
        """Send all pings, and take answers until all are there or are not waited for any more.

        Args:
            tell: is told of all that comes.

        Raises:
            InputError, StarlightError: as `BundleClient.send` and `receive`.
        """
        due = time.monotonic()
        while True:
            if len(self._run.pings) < self._asked.times and time.monotonic() >= due:
                rate = self._send().rate
                due += self._asked.interval_s / rate if rate > 0 else LOOK_EVERY_S
            wait_s = self._wait_s(due)
            if wait_s is None:
                return
            received = self._client.receive(wait_s)
            if received is None:
                continue
            tell(self._run.take(received.payload, received.source, received.arrived))
            # What is no ping at all is not ours to take: it stays in the node for whoever it is for.
            if received.payload.startswith(HEAD):
                self._client.acknowledge(received.id)

    def end(self) -> dict[int, bool]:
        """Take back what has not left and say of each ping without an answer whether it has."""
        missing = self._run.missing
        for ping in missing:
            self._client.withdraw(ping.id)
        left = {news.id for news in self._client.news(0, 0) if news.what is Happened.DEPARTED}
        return {ping.sequence: ping.id in left for ping in missing}

    def interrupt(self) -> None:
        """End it as Ctrl-C does, once what is being sent is known by its id, so that it can be taken back."""
        self._is_interrupted = True
        if not self._is_sending:
            raise KeyboardInterrupt

    def _send(self) -> RoundTrip:
        """Send the next one.

        Raises:
            KeyboardInterrupt: it was interrupted meanwhile.
        """
        self._is_sending = True
        try:
            foreseen = self._sent()
        finally:
            self._is_sending = False
        if self._is_interrupted:
            raise KeyboardInterrupt
        return foreseen

    def _sent(self) -> RoundTrip:
        asked, sequence = self._asked, len(self._run.pings) + 1
        foreseen = self.expect()
        expected = foreseen.returns
        deadline = (expected or foreseen.arrives or foreseen.at) + round(asked.timeout_s * SECOND)
        lifetime_s = max(LIFETIME_MIN_S, float(math.ceil((deadline - foreseen.at) / SECOND)))
        unit = UnitToSend(asked.to, self._run.payload(sequence), lifetime_s, asked.priority)
        id = self._client.send(unit).id
        # The time at which its bundle was made is in its name.
        sent = int(id.rsplit("/", 2)[1]) * MILLISECOND
        if expected is not None and not foreseen.waits:
            # Over an open way the answer is later by as much as the question was sent later than foreseen.
            expected += sent - foreseen.at
        self._run.pings.append(SentPing(sequence, id, sent, expected, deadline))
        return foreseen

    def _wait_s(self, due: float) -> float | None:
        """Return for how many seconds of the wall to wait for what comes; None where nothing is to come."""
        if len(self._run.pings) < self._asked.times:
            return min(max(due - time.monotonic(), 0.0), LOOK_EVERY_S)
        until = self._run.waits_until()
        if until is None:
            return None
        clock = self.expect()
        if clock.at > until:
            return None
        left_s = (until - clock.at) / SECOND
        return min(left_s / clock.rate + 0.01, LOOK_EVERY_S) if clock.rate > 0 else LOOK_EVERY_S
