"""A visit: one request to a person's page, and what of the mailbox and the sky it is to be shown."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from starlight.messages.settings import AT_FIRST, BY_BROWSER, Settings
from starlight.views.backend import PageBackend
from starlight.views.mailbox import MailboxView, Person
from starlight.web.answers import is_of_api, json_answer, wants_json
from starlight.web.page import Look, PageView
from starlight.web.query import NoQuery, read_query
from starlight.web.reader import Reader
from starlight.words.language import accepted, speak


class WithQuery(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """The question for the letters with one correspondent, or the way there."""

    with_: str = ""


class PersonQuery(msgspec.Struct, frozen=True):
    """The question for what one of several people knows."""

    person: str = ""


class StatusQuery(WithQuery, frozen=True, rename={"with_": "with"}):
    """The question for the way to one correspondent, of one of several people."""

    person: str = ""


LETTERS_SHOWN = 50
"""Letters in an answer that does not say how many: more than anyone reads at a sitting."""

LETTERS_MAX = 500
"""Letters in one answer at most: a page of that many still opens in a blink."""


class MailboxQuery(WithQuery, frozen=True, rename={"with_": "with"}):
    """The question for the latest letters, or for those before one, or up to one."""

    before: str = ""
    through: str = ""
    topic: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=LETTERS_MAX)] = LETTERS_SHOWN


class Visit:
    """One request, for one person.

    Attributes:
        backend: what stands behind the page.
        request: what was asked.
        person: who is asked about.
        letters: theirs.
        settings: what they have chosen; of the API, which is the same for all, what holds at first.
    """

    def __init__(
        self, backend: PageBackend, request: Request, person: Person, settings: Settings = AT_FIRST
    ) -> None:
        self.backend = backend
        self.request = request
        self.person = person
        self.letters = backend.correspondence(person.id)
        self.settings = settings

    @classmethod
    async def of(cls, backend: PageBackend, request: Request, query: type[msgspec.Struct] = NoQuery) -> Visit:
        """Return the visit to the person in the path, or else in ``?person=``, or else the first.

        Args:
            backend: what stands behind the page.
            request: what was asked.
            query: what its address may ask for in the API; a page passes over what it does not know.

        Raises:
            InputError: its address asks for something else.
            HTTPException: there is nobody of that id (404).
        """
        # The backend is only ever asked for people it has named, so it need not guard against others.
        if is_of_api(request):
            read_query(request, query)
        people = await backend.people()
        wanted = request.path_params.get("person") or request.query_params.get("person") or people[0].id
        for person in people:
            if person.id == wanted:
                return await cls._as(backend, request, person)
        ids = ", ".join(person.id for person in people)
        raise HTTPException(404, f"there is nobody {wanted!r} here; there are {ids}")

    @classmethod
    async def _as(cls, backend: PageBackend, request: Request, person: Person) -> Visit:
        # The API stays English, whoever asks: programs read it.
        if is_of_api(request):
            return cls(backend, request, person)
        settings = await backend.settings(person.id).settings()
        asked = accepted(request.headers.get("accept-language", ""))
        speak(asked if settings.language == BY_BROWSER else settings.language)
        return cls(backend, request, person, settings)

    async def mailbox(self, to: str | None = None) -> MailboxView:
        """Return the person's mailbox as the request asks to see it, or opened at an address.

        Raises:
            InputError: it asks for no number of letters, or for letters before one that is not there.
        """
        asked = read_query(self.request, MailboxQuery, lenient=True)
        return await self.letters.mailbox(
            correspondent=to or asked.with_ or None,
            before=asked.before or None,
            limit=asked.limit,
            through=asked.through or None,
            topic=asked.topic or None,
        )

    async def page(self, to: str | None = None) -> PageView:
        """Return the person's page as it is now; `to` as in `mailbox`."""
        mailbox = await self.mailbox(to)
        status = await self.backend.status(self.person.id, mailbox.correspondent)
        asked = self.request.query_params
        look = Look(
            asked.get("before"),
            asked.get("new"),
            asked.get("answer"),
            chosen="with" in asked,
            through=asked.get("through"),
            topic=asked.get("topic"),
            replacing=asked.get("replace"),
        )
        people, told = await self.backend.people(), await self._told()
        return PageView(people, mailbox, status, look, self.settings, told=told)

    async def reader(self) -> Reader:
        """Return the person as the reader of something that is told without the mailbox."""
        return Reader(self.person, await self.backend.clock(), self.settings, told=await self._told())

    async def _told(self) -> bool:
        """Return whether programs of an expedition have told the person something."""
        return await self.backend.expeditions(self.person.id).has_any()

    async def done(
        self, result: object, to: str | None = None, status: int = 200, *, more: str = ""
    ) -> Response:
        """Answer an act: its result as JSON, the changed parts to htmx, the way back to a plain form.

        Args:
            result: of the act.
            to: the address of whose letters to show; None for those that the request shows.
            status: of HTTP.
            more: HTML that htmx swaps besides the parts.
        """
        if wants_json(self.request):
            return json_answer(result, status)
        if self.request.headers.get("hx-request"):
            return HTMLResponse((await self.page(to)).parts() + more, status)
        # 303, so that the browser gets the page instead of sending the form again.
        return RedirectResponse(self.back(to), 303)

    def back(self, to: str | None = None) -> str:
        """Return the address of the letters that the request came from, or of those with an address."""
        asked = self.request.query_params
        shown = {name: asked[name] for name in ("with", "before", "through", "topic") if name in asked}
        if to is not None:
            shown["with"] = to
        path = f"/people/{self.person.id}" if "person" in self.request.path_params else "/"
        return path + (f"?{urlencode(shown)}" if shown else "")
