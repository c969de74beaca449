"""The page's backend over live daemons: people, their mailboxes, the sky, the storm.

It answers the questions of `web.backend.PageBackend` from what each person's own node can know: a
mailbox shows what its node was told, and a silence is explained by the plan that this node
believes in. Only the drawing sees everything at once, as a map does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence

from starlight.app.address_book import AddressBook
from starlight.app.changes import changes
from starlight.app.correspondence import Inhabitant, NodeCorrespondence
from starlight.app.in_transit import InTransit
from starlight.app.last_heard import last_heard
from starlight.app.plan_changes import plan_changes
from starlight.app.sky_view import SkyView
from starlight.app.storm import StormControl
from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.web import views


class NodePageBackend:
    """The backend over daemons of this process.

    Args:
        inhabitants: everyone whom the page can be.
        book: who can be written to, and what they are called.
        daemons: by node number.
        sky_view: what the sky shows.
        storm: the storm's state and control.
        vehicles: names of what sends telemetry, by address.
        clock: mission time.
    """

    def __init__(
        self,
        inhabitants: Sequence[Inhabitant],
        book: AddressBook,
        daemons: Mapping[int, Daemon],
        sky_view: SkyView,
        storm: StormControl,
        vehicles: Mapping[str, str],
        clock: MissionClock,
    ) -> None:
        self._inhabitants = {each.person.id: each for each in inhabitants}
        self._correspondences = {
            each.person.id: NodeCorrespondence(
                each.person, daemons[each.node].mail, book, sky_view.titles, clock
            )
            for each in inhabitants
        }
        self._book = book
        self._daemons = daemons
        self._sky_view = sky_view
        self._storm = storm
        self._vehicles = vehicles
        self._clock = clock
        self._in_transit = InTransit(daemons, book, sky_view.nodes, sky_view.titles)
        self._open_pages: Counter[str] = Counter()

    async def people(self) -> tuple[views.Person, ...]:
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

    async def correspondent(self, address: str) -> views.Recipient | None:
        """Return who is at an address; None where nobody knows."""
        return self._book.correspondent(address)

    async def clock(self) -> views.Clock:
        """Return mission time, and how both worlds read it."""
        return self._sky_view.clock(self._clock.now(), float(self._clock.rate))

    async def sky(self) -> views.SkyPanel:
        """Return clocks, positions, distance and the window."""
        # The question names nobody, so the first person's node tells the window.
        return self._panel(next(iter(self._inhabitants.values())))

    async def orbits(self) -> views.Orbits:
        """Return the two orbits as lines."""
        earth, mars = self._sky_view.orbits(self._clock.now())
        return views.Orbits(earth, mars)

    async def status(self, person: str) -> views.PageStatus:
        """Return what moves, as the place of this person knows it."""
        letters, owner, now = self.correspondence(person), self._inhabitants[person], self._clock.now()
        far = self._across_from(owner)
        # Whoever lives on another world stands for it: the banner is about the worlds, not about a person.
        silence = letters.silence_to(far[0].person.address) if far else None
        mailboxes = self._daemons[owner.node].office.mailboxes.values()
        return views.PageStatus(
            sky=self._panel(owner),
            in_transit=self._in_transit.now(now),
            silence=silence,
            storm=self._storm.view(),
            telemetry=last_heard(mailboxes, self._vehicles, now, silent=silence is not None),
            conjunction=self._sky_view.conjunction(*self._between(owner), now),
            plan=plan_changes(self._daemons[owner.node], self._sky_view.titles),
        )

    async def set_storm(self, active: bool) -> views.StormView:
        """Cut the relays, or mend them."""
        await self._storm.turn(active)
        return self._storm.view()

    async def changes(self, person: str) -> AsyncIterator[views.PageChange]:
        """Yield whenever something changed, while a page is open as a person."""
        self._open_pages[person] += 1
        try:
            async for change in changes(
                self._daemons,
                lambda node: [id for id, each in self._inhabitants.items() if each.node == node],
            ):
                yield change
        finally:
            self._open_pages[person] -= 1

    def is_visited(self, person: str) -> bool:
        """Return whether a page is open as a person now."""
        return self._open_pages[person] > 0

    def _panel(self, owner: Inhabitant) -> views.SkyPanel:
        """Return the sky with the window by which a letter of a person reaches the other world next."""
        far = dict.fromkeys(each.node for each in self._across_from(owner))
        window = self._sky_view.window(self._daemons[owner.node], far, self._clock.now())
        return self._sky_view.panel(*self._between(owner), self._clock, window)

    def _between(self, owner: Inhabitant) -> tuple[str, str]:
        """Return the world of a person and the other one that is shown to them."""
        world = owner.person.world
        return world, self._sky_view.far_from(world, self._book.worlds())

    def _across_from(self, owner: Inhabitant) -> list[Inhabitant]:
        """Return those who live by the clock of another world than someone."""
        return [each for each in self._inhabitants.values() if each.person.world != owner.person.world]
