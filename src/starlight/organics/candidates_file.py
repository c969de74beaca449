"""Candidates for the next sample, as a CSV file: where they lie, what was seen, what the drive costs."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from starlight.errors import InputError
from starlight.input_files import read_text
from starlight.organics.look_next import Candidate

COLUMNS = ("name", "x", "y", "prior", "observed", "cost")

RIGHT = f"The first line is {','.join(COLUMNS)}; observed may be empty, cost is in log-odds"


def read_candidates(path: Path) -> tuple[list[Candidate], dict[str, float]]:
    """Return the candidates of a file, and what the travel to each costs in log-odds, by name.

    Raises:
        InputError: it can't be read, lacks a column, or holds what is no number, or a name twice.
    """
    rows = list(csv.DictReader(io.StringIO(read_text(path, right=RIGHT))))
    missing = [each for each in COLUMNS if not rows or each not in rows[0]]
    if missing:
        told = f"no column {', '.join(missing)}" if rows else "no candidates"
        raise InputError(told, where=str(path), right=RIGHT)
    candidates: list[Candidate] = []
    costs: dict[str, float] = {}
    for number, row in enumerate(rows, 2):
        where = f"{path}: line {number}"
        observed = _number(row, "observed", where) if row["observed"] else None
        at = (_number(row, "x", where), _number(row, "y", where))
        if row["name"] in costs:
            raise InputError(f"{row['name']} stands there twice", where=where, right="Give each its own name")
        candidates.append(Candidate(row["name"], at, _number(row, "prior", where), observed))
        costs[row["name"]] = _number(row, "cost", where)
    return candidates, costs


def _number(row: dict[str, str], column: str, where: str) -> float:
    try:
        value = float(row[column] or "")
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{column} is {row[column]!r}", where=where, right="It is a finite number")
    return value
