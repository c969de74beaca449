"""The contact plan of a live node as it is shown: what is held, by whom and when, and what others hold.

Its JSON twin is what `GET /api/plan` answers (docs/reference/local-api.md).
"""

from __future__ import annotations

import msgspec

from starlight.contacts import (
    Change,
    MissionFact,
    NewContacts,
    NotUnderstood,
    Outage,
    Removed,
    Retracted,
    digest,
    facts,
    retracted,
)
from starlight.json_time import Time
from starlight.services.amendments import AmendmentService


class ChangeView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change as it is shown; what its kind does not have is null or empty.

    Attributes:
        kind: ``outage``, ``new_contacts``, ``removed``, ``fact``, ``retracted`` or ``not_understood``.
        links: directed, as pairs of node numbers; of new contacts and removed ones, theirs.
        start, end: of an outage, and of all new contacts together; of what is removed, a time in it.
        text: why; of a change that is not understood, its kind as a number.
        name, value: of a fact.
        author, number: of the amendment that is retracted.
    """

    kind: str
    links: tuple[tuple[int, int], ...] = ()
    start: Time | None = None
    end: Time | None = None
    text: str = ""
    name: str = ""
    value: str | int | float | bool | None = None
    author: int | None = None
    number: int | None = None


class AmendmentView(msgspec.Struct, frozen=True):
    """An amendment that a node holds.

    Attributes:
        author, number: its name.
        at: when it was made, by its author's clock.
        taken: when it came, or was made here.
        clock_doubt: why `at` is doubtful; empty where it is not.
        retracted: another one that is held retracts it.
        changes: what it says.
    """

    author: int
    number: int
    at: Time
    taken: Time
    clock_doubt: str
    retracted: bool
    changes: tuple[ChangeView, ...]


class OtherVersion(msgspec.Struct, frozen=True):
    """The version of another node, as far as it is known here.

    Attributes:
        node: which one.
        as_of: when it held it.
        holds: the names of what it held, such as ``10:1-4 20:1``.
        same: that is all that is held here, and nothing else.
    """

    node: int
    as_of: Time
    holds: str
    same: bool


class PlanView(msgspec.Struct, frozen=True):
    """The plan of a node.

    Attributes:
        node: its number.
        version: of the contact plan in force.
        contacts: how many it has.
        digest: the short name of the amendments that are held, the same at all nodes that hold them.
        holds: their names, such as ``10:1-4 20:1``.
        planners: the nodes whose amendments are believed here.
        amendments: what is held, in canonical order.
        facts: of the mission, by name.
        others: what is known of other nodes, by number.
    """

    node: int
    version: int
    contacts: int
    digest: str
    holds: str
    planners: tuple[int, ...]
    amendments: tuple[AmendmentView, ...]
    facts: dict[str, str | int | float | bool]
    others: tuple[OtherVersion, ...]


def plan_view(service: AmendmentService) -> PlanView:
    """Return the plan of a node as it is shown."""
    held = service.held.all()
    amendments = [each.amendment for each in held]
    gone, doubts, version = retracted(amendments), service.held.clock_doubts(), service.held.version()
    return PlanView(
        node=service.node,
        version=service.plan.version,
        contacts=len(service.plan.contacts),
        digest=digest(amendments),
        holds=version.text(),
        planners=tuple(sorted(service.planners)),
        amendments=tuple(
            AmendmentView(
                *each.amendment.id,
                each.amendment.at,
                each.taken,
                str(doubts.get(each.amendment.id, "")),
                each.amendment.id in gone,
                tuple(map(change_view, each.amendment.changes)),
            )
            for each in held
        ),
        facts={name: fact.value for name, fact in facts(amendments).items()},
        others=tuple(
            OtherVersion(node, known.as_of, known.version.text(), known.version == version)
            for node, known in service.versions.known().items()
        ),
    )


def change_view(change: Change) -> ChangeView:
    """Return a change as it is shown."""
    match change:
        case Outage(links, start, end, text):
            return ChangeView(kind="outage", links=links, start=start, end=end, text=text)
        case NewContacts(contacts):
            return ChangeView(
                kind="new_contacts",
                links=tuple(dict.fromkeys((each.from_node, each.to_node) for each in contacts)),
                start=min(each.start for each in contacts),
                end=max(each.end for each in contacts),
            )
        case Removed(from_node, to_node, time):
            return ChangeView(kind="removed", links=((from_node, to_node),), start=time, end=time)
        case MissionFact(name, value):
            return ChangeView(kind="fact", name=name, value=value)
        case Retracted(author, number):
            return ChangeView(kind="retracted", author=author, number=number)
        case NotUnderstood(kind, _):
            return ChangeView(kind="not_understood", text=str(kind))
