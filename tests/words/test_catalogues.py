"""Every code has its words, every template the facts that it names, and nobody is told half a sentence."""

from __future__ import annotations

from enum import StrEnum
from string import Formatter

import pytest

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, from_text
from starlight.messages.delivery import Leg
from starlight.messages.doubt import Doubt, DoubtCode, Trouble, TroubleCode
from starlight.messages.lateness import Lateness, TimeSpent
from starlight.messages.reach import Reach, ReachCode
from starlight.messages.silence import Silence, SilenceCause
from starlight.node.application import NotKept
from starlight.node.forecast import ForecastDoubt, ForecastDoubtCode
from starlight.node.holding import HoldingCode
from starlight.routing import RefusalCode, Unusable
from starlight.words import doubt, forecasts, holding, lateness, routes, silence
from starlight.words.sentence import Moment, Sentence

NAMES = {7: "Seoul", 15: "the relay", 20: "the base"}
NINE = from_text("2051-04-02T09:00:00Z")
LEG = Leg(15, 20, NINE, NINE + SECOND, NINE + MINUTE, NINE + DAY)

CATALOGUES: dict[type[StrEnum], object] = {
    SilenceCause: silence.CAUSES,
    DoubtCode: doubt.DOUBTS,
    TroubleCode: doubt.TROUBLES,
    RefusalCode: routes.REFUSALS,
    Unusable: routes.UNUSABLE,
    NotKept: doubt.NOT_KEPT,
    HoldingCode: holding.HELD,
    ForecastDoubtCode: forecasts.DOUBTS,
}


@pytest.mark.parametrize("codes", CATALOGUES)
def test_every_code_has_words(codes: type[StrEnum]) -> None:
    """A catalogue has a template for each code, and each is told apart from the others."""
    catalogue = CATALOGUES[codes]
    assert isinstance(catalogue, dict)
    assert list(catalogue) == list(codes)
    kept = {template for template in catalogue.values() if not template.startswith("{")}
    assert len(kept) == sum(not template.startswith("{") for template in catalogue.values())


@pytest.mark.parametrize("codes", CATALOGUES)
def test_templates_are_sentences(codes: type[StrEnum]) -> None:
    """No template has a fact without a name, or a brace left over."""
    catalogue = CATALOGUES[codes]
    assert isinstance(catalogue, dict)
    for template in catalogue.values():
        for text, name, form, conversion in Formatter().parse(template):
            assert (form or "", conversion) == ("", None), template
            assert name is None or name.isidentifier(), template
            assert "{" not in text, template


@pytest.mark.parametrize("code", ForecastDoubtCode)
def test_what_speaks_against_a_forecast_is_told(code: ForecastDoubtCode) -> None:
    """Each is a whole sentence with its own facts; since when a link is down stays a moment."""
    said = forecasts.doubt(ForecastDoubt(code, 15, NINE, 1_000, None, ("dust storm",)), NAMES)
    assert said.text().endswith(".")
    assert "{" not in said.text()
    if code is ForecastDoubtCode.LINK_DOWN:
        assert Moment(NINE) in said.parts
        assert said.text().startswith("No contact with the relay since 2051-04-02T09:00:00Z,")
        never = forecasts.doubt(ForecastDoubt(code, 15), NAMES).text()
        assert never.startswith("No contact with the relay yet,")
    if code is ForecastDoubtCode.PEER_TAKES:
        assert said.text() == "It is too large for the relay, which takes 1 000 B as one transfer."


@pytest.mark.parametrize("code", DoubtCode)
def test_a_doubt_is_told(code: DoubtCode) -> None:
    """Each doubt is a whole sentence with its own facts; when a letter was sent again stays a moment."""
    said = doubt.doubtful(Doubt(code, at=NINE, times=4, texts=("dust storm over Arsia Mons",)))
    assert said.text().endswith(".")
    assert said.text()[0].isupper()
    assert (Moment(NINE) in said.parts) == (code is DoubtCode.SENT_AGAIN)
    assert ("4 times" in said.text()) == (code is DoubtCode.GIVEN_UP)


def test_a_note_says_all_that_there_is() -> None:
    """What was displaced, what is doubtful and what went wrong follow each other; without any, nothing."""
    both = doubt.note(Doubt(DoubtCode.CUT), Trouble(TroubleCode.NOT_WITHDRAWN), displaced=True)
    assert both.text() == (
        "Later than first foreseen: a more urgent letter went first. "
        "The plan no longer has a contact of its route; where it is now is not known. "
        "It could not be withdrawn: it had left already."
    )
    assert doubt.note(None, None, displaced=False) == Sentence(())


def test_two_notices_are_two_sentences() -> None:
    """Each notice of the plan gets its capital and its full stop."""
    found = Silence(SilenceCause.NOTICE, 7, 20, ("dust storm", "the relay is cut."))
    assert silence.why(found, NAMES).text() == "Dust storm. The relay is cut."


def test_what_is_safe_names_the_place_and_the_moment() -> None:
    """What waits further on is kept there; without a route it is kept where it is written."""
    (there,) = silence.safe(Silence(SilenceCause.NOT_HEARD, 7, 20, (), LEG), NAMES)
    assert there.parts[-2:] == (Moment(NINE), ".")
    assert "it is kept at the relay" in there.text()
    (here,) = silence.safe(Silence(SilenceCause.NOT_HEARD, 15, 20, (), LEG), NAMES)
    assert here.text() == "What you write is kept at the relay and goes on by itself at 2051-04-02T09:00:00Z."
    (kept,) = silence.safe(Silence(SilenceCause.NO_ROUTE, 7, None), NAMES)
    assert (
        kept.text() == "What you write is kept at Seoul and leaves by itself as soon as a route is planned."
    )
    told = silence.why(Silence(SilenceCause.NO_ROUTE, 7, None), NAMES).text()
    assert told == "No route from Seoul to an unknown node is planned."
    assert silence.no_word(5 * HOUR).text() == "No word for 5 h 00 min."


def test_what_takes_less_than_a_minute_explains_nothing() -> None:
    """Of waits and transmissions those of a minute and more are told; light always."""
    short = TimeSpent(7, 15, MINUTE - 1, MINUTE - 1, MINUTE - 1, SECOND)
    assert lateness.spent(short, NAMES).text() == "Light takes 1.0 s."
    long = TimeSpent(7, 15, MINUTE, MINUTE, MINUTE, SECOND)
    assert lateness.spent(long, NAMES).text() == (
        "It waits 1 min 00 s at Seoul for the contact with the relay, it waits 1 min 00 s at Seoul for what "
        "goes to the relay before it, light takes 1.0 s, sending it takes 1 min 00 s."
    )


def test_a_silence_comes_before_what_the_time_is_spent_on() -> None:
    """Silence, fragments, time: in this order; that nothing looks faster only where it has a route."""
    found = Silence(SilenceCause.NO_ROUTE, 7, 20)
    assert [said.text() for said in lateness.opening_sentences(Lateness(NINE, 5, found), NAMES)] == [
        "No route from Seoul to the base is planned."
    ]
    spent = TimeSpent(7, 15, 0, 0, 0, MINUTE)
    told = [said.text() for said in lateness.opening_sentences(Lateness(NINE, 5, found, 3, spent), NAMES)]
    assert told[1:] == [
        "No contact carries it whole, so it travels in 3 fragments; it is there when the last one arrives.",
        "Light takes 1 min 00 s.",
        lateness.NOTHING_FASTER,
    ]


def test_a_link_that_is_lost_comes_before_what_a_letter_waits_for() -> None:
    """Who wrote is told that nobody answers, and not that nothing looks faster."""
    spent = TimeSpent(7, 20, 0, 0, 0, 8 * MINUTE)
    lost = Reach(ReachCode.NO_CONTACT, since=NINE, peer=20)
    told = [said.text() for said in lateness.opening_sentences(Lateness(NINE, 5, spent=spent), NAMES, lost)]
    assert told[0] == "No contact with the base since 2051-04-02T09:00:00Z."
    assert lateness.NOTHING_FASTER not in told
    late, way = Lateness(NINE, 5, spent=spent), Reach(ReachCode.OPEN)
    told = [said.text() for said in lateness.opening_sentences(late, NAMES, way)]
    assert told[-1] == lateness.NOTHING_FASTER
