"""docs/reference/local-api.md and the local API are the same, both ways: routes, bodies, answers, limits."""

from __future__ import annotations

import asyncio
import re
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from starlette.routing import Mount, Route, WebSocketRoute
from tests.docs.documents import REFERENCE, ROOT, Row, rows, section, sections, text_of
from tests.docs.json_types import Struct, in_words, structs_in, told_fields
from tests.web.fake_backend import FakeBackend

from starlight.app import amendment_drafts, media_desk, plan_routes, service_routes, stored_bundle_routes
from starlight.app.serve import application
from starlight.archive.imported import ImportedLetter
from starlight.archive.kept_letter import KeptLetter
from starlight.dtntime import DAY
from starlight.live.config import DaemonStatus
from starlight.live.plan_view import AmendmentView, PlanView
from starlight.live.stored_bundles import LISTED_MAX
from starlight.live.stored_view import StoredBundle, StoredPage
from starlight.lookup import excerpt, wanted
from starlight.mailboxes import client_keys
from starlight.mailboxes.mailbox import MailboxLimits
from starlight.media import tasks
from starlight.messages import (
    awaited_name,
    conversation,
    draft,
    parts,
    queue,
    settings,
    storage,
    withdrawal,
)
from starlight.messages.letter_view import LetterView
from starlight.node.config import NodeLimits
from starlight.postoffice import uploads
from starlight.services import registration, registry
from starlight.services.ping import RoundTrip
from starlight.services.units import News, Registered, SentUnit
from starlight.views.archive import ImportOrder
from starlight.views.distress import CallAnswer, CallDismissal, CallWords, DistressView, OwnCallView
from starlight.views.expedition import ExpeditionView
from starlight.views.flight import FlightView
from starlight.views.forecasts import LatenessView, PredictionView, ReachView
from starlight.views.groups import GroupChange, GroupFounding, GroupView
from starlight.views.mailbox import MailboxView, Person, UnreadFrom, Upload
from starlight.views.media import MadePart, PictureOffer, VoiceOffer
from starlight.views.page_status import PaceView, PageStatus, StormView
from starlight.views.search import SearchView
from starlight.views.sky import Orbits, SkyPanel
from starlight.views.topics import MarkedLetters, ReminderOrder, StarOrder, TopicView
from starlight.web import archive, body, contacts, letters, media, pages, search, visit

DOCUMENT = REFERENCE / "local-api.md"
NAME = DOCUMENT.relative_to(ROOT)
TEXT = text_of(DOCUMENT)

PAGE = {"mailbox": MailboxView, "status": PageStatus}
ANSWERS: dict[str, Any] = {
    # What each route answers, by method and path without the variants that do the same.
    "GET /": list[Person],
    "GET /people": list[Person],
    "GET /people/PERSON": PAGE,
    "GET /people/PERSON/parts": PAGE,
    "GET /people/PERSON/mailbox": MailboxView,
    "GET /people/PERSON/unread": list[UnreadFrom],
    "GET /people/PERSON/status": PageStatus,
    "GET /status": PageStatus,
    "POST /people/PERSON/letters": LetterView,
    "POST /people/PERSON/predict": PredictionView,
    "GET /people/PERSON/reach": ReachView,
    "GET /people/PERSON/why": LatenessView,
    "POST /people/PERSON/why": LatenessView,
    "GET /people/PERSON/letters/LETTER/why": LatenessView,
    "POST /people/PERSON/letters/LETTER/withdraw": LetterView,
    "POST /people/PERSON/letters/LETTER/read": LetterView,
    "POST /people/PERSON/read": letters.ReadCount,
    "POST /people/PERSON/hide": conversation.HiddenEntry,
    "GET /people/PERSON/contacts": contacts.ContactsView,
    "POST /people/PERSON/contacts/address": awaited_name.GivenAddress,
    "POST /people/PERSON/contacts/record": contacts.NameOrder,
    "GET /people/PERSON/topics": list[TopicView],
    "GET /people/PERSON/marked": MarkedLetters,
    "GET /people/PERSON/queue": queue.QueueView,
    "GET /people/PERSON/flight": FlightView,
    "GET /people/PERSON/expedition": ExpeditionView,
    "POST /people/PERSON/queue/move": queue.QueueView,
    "POST /people/PERSON/letters/LETTER/hold": queue.QueueView,
    "POST /people/PERSON/letters/LETTER/let-go": queue.QueueView,
    "POST /people/PERSON/letters/LETTER/take-back": withdrawal.Withdrawal,
    "POST /people/PERSON/letters/LETTER/star": LetterView,
    "POST /people/PERSON/letters/LETTER/remind": LetterView,
    "GET /people/PERSON/groups": list[GroupView],
    "POST /people/PERSON/groups": GroupView,
    "POST /people/PERSON/groups/GROUP": GroupView,
    "GET /people/PERSON/distress": DistressView,
    "POST /people/PERSON/distress": OwnCallView,
    "POST /people/PERSON/distress/cancel": OwnCallView,
    "POST /people/PERSON/distress/acknowledge": DistressView,
    "POST /people/PERSON/distress/dismiss": DistressView,
    "POST /people/PERSON/parts": Upload,
    "GET /people/PERSON/letters/LETTER/parts/N": "octets",
    "GET /people/PERSON/search": SearchView,
    "POST /people/PERSON/voice/choices": VoiceOffer,
    "POST /people/PERSON/voice": MadePart,
    "POST /people/PERSON/picture": PictureOffer,
    "GET /people/PERSON/letters/LETTER/parts/N/sound": "octets",
    "GET /people/PERSON/letters/LETTER/parts/N/picture": "octets",
    "GET /people/PERSON/letters/LETTER/parts/N/preview": "octets",
    "GET /people/PERSON/storage": storage.Storage,
    "POST /people/PERSON/storage/release": storage.Released,
    "POST /people/PERSON/storage/erase": storage.Erased,
    "GET /people/PERSON/settings": settings.Settings,
    "POST /people/PERSON/settings": settings.Settings,
    "GET /people/PERSON/archive": list[KeptLetter],
    "POST /people/PERSON/archive": list[ImportedLetter],
    "PUT /people/PERSON/letters/LETTER/parts/N": "nothing",
    "GET /sky": SkyPanel,
    "GET /orbits": Orbits,
    "POST /storm": StormView,
    "POST /people/PERSON/storm": StormView,
    "POST /clock": PaceView,
    "POST /people/PERSON/clock": PaceView,
    "POST /clock/next": PaceView,
    "POST /people/PERSON/clock/next": PaceView,
    "GET /nodes": list[DaemonStatus],
    "GET /bundles": StoredPage,
    "POST /bundles/drop": list[StoredBundle],
    "GET /plan": list[PlanView],
    "PUT /plan": AmendmentView | None,
    "POST /amendments": AmendmentView,
    "POST /services/SERVICE": Registered,
    "POST /services/SERVICE/bundles": SentUnit,
    "GET /services/SERVICE/bundles": "octets",
    "POST /services/SERVICE/bundles/ID/acknowledge": "nothing",
    "POST /services/SERVICE/bundles/ID/withdraw": "nothing",
    "GET /services/SERVICE/news": list[News],
    "GET /services/SERVICE/round-trip": RoundTrip,
    "POST /services/SERVICE/end": "nothing",
}
TITLES: dict[str, str] = {
    # The headings under which the structs of answers stand, by their names, where they differ.
    "MailboxView": "Mailbox",
    "ConversationView": "Conversation",
    "ReachView": "Reach",
    "LetterView": "Letter",
    "FormerView": "Former letter",
    "HeldView": "Held letter",
    "OpensView": "Opening",
    "GivenAddress": "Given address",
    "NameOrder": "Name",
    "ContactsView": "Contacts",
    "CourseView": "Course",
    "TopicView": "Topic",
    "MarkedLetters": "Marked letters",
    "CopiedView": "Copy",
    "PremiereView": "Premiere",
    "ReactionView": "Reaction",
    "MediaTime": "Media time",
    "ReaderView": "Reader",
    "GroupView": "Group",
    "QueueView": "Queue",
    "QueueEntry": "Entry of the queue",
    "HiddenThere": "Hidden there",
    "FlightView": "Flight",
    "FlightPlace": "Place",
    "ShownTrack": "Track",
    "FlightHop": "Hop",
    "TrackGroup": "Track group",
    "FlightWay": "Way",
    "FlightGap": "Gap",
    "ExpeditionView": "Expedition",
    "ToldIn": "Told in",
    "RoomView": "Room",
    "AirPoint": "Air",
    "AirLimit": "Limit of the air",
    "SearchMapView": "Search map",
    "SearchMoment": "Moment of a search",
    "PlannedSector": "Planned sector",
    "AwaitedReport": "Awaited report",
    "ShareOf": "Share",
    "RunView": "Run",
    "VerdictView": "Verdict",
    "MarkerView": "Marker",
    "ThumbnailView": "Thumbnail",
    "WindowView": "Window of a find",
    "ComingPiece": "Coming piece",
    "ReadingsView": "Readings",
    "ComingPart": "Coming part",
    "UnreadPart": "Unread part",
    "DistressView": "Distress",
    "OwnCallView": "Own call",
    "HeardCallView": "Call of another",
    "CallCourseView": "Course of a call",
    "MemberView": "Member",
    "Fact": "Step",
    "PartView": "Part",
    "PredictionView": "Prediction",
    "SilenceView": "Silence",
    "DoubtView": "Doubt",
    "LatenessView": "Lateness",
    "RefusalView": "Refused route",
    "PageStatus": "Status",
    "SkyPanel": "Sky",
    "CivilFace": "Civil clock",
    "CountedFace": "Counted clock",
    "StormView": "Storm",
    "TelemetryView": "Telemetry",
    "ConjunctionView": "Conjunction",
    "PlanChanges": "Changes of the plan",
    "PaceView": "Pace",
    "OutlookView": "Outlook",
    "DaemonStatus": "Node",
    "Said": "Fact",
    "FactDisagreement": "Fact that differs",
    "LinkStatus": "Link",
    "PlanView": "Plan",
    "AmendmentView": "Amendment",
    "ChangeView": "Change",
    "OtherVersion": "Version of another node",
    "StoredPage": "Stored page",
    "StoredBundle": "Stored bundle",
    "HoldingView": "Holding",
    "RoundTrip": "Round trip",
    "Registered": "Registration",
    "SentUnit": "Sent bundle",
    "ReadCount": "Count",
    "UnreadFrom": "Unread",
    "HiddenEntry": "Hidden entry",
    "SearchView": "Found",
    "KeptLetter": "Kept letter",
    "KeptSending": "Kept sending",
    "KeptCourse": "Kept course",
    "KeptComing": "Kept coming",
    "KeptPart": "Kept part",
    "ImportedLetter": "Imported letter",
    "FoundLetter": "Found letter",
    "FoundTopic": "Found topic",
}
BODIES: dict[str, tuple[Struct, ...]] = {
    # The headings under which the keys of bodies stand.
    "A draft": (draft.Draft,),
    "Attachment": (draft.Attachment,),
    "Smaller bodies": (
        letters.ReadOrder,
        queue.HoldOrder,
        queue.MoveOrder,
        pages.StormOrder,
        pages.RateOrder,
        StarOrder,
        ReminderOrder,
        contacts.NameOrder,
    ),
    "A founding": (GroupFounding,),
    "A change of a group": (GroupChange,),
    "Words of a call": (CallWords,),
    "A dismissal of a call": (CallDismissal,),
    "An acknowledgement": (CallAnswer,),
    "An order to give an address": (awaited_name.AddressOrder,),
    "An order to hide": (conversation.HideOrder,),
    "An import": (ImportOrder,),
    "An order to let go": (storage.ReleaseOrder,),
    "An order to erase": (storage.EraseOrder,),
    "A choice of settings": (settings.Settings,),
    "An order to drop": (stored_bundle_routes.DropOrder,),
    "An amendment": (amendment_drafts.AmendmentDraft,),
    "A change": (amendment_drafts.ChangeDraft,),
    "A new contact": (amendment_drafts.ContactDraft,),
}
GIVEN = {draft.Attachment: "attachment", amendment_drafts.ChangeDraft: "change"} | {
    amendment_drafts.ContactDraft: "new contact"
}


class _Links(dict[Struct, str]):
    """The links to the tables of structs, as the types of keys are written."""

    def __missing__(self, kind: Struct) -> str:
        if kind in GIVEN:
            anchor = "attachment" if GIVEN[kind] == "attachment" else f"a-{GIVEN[kind].replace(' ', '-')}"
            return f"[{GIVEN[kind]}](#{anchor})"
        title = TITLES.get(kind.__name__, kind.__name__)
        return f"[{title.lower()}](#{title.lower().replace(' ', '-')})"


LINKS = _Links()


class Told(NamedTuple):
    """A route as the page tells it: its query's keys, what it answers in words."""

    query: tuple[str, ...]
    answer: str


def routes_told() -> dict[str, Told]:
    """Return the routes of the page's table, by method and path."""
    found = {}
    for row in rows(TEXT):
        for quoted in row.quoted() if row.heads[:1] == ("address",) else []:
            path, _, query = quoted.partition("?")
            found[path] = Told(tuple(re.findall(r"(\w+)=", query)), row.under("answer"))
    return found


def routes_served() -> list[str]:
    """Return method and path below `/api` of each route that a node serves to programs."""
    app = application(FakeBackend(), [], "token")
    found = []
    for route in app.routes:
        if isinstance(route, Mount) and route.path == "/api":
            found += [(each, each.path) for each in route.routes if isinstance(each, Route)]
        elif isinstance(route, Route) and route.path.startswith("/api/"):
            found.append((route, route.path.removeprefix("/api")))
    names = {
        "person": "PERSON",
        "group": "GROUP",
        "letter": "LETTER",
        "service": "SERVICE",
        "id": "ID",
        "part": "N",
    }
    served = []
    for route, path in found:
        plain = re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: names[part[1]], path)
        served += [f"{method} {plain}" for method in sorted(route.methods or ()) if method != "HEAD"]
    return served


def keys_told(heading: str) -> dict[str, Row]:
    """Return the rows of a table of keys."""
    return {row.quoted()[0]: row for row in rows(section(TEXT, heading)) if row.heads[:1] == ("key",)}


def test_each_route_is_told() -> None:
    """The page's table has each route with its method, and no other."""
    served, told = routes_served(), routes_told()
    missing = [route for route in served if route not in told]
    assert not missing, (
        f"{NAME}: add a row `| `{missing[0]}` | what it does | what it answers |` to the table of addresses, "
        f"and its answer to ANSWERS here; missing are {missing}"
    )
    invented = [route for route in told if route not in served]
    assert not invented, f"{NAME}: nothing answers {invented}; take them out of the table"


def test_what_an_address_may_ask_for_is_told() -> None:
    """Behind the ? of each address stand the keys that the API itself names when it is asked for another."""

    async def ask() -> dict[str, tuple[str, ...]]:
        transport = httpx.ASGITransport(app=application(FakeBackend(), [], "token"))
        headers = {"Authorization": "Bearer token"}
        found = {}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers
        ) as api:
            for route in routes_served():
                method, _, path = route.partition(" ")
                address = path.replace("PERSON", "jay").replace("SERVICE", "9").replace("LETTER", "x")
                answer = await api.request(method, f"/api{address}?zzz=1")
                assert answer.status_code == 422, f"{route} takes any key behind the ?: let it read_query"
                told = answer.json().get("errors", [answer.json()])
                (right,) = (each["right"] for each in told if each["where"] == "zzz")
                _, _, keys = right.partition("The keys there are ")
                found[route] = tuple(keys.split(", ")) if keys else ()
        return found

    told = routes_told()
    for route, keys in asyncio.run(ask()).items():
        text = "&".join(f"{key}=..." for key in keys)
        assert set(told[route].query) == set(keys), f"{NAME}: write {route}{'?' if keys else ''}{text}"


def test_the_stream_is_told() -> None:
    """The page tells each WebSocket too."""
    mounts = [each for each in application(FakeBackend(), [], "token").routes if isinstance(each, Mount)]
    mount = next(each for each in mounts if each.path == "/api")
    for socket in (each for each in mount.routes if isinstance(each, WebSocketRoute)):
        told = socket.path.replace("{person}", "PERSON")
        assert f"`GET {told}" in TEXT, f"{NAME}: tell of the WebSocket at {told}"


@pytest.mark.parametrize("route", ANSWERS)
def test_an_answer_is_told_by_its_type(route: str) -> None:
    """The last column of the table names what a route answers, which has a table of its own below."""
    kind = ANSWERS[route]
    if isinstance(kind, dict):
        wanted = " and ".join(f"`{key}`" for key in kind)
    else:
        wanted = kind if isinstance(kind, str) else in_words(kind, LINKS)
    assert route in routes_told(), f"ANSWERS: there is no route {route}"
    assert routes_told()[route].answer == wanted, f"{NAME}: {route} answers {wanted}"


def test_each_route_has_an_answer_here() -> None:
    """Each route that is served is in ANSWERS, so that the keys of what it answers are held to the page."""
    missing = sorted(set(routes_served()) - set(ANSWERS))
    assert not missing, f"add to ANSWERS of {__name__} what {missing} answer"


def answered() -> list[Struct]:
    """Return the structs of all answers, those within others too."""
    found: list[Struct] = []
    for kind in ANSWERS.values():
        for each in kind.values() if isinstance(kind, dict) else () if isinstance(kind, str) else (kind,):
            found += [struct for struct in structs_in(each) if struct not in found]
    return found


@pytest.mark.parametrize("kind", answered(), ids=lambda kind: kind.__name__)
def test_each_key_of_an_answer_is_told(kind: Struct) -> None:
    """Each struct of an answer has a table with each of its keys and the key's type, and no other key."""
    title = TITLES.get(kind.__name__, kind.__name__)
    wanted = told_fields(kind)
    at = f"{NAME}: ### {title} (of {kind.__module__}.{kind.__name__})"
    assert title in sections(TEXT), (
        f"{at}: write this heading and a table with the columns key, type, what it is; "
        "for another heading name it in TITLES here"
    )
    told = keys_told(title)
    for key, hint in wanted.items():
        words = in_words(hint, LINKS)
        assert key in told, f"{at}: add a row `| `{key}` | {words} | what it is |`"
        assert told[key].under("type") == words, f"{at}: the type of `{key}` is: {words}"
    invented = [key for key in told if key not in wanted]
    assert not invented, f"{at}: there is no key {invented}; take its row out"


@pytest.mark.parametrize("heading", BODIES)
def test_each_key_of_a_body_is_told(heading: str) -> None:
    """Each body has a table with each of its keys, the key's type and default, and no other key."""
    fields = [field for kind in BODIES[heading] for field in msgspec.structs.fields(kind)]
    hints = {key: hint for kind in BODIES[heading] for key, hint in told_fields(kind).items()}
    told = keys_told(heading)
    at = f"{NAME}: {heading}"
    for field in fields:
        key, words = field.encode_name, in_words(hints[field.encode_name], LINKS)
        default = "" if field.required else f"`{_as_json(field.default)}`"
        right = f"| `{key}` | {words} | what it is | {default} |"
        assert key in told, f"{at}: add a row {right}"
        cells = told[key].under("type"), told[key].under("default")
        assert cells == (words, default), f"{at}: let the row be {right}"
    invented = [key for key in told if key not in hints]
    assert not invented, f"{at}: there is no key {invented}"


def _as_json(value: Any) -> str:
    """Return a default as JSON has it."""
    return msgspec.json.encode(value.name.lower() if hasattr(value, "name") else value).decode()


MIB, GIB = 2**20, 2**30
LIMITS: dict[str, bool] = {
    # What the page says, and whether the code says it too.
    "of any length up to 256 MiB": parts.PART_MAX_BYTES == 256 * MIB,
    "no letter names within 7 days": uploads.NAMED_WITHIN == 7 * DAY,
    "64 may wait for their letter": MailboxLimits().uploads == 64,
    "all parts of a mailbox have 4 GiB": MailboxLimits().part_bytes == 4 * GIB,
    "64 MiB and half an hour at most": (tasks.IN_MAX_BYTES, tasks.SOUND_MAX_S) == (64 * MIB, 1800),
    "64 MiB and 64 million pixels at most": (media.SOURCE_MAX_BYTES, tasks.PIXELS_MAX)
    == (tasks.IN_MAX_BYTES, 64 * 10**6),
    "2048 pixels long at most": media_desk.SHOWN_SIDE == 2048,
    "(50; 500 at most)": (visit.LETTERS_SHOWN, visit.LETTERS_MAX) == (50, 500),
    "(30; 200 at most)": (search.FOUND_SHOWN, search.FOUND_MAX) == (30, 200),
    "1000 characters of it are read, and 16 words": (wanted.TEXT_MAX, wanted.WANTED_MAX) == (1000, 16),
    "180 characters at most": excerpt.EXCERPT_CHARS == 180,
    "letters (20; 50 at most)": (archive.KEPT_SHOWN, archive.KEPT_MAX) == (20, 50),
    "Of 4 MiB at most.": archive.IMPORT_MAX_BYTES == 4 * MIB,
    "of 256 kB at most": body.MAX_BODY_BYTES == 256 * 1024,
    "of 64 MiB at most": plan_routes.PLAN_MAX_BYTES == 64 * MIB,
    "a payload is at most 64 MiB less its headers": NodeLimits().bundle_bytes == 64 * MIB,
    "(10000, which is the most)": LISTED_MAX == 10_000,
    "(30; 60 at most)": (service_routes.WaitQuery("").timeout_s, service_routes.WAIT_MAX_S) == (30, 60),
    "for 30 days of mission time": client_keys.KEPT_FOR == 30 * DAY,
    "printable ASCII, 255 characters at most": draft.KEY_MAX_CHARACTERS == 255,
    "64 bundles are given before one must be acknowledged": registry.AT_MOST == 64,
    "256 numbers are registered at a time": registry.NUMBERS_MAX == 256,
    "The last 1000": registration.NEWS_MAX == 1000,
    "(from 65536 on;": registry.PASSING.start == 65_536,
}


@pytest.mark.parametrize("words", LIMITS)
def test_a_limit_is_that_of_the_code(words: str) -> None:
    """Each limit that the page tells is the one that holds."""
    assert words in " ".join(TEXT.split()), f"{NAME} no longer says {words!r}: mend it, or LIMITS here"
    assert LIMITS[words], f"{NAME}: {words!r} is no longer so; tell the new limit there and here"
