"""What a router remembers of its answers, and when they are certain to be what a search would find.

Later questions, further bookings and larger bundles can only make routes slower, so

* as long as the remembered contacts still bring the bundle at the arrival that was the best then,
  they are the best route now: no other has become faster, and what settles ties (hops,
  termination, entry node, ids) does not change with time; this holds while a bundle waits for a
  window;
* where they bring it later, `OptimalityProof` mostly shows that every other route has become as slow. It is
  made when a search was in vain.

A booking given back frees time, and what was remembered before counts again only from the end of
the freed interval on.
"""

from __future__ import annotations

from bisect import bisect_right

from msgspec.structs import replace

from starlight.routing.following import follow
from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import NEVER, Busy, SearchContact
from starlight.routing.optimality_proof import OptimalityProof, stand
from starlight.routing.request import RouteRequest
from starlight.routing.search import Search

MAX_REMEMBERED = 4_096
"""Answers kept: a node of a large plan asks for a few hundred destinations in a few size classes."""

MAX_STANDING = 256
"""Of these, how many with why they stand: that takes some kilobytes each."""

MAX_PATIENCE = 64
"""Searches after which it is worth another look, at the latest, why an answer stands."""

FIRST_AHEAD, MAX_AHEAD = 256, 4_096
"""How many delays like the last one an answer shall stand: at first, and where that was too few."""

Question = tuple[int, int, int, frozenset[int], frozenset[int], frozenset[int], int]
"""Source, destination, size class, excluded neighbours, contacts and nodes, priority: an answer's key."""

Found = tuple[tuple[SearchContact, ...], int]
"""The contacts of a route, and its projected arrival in ns."""


class _Answer:
    """What is known about one question, for bundles of its size class.

    Attributes:
        now, size, epoch: the time, the size and the count of releases when it was searched.
        arrival: of the best route then; `NEVER` when there was none.
        path: its contacts.
        patience: how many searches are done before it is worth to look why the answer stands.
        waited: how many of them have been done.
        ahead: how many delays like the last one it shall stand.
    """

    __slots__ = ("ahead", "arrival", "epoch", "now", "path", "patience", "size", "waited")

    def __init__(self, now: int, size: int, epoch: int) -> None:
        self.now = now
        self.size = size
        self.epoch = epoch
        self.arrival = NEVER
        self.path: tuple[SearchContact, ...] = ()
        self.patience = 0
        self.waited = 0
        self.ahead = FIRST_AHEAD


class _Stand:
    """Why an answer stands, since which count of releases, and how often that was of use."""

    __slots__ = ("epoch", "standing", "useful")

    def __init__(self, standing: OptimalityProof, epoch: int) -> None:
        self.standing = standing
        self.epoch = epoch
        self.useful = 0


class AnswerMemory:
    """The answers of one router to what it was asked since its plan was set.

    Args:
        index: the plan.

    Attributes:
        epoch: the count of releases.
    """

    def __init__(self, index: PlanIndex) -> None:
        self._index = index
        self._answers: dict[Question, _Answer] = {}
        self._stands: dict[Question, _Stand] = {}
        self._gone: set[int] = set()  # Contacts taken out of the plan that answers may still go by.
        self.epoch = 0
        # Releases, as (epoch, end of the freed interval); ends fall, so that bisection finds the
        # latest end since an epoch.
        self._freed: list[tuple[int, int]] = []

    def best(self, request: RouteRequest, busy: Busy) -> Found | None:
        """Return the contacts of the best route and its projected arrival, or None when there is none.

        Args:
            request: as `RouteRequest.to_search` returns it; source and destination are not the same.
            busy: what is booked at its priority.
        """
        now, size = request.ready, request.size
        asked = (
            request.source,
            request.destination,
            size.bit_length(),
            request.exclude,
            request.exclude_contacts,
            request.avoid,
            request.priority,
        )
        answer = self._answers.get(asked)
        if answer is not None and self._gone and self._goes_by_what_is_gone(answer, asked):
            answer = None
            self._stands.pop(asked, None)
        if answer is not None and now >= answer.now:
            if answer.arrival == NEVER:
                if size >= answer.size and self._holds(answer.epoch, now):
                    return None
            else:
                found = self._again(answer, asked, now, size, busy)
                if found is not None:
                    return found
        answer = self._searched(asked, request, busy, answer)
        return None if answer.arrival == NEVER else (answer.path, answer.arrival)

    def free(self, until: int) -> None:
        """Note that time of a contact up to some time, in ns, is no longer booked."""
        self.epoch += 1
        while self._freed and self._freed[-1][1] <= until:
            self._freed.pop()
        self._freed.append((self.epoch, until))

    def amend(self, index: PlanIndex, gone: set[int], *, more: bool) -> None:
        """Take a plan that differs in a few contacts.

        Args:
            index: of that plan.
            gone: ids of contacts that it has no more. Without a contact no route becomes better:
                what does not use it stays the best.
            more: there are others that it did not have.
        """
        self._index = index
        if more:
            self._answers, self._stands, self._gone = {}, {}, set()
        else:
            self._gone |= gone

    def _again(self, answer: _Answer, asked: Question, now: int, size: int, busy: Busy) -> Found | None:
        """Return the best route where it is known without a search."""
        timings = follow(answer.path, now, size, busy)
        as_then = timings is not None and timings[-1][2] == answer.arrival
        if as_then and size >= answer.size and self._holds(answer.epoch, now):
            return answer.path, answer.arrival
        why = self._stands.get(asked)
        if why is None or not self._holds(why.epoch, now):
            return None
        found = why.standing.best(now, size, busy, answer.path, timings)
        why.useful += found is not None
        return found

    def _searched(
        self, asked: Question, request: RouteRequest, busy: Busy, before: _Answer | None
    ) -> _Answer:
        answer = _Answer(request.ready, request.size, self.epoch)
        path = Search(self._index, busy, request).best()
        if before is None and len(self._answers) >= MAX_REMEMBERED:
            self._answers.clear()
            self._stands.clear()
        self._answers[asked] = answer
        if path is not None:
            timings = follow(path, request.ready, request.size, busy)
            assert timings is not None, "the search found contacts that can't carry the bundle"
            answer.path = path
            answer.arrival = timings[-1][2]
        if before is not None:
            self._look_why(answer, before, asked, request, busy)
        return answer

    def _look_why(
        self, answer: _Answer, before: _Answer, asked: Question, request: RouteRequest, busy: Busy
    ) -> None:
        """Find why an answer stands, where a search for it was in vain."""
        answer.patience, answer.waited, answer.ahead = before.patience, before.waited, before.ahead
        why = self._stands.pop(asked, None)
        size = answer.size
        if why is not None:
            size = min(size, why.standing.size)
            if not why.useful:
                answer.patience, answer.waited = min(MAX_PATIENCE, 2 * before.patience + 1), 0
            elif answer.arrival > why.standing.horizon:
                answer.ahead = min(MAX_AHEAD, 4 * before.ahead)
        delay = answer.arrival - before.arrival
        if answer.path != before.path or not answer.path or delay <= 0:
            return
        answer.waited += 1
        if answer.waited <= answer.patience:
            return
        answer.waited = 0
        horizon = answer.arrival + answer.ahead * delay
        standing = stand(self._index, busy, replace(request, size=size), answer.path, horizon)
        if standing is None:
            answer.patience = min(MAX_PATIENCE, 2 * answer.patience + 1)
            return
        if len(self._stands) >= MAX_STANDING:
            del self._stands[next(iter(self._stands))]
        self._stands[asked] = _Stand(standing, self.epoch)

    def _goes_by_what_is_gone(self, answer: _Answer, asked: Question) -> bool:
        why = self._stands.get(asked)
        routes = [answer.path, *(why.standing.routes if why else ())]
        return any(span.id in self._gone for route in routes for span in route)

    def _holds(self, epoch: int, now: int) -> bool:
        """Whether nothing that was freed since a count of releases lies after `now`."""
        since = bisect_right(self._freed, (epoch, NEVER))
        return since == len(self._freed) or self._freed[since][1] <= now
