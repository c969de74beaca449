"""The keys of a published case, read in whatever unit they come, refused by name where they make no sense.

Telecom reports give the same input in many forms; the sections of a budget (`case_ends`, `case_noise`,
`case_data`) ask here and see one form only.
"""

from __future__ import annotations

from typing import Any

from starlight.errors import InputError
from starlight.radio.budget import BudgetEntry
from starlight.radio.decibel import within
from starlight.radio.dialect import FAMILIES, canonical, named_keys
from starlight.radio.table import EXACT, Tolerance, tolerance_of


class CaseKeys:
    """The keys of one case.

    Args:
        case: as tomllib reads it.

    Attributes:
        case: with its keys in their canonical spelling.
        published: the printed results.
        named: the keys that are taken for losses or temperatures by their names.

    Raises:
        InputError: a key that is unknown, or a table that is none; it names the key.
    """

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case = canonical(case)
        published = case.get("published", {})
        if not isinstance(published, dict):
            raise InputError("is no table", where="published", right="published = { margin_db = 5.8 }")
        self.published = published
        given = case.get("tolerances", {})
        if not isinstance(given, dict):
            raise InputError(
                "is no table", where="tolerances", right="tolerances = { transmitter_gain_dbi = 0.3 }"
            )
        self.tolerances = {key: tolerance_of(value, f"tolerances.{key}") for key, value in given.items()}
        for key in self.tolerances:
            # A dot leads into a table of the case, as in carrier.suppression_db.
            name, _, part = key.partition(".")
            if name not in case or (part and (not isinstance(case[name], dict) or part not in case[name])):
                raise InputError(
                    "is no key of this case", where=f"tolerances.{key}", right="Name a given key."
                )
        self.named = named_keys(case)

    def tolerance(self, key: str) -> Tolerance:
        """Return the tolerance of a key; none where the case says nothing."""
        return self.tolerances.get(key, EXACT)

    def number(self, key: str, low: float, high: float, right: str = "") -> float | None:
        """Return a number between two limits, or None where the case does not give it."""
        if key not in self.case:
            return None
        return within(self.case[key], key, low, high, right or "Is the unit right?")

    def scaled(self, family: str, low: float, high: float, needed: bool = False) -> float | None:
        """Return a quantity in the first unit of its family, in whichever unit it is given.

        Args:
            family: such as ``frequency``, whose keys are ``frequency_hz``, ``frequency_mhz`` and so on.
            low, high: limits, in the first unit; powers are in dBm.
            needed: refuse a case without it.
        """
        units = FAMILIES[family]
        given = [unit for unit in units if f"{family}_{unit}" in self.case]
        names = ", ".join(f"{family}_{unit}" for unit in units)
        if len(given) > 1:  # even where both agree: a tolerance or a correction would reach one only
            raise InputError(
                "is given twice", where=" and ".join(f"{family}_{u}" for u in given), right="Keep one."
            )
        if not given:
            if needed:
                raise InputError("is missing", where=family, right=f"Give one of {names}.")
            return None
        key, unit = f"{family}_{given[0]}", given[0]
        if unit in ("dbm", "dbw"):
            return within(self.case[key], key, low, high, "Is the unit right?") + (30 if unit == "dbw" else 0)
        # The limits are converted, not the number: an error then speaks in the unit of the case.
        scale = units[unit]
        value = within(self.case[key], key, low / scale, high / scale, "Is the unit right?")
        return value * scale

    def losses(self, key: str, label: str, most: float = 60.0) -> list[BudgetEntry]:
        """Return the lines of a loss in dB that is given as a number, a list or a table of parts."""
        if key not in self.case:
            return []
        given = self.case[key]
        if isinstance(given, dict):
            parts = [(f"{key}.{name}", f"{label}: {name}", value) for name, value in given.items()]
        elif isinstance(given, list):
            parts = [(f"{key}[{i}]", f"{label} {i + 1}", value) for i, value in enumerate(given)]
        else:
            parts = [(key, label, given)]
        entries = []
        # Reports write a loss positive. A line of the table adds to the sum, so here its sign turns.
        for where, text, value in parts:
            right = f"A loss is written positive, and at most {most:g} dB makes sense here."
            entries.append(
                BudgetEntry(where, text, -within(value, where, 0.0, most, right), self.tolerance(key))
            )
        return entries

    def named_losses(self, end: str) -> list[BudgetEntry]:
        """Return the named losses before Pt/N0 of an end, or those of neither."""
        ends = ("transmit", "receiv")
        keys = [k for k in self.named.before if (k.startswith(end) if end else not k.startswith(ends))]
        return [
            e
            for key in keys
            for e in self.losses(key, key.removesuffix("_db").replace("_", " ").capitalize())
        ]
