"""Time the import of a 30 000-contact plan in each form, and the router's first route; prints JSON.

The plan has two years of windows between 20 stations and relays on Earth and 10 around Mars, light
times as polynomials; each form holds it as well as it can. Figures are CPU time, the best of three.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import machine

from starlight.contacts import formats
from starlight.contacts.contact import Contact, LightPiece
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, from_text
from starlight.routing import Router, RouteRequest

SIZE = 300  # bytes: a short letter in its bundle

CONTACTS = 30_000
START = from_text("2051-01-01")

Result = TypeVar("Result")


def far_plan(contacts: int, seed: int) -> ContactPlan:
    """Return windows between Earth and Mars, none of which overlap another of their direction."""
    rng = random.Random(seed)
    links = [(a, b) for a in range(1, 21) for b in range(101, 111)]
    found: list[Contact] = []
    each = contacts // 2 // len(links)
    for one, other in links:
        for number in range(each):
            start = START + number * (730 * DAY // each) + rng.randrange(4 * HOUR)
            end = start + rng.randrange(5 * MINUTE, 4 * HOUR)
            light_s = rng.uniform(190, 1_330)
            for a, b in ((one, other), (other, one)):
                piece = LightPiece(start, HOUR, (light_s, rng.uniform(-0.2, 0.2), 0.001))
                rate = rng.choice((2_000, 16_000, 256_000))
                found.append(Contact(len(found) + 1, a, b, start, end, ((start, rate),), (piece,)))
    return ContactPlan.of(found)


def whole_plan(plan: ContactPlan) -> ContactPlan:
    """Return it with whole seconds and constant light, so that each form has as many contacts."""
    return ContactPlan.of(
        Contact(
            c.id,
            c.from_node,
            c.to_node,
            c.start // SECOND * SECOND,
            c.end // SECOND * SECOND,
            ((c.start // SECOND * SECOND, c.rates[0][1]),),
            (LightPiece(c.start // SECOND * SECOND, SECOND, (float(round(c.light[0].coefficients_s[0])),)),),
        )
        for c in plan.contacts
    )


def seconds(work: Callable[[], Result], times: int = 3) -> tuple[float, Result]:
    """Return the CPU time of a call, in s, the best of so many, and its result."""
    best = float("inf")
    for _ in range(times):
        begun = time.process_time()
        result = work()
        best = min(best, time.process_time() - begun)
    return round(best, 3), result


def first_route(plan: ContactPlan) -> None:
    """Index a plan and ask it for one route."""
    Router(plan).route(RouteRequest(1, 110, START, SIZE))


def main() -> None:
    """Measure each form and print the figures."""
    whole = whole_plan(far_plan(CONTACTS, seed=5))
    moving = far_plan(CONTACTS, seed=5)
    figures: dict[str, object] = {"machine": machine.describe("msgspec"), "contacts": len(whole.contacts)}
    for form in formats.FORMATS:
        written_s, done = seconds(partial(formats.write, whole, form), 1)
        read_s, back = seconds(partial(formats.read, done.data, name="plan"))
        index_s, _ = seconds(partial(first_route, back.plan), 1)
        figures[form] = {
            "bytes": len(done.data),
            "contacts": len(back.plan.contacts),
            "read_s": read_s,
            "index_and_route_s": index_s,
            "write_s": written_s,
        }
    for form in ("ion", "hdtn", "tvgutil", "csv"):
        written_s, done = seconds(partial(formats.write, moving, form), 1)
        figures[f"{form}_with_moving_light"] = {"bytes": len(done.data), "write_s": written_s}
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
