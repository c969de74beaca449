"""The contact plan: who hears whom, when, how fast, how far away."""

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, by_start, constant_light
from starlight.contacts.plan import ContactPlan, Notice, clipped
from starlight.contacts.plan_json import from_json
from starlight.contacts.report import Exported, Imported

__all__ = [
    "UNLIMITED_BPS",
    "Contact",
    "ContactPlan",
    "Exported",
    "Imported",
    "LightPiece",
    "Notice",
    "by_start",
    "clipped",
    "constant_light",
    "from_json",
]
