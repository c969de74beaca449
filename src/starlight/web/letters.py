"""The routes of letters: to write one, foresee it, ask why it is late, withdraw it, mark it as read."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from starlight.errors import InputError, InputErrors
from starlight.messages.conversation import HideOrder
from starlight.messages.draft import Address, Draft
from starlight.views.backend import PageBackend
from starlight.views.forecasts import LatenessView
from starlight.web.answers import json_answer, wants_json
from starlight.web.body import read_body
from starlight.web.draft_form import read_draft
from starlight.web.page import Typed
from starlight.web.query import NoQuery, read_query
from starlight.web.render import next_draft_key
from starlight.web.visit import Visit


class ToQuery(msgspec.Struct, frozen=True):
    """The question about a letter to an address, such as ipn:20.1."""

    to: Address


class ReadOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that marks all letters of a correspondent as read; `of` is the address."""

    of: str


class ReadCount(msgspec.Struct, frozen=True):
    """The number of letters that were marked as read."""

    read: int


class LetterRoutes:
    """Handlers of what a person does with letters; each answers as JSON and as HTML.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        person, letter = "/people/{person}", "/people/{person}/letters/{letter:path}"
        return [
            Route(f"{person}/letters", self.write, methods=["POST"]),
            Route(f"{person}/read", self.mark_all_read, methods=["POST"]),
            Route(f"{person}/hide", self.hide, methods=["POST"]),
            Route(f"{person}/predict", self.predict, methods=["POST"]),
            Route(f"{person}/reach", self.reach),
            Route(f"{person}/why", self.why_late, methods=["GET", "POST"]),
            Route(f"{letter}/why", self.why_letter_late),
            Route(f"{letter}/withdraw", self.withdraw, methods=["POST"]),
            Route(f"{letter}/read", self.mark_read, methods=["POST"]),
        ]

    async def write(self, request: Request) -> Response:
        """Write a letter; it is stored when this answers: 201, or 200 where its key has one already."""
        visit = await Visit.of(self._backend, request)
        try:
            draft = _keyed(request, await read_draft(visit))
            again = draft.key is not None and await visit.letters.is_written(draft.key)
            letter = await visit.letters.write(draft)
        except InputError as error:
            return await _refused(visit, error)
        return await visit.done(letter, draft.to, 200 if again else 201, more=next_draft_key())

    async def predict(self, request: Request) -> Response:
        """Tell when a draft would leave and arrive if it were sent now."""
        visit = await Visit.of(self._backend, request)
        draft = await read_draft(visit)
        prediction = await visit.letters.predict(draft)
        if wants_json(request):
            return json_answer(prediction)
        # Not through the page: a preview is asked for at each pause of who writes, so it must cost little.
        to = await self._backend.correspondent(draft.to)
        return HTMLResponse((await visit.reader()).prediction(prediction, to, draft.to))

    async def reach(self, request: Request) -> Response:
        """Tell the state of the way to a correspondent, as JSON alone: the page has it in its parts."""
        visit = await Visit.of(self._backend, request, ToQuery)
        return json_answer(await visit.letters.reach(read_query(request, ToQuery, lenient=True).to))

    async def why_late(self, request: Request) -> Response:
        """Tell why a draft would not be there sooner; a GET, which a link can ask, is about an empty one."""
        visit = await Visit.of(self._backend, request, NoQuery if request.method == "POST" else ToQuery)
        if request.method == "POST":
            # A POST although nothing changes: an address is too short for the text, and is kept in logs.
            draft = await read_draft(visit)
        else:
            draft = Draft(read_query(request, ToQuery, lenient=True).to, "")
        return await _explained(visit, await visit.letters.why_late(draft), draft.to)

    async def why_letter_late(self, request: Request) -> Response:
        """Tell why an own letter that waits or travels is not there sooner."""
        visit = await Visit.of(self._backend, request)
        return await _explained(visit, await visit.letters.why_letter_late(request.path_params["letter"]))

    async def withdraw(self, request: Request) -> Response:
        """Take back a letter that has not left."""
        visit = await Visit.of(self._backend, request)
        return await visit.done(await visit.letters.withdraw(request.path_params["letter"]))

    async def mark_read(self, request: Request) -> Response:
        """Mark a letter that came as read."""
        visit = await Visit.of(self._backend, request)
        return await visit.done(await visit.letters.mark_read(request.path_params["letter"]))

    async def mark_all_read(self, request: Request) -> Response:
        """Mark every letter that came from a correspondent as read."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, ReadOrder)
        count = await visit.letters.mark_all_read(order.of)
        return await visit.done(ReadCount(count), order.of)

    async def hide(self, request: Request) -> Response:
        """Take a correspondent off the list, until something new comes, or put one back."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, HideOrder)
        # What was put back stays open; from what was hidden a page goes to the list.
        return await visit.done(await visit.letters.hide(order), None if order.hidden else order.of)


def _keyed(request: Request, draft: Draft) -> Draft:
    """Return a draft with the key that its body has, or the header Idempotency-Key (an IETF draft, -07).

    Raises:
        InputError: the header is no key, or both are there and differ.
    """
    header = request.headers.get("idempotency-key")
    if header is None:
        return draft
    # The draft makes it a string of structured headers, in quotes; most clients send it without.
    key = header.strip().removeprefix('"').removesuffix('"')
    if not key:
        raise InputError("the header Idempotency-Key is empty", where="key", right="Send a UUID, or none")
    if draft.key not in (None, key):
        what = f"the header Idempotency-Key is {key!r}, and the draft's key {draft.key!r}"
        raise InputError(what, where="key", right="Send one of them")
    return replace(draft, key=key)


async def _refused(visit: Visit, error: InputError) -> Response:
    """Answer that a letter can't be sent: a form without a script gets its page again, as it was filled in.

    Raises:
        InputError: it is told otherwise: to a program, or to a script, which has the form still.
    """
    typed: dict[str, str] = getattr(visit.request.state, "typed", {})
    if wants_json(visit.request) or visit.request.headers.get("hx-request") or not typed.get("to"):
        raise error
    try:
        view = await visit.page(typed["to"])
    except InputError:
        raise error from None  # It goes to no address.
    told = error.errors if isinstance(error, InputErrors) else [error]
    words = tuple(f"{each.what}. {each.right}".strip() for each in told)
    own = await visit.letters.unread_there()
    page = view.page(await visit.backend.orbits(), None, own, Typed(typed, words))
    return HTMLResponse(page, 422)


async def _explained(visit: Visit, found: LatenessView, to: str | None = None) -> Response:
    """Answer why something is late: as JSON, as what the page's disclosure holds, or as a page."""
    if wants_json(visit.request):
        return json_answer(found)
    reader = await visit.reader()
    if visit.request.headers.get("hx-request"):
        return HTMLResponse(reader.lateness(found))
    return HTMLResponse(reader.lateness_page(found, visit.back(to)))
