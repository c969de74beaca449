"""The routes of the bundle API: programs of the same user register services, send, receive, acknowledge.

A program is known by the secret that registering its number gave it, because the token of the local API is
the same for all programs of the user: so one that was replaced is told, and takes nothing from its successor.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from starlight import dtntime
from starlight.app.round_trip import round_trip
from starlight.bundle import EndpointID
from starlight.errors import InputError
from starlight.live.bundle_service import BundleEndpoint
from starlight.live.daemon import Daemon
from starlight.node.forecast import Outgoing
from starlight.routing import Priority
from starlight.services.registry import PASSING
from starlight.services.units import (
    ANY,
    LIFETIME_MAX_S,
    LIFETIME_S,
    ReceivedUnit,
    Registered,
    Report,
    UnitToSend,
)
from starlight.web.answers import json_answer
from starlight.web.body import octets
from starlight.web.query import NoQuery, read_query

WAIT_MAX_S = 60.0
"""Seconds of the wall for which a question may wait for its answer; longer ones are asked again."""


def _check_destination(to: str) -> None:
    UnitToSend(to, b"").check()


Destination = Annotated[str, msgspec.Meta(extra={"check": _check_destination})]


class RegistrationQuery(msgspec.Struct, frozen=True):
    """The question of a program that has registered its number."""

    registration: str


class WaitQuery(RegistrationQuery, frozen=True):
    """The question for what comes after a number, and how long to wait for it, in s of the wall."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    timeout_s: Annotated[float, msgspec.Meta(ge=0, le=WAIT_MAX_S)] = 30.0


class SendQuery(RegistrationQuery, frozen=True):
    """The question to send a payload; as in `UnitToSend`."""

    to: Destination
    lifetime_s: Annotated[float, msgspec.Meta(ge=0.001, le=LIFETIME_MAX_S)] = LIFETIME_S
    priority: Priority = Priority.NORMAL
    critical: bool = False
    report: tuple[Report, ...] = ()


class RoundTripQuery(msgspec.Struct, frozen=True):
    """The question what to expect of a payload that is sent to an echo."""

    to: Destination
    size_bytes: Annotated[int, msgspec.Meta(ge=0, le=2**26)] = 64
    lifetime_s: Annotated[float, msgspec.Meta(ge=0.001, le=LIFETIME_MAX_S)] = LIFETIME_S


class ServiceRoutes:
    """Handlers of what programs do with bundles.

    Args:
        daemons: the nodes of this process, by number.
    """

    def __init__(self, daemons: Mapping[int, Daemon]) -> None:
        self._daemons = daemons
        self._endpoints: dict[str, tuple[str, BundleEndpoint]] = {}  # by address; with its secret

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        service = "/api/services/{service}"
        return [
            Route(service, self.register, methods=["POST"]),
            Route(f"{service}/end", self.end, methods=["POST"]),
            Route(f"{service}/bundles", self.send, methods=["POST"]),
            Route(f"{service}/bundles", self.receive, methods=["GET"]),
            Route(f"{service}/bundles/{{id:path}}/acknowledge", self.acknowledge, methods=["POST"]),
            Route(f"{service}/bundles/{{id:path}}/withdraw", self.withdraw, methods=["POST"]),
            Route(f"{service}/news", self.news, methods=["GET"]),
            Route(f"{service}/round-trip", self.round_trip, methods=["GET"]),
        ]

    async def register(self, request: Request) -> Response:
        """Register a service number."""
        read_query(request, NoQuery)
        node, number = self._node_and_number(request)
        endpoint = await self._daemons[node].bundles.register(number)
        secret = secrets.token_urlsafe(16)
        # One that was there before is dropped: its number has been taken over.
        self._endpoints[endpoint.address] = secret, endpoint
        return json_answer(Registered(endpoint.address, secret), 201)

    async def end(self, request: Request) -> Response:
        """Give a service number up."""
        endpoint = self._endpoint(request, read_query(request, RegistrationQuery))
        await endpoint.end()
        # While it ended, another program may have registered the number.
        if self._endpoints.get(endpoint.address, ("", None))[1] is endpoint:
            del self._endpoints[endpoint.address]
        return Response(status_code=204)

    async def send(self, request: Request) -> Response:
        """Send the body of the request; it is stored when this answers."""
        asked = read_query(request, SendQuery)
        endpoint = self._endpoint(request, asked)
        node, _ = self._node_and_number(request)
        payload = await octets(request, self._daemons[node].config.node.limits.bundle_bytes, "a bundle")
        outgoing = UnitToSend(
            asked.to, payload, asked.lifetime_s, asked.priority, asked.critical, asked.report
        )
        return json_answer(await endpoint.send(outgoing), 201)

    async def receive(self, request: Request) -> Response:
        """Answer with the next data unit, once there is one."""
        asked = read_query(request, WaitQuery)
        endpoint = self._endpoint(request, asked)
        received = await endpoint.receive_after(asked.after, asked.timeout_s)
        if received is None:
            return Response(status_code=204)
        headers = _headers(received)
        return Response(received.payload, media_type="application/octet-stream", headers=headers)

    async def acknowledge(self, request: Request) -> Response:
        """Let the node let go of a data unit; it has when this answers."""
        await self._endpoint(request, read_query(request, RegistrationQuery)).acknowledge(
            request.path_params["id"]
        )
        return Response(status_code=204)

    async def withdraw(self, request: Request) -> Response:
        """Ask for a data unit back; news tell whether it had departed."""
        await self._endpoint(request, read_query(request, RegistrationQuery)).withdraw(
            request.path_params["id"]
        )
        return Response(status_code=204)

    async def news(self, request: Request) -> Response:
        """Answer with news of what was sent, once there are some."""
        asked = read_query(request, WaitQuery)
        return json_answer(await self._endpoint(request, asked).news(asked.after, asked.timeout_s))

    async def round_trip(self, request: Request) -> Response:
        """Answer with what to expect of a payload that is sent now to an echo."""
        asked = read_query(request, RoundTripQuery)
        node, number = self._node_and_number(request)
        daemon = self._daemons[node]
        source = str(EndpointID.ipn(node, PASSING.start if number is None else number))
        lifetime_ms = UnitToSend(asked.to, b"", asked.lifetime_s).lifetime_ms
        outgoing = Outgoing(source, asked.to, asked.size_bytes, lifetime_ms)
        now, rate = daemon.clock.now(), float(daemon.clock.rate)
        return json_answer(round_trip(daemon.node.forecaster, outgoing, now, rate))

    def _node_and_number(self, request: Request) -> tuple[int, int | None]:
        """Return the node and service number in the path: of an address, or a number of the only node.

        The number is None where any is meant.

        Raises:
            InputError: it is of no node here.
        """
        text = str(request.path_params["service"])
        nodes = ", ".join(map(str, self._daemons))
        if text == ANY or (text.isascii() and text.isdigit() and len(text) < 20):
            if len(self._daemons) > 1:
                right = f"Write ipn:NODE.{text}; the nodes are {nodes}"
                raise InputError(f"{text!r} names none of several nodes", where="service", right=right)
            return next(iter(self._daemons)), None if text == ANY else int(text)
        stem = text.removesuffix(ANY)
        try:
            address = EndpointID.parse(text if stem == text else f"{stem}0")
        except InputError as error:
            raise InputError(error.what, where="service", right=error.right) from None
        if address.node_number is None or address.node_number not in self._daemons:
            right = f"The nodes here are {nodes}"
            raise InputError(f"{text} is not at a node of this process", where="service", right=right)
        return address.node_number, address.service if stem == text else None

    def _endpoint(self, request: Request, asked: RegistrationQuery) -> BundleEndpoint:
        node, number = self._node_and_number(request)
        address = str(EndpointID.ipn(node, number or 0))
        secret, endpoint = self._endpoints.get(address, ("", None))
        if endpoint is None:
            what = f"{address} is not registered"
        # In constant time, as for the token.
        elif not secrets.compare_digest(secret.encode(), asked.registration.encode()):
            what = f"{address} was registered by another program since"
        else:
            return endpoint
        raise InputError(what, where="registration", right="Register it again")


def _headers(received: ReceivedUnit) -> dict[str, str]:
    """Return what is known of a data unit besides its payload."""
    headers = {
        "Bundle-Number": str(received.number),
        "Bundle-Id": received.id,
        "Bundle-Source": received.source,
        "Bundle-Expires": dtntime.to_text(received.expires, 3),
        "Bundle-Arrived": dtntime.to_text(received.arrived, 3),
    }
    if received.created is not None:
        headers["Bundle-Created"] = dtntime.to_text(received.created, 3)
    return headers
