"""Text from elsewhere is shown so that nothing in it is hidden, and nothing in it commands."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starlight.visible_text import visible, visible_in_html, visible_json, visible_lines

HARMLESS = "Joo Nan-young 주난영, “¿qué?” — עברית فارسی 🚀️ e\u0301 \u00a0"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x1b[2J", "␛[2J"),
        ("a\nb\r\tc\x00", "a␊b␍␉c␀"),
        ("\x7f", "␡"),
        ("\x9b31m", "‹U+009B›31m"),
        ("abc\u202ecba", "abc‹U+202E›cba"),
        ("\u2066x\u2069", "‹U+2066›x‹U+2069›"),
        ("z\u200bw\u200d\ufeff", "z‹U+200B›w‹U+200D›‹U+FEFF›"),
        ("a\u2028b", "a‹U+2028›b"),
        ("\U000e0041", "‹U+E0041›"),
        ("\udcff", "‹U+DCFF›"),
        (HARMLESS, HARMLESS),
    ],
)
def test_what_commands_or_hides_is_shown_by_a_sign(text: str, shown: str) -> None:
    """A control character by its picture, all else by its number; what people write stays as it is."""
    assert visible(text) == shown


def test_lines_keep_their_newlines_and_tabs_alone() -> None:
    """A carriage return, with which a line is written over, is shown."""
    assert visible_lines("a\n\tb\rc\x1b") == "a\n\tb␍c␛"


def test_a_page_shows_overrides_and_keeps_what_joins() -> None:
    """An emoji of several stays one; an override, an isolate and a control are seen."""
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert visible_in_html(f"{family} \u202ex\x1b\n") == f"{family} ‹U+202E›x␛\n"


def test_json_says_the_same_without_such_characters() -> None:
    """Each is escaped (RFC 8259, 7), also beyond the 16 bits of an escape."""
    said = {"text": "\x1b\x7f\x9b\u202e\u200b\U000e0041 주"}
    text = visible_json(json.dumps(said, ensure_ascii=False))
    assert json.loads(text) == said
    assert "주" in text
    assert "\\u009b\\u202e\\u200b\\udb40\\udc41" in text


def test_no_control_or_format_character_of_unicode_passes() -> None:
    """Of all characters, none of the categories Cc, Cf, Zl, Zp and Cs is left as it is."""
    hidden = [
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs")
        and visible(character) == character
        # Signs before numbers, and Egyptian joiners, which have a look of their own.
        and not unicodedata.name(character, "").startswith(("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN"))
    ]
    assert hidden == []


@given(st.text())
def test_whatever_comes_is_one_line_that_stays_as_it_is_shown(text: str) -> None:
    """It has one line for whoever splits lines, it can be encoded, and to show it again changes nothing."""
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown
    assert visible(shown) == shown
