"""Limits of a room: where people fail at their work, where they die, and which of them comes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from starlight.greenhouse.crops import Floats
from starlight.greenhouse.facility import Facility

if TYPE_CHECKING:
    from starlight.greenhouse.rates import Room

DEATHS = ("death_o2", "death_co2", "death_heat", "death_thirst", "death_hunger")


class Limit(msgspec.Struct, frozen=True):
    """A limit.

    Attributes:
        name: such as ``o2``.
        text: of what it is, in words.
        margin: of a state: what is left until it is crossed, in its own unit; below 0 beyond.
    """

    name: str
    text: str
    margin: Callable[[Floats], float]


class LimitCrossing(msgspec.Struct, frozen=True):
    """A limit crossed for the first time, on a day."""

    limit: str
    day: float
    text: str


def limits_of(room: Room) -> list[Limit]:
    """Return the limits of a room, those of work before those of life."""
    given, pools, people = room.facility.limits, room.pools, room.facility.people
    warm, water, food = pools.temperature, pools["water"], pools["food"]

    def gas(name: str, text: str, kind: str, least: float = 0.0, most: float = 0.0) -> Limit:
        if most:
            return Limit(name, f"{text} above {most:g} kPa", lambda state: most - room.kpa(state, kind))
        return Limit(name, f"{text} below {least:g} kPa", lambda state: room.kpa(state, kind) - least)

    def heat(name: str, most: float) -> Limit:
        return Limit(name, f"warmer than {most:g} degrees Celsius", lambda state: most - float(state[warm]))

    found = [
        gas("o2", "oxygen", "o2", least=given.o2_low_kpa),
        gas("co2", "carbon dioxide", "co2", most=given.co2_high_kpa),
        gas("fire", "oxygen", "o2", most=given.o2_high_kpa),
        heat("heat", given.heat_c),
    ]
    if people.count or room.facility.bed:
        found.append(Limit("water", "no water left", lambda state: float(state[water])))
    if people.count:
        found += [
            gas("death_o2", "oxygen", "o2", least=given.death_o2_kpa),
            gas("death_co2", "carbon dioxide", "co2", most=given.death_co2_kpa),
            heat("death_heat", given.death_heat_c),
        ]
        found.append(Limit("food", "the store of food is empty", lambda state: float(state[food])))
        # People live on their bodies for so long; a harvest in that time puts off the end.
        body = room.daily_food * given.food_days
        hunger = f"{given.food_days:g} days of food less than none"
        found.append(Limit("death_hunger", hunger, lambda state: float(state[food]) + body))
    return found


def death_of(crossings: list[LimitCrossing], facility: Facility, now: float) -> LimitCrossing | None:
    """Return the first crossing that people do not live through; None where there is none so far.

    Args:
        crossings: so far.
        now: the day that is reached.
    """
    dead = [each for each in crossings if each.limit in DEATHS]
    thirst = next((each for each in crossings if each.limit == "water"), None)
    if thirst is not None:
        days = facility.limits.water_days
        text = f"{days:g} days without water"
        dead.append(LimitCrossing("death_thirst", thirst.day + days, text))
    return min((each for each in dead if each.day <= now), key=lambda each: each.day, default=None)
