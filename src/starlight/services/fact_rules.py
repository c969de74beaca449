"""Facts on which the nodes of a mission must agree: their names, their values, when two values are the same.

A fact has the name of its key in a node's file. Some are a node's own to keep: mission time can't be set
while a node runs, and a world's clock is part of a file that names the world. Those are compared only. Others
are taken by a node that has none: where the clock of Mars hangs, what a node is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlight import dtntime
from starlight.contacts import FactValue
from starlight.dtntime import SECOND, YEAR
from starlight.errors import InputError

TEXT_MAX = 200
"""Characters of a fact that is a text: names of people, nodes and zones are shorter."""

LIGHT_SAME_S = 0.01
"""Light times that differ by less are the same: two fits of one ephemeris are apart by milliseconds."""

CLOCKS_SAME_S = 2
"""Mission clocks that differ by less agree, times the rate; as in `node.clock_offsets`."""

SYSTEM_TIME = "the system's UTC"
"""The value of ``clock.mission`` where a node's file sets no clock."""

_FIRST, _LAST = dtntime.from_text("2000-01-01"), 100 * YEAR
_CLOCK = re.compile(r"(\S+) at (\S+), rate (\S+)")
_OF_NODE = re.compile(r"node\.(\d{1,19})\.(?:name|world)")
_OF_ADDRESS = re.compile(r"address\.ipn:(\d{1,19})\.(?:\d{1,19})\.(?:name|world)")
_OF_LINK = re.compile(r"light_time_s\.(\d{1,19})\.(\d{1,19})")
_OF_WORLD = re.compile(r"world\.[a-z0-9-]{1,41}")


class FactRule(NamedTuple):
    """The rule of a kind of facts.

    Attributes:
        allowed: returns whether a value is one.
        right: in words, which values are.
        same: returns whether two values, which are allowed, say the same.
        taken: a node whose file has none takes the one that a peer tells.
        amended: an amendment sets it, also where a file has one.
    """

    allowed: Callable[[FactValue], bool]
    right: str
    same: Callable[[FactValue, FactValue], bool]
    taken: bool = False
    amended: bool = False


def rule_of(name: str) -> FactRule | None:
    """Return the rule of a fact; None of one on which no node needs to agree with another."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    return next((rule for pattern, rule in _BY_PATTERN if pattern.fullmatch(name)), None)


def nodes_of(name: str) -> frozenset[int]:
    """Return the nodes that a fact is about; none of one about the mission."""
    for pattern in (_OF_NODE, _OF_ADDRESS, _OF_LINK):
        if found := pattern.fullmatch(name):
            return frozenset(map(int, found.groups()))
    return frozenset()


def clock_value(mission: str, wall: str, rate: float) -> str:
    """Return the value of ``clock.mission``, in one with ``clock.wall`` and the rate."""
    return f"{mission} at {wall}, rate {rate:.10g}" if mission else SYSTEM_TIME


def _text(value: FactValue) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TEXT_MAX


def _between(low: float, high: float) -> Callable[[FactValue], bool]:
    def allowed(value: FactValue) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and isfinite(value) and low <= value <= high  # type: ignore[arg-type, operator]

    return allowed


def _instant(value: FactValue) -> bool:
    return _at(value) is not None


def _at(value: FactValue) -> int | None:
    """Return the instant that a value is, in ns; None where it is none."""
    try:
        at = dtntime.from_text(value) if isinstance(value, str) and len(value) <= TEXT_MAX else None
    except InputError:
        return None
    return at if at is not None and _FIRST <= at <= _LAST else None


def _zone(value: FactValue) -> bool:
    try:
        return _text(value) and bool(ZoneInfo(str(value)))
    except (ValueError, OSError, ZoneInfoNotFoundError):  # a path, a folder of zones, none
        return False


def _line(value: FactValue) -> tuple[int, int, float] | None:
    """Return mission time, the system's time and the rate of a clock's value; None where it is none."""
    if value == SYSTEM_TIME:
        return 0, 0, 1.0
    found = _CLOCK.fullmatch(value) if isinstance(value, str) and len(value) <= TEXT_MAX else None
    if found is None:
        return None
    mission, wall = _at(found[1]), _at(found[2])
    try:
        rate = float(found[3])
    except ValueError:
        return None
    return None if mission is None or wall is None or not 0 < rate <= 1e6 else (mission, wall, rate)


def _same_line(a: FactValue, b: FactValue) -> bool:
    one, other = _line(a), _line(b)
    if one is None or other is None or one[:2] == other[:2]:
        return one is not None and other is not None
    # One clock can be written with any moment; a rate that differs is a fact of its own.
    expected = one[0] + round((other[1] - one[1]) * one[2])
    return abs(other[0] - expected) <= CLOCKS_SAME_S * SECOND * max(1.0, one[2])


def _same_angle(a: FactValue, b: FactValue) -> bool:
    return abs((float(a) - float(b) + 180.0) % 360.0 - 180.0) < 1e-9  # 350 degrees east are 10 west


def _within(tolerance: float) -> Callable[[FactValue, FactValue], bool]:
    return lambda a, b: abs(float(a) - float(b)) <= tolerance


def _equal(a: FactValue, b: FactValue) -> bool:
    return a == b


_BY_NAME = {
    "clock.rate": FactRule(_between(1e-12, 1e6), "It is above 0, at most 1000000", _within(1e-9)),
    "clock.mission": FactRule(
        lambda value: _line(value) is not None,
        "It is MISSION at WALL, rate RATE",
        _same_line,
    ),
    "mars_longitude_deg": FactRule(
        _between(-180, 360), "It is a number from -180 to 360", _same_angle, taken=True, amended=True
    ),
    "landing": FactRule(
        _instant,
        "It is a day from 2000 to 2100, such as 2051-02-01",
        lambda a, b: _at(a) == _at(b),
        taken=True,
        amended=True,
    ),
    "timezone": FactRule(
        _zone, "It is a zone of the tz database, such as UTC or Asia/Seoul", _equal, taken=True, amended=True
    ),
}
_NAME = f"It is a text of 1 to {TEXT_MAX} characters"
_BY_PATTERN = (
    (_OF_NODE, FactRule(_text, _NAME, _equal, taken=True)),
    (_OF_ADDRESS, FactRule(_text, _NAME, _equal)),
    (_OF_LINK, FactRule(_between(0, 86_400), "It is 0 to 86400 s", _within(LIGHT_SAME_S), taken=True)),
    (_OF_WORLD, FactRule(_text, _NAME, _equal)),
)


def check_amended(name: str, value: FactValue, where: str) -> None:
    """Refuse to amend a fact of which nothing would come; what no rule knows is anybody's to amend.

    Args:
        name, value: of the fact.
        where: it stands, for errors.

    Raises:
        InputError: amendments don't set it, or it is no value of that fact.
    """
    rule = rule_of(name)
    if rule is None:
        return
    if not rule.amended:
        right = "It stands in each node's file, and light times in contacts; amended are: "
        amended = ", ".join(name for name, each in _BY_NAME.items() if each.amended)
        raise InputError(f"{name!r} is set by no amendment", where=f"{where}.name", right=right + amended)
    if not rule.allowed(value):
        raise InputError(f"{name} = {value!r}", where=f"{where}.value", right=rule.right)
