"""A sky that only the plan knows, and waiting for what happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from starlight.contacts.contact import UNLIMITED_BPS, Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import YEAR, from_text
from starlight.live.daemon import Daemon
from starlight.neighbours.address import LinkAddress

A = TypeVar("A")

START = from_text("2051-04-02T10:00:00Z")
PATIENCE_S = 120.0
"""Waits end by events; this only ends a test that would otherwise hang. Disks of loaded machines may take
thirty times as long as usual."""


def tcpcl(port: int | None) -> LinkAddress:
    """Return the address of a node that listens for TCPCL on this machine."""
    assert port is not None
    return LinkAddress("tcpcl", "127.0.0.1", port)


def always(id: int, from_node: int, to_node: int, light_s: float = 0.0) -> Contact:
    """Return a contact that is open for a year."""
    begin = START - YEAR // 10
    return Contact(
        id,
        from_node,
        to_node,
        begin,
        START + YEAR,
        ((begin, UNLIMITED_BPS),),
        constant_light(begin, light_s),
    )


def both_ways(*links: tuple[int, int, float]) -> ContactPlan:
    """Return a plan of links (node, node, light time in s) that are always open both ways."""
    contacts: list[Contact] = []
    for a, b, light_s in links:
        contacts.append(always(len(contacts) + 1, a, b, light_s))
        contacts.append(always(len(contacts) + 1, b, a, light_s))
    return ContactPlan.of(contacts)


async def until(daemon: Daemon, holds: Callable[[], object]) -> None:
    """Wait for something to be so, asked again whenever the daemon says that something changed."""
    changed = asyncio.Event()
    end = daemon.subscribe(changed.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await changed.wait()
                changed.clear()
    finally:
        end()


async def turns(times: int = 20) -> None:
    """Let the event loop turn: all that has come or is due is handled, however slow the machine."""
    for _ in range(times):
        await asyncio.sleep(0)


def run(test: Coroutine[Any, Any, A]) -> A:
    """Run a coroutine to its end."""
    return asyncio.run(test, debug=False)
