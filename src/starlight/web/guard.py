"""The guard at the page's door: host, origin, token; and the headers that every answer wears.

The page listens on loopback, where any web page that the person has open could reach it.
Four checks keep those out. The Host header must name loopback, so a name that an attacker
rebinds to 127.0.0.1 is turned away. Everything but static files needs the token: programs
send ``Authorization: Bearer``; a browser opens the page once with ``?token=`` and gets a
cookie that is HttpOnly and SameSite=Strict. Because cookies ignore ports, a page on another
port of this machine counts as the same site; so whatever changes something, and the
WebSocket, must also come from our own origin. And the policy in the headers lets the page
load nothing from elsewhere and run no inline script.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from starlight.web.answers import refusal
from starlight.web.render import closed_page

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")

SECURITY_HEADERS = {
    # 'self' covers the WebSocket to our own origin too (CSP Level 3, 6.7.2.8).
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "x-content-type-options": "nosniff",
    # Not no-referrer: with that, browsers send "Origin: null" with a form.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(self), geolocation=()",
}

REMEMBERED_S = 400 * 86_400
"""How long a browser keeps the cookie, so that an installed page opens on another day: the most that RFC
6265bis (5.5) lets it. Another token in the data folder ends it sooner."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """ASGI middleware that lets in only the person's own browser and programs.

    Args:
        app: the application behind it.
        token: the secret that was handed to the person.
        hosts: names that the Host header may have, without port.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: tuple[str, ...] = LOOPBACK_HOSTS) -> None:
        self.app = app
        self.hosts = hosts
        self._token = token.encode()
        # The cookie is not the token: a server on another port is sent our cookie as well.
        self._session = hmac.new(self._token, b"starlight page", hashlib.sha256).hexdigest()
        self.cookie = "starlight-" + hashlib.sha256(self._token).hexdigest()[:8]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in the application's place, or let the request through."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    # What people sent may be shown under a policy that is stricter still.
                    headers.setdefault(name, value)
                # Letters must not stay in a browser's cache; static files may, but are asked for again.
                fresh = "no-cache" if scope["path"].startswith("/static/") else "no-store"
                headers.setdefault("cache-control", fresh)
            await send(message)

        answer = self._answer(scope)
        if answer is None:
            await self.app(scope, receive, send_with_headers)
        elif scope["type"] == "websocket":
            # ASGI wants the connect to be received first; closed before it is accepted, it becomes a 403.
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "not allowed"})
        else:
            await answer(scope, receive, send_with_headers)

    def _answer(self, scope: Scope) -> Response | None:
        """Return the answer that turns a request away or hands out the cookie, or None."""
        # The order matters: a rebound name learns nothing at all, static files need the right name but no
        # token, and a wrong origin is turned away before a cookie or token is even looked at.
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host.rpartition(":")[0] not in self.hosts and host not in self.hosts:
            return refusal(
                421, f"this server is not {host or 'a nameless host'}", "Host", "Use 127.0.0.1 or localhost"
            )
        if scope["path"].startswith("/static/"):
            return None
        if "authorization" in headers and "origin" not in headers and not self._has_token(headers):
            return _no_token()  # A program's: browsers say their origin with whatever changes something.
        if not self._same_origin(scope, headers, host):
            return refusal(403, "the request comes from another page", "Origin", "Use the page itself")
        if self._has_token(headers):
            return None
        # Only a GET: an address with the token may be kept in a history, and must change nothing later.
        given = _query(scope).get("token", "")
        if scope["type"] == "http" and scope["method"] == "GET" and given and self._is_token(given):
            return self._welcome(scope)
        if self._has_cookie(headers):
            return None
        if scope["path"].startswith("/api") or "text/html" not in headers.get("accept", ""):
            return _no_token()
        return HTMLResponse(closed_page(), 401)

    def _same_origin(self, scope: Scope, headers: Headers, host: str) -> bool:
        """Return whether a request that changes something, or a WebSocket, comes from our own page."""
        if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
            return True
        origin = headers.get("origin")
        if origin is None:  # No browser: then only the token opens, as browsers always say it.
            return self._has_token(headers)
        return origin == f"{scope['scheme'].replace('ws', 'http')}://{host}"

    def _is_token(self, given: str) -> bool:
        # In constant time: how long a comparison takes must not tell how much of the token was right.
        return hmac.compare_digest(given.encode(), self._token)

    def _has_token(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._is_token(given.strip())

    def _has_cookie(self, headers: Headers) -> bool:
        given = cookie_parser(headers.get("cookie", "")).get(self.cookie, "")
        return hmac.compare_digest(given.encode(), self._session.encode())

    def _welcome(self, scope: Scope) -> Response:
        """Give the cookie and lead to the same address without the token."""
        rest = urlencode({name: value for name, value in _query(scope).items() if name != "token"})
        path = "/" + scope["path"].lstrip("/")  # "//other.example" would lead elsewhere.
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(
            self.cookie, self._session, httponly=True, samesite="strict", path="/", max_age=REMEMBERED_S
        )
        return answer


def _no_token() -> Response:
    return refusal(401, "no token, or a wrong one", "Authorization", "Send 'Authorization: Bearer TOKEN'")


def _query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
