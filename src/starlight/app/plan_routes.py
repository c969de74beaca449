"""The routes of the contact plan in the local API: to look at it and to amend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from starlight.contacts import (
    UNLIMITED_BPS,
    Amendment,
    Change,
    Contact,
    MissionFact,
    NewContacts,
    Outage,
    Removed,
    Retracted,
    constant_light,
    from_json,
)
from starlight.errors import InputError
from starlight.json_time import Time
from starlight.live.daemon import Daemon
from starlight.web.answers import json_answer
from starlight.web.body import octets, read_body

_T = TypeVar("_T")

PLAN_MAX_BYTES = 64 << 20
"""Of a plan as JSON: what `contacts.plan_json` reads in a few seconds."""


class _Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    pass


class ContactDraft(_Draft, frozen=True):
    """A contact that is to be added; without a rate it takes no time.

    Attributes:
        from_, to: node numbers.
        start, end: when it can be transmitted over.
        rate_bps: in bit/s.
        light_time_s: one way; it does not change during the contact.
        one_way: nothing ever comes back over it.
    """

    from_: int
    to: int
    start: Time
    end: Time
    rate_bps: int | None = None
    light_time_s: float = 0.0
    one_way: bool = False


class ChangeDraft(_Draft, frozen=True):
    """A change that is to be made; its kind says which of the other keys it has.

    Attributes:
        kind: ``outage`` (links, start, end, text), ``new_contacts`` (contacts), ``removed`` (from, to, time),
            ``fact`` (name, value) or ``retracted`` (author, number).
        both_ways: of an outage: each link in its other direction too.
    """

    kind: str
    links: tuple[tuple[int, int], ...] = ()
    both_ways: bool = True
    start: Time | None = None
    end: Time | None = None
    text: str = ""
    contacts: tuple[ContactDraft, ...] = ()
    from_: int | None = None
    to: int | None = None
    time: Time | None = None
    name: str | None = None
    value: str | int | float | bool | None = None
    author: int | None = None
    number: int | None = None

    def change(self) -> Change:
        """Return the change.

        Raises:
            InputError: a key that its kind needs is not there, or there is no such kind.
        """
        make = _KINDS.get(self.kind)
        if make is None:
            right = f"The kinds are {', '.join(_KINDS)}"
            raise InputError(f"{self.kind!r} is no kind of change", where="kind", right=right)
        return make(self)


class AmendmentDraft(_Draft, frozen=True):
    """An amendment that is to be made.

    Attributes:
        changes: one at least.
        node: which node of this process makes it; needed where there are several.
        known_links: refuse an outage of a link that the plan has no contact on while it lasts.
    """

    changes: tuple[ChangeDraft, ...]
    node: int | None = None
    known_links: bool = False


class PlanRoutes:
    """Handlers of what concerns the contact plan.

    Args:
        daemons: the nodes of this process.
    """

    def __init__(self, daemons: Sequence[Daemon]) -> None:
        self._daemons = {daemon.config.node.number: daemon for daemon in daemons}

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        return [
            Route("/api/plan", self.show),
            Route("/api/plan", self.set, methods=["PUT"]),
            Route("/api/amendments", self.amend, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Tell which amendments each node holds, and what it knows of others; of one with ``?node=N``."""
        text = request.query_params.get("node")
        if text is None:
            return json_answer([daemon.plan.view() for daemon in self._daemons.values()])
        return json_answer([self._daemon(_number(text)).plan.view()])

    async def amend(self, request: Request) -> Response:
        """Amend the plan; the change is in force at this node and durable when this answers."""
        draft = await read_body(request, AmendmentDraft)
        daemon = self._daemon(draft.node)
        changes: list[Change] = []
        for index, change in enumerate(draft.changes):
            try:
                changes.append(change.change())
            except InputError as error:
                where = f"changes[{index}].{error.where}"
                raise InputError(error.what, where=where, right=error.right) from None
        if draft.known_links:
            daemon.plan.check_known(changes)
        return _told(daemon, await daemon.plan.amend(changes))

    async def set(self, request: Request) -> Response:
        """Amend the plan so that its contacts are those of the body, a plan in Starlight's JSON."""
        text = request.query_params.get("node")
        daemon = self._daemon(None if text is None else _number(text))
        made = await daemon.plan.set(from_json(await octets(request, PLAN_MAX_BYTES, "a plan")))
        return json_answer(None) if made is None else _told(daemon, made)

    def _daemon(self, node: int | None) -> Daemon:
        return daemon_of(self._daemons, node)


def daemon_of(daemons: Mapping[int, Daemon], node: int | None) -> Daemon:
    """Return a node of this process; without a number the only one.

    Raises:
        InputError: it is none of them, or there are several.
    """
    found = next(iter(daemons.values())) if node is None and len(daemons) == 1 else None
    found = found or daemons.get(node or 0)
    if found is None:
        right = f"Such are {', '.join(map(str, daemons))}"
        told = "there are several nodes" if node is None else f"node {node} is not of this process"
        raise InputError(told, where="node", right=right)
    return found


def _told(daemon: Daemon, made: Amendment) -> Response:
    view = daemon.plan.view()
    return json_answer(next(each for each in view.amendments if (each.author, each.number) == made.id), 201)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise InputError(f"{text!r} is no node number", where="node")
    return int(text)


def _outage(draft: ChangeDraft) -> Change:
    links = [link for a, b in draft.links for link in (((a, b), (b, a)) if draft.both_ways else ((a, b),))]
    start, end = _needed(draft.start, "start"), _needed(draft.end, "end")
    return Outage(tuple(dict.fromkeys(links)), start, end, draft.text)


def _new_contacts(draft: ChangeDraft) -> Change:
    return NewContacts(
        tuple(
            Contact(
                id=0,
                from_node=each.from_,
                to_node=each.to,
                start=each.start,
                end=each.end,
                rates=((each.start, UNLIMITED_BPS if each.rate_bps is None else each.rate_bps),),
                light=constant_light(each.start, each.light_time_s),
                one_way=each.one_way,
            )
            for each in draft.contacts
        )
    )


def _removed(draft: ChangeDraft) -> Change:
    return Removed(_needed(draft.from_, "from"), _needed(draft.to, "to"), _needed(draft.time, "time"))


def _fact(draft: ChangeDraft) -> Change:
    name = _needed(draft.name, "name")
    if draft.value is None:
        raise InputError("it is missing", where="value", right="A fact is text, a number or a truth value")
    return MissionFact(name, draft.value)


def _retracted(draft: ChangeDraft) -> Change:
    return Retracted(_needed(draft.author, "author"), _needed(draft.number, "number"))


_KINDS: dict[str, Callable[[ChangeDraft], Change]] = {
    "outage": _outage,
    "new_contacts": _new_contacts,
    "removed": _removed,
    "fact": _fact,
    "retracted": _retracted,
}


def _needed(value: _T | None, key: str) -> _T:
    if value is None:
        raise InputError("it is missing", where=key, right="This kind of change needs it")
    return value
