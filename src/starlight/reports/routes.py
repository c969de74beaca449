"""Routes over a contact plan in a file: what `starlight route` asks and prints.

Times are in seconds of the plan's own scale: from its start where it counts from there, else
POSIX seconds. So what is printed can be looked up in the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from starlight import dtntime
from starlight.contacts import ContactPlan, formats
from starlight.dtntime import POSIX_EPOCH_OFFSET_S, SECOND
from starlight.errors import InputError, StarlightError, did_you_mean
from starlight.planner.plan_files import Imported, read_plan
from starlight.reports.no_route import why_none
from starlight.routing import (
    Fragment,
    Hop,
    HopLimit,
    Priority,
    Route,
    Router,
    RouteRefusal,
    RouteRequest,
    split,
)
from starlight.words import routes as words
from starlight.words.sentence import Sentence, name_of, utc_text

MAX_ROUTES = 10_000
"""Far more than anyone reads; each costs a few searches."""

MAX_SIZE = 2**50
"""A petabyte: no contact carries more, and times of transmission stay in range."""

FRAGMENT_OVERHEAD_BYTES = 150
"""Primary block, extension blocks and block heads of a fragment, as our bundles have them, rounded up."""


class Scale(msgspec.Struct, frozen=True):
    """The scale on which times are written.

    Attributes:
        epoch: what the plan's times count from, in ns; None when they are dates or Unix time.
    """

    epoch: int | None

    def seconds(self, time: int) -> float:
        """Return a time in seconds of the plan's scale."""
        return (time - self._zero()) / SECOND

    def time(self, text: str, *, where: str) -> int:
        """Read a time: seconds of the plan's scale, or ISO 8601.

        Raises:
            InputError: it is neither.
        """
        try:
            seconds = float(text)
        except ValueError:
            return dtntime.from_text(text, where=where)
        if not abs(seconds) < 9e9:  # also what is not a number
            right = "Give ISO 8601, or seconds of the plan's times"
            raise InputError(f"{text} is too far away", where=where, right=right)
        return self._zero() + round(seconds * SECOND)

    def tell(self, time: int) -> str:
        """Write a time for people."""
        if self.epoch is None:
            return utc_text(time)
        whole, rest = divmod(abs(time - self.epoch), SECOND)
        digits = f".{rest:09d}"[:7].rstrip("0").rstrip(".")
        return f"{'-' if time < self.epoch else ''}{whole}{digits} s"

    def _zero(self) -> int:
        return -POSIX_EPOCH_OFFSET_S * SECOND if self.epoch is None else self.epoch


class Asked(msgspec.Struct, frozen=True):
    """A question to a plan.

    Attributes:
        source, destination: names or numbers of nodes.
        at: when the bundle is at the source, as `Scale.time` reads it; None for the plan's beginning.
        size: in bytes; 0 for the best case, a bundle that needs no volume.
        priority: of the bundle: bulk, normal or expedited.
        k: how many routes are wanted.
        explain: say why routes that look faster are not.
        light_time_s, rate_bps: what stands for light times, in s, and rates that the plan leaves out.
    """

    source: str
    destination: str
    at: str | None = None
    size: int = 0
    priority: str = "normal"
    k: int = 1
    explain: bool = False
    light_time_s: float | None = None
    rate_bps: int | None = None


class Found(msgspec.Struct, frozen=True):
    """The answer of a plan.

    Attributes:
        plan: the plan.
        scale: how its times are written.
        names: what it calls the nodes.
        source, destination: node numbers.
        at: when the bundle is at the source, in ns.
        size: in bytes.
        routes: the best first; empty when there is none.
        limits: for each route, and each hop of it, what the contact can carry.
        refused: why routes that look faster are not.
        never_used: sentences about contacts that can carry nothing.
        fragments: where the bundle is cut, when no contact carries it whole and that helps.
        notes: what the reader of the plan had to say.
        left_out: how many contacts of the file it refused, by kind.
        why_none: sentences that say why there is no route, where there is none.
    """

    plan: ContactPlan
    scale: Scale
    names: dict[int, str]
    source: int
    destination: int
    at: int
    size: int
    routes: list[Route]
    limits: list[list[HopLimit]]
    refused: list[RouteRefusal]
    never_used: list[str]
    fragments: list[Fragment]
    notes: list[str]
    left_out: list[str]
    why_none: list[str]

    def name(self, node: int) -> str:
        """Return what the plan calls a node."""
        return name_of(node, self.names)

    def tell(self, sentences: Iterable[Sentence]) -> list[str]:
        """Write sentences with the times of the plan's scale."""
        return [sentence.text(self.scale.tell) for sentence in sentences]


def find(path: Path, asked: Asked, format: str | None = None) -> Found:
    """Return the best routes over the plan in a file.

    Args:
        path: of the plan.
        asked: what is wanted.
        format: of the file. [default: told by its content and name]

    Raises:
        InputError: the file is no plan, or the question is wrong.
        StarlightError: the router has contradicted itself.
    """
    _check(asked, format)
    imported = _read(path, asked, format)
    plan, scale = imported.plan, Scale(imported.epoch)
    source = _node(asked.source, imported, "--from")
    destination = _node(asked.destination, imported, "--to")
    at = scale.time(asked.at, where="--at") if asked.at is not None else _beginning(plan, scale)
    priority = Priority[asked.priority.upper()]
    # A size of 0 asks for the best case, so nothing is added to it: known answers are told for it.
    router = Router(plan, with_overhead=asked.size > 0)
    request = RouteRequest(source, destination, at, asked.size, priority=priority)
    routes = _routes(router, request, asked.k)
    # Where there is no route the question is always why, whether it was asked or not.
    refused = router.refusals(request, most=5) if asked.explain or not routes else []
    # Only then: a node cuts a bundle where nothing carries it whole, and nowhere else.
    cut = not routes and asked.size > FRAGMENT_OVERHEAD_BYTES
    fragments = (split(router, request, FRAGMENT_OVERHEAD_BYTES) or []) if cut else []
    answered = routes or fragments or refused
    sentences = [] if answered else why_none(plan, request, imported.names)
    return Found(
        plan,
        scale,
        imported.names,
        source,
        destination,
        at,
        asked.size,
        routes,
        [router.bookings.limits(route) if route.hops else [] for route in routes],
        refused,
        [said.text(scale.tell) for said in words.never_used(router.unusable, imported.names)],
        fragments,
        [f"{each.count} {each.act}: {each.kind}" for each in imported.counts],
        _refused_contacts(imported),
        [said.text(scale.tell) for said in sentences],
    )


def _read(path: Path, asked: Asked, format: str | None) -> Imported:
    """Return what is in the file of a plan, which has contacts."""
    imported = read_plan(path, format=format, light_time_s=asked.light_time_s, rate_bps=asked.rate_bps)
    if not imported.plan.contacts:
        told = "; ".join(("the plan has no contacts", *_refused_contacts(imported)))
        raise InputError(told, where=str(path), right=f"starlight plan check {path} says what is in it")
    return imported


def _check(asked: Asked, format: str | None) -> None:
    if not 0 <= asked.size <= MAX_SIZE:
        raise InputError(f"{asked.size} is no size", where="--size", right=f"It is 0 to {MAX_SIZE} bytes")
    if not 1 <= asked.k <= MAX_ROUTES:
        raise InputError(f"{asked.k} routes can't be given", where="-k", right=f"Ask for 1 to {MAX_ROUTES}")
    if format is not None and format not in formats.READ_FORMATS:
        right = f"The forms are {', '.join(formats.READ_FORMATS)}"
        raise InputError(f"{format!r} is no form of a plan", where="--format", right=right)


def _refused_contacts(imported: Imported) -> list[str]:
    return [f"{each.count} refused: {each.kind}" for each in imported.counts if each.act == "refused"]


def _routes(router: Router, request: RouteRequest, k: int) -> list[Route]:
    """Return the best routes; the first is found by two searches, which must not contradict each other."""
    best = router.route(request) or None
    if k == 1:
        return [best] if best else []
    routes = list(router.candidates(request, k=k))
    # Two searches that share little code; that they agree is checked here for every question, not in tests
    # alone.
    if best != (routes[0] if routes else None):
        raise StarlightError("the best route is not the first of the candidates: a defect of the router")
    return routes


def _node(text: str, imported: Imported, where: str) -> int:
    known, names = set(imported.plan.nodes()), imported.names
    # Names first: a node may be called 12 and have another number; its author wrote the name. As it is
    # written before any other case, for two names may differ in that alone.
    for same in (str, str.casefold):
        for number, name in names.items():
            if same(name) == same(text):
                return number
    if text.isascii() and text.isdigit() and int(text) in known:
        return int(text)
    called = [name_of(number, names).removeprefix("node ") for number in sorted(known)]
    more = f" and {len(called) - 12} more" if len(called) > 12 else ""
    near = did_you_mean(text, called)
    right = ". ".join(
        (f"{near} There are: {', '.join(called[:12])}{more}".strip(), *_refused_contacts(imported))
    )
    raise InputError(f"the plan has no node {text!r}", where=where, right=right)


def _beginning(plan: ContactPlan, scale: Scale) -> int:
    # A scale of its own begins at its zero, unless a contact comes before.
    first = plan.contacts[0].start if plan.contacts else 0
    return first if scale.epoch is None else min(first, scale.epoch)


def as_json(found: Found, *, explain: bool) -> dict[str, Any]:
    """Return what was found for a program; times in s of the plan's scale."""
    seconds = found.scale.seconds
    told: dict[str, Any] = {
        "from": found.source,
        "to": found.destination,
        "at_s": seconds(found.at),
        "size_bytes": found.size,
        "seconds_from": "1970-01-01T00:00:00Z" if found.scale.epoch is None else "the start of the plan",
        "routes": [
            _route_json(found, route, limits, explain=explain)
            for route, limits in zip(found.routes, found.limits, strict=True)
        ],
        "never_used": found.never_used,
        "left_out": found.left_out,
        "why_none": found.why_none,
    }
    if found.fragments:
        told["fragments"] = [
            {
                "offset_bytes": fragment.offset,
                "length_bytes": fragment.length,
                "arrival_s": seconds(fragment.route.arrival),
                "contacts": [hop.contact.id for hop in fragment.route.hops],
            }
            for fragment in found.fragments
        ]
    if explain or not found.routes:
        told["refused"] = [
            {
                "looked_like_s": seconds(refusal.looked_like),
                "contacts": [contact.id for contact in refusal.contacts],
                "failed": refusal.failed.id if refusal.failed else None,
                "explain": found.tell(words.refused(refusal, found.names)),
            }
            for refusal in found.refused
        ]
    return told


def _route_json(found: Found, route: Route, limits: list[HopLimit], *, explain: bool) -> dict[str, Any]:
    seconds = found.scale.seconds
    told: dict[str, Any] = {
        "arrival_s": seconds(route.arrival),
        "projected_s": seconds(route.projected),
        "termination_s": seconds(route.termination) if route.hops else None,
        "entry_node": route.entry_node,
        # Where a bundle is at its destination already, no hop limits it.
        "volume_limit_bytes": min((limit.volume for limit in limits), default=None),
        "hops": [
            {
                "contact": hop.contact.id,
                "from": hop.contact.from_node,
                "to": hop.contact.to_node,
                "waits_until_s": seconds(hop.waits_until),
                "leaves_s": seconds(hop.leaves),
                "last_byte_s": seconds(hop.last_byte),
                "arrives_s": seconds(hop.arrives),
                "margin_s": hop.margin / SECOND,
                "volume_limit_bytes": limit.volume,
                "binds": limit_text(hop, limit, found),
            }
            for hop, limit in zip(route.hops, limits, strict=True)
        ],
    }
    if explain:
        told["explain"] = found.tell(words.hops(route, found.names))
    return told


def limit_text(hop: Hop, limit: HopLimit, found: Found) -> str:
    """Return what limits the volume that a hop can carry, in words."""
    ends = found.scale.tell(limit.stops)
    if limit.stopped_by == hop.contact.id:
        told = f"it ends at {ends}"
    else:
        told = f"contact {limit.stopped_by}, later on the route, ends at {ends}"
    if limit.booked:
        told += f"; {limit.booked / SECOND:g} s of it are booked"
    return told
