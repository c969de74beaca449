"""Time the first and the repeated route on plans of an Earth-Mars network; prints JSON.

The plan is drawn from a seed: sites on both worlds with fast permanent lines to their control
centre, relays around each world that a site sees for minutes to hours, and windows between the
stations and relays of the two worlds with a light time that moves. Figures are CPU time.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable

import machine

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, YEAR
from starlight.routing import Router

SIZE = 300  # bytes: a short letter in its bundle


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


def measure(contacts: int, nodes: int, days: float) -> dict[str, object]:
    """Return what routes from Earth to Mars cost on such a plan: first, again, later, booked, unreachable."""
    plan = network(contacts, nodes, days, seed=7)
    rng = random.Random(1)
    index_us = microseconds(Router, plan)
    router = Router(plan)
    mars = [node for node in plan.nodes() if node >= 400]
    first, again, later = [], [], []
    reached = 0
    for question in range(200):
        source, destination = 100 + question % 10, mars[question % len(mars)]
        now = rng.randrange(round(days * DAY * 0.8))
        fresh = Router(plan)  # Nothing is remembered from the questions before.
        first.append(microseconds(fresh.route, source, destination, now, SIZE))
        reached += fresh.route(source, destination, now, SIZE) is not None
        again.append(microseconds(fresh.route, source, destination, now, SIZE))
        later.append(microseconds(fresh.route, source, destination, now + 5 * SECOND, SIZE))
    start = round(days * DAY * 0.3)
    thousand = microseconds(_book_thousand, router, mars[0], start)
    return {
        "contacts": len(plan.contacts),
        "nodes": len(plan.nodes()),
        "days": days,
        "reached_of_200": reached,
        "index_cpu_ms": round(index_us / 1e3, 2),
        "first_route_cpu_ms_median": round(statistics.median(first) / 1e3, 3),
        "first_route_cpu_ms_worst": round(max(first) / 1e3, 3),
        "same_route_cpu_us_median": round(statistics.median(again), 1),
        "five_seconds_later_cpu_us_median": round(statistics.median(later), 1),
        "route_and_book_cpu_us": round(thousand / 1_000, 1),
        "unreachable_cpu_us": round(microseconds(router.route, 100, 999, start, SIZE), 1),
    }


def _book_thousand(router: Router, destination: int, start: int) -> None:
    for number in range(1_000):
        route = router.route(100, destination, start + number * SECOND // 100, SIZE)
        if route is not None:
            router.book(route)


def main() -> None:
    """Measure three sizes and print the figures."""
    print(
        json.dumps(
            {
                "machine": machine.describe("msgspec"),
                "bundle_bytes": SIZE,
                "plan_1000": measure(1_000, 50, 7),
                "plan_10000": measure(10_000, 200, 30),
                "plan_20000_26_years": measure(20_000, 50, 26 * YEAR / DAY),
            }
        )
    )


if __name__ == "__main__":
    main()
