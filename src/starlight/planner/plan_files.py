"""Contact plans on disk: read with a report, written with what was lost, and summed up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlight import dtntime
from starlight.contacts import UNLIMITED_BPS, ContactPlan, Exported, Imported, formats
from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.input_files import read_bytes, write_bytes

__all__ = ["ENDINGS", "Exported", "Imported", "read_plan", "summary", "write_plan"]

ENDINGS = {".ionrc": "ion", ".rc": "ion", ".ion": "ion", ".csv": "csv", ".json": "json"}
"""The form that a new file's name asks for; HDTN's and tvgutil's JSON is asked for by the form's name."""


def read_plan(
    path: Path,
    *,
    format: str | None = None,
    epoch: int | None = None,
    light_time_s: float | None = None,
    rate_bps: int | None = None,
) -> Imported:
    """Read a contact plan from a file; see `contacts.formats.read`.

    Args:
        light_time_s, rate_bps: what stands for light times, in s, and rates that the file leaves out.

    Raises:
        InputError: the file can't be read, or is no plan.
    """
    data = read_bytes(path, formats.MAX_BYTES, right="Give a file with a contact plan")
    light = None if light_time_s is None else round(light_time_s * SECOND)
    assumed = formats.Assumed(light, rate_bps)
    return formats.read(data, name=str(path), format=format, epoch=epoch, assumed=assumed)


def write_plan(path: Path, imported: Imported, *, format: str | None = None) -> Exported:
    """Write a plan that was read to another file; its times count from what they counted from.

    Where no contact is left to write, the file stays as it is: an empty plan would silence a network.

    Args:
        path: the file, which is replaced.
        format: one of `formats.FORMATS`; None to tell by the ending of the name.

    Raises:
        InputError: the form is not known, or the file can't be written.
    """
    form = format or ENDINGS.get(path.suffix.lower())
    if form is None:
        right = f"Give --to-format {'|'.join(formats.FORMATS)}, or a name that ends in {', '.join(ENDINGS)}"
        raise InputError("the form to write is not known", where=str(path), right=right)
    done = formats.write(imported.plan, form, epoch=imported.epoch, names=imported.names)
    if done.contacts:
        write_bytes(path, done.data)
    return done


def summary(plan: ContactPlan) -> dict[str, Any]:
    """Return what a plan amounts to: contacts, nodes, span and volume."""
    limited = 0
    unlimited = 0
    for contact in plan.contacts:
        volume = contact.volume(contact.start, contact.end)
        if volume >= UNLIMITED_BPS:
            unlimited += 1
        else:
            limited += volume
    start = min((c.start for c in plan.contacts), default=None)
    end = max((c.end for c in plan.contacts), default=None)
    return {
        "contacts": len(plan.contacts),
        "nodes": plan.nodes(),
        "start": None if start is None else _moment(start),
        "end": None if end is None else _moment(end),
        "span_s": None if start is None or end is None else (end - start) / SECOND,
        "volume_bytes": limited,
        "unlimited_contacts": unlimited,
        "notices": len(plan.notices),
    }


def _moment(time: int) -> str:
    """Write a time as ISO 8601; the few that no calendar of ours has, as seconds since 2000."""
    return dtntime.exact_text(time) if time > -(2**60) else f"{time / SECOND:.12g} s"
