"""The words about the way to a correspondent: every state has a headline, and what it means."""

from __future__ import annotations

import pytest

from starlight.dtntime import DAY, HOUR, YEAR, from_text
from starlight.messages.reach import Reach, ReachCode
from starlight.words import reach
from starlight.words.sentence import Moment

NAMES = {7: "Seoul", 15: "Madrid", 20: "Habitat"}
NINE = from_text("2051-04-02T09:00:00Z")
OPEN = Reach(
    ReachCode.OPEN,
    20,
    until=NINE,
    peer=20,
    light_time_s=480.0,
    rate_bps=209,
    leaves=NINE - HOUR,
    reopens=NINE,
)


def said(found: Reach) -> str:
    """Return the detail of a state."""
    return reach.detail(found, NAMES).text()


@pytest.mark.parametrize("code", ReachCode)
def test_every_state_has_words(code: ReachCode) -> None:
    """A headline without a full stop, and whole sentences, whatever is known."""
    for found in (Reach(code), Reach(code, 20, NINE, NINE, 15, 20, 3, 1.0, 9, NINE, NINE, NINE, ("storm",))):
        assert reach.headline(found, NAMES).text()
        assert not reach.headline(found, NAMES).text().endswith(".")
        for text in (reach.headline(found, NAMES).text(), said(found)):
            assert "{" not in text
            assert "  " not in text
        assert said(found) == said(found).strip()


def test_an_open_way() -> None:
    """Its rate and its end in the headline, then light, and what follows."""
    found = reach.headline(OPEN, NAMES)
    assert found.parts == ("Open, 209 bit/s until ", Moment(NINE))
    assert said(OPEN) == "Light takes 8 min 00 s. Then another contact follows."


def test_an_open_way_that_never_ends_says_no_end() -> None:
    """A contact of a century is no time to wait for; a rate without limit is none to tell."""
    found = Reach(ReachCode.OPEN, 20, until=NINE + YEAR, leaves=NINE - HOUR)
    assert reach.headline(found, NAMES).text() == "Open"
    assert said(found) == ""


def test_no_contact() -> None:
    """Since when, what is safe, what happens by itself, and that predictions are in doubt."""
    found = Reach(ReachCode.NO_CONTACT, 20, NINE, NINE + HOUR, peer=20, letters_here=2, leaves=NINE)
    assert reach.headline(found, NAMES).parts == ("No contact with Habitat since ", Moment(NINE))
    assert said(found) == (
        "2 letters are safe here. They leave by themselves when the link answers. "
        "The plan says open until 2051-04-02T10:00:00Z, so what was predicted is in doubt."
    )
    one = Reach(ReachCode.NEVER_HEARD, 20, peer=15, letters_here=1)
    assert reach.headline(one, NAMES).text() == "Never heard from Madrid"
    assert said(one).startswith("1 letter is safe here. It leaves by itself when the link answers.")


def test_shut_here_and_further_on() -> None:
    """Here it says when it leaves; further on, where it waits until when."""
    here = Reach(ReachCode.SHUT, 20, until=NINE, waits_at=7, leaves=NINE, letters_here=1)
    assert reach.headline(here, NAMES).parts == ("Closed until ", Moment(NINE))
    assert said(here) == "1 letter is safe here. It leaves by itself at 2051-04-02T09:00:00Z."
    there = Reach(ReachCode.SHUT, 20, until=NINE, waits_at=15, leaves=NINE - DAY, notices=("dust storm",))
    assert said(there) == (
        "Dust storm. What is written travels as far as Madrid and waits there until 2051-04-02T09:00:00Z."
    )


def test_no_route() -> None:
    """It is kept, and leaves once there is one; a node that nobody knows is told as such."""
    assert said(Reach(ReachCode.NO_ROUTE, 999)) == (
        "No route to node 999 is planned here. What is written leaves by itself once a route is planned."
    )
    assert said(Reach(ReachCode.NO_ROUTE)).startswith("No node of that name is known here.")


def test_rates_have_units() -> None:
    """To three figures, in the unit that people use."""
    assert [reach.rate_text(bps) for bps in (1, 999, 1_000, 12_500_000, 2_345_678_901)] == [
        "1 bit/s",
        "999 bit/s",
        "1 kbit/s",
        "12.5 Mbit/s",
        "2.35 Gbit/s",
    ]
