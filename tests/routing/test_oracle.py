"""The router against all routes there are, on random plans in which everything ties."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.routing.oracle import Trial, random_plan

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.routing import Route, Router

PLANS = 10_000
"""As many as take some ten seconds; `fuzz/fuzz_routing.py` tries others for as long as it is let."""

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("block", range(10))
def test_the_answer_is_the_best_of_all_routes(block: int) -> None:
    """Earliest arrival, fewest hops, latest termination, smallest entry node: exactly.

    Each plan is asked several times, at times that go on (and once in a while back), with other
    sizes, after bookings and releases; the arrivals, contacts and times of all hops are compared.
    """
    found = 0
    for seed in range(block * PLANS // 10, (block + 1) * PLANS // 10):
        trial = Trial(random.Random(seed))
        try:
            found += sum(trial.step() for _ in range(4))
        except AssertionError as error:
            raise AssertionError(f"plan of seed {seed}: {error}") from error
    assert found > PLANS // 10, "most questions have an answer, or nothing is tested"


def test_a_canary_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A router that settles ties wrongly, or gives a stale answer, is caught by these trials."""
    from starlight.routing import router, search

    def wrong() -> bool:
        try:
            for seed in range(1500):
                trial = Trial(random.Random(seed))
                for _ in range(8):
                    trial.step()
        except AssertionError:
            return True
        return False

    keep = lambda _self, corridor, _arrival: corridor  # noqa: E731 - the same for two keys
    for owner, name, instead in (
        (search.Search, "_latest_ending", keep),
        (search.Search, "_smallest_entry", keep),
        (router.Router, "_holds", lambda *_: True),
        (router.Router, "_find_rival", _no_rival),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, instead)
            assert wrong(), f"{owner.__name__}.{name} went unnoticed"


def _no_rival(_self: Router, answer: object, *_: object) -> None:
    answer.rival = 2**200  # type: ignore[attr-defined]  # It claims that no other route exists.


def answers(plan: ContactPlan) -> list[Route | None]:
    """Return what a router says about every pair of nodes, booking as it goes."""
    router = Router(plan)
    found = []
    for step, source in enumerate(plan.nodes()):
        for destination in plan.nodes():
            route = router.route(source, destination, step * SECOND, 2, exclude=frozenset({5}))
            if route is not None:
                router.book(route)
            found.append(route)
    return found


def test_the_order_of_the_contacts_does_not_matter() -> None:
    """Permuted input gives the same answers."""
    rng = random.Random(5)
    for _ in range(200):
        plan = random_plan(rng)
        shuffled = list(plan.contacts)
        rng.shuffle(shuffled)
        assert answers(ContactPlan(tuple(shuffled))) == answers(plan)


def test_the_seed_of_hashes_does_not_matter() -> None:
    """Different PYTHONHASHSEED give the same answers."""
    code = "from tests.routing.test_oracle import digest; print(digest())"
    digests = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def digest() -> str:
    """Return a digest of many answers."""
    rng = random.Random(6)
    total = hashlib.sha256()
    for _ in range(100):
        total.update(repr(answers(random_plan(rng))).encode())
    return total.hexdigest()
