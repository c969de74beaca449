"""A contact: one node can hear another for a while, at a rate, from a distance.

All times are integer nanoseconds since 2000-01-01T00:00:00Z. Light time is a
piecewise polynomial evaluated at the moment of transmission, because the range
between Earth and Mars moves by up to 5 s of light a day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import msgspec

from starlight.dtntime import SECOND

UNLIMITED_BPS = 2**63 - 1
"""A rate that takes no time: a link whose capacity does not matter to the plan."""


class LightPiece(msgspec.Struct, frozen=True, gc=False):
    """One-way light time over an interval, as a polynomial.

    Attributes:
        start: where the piece begins, in ns; it holds until the next piece begins.
        span: the unit of the polynomial's argument, in ns.
        coefficients_s: c0, c1, ... of ``sum(c_k * x**k)`` seconds, with ``x = (t - start) / span``.
    """

    start: int
    span: int
    coefficients_s: tuple[float, ...]

    def at(self, time: int) -> int:
        """Return the light time in ns of a signal transmitted at `time`."""
        x = (time - self.start) / self.span
        total = 0.0
        # Horner's scheme, in this order on every machine: light times are compared to the nanosecond.
        for coefficient in reversed(self.coefficients_s):
            total = total * x + coefficient
        return round(total * SECOND)


class Contact(msgspec.Struct, frozen=True, gc=False):
    """One direction of a link over one interval of time; both ends belong to it.

    Attributes:
        id: unique in its plan.
        from_node, to_node: node numbers (allocator * 2**32 + node, RFC 9758).
        start, end: when it can be transmitted over, in ns, measured at the transmitter.
        rates: pieces ``(from ns, bit/s)``, ascending, the first at `start`; 0 carries nothing.
        light: pieces of one-way light time, ascending, the first at or before `start`.
        one_way: nothing can come back over it, as with a radio that is never answered. Whether a transfer
            is acknowledged is the link's affair; over this one it can't be.
        confidence: how likely it is to take place, over 0 up to 1; what is scheduled has 1.
    """

    id: int
    from_node: int
    to_node: int
    start: int
    end: int
    rates: tuple[tuple[int, int], ...]
    light: tuple[LightPiece, ...]
    one_way: bool = False
    confidence: float = 1.0

    def rate_bps(self, time: int) -> int:
        """Return the rate in bit/s at a time inside the contact."""
        rates = self.rates
        if len(rates) == 1:
            return rates[0][1]
        return rates[max(0, bisect_right(rates, time, key=lambda piece: piece[0]) - 1)][1]

    def light_time(self, time: int) -> int:
        """Return the one-way light time in ns of a signal transmitted at `time`."""
        light = self.light
        if len(light) == 1:
            return light[0].at(time)
        return light[max(0, bisect_right(light, time, key=lambda piece: piece.start) - 1)].at(time)

    def last_byte(self, leaves: int, size: int) -> int | None:
        """Return when the last bit of `size` bytes has left, or None when the contact ends before.

        Args:
            leaves: when the first bit leaves, in ns; not before `start`.
            size: in bytes.

        A transmission that ends exactly at `end` fits: window ends are closed.
        """
        rates = self.rates
        if len(rates) == 1:
            rate = rates[0][1]
            if rate == UNLIMITED_BPS or size == 0:
                done = leaves
            elif rate <= 0:
                return None
            else:
                # Rounded up to the ns at which the last bit is really out; integers, so that two nodes
                # that plan the same bundle agree exactly. A float would differ in the last digits by the
                # order of its operations.
                done = leaves + -(-size * 8 * SECOND // rate)
            return done if done <= self.end else None
        bits = size * 8 * SECOND  # in units of 1e-9 bit, so that rate * ns stays an integer
        time = leaves
        index = max(0, bisect_right(rates, time, key=lambda piece: piece[0]) - 1)
        while bits > 0:
            rate = rates[index][1]
            if rate == UNLIMITED_BPS:
                break
            # The contact's end is looked at once, below: a piece may promise more than the contact lasts.
            piece_end = rates[index + 1][0] if index + 1 < len(rates) else None
            if rate > 0 and (piece_end is None or bits <= rate * (piece_end - time)):
                time += -(-bits // rate)
                break
            if piece_end is None:
                return None
            bits -= max(0, rate) * (piece_end - time)
            time = piece_end
            index += 1
        return time if time <= self.end else None

    def volume(self, start: int, end: int) -> int:
        """Return how many whole bytes can leave between two times inside the contact."""
        start, end = max(start, self.start), min(end, self.end)
        if end <= start:
            return 0
        total = 0
        for index, (begin, rate) in enumerate(self.rates):
            finish = self.rates[index + 1][0] if index + 1 < len(self.rates) else end
            # The first piece also holds before its own beginning, as `rate_bps` takes it.
            overlap = min(finish, end) - max(begin if index else start, start)
            if overlap > 0:
                if rate == UNLIMITED_BPS:
                    return UNLIMITED_BPS
                total += rate * overlap
        # Rounded down: a byte that is not whole can't be booked.
        return total // (8 * SECOND)


def constant_light(start: int, light_time_s: float) -> tuple[LightPiece, ...]:
    """Return a light time that does not change, in seconds, as the pieces of a contact."""
    return (LightPiece(start, SECOND, (float(light_time_s),)),)


def by_start(contacts: Iterable[Contact]) -> list[Contact]:
    """Return contacts by start, then id."""
    return sorted(contacts, key=lambda contact: (contact.start, contact.id))
