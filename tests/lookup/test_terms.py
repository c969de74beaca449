"""Text as terms: what finds what."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starlight.lookup.terms import folded, placed_terms, terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Zürich Straße ÅØ", ["zurich", "strasse", "ao"]),
        ("화성온실에서 만나요", ["화성", "성온", "온실", "실에", "에서", "서", "만나", "나요", "요"]),
        ("물", ["물"]),
        ("don't foo_bar ipn:20.1", ["don", "t", "foo", "bar", "ipn", "20", "1"]),
        ("온실greenhouse", ["온실", "실", "greenhouse"]),
        ("が か", ["が", "か"]),
        ("ＡＢＣ ﬁne ½", ["abc", "fine", "12"]),
        ("İstanbul ısı", ["istanbul", "isi"]),
        ("!!! ... \ue000", []),
    ],
)
def test_a_text_has_terms(text: str, found: list[str]) -> None:
    """Words are folded; scripts without spaces give pairs of characters, and the last by itself."""
    assert list(terms(text)) == found


def test_how_a_character_is_composed_does_not_matter() -> None:
    """What one system writes as a letter and its accent, or as three parts of a syllable, another finds."""
    text = "Zürich 온실"
    assert list(terms(unicodedata.normalize("NFD", text))) == list(terms(text))


@given(st.text())
def test_terms_hold_nothing_but_letters_and_digits(text: str) -> None:
    """No text makes a term with a space, a quote or a sign that a search engine could take for its own."""
    for term in terms(text):
        assert term
        assert not set(term) & set(" \"'*():^-+\n\0")


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_short_way_for_plain_text_is_the_long_one(text: str) -> None:
    """Text in ASCII gives the same terms as by the rules for all text."""
    assert list(terms(text)) == [term.text for term in placed_terms(text)]


@given(st.text())
def test_places_lie_in_the_text(text: str) -> None:
    """Each term's place is inside the text, in order, and folds to something that begins with it."""
    composed = unicodedata.normalize("NFC", text)
    at = 0
    for term in placed_terms(composed):
        assert at <= term.start < term.end <= len(composed)
        at = term.start
        assert term.text[:1] in folded(composed[term.start : term.end])
