"""The router of a node: the best route over its contact plan, with what is booked on it.

Answers are remembered, and given again only where they are certain to be what a search would
find. Later questions, further bookings and larger bundles can only make routes slower, so

* as long as the remembered contacts still bring the bundle at the arrival that was the best then,
  they are the best route now: no other has become faster, and what settles ties (hops,
  termination, entry node, ids) does not change with time; this holds while a bundle waits for a
  window;
* as long as they bring it before the earliest arrival that was found for any route but this one
  (the rival), they are the best by the first key alone; this holds in an open window.

A booking given back frees time, and what was remembered before counts again only from the end of
the freed interval on.
"""

from __future__ import annotations

from bisect import bisect_right

from starlight.contacts.plan import ContactPlan
from starlight.routing.bookings import Bookings
from starlight.routing.lanes import NEVER, Busy, Span, index_of
from starlight.routing.route import FOREVER, Route, timed
from starlight.routing.search import Search, follow

MAX_REMEMBERED = 4_096
"""Answers kept: a node of a large plan asks for a few hundred destinations in a few size classes."""

MAX_PATIENCE = 64
"""Searches after which a rival is looked for again, at the latest, where rivals were of no use."""

_Question = tuple[int, int, int, frozenset[int], frozenset[int]]


class _Answer:
    """What is known about one question, for bundles of its size class.

    Attributes:
        now, size, epoch: the time, the size and the count of releases when it was searched.
        arrival: of the best route then; `NEVER` when there was none.
        path: its contacts.
        rival: no other route arrives earlier than this, for any size of the class; None when not known.
        rival_now, rival_epoch: since when that holds.
        patience: how many searches are done without a rival before it is worth looking for one.
        waited: how many of them have been done.
        useful: the rival has saved a search.
    """

    __slots__ = (
        "arrival",
        "epoch",
        "now",
        "path",
        "patience",
        "rival",
        "rival_epoch",
        "rival_now",
        "size",
        "useful",
        "waited",
    )

    def __init__(self, now: int, size: int, epoch: int) -> None:
        self.now = now
        self.size = size
        self.epoch = epoch
        self.arrival = NEVER
        self.path: tuple[Span, ...] = ()
        self.rival: int | None = None
        self.rival_now = now
        self.rival_epoch = epoch
        self.patience = 0
        self.waited = 0
        self.useful = False


class Router:
    """Find routes over a contact plan and book them.

    It is deterministic: an answer depends on the plan, the bookings and the question, and on
    nothing that was asked before.

    Args:
        plan: the contacts; `set_plan` replaces it.
    """

    def __init__(self, plan: ContactPlan) -> None:
        self.set_plan(plan)

    @property
    def plan(self) -> ContactPlan:
        """Return the plan that routes are found in."""
        return self._plan

    def set_plan(self, plan: ContactPlan) -> None:
        """Take a new plan. All bookings are dropped: who holds routes finds and books them anew."""
        self._plan = plan
        self._index = index_of(plan)
        self._busy: Busy = {}
        self._answers: dict[_Question, _Answer] = {}
        self._epoch = 0
        # Releases, as (epoch, end of the freed interval); ends fall, so that bisection finds the
        # latest end since an epoch.
        self._freed: list[tuple[int, int]] = []

    def route(
        self,
        source: int,
        destination: int,
        now: int,
        size: int,
        *,
        expires: int | None = None,
        exclude: frozenset[int] = frozenset(),
        exclude_contacts: frozenset[int] = frozenset(),
    ) -> Route | None:
        """Return the best route, or None when the plan has none.

        The best is the earliest projected arrival, then the fewest hops, then the latest
        termination, then the smallest entry node (CCSDS 734.3-B-1, 3.2.8.1.4 a); what is booked is not free.

        Args:
            source, destination: node numbers; where they are the same, the route has no hops.
            now: when the bundle is at the source, in ns.
            size: in bytes.
            expires: the route must arrive by this time, in ns.
            exclude: neighbours of the source that the bundle must not be handed to.
            exclude_contacts: ids of contacts that it must not use.
        """
        if source == destination:
            found: Route | None = Route((), now, FOREVER, destination, size)
        else:
            question = (source, destination, size.bit_length(), exclude, exclude_contacts)
            found = self._known_or_searched(question, now, size)
        if found is None or (expires is not None and found.arrival > expires):
            return None
        return found

    def book(self, route: Route) -> None:
        """Take the time that a route needs on each of its contacts from later routes."""
        for hop in route.hops:
            if hop.last_byte > hop.leaves:
                bookings = self._busy.get(hop.contact.id)
                if bookings is None:
                    bookings = self._busy[hop.contact.id] = Bookings()
                bookings.add(hop.leaves, hop.last_byte)

    def release(self, route: Route) -> None:
        """Give back what `book` took for this route; hops that are not booked are passed over.

        A node does so when the bundle has left or goes another way; not for routes that were
        booked before `set_plan`, which has dropped them.
        """
        for hop in route.hops:
            bookings = self._busy.get(hop.contact.id)
            if bookings is None or not bookings.remove(hop.leaves, hop.last_byte):
                continue
            if bookings.empty:
                del self._busy[hop.contact.id]
            self._epoch += 1
            while self._freed and self._freed[-1][1] <= hop.last_byte:
                self._freed.pop()
            self._freed.append((self._epoch, hop.last_byte))

    def bookings(self, contact: int) -> list[tuple[int, int]]:
        """Return the busy time ``(from, to)`` of a contact, in ns, ascending, what touches joined."""
        bookings = self._busy.get(contact)
        return bookings.busy() if bookings else []

    def _known_or_searched(self, question: _Question, now: int, size: int) -> Route | None:
        answer = self._answers.get(question)
        if answer is not None and now >= answer.now:
            if answer.arrival == NEVER:
                if size >= answer.size and self._holds(answer.epoch, now):
                    return None
            else:
                found = self._again(answer, question, now, size)
                if found is not None:
                    return found
        return self._searched(question, now, size, answer)

    def _again(self, answer: _Answer, question: _Question, now: int, size: int) -> Route | None:
        """Return the remembered route at its times now, or None where another may be better."""
        timings = follow(answer.path, now, size, self._busy)
        if timings is None:
            return None
        arrival = timings[-1][2]
        if not (arrival == answer.arrival and size >= answer.size and self._holds(answer.epoch, now)):
            if answer.rival is None and answer.waited >= answer.patience:
                self._find_rival(answer, question, now, size)
            if answer.rival is None or now < answer.rival_now or arrival >= answer.rival:
                return None
            if not self._holds(answer.rival_epoch, now):
                return None
            answer.useful = True
        return timed([span.contact for span in answer.path], timings, now, size)

    def _searched(self, question: _Question, now: int, size: int, before: _Answer | None) -> Route | None:
        source, destination, _, exclude, banned = question
        answer = _Answer(now, size, self._epoch)
        if before is not None:
            useless = before.rival is not None and not before.useful
            if useless:
                answer.patience = min(MAX_PATIENCE, 2 * before.patience + 1)
            elif before.rival is None:
                answer.patience, answer.waited = before.patience, before.waited + 1
        path = Search(self._index, self._busy, source, destination, now, size, exclude, banned).best()
        if before is None and len(self._answers) >= MAX_REMEMBERED:
            self._answers.clear()
        self._answers[question] = answer
        if path is None:
            return None
        timings = follow(path, now, size, self._busy)
        assert timings is not None, "the search found contacts that can't carry the bundle"
        answer.path = path
        answer.arrival = timings[-1][2]
        return timed([span.contact for span in path], timings, now, size)

    def _find_rival(self, answer: _Answer, question: _Question, now: int, size: int) -> None:
        """Find the earliest arrival of any other route: one that does without one of its contacts."""
        source, destination, bits, exclude, banned = question
        smallest = 1 << (bits - 1) if bits else 0
        rival = NEVER
        for span in answer.path:
            without = banned | {span.id}
            search = Search(self._index, self._busy, source, destination, now, smallest, exclude, without)
            rival = min(rival, search.earliest()[0])
        answer.rival, answer.rival_now, answer.rival_epoch = rival, now, self._epoch

    def _holds(self, epoch: int, now: int) -> bool:
        """Whether nothing that was freed since a count of releases lies after `now`."""
        since = bisect_right(self._freed, (epoch, NEVER))
        return since == len(self._freed) or self._freed[since][1] <= now
