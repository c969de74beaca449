"""The services of a live node that are applications of their own: echo, discard, source."""

from __future__ import annotations

from collections.abc import Iterable

from starlight.bundle import EndpointID
from starlight.dtntime import SECOND
from starlight.live.config import ServiceConfig, ServiceKind
from starlight.services.discard import Discard
from starlight.services.echo import Echo
from starlight.services.service import Service
from starlight.services.source import Source


def services_of(node: int, configs: Iterable[ServiceConfig]) -> dict[str, Service]:
    """Return the services of a node, each by a name of its own.

    Args:
        node: its number.
        configs: what they are.
    """
    return {f"{config.kind}-{config.number}": _service(node, config) for config in configs}


def _service(node: int, config: ServiceConfig) -> Service:
    endpoint = str(EndpointID.ipn(node, config.number))
    if config.kind is ServiceKind.ECHO:
        return Echo(endpoint)
    if config.kind is ServiceKind.DISCARD:
        return Discard(endpoint)
    every, lifetime = round(config.every_s * SECOND), round(config.lifetime_s * SECOND)
    return Source(endpoint, config.to, size_bytes=config.size_bytes, every=every, lifetime=lifetime)
