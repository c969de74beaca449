"""The contact plan: who hears whom, when, how fast, how far away."""

from starlight.contacts.amended_plan import amended, revised
from starlight.contacts.amendments import (
    MAX_TIME,
    Amendment,
    AmendmentId,
    Change,
    FactInForce,
    FactValue,
    MissionFact,
    NewContacts,
    NotUnderstood,
    Outage,
    Removed,
    Retracted,
    VersionVector,
    check_amendment,
    digest,
    facts,
    in_force,
    outages,
    retracted,
    version_of,
)
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, by_start, constant_light
from starlight.contacts.mission_facts import FactDisagreement, Said
from starlight.contacts.plan import ContactPlan, Notice, clipped
from starlight.contacts.plan_difference import difference
from starlight.contacts.plan_json import from_json
from starlight.contacts.report import Exported, Imported

__all__ = [
    "MAX_TIME",
    "UNLIMITED_BPS",
    "Amendment",
    "AmendmentId",
    "Change",
    "Contact",
    "ContactPlan",
    "Exported",
    "FactDisagreement",
    "FactInForce",
    "FactValue",
    "Imported",
    "LightPiece",
    "MissionFact",
    "NewContacts",
    "NotUnderstood",
    "Notice",
    "Outage",
    "Removed",
    "Retracted",
    "Said",
    "VersionVector",
    "amended",
    "by_start",
    "check_amendment",
    "clipped",
    "constant_light",
    "difference",
    "digest",
    "facts",
    "from_json",
    "in_force",
    "outages",
    "retracted",
    "revised",
    "version_of",
]
