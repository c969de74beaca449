"""The services in a node's file: what is at the node besides the mailboxes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from starlight.app.folder_sink import FolderSink
from starlight.errors import InputError
from starlight.live.config import ServiceConfig, ServiceKind
from starlight.live.daemon import Daemon
from starlight.scenario.file_errors import FileErrors
from starlight.services.echo import ECHO
from starlight.services.registry import NUMBER_MAX
from starlight.services.units import LIFETIME_MAX_S, UnitToSend

SOURCE_MAX_BYTES = 10_000_000
"""A source tries out links; what is larger is a file, which `starlight bundle send` sends."""

SOURCE_LIFETIME_S = 3600.0
"""How long what a source sends is worth carrying where its file does not say: it tries out what is open."""

KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # kind of service: the keys that it must have, and those that it may have
    "echo": ((), ("number",)),
    "discard": (("number",), ()),
    "source": (("number", "to", "bytes", "every_s"), ("lifetime_s",)),
    "sink": (("number", "folder"), ()),
}


class ServiceSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service at this node besides the mailboxes.

    Attributes:
        kind: which one.
        number: its service number; an echo has 2047 where nobody says otherwise.
        to: of a source, the address that it sends to.
        bytes: of a source, how much it sends each time.
        every_s: of a source, how often, in s of mission time.
        lifetime_s: of a source, how long each bundle is worth carrying.
        folder: of a sink, where the payloads go; relative to the file.
    """

    kind: Literal["echo", "discard", "source", "sink"]
    number: Annotated[int, msgspec.Meta(ge=1, le=NUMBER_MAX)] | None = None
    to: str | None = None
    bytes: Annotated[int, msgspec.Meta(ge=0, le=SOURCE_MAX_BYTES)] | None = None
    every_s: Annotated[float, msgspec.Meta(ge=0.001)] | None = None
    lifetime_s: Annotated[float, msgspec.Meta(ge=0.001, le=LIFETIME_MAX_S)] | None = None
    folder: Annotated[str, msgspec.Meta(min_length=1)] | None = None

    @property
    def service(self) -> int:
        """Return its service number."""
        return ECHO if self.number is None else self.number


def check_services(services: Sequence[ServiceSpec], people: Mapping[int, str], errors: FileErrors) -> None:
    """Check that each service has the keys of its kind, and a number of its own.

    Args:
        services: of the node.
        people: the ids of those who live here, by their service numbers.
        errors: takes what is wrong.
    """
    taken = {number: f"person {id!r}" for number, id in people.items()}
    for index, service in enumerate(services):
        key = f"service[{index}]"
        _check_keys(service, key, errors)
        if service.service in taken:
            what = f"{key}.number = {service.service} is taken by {taken[service.service]}"
            errors.add(f"{key}.number", what, "Each has a number of its own")
        taken[service.service] = key
        if service.to is not None:
            to = UnitToSend(service.to, b"")
            try:
                to.check()
            except InputError as error:
                errors.add(f"{key}.to", f"{key}.to: {error.what}", error.right)


def _check_keys(service: ServiceSpec, key: str, errors: FileErrors) -> None:
    needed, optional = KEYS[service.kind]
    allowed = ("kind", *needed, *optional)
    given = [name for name in service.__struct_fields__ if getattr(service, name) is not None]
    right = f"The keys of {service.kind!r} are {', '.join(allowed)}"
    for name in needed:
        if name not in given:
            errors.missing(f"{key}.{name}", right)
    for name in given:
        if name not in allowed:
            errors.add(f"{key}.{name}", f"{key}.{name} is no key of {service.kind!r}", right)


def service_configs(services: Sequence[ServiceSpec]) -> tuple[ServiceConfig, ...]:
    """Return the services that a daemon runs itself; sinks are beside it, because they write files."""
    return tuple(
        ServiceConfig(
            spec.service,
            ServiceKind(spec.kind),
            spec.to or "",
            spec.bytes or 0,
            spec.every_s or 0.0,
            SOURCE_LIFETIME_S if spec.lifetime_s is None else spec.lifetime_s,
        )
        for spec in services
        if spec.kind != "sink"
    )


@contextlib.asynccontextmanager
async def sinks(daemon: Daemon, services: Sequence[ServiceSpec], base: Path) -> AsyncIterator[None]:
    """Run the folder sinks of a node.

    Args:
        daemon: the node, which runs before and after.
        services: all that its file has.
        base: the folder that theirs are relative to.

    Raises:
        InputError: a folder can't be written, or something else has a sink's number.
    """
    found = [
        await FolderSink.at(daemon, spec.service, base / spec.folder)
        for spec in services
        if spec.folder is not None
    ]
    # Registered before the page is served, so that no program finds a sink's number free.
    tasks = [asyncio.create_task(sink.run()) for sink in found]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
