"""Values of foreign JSON plans, checked one by one: a wrong one costs its contact, not the plan."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NoReturn

import msgspec

from starlight.contacts import settle as rules
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece
from starlight.contacts.report import ImportReport, Where, shown
from starlight.dtntime import POSIX_EPOCH_OFFSET_S, SECOND

UNIX_FROM_S = 500_000_000
"""Plans of others count from their own start or from 1970; no plan of ours runs 15 years before it begins."""

_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)


class Wrong(Exception):
    """A value that is none; it never leaves the readers of plans.

    Args:
        kind: the kind of remark.
        text: the key, the value and what would be right.
    """

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text


def node_number(value: object, key: str) -> int:
    """Return a node number, which may stand in quotes."""
    number = _plain(value)
    if not isinstance(number, int) or not 0 <= number <= rules.MAX_NODE:
        wrong(rules.NODE_NUMBER, key, value, f"a node number is an integer from 0 to {rules.MAX_NODE}")
    return number


def seconds(value: object, key: str, kind: str) -> int:
    """Return a number of s as ns."""
    number = _plain(value)
    if number is None or not abs(number) * SECOND <= rules.MAX_TIME:
        wrong(kind, key, value, "it is a number of seconds")
    whole = int(number)  # Apart, because a double has no room for ns beside the seconds since 1970.
    return whole * SECOND + round((number - whole) * SECOND)


def light_time(value: object, key: str) -> int:
    """Return a light time of s as ns."""
    light = seconds(value, key, rules.LIGHT)
    if light < 0:
        wrong(rules.LIGHT, key, value, "light takes 0 s or more")
    return light


def rate(value: object, key: str, unit: int = 1) -> int:
    """Return a rate in units of bit/s as bit/s, rounded down."""
    number = _plain(value)
    if number is None or number < 0:
        wrong(rules.RATE, key, value, "a rate is a number, 0 or more")
    return int(min(number * unit, UNLIMITED_BPS))


def unix_or(earliest: int | None, epoch: int | None) -> tuple[int, int | None]:
    """Return what to add to times so that they count from 2000, and the epoch if it is not 1970.

    Args:
        earliest: the first time of the plan as it stands, in ns.
        epoch: what was asked for, in ns; None to tell by the size of the times.
    """
    if epoch is not None:
        return epoch, epoch
    if earliest is not None and earliest >= UNIX_FROM_S * SECOND:
        return -POSIX_EPOCH_OFFSET_S * SECOND, None
    return 0, 0


def moved(
    drafts: Iterable[tuple[Where, Contact]], by: int, report: ImportReport
) -> list[tuple[Where, Contact]]:
    """Return contacts with all their times later by so many ns; refuse those that leave the calendar."""
    found: list[tuple[Where, Contact]] = []
    for where, contact in drafts:
        start, end = contact.start + by, contact.end + by
        if max(abs(start), abs(end)) > rules.MAX_TIME:
            text = f"{rules.describe(contact)}; times are from 1854 to 2146"
            report.add("refused", rules.TIME, text, where)
            continue
        shifted = msgspec.structs.replace(
            contact,
            start=start,
            end=end,
            rates=tuple((begin + by, bps) for begin, bps in contact.rates),
            light=tuple(LightPiece(p.start + by, p.span, p.coefficients_s) for p in contact.light),
        )
        found.append((where, shifted))
    return found


def wrong(kind: str, key: str, value: object, right: str) -> NoReturn:
    """Refuse a value."""
    raise Wrong(kind, f"{key} is {shown(value)}; {right}")


def _plain(value: object) -> int | float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        # Integers stay integers: node numbers have 64 bits, of which a double keeps 53.
        return float(value) if "." in value else int(value)
    # JSON's true would otherwise be node 1.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value
