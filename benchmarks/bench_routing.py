"""Time routes on plans of an Earth-Mars network and on random ones; prints JSON.

The Earth-Mars plan is drawn from a seed: sites on both worlds with fast permanent lines to their control
centre, relays around each world that a site sees for minutes to hours, and windows between the
stations and relays of the two worlds with a light time that moves. Figures are CPU time, most with the
bound that they are meant to keep beside them (`target_ms`); that holds for the median and the worst
of the questions, unless it names one.
"""

from __future__ import annotations

import gc
import json
import random
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import machine
import msgspec

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.contacts.plan_json import from_json, to_json
from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE, SECOND, YEAR
from starlight.routing import NoRoute, Route, Router, RouteRequest
from starlight.routing.index import PlanIndex

SIZE = 300  # bytes: a short letter in its bundle
BOOKED = 100  # bundles to one destination, a hundredth of a second apart, each booked before the next
HUGE = 10**9  # bytes: more than most contacts carry
BENCH = Path(__file__).parent.parent / ".venv-bench"
"""The environment of what others have written, which asks for old versions of what they need."""
LOST = 99_999  # a node that nothing reaches in time


def network(contacts: int, nodes: int, days: float, seed: int) -> ContactPlan:
    """Return a plan of about so many contacts among so many nodes, over so many days."""
    rng = random.Random(seed)
    stations = list(range(2, 2 + nodes // 10))
    earth = list(range(100, 100 + nodes * 4 // 10))
    relays = list(range(300, 300 + nodes // 10))
    mars = list(range(400, 400 + nodes - len(stations) - len(earth) - len(relays) - 1))
    end = round(days * DAY)
    found: list[Contact] = []

    def add(one: int, other: int, start: int, stop: int, bps: int, light: tuple[LightPiece, ...]) -> None:
        for a, b in ((one, other), (other, one)):
            found.append(Contact(len(found), a, b, start, stop, ((start, bps),), light))

    for site in stations + earth:
        add(1, site, 0, end, UNLIMITED_BPS, constant_light(0, 0.01))
    pairs = [(s, r, True) for s in stations for r in relays] + [
        (m, r, False) for m in mars for r in rng.sample(relays, 2)
    ]
    while len(found) < contacts:
        one, other, far = pairs[len(found) // 2 % len(pairs)]
        start = rng.randrange(end)
        stop = start + rng.randrange(10 * MINUTE, (8 * HOUR if far else 20 * MINUTE))
        distance_s = rng.uniform(600.0, 620.0) if far else 0.01
        light = LightPiece(start, HOUR, (distance_s, 0.02, -0.001) if far else (distance_s,))
        add(one, other, start, stop, rng.choice((16_000, 256_000, 2_000_000)), (light,))
    return ContactPlan.of(found)


def microseconds(work: Callable[..., object], *arguments: object) -> float:
    """Return the CPU time of a call, in µs."""
    begun = time.process_time()
    work(*arguments)
    return (time.process_time() - begun) * 1e6


def random_network(contacts: int, nodes: int, seed: int) -> ContactPlan:
    """Return a plan between random pairs of nodes, over a day: nearly every node hears every other once."""
    rng = random.Random(seed)
    found = []
    for id in range(contacts):
        one, other = rng.sample(range(1, nodes + 1), 2)
        start = rng.randrange(DAY)
        stop = start + rng.randrange(MINUTE, 30 * MINUTE)
        bps = rng.choice((16_000, 256_000, 2_000_000))
        light = constant_light(start, rng.choice((0.01, 1.0, 3.0)))
        found.append(Contact(id, one, other, start, stop, ((start, bps),), light))
    return ContactPlan.of(found)


def with_the_lost(plan: ContactPlan) -> ContactPlan:
    """Return a plan with a node more, whose only contact is over before anything can be there."""
    last = max(contact.id for contact in plan.contacts) + 1
    far = Contact(last, plan.contacts[0].to_node, LOST, 0, DAY // 2, ((0, 8000),), constant_light(0, 1.0))
    return ContactPlan.of([*plan.contacts, far])


def measure(plan: ContactPlan, questions: int = 24) -> dict[str, object]:
    """Return what routes cost on a plan: first, again, later, queued, ten, amended, unreachable."""
    for _ in range(4):
        Router(ContactPlan())  # Lets go of the plans before, which takes as long as they are large.
    plan = with_the_lost(plan)
    rng = random.Random(1)
    nodes = [node for node in plan.nodes() if node != LOST]
    end = max(contact.end for contact in plan.contacts)
    index_us = microseconds(PlanIndex, plan.contacts, True)
    first, again, later, ten, lost, amended, replaced = [], [], [], [], [], [], []
    queued: list[list[float]] = []
    booked: list[list[float]] = []
    for number in range(questions):
        source, destination = rng.sample(nodes, 2)
        now = rng.randrange(round(end * 0.7))
        fresh = Router(plan)  # Nothing is remembered from the questions before.
        took = microseconds(_ask, fresh, source, destination, now)
        found = _ask(fresh, source, destination, now)
        for unreachable in _unreachable(rng, number, end, source, destination, now):
            other = Router(plan)
            took_there = microseconds(_ask, other, *unreachable)
            if not _ask(other, *unreachable):
                lost.append(took_there)
        if not found:
            continue
        first.append(took)
        again.append(microseconds(_ask, fresh, source, destination, now))
        later.append(microseconds(_ask, fresh, source, destination, now + 5 * SECOND))
        ten.append(microseconds(_ten, fresh, source, destination, now))
        routing, booking = _queue(Router(plan), source, destination, now)
        queued.append(routing)
        booked.append([one + other for one, other in zip(routing, booking, strict=True)])
        contact = rng.choice(plan.contacts)
        amended.append(microseconds(fresh.amend, (), [contact]))
        amended.append(microseconds(fresh.amend, [contact], ()))
        fresh.set_plan(plan)
        cut = plan.cut([(contact.from_node, contact.to_node)], contact.start, contact.end)
        replaced.append(microseconds(fresh.set_plan, cut))
    first_target = 2.0 if len(plan.contacts) < 2_000 else 10.0
    return {
        "contacts": len(plan.contacts),
        "nodes": len(plan.nodes()),
        "reached": f"{len(first)} of {questions}",
        "index_cpu_ms": round(index_us / 1e3, 1),
        "first_route_cpu_ms": _spread(first) | {"target_ms": first_target},
        "same_route_cpu_ms": _spread(again) | {"target_ms": 0.05},
        "five_seconds_later_cpu_ms": _spread(later) | {"target_ms": "median 0.05"},
        "next_after_booking_cpu_ms": _queues(queued) | {"target_ms": "median 0.05"},
        "next_and_its_booking_cpu_ms": _queues(booked),
        "ten_candidates_cpu_ms": _spread(ten) | {"target_ms": 100},
        "to_the_unreachable_cpu_ms": _spread(lost)
        | {"questions": len(lost), "target_ms": f"worst {_spread(first)['worst']}, as the reachable"},
        "plan_change_cpu_ms": _spread(amended) | {"target_ms": 1},
        "set_plan_after_a_cut_cpu_ms": _spread(replaced) | {"target_ms": 1},
        "garbage_collection_cpu_ms": round(microseconds(gc.collect) / 1e3, 1),
    }


def _unreachable(
    rng: random.Random, number: int, end: int, source: int, destination: int, now: int
) -> list[tuple[int, int, int, int]]:
    """Return questions that mostly have no answer: a node that is lost, too late, too large."""
    early = min(now, DAY // 4) if number % 2 else now
    late = end - rng.randrange(round(end * 0.3))
    return [(source, LOST, early, SIZE), (source, destination, late, SIZE), (source, destination, now, HUGE)]


def _queue(router: Router, source: int, destination: int, now: int) -> tuple[list[float], list[float]]:
    """Return what each bundle after the first costs to route and to book, in µs."""
    routing, booking = [], []
    for number in range(BOOKED + 1):
        when = now + number * SECOND // 100
        begun = time.process_time()
        route = _ask(router, source, destination, when)
        routing.append((time.process_time() - begun) * 1e6)
        if not route:
            booking.append(0.0)
        else:
            booking.append(microseconds(router.bookings.book, route))
    return routing[1:], booking[1:]


def _queues(found: list[list[float]]) -> dict[str, float]:
    """Return the median over all bundles, the mean of all, and the mean of the slowest queue."""
    means = [statistics.mean(queue) for queue in found]
    return {
        "median": round(statistics.median([one for queue in found for one in queue]) / 1e3, 4),
        "mean": round(statistics.mean(means) / 1e3, 4),
        "worst_queue_mean": round(max(means) / 1e3, 3),
    }


def _ask(router: Router, source: int, destination: int, now: int, size: int = SIZE) -> Route | NoRoute:
    return router.route(RouteRequest(source, destination, now, size))


def _ten(router: Router, source: int, destination: int, now: int) -> None:
    list(router.candidates(RouteRequest(source, destination, now, SIZE), k=10))


def _spread(found: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(found) / 1e3, 4), "worst": round(max(found) / 1e3, 3)}


def load(plan: ContactPlan) -> dict[str, object]:
    """Return what reading a plan from Starlight's own JSON, and indexing it, costs."""
    data = to_json(plan)
    read = microseconds(from_json, data)
    index = microseconds(PlanIndex, from_json(data).contacts, True)
    return {
        "contacts": len(plan.contacts),
        "bytes": len(data),
        "read_cpu_ms": round(read / 1e3, 1),
        "index_cpu_ms": round(index / 1e3, 1),
        "both_cpu_ms": {"once": round((read + index) / 1e3, 1), "target_ms": 1000},
    }


def compared(plan: ContactPlan) -> dict[str, object]:
    """Return what pydtnsim and this router need for the same first routes, and whether they agree.

    pydtnsim runs in an environment of its own, which `make bench` makes from requirements-bench.lock.
    It leaves light times out of its search, so arrivals are compared on the plan without them.
    """
    python = BENCH / "bin" / "python"
    if not (BENCH / ".ready").exists():
        log = BENCH.with_name(BENCH.name + ".log")
        lines = log.read_text().splitlines() if log.exists() else ["make bench installs it"]
        said = " ".join(line.strip() for line in lines if not line.startswith("make"))
        return {"not_compared": f"pydtnsim is not in .venv-bench: {said[:500]}"}
    rng = random.Random(1)
    questions = [(*rng.sample(plan.nodes(), 2), rng.randrange(DAY // 2)) for _ in range(20)]
    contacts = [
        (
            contact.from_node,
            contact.to_node,
            contact.start / MILLISECOND,
            contact.end / MILLISECOND,
            contact.rates[0][1] / 1000,
            contact.light_time(contact.start) / MILLISECOND,
        )
        for contact in plan.contacts
    ]
    asked = {"contacts": contacts, "questions": [(a, b, now / MILLISECOND) for a, b, now in questions]}
    done = subprocess.run(
        [str(python), str(Path(__file__).with_name("pydtnsim_routes.py"))],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return {"not_compared": f"pydtnsim failed: {done.stderr.strip().splitlines()[-1:]}"}
    theirs = json.loads(done.stdout)
    lightless = ContactPlan.of(
        msgspec.structs.replace(contact, light=constant_light(contact.start, 0)) for contact in plan.contacts
    )
    our_ms, same = [], 0
    for (source, destination, now), answer in zip(questions, theirs["answers"], strict=True):
        router = Router(plan)
        _ask(router, destination, source, now, 0)  # The index is made before, as their graph is.
        our_ms.append(microseconds(_ask, Router(plan), source, destination, now, 0) / 1e3)
        route = _ask(Router(lightless), source, destination, now, 0)
        same += answer["arrival_ms"] == (None if not route else route.arrival / MILLISECOND)
    their_median = statistics.median(answer["cpu_ms"] for answer in theirs["answers"])
    our_median = statistics.median(our_ms)
    their_graph, our_index = theirs["graph_cpu_ms"], microseconds(PlanIndex, plan.contacts, True) / 1e3
    return {
        "pydtnsim": theirs["version"],
        "contacts": len(plan.contacts),
        "pydtnsim_graph_cpu_ms": round(their_graph, 1),
        "our_index_cpu_ms": round(our_index, 1),
        "pydtnsim_first_route_cpu_ms_median": round(their_median, 3),
        "our_first_route_cpu_ms_median": round(our_median, 3),
        "their_time_over_ours": round(their_median / our_median, 1),
        "their_time_over_ours_from_the_plan_on": round(
            (their_graph + their_median) / (our_index + our_median), 1
        ),
        "same_arrival_without_light": f"{same} of {len(questions)}",
    }


def main() -> None:
    """Measure plans of two kinds and several sizes, and print the figures."""
    curve = []
    for contacts in (3_000, 10_000, 30_000, 100_000, 300_000):
        found = measure(network(contacts, 200, contacts / 500, seed=7), questions=8)
        keys = (
            "contacts",
            "index_cpu_ms",
            "first_route_cpu_ms",
            "next_after_booking_cpu_ms",
            "ten_candidates_cpu_ms",
            "plan_change_cpu_ms",
            "garbage_collection_cpu_ms",
        )
        curve.append({key: found[key] for key in keys})
    print(
        json.dumps(
            {
                "machine": machine.describe("msgspec"),
                "bundle_bytes": SIZE,
                "earth_mars_1000": measure(network(1_000, 50, 7, seed=7)),
                "earth_mars_16000": measure(network(16_000, 200, 30, seed=7)),
                "random_1000": measure(random_network(1_000, 50, seed=7)),
                "random_16000": measure(random_network(16_000, 200, seed=7)),
                "twenty_six_years": measure(network(20_000, 50, 26 * YEAR / DAY, seed=7)),
                "load_30000": load(network(30_000, 200, 60, seed=7)),
                "curve": curve,
                "compared_random_1000": compared(random_network(1_000, 50, seed=7)),
                "compared_earth_mars_1000": compared(network(1_000, 50, 7, seed=7)),
                "a_sabr": "for orientation: 0.04 to 0.13 ms for a first route at 16 000 contacts, in Rust",
            }
        )
    )


if __name__ == "__main__":
    main()
