"""The routes of topics, open questions, stars and reminders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from starlight.dtntime import SECOND
from starlight.messages.letter_view import LetterView
from starlight.views.backend import PageBackend
from starlight.views.topics import ReminderOrder, StarOrder
from starlight.web.answers import json_answer, wants_json
from starlight.web.body import read_body
from starlight.web.visit import Visit


class Listed:
    """A letter in a list of all conversations: where it stands, and what people call that.

    Args:
        letter: the letter.
        owner: the address of the mailbox.
        names: of the conversations, by address or group.
    """

    def __init__(self, letter: LetterView, owner: str, names: Mapping[str, str]) -> None:
        self.letter = letter
        other = letter.to_address if letter.from_address == owner else letter.from_address
        self.correspondent = letter.group or other
        self.called = names.get(self.correspondent, "") if letter.mine or letter.group else ""


class TopicRoutes:
    """Handlers of topics and marks.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        letter = "/people/{person}/letters/{letter:path}"
        return [
            Route("/people/{person}/topics", self.all),
            Route("/people/{person}/marked", self.marked),
            Route(f"{letter}/star", self.star, methods=["POST"]),
            Route(f"{letter}/remind", self.remind, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """Tell the topics of all conversations."""
        visit = await Visit.of(self._backend, request)
        desk = self._backend.topics(visit.person.id)
        topics = await desk.all()
        if wants_json(request):
            return json_answer(topics)
        mailbox = await visit.letters.mailbox(limit=1)
        names = {each.address: each.name for each in (*mailbox.conversations, *mailbox.hidden)}
        marked = await desk.marked()

        def listed(letters: Iterable[LetterView]) -> list[Listed]:
            return [Listed(each, visit.person.address, names) for each in letters]

        page = (await visit.reader()).view(
            "topics",
            unread=mailbox.unread,
            topics=topics,
            questions=listed(marked.questions),
            starred=listed(marked.starred),
            reminders=listed(marked.reminders),
        )
        return HTMLResponse(page)

    async def marked(self, request: Request) -> Response:
        """Tell open questions, starred letters and reminders."""
        visit = await Visit.of(self._backend, request)
        return json_answer(await self._backend.topics(visit.person.id).marked())

    async def star(self, request: Request) -> Response:
        """Put a star to a letter, or take it away."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, StarOrder)
        letter = request.path_params["letter"]
        return await visit.done(await self._backend.topics(visit.person.id).star(letter, order))

    async def remind(self, request: Request) -> Response:
        """Set when to be reminded of a letter."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, ReminderOrder)
        if order.after_s is not None:
            now = (await self._backend.clock()).now
            order = ReminderOrder(now + order.after_s * SECOND)
        letter = request.path_params["letter"]
        return await visit.done(await self._backend.topics(visit.person.id).remind(letter, order))
