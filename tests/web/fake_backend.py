"""A backend in memory with a clock that stands until the test moves it.

Between the two worlds there is one light time and, unless a storm rages, always a window;
between two people of one world letters take no time. That is all the page needs to be tested.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence

import msgspec
from tests.web.fake_calls import FakeCalls
from tests.web.fake_expedition import FakeExpedition
from tests.web.fake_flight import FakeFlight, flight_at
from tests.web.fake_groups import FakeGroups
from tests.web.fake_media import FakeMedia
from tests.web.fake_topics import FakeTopics

from starlight.archive.imported import ImportedLetter, ImportOutcome
from starlight.archive.kept_letter import KeptLetter
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, from_text
from starlight.errors import InputError
from starlight.lookup.excerpt import excerpt, has_all
from starlight.lookup.question import LetterQuestion
from starlight.lookup.wanted import names_match
from starlight.messages.awaited_name import AddressOrder, GivenAddress
from starlight.messages.conversation import HiddenEntry, HideOrder
from starlight.messages.crossed import with_crossings
from starlight.messages.delivery import Certainty, DeliveryState, Fact
from starlight.messages.doubt import Doubt, DoubtCode
from starlight.messages.draft import Draft
from starlight.messages.held import Held
from starlight.messages.later_view import OwnLetter
from starlight.messages.letter_view import LetterView
from starlight.messages.part_view import PartView
from starlight.messages.queue import (
    EntryKind,
    Fixed,
    HiddenThere,
    HoldOrder,
    MoveOrder,
    QueueEntry,
    QueueView,
)
from starlight.messages.quote import Quote
from starlight.messages.settings import Settings
from starlight.messages.storage import Erased, EraseOrder, Released, ReleaseOrder, Storage
from starlight.messages.urgency import Precedence, Priority
from starlight.messages.withdrawal import Withdrawal
from starlight.views.archive import Archivist
from starlight.views.backend import Correspondence, PageBackend
from starlight.views.forecasts import (
    LatenessView,
    PredictionView,
    ReachView,
    RefusalView,
    SilenceView,
    Window,
)
from starlight.views.mailbox import ConversationView, MailboxView, Person, Recipient
from starlight.views.page_status import PaceView, PageChange, PageStatus, StormView, TelemetryView
from starlight.views.queue_backend import QueueBackend
from starlight.views.search import Finder, FoundLetter, SearchView
from starlight.views.settings_backend import SettingsBackend
from starlight.views.sky import (
    CivilFace,
    Clock,
    ConjunctionView,
    CountedFace,
    Crossing,
    Orbits,
    Position,
    SkyPanel,
)
from starlight.views.storage_backend import StorageBackend
from starlight.words import searching
from starlight.words.sentence import Moment, Sentence, fill

START = from_text("2051-04-02T05:21:00Z")
LIGHT = 19 * MINUTE
SOL_S = 88775.244
LONGEST = 10_000
LARGE = 5_000
"""No contact of the fake carries so many bytes whole."""
WAITS = Sentence(("It waits 2 min for the dish, light takes 19 min.",))

PEOPLE = (
    Person("jay", "Jay", "ipn:7.1", "Seoul", "earth"),
    Person("nan-young", "Nan-young", "ipn:21.1", "Base, Arsia Mons", "mars"),
    Person("father", "Father", "ipn:8.1", "Seoul", "earth"),
    Person("control", "Mission control", "ipn:5.1", "Yeoju", "earth"),
)


State = DeliveryState
CONFIRMED, PREDICTED = Certainty.CONFIRMED, Certainty.PREDICTED


class Kept(msgspec.Struct):
    """A letter as the fake keeps it; `leaves` is None while the storm holds it."""

    id: str
    author: Person
    to: Person
    text: str
    written: int
    leaves: int | None
    reply_to: str | None = None
    read: int | None = None
    withdrawn: int | None = None
    priority: Priority = Priority.NORMAL
    critical: bool = False

    @property
    def crosses(self) -> bool:
        return self.author.world != self.to.world

    @property
    def arrives(self) -> int | None:
        return None if self.leaves is None else self.leaves + (LIGHT if self.crosses else 0)

    def news_at(self, moment: int) -> int:
        return moment + (LIGHT if self.crosses else 0)


class FakeCorrespondence(Correspondence):
    """One person's side of the fake."""

    def __init__(self, backend: FakeBackend, person: str) -> None:
        self._backend = backend
        self._person = person

    async def mailbox(
        self,
        *,
        correspondent: str | None = None,
        before: str | None = None,
        limit: int = 50,
        through: str | None = None,
        topic: str | None = None,
    ) -> MailboxView:
        return await self._backend.mailbox(
            self._person, correspondent=correspondent, before=before, limit=limit, through=through
        )

    async def write(self, draft: Draft) -> LetterView:
        return await self._backend.write(self._person, draft)

    async def is_written(self, key: str) -> bool:
        return (self._person, key) in self._backend.keys

    async def upload(self, pieces: AsyncIterable[bytes]) -> str:
        self._backend.uploaded.append(b"".join([piece async for piece in pieces]))
        return f"upload-{len(self._backend.uploaded)}"

    async def part(self, letter: str, number: int) -> tuple[PartView, Iterator[bytes]]:
        if number >= len(self._backend.uploaded):
            raise InputError(f"no part {number} of letter {letter!r} here", where="part")
        data = self._backend.uploaded[number]
        view = PartView(
            number=number,
            kind="file",
            media_type="text/html",
            name="<b>söng</b>.html",
            size_bytes=len(data),
            here_bytes=len(data),
        )
        return view, iter([data[:5], data[5:]])

    async def withdraw(self, letter: str) -> LetterView:
        return await self._backend.withdraw(self._person, letter)

    async def mark_read(self, letter: str) -> LetterView:
        return await self._backend.mark_read(self._person, letter)

    async def mark_all_read(self, correspondent: str) -> int:
        return await self._backend.mark_all_read(self._person, correspondent)

    async def hide(self, order: HideOrder) -> HiddenEntry:
        if order.hidden:
            self._backend.hidden[self._person, order.of] = order.withdraw
        else:
            self._backend.hidden.pop((self._person, order.of))
        return HiddenEntry(order.of, order.hidden, int(order.withdraw), 0)

    async def predict(self, draft: Draft) -> PredictionView:
        return await self._backend.predict(self._person, draft)

    async def give_address(self, order: AddressOrder) -> GivenAddress:
        self._backend.given.append(order)
        return GivenAddress(order.name, order.to, 1)

    async def unread_there(self) -> tuple[OwnLetter, ...]:
        return self._backend.own_letters

    async def reach(self, to: str) -> ReachView:
        return self._backend.reach(self._person, to)

    async def why_late(self, draft: Draft) -> LatenessView:
        return await self._backend.why_late(draft)

    async def why_letter_late(self, letter: str) -> LatenessView:
        return await self._backend.why_letter_late(letter)


class FakeStorage(StorageBackend):
    """The room of a mailbox in which three pictures can be let go once they are a week old."""

    def __init__(self) -> None:
        self.orders: list[ReleaseOrder] = []
        self.erased: list[str] = []

    async def storage(self) -> Storage:
        return Storage(1_200, 400_000, 2_500_000, 256_000_000, 310_000_000, 4_000_000_000, 3, 7_400_000)

    async def erase(self, order: EraseOrder) -> Erased:
        if not order.sure:
            raise InputError("letters are erased for good", where="sure", right="Say sure")
        self.erased.append(order.of)
        return Erased(5, 1)

    async def release(self, order: ReleaseOrder) -> Released:
        self.orders.append(order)
        return Released(3, 7_400_000) if order.older_than_days <= 7 else Released(0, 0)


class FakeSettings(SettingsBackend):
    """The settings of everybody."""

    def __init__(self) -> None:
        self.chosen = Settings()

    async def settings(self) -> Settings:
        return self.chosen

    async def choose(self, settings: Settings) -> None:
        self.chosen = settings


class FakeQueue(QueueBackend):
    """A queue of two letters, one held and one that opens later; it remembers what is ordered.

    Attributes:
        known: what is in it.
    """

    def __init__(self) -> None:
        self.orders: list[tuple[str, str]] = []
        self.known = QUEUE

    async def queue(self) -> QueueView:
        return self.known

    async def move(self, order: MoveOrder) -> QueueView:
        self.orders.append((order.letter, order.before))
        return QUEUE

    async def hold(self, letter: str, order: HoldOrder) -> QueueView:
        if letter == "gone":
            raise InputError("the letter does not wait here any more", where="letter")
        self.orders.append((letter, "hold"))
        return QUEUE

    async def let_go(self, letter: str) -> QueueView:
        self.orders.append((letter, "let go"))
        return QUEUE

    async def take_back(self, letter: str) -> Withdrawal:
        self.orders.append((letter, "take back"))
        return Withdrawal(sent=True)


QUEUE = QueueView(
    waiting=(
        QueueEntry(
            letter="a",
            to="ipn:21.1",
            text="First",
            size_bytes=400,
            position=1,
            leaves=START + SECOND,
            arrives=START + MINUTE + SECOND,
            by_node=2,
            by="Madrid",
            window_ends=START + SECOND + 10 * MINUTE,
            last_byte=START + SECOND + MINUTE,
            kind=EntryKind.VOICE,
        ),
        QueueEntry(letter="b", to="ipn:21.1", text="Second", size_bytes=400, position=2),
        QueueEntry(letter="t", to="ipn:21.1", text="Taken", size_bytes=4, position=3, fixed=Fixed.TAKEN),
    ),
    held=(QueueEntry(letter="h", to="ipn:21.1", text="Held", size_bytes=9, held=Held(START)),),
    left=(QueueEntry(letter="l", to="ipn:21.1", text="Gone", size_bytes=9, leaves=START, fixed=Fixed.LEFT),),
    later=(
        HiddenThere(
            letter="o",
            to="ipn:21.1",
            text="Birthday",
            event="landed",
            withdrawal=Withdrawal(opens=START, until=START, offered=True),
        ),
    ),
)


class FakeArchivist(Archivist):
    """A mailbox of which nothing can be exported, as letters are kept nowhere here."""

    async def letters(self, correspondent: str, before: str | None, limit: int) -> list[KeptLetter]:
        return []

    async def take(self, letters: Sequence[KeptLetter]) -> list[ImportedLetter]:
        return [ImportedLetter(each.id, ImportOutcome.HERE) for each in letters]

    async def take_part(self, letter: str, number: int, pieces: AsyncIterable[bytes]) -> None:
        raise InputError("its bytes are here", where="part")


class FakeFinder(Finder):
    """The search in one person's side of the fake: it looks at every letter."""

    def __init__(self, backend: FakeBackend, person: str) -> None:
        self._backend = backend
        self._person = person

    async def find(self, words: str, asked: LetterQuestion, before: int | None, limit: int) -> SearchView:
        if asked.is_empty:
            return SearchView(words, (), (), (), note=searching.nothing_asked())
        conversations = (await self._backend.mailbox(self._person)).conversations
        found: list[FoundLetter] = []
        for one in conversations:
            view = await self._backend.mailbox(self._person, correspondent=one.address, limit=1000)
            for letter in view.letters:
                far = asked.correspondent not in ("", one.address)
                far |= asked.since is not None and letter.written_at < asked.since
                far |= asked.until is not None and letter.written_at >= asked.until
                if far or has_all(letter.text, asked.words) < len(asked.words):
                    continue
                found.append(
                    FoundLetter(
                        letter.id,
                        one.address,
                        letter.from_name,
                        letter.mine,
                        letter.written_at,
                        letter.unread,
                        "text",
                        excerpt(letter.text, asked.words),
                        (),
                        "",
                        1 + [kept.id for kept in self._backend.kept].index(letter.id),
                    )
                )
        found.sort(key=lambda each: -each.number)
        found = [each for each in found if before is None or each.number < before]
        named = tuple(one.address for one in conversations if names_match(one.name, asked.words))
        more = found[limit - 1].number if len(found) > limit else None
        return SearchView(
            words, tuple(found[:limit]), tuple(conversations), named, more, self._backend.behind
        )


class FakeBackend(PageBackend):
    """The people, their letters, the sky and the storm, as a test moves them.

    Args:
        now: mission time at first.
        rate: what the page is told; the fake's own clock only moves by `advance`.
        delay: ns between writing and leaving, in which a letter can be withdrawn.
    """

    def __init__(self, now: int = START, rate: float = 0.0, delay: int = 2 * MINUTE) -> None:
        self.now = now
        self.rate = rate
        self.delay = delay
        self.kept: list[Kept] = []
        self.set_aside = self.refused = 0
        self.room = FakeStorage()
        self.fake_settings = FakeSettings()
        self.fake_queue = FakeQueue()
        self.own_letters: tuple[OwnLetter, ...] = ()
        self.drafts: list[Draft] = []
        self.given: list[AddressOrder] = []
        self.behind: Sentence | None = None  # what a search says that it can't find yet
        self.hidden: dict[tuple[str, str], bool] = {}  # by person and address: whether letters were withdrawn
        self.fake_media = FakeMedia()
        self.fake_groups = FakeGroups()
        self.fake_expedition = FakeExpedition(START)
        self.fake_topics = FakeTopics()
        self.fake_calls = FakeCalls()
        self.uploaded: list[bytes] = []
        self.keys: dict[tuple[str, str], tuple[Draft, LetterView]] = {}
        self.storm_since: int | None = None
        self.telemetry: tuple[TelemetryView, ...] = ()
        self.conjunction: ConjunctionView | None = None
        self.pace: PaceView | None = None
        self.explained = 0
        self._waiting: set[asyncio.Queue[PageChange]] = set()

    # ---- the test's own handles; called on the loop that serves the page

    def advance(self, duration: int) -> None:
        """Let mission time pass, and tell the pages."""
        self.now += duration
        self._tell()

    def report(self, telemetry: TelemetryView) -> None:
        """Let a vehicle be heard."""
        self.telemetry = (*self.telemetry, telemetry)
        self._tell()

    def _tell(self) -> None:
        for queue in self._waiting:
            queue.put_nowait(PageChange(tuple(person.id for person in PEOPLE), status=True))

    # ---- the backend

    def topics(self, person: str) -> FakeTopics:
        return self.fake_topics

    def groups(self, person: str) -> FakeGroups:
        return self.fake_groups

    def calls(self, person: str) -> FakeCalls:
        return self.fake_calls

    def media(self, person: str) -> FakeMedia:
        return self.fake_media

    async def people(self) -> tuple[Person, ...]:
        return PEOPLE

    def correspondence(self, person: str) -> FakeCorrespondence:
        return FakeCorrespondence(self, person)

    def storage(self, person: str) -> FakeStorage:
        return self.room

    def settings(self, person: str) -> FakeSettings:
        return self.fake_settings

    def queues(self, person: str) -> FakeQueue:
        return self.fake_queue

    def expeditions(self, person: str) -> FakeExpedition:
        return self.fake_expedition

    def flights(self, person: str) -> FakeFlight:
        return FakeFlight(flight_at(self.now))

    def archivist(self, person: str) -> Archivist:
        return FakeArchivist()

    def finder(self, person: str) -> FakeFinder:
        return FakeFinder(self, person)

    async def mailbox(
        self,
        person: str,
        *,
        correspondent: str | None = None,
        before: str | None = None,
        limit: int = 50,
        through: str | None = None,
    ) -> MailboxView:
        me = self._person(person)
        mine = [kept for kept in self.kept if self._seen_by(kept, me)]
        if correspondent is None:
            latest = max(mine, key=lambda kept: kept.written, default=None)
            others = [other for other in PEOPLE if other != me]
            correspondent = (
                (latest.to if latest.author == me else latest.author).address if latest else others[0].address
            )
        other = self._address(correspondent)
        thread = [kept for kept in mine if other in (kept.author, kept.to)]
        if before is not None:
            index = next((i for i, kept in enumerate(thread) if kept.id == before), None)
            if index is None:
                raise InputError(f"no letter {before!r}", where="before", right="The id of a letter here")
            thread = thread[:index]
        if through is not None:
            index = next(i for i, kept in enumerate(thread) if kept.id == through)
            thread = thread[: index + 1]
        shown = thread[-limit:]

        def hidden(one: Person) -> bool:
            return (person, one.address) in self.hidden

        return MailboxView(
            me,
            tuple(self._conversation(me, one, mine) for one in PEOPLE if one != me and not hidden(one)),
            correspondent,
            with_crossings([self._view(kept, me) for kept in shown]),
            len(thread) > len(shown),
            self.set_aside,
            self.refused,
            tuple(self._conversation(me, one, mine) for one in PEOPLE if one != me and hidden(one)),
        )

    async def write(self, person: str, draft: Draft) -> LetterView:
        known = self.keys.get((person, draft.key or ""))
        if known is not None:
            if known[0] != draft:
                raise InputError("another letter has this key", where="key", right="Take another")
            return known[1]
        draft.require_text()
        self.drafts.append(draft)
        if len(draft.text) > LONGEST:
            raise InputError(f"{len(draft.text)} characters", where="text", right=f"At most {LONGEST}")
        me, other = self._person(person), self._address(draft.to)
        held = self.storm_since is not None and me.world != other.world
        kept = Kept(
            f"{me.address}/{self.now}/{len(self.kept)}",
            me,
            other,
            draft.text,
            self.now,
            None if held else self.now + self._waits(draft),
            draft.reply_to,
            priority=draft.priority,
            critical=draft.critical,
        )
        self.kept.append(kept)
        self._tell()
        view = self._view(kept, me)
        if draft.key is not None:
            self.keys[person, draft.key] = (draft, view)
        return view

    async def predict(self, person: str, draft: Draft) -> PredictionView:
        me, other = self._person(person), self._address(draft.to)
        size = len(draft.text.encode())
        if me.world == other.world:
            return PredictionView(
                self.now, self.now, self.now, (fill("{place}: delivered at once.", place=me.place),)
            )
        if self.storm_since is not None:
            return PredictionView(None, None, None, (), self._silence(), size)
        leaves = self.now + self._waits(draft)
        route = (
            fill("{place}: waits for the dish, then leaves for the relay orbiter.", place=me.place),
            fill("Relay orbiter: passes it on to {place} at once.", place=other.place),
        )
        pieces = 1 if size < LARGE else 2
        answer = leaves + 2 * LIGHT
        return PredictionView(
            leaves,
            leaves + LIGHT,
            answer,
            route,
            None,
            size,
            pieces,
            unhurried_at=answer + 5 * MINUTE,
        )

    def reach(self, person: str, to: str) -> ReachView:
        me, other = self._person(person), self._address(to)
        if me.world == other.world:
            return ReachView("here", fill("At this node"), Sentence(()), leaves=self.now, arrives=self.now)
        here = sum(
            kept.author == me and kept.to == other and kept.withdrawn is None
            for kept in self.kept
            if kept.leaves is None or kept.leaves > self.now
        )
        light_s = LIGHT / SECOND
        if self.storm_since is not None:
            ends = self.storm_since + DAY
            headline = fill("Closed until {until}", until=Moment(ends))
            return ReachView("shut", headline, self._silence().why, self.storm_since, ends, here, light_s)
        until = self.now + 3 * HOUR
        headline = fill("Open, 209 bit/s until {until}", until=Moment(until))
        leaves = self.now + self.delay
        arrives = leaves + LIGHT
        return ReachView(
            "open",
            headline,
            Sentence(("Light takes 19 min 00 s.",)),
            None,
            until,
            here,
            light_s,
            209,
            leaves,
            arrives,
            arrives + LIGHT,
        )

    async def why_late(self, draft: Draft) -> LatenessView:
        self._address(draft.to)
        return self._lateness(len(draft.text.encode()), self._waits(draft))

    async def why_letter_late(self, letter: str) -> LatenessView:
        kept = self._letter(letter)
        return self._lateness(len(kept.text.encode()), self._waits(kept))

    def _waits(self, letter: Draft | Kept) -> int:
        """Return how long a letter waits before it leaves: an urgent one half as long."""
        urgency = Precedence(letter.priority, letter.critical).urgency
        return self.delay // 2 if urgency >= Priority.EXPEDITED else self.delay

    def _lateness(self, size: int, wait: int) -> LatenessView:
        """Return a lateness of one reason, whose words no page must take for markup."""
        self.explained += 1
        late = "It comes too late from Seoul to the <b>relay</b>: "
        late += "contact 7 ends at {ends}, 3.0 s before it is there."
        missed = fill(late, ends=Moment(self.now + wait))
        first = (self._silence().why,) if self.storm_since is not None else ()
        return LatenessView(
            self.now,
            size,
            (*first, WAITS),
            (RefusalView(self.now + LIGHT, (7, 9), Sentence(("Refused: contacts 7, 9.",)), (missed,)),),
        )

    async def withdraw(self, person: str, letter: str) -> LetterView:
        kept = self._letter(letter)
        if kept.leaves is not None and kept.leaves <= self.now:
            raise InputError("the letter has left already", where="letter", right="Write another one")
        kept.withdrawn = self.now
        self._tell()
        return self._view(kept, self._person(person))

    async def mark_read(self, person: str, letter: str) -> LetterView:
        kept = self._letter(letter)
        kept.read = kept.read or self.now
        self._tell()
        return self._view(kept, self._person(person))

    async def mark_all_read(self, person: str, correspondent: str) -> int:
        me, other = self._person(person), self._address(correspondent)
        unread = [
            kept
            for kept in self.kept
            if kept.author == other and self._seen_by(kept, me) and kept.to == me and kept.read is None
        ]
        for kept in unread:
            await self.mark_read(person, kept.id)
        return len(unread)

    async def correspondent(self, address: str) -> Recipient | None:
        found = (one for one in PEOPLE if one.address == address)
        return next((Recipient(one.address, one.name, one.place, one.world) for one in found), None)

    async def clock(self) -> Clock:
        return Clock(
            self.now,
            self.rate,
            {
                "earth": CivilFace("Earth", "Seoul", "KST", 32_400),
                "mars": CountedFace(
                    "Mars", "Arsia Mons", "LMST", "Sol", from_text("2051-01-30T03:10:00Z"), SOL_S
                ),
            },
        )

    async def sky(self) -> SkyPanel:
        window = Window(self.now - HOUR, self.now + 3 * HOUR, "Yeoju, areostationary relay")
        if self.storm_since is not None:
            window = Window(self.storm_since + DAY, self.storm_since + DAY + 3 * HOUR)
        light_s = LIGHT / SECOND
        earth, mars = Position(-0.978, -0.205), Position(0.42, 1.44)
        return SkyPanel(await self.clock(), earth, mars, light_s * 299_792.458, 4.2, light_s, window)

    async def orbits(self) -> Orbits:
        return Orbits(_ellipse(1.0, 0.0167, 103), _ellipse(1.5237, 0.0934, 336))

    async def status(self, person: str, to: str = "") -> PageStatus:
        crossings = [
            crossing
            for kept in self.kept
            if kept.crosses and kept.withdrawn is None
            for crossing in self._crossings(kept)
            if crossing.arrives > self.now
        ]
        storm = StormView(self.storm_since is not None, self.storm_since, "both relays")
        silence = self._silence() if storm.active else None
        me = self._person(person)
        far = next(one.address for one in PEOPLE if one.world != me.world)
        return PageStatus(
            await self.sky(),
            tuple(crossings),
            silence,
            storm,
            self.telemetry,
            self.conjunction,
            reach=self.reach(person, to or far),
            pace=self.pace,
        )

    async def set_rate(self, person: str, rate: float) -> PaceView:
        if self.pace is None or not 0 <= rate <= 3600:
            raise InputError(f"{rate} is no rate of a clock", right="It is from 0 and at most 3600")
        self.rate = rate
        return self._turned(msgspec.structs.replace(self.pace, rate=rate, goes_on=False))

    async def go_on(self, person: str) -> PaceView:
        if self.pace is None or not self.pace.can_go_on:
            raise InputError("nothing more comes in this story", where="clock")
        return self._turned(msgspec.structs.replace(self.pace, rate=3600.0, goes_on=True))

    def _turned(self, pace: PaceView) -> PaceView:
        self.pace = pace
        self._tell()
        return pace

    async def set_storm(self, active: bool) -> StormView:
        if active and self.storm_since is None:
            self.storm_since = self.now
            for kept in self.kept:
                if kept.crosses and kept.leaves is not None and kept.leaves > self.now:
                    kept.leaves = None
        elif not active and self.storm_since is not None:
            self.storm_since = None
            for kept in self.kept:
                if kept.leaves is None and kept.withdrawn is None:
                    kept.leaves = self.now + self.delay
        self._tell()
        return StormView(active, self.storm_since, "both relays")

    async def changes(self, person: str) -> AsyncIterator[PageChange]:
        queue: asyncio.Queue[PageChange] = asyncio.Queue()
        self._waiting.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._waiting.discard(queue)

    # ---- inside

    def _person(self, id: str) -> Person:
        return next(person for person in PEOPLE if person.id == id)

    def _address(self, address: str) -> Person:
        for person in PEOPLE:
            if person.address == address:
                return person
        raise InputError(f"nobody lives at {address!r}", where="to", right="An address such as ipn:21.1")

    def _letter(self, id: str) -> Kept:
        for kept in self.kept:
            if kept.id == id:
                return kept
        raise InputError(f"no letter {id!r}", where="letter", right="The id of a letter in this mailbox")

    def _seen_by(self, kept: Kept, me: Person) -> bool:
        there = kept.arrives is not None and kept.arrives <= self.now and kept.withdrawn is None
        return kept.author == me or (kept.to == me and there)

    def _conversation(self, me: Person, other: Person, mine: list[Kept]) -> ConversationView:
        theirs = [kept for kept in mine if other in (kept.author, kept.to)]
        unread = sum(kept.to == me and kept.read is None for kept in theirs)
        last = max((kept.written for kept in theirs), default=None)
        return ConversationView(
            other.address,
            other.name,
            other.place,
            other.world,
            len(theirs),
            unread,
            last,
            self.reach(me.id, other.address),
            self._view(theirs[-1], me) if theirs else None,
        )

    def _crossings(self, kept: Kept) -> list[Crossing]:
        if kept.leaves is None or kept.arrives is None:
            return []
        there, back = kept.author.world, kept.to.world
        names = f"from {kept.author.name} to {kept.to.name}"
        crossings = [Crossing(kept.id, "letter", there, back, kept.leaves, kept.arrives, f"Letter {names}")]
        for name, moment in (("arrival", kept.arrives), ("reading", kept.read)):
            if moment is not None and moment <= self.now:
                receipt = f"Receipt of {name} for {kept.author.name}"
                news = kept.news_at(moment)
                crossings.append(Crossing(f"{kept.id} {name}", "receipt", back, there, moment, news, receipt))
        return crossings

    def _silence(self) -> SilenceView:
        waiting = sum(kept.leaves is None and kept.withdrawn is None for kept in self.kept)
        safe = (
            fill("{count} letters are kept in Seoul.", count=waiting),
            Sentence(("What had left before the storm still arrives.",)),
        )
        why = Sentence(("A dust storm over Arsia Mons has cut both relays.",))
        since = self.storm_since or self.now
        return SilenceView(why, since, since + DAY, safe)

    def _view(self, kept: Kept, me: Person) -> LetterView:
        mine = kept.author == me
        held = mine and kept.leaves is None and kept.withdrawn is None
        state, certainty = self._state(kept, mine)
        return LetterView(
            id=kept.id,
            thread=kept.id,
            from_address=kept.author.address,
            from_name=kept.author.name,
            to_address=kept.to.address,
            to_name=kept.to.name,
            text=kept.text,
            written_at=kept.written,
            mine=mine,
            state=state,
            certainty=certainty,
            facts=self._facts(kept, mine),
            receipt_at=kept.news_at(kept.arrives) if mine and kept.arrives is not None else None,
            withdrawable=mine and kept.withdrawn is None and (kept.leaves is None or kept.leaves > self.now),
            unread=not mine and kept.read is None,
            reply_to=kept.reply_to,
            answers=self._quote(kept.reply_to),
            doubtful=Doubt(DoubtCode.NOTICE, texts=("held by the storm",)) if held else None,
            priority=kept.priority,
            critical=kept.critical if mine else False,
        )

    def _quote(self, id: str | None) -> Quote | None:
        found = next((kept for kept in self.kept if kept.id == id), None)
        return Quote(found.id, found.author.address, found.author.name, found.text, True) if found else None

    def _state(self, kept: Kept, mine: bool) -> tuple[DeliveryState, Certainty]:
        if kept.withdrawn is not None:
            return State.WITHDRAWN, CONFIRMED
        if not mine:
            return (State.ARRIVED if kept.read is None else State.READ), CONFIRMED
        if kept.leaves is None or kept.arrives is None or self.now < kept.leaves:
            return State.QUEUED, CONFIRMED
        if kept.read is not None and kept.news_at(kept.read) <= self.now:
            return State.READ, CONFIRMED
        if self.now < kept.arrives:
            return State.IN_FLIGHT, PREDICTED
        return State.ARRIVED, CONFIRMED if kept.news_at(kept.arrives) <= self.now else PREDICTED

    def _facts(self, kept: Kept, mine: bool) -> tuple[Fact, ...]:
        facts = [Fact(State.WRITTEN, kept.written, CONFIRMED, kept.author.place)]
        if kept.withdrawn is not None:
            return (*facts, Fact(State.WITHDRAWN, kept.withdrawn, CONFIRMED))
        if kept.leaves is None or kept.arrives is None:
            return (*facts, Fact(State.QUEUED, kept.written, CONFIRMED, kept.author.place))
        left = CONFIRMED if kept.leaves <= self.now else PREDICTED
        facts.append(Fact(State.DEPARTED, kept.leaves, left, kept.author.place))
        known = not mine or kept.news_at(kept.arrives) <= self.now
        facts.append(
            Fact(
                State.ARRIVED,
                kept.arrives,
                CONFIRMED if known else PREDICTED,
                kept.to.place,
            )
        )
        if kept.read is not None and (not mine or kept.news_at(kept.read) <= self.now):
            facts.append(Fact(State.READ, kept.read, CONFIRMED, kept.to.place))
        return tuple(facts)


def _ellipse(axis: float, eccentricity: float, perihelion_deg: float) -> tuple[tuple[float, float], ...]:
    """Return an orbit with the Sun in a focus, by its true anomaly."""
    points = []
    for step in range(120):
        anomaly = 2 * math.pi * step / 120
        radius = axis * (1 - eccentricity**2) / (1 + eccentricity * math.cos(anomaly))
        angle = anomaly + math.radians(perihelion_deg)
        points.append((radius * math.cos(angle), radius * math.sin(angle)))
    return tuple(points)
