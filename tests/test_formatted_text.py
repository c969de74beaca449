"""The words of a letter as HTML: what Markdown's safe subset gives, and what no text can bring in."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.formatted_text import CHARACTERS_MAX, MARKS_MAX, formatted, unmarked

ALLOWED = {
    "div": {"class", "dir"},
    "p": {"class", "dir"},
    "a": {"href", "rel", "target"},
    "span": {"class"},
    "ol": {"start"},
} | {tag: set() for tag in ("br", "em", "strong", "code", "pre", "ul", "li", "blockquote")}


class Checked(HTMLParser):
    """HTML as a browser takes it apart; anything that is not allowed fails."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, f"{self.open} are not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        given = dict(attrs)
        assert set(given) <= ALLOWED[tag], (tag, attrs)
        if tag == "a":
            assert re.fullmatch(r"(?i:https?://|mailto:)[!-~]+", given["href"] or "")
            assert given["rel"] == "noopener noreferrer"
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


WRITTEN = r"""* ** _ __ ` `` ``` ~~~ [ ] ( ) ]( < > & " ' \ # - + 1. | ! ![ :// http:// https://a.b/
javascript: mailto:a@b data:text/html, <script> </p> <img onerror=x> <!-- --> &lt; &#0; href=" a 화성"""
PIECES = st.sampled_from([*WRITTEN.split(), *" \n\t\v\r\x00\u202e\ud800", "\n\n", "    ", "\r\n"])
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=40).map("".join)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_no_text_brings_in_a_tag_an_attribute_or_an_address_of_another_kind(text: str) -> None:
    """Whatever the text, the HTML has the allowed tags and attributes alone, well nested."""
    Checked(formatted(text))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*so* **very** `dry`", "<p><em>so</em> <strong>very</strong> <code>dry</code></p>"),
        ("**two\nlines**", "<p><strong>two<br>lines</strong></p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("> as she said", "<blockquote><p>as she said</p></blockquote>"),
        ("## News\nwords", "<p><strong>News</strong></p><p>words</p>"),
        ("```\n<b> *x*\n```", "<pre><code>&lt;b&gt; *x*\n</code></pre>"),
        ("**a** ![x](https://a.b/c.png)", "<p><strong>a</strong> !LINK</p>"),
        ("[x](https://a.b/c.png)", "<p>LINK</p>"),
        ("*a* <b>b</b> &amp;", "<p><em>a</em> &lt;b&gt;b&lt;/b&gt; &amp;amp;</p>"),
    ],
)
def test_markdown_of_the_subset_is_shown_as_such(text: str, html: str) -> None:
    """Emphasis, code, lists, quotes and links are shown; headings are strong lines; HTML is text."""
    link = (
        '<a href="https://a.b/c.png" rel="noopener noreferrer" target="_blank">x</a>'
        ' <span class="address">(https://a.b/c.png)</span>'
    )
    inside = (
        str(formatted(text)).removeprefix('<div class="text formatted" dir="auto">').removesuffix("</div>")
    )
    assert inside == html.replace("LINK", link)


@pytest.mark.parametrize(
    "text",
    [
        "Dear Jay,\n\n  the ferns are well.\n\n\nN.",
        "5 * 3 is 15; snake_case",
        "[sic]",
        "-- \nN",
        "#1 of 2",
        "a [b",
    ],
)
def test_words_without_marks_stay_as_they_were_written(text: str) -> None:
    """A letter that marks nothing up keeps its lines and blanks, as older letters were written."""
    assert formatted(text) == f'<p class="text" dir="auto">{text}</p>'


@pytest.mark.parametrize(
    ("text", "leads_to"),
    [
        ("see https://mars.example/a_b.", ["https://mars.example/a_b"]),
        ("*see* https://mars.example/a_b, now", ["https://mars.example/a_b"]),
        ("[me](mailto:a@b.example)", ["mailto:a@b.example"]),
        ("[x](javascript:alert(1)) [y](data:text/html,z) [z](//a.b) [f](file:///etc)", []),
        ("[x](https://a.b/\u202egpj)", ["https://a.b/%E2%80%B9U+202E%E2%80%BAgpj"]),
        ("[x](https://\u0430pple.example/)", ["https://xn--pple-43d.example/"]),
    ],
)
def test_links_lead_to_the_web_and_to_mail_alone_and_say_where(text: str, leads_to: list[str]) -> None:
    """Only http, https and mailto are links; their address stands beside other words, in ASCII."""
    html = str(formatted(text))
    assert re.findall(r'href="([^"]*)"', html) == leads_to
    shown = Checked(html).text
    assert all(address in shown for address in leads_to)


@pytest.mark.parametrize(
    "piece", ["[", "*a", "_a*", "> ", "- ", "- a\n", "> a\n", "`a``b", "[a](", "\\*", "**a* ", "1. \n", "a\n"]
)
def test_text_that_is_hard_to_read_costs_little(piece: str) -> None:
    """64 kB of marks are shown as they were written; the parser, whose time grows with them, sees few."""
    text = (piece * CHARACTERS_MAX)[:CHARACTERS_MAX]
    assert formatted(text).startswith('<p class="text"')
    Checked(formatted((piece * MARKS_MAX)[:MARKS_MAX]))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Did the **seals** hold?", "Did the seals hold?"),
        ("I have:\n\n- the *spare*\n- `valve 3`\nhere", "I have: the spare valve 3 here"),
        ("> Who?\n\nAda.", "Who? Ada."),
        ("[map](https://example.org/a_b) un*believ*able", "map unbelievable"),
        ("2 * 3 * 4 <b>and</b>\nmore", "2 * 3 * 4 <b>and</b> more"),
        ("", ""),
    ],
)
def test_a_list_shows_the_words_without_their_marks(text: str, line: str) -> None:
    """In a line of a list a letter stands as its words, not as what marks them up; all else is as written."""
    assert unmarked(text) == line


@given(st.text(max_size=2000))
def test_a_line_is_one_line(text: str) -> None:
    """Whatever a letter says, a list shows one line of it, of bounded length."""
    line = unmarked(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 800
