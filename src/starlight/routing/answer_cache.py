"""The answers that a router keeps, and when they are certain to be what a search would find.

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

from msgspec.structs import replace

from starlight.dtntime import DAY
from starlight.routing.bookings import Bookings
from starlight.routing.following import follow
from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import NEVER, Busy
from starlight.routing.optimality_proof import OptimalityProof, prove
from starlight.routing.request import RouteRequest
from starlight.routing.search import Search
from starlight.routing.tie_break import Path

MAX_REMEMBERED = 4_096
"""Answers kept: a node of a large plan asks for a few hundred destinations in a few size classes."""

MAX_PROOFS = 256
"""Of these, how many with a proof: that takes some kilobytes each."""

MAX_PATIENCE = 64
"""Searches after which a proof is tried again, at the latest."""

FIRST_AHEAD, MAX_AHEAD = 256, 4_096
"""How many delays like the last one a proof shall cover: at first, and where that was too few."""

LONGEST_AHEAD, FEWEST_AHEAD = DAY, 16
"""How far a proof reaches at most, in ns, as it looks at every contact until then; and how many delays like
the last one must fit in. Else it would spare fewer searches than it costs: it is for what queues, not for
letters that are days apart."""

_Key = tuple[int, int, int, frozenset[int], frozenset[int], frozenset[int], int]
"""Source, destination, size class, excluded neighbours, contacts and nodes, priority: an answer's key."""

Found = tuple[Path, int]
"""The contacts of a route, and its projected arrival in ns."""


class _Answer:
    """An answer to one question, for bundles of its size class.

    Attributes:
        ready, size, releases: the time, the size and the count of releases when it was searched.
        arrival: of the best route then; `NEVER` when there was none.
        path: its contacts.
        patience: how many searches are done before a proof is tried.
        waited: how many of them have been done.
        ahead: how many delays like the last one the proof shall cover.
    """

    __slots__ = ("ahead", "arrival", "path", "patience", "ready", "releases", "size", "waited")

    def __init__(self, ready: int, size: int, releases: int) -> None:
        self.ready = ready
        self.size = size
        self.releases = releases
        self.arrival = NEVER
        self.path: Path = ()
        self.patience = 0
        self.waited = 0
        self.ahead = FIRST_AHEAD


class _KeptProof:
    """A proof that an answer stays the best, since a count of releases, and how often it was of use."""

    __slots__ = ("proof", "releases", "useful")

    def __init__(self, proof: OptimalityProof, releases: int) -> None:
        self.proof = proof
        self.releases = releases
        self.useful = 0


class AnswerCache:
    """The answers of one router to what it was asked since its plan was set.

    Args:
        index: the plan.
        bookings: on it.
    """

    def __init__(self, index: PlanIndex, bookings: Bookings) -> None:
        self._index = index
        self._bookings = bookings
        self._answers: dict[_Key, _Answer] = {}
        self._proofs: dict[_Key, _KeptProof] = {}
        self._gone: set[int] = set()  # Contacts taken out of the plan that answers may still go by.

    def best(self, request: RouteRequest) -> Found | None:
        """Return the contacts of the best route and its projected arrival, or None when there is none.

        Args:
            request: as `RouteRequest.to_search` returns it; source and destination are not the same.
        """
        ready, size = request.ready, request.size
        # An answer holds for larger bundles and later times, so neither is part of the key. The size class
        # is: where large and small bundles take turns, each small one would else be searched anew.
        key = (
            request.source,
            request.destination,
            size.bit_length(),
            request.exclude,
            request.exclude_contacts,
            request.avoid,
            request.priority,
        )
        answer = self._answers.get(key)
        if answer is not None and self._gone and self._goes_by_what_is_gone(answer, key):
            answer = None
            self._proofs.pop(key, None)
        busy = self._bookings.busy[request.priority]
        # An earlier time may have better routes, so it is searched, and from then on remembered instead.
        if answer is not None and ready >= answer.ready:
            if answer.arrival == NEVER:
                if size >= answer.size and self._bookings.nothing_freed(answer.releases, ready):
                    return None
            else:
                found = self._again(answer, key, ready, size, busy)
                if found is not None:
                    return found
        answer = self._searched(key, request, busy, answer)
        return None if answer.arrival == NEVER else (answer.path, answer.arrival)

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
            self._answers, self._proofs, self._gone = {}, {}, set()
        else:
            self._gone |= gone

    def _again(self, answer: _Answer, key: _Key, ready: int, size: int, busy: Busy) -> Found | None:
        """Return the best route where it is known without a search."""
        timings = follow(answer.path, ready, size, busy)
        as_then = timings is not None and timings[-1][2] == answer.arrival
        if as_then and size >= answer.size and self._bookings.nothing_freed(answer.releases, ready):
            return answer.path, answer.arrival
        kept = self._proofs.get(key)
        if kept is None or not self._bookings.nothing_freed(kept.releases, ready):
            return None
        found = kept.proof.best(ready, size, busy, answer.path, timings)
        kept.useful += found is not None
        return found

    def _searched(self, key: _Key, request: RouteRequest, busy: Busy, before: _Answer | None) -> _Answer:
        answer = _Answer(request.ready, request.size, self._bookings.releases)
        path = Search(self._index, busy, request).best()
        # All of them go at once: to know the oldest would cost at each answer, and this is rare.
        if before is None and len(self._answers) >= MAX_REMEMBERED:
            self._answers.clear()
            self._proofs.clear()
        self._answers[key] = answer
        if path is not None:
            timings = follow(path, request.ready, request.size, busy)
            assert timings is not None, "the search found contacts that can't carry the bundle"
            answer.path = path
            answer.arrival = timings[-1][2]
        if before is not None:
            self._prove_if_worth_it(answer, before, key, request, busy)
        return answer

    def _prove_if_worth_it(
        self, answer: _Answer, before: _Answer, key: _Key, request: RouteRequest, busy: Busy
    ) -> None:
        """Try to prove that an answer stays the best, where a search for it has changed nothing.

        A proof costs several searches. So it is tried only where the last search found the same contacts
        again, a little later, and less often after each proof that was of no use.
        """
        answer.patience, answer.waited, answer.ahead = before.patience, before.waited, before.ahead
        kept = self._proofs.pop(key, None)
        size = answer.size
        if kept is not None:
            # A proof holds for its size and larger ones: where sizes vary, the smallest serves them all.
            size = min(size, kept.proof.size)
            if not kept.useful:
                answer.patience, answer.waited = min(MAX_PATIENCE, 2 * before.patience + 1), 0
            elif answer.arrival > kept.proof.horizon:
                answer.ahead = min(MAX_AHEAD, 4 * before.ahead)
        delay = answer.arrival - before.arrival
        if answer.path != before.path or not answer.path or not 0 < delay <= LONGEST_AHEAD // FEWEST_AHEAD:
            return
        answer.waited += 1
        if answer.waited <= answer.patience:
            return
        answer.waited = 0
        horizon = answer.arrival + min(answer.ahead * delay, LONGEST_AHEAD)
        proof = prove(self._index, busy, replace(request, size=size), answer.path, horizon)
        if proof is None:
            answer.patience = min(MAX_PATIENCE, 2 * answer.patience + 1)
            return
        if len(self._proofs) >= MAX_PROOFS:
            del self._proofs[next(iter(self._proofs))]
        self._proofs[key] = _KeptProof(proof, self._bookings.releases)

    def _goes_by_what_is_gone(self, answer: _Answer, key: _Key) -> bool:
        kept = self._proofs.get(key)
        routes = [answer.path, *(kept.proof.routes if kept else ())]
        return any(contact.id in self._gone for route in routes for contact in route)
