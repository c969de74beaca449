"""Forecasts of the parts of a letter: when each would be whole at the other end, by what is booked now.

Theory of operation. Parts follow their letter in their order, a chunk after the other, each in a bundle of
its own that goes on as soon as it is whole. So the letter and then chunk after chunk are routed and booked as
the node will, in a copy of its bookings: each finds what those before it left. Of a part in very many chunks
some are taken together, which fill the same contacts; the last is always foreseen alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from starlight.dtntime import MILLISECOND
from starlight.messages.delivery import DeliveryState
from starlight.messages.dispatch import Expected, Sent, part_priority
from starlight.messages.forecast import MessageForecaster
from starlight.messages.hash_tree import HASH_BYTES
from starlight.messages.legs import legs_of
from starlight.messages.letter import Letter
from starlight.messages.parts import Part, chunk_count
from starlight.node.forecast import Outgoing
from starlight.postoffice.resend import outgoing_of
from starlight.routing import Route, Router, RouteRequest, split

CHUNK_FRAME_BYTES = 29
"""Keys and lengths around the bytes of a chunk, and the id of its letter."""

PATH_STEP_BYTES = HASH_BYTES + 2
"""A hash and its length."""

HEADER_BYTES = 90
"""A bundle besides its payload (`docs/reference/letter-format.md`, On the wire)."""

FRAGMENT_BYTES = 20
"""A fragment besides that: its place in the whole, and where it came from."""

STEPS_MAX = 12
"""Forecasts a part at most: each is a search for a route, and a person waits for the answer."""


class PartSize(msgspec.Struct, frozen=True):
    """The size of a part, in bytes.

    Attributes:
        size: of all of it; 0 where it goes in its letter.
        chunk_size: of what goes in one bundle.
    """

    size: int
    chunk_size: int

    @classmethod
    def of(cls, part: Part) -> PartSize:
        """Return the size of a part of a letter."""
        return cls(0 if part.data is not None else part.size, part.chunk_size)


class PartForecast(msgspec.Struct, frozen=True):
    """The expectation of a part of a letter that would be sent now.

    Attributes:
        leaves: when its first byte leaves, in ns; None where no route is known.
        arrives: when it is whole at the other end; None where no route is known for all of it.
        route: of what of it arrives last.
    """

    leaves: int | None
    arrives: int | None
    route: Route | None = None


class PartForecasts:
    """The forecasts of parts that leave one node.

    Args:
        forecaster: of the node.
    """

    def __init__(self, forecaster: MessageForecaster) -> None:
        self._forecaster = forecaster

    def arrivals(
        self,
        letter: Outgoing,
        parts: Sequence[PartSize],
        now: int,
        *,
        bulk: bool = False,
        booked: Sequence[Route] | None = None,
    ) -> tuple[PartForecast, ...]:
        """Return what to expect of parts that follow a letter, one after the other.

        Args:
            letter: how the letter is submitted.
            parts: their sizes, in order.
            now: in ns.
            bulk: they fill only what nothing else needs.
            booked: what the node has booked for chunks of them, where it has taken the letter already.
        """
        found = self._forecaster.forecast(letter, now)
        with_words = PartForecast(found.leaves, found.arrives, found.route)
        if found.destination == self._forecaster.node:
            return (with_words,) * len(parts)
        chunk = replace(letter, priority=part_priority(letter.priority, bulk=bulk), critical=False)
        # Their own bookings are no reason for them to wait; that of the letter, which goes first, is.
        free = self._forecaster.foreseen_by.router.without(booked or ())
        for route in found.routes if booked is None else ():
            free.bookings.book(route)
        is_known, told = found.arrives is not None and found.destination is not None, []
        for part in parts:
            if not part.size:
                told.append(with_words)
            elif is_known:
                told.append(self._part(chunk, part, free, now))
                is_known = told[-1].arrives is not None
            else:
                told.append(PartForecast(None, None))
        return tuple(told)

    def of_course(
        self, letter: Letter, sent: Sent, now: int, booked: Sequence[Route] | None = None
    ) -> dict[int | None, Expected]:
        """Return what to expect of the parts of a letter that wait to leave, by number, as of a time in ns.

        Args:
            letter: as it goes by the course.
            sent: what is known of that.
            now: from when on they leave.
            booked: as in `arrivals`.
        """
        waiting = [each for each in sent.parts if each.state in (DeliveryState.WRITTEN, DeliveryState.QUEUED)]
        if not waiting:
            return {}
        words = outgoing_of(letter.sender, letter.to, sent, sent.dispatch, now)
        sizes = [PartSize.of(letter.parts[each.part or 0]) for each in waiting]
        expected: dict[int | None, Expected] = {}
        told = self.arrivals(words, sizes, now, bulk=sent.bulk_parts, booked=booked)
        for each, found in zip(waiting, told, strict=True):
            outgoing = replace(words, payload_bytes=each.size_bytes)
            back = self._forecaster.receipt_at(outgoing, found.arrives)
            legs = legs_of(found.route) if found.route else ()
            expected[each.part] = Expected(found.leaves, found.arrives, back, legs)
        return expected

    def _part(self, chunk: Outgoing, part: PartSize, booked: Router, now: int) -> PartForecast:
        """Return what to expect of a part whose chunks go by what is free on a router, and book it there."""
        count = chunk_count(part.size, part.chunk_size)
        frame = CHUNK_FRAME_BYTES + (count - 1).bit_length() * PATH_STEP_BYTES
        together = -(-count // STEPS_MAX)
        found: list[Route] = []
        first = 0
        while first < count:
            number = min(together, max(1, count - 1 - first))
            data = min(number * part.chunk_size, part.size - first * part.chunk_size)
            # Each chunk is a bundle, so what is taken together has as many headers as there are chunks.
            frames = frame + (number - 1) * (frame + HEADER_BYTES)
            routes = self._routes(replace(chunk, payload_bytes=data + frames), booked, now)
            if not routes:
                return PartForecast(min((each.leaves for each in found), default=None), None)
            for route in routes:
                booked.bookings.book(route)
            found += routes
            first += number
        # A small one may find room in a contact that was too full for those before it.
        last = max(found, key=lambda each: each.arrival)
        return PartForecast(min(each.leaves for each in found), last.arrival, last)

    def _routes(self, chunk: Outgoing, booked: Router, now: int) -> list[Route]:
        """Return the routes of a bundle by what is free on a router, of its fragments where it is cut."""
        forecaster = self._forecaster
        destination = forecaster.node_of(chunk.destination)
        assert destination is not None, "the letter has a route there"
        size = forecaster.foreseen_by.bundle_bytes(chunk, now)
        expires = now + chunk.lifetime_ms * MILLISECOND
        request = RouteRequest(forecaster.node, destination, now, size, expires, chunk.priority)
        route = booked.route(request)
        if route:
            return [route]
        fragments = split(booked, replace(request, size=size + FRAGMENT_BYTES), HEADER_BYTES + FRAGMENT_BYTES)
        return [each.route for each in fragments or ()]
