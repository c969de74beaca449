"""Speak with a running node of the same user over its local API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import msgspec

from starlight.archive.imported import ImportedLetter
from starlight.archive.kept_letter import KeptLetter
from starlight.bundle import EndpointID
from starlight.client.attached_file import AttachedFile
from starlight.client.local_api import LocalApi, Question, Reply, Streamed, as_json
from starlight.dtntime import from_text
from starlight.errors import InputError
from starlight.live.config import DaemonStatus
from starlight.live.plan_view import AmendmentView
from starlight.messages.awaited_name import AddressOrder, GivenAddress, is_name
from starlight.messages.conversation import HiddenEntry, HideOrder
from starlight.messages.draft import Attachment, Draft
from starlight.messages.group import is_group
from starlight.messages.letter_view import LetterView
from starlight.messages.queue import HoldOrder, MoveOrder, QueueView
from starlight.messages.withdrawal import Withdrawal
from starlight.views.distress import (
    CallAnswer,
    CallCourseView,
    CallDismissal,
    CallWords,
    DistressView,
    HeardCallView,
    OwnCallView,
)
from starlight.views.forecasts import LatenessView, PredictionView, ReachView
from starlight.views.groups import GroupChange, GroupFounding, GroupView
from starlight.views.mailbox import MailboxView, Person, Recipient, Upload
from starlight.views.search import FoundLetter, SearchView
from starlight.views.sky import CivilFace, Clock, CountedFace
from starlight.views.topics import TopicView
from starlight.web import wire
from starlight.web.thread import called

__all__ = [
    "CallCourseView",
    "Client",
    "FoundLetter",
    "GroupView",
    "HeardCallView",
    "LatenessView",
    "OwnCallView",
    "PredictionView",
    "ReachView",
    "SearchView",
    "TopicView",
    "plain_values",
]

T = TypeVar("T")

BODY_MAX_BYTES = 256 * 1024
"""What the local API takes at most (`web.body.MAX_BODY_BYTES`; not imported, because that takes long)."""

LETTERS_AT_ONCE = 500
"""How many letters the local API gives in one answer at most (`web.visit.LETTERS_MAX`)."""


class Client:
    """The local API of the node that runs on a data folder.

    Raises:
        InputError: none runs there.
    """

    def __init__(self, folder: Path) -> None:
        self._api = LocalApi(folder)
        self._folder = folder

    def people(self) -> list[Person]:
        """Return everyone who has a mailbox at the node."""
        return self._get("/people", list[Person])

    def person(self, id: str) -> Person:
        """Return one of the people of the node.

        Raises:
            InputError: there is nobody of that id.
        """
        people = self.people()
        for person in people:
            if person.id == id:
                return person
        ids = ", ".join(person.id for person in people)
        raise InputError(f"nobody here is called {id!r}", where=str(self._folder), right=f"There are: {ids}")

    def write(self, person: str, draft: Draft) -> LetterView:
        """Write a letter and return it once it is stored."""
        return self._post(f"/people/{person}/letters", draft, LetterView)

    def upload(self, person: str, file: AttachedFile, sent: Callable[[int], object]) -> Attachment:
        """Upload a file that goes with a letter; return what a draft says of it.

        Args:
            person: whose letter, by id.
            file: the file.
            sent: is told of each piece that is sent, how many bytes it has.

        Raises:
            InputError: the file changes, or the mailbox has no room for it.
        """

        def pieces() -> Iterator[bytes]:
            for piece in file.pieces():
                # Before it goes: once the last one has gone, the node answers, and nobody asks for another.
                sent(len(piece))
                yield piece

        body = Streamed(file.size, pieces())
        made = self._api.ask(Question("POST", f"/people/{person}/parts", as_json(Upload), body=body))
        kind = _kind_of(file.media_type)
        return Attachment(made.upload, file.path.name, file.media_type, kind, made.duration_ms)

    def letters(self, person: str, only: str | None = None, topic: str | None = None) -> list[LetterView]:
        """Return a person's letters by conversation, in each the oldest first.

        Args:
            person: by id.
            only: the address of the one correspondent whose letters are wanted; None for all.
            topic: the id of the topic whose letters alone are wanted; None for all.
        """
        path = f"/people/{person}/mailbox"
        # Only the conversations are wanted here; the letters that come with them are kept to the fewest.
        conversations = self._get(path, MailboxView, limit="1").conversations
        addresses = [each.address for each in conversations if each.letters] if only is None else [only]
        found: list[LetterView] = []
        for address in addresses:
            query = {"with": address, "limit": str(LETTERS_AT_ONCE)}
            query |= {} if topic is None else {"topic": topic}
            view = self._get(path, MailboxView, **query)
            letters = view.letters
            # From the newest page backwards: what comes meanwhile does not shift what is still to be read.
            while view.earlier:
                view = self._get(path, MailboxView, before=letters[0].id, **query)
                letters = view.letters + letters
            found += letters
        return found

    def latest(
        self, person: str, address: str, limit: int, before: str | None = None
    ) -> tuple[list[LetterView], bool]:
        """Return the last letters with a correspondent, or those before one, and whether there are
        earlier."""
        query = {"with": address, "limit": str(limit)} | ({} if before is None else {"before": before})
        view = self._get(f"/people/{person}/mailbox", MailboxView, **query)
        return list(view.letters), view.earlier

    def search(self, person: str, query: Mapping[str, str]) -> SearchView:
        """Return the letters of a person that answer a question, the newest first.

        Args:
            person: by id.
            query: the question, by the keys of `GET /people/PERSON/search`.
        """
        return self._get(f"/people/{person}/search", SearchView, **query)

    def kept_letters(self, person: str, address: str, before: str | None, limit: int) -> list[KeptLetter]:
        """Return the last letters with a correspondent, or those before one, as an export keeps them."""
        query = {"with": address, "limit": str(limit)} | ({} if before is None else {"before": before})
        return self._get(f"/people/{person}/archive", list[KeptLetter], **query)

    def import_letters(self, person: str, letters: Sequence[KeptLetter]) -> list[ImportedLetter]:
        """Put letters of an export into a person's mailbox; return what became of each."""
        body = msgspec.json.encode({"letters": letters})
        path, read = f"/people/{person}/archive", as_json(list[ImportedLetter])
        return self._api.ask(Question("POST", path, read, body=body, media="application/json"))

    def part_bytes(self, person: str, letter: str, number: int) -> Iterator[bytes]:
        """Give the bytes of a part that is here whole, a piece at a time."""
        path = f"/people/{person}/letters/{quote(letter, safe='')}/parts/{number}"
        return self._api.pieces(Question("GET", path, lambda reply: None))

    def restore_part(self, person: str, letter: str, number: int, data: Streamed) -> None:
        """Put back the bytes of a part that is not here whole.

        Raises:
            InputError: they are not its bytes, or it is here.
        """
        path = f"/people/{person}/letters/{quote(letter, safe='')}/parts/{number}"
        self._api.ask(Question("PUT", path, lambda reply: None, body=data))

    def mailbox(self, person: str) -> MailboxView:
        """Return a person's mailbox: everyone in the list and off it, with the state of the way there."""
        return self._get(f"/people/{person}/mailbox", MailboxView, limit="1")

    def clock(self) -> Clock:
        """Return mission time, and how the worlds read it."""
        return self._api.ask(Question("GET", "/sky", _clock))

    def hide(self, person: str, order: HideOrder) -> HiddenEntry:
        """Take a correspondent off a person's list until something new comes, or put one back.

        Raises:
            InputError: nobody of that address is in the list, or was taken off it.
        """
        return self._post(f"/people/{person}/hide", order, HiddenEntry)

    def give_address(self, person: str, order: AddressOrder) -> GivenAddress:
        """Give somebody an address who had none, and send what was recorded for them; InputError as told."""
        return self._post(f"/people/{person}/contacts/address", order, GivenAddress)

    def queue(self, person: str) -> QueueView:
        """Return what of a person's letters waits, is held, has just left, or opens later."""
        return self._get(f"/people/{person}/queue", QueueView)

    def move(self, person: str, letter: str, before: str) -> QueueView:
        """Let a letter leave before another, or behind all as urgent ones where that is empty."""
        return self._post(f"/people/{person}/queue/move", MoveOrder(letter, before), QueueView)

    def hold(self, person: str, letter: str, until: int | None) -> QueueView:
        """Hold a letter until a moment in ns, or until it is let go."""
        path = f"/people/{person}/letters/{quote(letter, safe='')}/hold"
        return self._post(path, HoldOrder(until), QueueView)

    def let_go(self, person: str, letter: str) -> QueueView:
        """Let a letter go that is held."""
        path = f"/people/{person}/letters/{quote(letter, safe='')}/let-go"
        return self._post(path, HoldOrder(), QueueView)

    def take_back(self, person: str, letter: str) -> Withdrawal:
        """Take back a letter that has left and opens later."""
        path = f"/people/{person}/letters/{quote(letter, safe='')}/take-back"
        return self._post(path, HoldOrder(), Withdrawal)

    def topics(self, person: str) -> list[TopicView]:
        """Return the topics of all conversations of a person, the one with the latest letter first."""
        return self._get(f"/people/{person}/topics", list[TopicView])

    def groups(self, person: str) -> list[GroupView]:
        """Return the groups that a person is or was in, by name."""
        return self._get(f"/people/{quote(person)}/groups", list[GroupView])

    def found_group(self, person: str, name: str, members: Sequence[str]) -> GroupView:
        """Found a group of a person and others."""
        return self._post(f"/people/{quote(person)}/groups", GroupFounding(name, tuple(members)), GroupView)

    def change_group(
        self,
        person: str,
        group: str,
        *,
        name: str | None = None,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> GroupView:
        """Change a group, by its id, as one of a person's."""
        order = GroupChange(name, tuple(add), tuple(remove))
        return self._post(f"/people/{quote(person)}/groups/{quote(group)}", order, GroupView)

    def distress(self, person: str) -> DistressView:
        """Return the distress calls that concern a person."""
        return self._get(f"/people/{quote(person)}/distress", DistressView)

    def call_for_help(self, person: str, text: str) -> OwnCallView:
        """Raise a distress call of a person; where one stands, return that."""
        return self._post(f"/people/{quote(person)}/distress", CallWords(text), OwnCallView)

    def cancel_call(self, person: str, text: str) -> OwnCallView:
        """End a person's call."""
        return self._post(f"/people/{quote(person)}/distress/cancel", CallWords(text), OwnCallView)

    def acknowledge_call(self, person: str, call: HeardCallView, text: str) -> DistressView:
        """Tell the author of a call that a person has heard."""
        answer = CallAnswer(call.caller, call.call, text)
        return self._post(f"/people/{quote(person)}/distress/acknowledge", answer, DistressView)

    def dismiss_call(self, person: str, call: HeardCallView) -> DistressView:
        """Take a call off a person's page that somebody else has answered."""
        order = CallDismissal(call.caller, call.call)
        return self._post(f"/people/{quote(person)}/distress/dismiss", order, DistressView)

    def reach(self, person: str, to: str) -> ReachView:
        """Return the state of the way from a person to an address."""
        return self._get(f"/people/{person}/reach", ReachView, to=to)

    def called(self, people: Iterable[Recipient]) -> dict[str, str]:
        """Return what correspondents are called, by address: equal names with their places."""
        return called(people)

    def predict(self, person: str, draft: Draft) -> PredictionView:
        """Return what to expect of a letter that is sent now."""
        return self._post(f"/people/{person}/predict", draft, PredictionView)

    def why_late(self, person: str, letter: LetterView) -> LatenessView | None:
        """Return why a letter that a person wrote is not there sooner; None when it is on its way no more."""
        if not letter.on_its_way:
            return None
        # Whatever an id holds, it stays one segment of the path.
        quoted = quote(letter.id, safe="")
        try:
            return self._get(f"/people/{person}/letters/{quoted}/why", LatenessView)
        except InputError:
            return None  # It has come to its end in the meantime.

    def nodes(self) -> list[DaemonStatus]:
        """Return how each node of the process is doing."""
        return self._get("/nodes", list[DaemonStatus])

    def amend(self, changes: Sequence[object], *, known_links: bool = False) -> AmendmentView:
        """Amend the plan; return the amendment, which is in force at the node and durable.

        Args:
            changes: as `POST /amendments` takes them.
            known_links: refuse an outage of a link that the plan has no contact on while it lasts.

        Raises:
            InputError: the node is no planner, or no plan could take the changes.
        """
        body = msgspec.json.encode({"changes": changes, "known_links": known_links})
        question = Question(
            "POST", "/amendments", as_json(AmendmentView), body=body, media="application/json"
        )
        return self._api.ask(question)

    def set_plan(self, data: bytes) -> AmendmentView | None:
        """Amend the plan to have the contacts of a plan in Starlight's JSON; None where it has them."""

        def read(reply: Reply) -> AmendmentView | None:
            return None if reply.body == b"null" else as_json(AmendmentView)(reply)

        return self._api.ask(Question("PUT", "/plan", read, body=data, media="application/json"))

    def address(self, text: str, *, where: str) -> str:
        """Return an address, the id of a group, or a name as it is, if it is one.

        Raises:
            InputError: it is none; the message names the argument `where`.
        """
        if is_group(text) or is_name(text):
            return text
        try:
            EndpointID.parse(text)
        except InputError as error:
            raise InputError(error.what, where=where, right=error.right) from None
        return text

    def _get(self, path: str, kind: type[T], **query: str) -> T:
        """Return what is at a path of the API, as the type whose JSON it is."""
        return self._api.ask(Question("GET", path, as_json(kind), tuple(query.items())))

    def _post(self, path: str, body: msgspec.Struct, kind: type[T]) -> T:
        """Send the JSON twin of a struct to a path of the API and return its answer."""
        data = wire.dumps(body)
        if len(data) > BODY_MAX_BYTES:
            right = f"A letter has at most {BODY_MAX_BYTES // 1024} kB with all that belongs to it"
            raise InputError("the letter is too long", where="text", right=right)
        return self._api.ask(Question("POST", path, as_json(kind), body=data, media="application/json"))


def _clock(reply: Reply) -> Clock:
    """Return the clock in an answer: which kind a world's is, its keys tell."""
    told = msgspec.json.decode(reply.body)["clock"]
    faces: dict[str, CivilFace | CountedFace] = {}
    for name, face in told["worlds"].items():
        faces[name] = wire.read(face, CountedFace) if "day_zero" in face else wire.read(face, CivilFace)
    return Clock(from_text(told["now"]), told["rate"], faces)


def _kind_of(media_type: str) -> str:
    """Return the kind of part that a file of a media type is."""
    kinds = {"audio": "voice", "image": "picture", "video": "video"}
    return kinds.get(media_type.partition("/")[0], "file")


def plain_values(value: object) -> object:
    """Return what the client returned as plain values: those that the API sent."""
    return wire.jsonable(value)
