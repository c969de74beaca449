"""Sentences keep their moments as values until somebody's clock writes them."""

from __future__ import annotations

import pytest

from starlight.dtntime import MILLISECOND, from_text
from starlight.words.sentence import Moment, Sentence, closed, fill, name_of

NINE = from_text("2051-04-02T09:00:00Z")


def test_a_moment_is_written_by_the_clock_of_the_reader() -> None:
    """The same sentence is told in UTC, to the second or the millisecond, or by any other clock."""
    said = fill("It leaves {here} at {leaves}, in {count} parts.", here="Seoul", leaves=Moment(NINE), count=3)
    assert said.parts == ("It leaves Seoul at ", Moment(NINE), ", in 3 parts.")
    assert said.text() == "It leaves Seoul at 2051-04-02T09:00:00Z, in 3 parts."
    assert said.text(lambda at: "nine") == "It leaves Seoul at nine, in 3 parts."
    late = Sentence((Moment(NINE + 25 * MILLISECOND),))
    assert late.text() == "2051-04-02T09:00:00.025Z"


def test_a_sentence_in_a_sentence_keeps_its_moments() -> None:
    """A template may take a whole sentence; equal words are equal values, however they were put together."""
    inner = fill("until {end}", end=Moment(NINE))
    assert fill("It waits {how}.", how=inner) == fill("It waits until {end}.", end=Moment(NINE))
    assert fill("{a}{b}", a="one", b="two") == Sentence(("onetwo",))


def test_what_a_name_holds_is_no_template_and_no_moment() -> None:
    """A name with braces, or one that looks like a time, is text and stays so."""
    said = fill("It is kept at {here}.", here="{there} 2051-04-02T09:00:00Z")
    assert said.parts == ("It is kept at {there} 2051-04-02T09:00:00Z.",)
    with pytest.raises(KeyError):
        fill("{there}", here="Seoul")


def test_sentences_follow_each_other_with_a_space() -> None:
    """Adding sentences puts a space between them, and none beside nothing."""
    one, nothing = Sentence(("One.",)), Sentence(())
    assert (one + one).text() == "One. One."
    assert one + nothing == nothing + one == one
    assert not nothing + nothing


def test_words_of_others_become_a_sentence() -> None:
    """A notice gets its capital and its full stop; a node without a name is called by its number."""
    assert closed("dust storm over Arsia Mons ").text() == "Dust storm over Arsia Mons."
    assert closed("Why?").text() == "Why?"
    assert [name_of(node, {7: "Seoul"}) for node in (7, 20, None)] == ["Seoul", "node 20", "an unknown node"]
