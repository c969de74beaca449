"""The page and its JSON twin as one ASGI application.

Every address answers both ways: as HTML to a browser, as JSON under ``/api`` or when the
Accept header asks for it. A form works without JavaScript (then it leads back to the page);
htmx only spares the reload.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from starlight.errors import InputError, StarlightError
from starlight.messages.urgency import priority_of
from starlight.web import wire
from starlight.web.backend import PageBackend
from starlight.web.guard import LOOPBACK_HOSTS, Guard, refusal
from starlight.web.page import HERE, PageView, error_page
from starlight.web.stream import Streams
from starlight.web.views import Lateness, MailboxView, PageStatus, Person, Priority

MAX_BODY_BYTES = 256 * 1024
"""A letter of 64 kB in Korean, three times as long when a form quotes it, and room to spare."""

MAX_LETTERS = 500
"""Letters in one answer at most: a page of that many still opens in a blink."""

Handler = Callable[[Request], Awaitable[Response]]


class LetterDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a letter to write, predict or explain: to whom, what, in answer to which, how urgent.

    Attributes:
        priority: ``bulk``, ``normal`` or ``expedited``.
        critical: must not be lost: a copy goes over every neighbour, as urgent as there is.
    """

    to: str
    text: str
    reply_to: str | None = None
    priority: str = "normal"
    critical: bool = False

    @property
    def urgency(self) -> Priority:
        """Return how urgent it is to be foreseen.

        Raises:
            InputError: the priority is none; the error names those that are.
        """
        priority_of(self.priority)
        return "expedited" if self.critical else cast("Priority", self.priority)


class StormDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that lets the storm loose or ends it."""

    active: bool


Draft = TypeVar("Draft", LetterDraft, StormDraft)


def make_app(desk: PageBackend, *, token: str, hosts: tuple[str, ...] = LOOPBACK_HOSTS) -> Starlette:
    """Return the application that serves a desk.

    Args:
        desk: what the page shows and does.
        token: the secret that opens it: ``/?token=TOKEN`` in a browser, ``Authorization: Bearer
            TOKEN`` for a program.
        hosts: names that the Host header may have, without port.
    """
    office = _Office(desk)
    twins = [
        Route("/", office.people),
        Route("/people", office.people),
        Route("/people/{person}", office.page),
        Route("/people/{person}/mailbox", office.mailbox),
        Route("/people/{person}/parts", office.parts),
        Route("/people/{person}/status", office.status),
        Route("/people/{person}/letters", office.write, methods=["POST"]),
        Route("/people/{person}/predict", office.predict, methods=["POST"]),
        Route("/people/{person}/why", office.why_late, methods=["GET", "POST"]),
        Route("/people/{person}/letters/{letter:path}/why", office.why_letter_late),
        Route("/people/{person}/letters/{letter:path}/withdraw", office.withdraw, methods=["POST"]),
        Route("/people/{person}/letters/{letter:path}/read", office.mark_read, methods=["POST"]),
        Route("/people/{person}/storm", office.storm, methods=["POST"]),
        Route("/sky", office.sky),
        Route("/orbits", office.orbits),
        Route("/status", office.status),
        Route("/storm", office.storm, methods=["POST"]),
        WebSocketRoute("/people/{person}/stream", Streams(desk).serve),
    ]
    return Starlette(
        routes=[
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Route("/api", office.people),
            Mount("/api", routes=twins),
            *twins,
        ],
        middleware=[Middleware(Guard, token=token, hosts=hosts)],
        exception_handlers={StarlightError: _tell, HTTPException: _tell_http},
    )


class _Office:
    """The handlers, each an operation of the desk with its two ways of being told."""

    def __init__(self, desk: PageBackend) -> None:
        self._desk = desk

    async def people(self, request: Request) -> Response:
        people = await self._desk.people()
        if _wants_json(request):
            return _json(people)
        return RedirectResponse(f"/people/{people[0].id}", 303)

    async def page(self, request: Request) -> Response:
        view = await self._view(request)
        if _wants_json(request):
            return _json({"mailbox": view.mailbox, "status": view.status})
        to = view.mailbox.correspondent
        prediction = await self._desk.predict(view.mailbox.person.id, to, "") if to else None
        return HTMLResponse(view.page(await self._desk.orbits(), prediction))

    async def parts(self, request: Request) -> Response:
        view = await self._view(request)
        if _wants_json(request):
            return _json({"mailbox": view.mailbox, "status": view.status})
        return HTMLResponse(view.parts())

    async def mailbox(self, request: Request) -> Response:
        return _json(await self._mailbox(request))

    async def status(self, request: Request) -> Response:
        return _json(await self._status(request))

    async def sky(self, request: Request) -> Response:
        return _json(await self._desk.sky())

    async def orbits(self, request: Request) -> Response:
        return _json(await self._desk.orbits())

    async def write(self, request: Request) -> Response:
        person = await self._person(request)
        draft = await _draft(request, LetterDraft)
        if not draft.text.strip():
            raise InputError("the letter is empty", where="text", right="Write a word or two")
        priority_of(draft.priority)
        letter = await self._desk.write(
            person.id,
            draft.to,
            draft.text,
            draft.reply_to or None,
            priority=cast("Priority", draft.priority),
            critical=draft.critical,
        )
        return await self._done(request, letter, draft.to, status=201)

    async def predict(self, request: Request) -> Response:
        person = await self._person(request)
        draft = await _draft(request, LetterDraft)
        prediction = await self._desk.predict(person.id, draft.to, draft.text, draft.urgency)
        if _wants_json(request):
            return _json(prediction)
        view = await self._view(request, draft.to)
        return HTMLResponse(view.prediction(prediction))

    async def why_late(self, request: Request) -> Response:
        person = await self._person(request)
        if request.method == "POST":
            draft = await _draft(request, LetterDraft)
        else:  # What a link can ask: why is even an empty letter so late?
            draft = LetterDraft(request.query_params.get("to", ""), "")
        found = await self._desk.why_late(person.id, draft.to, draft.text, draft.urgency)
        return await self._explained(request, found, draft.to)

    async def why_letter_late(self, request: Request) -> Response:
        person = await self._person(request)
        found = await self._desk.why_letter_late(person.id, request.path_params["letter"])
        return await self._explained(request, found, None)

    async def _explained(self, request: Request, found: Lateness, to: str | None) -> Response:
        """Answer why something is late: as JSON, as what the page's disclosure holds, or as a page."""
        if _wants_json(request):
            return _json(found)
        view = await self._view(request, to)
        return HTMLResponse(view.lateness(found, whole=not request.headers.get("hx-request")))

    async def withdraw(self, request: Request) -> Response:
        person = await self._person(request)
        letter = await self._desk.withdraw(person.id, request.path_params["letter"])
        return await self._done(request, letter)

    async def mark_read(self, request: Request) -> Response:
        person = await self._person(request)
        letter = await self._desk.mark_read(person.id, request.path_params["letter"])
        return await self._done(request, letter)

    async def storm(self, request: Request) -> Response:
        draft = await _draft(request, StormDraft)
        return await self._done(request, await self._desk.set_storm(draft.active))

    async def _done(
        self, request: Request, result: object, to: str | None = None, status: int = 200
    ) -> Response:
        """Answer an act: its result as JSON, the changed parts to htmx, the way back to a plain form."""
        if _wants_json(request):
            return _json(result, status)
        if request.headers.get("hx-request"):
            return HTMLResponse((await self._view(request, to)).parts(), status)
        shown = {
            name: request.query_params[name] for name in ("with", "before") if name in request.query_params
        }
        if to is not None:
            shown["with"] = to
        person = request.path_params.get("person")
        back = f"/people/{person}" if person else "/"
        return RedirectResponse(back + (f"?{urlencode(shown)}" if shown else ""), 303)

    async def _view(self, request: Request, to: str | None = None) -> PageView:
        mailbox = await self._mailbox(request, to)
        status = await self._desk.status(mailbox.person.id)
        return PageView(await self._desk.people(), mailbox, status, request.query_params.get("before"))

    async def _mailbox(self, request: Request, to: str | None = None) -> MailboxView:
        person = await self._person(request)
        limit = request.query_params.get("limit", "50")
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= MAX_LETTERS):
            raise InputError(
                f"limit {limit!r}", where="limit", right=f"A whole number from 1 to {MAX_LETTERS}"
            )
        return await self._desk.mailbox(
            person.id,
            correspondent=to or request.query_params.get("with") or None,
            before=request.query_params.get("before") or None,
            limit=int(limit),
        )

    async def _status(self, request: Request) -> PageStatus:
        return await self._desk.status((await self._person(request)).id)

    async def _person(self, request: Request) -> Person:
        """Return the person in the path, or else in ``?person=``, or else the first."""
        people = await self._desk.people()
        wanted = request.path_params.get("person") or request.query_params.get("person") or people[0].id
        for person in people:
            if person.id == wanted:
                return person
        ids = ", ".join(person.id for person in people)
        raise HTTPException(404, f"there is nobody {wanted!r} here; there are {ids}")


def _wants_json(request: Request) -> bool:
    if request.url.path == "/api" or request.url.path.startswith("/api/"):
        return True
    return "application/json" in request.headers.get("accept", "")


def _json(value: object, status: int = 200) -> Response:
    return Response(wire.dumps(value), status, media_type="application/json")


async def _draft(request: Request, kind: type[Draft]) -> Draft:
    """Read the body, JSON or a form, as a draft.

    Raises:
        InputError: it is not one; the error names what is wrong.
        HTTPException: it is too large (413), or neither JSON nor a form (415).
    """
    body = await _body(request)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if media == "application/json":
            return msgspec.json.decode(body, type=kind)
        if media == "application/x-www-form-urlencoded":
            fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=16, errors="strict")
            return msgspec.convert(dict(fields), kind, strict=False)
    except (msgspec.DecodeError, ValueError) as error:
        fields_of = msgspec.structs.fields(kind)
        needed = " and ".join(field.name for field in fields_of if field.required)
        may = ", ".join(field.name for field in fields_of if not field.required)
        right = f"Send {needed}" + (f"; if you like {may}" if may else "")
        raise InputError(str(error), where="body", right=right) from None
    raise HTTPException(415, "send application/json, or a form")


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise HTTPException(413, f"a letter here has at most {MAX_BODY_BYTES // 1024} kB")
        parts.append(part)
    return b"".join(parts)


async def _tell(request: Request, error: Exception) -> Response:
    """Answer what Starlight raised on purpose: 422 when the person can mend it, else 503."""
    if isinstance(error, InputError):
        return _error(request, 422, error.what, error.where, error.right)
    return _error(request, 503, str(error), type(error).__name__, "Try again later")


async def _tell_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(request, error.status_code, error.detail, request.url.path, "", error.headers)


def _error(
    request: Request, status: int, error: str, where: str, right: str, headers: object = None
) -> Response:
    """Tell an error as JSON to programs and to the page's script, as a page to a person."""
    if _wants_json(request) or request.headers.get("hx-request"):
        answer = refusal(status, error, where, right)
    else:
        answer = HTMLResponse(error_page(status, error, where, right), status)
    if isinstance(headers, dict):
        answer.headers.update(headers)
    return answer
