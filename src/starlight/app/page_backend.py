"""The page's backend over live daemons: people, their mailboxes, the sky, the storm.

It answers the questions of `web.backend.PageBackend` from what each person's own node can know: a
mailbox shows what its node was told, and a silence is explained by the plan that this node
believes in. Only the drawing sees everything at once, as a map does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial

from starlight.app.address_book import AddressBook
from starlight.app.archivist import MailboxArchivist
from starlight.app.call_desk import NodeCallDesk
from starlight.app.changes import changes
from starlight.app.correspondence import Inhabitant, NodeCorrespondence
from starlight.app.demo_pace import Pace
from starlight.app.expedition_desk import NodeExpeditionDesk
from starlight.app.flight_desk import NodeFlightDesk
from starlight.app.group_desk import NodeGroupDesk
from starlight.app.in_transit import InTransit
from starlight.app.last_heard import last_heard
from starlight.app.letter_finder import LetterFinder
from starlight.app.link_views import link_views
from starlight.app.mailbox_settings import MailboxSettings
from starlight.app.mailbox_storage import MailboxStorage
from starlight.app.media_desk import MediaDesk
from starlight.app.media_work import MediaWork
from starlight.app.plan_changes import plan_changes
from starlight.app.queue_desk import NodeQueueDesk
from starlight.app.sky_view import PlannedLight, SkyView
from starlight.app.storm import StormControl
from starlight.app.topic_desk import NodeTopicDesk
from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.media import extra
from starlight.messages.awaited_name import is_name
from starlight.messages.reach import Reach
from starlight.views.forecasts import reach_view, silence_of, window_of
from starlight.views.mailbox import Person, Recipient
from starlight.views.page_status import PaceView, PageChange, PageStatus, StormView
from starlight.views.sky import Clock, ConjunctionView, Orbits, SkyPanel
from starlight.words import clocks, mission_facts
from starlight.words.sentence import Sentence

NO_STORM = "Only a demo has one; a node's plan is changed by amendments"


class NodePageBackend:
    """The backend over daemons of this process.

    Args:
        inhabitants: everyone whom the page can be.
        book: who can be written to, and what they are called.
        daemons: by node number.
        sky_view: what the sky shows.
        storm: the storm's state and control; None where there is none to play.
        vehicles: names of what sends telemetry, by address.
        clock: mission time.
        pace: turns the clock; None where nobody may.
    """

    def __init__(
        self,
        inhabitants: Sequence[Inhabitant],
        book: AddressBook,
        daemons: Mapping[int, Daemon],
        sky_view: SkyView,
        storm: StormControl | None,
        vehicles: Mapping[str, str],
        clock: MissionClock,
        pace: Pace | None = None,
    ) -> None:
        self._inhabitants = {each.person.id: each for each in inhabitants}
        self._correspondences = {
            each.person.id: NodeCorrespondence(
                each.person,
                daemons[each.node].mail,
                book,
                sky_view.titles,
                clock,
                daemons[each.node].disagreements,
            )
            for each in inhabitants
        }
        self._finders = {
            each.person.id: LetterFinder(
                each.person,
                partial(daemons[each.node].mail.mailbox, each.person.address),
                daemons[each.node].search,
                book,
            )
            for each in inhabitants
        }
        self._media_work = MediaWork()
        self._media = {
            each.person.id: MediaDesk(each.person.address, daemons[each.node].mail, self._media_work)
            for each in inhabitants
        }
        self._expeditions = {
            each.person.id: NodeExpeditionDesk(
                partial(daemons[each.node].mail.mailbox, each.person.address),
                self._correspondences[each.person.id].called,
                vehicles,
                clock.now,
            )
            for each in inhabitants
        }
        self._book = book
        self._daemons = daemons
        self._sky_view = sky_view
        self._storm = storm
        self._vehicles = vehicles
        self._clock = clock
        self._pace = pace
        self._in_transit = InTransit(daemons, book, sky_view.nodes, sky_view.titles)
        self._open_pages: Counter[str] = Counter()

    async def people(self) -> tuple[Person, ...]:
        """Return everyone whom the page can be."""
        return tuple(each.person for each in self._inhabitants.values())

    def correspondence(self, person: str) -> NodeCorrespondence:
        """Return the letters of a person, by id.

        Raises:
            InputError: there is nobody of that id.
        """
        found = self._correspondences.get(person)
        if found is None:
            right = f"There are: {', '.join(self._correspondences)}"
            raise InputError(f"nobody here is called {person!r}", right=right)
        return found

    def finder(self, person: str) -> LetterFinder:
        """Return the search in the letters of a person, by id."""
        return self._finders[person]

    def topics(self, person: str) -> NodeTopicDesk:
        """Return the topics and marks of a person, by id; InputError where there is nobody of that id."""
        letters = self.correspondence(person)
        mail = self._daemons[self._inhabitants[person].node].mail
        return NodeTopicDesk(letters.person.address, mail, letters.letter, letters.called)

    def groups(self, person: str) -> NodeGroupDesk:
        """Return the groups of a person, by id; InputError where there is nobody of that id."""
        owner = self.correspondence(person).person
        return NodeGroupDesk(
            owner.address, self._daemons[self._inhabitants[person].node].mail.groups, self._book
        )

    def calls(self, person: str) -> NodeCallDesk:
        """Return the distress calls of a person, by id; InputError where there is nobody of that id."""
        letters, owner = self.correspondence(person), self._inhabitants[person]
        mail = self._daemons[owner.node].mail
        return NodeCallDesk(
            letters.person.address, mail, self._book, self._clock, owner.distress_to, owner.vehicle
        )

    def media(self, person: str) -> MediaDesk:
        """Return the voices and pictures of a person, by id."""
        return self._media[person]

    def close(self) -> None:
        """End what the backend has started."""
        self._media_work.close()

    def queues(self, person: str) -> NodeQueueDesk:
        """Return what of a person's letters waits to leave, by id."""
        owner = self._inhabitants[person]
        mail = self._daemons[owner.node].mail
        called = self._correspondences[person].called
        return NodeQueueDesk(owner.person.address, mail.queues, called, self._sky_view.titles)

    def flights(self, person: str) -> NodeFlightDesk:
        """Return what of a person's letters is in flight, by id."""
        letters, owner = self.correspondence(person), self._inhabitants[person]
        sky = self._sky_view
        return NodeFlightDesk(
            owner.person,
            self._daemons[owner.node].mail.queues,
            self._book,
            letters.called,
            sky.titles,
            sky.nodes,
            sky.conjunction,
        )

    def expeditions(self, person: str) -> NodeExpeditionDesk:
        """Return what the programs of an expedition have told a person, by id."""
        return self._expeditions[person]

    def archivist(self, person: str) -> MailboxArchivist:
        """Return what gives and takes the letters of a person, by id, for exports and imports."""
        owner = self._inhabitants[person]
        return MailboxArchivist(owner.person.address, self._daemons[owner.node].archive)

    def storage(self, person: str) -> MailboxStorage:
        """Return the room that letters and media of a person take, by id."""
        owner = self._inhabitants[person]
        return MailboxStorage(owner.person.address, self._daemons[owner.node].storage)

    def settings(self, person: str) -> MailboxSettings:
        """Return what a person has chosen for their pages, by id."""
        owner = self._inhabitants[person]
        return MailboxSettings(owner.person.address, self._daemons[owner.node].settings)

    async def correspondent(self, address: str) -> Recipient | None:
        """Return who is at an address; None where nobody knows."""
        return self._book.correspondent(address)

    async def clock(self) -> Clock:
        """Return mission time, and how both worlds read it."""
        return self._sky_view.clock(self._clock.now(), float(self._clock.rate))

    async def sky(self) -> SkyPanel:
        """Return clocks, positions, distance and the window."""
        # The question names nobody, so the first person's node tells the window.
        return self._panel(next(iter(self._inhabitants.values())), "", None)

    async def orbits(self) -> Orbits:
        """Return the two orbits as lines."""
        earth, mars = self._sky_view.orbits(self._clock.now())
        return Orbits(earth, mars)

    async def status(self, person: str, to: str = "") -> PageStatus:
        """Return what moves, as the place of this person knows it, and the way to a correspondent.

        Raises:
            InputError: `to` is no address.
        """
        letters, owner, now = self.correspondence(person), self._inhabitants[person], self._clock.now()
        to = to or letters.opens_at()
        found = letters.reach_of(to) if to and not is_name(to) else None
        reach = reach_view(found, self._sky_view.titles) if found else None
        silence = silence_of(reach) if reach else None
        panel = self._panel(owner, to, found)
        mailboxes = self._daemons[owner.node].office.mailboxes.values()
        return PageStatus(
            sky=panel,
            in_transit=self._in_transit.now(now),
            silence=silence,
            storm=self._storm.view() if self._storm else None,
            telemetry=last_heard(mailboxes, self._vehicles, now, silent=silence is not None),
            conjunction=self._conjunction(panel),
            plan=plan_changes(self._daemons[owner.node], self._sky_view.titles),
            reach=reach,
            clocks=self._clocks(owner.node),
            pace=self._pace.view(person) if self._pace else None,
            links=link_views(self._daemons[owner.node], self._sky_view.titles),
            facts=tuple(
                mission_facts.differs(each, self._sky_view.titles)
                for each in self._daemons[owner.node].facts.disagreements()
            ),
            disk=self._daemons[owner.node].status().disk,
            distress=await self.calls(person).view(),
            media_missing="" if extra.available() else extra.HOW,
        )

    async def set_rate(self, person: str, rate: float) -> PaceView:
        """Let mission time go at another rate, 0 to stand.

        Raises:
            InputError: the clock is not to be turned, or not so fast.
        """
        pace = self._turnable()
        pace.turn(rate)
        return pace.view(person)

    async def go_on(self, person: str) -> PaceView:
        """Hurry on to what comes next in the story.

        Raises:
            InputError: the clock is not to be turned, or nothing more comes.
        """
        pace = self._turnable()
        pace.go_on()
        return pace.view(person)

    async def set_storm(self, active: bool) -> StormView:
        """Cut the relays, or mend them.

        Raises:
            InputError: there are none to cut.
        """
        if self._storm is None:
            raise InputError("there is no storm to let loose at this node", where="storm", right=NO_STORM)
        await self._storm.turn(active)
        return self._storm.view()

    async def changes(self, person: str) -> AsyncIterator[PageChange]:
        """Yield whenever something changed, while a page is open as a person."""
        # Counted, as the same person may have several pages open.
        self._open_pages[person] += 1
        try:
            async for change in changes(
                self._daemons,
                lambda node: [id for id, each in self._inhabitants.items() if each.node == node],
                self._pace.subscribe if self._pace else None,
            ):
                yield change
        finally:
            self._open_pages[person] -= 1

    def _turnable(self) -> Pace:
        if self._pace is None:
            told = "the clock of this node is not to be turned"
            raise InputError(told, where="clock", right="Only a demo's is; a node's has its rate in its file")
        return self._pace

    def is_visited(self, person: str) -> bool:
        """Return whether a page is open as a person now."""
        return self._open_pages[person] > 0

    def _clocks(self, node: int) -> tuple[Sentence, ...]:
        """Return what is wrong with the clocks of a node and its peers, its own first."""
        daemon = self._daemons[node]
        doubt = daemon.own_clock.doubt
        said = [clocks.own(doubt)] if doubt else []
        said += [clocks.held()] if daemon.own_clock.holds_expiry else []
        return (*said, *(clocks.differs(each, self._sky_view.titles) for each in daemon.disagreements()))

    def _panel(self, owner: Inhabitant, to: str, reach: Reach | None) -> SkyPanel:
        """Return the sky between a person and a correspondent, by the way that a letter takes there.

        Args:
            owner: the person.
            to: the correspondent's address; empty where there is none.
            reach: the way there; None where there is none.
        """
        here, address, there = self._between(owner, to)
        # A way costs a search in the plan, and every open page is told of it at each change.
        if address != to:
            reach = self._correspondences[owner.person.id].reach_of(address) if address else None
        window = window_of(reach, self._sky_view.titles) if reach else None
        planned = self._planned_light(owner.node, here, there, reach)
        return self._sky_view.panel(here, there, self._clock, window, planned)

    def _planned_light(self, node: int, here: str, there: str, reach: Reach | None) -> PlannedLight | None:
        """Return the light time between two worlds by the plan: of a route, or without one of any contact."""
        if reach is not None and reach.light_time_s is not None and reach.arrives is not None:
            return PlannedLight(reach.arrives - round(reach.light_time_s * SECOND), reach.light_time_s)
        worlds = self._sky_view.nodes
        for contact in self._daemons[node].node.router.plan.contacts:
            if (worlds.get(contact.from_node), worlds.get(contact.to_node)) == (here, there):
                return PlannedLight(contact.start, contact.light_time(contact.start) / SECOND)
        return None

    def _conjunction(self, panel: SkyPanel) -> ConjunctionView | None:
        # Where no sky is between them, nothing comes between them either.
        if panel.distance_km is None:
            return None
        return self._sky_view.conjunction(*panel.between, panel.clock.now)

    def _between(self, owner: Inhabitant, to: str) -> tuple[str, str, str]:
        """Return the world of a person, and who stands for the other one that is shown: address and world.

        It is the correspondent's; where that is the person's own, or nobody's, that of the first who lives
        on another.
        """
        here = owner.person.world
        for address in (to, *self._book.addresses()):
            there = self._book.entry(address).world if address else ""
            if there and there != here:
                return here, address, there
        return here, "", self._sky_view.far_from(here)
