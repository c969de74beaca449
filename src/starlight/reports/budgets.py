"""Link budgets without a sky: published cases from a file, and two terminals at a distance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlight.errors import InputError
from starlight.input_files import read_text
from starlight.radio import RadioLink, Table, budget_from_reference, compare
from starlight.scenario.toml_text import parse
from starlight.sky import AU_KM


def cases(path: Path) -> list[dict[str, Any]]:
    """Return the ``[[case]]`` tables of a file of published budgets, as tomllib reads them.

    Raises:
        InputError: it can't be read, or holds none.
    """
    right = (
        "Give a scenario with two of its nodes, two terminals with --range-au, or a file of [[case]] tables"
    )
    tree = parse(read_text(path, right=right), str(path))
    found = tree.get("case")
    # A single [case], or case = 1, is TOML as well.
    if not isinstance(found, list) or not found or not all(isinstance(case, dict) for case in found):
        raise InputError("holds no [[case]]", where=str(path), right=right)
    return found


def case_view(case: dict[str, Any], where: str) -> tuple[Table, dict[str, Any]]:
    """Compute a published case, and set what was printed beside it.

    Returns:
        The design control table, and plain values: name, source, the table, and for each printed
        result the computed one and their difference in dB.

    Raises:
        InputError: a key is missing, unknown or beyond sense.
    """
    name = str(case.get("name", "a case without a name"))
    try:
        table = budget_from_reference(case)
        found = compare(case, table)
    except InputError as error:
        raise InputError(error.what, where=f"{where}: {name}: {error.where}", right=error.right) from None
    return table, {
        "name": name,
        "source": str(case.get("source", "")),
        "table": table.to_dict(),
        "published": [
            {
                "key": each.key,
                "published": each.published,
                "computed": each.computed,
                "difference_db": each.difference_db,
            }
            for each in found
        ],
    }


def at_range(
    transmitter: str, receiver: str, range_au: float, elevation_deg: float, band: str
) -> tuple[Table, dict[str, Any]]:
    """Return the table of two terminals of the library at a distance, and the best rate as plain values.

    Args:
        range_au: the distance in astronomical units.
        elevation_deg: at both ends that stand on a ground.

    Raises:
        InputError: no such terminal or band, or a range or elevation beyond sense.
    """
    if not 1e-6 <= range_au <= 1_000:
        raise InputError(f"{range_au:g} au is no range", where="--range-au", right="Allowed: 1e-6 to 1000")
    link = RadioLink(transmitter, receiver, band)
    range_km = range_au * AU_KM
    # Given for both ends: where there is no air, the elevation does not count.
    table = link.table(range_km, elevation_deg, elevation_deg)
    rate_bps = int(link.rate_bps(range_km, elevation_deg, elevation_deg))
    return table, {
        "from": transmitter,
        "to": receiver,
        "range_au": range_au,
        "elevation_deg": elevation_deg,
        "rate_bps": rate_bps,
        "decides": link.decides(rate_bps),
        "max_rate_bps": float(link.max_rate_bps(range_km, elevation_deg, elevation_deg)),
        "table": table.to_dict(),
    }
