"""The router against all routes there are, on random plans in which everything ties."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec
import pytest
from tests.routing.trial import Trial

from starlight.contacts.contact import Contact
from starlight.routing import Priority, Route, bookings, index, search, volume
from starlight.routing import link_contacts as links
from starlight.routing.bookings import Bookings
from starlight.routing.contact_bookings import ContactBookings
from starlight.routing.corridor import Corridor
from starlight.routing.optimality_proof import OptimalityProof
from starlight.routing.transfer_limits import TransferLimits
from starlight.routing.volume import HopLimit

PLANS = 5_000
"""Of at most 8 nodes and 24 contacts; `fuzz/fuzz_routing.py` tries a million others."""


@pytest.mark.parametrize("block", range(10))
def test_the_answer_is_the_best_of_all_routes(block: int) -> None:
    """Earliest arrival, fewest hops, latest termination, smallest entry node: exactly.

    Each plan is asked several times, at times that go on (and once in a while back), with other
    sizes, after bookings at all priorities, releases and changes of the plan. Contacts and times of all
    hops are compared, of the best and of the K best; the volume that is left at each priority, effective
    volume limits, the largest bundle that a route carries, fragments, critical bundles, refusals, and what
    links take as one transfer.
    """
    found = 0
    for seed in range(block * PLANS // 10, (block + 1) * PLANS // 10):
        trial = Trial(random.Random(seed))
        try:
            found += sum(trial.step() for _ in range(4))
        except AssertionError as error:
            raise AssertionError(f"plan of seed {seed}: {error}") from error
    assert found > PLANS // 10, "most questions have an answer, or nothing is tested"


def _half_open(contact: Contact, leaves: int, size: int) -> int | None:
    done = _last_byte(contact, leaves, size)
    return None if done == contact.end else done


def _first_hop_only(self: Bookings, route: Route) -> None:
    _book(self, msgspec.structs.replace(route, hops=route.hops[:1]))


def _as_bulk(self: Bookings, route: Route) -> None:
    _book(self, msgspec.structs.replace(route, priority=Priority.BULK))


def _own_ends(
    contacts: Sequence[Contact], leaves: Sequence[int], booked: Sequence[ContactBookings | None]
) -> list[HopLimit]:
    hops = zip(contacts, leaves, booked, strict=True)
    return [_limits([contact], [starts], [busy])[0] for contact, starts, busy in hops]


_limits = volume.effective_limits
_last_byte, _book, _first_fit = Contact.last_byte, Bookings.book, ContactBookings.first_fit

CANARIES: list[tuple[str, object, str, object]] = [
    ("termination is not settled", Corridor, "latest_ending", lambda corridor, _: corridor),
    ("entry node is not settled", Corridor, "smallest_entry", lambda corridor: corridor),
    ("hops are not settled", search, "by_rounds", lambda *_: None),
    ("what is remembered is never doubted", Bookings, "nothing_freed", lambda *_: True),
    ("what is remembered is the best for ever", OptimalityProof, "proves", lambda *_: True),
    ("a contact that is taken out stays", index, "without", lambda chains, _: chains),
    ("window ends are open", Contact, "last_byte", _half_open),
    ("the margin is rounded down", links, "margin", lambda light: light * 125 // 186_282),
    ("overhead is rounded down", volume, "consumption", lambda size: size + max(size * 3 // 100, 100)),
    (
        "a bundle is sent into a booking",
        ContactBookings,
        "first_fit",
        lambda _, *rest: _first_fit(ContactBookings(), *rest),
    ),
    ("the second hop is not booked", Bookings, "book", _first_hop_only),
    ("all is booked as bulk", Bookings, "book", _as_bulk),
    ("nothing is given back", Bookings, "release", lambda *_: None),
    ("a later contact does not limit", bookings, "effective_limits", _own_ends),
    ("a peer takes any transfer", TransferLimits, "exceeded", lambda *_: frozenset()),
    ("what a peer takes is not said", TransferLimits, "of", lambda *_: None),
]
FIRST = {"what is remembered is never doubted": 800, "what is remembered is the best for ever": 2840}
"""Seeds at which the trials for those that few plans catch begin, where one is near."""


@pytest.mark.parametrize("canary", CANARIES, ids=[canary[0] for canary in CANARIES])
def test_a_canary_is_caught(canary: tuple[str, object, str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """A router that is wrong in one thing is caught by these trials."""
    _, owner, name, instead = canary
    monkeypatch.setattr(owner, name, instead)
    monkeypatch.setattr(index, "_recent", [])  # No other test meets what is made here.
    first = FIRST.get(canary[0], 0)
    with pytest.raises(AssertionError):
        _try_plans(range(first, first + 3000))


def _try_plans(seeds: range) -> None:
    for seed in seeds:
        trial = Trial(random.Random(seed))
        for _ in range(8):
            trial.step()
