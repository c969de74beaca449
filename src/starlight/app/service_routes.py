"""The routes of the bundle API: programs of the same user register services, send, receive, acknowledge.

A program is known by the secret that registering its number gave it, because the token of the local API is
the same for all programs of the user: so one that was replaced is told, and takes nothing from its successor.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from starlight import dtntime
from starlight.bundle import EndpointID
from starlight.errors import InputError
from starlight.live.bundle_service import BundleEndpoint
from starlight.live.daemon import Daemon
from starlight.messages.urgency import priority_of
from starlight.services.units import ANY, LIFETIME_S, ReceivedUnit, Registered, Report, UnitToSend
from starlight.web.answers import json_answer
from starlight.web.body import octets

WAIT_MAX_S = 60.0
"""Seconds of the wall for which a question may wait for its answer; longer ones are asked again."""

Asked = TypeVar("Asked", bound=msgspec.Struct)


class _Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    registration: str


class _Wait(_Query, frozen=True):
    after: int = 0
    timeout_s: float = 30.0


class _Send(_Query, frozen=True):
    to: str
    lifetime_s: float = LIFETIME_S
    priority: str = "normal"
    critical: bool = False
    report: tuple[Report, ...] = ()


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
        ]

    async def register(self, request: Request) -> Response:
        """Register a service number."""
        node, number = self._node_and_number(request)
        endpoint = await self._daemons[node].bundles.register(number)
        secret = secrets.token_urlsafe(16)
        # One that was there before is dropped: its number has been taken over.
        self._endpoints[endpoint.address] = secret, endpoint
        return json_answer(Registered(endpoint.address, secret), 201)

    async def end(self, request: Request) -> Response:
        """Give a service number up."""
        endpoint = self._endpoint(request, _asked(request, _Query))
        await endpoint.end()
        # While it ended, another program may have registered the number.
        if self._endpoints.get(endpoint.address, ("", None))[1] is endpoint:
            del self._endpoints[endpoint.address]
        return Response(status_code=204)

    async def send(self, request: Request) -> Response:
        """Send the body of the request; it is stored when this answers."""
        asked = _asked(request, _Send)
        endpoint = self._endpoint(request, asked)
        node, _ = self._node_and_number(request)
        payload = await octets(request, self._daemons[node].config.node.limits.bundle_bytes, "a bundle")
        priority = priority_of(asked.priority)
        outgoing = UnitToSend(asked.to, payload, asked.lifetime_s, priority, asked.critical, asked.report)
        return json_answer(await endpoint.send(outgoing), 201)

    async def receive(self, request: Request) -> Response:
        """Answer with the next data unit, once there is one."""
        asked = _asked(request, _Wait)
        endpoint = self._endpoint(request, asked)
        received = await endpoint.receive_after(asked.after, _timeout(asked))
        if received is None:
            return Response(status_code=204)
        headers = _headers(received)
        return Response(received.payload, media_type="application/octet-stream", headers=headers)

    async def acknowledge(self, request: Request) -> Response:
        """Let the node let go of a data unit; it has when this answers."""
        await self._endpoint(request, _asked(request, _Query)).acknowledge(request.path_params["id"])
        return Response(status_code=204)

    async def withdraw(self, request: Request) -> Response:
        """Ask for a data unit back; news tell whether it had departed."""
        await self._endpoint(request, _asked(request, _Query)).withdraw(request.path_params["id"])
        return Response(status_code=204)

    async def news(self, request: Request) -> Response:
        """Answer with news of what was sent, once there are some."""
        asked = _asked(request, _Wait)
        return json_answer(await self._endpoint(request, asked).news(asked.after, _timeout(asked)))

    def _node_and_number(self, request: Request) -> tuple[int, int | None]:
        """Return the node and service number in the path: of an address, or a number of the only node.

        The number is None where any is meant.

        Raises:
            InputError: it is of no node here.
        """
        text = str(request.path_params["service"])
        nodes = ", ".join(map(str, self._daemons))
        if text == ANY or (text.isascii() and text.isdigit()):
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

    def _endpoint(self, request: Request, asked: _Query) -> BundleEndpoint:
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


def _asked(request: Request, kind: type[Asked]) -> Asked:
    """Return what the query of a request asks for.

    Raises:
        InputError: it is not what that kind of request may ask for.
    """
    # A key that is there several times counts once, as the last, but for the one that is a list.
    query: dict[str, object] = dict(request.query_params)
    if "report" in query:
        query["report"] = request.query_params.getlist("report")
    try:
        return msgspec.convert(query, kind, strict=False)
    except msgspec.ValidationError as error:
        may = ", ".join(kind.__struct_fields__)
        raise InputError(str(error), where="query", right=f"It may say: {may}") from None


def _timeout(asked: _Wait) -> float:
    if not 0 <= asked.timeout_s <= WAIT_MAX_S:
        right = f"It is 0 to {WAIT_MAX_S:.0f}"
        raise InputError(f"a timeout of {asked.timeout_s} s", where="timeout_s", right=right)
    return asked.timeout_s


def _headers(received: ReceivedUnit) -> dict[str, str]:
    """Return what is known of a data unit besides its payload."""
    headers = {
        "Bundle-Number": str(received.number),
        "Bundle-Id": received.id,
        "Bundle-Source": received.source,
        "Bundle-Expires": dtntime.to_text(received.expires, 3),
    }
    if received.created is not None:
        headers["Bundle-Created"] = dtntime.to_text(received.created, 3)
    return headers
