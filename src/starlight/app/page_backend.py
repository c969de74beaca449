"""What stands behind the page: people, their mailboxes, the sky, the storm, over live daemons.

It answers the questions of `web.backend.PageBackend` from what each person's own node can know: a
mailbox shows what its node was told, and a silence is explained by the plan that this node
believes in. Only the drawing sees everything at once, as a map does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from starlight.app.in_transit import InTransit
from starlight.app.sky_view import SkyView
from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.messages.draft import Draft
from starlight.messages.lateness import Lateness
from starlight.messages.letter import Telemetry
from starlight.messages.letter_view import LetterView, named
from starlight.messages.mailbox import Mailbox
from starlight.messages.silence import Silence
from starlight.web import views
from starlight.words import doubt, lateness, routes, silence

FINDINGS_SHOWN = 3
"""The latest findings of a vehicle; the whole list belongs on a page of its own."""


class Inhabitant(msgspec.Struct, frozen=True):
    """A person whom the page can be.

    Attributes:
        id: of the person; name, place, world: for people.
        address: of the mailbox.
        node: the number of the node that it is at.
    """

    id: str
    name: str
    address: str
    place: str
    world: str
    node: int


class StormControl(msgspec.Struct):
    """What the storm button moves.

    Attributes:
        active: the relays are cut.
        since: when they were cut, in ns.
        cuts: what it cuts, for people.
        set_active: cuts or mends; None where there is nothing to cut.
    """

    active: bool
    since: int | None
    cuts: str
    set_active: Callable[[bool], Awaitable[None]] | None


class NodePageBackend:
    """The backend over daemons of this process.

    Args:
        inhabitants: everyone whom the page can be.
        names: everyone who can be written to, by address: name, place and world.
        elsewhere: other addresses of the same people, whose letters may be in a mailbox.
        daemons: by node number.
        heavens: what the sky shows.
        storm: the storm's state and control.
        vehicles: names of what sends telemetry, by address.
    """

    def __init__(
        self,
        inhabitants: Sequence[Inhabitant],
        names: Mapping[str, tuple[str, str, str]],
        daemons: Mapping[int, Daemon],
        heavens: SkyView,
        storm: StormControl,
        vehicles: Mapping[str, str],
        *,
        clock: MissionClock,
        elsewhere: Mapping[str, tuple[str, str, str]] = MappingProxyType({}),
    ) -> None:
        self._people = {person.id: person for person in inhabitants}
        self._names = names
        self._elsewhere = elsewhere
        self._daemons = daemons
        self._heavens = heavens
        self._storm = storm
        self._vehicles = vehicles
        self._clock = clock
        self._flights = InTransit(daemons, names, heavens.nodes)

    # Who is there.

    async def people(self) -> tuple[views.Person, ...]:
        """Return everyone whom the page can be."""
        return tuple(_person(person) for person in self._people.values())

    async def mailbox(
        self, person: str, *, correspondent: str | None = None, before: str | None = None, limit: int = 50
    ) -> views.MailboxView:
        """Return a mailbox, opened at one correspondent."""
        owner, box = self._box(person)
        conversations = self._conversations(owner, box)
        if correspondent is None:
            correspondent = conversations[0].address if conversations else ""
        page = box.page(correspondent, before, limit)
        now = self._clock.now()
        return views.MailboxView(
            person=_person(owner),
            conversations=conversations,
            correspondent=correspondent,
            letters=tuple(self._letter(box, letter.id, now) for letter in page.letters),
            earlier=page.earlier,
        )

    def _conversations(self, owner: Inhabitant, box: Mailbox) -> tuple[views.Conversation, ...]:
        found = []
        kept = {each.correspondent: each for each in box.conversations()}
        for address in dict.fromkeys([*kept, *self._names]):
            if address == owner.address:
                continue
            name, place, world = self._name(address)
            held = kept.get(address)
            found.append(
                views.Conversation(
                    address=address,
                    name=name,
                    place=place,
                    world=world,
                    letters=held.letters if held else 0,
                    unread=held.unread if held else 0,
                    last_at=held.last_at if held else None,
                )
            )
        found.sort(key=lambda c: (-(c.last_at or 0), c.name))
        return tuple(found)

    # What people do.

    async def write(self, person: str, draft: Draft) -> LetterView:
        """Write a letter; when this returns it is durable."""
        owner, box = self._box(person)
        letter = await self._daemons[owner.node].mail.write(owner.address, draft)
        return self._letter(box, letter.id, self._clock.now())

    async def predict(self, person: str, draft: Draft) -> views.PredictionView:
        """Return what to expect of a letter sent now."""
        owner, _ = self._box(person)
        found = self._daemons[owner.node].mail.predict(owner.address, draft)
        return views.PredictionView(
            leaves=found.leaves,
            arrives=found.arrives,
            answer_at=found.answer_at,
            route=routes.hops(found.route, self._heavens.titles) if found.route else (),
            silence=self._silence(found.silence),
            size_bytes=found.size_bytes,
            pieces=found.fragments,
        )

    async def why_late(self, person: str, draft: Draft) -> views.LatenessView:
        """Return why a letter sent now would not be there sooner."""
        owner, _ = self._box(person)
        daemon = self._daemons[owner.node]
        return self._lateness(daemon.mail.why_late(owner.address, draft))

    async def why_letter_late(self, person: str, letter: str) -> views.LatenessView:
        """Return why a letter that waits or is on its way is not there sooner."""
        owner, _ = self._box(person)
        return self._lateness(self._daemons[owner.node].mail.why_letter_late(owner.address, letter))

    async def withdraw(self, person: str, letter: str) -> LetterView:
        """Withdraw a letter that has not left."""
        owner, box = self._box(person)
        await self._daemons[owner.node].mail.withdraw(owner.address, letter)
        return self._letter(box, letter, self._clock.now())

    async def mark_read(self, person: str, letter: str) -> LetterView:
        """Mark a letter that came in as read."""
        owner, box = self._box(person)
        await self._daemons[owner.node].mail.mark_read(owner.address, letter)
        return self._letter(box, letter, self._clock.now())

    async def set_storm(self, active: bool) -> views.Storm:
        """Cut the relays, or mend them."""
        if self._storm.set_active is None:
            raise InputError("there are no relays to cut here", where="storm")
        if active != self._storm.active:
            await self._storm.set_active(active)
        return self._storm_view()

    # What there is to see.

    async def sky(self) -> views.SkyPanel:
        """Return clocks, positions, distance and the window."""
        return self._sky(next(iter(self._people.values())))

    def _sky(self, owner: Inhabitant) -> views.SkyPanel:
        now = self._clock.now()
        here, there = self._between(owner)
        shown = self._heavens.at(here, there, now)
        return views.SkyPanel(
            clock=self._heavens.clock(now, float(self._clock.rate)),
            earth=views.Position(*shown.earth_au),
            mars=views.Position(*shown.mars_au),
            distance_km=shown.distance_km,
            receding_km_s=shown.receding_km_s,
            light_time_s=shown.light_time_s,
            window=self._window(owner, now),
            between=(here, there),
        )

    def _between(self, owner: Inhabitant) -> tuple[str, str]:
        """Return the world of a person and the other one that is shown to them."""
        correspondents = (world for _, _, world in self._names.values())
        return owner.world, self._heavens.far_from(owner.world, correspondents)

    async def orbits(self) -> views.Orbits:
        """Return the two orbits as lines."""
        earth, mars = self._heavens.orbits(self._clock.now())
        return views.Orbits(earth, mars)

    async def status(self, person: str) -> views.PageStatus:
        """Return what moves, as the place of this person knows it."""
        owner, _ = self._box(person)
        now = self._clock.now()
        daemon = self._daemons[owner.node]
        far = next((o for o in self._people.values() if o.world != owner.world), None)
        silence = None
        if far is not None:
            silence = self._silence(daemon.mail.predict(owner.address, Draft(far.address, "")).silence)
        return views.PageStatus(
            sky=self._sky(owner),
            flights=self._flights.now(now),
            silence=silence,
            storm=self._storm_view(),
            telemetry=self._telemetry(owner.node, now, silent=silence is not None),
            conjunction=self._heavens.conjunction(*self._between(owner), now),
        )

    def _telemetry(self, node: int, now: int, *, silent: bool) -> tuple[views.TelemetryView, ...]:
        """Return the latest that any mailbox of a node has heard from each vehicle."""
        heard: dict[str, dict[int, tuple[int, Telemetry]]] = {}
        for box in self._daemons[node].office.mailboxes():
            for vehicle in box.telemetry.vehicles():
                reports = heard.setdefault(vehicle, {})
                for received_at, report in box.telemetry.readings(vehicle):
                    reports.setdefault(report.time, (received_at, report))
        return tuple(
            self._heard(vehicle, [reports[time] for time in sorted(reports)], now, silent)
            for vehicle, reports in sorted(heard.items())
        )

    def _heard(
        self, vehicle: str, reports: list[tuple[int, Telemetry]], now: int, silent: bool
    ) -> views.TelemetryView:
        received_at, latest = reports[-1]
        oxygen = latest.readings.get("oxygen_percent")
        findings = [str(report.readings["finding"]) for _, report in reports if "finding" in report.readings]
        return views.TelemetryView(
            vehicle=vehicle,
            name=self._vehicles.get(vehicle, vehicle),
            measured_at=latest.time,
            received_at=received_at,
            latitude_deg=latest.position[0] if latest.position else None,
            longitude_deg=latest.position[1] if latest.position else None,
            oxygen_percent=float(oxygen) if isinstance(oxygen, int | float) else None,
            findings=tuple(findings[-FINDINGS_SHOWN:]),
            note=silence.no_word(now - received_at).text() if silent else "",
        )

    async def changes(self) -> AsyncIterator[views.PageChange]:
        """Yield whenever something changed; what changes faster than it is read is merged."""
        woken = asyncio.Event()
        people: dict[str, None] = {}

        def note(node: int) -> None:
            for person in self._people.values():
                if person.node == node:
                    people[person.id] = None
            woken.set()

        ends = [
            daemon.subscribe(lambda node=number: note(node))  # type: ignore[misc]  # mypy: lambda defaults
            for number, daemon in self._daemons.items()
        ]
        try:
            while True:
                await woken.wait()
                woken.clear()
                changed, people_now = tuple(people), dict(people)
                for person in people_now:
                    people.pop(person, None)
                yield views.PageChange(people=changed, status=True)
        finally:
            for end in ends:
                end()

    # Pieces of views.

    def _box(self, person: str) -> tuple[Inhabitant, Mailbox]:
        owner = self._people.get(person)
        if owner is None:
            raise InputError(
                f"nobody here is called {person!r}", right=f"There are: {', '.join(self._people)}"
            )
        return owner, self._daemons[owner.node].mail.mailbox(owner.address)

    def _window(self, owner: Inhabitant, now: int) -> views.Window | None:
        """Return the window by which a letter of a person reaches someone of the other world next."""
        far = dict.fromkeys(person.node for person in self._people.values() if person.world != owner.world)
        return self._heavens.window(self._daemons[owner.node], far, now)

    def _name(self, address: str) -> tuple[str, str, str]:
        return self._names.get(address) or self._elsewhere.get(address, (address, "", ""))

    def _storm_view(self) -> views.Storm:
        return views.Storm(self._storm.active, self._storm.since, self._storm.cuts)

    def _letter(self, box: Mailbox, letter_id: str, now: int) -> LetterView:
        view = box.letter_view(letter_id, now)
        note = doubt.note(view.doubtful, view.trouble, displaced=view.displaced)
        return named(view, lambda address: self._name(address)[:2], note.text())

    def _silence(self, found: Silence | None) -> views.SilenceView | None:
        if found is None:
            return None
        names = self._heavens.titles
        why, safe = silence.why(found, names), silence.safe(found, names)
        return views.SilenceView(why, found.since, found.until, safe)

    def _lateness(self, found: Lateness) -> views.LatenessView:
        reasons = [
            views.RefusalView(
                each.looked_like,
                tuple(contact.id for contact in each.contacts),
                routes.headline(each),
                routes.refused(each, self._heavens.titles),
            )
            for each in found.refusals
        ]
        first = lateness.first(found, self._heavens.titles)
        return views.LatenessView(found.now, found.size_bytes, first, tuple(reasons))


def _person(person: Inhabitant) -> views.Person:
    return views.Person(person.id, person.name, person.address, person.place, person.world)
