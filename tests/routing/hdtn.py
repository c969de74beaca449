"""Read contact plans of HDTN as the tests need them: JSON, times in s, rates in bit/s."""

from __future__ import annotations

import json
from pathlib import Path

from starlight.contacts.contact import UNLIMITED_BPS, Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND

PLANS = Path(__file__).parent.parent / "authorities" / "plans"


def read(name: str) -> ContactPlan:
    """Return a plan of `tests/authorities/plans`, whose ids are the places in the file's list."""
    contacts = []
    for place, item in enumerate(json.loads((PLANS / name).read_text())["contacts"]):
        start, end = item["startTime"] * SECOND, item["endTime"] * SECOND
        bps = item["rateBitsPerSec"] or UNLIMITED_BPS
        light = constant_light(start, item["owlt"])
        contacts.append(Contact(place, item["source"], item["dest"], start, end, ((start, bps),), light))
    return ContactPlan.of(contacts)
