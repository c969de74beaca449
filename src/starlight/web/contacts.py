"""The view of contacts: the people and groups that a person writes to, and the forms that change a group."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from starlight.messages.awaited_name import AddressOrder, awaited, is_name
from starlight.messages.group import MEMBERS_MAX, NAME_MAX_BYTES, is_group
from starlight.views.backend import PageBackend
from starlight.views.groups import GroupView
from starlight.views.mailbox import ConversationView
from starlight.web.answers import json_answer, wants_json
from starlight.web.body import read_body
from starlight.web.reader import Reader
from starlight.web.visit import Visit


class ContactsView(msgspec.Struct, frozen=True):
    """Everyone whom a person writes to.

    Attributes:
        people: by name; those too who were taken off the list of conversations.
        groups: that the person is or was in, by name.
    """

    people: tuple[ConversationView, ...]
    groups: tuple[GroupView, ...]


class NameOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form that begins letters for somebody who has no address yet; as an answer, whom to write to.

    Attributes:
        name: such as ``Ada``; in the answer ``name:Ada``.
    """

    name: str


class ContactRoutes:
    """Handlers of the contacts; they answer as JSON and as HTML.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        contacts = "/people/{person}/contacts"
        return [
            Route(contacts, self.contacts, methods=["GET"]),
            Route(f"{contacts}/address", self.give_address, methods=["POST"]),
            Route(f"{contacts}/record", self.record, methods=["POST"]),
        ]

    async def give_address(self, request: Request) -> Response:
        """Give somebody an address who had none, and send what was recorded; again, change nothing."""
        visit = await Visit.of(self._backend, request)
        given = await visit.letters.give_address(await read_body(request, AddressOrder))
        return await visit.done(given, given.to)

    async def record(self, request: Request) -> Response:
        """Lead to the letters for somebody who has no address yet, where the first can be written."""
        visit = await Visit.of(self._backend, request)
        name = awaited((await read_body(request, NameOrder)).name)
        if wants_json(request):
            return json_answer(NameOrder(name))
        return RedirectResponse(f"/people/{visit.person.id}?{urlencode({'with': name})}", 303)

    async def contacts(self, request: Request) -> Response:
        """Show the people and the groups."""
        visit = await Visit.of(self._backend, request)
        mailbox = await visit.letters.mailbox(limit=1)
        everyone = [each for each in (*mailbox.conversations, *mailbox.hidden) if not is_group(each.address)]
        people = sorted(everyone, key=lambda each: (each.name.casefold(), each.address))
        found = ContactsView(tuple(people), await self._backend.groups(visit.person.id).all())
        if wants_json(request):
            return json_answer(found)
        return HTMLResponse(contacts_page(await visit.reader(), found))


def contacts_page(reader: Reader, found: ContactsView) -> str:
    """Return the contacts as a page."""
    awaited_people = [each for each in found.people if is_name(each.address)]
    people = [each for each in found.people if not is_name(each.address)]
    inside = {
        group.id: {each.address for each in group.people if each.is_member or each.waits}
        for group in found.groups
    }
    others = {id: [each for each in people if each.address not in them] for id, them in inside.items()}
    return reader.view(
        "contacts",
        unread=sum(each.unread for each in found.people),
        people=people,
        awaited_people=awaited_people,
        groups=found.groups,
        others=others,
        room={id: MEMBERS_MAX - len(them) for id, them in inside.items()},
        members_max=MEMBERS_MAX,
        # Of characters the browser counts; what has more bytes is refused with words.
        name_max=NAME_MAX_BYTES,
    )
