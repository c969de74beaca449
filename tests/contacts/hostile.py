"""Bytes that are nearly plans, and what must hold of whatever is read from bytes."""

from __future__ import annotations

import random

from starlight.contacts import formats
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, SECOND
from starlight.errors import InputError
from starlight.routing import Router, RouteRequest

WORDS = (
    *(
        "a",
        "c",
        "d",
        "@",
        "^",
        "q",
        "m",
        "1",
        "#",
        "contact",
        "range",
        "+0",
        "+10",
        "+5",
        "+-5",
        "-1",
        "0",
        "*",
        "7",
        "9",
    ),
    *(
        "18446744073709551616",
        "977000.7",
        "0x10",
        "010",
        "0.5",
        "1.5",
        "1e9",
        "nan",
        "2035/01/01-00:00:00",
        "\\",
        "''",
    ),
    *("9999/12/31-23:59:60", "0000/01/01-00:00:00", "+999999999999999", "٣", "별", "\x85"),
)
"""Words of ION's commands, right and wrong."""


def _seed_plan() -> ContactPlan:
    rates = ((0, 8000), (30 * SECOND, 0), (40 * SECOND, UNLIMITED_BPS))
    light = (LightPiece(0, HOUR, (750.0, 0.25, -0.01)),)
    return ContactPlan.of(
        [
            Contact(1, 7, 977000 << 32 | 9, 0, 3 * HOUR, rates, light, confidence=0.9),
            Contact(2, 977000 << 32 | 9, 7, 0, HOUR, ((0, 16_000),), constant_light(0, 700.0)),
        ]
    )


SEEDS = {form: formats.write(_seed_plan(), form, epoch=0).data for form in formats.FORMATS}
"""A good plan in each form."""

_INTERESTING = (
    b"0",
    b"9",
    b"-",
    b".",
    b"e",
    b",",
    b"\n",
    b'"',
    b"\\",
    b"[",
    b"]",
    b"{",
    b"}",
    b" ",
    b"\0",
    b"\xff",
    b"#",
)


def mutated(data: bytes, seed: int) -> bytes:
    """Change a few bytes, words or pieces."""
    draw = random.Random(seed)
    work = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 4, 12))):
        at = draw.randrange(len(work) + 1)
        match draw.randrange(6):
            case 0:
                work[at : at + 1] = draw.choice(_INTERESTING)
            case 1:
                work[at:at] = draw.choice(_INTERESTING)
            case 2:
                del work[at : at + draw.randrange(1, 9)]
            case 3:
                begin = draw.randrange(len(work) + 1)
                work[at:at] = work[begin : begin + draw.randrange(1, 80)]
            case 4:
                work[at : at + 1] = draw.randbytes(1)
            case _:
                work[at : at + draw.randrange(4)] = draw.choice(WORDS).encode()
    return bytes(work)


def check(data: bytes, form: str | None) -> bool:
    """Read bytes; return whether they were a plan. What is read can be used, told and written.

    Raises:
        AssertionError: what came out breaks a rule of plans.
    """
    try:
        found = formats.read(data, name="plan", format=form, epoch=0)
    except InputError as error:
        if "\n" in str(error) or len(str(error)) > 1_000:
            raise AssertionError(f"an error of one line: {error}") from None
        return False
    plan = found.plan
    assert len({contact.id for contact in plan.contacts}) == len(plan.contacts)
    assert sorted(plan.contacts, key=lambda c: (c.start, c.id)) == list(plan.contacts)
    for contact in plan.contacts:
        assert contact.start < contact.end or found.format == "json"
        assert contact.from_node != contact.to_node
        assert max(contact.from_node, contact.to_node) < 2**64
        assert contact.rates[0][0] == contact.start
        assert contact.light[0].start <= contact.start
        assert all(0 <= bps <= UNLIMITED_BPS for _, bps in contact.rates)
        assert 0 < contact.confidence <= 1
        assert contact.light_time(contact.start) >= 0
        assert contact.volume(contact.start, contact.end) >= 0
    assert all(str(remark) for remark in found.report)
    if len(plan.contacts) >= 2:
        nodes = plan.nodes()
        Router(plan).route(RouteRequest(nodes[0], nodes[-1], 0, 100))
    for other in formats.FORMATS:
        try:
            done = formats.write(plan, other, epoch=0)
        except InputError:
            continue  # Its light time moves too fast for this form, which is said.
        formats.read(done.data, name="plan", format=other, epoch=0)
    return True
