"""One person's letters in flight, named for people, over the mailbox at their node."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import asdict, replace

from starlight.app.address_book import AddressBook
from starlight.live.queue_service import QueueService
from starlight.messages.flight import Flight, Track
from starlight.views.flight import FlightGap, FlightPlace, FlightView, FlightWay, ShownTrack
from starlight.views.forecasts import reach_view
from starlight.views.mailbox import Person
from starlight.views.sky import ConjunctionView
from starlight.words import doubt, forecasts, silence
from starlight.words.sentence import Sentence, closed, name_of


class NodeFlightDesk:
    """One person's letters in flight.

    Args:
        person: whose.
        queues: of the node that the mailbox is at.
        book: what people are called.
        called: returns what a correspondent of this person is called, a person or a group.
        titles: what nodes are called, by number.
        worlds: the name of the world of each node, by its number.
        conjunction: returns the Sun's passage between two worlds by name, near a time in ns; or None.
    """

    def __init__(
        self,
        person: Person,
        queues: QueueService,
        book: AddressBook,
        called: Callable[[str], str],
        titles: Mapping[int, str],
        worlds: Mapping[int, str],
        conjunction: Callable[[str, str, int], ConjunctionView | None],
    ) -> None:
        self._person = person
        self._queues = queues
        self._book = book
        self._called = called
        self._titles = titles
        self._worlds = worlds
        self._conjunction = conjunction

    async def flight(self) -> FlightView:
        """Return what is in flight now."""
        found = self._queues.flight(self._person.address)
        ways = tuple(
            FlightWay(address, self._called(address), self._world(address), reach_view(reach, self._titles))
            for address, reach in found.ways
        )
        return FlightView(
            now=found.now,
            node=found.node,
            places=self._places(found),
            tracks=tuple(map(self._track, found.tracks)),
            groups=tuple(replace(each, to_name=self._called(each.to)) for each in found.groups),
            coming=tuple(
                replace(each, from_name=self._book.name_and_place(each.from_address)[0])
                for each in found.coming
            ),
            ways=ways,
            gaps=self._gaps(found, ways),
        )

    def _track(self, track: Track) -> ShownTrack:
        note = doubt.note(track.doubtful, track.trouble, displaced=track.displaced)
        for each in track.doubts:
            note += forecasts.doubt(each, self._titles)
        held = track.held
        if held is not None and held.after_to:
            track = replace(track, held=replace(held, after_name=self._called(held.after_to)))
        return ShownTrack(
            **asdict(track),
            to_name=self._called(track.to),
            there_name=self._book.name_and_place(track.there)[0],
            world=self._world(track.there),
            note=note,
        )

    def _places(self, found: Flight) -> tuple[FlightPlace, ...]:
        hops = (hop for track in found.tracks for hop in track.hops)
        nodes = dict.fromkeys([found.node, *(node for hop in hops for node in (hop.from_node, hop.to_node))])
        return tuple(
            FlightPlace(node, name_of(node, self._titles), self._worlds.get(node, "")) for node in nodes
        )

    def _gaps(self, found: Flight, ways: tuple[FlightWay, ...]) -> tuple[FlightGap, ...]:
        gaps = [
            FlightGap("notice", each.start, each.end, closed(each.text) if each.text else Sentence(()))
            for each in found.notices
        ]
        here = self._person.world
        for there in dict.fromkeys(way.world for way in ways if way.world not in ("", here)):
            sun = self._conjunction(here, there, found.now)
            if sun is not None:
                said = silence.sun_interval(sun.enter, sun.leave, sun.min_angle_deg)
                gaps.append(FlightGap("conjunction", sun.enter, sun.leave, said))
        return tuple(sorted(gaps, key=lambda gap: (gap.start, gap.end)))

    def _world(self, address: str) -> str:
        return self._book.entry(address).world
