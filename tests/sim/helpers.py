"""Small worlds: a line, a diamond, and a sky drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MINUTE, SECOND, YEAR
from starlight.messages.requests import Request
from starlight.node import Host, NodeConfig
from starlight.sim import Site, World
from starlight.sim.checkers import Witness

START = 51 * YEAR


def contact(
    id: int,
    a: int,
    b: int,
    start: int = 0,
    end: int = 10 * HOUR,
    *,
    rate: int = 1_000_000,
    light_s: float = 1.0,
    one_way: bool = False,
) -> Contact:
    """Return a contact whose times count from START."""
    begin = START + start
    return Contact(
        id, a, b, begin, START + end, ((begin, rate),), constant_light(begin, light_s), one_way=one_way
    )


def both(id: int, a: int, b: int, *window: int, light_s: float = 1.0, rate: int = 1_000_000) -> list[Contact]:
    """Return both directions of a link."""
    return [
        contact(id, a, b, *window, light_s=light_s, rate=rate),
        contact(id + 1, b, a, *window, light_s=light_s, rate=rate),
    ]


def world_of(
    plan: ContactPlan, *, kind: type[World] = World, services: tuple[int, ...] = (1,), **more: object
) -> World:
    """Return a world with a witness on every node of a plan."""
    sites = [Site(NodeConfig(number, plan), lambda node: Witness(node, services)) for number in plan.nodes()]
    return kind(plan, sites, start=START, **more)  # type: ignore[arg-type]  # passed through


def posting(
    words: str, to: str, *, size: int = 0, lifetime_s: int = 400 * 86_400
) -> Callable[[Host, int], Iterable[Request]]:
    """Return the call that lets a node's witness post some words."""

    def call(host: Host, now: int) -> Iterable[Request]:
        witness = host.application
        assert isinstance(witness, Witness)
        return witness.post(words, to, now, lifetime_ms=lifetime_s * 1000, size=size)

    return call


def random_plan(random: Random, nodes: int, length: int) -> ContactPlan:
    """Return a plan in which every pair of a random tree, and some more, meet again and again.

    The last hour belongs to one long contact of every link, so that all can arrive in the end.
    """
    pairs = [(random.randint(1, number - 1), number) for number in range(2, nodes + 1)]
    pairs += [tuple(sorted(random.sample(range(1, nodes + 1), 2))) for _ in range(random.randint(0, nodes))]
    contacts: list[Contact] = []
    for a, b in sorted(set(pairs)):
        light = random.choice((0.000_1, 0.02, 1.3, 240.0, 1_200.0))
        drift = light * random.uniform(-1e-6, 1e-6)
        rate = random.choice((300, 8_000, 1_000_000, UNLIMITED_BPS))
        time = random.randrange(HOUR)
        windows = []
        while time < length:
            end = min(time + int(HOUR * random.uniform(0.05, 3)), length)
            windows.append((time, end))
            time = end + int(HOUR * random.uniform(0.01, 2))
        windows.append((length + HOUR, length + 50 * HOUR))
        for start, end in windows:
            for one, other in ((a, b), (b, a)):
                begin = START + start
                piece = LightPiece(START, SECOND, (light, drift))
                contacts.append(
                    Contact(len(contacts) + 1, one, other, begin, START + end, ((begin, rate),), (piece,))
                )
    return ContactPlan.of(contacts)


__all__ = ["HOUR", "MINUTE", "SECOND", "START", "both", "contact", "posting", "random_plan", "world_of"]
