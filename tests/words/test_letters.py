"""The state of a letter in words."""

from __future__ import annotations

import pytest
from tests.words.letter_states import (
    ARRIVED,
    CONFIRMED,
    DEPARTED,
    EXPIRED,
    IN_DOUBT,
    IN_FLIGHT,
    PREDICTED,
    QUEUED,
    READ,
    START,
    WITHDRAWN,
    letter,
)

from starlight.dtntime import DAY, HOUR, MINUTE
from starlight.messages.delivery import Certainty, DeliveryState, Fact
from starlight.messages.letter_view import LetterView, Stop
from starlight.words import letters
from starlight.words.letters import state_text
from starlight.words.sentence import Moment

LIGHT = 19 * MINUTE


@pytest.mark.parametrize(
    ("view", "headline", "detail", "certainty"),
    [
        (letter(QUEUED, CONFIRMED), "Kept safe, waiting", "", PREDICTED),
        (
            letter(
                QUEUED,
                CONFIRMED,
                Fact(DEPARTED, START + HOUR, PREDICTED),
            ),
            "Kept safe, waiting",
            "expected to leave {}",
            PREDICTED,
        ),
        (
            letter(
                IN_FLIGHT,
                CONFIRMED,
                Fact(ARRIVED, START + HOUR, PREDICTED),
            ),
            "In flight",
            "expected there {}",
            PREDICTED,
        ),
        (
            letter(
                ARRIVED,
                PREDICTED,
                Fact(ARRIVED, START, PREDICTED),
                receipt_at=START + LIGHT,
            ),
            "Should be there",
            "word of it expected {}",
            PREDICTED,
        ),
        (
            letter(
                ARRIVED,
                PREDICTED,
                Fact(ARRIVED, START, PREDICTED),
                receipt_at=START - MINUTE,
            ),
            "Should be there",
            "no word of it yet; it was expected {}",
            PREDICTED,
        ),
        (
            letter(
                ARRIVED,
                PREDICTED,
                Fact(ARRIVED, START, PREDICTED),
            ),
            "Should be there",
            "expected {}; no route back to confirm it",
            PREDICTED,
        ),
        (
            letter(
                ARRIVED,
                CONFIRMED,
                Fact(ARRIVED, START, CONFIRMED),
            ),
            "Arrived",
            "{}, confirmed",
            CONFIRMED,
        ),
        (
            letter(READ, CONFIRMED, Fact(READ, START, CONFIRMED)),
            "Read",
            "{}, confirmed",
            CONFIRMED,
        ),
        (
            letter(
                EXPIRED,
                CONFIRMED,
                Fact(EXPIRED, START, CONFIRMED),
            ),
            "Expired",
            "{}",
            CONFIRMED,
        ),
        (letter(WITHDRAWN, CONFIRMED), "Withdrawn", "", CONFIRMED),
    ],
)
def test_states_in_words(view: LetterView, headline: str, detail: str, certainty: Certainty) -> None:
    """Predicted and confirmed differ in the words of every state and in its look."""
    said = letters.state_text(view, START)
    assert (said.headline, said.detail.text(lambda at: "{}"), said.certainty) == (headline, detail, certainty)


@pytest.mark.parametrize(
    ("view", "headline", "detail", "known", "since"),
    [
        (
            letter(
                DEPARTED,
                CONFIRMED,
                Fact(DEPARTED, START, CONFIRMED),
                Fact(ARRIVED, START + LIGHT, IN_DOUBT),
            ),
            "Left",
            "was expected there {}, in doubt",
            True,
            START,
        ),
        (
            letter(
                DEPARTED,
                PREDICTED,
                Fact(DEPARTED, START, PREDICTED),
                Fact(ARRIVED, START + LIGHT, IN_DOUBT),
            ),
            "Left",
            "was expected there {}, in doubt",
            False,
            START,
        ),
        (
            letter(QUEUED, CONFIRMED, Fact(DEPARTED, START, IN_DOUBT), Fact(ARRIVED, START, IN_DOUBT)),
            "Safe here",
            "leaves when there is contact",
            True,
            None,
        ),
    ],
)
def test_without_contact_what_is_known_and_what_is_in_doubt_are_told_apart(
    view: LetterView, headline: str, detail: str, known: bool, since: int | None
) -> None:
    """The third certainty: what left is known to have left, and when it was expected is in doubt."""
    said = letters.state_text(view, START + DAY)
    assert (said.headline, said.detail.text(lambda at: "{}")) == (headline, detail)
    assert (said.certainty, said.known, said.since) == (IN_DOUBT, known, since)
    assert "was expected" in letters.step_text(view.facts[-1])


def test_a_moment_that_is_not_known_is_not_told() -> None:
    """Of a letter in flight whose arrival nobody foresees nothing is said but that."""
    assert not letters.state_text(letter(IN_FLIGHT, CONFIRMED), START).detail


def test_every_step_has_words() -> None:
    """Each state of a letter has a word for predicted and one for confirmed, never the same."""
    for state in DeliveryState:
        assert letters.STEPS[state, PREDICTED] != letters.STEPS[state, CONFIRMED]


def test_what_is_set_aside_is_told_with_the_command_that_lists_it() -> None:
    """Nothing where there is nothing; one record and several in their own words."""
    assert letters.set_aside(0) == ""
    assert letters.set_aside(1, "./base") == (
        "1 record of this mailbox can't be read and is set aside."
        " starlight store list ./base --quarantined lists it."
    )
    assert letters.set_aside(3).startswith("3 records of this mailbox can't be read and are set aside.")


def test_what_was_refused_is_told_with_the_command_that_lists_it() -> None:
    """Nothing where there is nothing; one message and several in their own words."""
    assert letters.refused(0) == ""
    assert letters.refused(1, "./base") == (
        "1 message that came was refused, and is kept apart."
        " starlight store list ./base --quarantined lists it, and says why."
    )
    assert letters.refused(2).startswith("2 messages that came were refused, and are kept apart.")


def test_a_letter_that_waits_on_its_way_names_the_place() -> None:
    """Where and until when it is foreseen to wait; before and after it is in flight."""
    stop = Stop(15, START + HOUR, START + DAY, "Madrid")
    view = letter(
        DeliveryState.IN_FLIGHT,
        Certainty.PREDICTED,
        Fact(DeliveryState.ARRIVED, START + 2 * DAY, Certainty.PREDICTED),
        stops=(stop,),
    )
    waits = state_text(view, START + HOUR)
    assert (waits.headline, waits.certainty) == ("Waiting at Madrid", Certainty.PREDICTED)
    assert waits.detail.parts == ("expected to leave ", Moment(START + DAY))
    assert state_text(view, START + HOUR - 1).headline == "In flight"
    assert state_text(view, START + DAY).headline == "In flight"


def test_a_letter_that_no_receipt_can_answer_says_so() -> None:
    """It stays predicted for ever, and that is told with it."""
    view = letter(
        DeliveryState.ARRIVED,
        Certainty.PREDICTED,
        Fact(DeliveryState.ARRIVED, START, Certainty.PREDICTED),
        receipt_can_come=False,
    )
    assert "no receipt can come from there" in state_text(view, START + DAY).detail.text()
