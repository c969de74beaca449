"""A file that describes one node to run: who it is, whom it connects to, which contacts it has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec.structs import replace

from starlight import dtntime
from starlight.app.node_correspondents import check_correspondents
from starlight.app.node_links import (
    Light,
    Number,
    PeerSpec,
    check_address,
    check_peer,
    check_policy,
    host_port,
    read_listen,
)
from starlight.app.node_services import ServiceSpec, check_services
from starlight.contacts import (
    UNLIMITED_BPS,
    Contact,
    ContactPlan,
    Notice,
    constant_light,
    formats,
    from_json,
)
from starlight.dtntime import YEAR
from starlight.errors import InputError
from starlight.input_files import read_bytes, read_text
from starlight.live.node_log import LogConfig
from starlight.messages.distress import RECIPIENTS_MAX
from starlight.messages.group import declared
from starlight.messages.limits import GROUP_ID
from starlight.scenario.file_errors import FileErrors
from starlight.scenario.network import Name
from starlight.scenario.programs import CorrespondentSpec
from starlight.scenario.toml_file import read
from starlight.scenario.worlds import WorldSpec, check_declared, check_timezone, check_world
from starlight.services.announcements import SERVICE as AMENDMENTS
from starlight.worlds import EARTH, MARS

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Where a page may be: its guard turns other names away (`web.guard.LOOPBACK_HOSTS`)."""

FOREVER = dtntime.from_text("2000-01-01"), 100 * YEAR
"""The interval of a contact that has no start and end: all of the century."""


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class ContactSpec(_Spec, frozen=True, rename={"from_": "from"}):
    """A contact of the plan, one direction; without times it is always open, without a rate unlimited."""

    from_: Number
    to: Number
    start: str = ""
    end: str = ""
    rate_bps: Annotated[int, msgspec.Meta(ge=1, le=10**12)] | None = None
    light_time_s: Light = 0.0
    one_way: bool = False


class ResidentSpec(_Spec, frozen=True):
    """Someone with a mailbox at this node.

    Attributes:
        media_mb: the room of the mailbox for parts, in millions of bytes.
        vehicle: the address of the suit or vehicle that they are in: its telemetry goes with a distress call.
    """

    id: Name
    name: str
    service: Number
    media_mb: Annotated[int, msgspec.Meta(ge=1, le=1_048_576)] | None = None
    vehicle: str = ""


class AddressSpec(_Spec, frozen=True):
    """Someone elsewhere, for the list of people to write to.

    Attributes:
        world: None: that of the node at which they live.
        plain_text: other software reads what comes there; None: as their node's peer says (`foreign`).
    """

    address: str
    name: str
    place: str = ""
    world: Name | None = None
    plain_text: bool | None = None


class GroupSpec(_Spec, frozen=True):
    """A group that is known from the start, such as the crew; people may change it like any other.

    Attributes:
        name: what it is called; a node that declares one of the same name has the same.
        members: addresses.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    members: Annotated[list[str], msgspec.Meta(min_length=1, max_length=64)]


class ClockSpec(_Spec, frozen=True):
    """Mission time: `rate` s per second of the system's clock, and `mission` at the system's time `wall`."""

    rate: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] = 1.0
    mission: str = ""
    wall: str = ""


class NodeFile(_Spec, frozen=True):
    """One node.

    Attributes:
        number, name, world: who it is.
        data: the folder of its store; relative to the file.
        listen: where peers may reach it, one address or a list: ``tcpcl://host:port`` or
            ``udpcl://host:port`` (4556 is the registered port of both); ``host:port`` is of TCPCL; empty:
            nowhere.
        page: ``host:port`` of the page and the local API, on loopback; port 0: any free one.
        plan: a contact plan in Starlight's JSON; relative to the file.
        planners: numbers of the nodes whose amendments of the plan are believed, this one too if it amends.
        timezone: of the page's clock on Earth; None: as another node tells it, else UTC.
        mars_longitude_deg, landing: of the page's clock on Mars: where it hangs, and the day of sol 0; None:
            as another node tells it, else 0 and 2000-01-01.
        oldest_format: of letters to those who have not been heard from: 1 (any Starlight reads it) or 2.
        other_world: the worlds that are not built in, and other clocks for those that are.
        service: what else is at this node.
        group: that people are in from the start.
        correspondent: programs with a mailbox here.
        distress_to: addresses, and groups by id or name, that distress calls go to; empty for everybody in
            the conversations.
        log: where its log goes, relative to the file, and what of it.
    """

    number: Number
    name: str
    data: Annotated[str, msgspec.Meta(min_length=1)]
    world: Name = EARTH.name
    listen: str | list[str] = "tcpcl://127.0.0.1:4556"
    page: str = "127.0.0.1:8420"
    plan: str = ""
    planners: list[Number] = []
    timezone: str | None = None
    mars_longitude_deg: Annotated[float, msgspec.Meta(ge=-180, le=360)] | None = None
    landing: str | None = None
    clock: ClockSpec = ClockSpec()
    other_world: list[WorldSpec] = []
    peer: list[PeerSpec] = []
    contact: list[ContactSpec] = []
    person: list[ResidentSpec] = []
    address: list[AddressSpec] = []
    service: list[ServiceSpec] = []
    group: list[GroupSpec] = []
    correspondent: list[CorrespondentSpec] = []
    distress_to: Annotated[list[str], msgspec.Meta(max_length=RECIPIENTS_MAX)] = []
    oldest_format: Annotated[int, msgspec.Meta(ge=1, le=2)] = 1
    log: LogConfig = LogConfig()


def load(path: Path) -> NodeFile:
    """Read a node's file.

    Raises:
        InputError: it can't be read, or is wrong; the message names key, value and what is allowed.
    """
    text = read_text(path, right="Give a node's TOML file")
    node, errors = read(text, NodeFile, str(path))
    _check(node, errors)
    errors.raise_all()
    return node


def plan_of(
    node: NodeFile,
    folder: Path,
    light_s: Mapping[tuple[int, int], float] = MappingProxyType({}),
    data: bytes | None = None,
) -> ContactPlan:
    """Return the node's contact plan: the file's and the contacts written out; else each peer, always.

    Only a file that names neither a plan nor contacts means always: a plan without contacts means never.

    Args:
        node: the file.
        folder: in which it is.
        light_s: fixed light times in s by directed link, besides those that the file fixes.
        data: of the plan's file; None for what it has now.

    Raises:
        InputError: the plan's file can't be read.
    """
    contacts: list[Contact] = []
    notices: tuple[Notice, ...] = ()
    if node.plan:
        path = folder / node.plan
        plan = from_json(read_bytes(path, formats.MAX_BYTES) if data is None else data, str(path))
        contacts, notices = list(plan.contacts), plan.notices
    # The ids of the contacts written out follow those of the plan's file, so that no two are the same.
    fresh = max((contact.id for contact in contacts), default=0) + 1
    specs = node.contact
    # A node that names no plan still reaches its peers: each is taken to be heard always, at any rate.
    if not node.plan and not specs:
        specs = [
            ContactSpec(a, b)
            for peer in node.peer
            for a, b in ((node.number, peer.number), (peer.number, node.number))
        ]
    contacts += [_contact(fresh + number, spec) for number, spec in enumerate(specs)]
    fixed_s = dict(light_s)
    for peer in node.peer:
        if peer.light_time_s is not None:
            for link in ((node.number, peer.number), (peer.number, node.number)):
                fixed_s[link] = peer.light_time_s
    return ContactPlan.of([_at_fixed_light(contact, fixed_s) for contact in contacts], notices)


def _contact(number: int, spec: ContactSpec) -> Contact:
    """Return a contact that is written out, with an id."""
    start = dtntime.from_text(spec.start) if spec.start else FOREVER[0]
    return Contact(
        id=number,
        from_node=spec.from_,
        to_node=spec.to,
        start=start,
        end=dtntime.from_text(spec.end) if spec.end else FOREVER[1],
        rates=((start, UNLIMITED_BPS if spec.rate_bps is None else spec.rate_bps),),
        light=constant_light(start, spec.light_time_s),
        one_way=spec.one_way,
    )


def _at_fixed_light(contact: Contact, fixed_s: Mapping[tuple[int, int], float]) -> Contact:
    """Return a contact with a peer at the light time that is fixed for it: what messages will take."""
    light_s = fixed_s.get((contact.from_node, contact.to_node))
    return contact if light_s is None else replace(contact, light=constant_light(contact.start, light_s))


def silent_plan(plan: ContactPlan, node: int) -> str:
    """Return why nobody can be heard by a plan, for the start of a node; empty where somebody can."""
    if not plan.contacts:
        return "the plan has no contacts: nobody can be heard, and everything that is written waits"
    if not any(node in (contact.from_node, contact.to_node) for contact in plan.contacts):
        known = ", ".join(map(str, plan.nodes()[:12]))
        return f"the plan has no contact of node {node}, so nobody can be heard; it is of the nodes {known}"
    return ""


def _check(node: NodeFile, errors: FileErrors) -> None:
    _check_here(node, errors)
    for table, key, values in (
        ("peer", "number", [peer.number for peer in node.peer]),
        ("peer", "address", [peer.address or None for peer in node.peer]),
        ("person", "id", [person.id for person in node.person]),
        ("person", "service", [person.service for person in node.person]),
        ("planners", "", node.planners),
    ):
        for index, value in enumerate(values):
            if value is not None and value in values[:index]:
                place = f"{table}[{index}].{key}".rstrip(".")
                errors.add(place, f"{place} = {value!r} is there twice", "Each must be there once")
    _check_worlds(node, errors)
    numbers = [(f"person[{index}].service", each.service) for index, each in enumerate(node.person)]
    numbers += [(f"service[{index}].number", each.number or 0) for index, each in enumerate(node.service)]
    for key, number in numbers:
        if number == AMENDMENTS:
            right = f"{AMENDMENTS} is where nodes tell each other of changes of the plan; give another"
            errors.add(key, f"{key} = {number}", right)
    for index, peer in enumerate(node.peer):
        key = f"peer[{index}]"
        if peer.number == node.number:
            errors.add(f"{key}.number", f"{key}.number = {peer.number}", "A node is no peer of itself")
        errors.guard(key, partial(check_peer, peer, node.listen, key))
        errors.guard(key, partial(check_policy, peer, key))
        if peer.node_id:
            errors.guard(f"{key}.node_id", partial(check_address, peer.node_id))
    for index, contact in enumerate(node.contact):
        _check_contact(contact, f"contact[{index}]", errors)
    for index, entry in enumerate(node.address):
        errors.guard(f"address[{index}].address", partial(check_address, entry.address))
    _check_groups(node, errors)
    _check_distress(node, errors)
    people = {person.service: person.id for person in node.person}
    check_services(node.service, people, errors)
    taken = {number: f"person {id!r}" for number, id in people.items()}
    taken |= {each.service: f"service[{index}]" for index, each in enumerate(node.service)}
    check_correspondents(node.correspondent, taken, errors)


def _check_groups(node: NodeFile, errors: FileErrors) -> None:
    for index, group in enumerate(node.group):
        key = f"group[{index}]"
        if group.name in [each.name for each in node.group[:index]]:
            errors.add(
                f"{key}.name", f"{key}.name = {group.name!r} is there twice", "Each must be there once"
            )
        errors.guard(f"{key}.members", partial(declared, group.name, group.members))


def _check_distress(node: NodeFile, errors: FileErrors) -> None:
    groups = [group.name for group in node.group]
    for index, called in enumerate(node.distress_to):
        if called not in groups:
            errors.guard(f"distress_to[{index}]", partial(_check_called, called, groups))
    for index, person in enumerate(node.person):
        if person.vehicle:
            errors.guard(f"person[{index}].vehicle", partial(check_address, person.vehicle))


def _check_here(node: NodeFile, errors: FileErrors) -> None:
    """Check what the node says of itself."""
    errors.guard("listen", lambda: read_listen(node.listen, "listen"))
    errors.guard("page", lambda: host_port(node.page, "page"))
    # The token travels unencrypted, so the page must not be reachable over a network.
    if _is_outside(node.page):
        errors.fail("page", node.page, f"The page is for this machine alone: {', '.join(LOOPBACK)}")
    if node.timezone is not None:
        check_timezone("timezone", node.timezone, errors.fail)
    for key in ("mission", "wall"):
        if getattr(node.clock, key):
            _time(getattr(node.clock, key), f"clock.{key}", errors)
    if bool(node.clock.mission) != bool(node.clock.wall):
        right = "Give both: the mission time at one moment of the system's clock"
        errors.add("clock", "clock.mission and clock.wall belong together", right)
    if node.landing is not None:
        _time(node.landing, "landing", errors)


def _is_outside(page: str) -> bool:
    try:
        return host_port(page, "page")[0] not in LOOPBACK
    except InputError:
        return False  # It is no address at all, which has been said.


def _check_worlds(node: NodeFile, errors: FileErrors) -> None:
    fail = errors.fail
    check_declared("other_world", node.other_world, lambda key, text: _time(text, key, errors), fail)
    for index, spec in enumerate(node.other_world):
        if spec.home:
            fail(f"other_world[{index}].home", spec.home, "A node's file knows no other places; leave it out")
    check_world("world", node.world, node.other_world, fail)
    for index, peer in enumerate(node.peer):
        check_world(f"peer[{index}].world", peer.world or MARS.name, node.other_world, fail)
    for index, entry in enumerate(node.address):
        check_world(f"address[{index}].world", entry.world or MARS.name, node.other_world, fail)


def _check_contact(contact: ContactSpec, key: str, errors: FileErrors) -> None:
    if contact.from_ == contact.to:
        errors.add(f"{key}.to", f"{key}: from = {contact.from_} = to", "A contact is between two nodes")
    start = _time(contact.start, f"{key}.start", errors) if contact.start else FOREVER[0]
    end = _time(contact.end, f"{key}.end", errors) if contact.end else FOREVER[1]
    if start is not None and end is not None and end <= start:
        errors.fail(f"{key}.end", contact.end, f"It must be later than {dtntime.to_text(start)}")


def _time(text: str, key: str, errors: FileErrors) -> int | None:
    time = errors.time(key, text)
    if time is not None and not FOREVER[0] <= time <= FOREVER[1]:
        first, last = (dtntime.to_text(edge)[:10] for edge in FOREVER)
        errors.fail(key, text, f"It is from {first} to {last}")
        return None
    return time


def _check_called(text: str, groups: list[str]) -> None:
    """Check whom a call goes to that is no group of the file."""
    if GROUP_ID.fullmatch(text):
        return
    try:
        check_address(text)
    except InputError as error:
        there = (
            f"one of its groups: {', '.join(groups)}" if groups else "a [[group]] of this file by its name"
        )
        right = f"Give an address such as ipn:7.1, a group's id (group: and 32 hex digits), or {there}"
        raise InputError(f"{text!r} is no address and no group", right=right) from error
