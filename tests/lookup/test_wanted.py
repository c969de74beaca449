"""Words that are looked for, and where they stand."""

from __future__ import annotations

import contextlib
import unicodedata

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from starlight.lookup.excerpt import Piece, excerpt
from starlight.lookup.terms import terms
from starlight.lookup.wanted import as_match, names_match, places, wanted


def engine_finds(text: str, asked: str) -> bool:
    """Return whether SQLite's full-text search finds what is asked in a text."""
    with contextlib.closing(apsw.Connection(":memory:")) as db:
        db.execute("create virtual table words using fts5(terms, content='', tokenize='ascii')")
        db.execute("insert into words(rowid, terms) values(1, ?)", (" ".join(terms(text)),))
        query = "select 1 from words where words match ?"
        return db.execute(query, (as_match(wanted(asked)),)).fetchone() is not None


def marks(text: str, asked: str) -> bool:
    """Return whether all that is asked has a place in a text."""
    text = unicodedata.normalize("NFC", text)
    return len({number for _, _, number in places(text, wanted(asked))}) == len(wanted(asked))


@pytest.mark.parametrize(
    ("text", "asked", "is_there"),
    [
        ("화성온실에서 만나요", "온실", True),
        ("화성온실에서 만나요", "온실에서", True),
        ("화성온실에서 만나요", "실", True),
        ("화성온실에서 만나요", "온성", False),
        ("화성온 실에서", "온실", False),
        ("화성 온실에서", '"화성 온실"', True),
        ("화성의 온실", '"화성 온실"', False),
        ("The greenhouse", "green", True),
        ("The greenhouse", "house", False),
        ("The greenhouse", '"green"', False),
        ("red soil and red rock", '"red rock"', True),
        ("red soil and red rock", '"soil rock"', False),
        ("red soil and red rock", "rock soil", True),
        ("a plan", "a", True),
        ("any plan", "a", False),
        ("the e-mail came", "e-mail", True),
        ("Café", "CAFE", True),
        ("OR", "or", True),
        ("near", "NOT near", False),
    ],
)
def test_words_are_found(text: str, asked: str, is_there: bool) -> None:
    """The search engine finds what is asked exactly where it is marked."""
    assert engine_finds(text, asked) is is_there
    assert marks(text, asked) is is_there


@given(st.text(), st.text())
def test_whatever_is_typed_can_be_looked_for(text: str, asked: str) -> None:
    """No question is an error to the engine, and what it finds is what the page marks."""
    if wanted(asked):
        assert engine_finds(text, asked) == marks(text, asked)


@given(st.text(alphabet="온실화성ab \"'é*-"), st.text(alphabet="온실화성ab \"'é*-", max_size=8))
def test_what_is_found_is_marked_in_texts_that_are_alike(text: str, asked: str) -> None:
    """Also of few letters, where much is found: the engine finds what the page marks, and nothing else."""
    if wanted(asked):
        assert engine_finds(text, asked) == marks(text, asked)


def test_a_long_question_is_cut() -> None:
    """Of a question without end, so much is looked for as anybody types."""
    assert len(wanted("word" * 10_000)) == 1
    assert len(wanted(" ".join(f"w{number}" for number in range(300)))) == 16


def test_names_are_found_by_all_words() -> None:
    """A name has what is looked for where all of it is there; where nothing is, none has it."""
    assert names_match("Joo Nan-young", wanted("nan joo"))
    assert not names_match("Joo Nan-young", wanted("nan kim"))
    assert not names_match("Joo Nan-young", wanted("?"))


def test_an_excerpt_marks_what_was_looked_for() -> None:
    """It begins shortly before the place where most of it stands, and marks only that."""
    text = (
        "Nothing of note. " * 30
        + "We met in the 화성온실에서, where Zürich's soil is red. "
        + "And on. " * 40
    )
    found = excerpt(text, wanted("온실 zurich red"))
    assert [piece.text for piece in found if piece.marked] == ["온실", "Zürich", "red"]
    assert (found[0], found[-1]) == (Piece("… "), Piece(" …"))
    assert len("".join(piece.text for piece in found)) < 200


def test_a_text_without_it_gives_its_beginning() -> None:
    """Where only the rest of the question holds, the excerpt is how the letter begins."""
    assert excerpt("Short.", ()) == (Piece("Short."),)
    assert excerpt("", ()) == ()


@given(st.text(), st.text(max_size=20))
def test_an_excerpt_is_a_piece_of_its_text(text: str, asked: str) -> None:
    """Whatever is asked, the pieces are one piece of the text, one after the other."""
    shown = "".join(piece.text for piece in excerpt(text, wanted(asked)))
    assert shown.removeprefix("… ").removesuffix(" …") in unicodedata.normalize("NFC", text) + " …… "
