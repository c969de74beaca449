"""The bookings of a router: the time of every contact, by priority, and what has become free again.

Theory of operation. What is booked at a priority is entered at that one and at all below, so that each
priority has its own picture of every contact, and a bundle reads one only: what it waits for. An urgent
bundle does not see what is booked below it and may be given the same time; there, `ContactBookings` lets
both keep what they need.

Freed time is the one thing by which a route can become better while the plan stays. So each release is
counted, with the end of the time that it may have freed: an answer that was found before holds for a bundle
that is ready after that end, as nothing that it could use has changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from starlight.routing.contact_bookings import NEVER_YET, ContactBookings
from starlight.routing.link_contacts import NEVER, Busy
from starlight.routing.route import Route
from starlight.routing.volume import URGENCIES, BundleSizes, HopLimit, Priority, effective_limits


class Bookings:
    """The bookings of one router over all contacts of its plan.

    Args:
        sizes: how long a bundle takes a contact.

    Attributes:
        busy: for each `Priority`, then `CRITICAL`, what a bundle of it waits for, by contact; read only.
        releases: how often time that was booked has become free.
    """

    __slots__ = ("_freed", "_shared", "_sizes", "busy", "releases")

    def __init__(self, sizes: BundleSizes) -> None:
        self._sizes = sizes
        self.busy: tuple[Busy, ...] = tuple({} for _ in range(URGENCIES))
        self.releases = 0
        self._shared: set[int] = set()  # contacts whose bookings are another's too, so they are not changed
        # As (count, end of what it freed). A release that reaches further makes those before it needless,
        # so ends fall and bisection finds the latest end since a count.
        self._freed: list[tuple[int, int]] = []

    def book(self, route: Route) -> None:
        """Take the time that a route needs on each of its contacts from later routes.

        Those of a higher priority do not see it. Where it takes time that is booked at a lower
        one, what is booked there keeps as much time, from the next that is free.
        """
        for hop in route.hops:
            if hop.contact.id in self._shared:
                self._unshare(hop.contact.id)
            until = self._sizes.booked_until(hop.contact, hop.leaves, hop.last_byte, route.size)
            # What takes no time books nothing: it must not leave an entry that nobody would take out again.
            if until > hop.leaves:
                for busy in self.busy[: route.priority + 1]:
                    bookings = busy.get(hop.contact.id)
                    if bookings is None:
                        bookings = busy[hop.contact.id] = ContactBookings()
                    bookings.add(hop.leaves, until)

    def release(self, route: Route) -> None:
        """Give back what `book` took for this route; hops that are not booked are passed over.

        A node does so when the bundle has left or goes another way; not for routes that were
        booked before the router got another plan, for which it has other bookings.
        """
        for hop in route.hops:
            until = self._sizes.booked_until(hop.contact, hop.leaves, hop.last_byte, route.size)
            for busy in self.busy[: route.priority + 1]:
                bookings = busy.get(hop.contact.id)
                if bookings is not None:
                    self._note_freed(bookings.remove(hop.leaves, until))
                    # A node runs for years: what is kept of contacts is bounded by what is booked.
                    if bookings.empty:
                        del busy[hop.contact.id]

    def depart(self, route: Route, until: int) -> None:
        """Take note that a bundle begins to leave over the first contact of its route, which is booked.

        That hop is not booked any more, so it must not be released: what is on the air is there for
        every priority, as nobody goes before it.

        Args:
            route: booked here.
            until: when its last byte leaves, in ns.
        """
        hop = route.hops[0]
        booked_until = self._sizes.booked_until(hop.contact, hop.leaves, hop.last_byte, route.size)
        for level, bookings in enumerate(self._at_each_priority(hop.contact.id)):
            # Above its priority it was not booked, but now that it is on the air it is in everybody's way.
            if level <= route.priority:
                self._note_freed(bookings.depart(hop.leaves, booked_until, until))
            else:
                self._note_freed(bookings.occupy(until))

    def occupy(self, contact: int, until: int) -> None:
        """Let nothing leave over a contact, given by its id, before a time, in ns, at any priority."""
        if contact in self._shared:
            self._unshare(contact)
        for bookings in self._at_each_priority(contact):
            self._note_freed(bookings.occupy(until))

    def drop(self, contact: int) -> None:
        """Forget what is booked on a contact, and what is on the air, when it is over or taken out.

        That frees nothing: on a contact that is over, or is no more, nobody finds time.

        Args:
            contact: its id.
        """
        for busy in self.busy:
            busy.pop(contact, None)

    def on(self, contact: int, priority: int = Priority.BULK) -> list[tuple[int, int]]:
        """Return the busy time ``(from, to)`` of a contact, in ns, ascending, what touches joined.

        Args:
            contact: its id.
            priority: only what a bundle of this priority waits for.
        """
        bookings = self.busy[priority].get(contact)
        return bookings.busy() if bookings else []

    def busy_until(self, contact: int, priority: int = Priority.BULK) -> int:
        """Return until when a contact, given by its id, is busy with what a priority waits for, in ns."""
        bookings = self.busy[priority].get(contact)
        return bookings.end if bookings else NEVER_YET

    def turns(self, contact: int, priority: int) -> dict[tuple[int, int], int]:
        """Return when what is booked on a contact at one priority leaves, by booked interval, in ns.

        Args:
            contact: its id.
            priority: of the bundles; those above it go first.
        """
        levels = [busy.get(contact) or ContactBookings() for busy in self.busy[priority : priority + 2]]
        return levels[0].turns(levels[1] if len(levels) > 1 else ContactBookings())

    def limits(self, route: Route) -> list[HopLimit]:
        """Return for each hop what its contact can carry for the route, which must not be booked."""
        busy = self.busy[route.priority]
        return effective_limits(
            [hop.contact for hop in route.hops],
            [hop.leaves for hop in route.hops],
            [busy.get(hop.contact.id) for hop in route.hops],
        )

    def without(self, routes: Iterable[Route]) -> Bookings:
        """Return the bookings of now but for those of some routes.

        They can be read, and added to by `book` and `occupy`. What these routes do not touch is shared until
        something is added there, as a copy of all bookings would cost more than what is asked of it.
        """
        routes = list(routes)
        other = Bookings(self._sizes)
        ids = {hop.contact.id for route in routes for hop in route.hops}
        other.busy = tuple(
            {id: bookings.copy() if id in ids else bookings for id, bookings in busy.items()}
            for busy in self.busy
        )
        other._shared = {id for busy in self.busy for id in busy if id not in ids}
        for route in routes:
            other.release(route)
        return other

    def nothing_freed(self, since: int, ready: int) -> bool:
        """Return whether nothing was freed that a bundle could use.

        Args:
            since: a count of `releases`; those after it matter.
            ready: from when on the bundle could use it, in ns.
        """
        place = bisect_right(self._freed, (since, NEVER))
        return place == len(self._freed) or self._freed[place][1] <= ready

    def _note_freed(self, until: int | None) -> None:
        """Take note until when time may have become free, in ns, if any has."""
        if until is None:
            return
        self.releases += 1
        while self._freed and self._freed[-1][1] <= until:
            self._freed.pop()
        self._freed.append((self.releases, until))

    def _unshare(self, contact: int) -> None:
        """Copy what is shared of a contact, given by its id, so that it can be changed."""
        self._shared.discard(contact)
        for busy in self.busy:
            if contact in busy:
                busy[contact] = busy[contact].copy()

    def _at_each_priority(self, contact: int) -> list[ContactBookings]:
        found = []
        for busy in self.busy:
            bookings = busy.get(contact)
            if bookings is None:
                bookings = busy[contact] = ContactBookings()
            found.append(bookings)
        return found
