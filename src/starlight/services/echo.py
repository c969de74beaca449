"""Echo: sends each payload back to who sent it, so that a path can be tried out from one end."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from starlight.bundle import EndpointID
from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE
from starlight.node.application import Claim, DataUnit, Request, Submit
from starlight.services.service import Service

ECHO = 2047
"""The service number of echo where nobody says otherwise; other nodes' implementations use it too."""

LIFETIME_MAX = 30 * DAY
"""An answer lives as long as its question did, which was enough for one way; but no longer than this, as it
fills the stores of others."""

LIFETIME_MIN = MINUTE
"""And no shorter: a question that was given seconds says nothing about the way back."""

ANSWERS_MAX = 64
"""Answers to the same payload from the same source within an hour. Two echoes that were set on each other, by
a bundle with a forged source, throw one payload to and fro; who tries a path out does not ask that often."""

REMEMBERED = 1_024
"""Payloads whose answers are counted; some 200 B each."""


class Echo(Service):
    """An echo at an endpoint.

    It never answers the null endpoint, a node's administrative endpoint, or an echo: what came from its own
    service number or the usual one.

    Args:
        endpoint: where it is, as text.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._silent = {0, ECHO, EndpointID.parse(endpoint).service}
        self._sent = 0
        self._answered: OrderedDict[bytes, tuple[int, int]] = OrderedDict()  # since when, how often

    def resume(self, now: int) -> Sequence[Request]:
        """Claim its endpoint."""
        return (Claim(self._endpoint),)

    def delivered(self, unit: DataUnit, now: int) -> Sequence[Request]:
        """Send a payload back, in the commit that takes it."""
        source = EndpointID.parse(unit.source)
        if source.is_null or source.service in self._silent or not self._may_answer(unit, now):
            return ()
        # As its source counts, whose clock may be days off: a creation that has not come is none.
        lifetime = unit.expires - (now if unit.created is None else min(unit.created, now))
        lifetime_ms = min(max(lifetime, LIFETIME_MIN), LIFETIME_MAX) // MILLISECOND
        self._sent += 1
        return (
            Submit(
                str(self._sent),
                self._endpoint,
                unit.source,
                unit.payload,
                lifetime_ms,
                priority=unit.priority,
            ),
        )

    def _may_answer(self, unit: DataUnit, now: int) -> bool:
        seen = hashlib.blake2b(unit.source.encode() + b"\0" + unit.payload, digest_size=16).digest()
        # Taken out and put back, so that the one asked longest ago is the first to be forgotten.
        since, count = self._answered.pop(seen, (now, 0))
        if now - since >= HOUR:
            since, count = now, 0
        self._answered[seen] = since, count + 1
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        return count < ANSWERS_MAX
