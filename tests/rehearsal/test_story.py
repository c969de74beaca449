"""The story of a rehearsal, told from the trace."""

from __future__ import annotations

from collections import deque

import msgspec
import pytest
from tests.engine.helpers import SECOND, T

from starlight.app.address_book import AddressBook
from starlight.app.in_transit import InTransit
from starlight.live.daemon import Daemon
from starlight.messages.trace_events import LetterArrived, LetterQueued
from starlight.node.actions import Transmit
from starlight.node.stored import identity_of_key
from starlight.node.trace_events import BundleSent
from starlight.postoffice.letter_dispatches import LetterDispatches
from starlight.postoffice.postoffice import PostOffice
from starlight.rehearsal.story import Story
from starlight.scenario.happenings import BeatSpec
from starlight.scenario.reading import load
from starlight.trace import Record

KEY = "ipn:20.1/725846400000/3"


class OneLetter(LetterDispatches):
    """Dispatches of which only is known which bundle carries a letter."""

    def __init__(self) -> None:
        pass

    def carries_letter(self, bundle: str) -> bool:
        return bundle == KEY


class OneLetterOffice(PostOffice):
    """The post office of that letter."""

    def __init__(self) -> None:
        self.dispatches = OneLetter()


class SentBy(Daemon):
    """A daemon of which only is known what it sent."""

    def __init__(self, *sent: Transmit) -> None:
        self.departures = deque(sent)
        self.office = OneLetterOffice()


@pytest.mark.parametrize("key", [KEY, f"{KEY}>4", f"{KEY}/0+1000", f"{KEY}/1000+24>4294967296"])
def test_a_key_tells_of_its_bundle(key: str) -> None:
    """A piece has its own identity, a copy the neighbour's number beside it, and a piece may have copies."""
    assert identity_of_key(key) == KEY
    assert identity_of_key(key.replace("ipn:20.1", "dtn://a>b/c+d")) == KEY.replace(
        "ipn:20.1", "dtn://a>b/c+d"
    )


@pytest.mark.parametrize("sent", [[KEY], [f"{KEY}/0+1000", f"{KEY}/1000+24"], [KEY, f"{KEY}>30"]])
def test_a_beat_tells_each_hop_of_a_letter(sent: list[str]) -> None:
    """However it was sent on: whole, in pieces or in copies."""
    beat = BeatSpec("It came", "letter.arrived")
    story = Story(msgspec.structs.replace(load("lost-in-starlight"), beat=(beat,)))
    story.take(Record(T, 20, LetterQueued("one", "ipn:20.1", "ipn:10.1", T, None, None, KEY)))
    for number, key in enumerate(sent):
        leaves, reaches = T + number * SECOND, T + 300 * SECOND
        story.take(Record(T, 20, BundleSent(key, 1, leaves, leaves, 10, reaches)))
    story.take(Record(T + 400 * SECOND, 10, LetterArrived("one", "ipn:20.1", "ipn:10.1", T)))
    (found,) = story.beats()
    assert len(found.hops) == len(sent)


@pytest.mark.parametrize(("key", "drawn"), [(f"{KEY}/0+1000", 0), (f"{KEY}>10", 0), (f"{KEY}4/0+1000", 1)])
def test_the_parts_of_a_letter_are_drawn_as_that_letter_alone(key: str, drawn: int) -> None:
    """What is not a letter's is drawn by its transmissions."""
    sent = Transmit(key, 10, 1, T, T, T + 300 * SECOND, None, one_way=False)
    flights = InTransit({20: SentBy(sent)}, AddressBook({}), {20: "mars", 10: "earth"}, {20: "Base"})
    assert len(flights._others(T + SECOND)) == drawn
