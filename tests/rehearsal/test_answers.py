"""The choice of answers: those that fit, the nearest first, in turn."""

from __future__ import annotations

import msgspec
import pytest

from starlight.dtntime import MINUTE
from starlight.messages.letter import Content, Letter
from starlight.rehearsal.answers import Answers
from starlight.scenario.happenings import AnswerSpec
from starlight.scenario.reading import load

JAY, FATHER, CREW, NOBODY = "ipn:10.2", "ipn:15.3", "ipn:20.6", "ipn:99.1"
STORY = load("lost-in-starlight")
SCENARIO = msgspec.structs.replace(
    STORY,
    answer=[
        AnswerSpec("nan-young", ["a", "b"], after_min=1.0),
        AnswerSpec("nan-young", ["to Jay"], to=["jay"], after_min=2.0),
        AnswerSpec("nan-young", ["a song", "another song"], about=["Song", "tune"], after_min=3.0),
        AnswerSpec("nan-young", ["Jay's song"], to=["jay"], about=["song"], after_min=4.0),
        AnswerSpec("crew", ["not hers"], about=["storm"]),
    ],
)


def letter(text: str, sender: str = JAY) -> Letter:
    return Letter(id="x", thread="t", sender=sender, to="ipn:20.1", written_at=0, text=text)


@pytest.mark.parametrize(
    ("text", "sender", "answer", "after_min"),
    [
        ("Hello", CREW, "a", 1),
        ("Hello", NOBODY, "a", 1),
        ("Hello", JAY, "to Jay", 2),
        ("A new SONG.", CREW, "a song", 3),
        ("What a tune", FATHER, "a song", 3),
        ("A new song.", JAY, "Jay's song", 4),
        ("The storm", JAY, "to Jay", 2),
    ],
)
def test_the_nearest_answer_is_chosen(text: str, sender: str, answer: str, after_min: int) -> None:
    """What a letter is about comes first, then whose it is, then what fits anyone; nobody's but one's own."""
    answers = Answers(SCENARIO, "nan-young")
    chosen = answers.choose(letter(text, sender), {})
    assert chosen is not None
    assert chosen[1] == answer
    assert answers.delay(letter(text, sender)) == after_min * MINUTE


def test_answers_come_in_turn() -> None:
    """Each of several answers is given before one comes again."""
    answers = Answers(SCENARIO, "nan-young")
    used: dict[str, int] = {}
    given = []
    for _ in range(4):
        chosen = answers.choose(letter("Hello", CREW), used)
        assert chosen is not None
        key, text = chosen
        used[key] = used.get(key, 0) + 1
        given.append(text)
    assert given == ["a", "b", "a", "b"]


def test_where_nothing_fits_nothing_is_answered() -> None:
    """Somebody who has no answers, or none about that, has nothing to say."""
    assert not Answers(SCENARIO, "jay")
    crew = Answers(SCENARIO, "crew")
    assert crew
    assert crew.choose(letter("Hello"), {}) is None
    assert crew.delay(letter("Hello")) is None


@pytest.mark.parametrize(
    "text",
    [
        "I counted: the light needs longer this week than our walk to the station did.",  # of a series
        "All well. Pressure 612 Pa, wind from the south-west, tau 0.8.",  # of every day
        "another song",  # an answer
        "",
        " \n",
    ],
)
def test_what_the_scenario_says_is_by_nobodys_hand(text: str) -> None:
    """A letter with a text of the scenario's own, or without words, is none of a visitor's."""
    answers = Answers(SCENARIO, "nan-young")
    assert not answers.is_by_hand(letter(text))
    assert answers.is_by_hand(letter(text + " Truly?"))


@pytest.mark.parametrize("content", [Content.NEWER, Content.FOREIGN])
def test_what_is_no_letter_is_by_nobodys_hand(content: Content) -> None:
    """What this version can't read, it can't answer."""
    strange = msgspec.structs.replace(letter("words?"), content=content)
    assert not Answers(SCENARIO, "nan-young").is_by_hand(strange)
