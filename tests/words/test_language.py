"""All that people are shown stands in the catalogues, and each translation says what its English says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from tools.catalogue import SOURCE, all_texts, catalogue, written

from starlight.dtntime import MINUTE
from starlight.words.durations import duration_words
from starlight.words.language import ENGLISH, LANGUAGES, _, accepted, ngettext, speak, spoken, texts_of
from starlight.words.sentence import Moment, fill

TEMPLATES = sorted((SOURCE / "web" / "templates").glob("*.html"))
SCRIPTS = sorted((SOURCE / "web" / "static").glob("*.js"))
OTHERS = [each.tag for each in LANGUAGES if each.tag != ENGLISH]
SHOWN = ("aria-label", "placeholder", "title", "alt")
NAMES = {"Starlight", "UTC", "JSON", "ipn"}
"""Names, which are the same in every language."""


class Unmarked(HTMLParser):
    """Collects the text that a template shows without having marked it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "code"):
            self._inside.append(tag)
        for name, value in attrs:
            if name in SHOWN:
                self._look(value or "")

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self._look(data)

    def _look(self, text: str) -> None:
        words = set(re.findall(r"[^\W\d_]+", text)) - NAMES
        if words:
            self.found.append(text.strip())


@pytest.fixture
def korean() -> Iterator[None]:
    speak("ko")
    yield
    speak(ENGLISH)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_shows_no_text_outside_the_catalogues(path: Path) -> None:
    """Between tags, and in what is read aloud or shown of attributes, stands nothing but marked text."""
    source = path.read_text(encoding="utf-8")
    # Markup that a template sets into an attribute's place is no text; what it says is in its expressions.
    # A macro of attributes alone is no text; nor is an element whose name is an expression.
    source = re.sub(r"\{% macro part\(.*?endmacro -?%\}", "", source, flags=re.DOTALL)
    source = re.sub(r"(</?)\{\{ element \}\}", r"\1p", source)
    plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", source, flags=re.DOTALL)
    looked = Unmarked()
    looked.feed(plain)
    assert not looked.found, "mark it with _(...)"


def test_unmarked_text_is_found() -> None:
    """The look itself is not blind: text, and an attribute that is read aloud, are found."""
    looked = Unmarked()
    looked.feed('<p class="big">Hello</p><a title="There"><code>x</code> 12:30 ·</a>')
    assert looked.found == ["Hello", "There"]


def untold(script: str) -> list[str]:
    """Return the literals of a script that read like words for people, and are not in the hands of `t`."""
    code = re.sub(r"//[^\n]*", "", script)
    code = re.sub(r"\bt\(\s*(?:\"[^\"]*\"|`[^`]*`)", "", code)
    literals = [one or other for one, other in re.findall(r'"([^"\n]*)"|`([^`]*)`', code)]
    words = [each for each in literals if re.match(r"[A-Z][a-z]+( |$)|[a-z]+ [a-z]+ [a-z]", each)]
    return [each for each in words if not re.search(r"[#.\[\]<>=/]", each)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_shows_no_text_outside_the_catalogues(path: Path) -> None:
    """Every word for people in the page's scripts is told by `t`; names of keys and classes are no words."""
    months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
    internal = {"Enter", "Escape", "distress-call far answered", "the node does not answer"}
    assert set(untold(path.read_text(encoding="utf-8"))) <= months | internal


def test_untold_text_is_found() -> None:
    """What would be shown in English alone is found, as a text and as a template with values."""
    told = 'say(t("Not sent")); key("Enter"); a = "Not sent"; b = `Remove ${what}`; c = "no route is known";'
    assert untold(told) == ["Enter", "Not sent", "Remove ${what}", "no route is known"]


@pytest.mark.parametrize("tag", OTHERS)
def test_a_catalogue_is_whole(tag: str) -> None:
    """Every text of the code is in the catalogue, with its translation, and no other."""
    found = {each.id if isinstance(each.id, str) else tuple(each.id) for each in catalogue(tag) if each.id}
    assert found == set(all_texts()), "run `make texts`"
    missing = [each.id for each in catalogue(tag) if each.id and not (each.string and all(each.string))]
    assert missing == [], f"translate {missing}"


@pytest.mark.parametrize("tag", OTHERS)
def test_a_catalogue_is_written_the_same_again(tag: str) -> None:
    """What is written depends on the code and the translations alone."""
    assert written(catalogue(tag)) == written(catalogue(tag))


@pytest.mark.parametrize("tag", OTHERS)
def test_a_translation_has_only_the_values_of_its_english(tag: str) -> None:
    """A value that nobody hands in would end a page with an error."""
    for each in catalogue(tag):
        english = each.id if isinstance(each.id, str) else " ".join(each.id)
        told = each.string if isinstance(each.string, str) else " ".join(each.string or ())
        known = _values(english) | ({"number"} if english == "{day} {month}" else set())
        assert _values(told) <= known, english


def _values(text: str) -> set[str]:
    return {name for _text, name, _form, _conversion in Formatter().parse(text) if name}


@pytest.mark.usefixtures("korean")
def test_what_is_spoken_is_told() -> None:
    """Texts, sentences, plurals and durations come in the language that was chosen; moments stay values."""
    assert spoken() == "ko"
    assert _("Answer") == "답장"
    assert ngettext("{count} bundle", "{count} bundles", 3) == "번들 3개"
    assert duration_words(19 * MINUTE) == "19분 00초"
    assert fill("expected there {at}", at=Moment(5)).parts == (Moment(5), " 도착 예상")
    assert texts_of(".js")["The node does not answer."] == "노드가 응답하지 않습니다."
    assert _("") == ""
    assert _("a text of nobody {name}", name="{x}") == "a text of nobody {x}"


def test_english_is_what_stands_in_the_code() -> None:
    """Without a choice, and for a language that nobody has, texts are English."""
    speak("tlh")
    assert (spoken(), _("Answer"), texts_of(".js")) == (ENGLISH, "Answer", {})
    assert ngettext("{count} bundle", "{count} bundles", 1) == "1 bundle"


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("fr;q=1, ko;q=0.3, en;q=0.2", "ko"),
        ("fr,de", "en"),
        ("", "en"),
        ("ko;q=x;q=1", "en"),
        ("ko;q=0", "en"),
    ],
)
def test_a_browser_is_answered_in_its_language(header: str, tag: str) -> None:
    """The greatest weight among the languages that there are wins; what can't be read is not asked for."""
    assert accepted(header) == tag
