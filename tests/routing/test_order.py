"""The same answer whatever the order of contacts, of lines in a file, and of hashes."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.routing.plans import random_plan

from starlight.contacts import formats
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.routing import NoRoute, Route, Router, RouteRequest

ROOT = Path(__file__).parent.parent.parent


def in_process(code: str, hash_seed: str) -> str:
    """Return what a program prints in a process with a hash seed of its own."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def answers(plan: ContactPlan) -> list[Route | NoRoute]:
    """Return what a router says about every pair of nodes, booking as it goes."""
    router = Router(plan)
    found = []
    for step, source in enumerate(plan.nodes()):
        for destination in plan.nodes():
            route = router.route(RouteRequest(source, destination, step * SECOND, 2, exclude=frozenset({5})))
            if route:
                router.bookings.book(route)
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
    code = "from tests.routing.test_order import digest; print(digest())"
    assert len({in_process(code, seed) for seed in ("0", "1", "4242")}) == 1


def digest() -> str:
    """Return a digest of many answers."""
    rng = random.Random(6)
    total = hashlib.sha256()
    for _ in range(100):
        total.update(repr(answers(random_plan(rng))).encode())
    return total.hexdigest()


def shuffled(rng: random.Random, data: bytes, form: str) -> bytes:
    """Return a plan's file with its contacts in another order."""
    if form in ("ion", "csv"):
        lines = data.decode().splitlines()
        first = [line for line in lines if not line.startswith("a ")] if form == "ion" else lines[:1]
        rest = [line for line in lines if line not in first]
        rng.shuffle(rest)
        return "\n".join([*first, *rest, ""]).encode()
    document = json.loads(data)
    rng.shuffle(document["edges" if form == "tvgutil" else "contacts"])
    return json.dumps(document).encode()


@pytest.mark.parametrize("form", formats.FORMATS)
def test_the_order_of_lines_in_a_file_does_not_matter(form: str) -> None:
    """The lines of a file in any order are the same contacts with the same ids, in every form."""
    rng = random.Random(8)
    tried = 0
    for _ in range(100):
        try:
            data = formats.write(random_plan(rng), form, epoch=0).data
        except InputError:  # Light moves too fast for the form.
            continue
        plan = formats.read(data, name="plan", format=form).plan
        again = formats.read(shuffled(rng, data, form), name="plan", format=form).plan
        assert again.contacts == plan.contacts
        tried += len(plan.contacts) > 1
    assert tried > 50


def test_permuted_lines_and_hash_seeds_give_the_same_route(tmp_path: Path) -> None:
    """`starlight route` prints the same for a file and its permutations, under any PYTHONHASHSEED."""
    rng = random.Random(9)
    original = (ROOT / "tests" / "authorities" / "plans" / "hdtn_10_nodes.json").read_bytes()
    told = set()
    for hash_seed in ("0", "7", "31337"):
        file = tmp_path / hash_seed / "plan.json"
        file.parent.mkdir()
        file.write_bytes(original if hash_seed == "0" else shuffled(rng, original, "hdtn"))
        arguments = ["route", str(file), "--from", "20", "--to", "40", "-k", "40", "--size", "1000", "--json"]
        code = f"from starlight.cli.main import main; import sys; sys.argv[1:] = {arguments!r}; main()"
        told.add(in_process(code, hash_seed))
    assert len(told) == 1
    assert len(json.loads(told.pop())["routes"]) == 40
