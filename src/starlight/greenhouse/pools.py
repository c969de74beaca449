"""The state of the room as one vector: where its matter is, in moles, and the elements that each mole holds.

After the matter come numbers that hold none: the canopy of each cohort, what it fixed lately, the
temperature, and totals that are kept to be told.
"""

from __future__ import annotations

import numpy as np

from starlight.greenhouse.chemistry import CARBOHYDRATE, Matter
from starlight.greenhouse.crops import Floats

GASES = ("o2", "co2", "vapour", "n2")

MATTER = (
    *GASES,
    "water",
    "urine",
    "food",
    "soil",
    "scrubbed",
    "carbonate",
    "oxidised",
    "o2_tank",
    "co2_tank",
    *(f"outside_{gas}" for gas in GASES),
)
"""Pools that every room has. ``outside`` is what leaked out less what leaked in, so it may be negative; so
may ``food``: people then live on their bodies, whose matter counts as food."""

TOTALS = ("crop_co2", "crop_o2", "transpired")
"""Totals since day 0, in mol: net fixed, net given off, water through leaves."""

OF_COHORT = ("edible", "inedible", "canopy", "recent")
"""Numbers of each cohort: carbon of its food and of its other parts in mol, its canopy (1 is closed), and
what it fixes a day, averaged over the days before, in mol/m2/d."""

ELEMENTS = ("C", "H", "O", "N")

_ATOMS = {
    "o2": (0, 0, 2, 0),
    "co2": (1, 0, 2, 0),
    "vapour": (0, 2, 1, 0),
    "n2": (0, 0, 0, 2),
}
_LIKE = {"water": "vapour", "urine": "vapour", "scrubbed": "co2", "carbonate": "co2", "oxidised": "o2"}


class Pools:
    """The places of all numbers in the state.

    Args:
        food: the composition of the store.
        plants: of each bed.
        cohorts: how many each bed has.
    """

    def __init__(self, food: Matter, plants: list[Matter], cohorts: list[int]) -> None:
        self._at = {name: place for place, name in enumerate(MATTER)}
        self.harvest = slice(len(MATTER), len(MATTER) + len(plants))
        self.residue = slice(self.harvest.stop, self.harvest.stop + len(plants))
        count, start = sum(cohorts), self.residue.stop
        self.edible, self.inedible, self.canopy, self.recent = (
            slice(start + place * count, start + (place + 1) * count) for place in range(len(OF_COHORT))
        )
        self.temperature = self.recent.stop
        self._at |= {name: self.temperature + 1 + place for place, name in enumerate(TOTALS)}
        self.size = self.temperature + 1 + len(TOTALS)
        self.bed_of = np.repeat(np.arange(len(plants)), cohorts)
        self.elements = self._elements(food, plants)

    def __getitem__(self, name: str) -> int:
        """Return the place of a pool, or of a total, by its name."""
        return self._at[name]

    def atoms(self, state: Floats) -> Floats:
        """Return how much carbon, hydrogen, oxygen and nitrogen there is in all pools, in mol."""
        return np.asarray(self.elements @ state)

    def handled(self, state: Floats) -> Floats:
        """Return the same with every pool counted as positive: the measure of a leftover of the balance."""
        return np.asarray(np.abs(self.elements) @ np.abs(state))

    def _elements(self, food: Matter, plants: list[Matter]) -> Floats:
        """Return atoms per mole: elements in rows, the state in columns."""
        found = np.zeros((len(ELEMENTS), self.size))
        for name in MATTER:
            kind = name.removeprefix("outside_").removesuffix("_tank")
            found[:, self[name]] = _ATOMS.get(_LIKE.get(kind, kind), (0, 0, 0, 0))
        found[:, self["food"]] = _of(food)
        found[:, self["soil"]] = _of(CARBOHYDRATE)
        for bed, matter in enumerate(plants):
            found[:, self.harvest.start + bed] = found[:, self.residue.start + bed] = _of(matter)
        for cohort, bed in enumerate(self.bed_of.tolist()):
            found[:, self.edible.start + cohort] = _of(plants[bed])
            found[:, self.inedible.start + cohort] = _of(plants[bed])
        return found


def _of(matter: Matter) -> tuple[float, float, float, float]:
    return 1.0, matter.hydrogen, matter.oxygen, 0.0
