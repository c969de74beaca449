"""The words of a letter as HTML: a safe subset of Markdown, for the page and the book of an export alike.

Emphasis, code, lists, quotes and links are shown; a heading is a strong line; HTML, pictures and all else
stay the characters that were written. Nothing is taken over from a letter but text: each tag and attribute is
put here, by the kind of what was found, so that no text can bring one of its own. Links lead to http, https
and mailto alone, stand with their whole address, and nothing fetches them. A letter that marks nothing up
stays as it was written, to the last blank.

Blocks, code and emphasis are found by markdown-it-py (CommonMark 0.31), whose rules for these take time
proportional to the text. Its rule for links does not (each bracket looks for its partner), so links have one
here that looks a bounded way ahead.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from starlight.visible_text import visible_in_html

CHARACTERS_MAX = 65_536
MARKS_MAX = 2_000
"""What is longer, or has more lines and marks, is shown as it was written: fifty take a second or two."""

BEGINNING_MAX = 400
"""Characters of a letter that a list looks at, of which it shows a line or two."""

NESTED_MAX = 8
"""Lists in lists and quotes in quotes: deeper ones are no longer read on a phone."""

ADDRESS_MAX = 2_000
"""Characters of an address: what browsers and servers take."""

TAGS = {
    "blockquote_open": "<blockquote>",
    "blockquote_close": "</blockquote>",
    "bullet_list_open": "<ul>",
    "bullet_list_close": "</ul>",
    "ordered_list_close": "</ol>",
    "list_item_open": "<li>",
    "list_item_close": "</li>",
    "heading_open": "<p><strong>",
    "heading_close": "</strong></p>",
    "paragraph_open": "<p>",
    "paragraph_close": "</p>",
    "em_open": "<em>",
    "em_close": "</em>",
    "strong_open": "<strong>",
    "strong_close": "</strong>",
    "softbreak": "<br>",
    "hardbreak": "<br>",
}
"""The HTML of each kind of token that needs nothing of the text."""

_RULES = ("blockquote", "list", "heading", "fence", "escape", "backticks", "emphasis", "newline")
_JOINING = ("balance_pairs", "fragments_join", "text_join")
_PLAIN = frozenset({"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak"})
_BREAKS = frozenset({"softbreak", "hardbreak"})
_MARK = re.compile(r"[*_`\[]|^ {0,3}(?:>|~~~|(?:#{1,6}|[-+]|\d{1,9}[.)])(?:\s|$))", re.MULTILINE)
_COUNTED = "\n*_`[>#-+~"
_LINK = re.compile(
    rf"\[([^\[\]\n]{{1,500}})\]\(((?:https?://|mailto:)[^\s()<>\"]{{1,{ADDRESS_MAX}}})\)", re.I
)
_BARE = re.compile(rf"\bhttps?://[^\s<>\"'`‹›]{{1,{ADDRESS_MAX}}}", re.IGNORECASE)
_AFTER_BARE = ".,;:!?)]}*_"
_ADDRESS = re.compile(r"(?:https?://|mailto:)[!#-;=?-~]+", re.IGNORECASE)


def formatted(text: str) -> Markup:
    """Return the words of a letter as one element of the class ``text``."""
    shown = visible_in_html(text)
    if _MARK.search(shown) is None or len(shown) > CHARACTERS_MAX or _marks(shown) > MARKS_MAX:
        return _as_written(shown)
    return _formatted(shown)


def unmarked(text: str) -> str:
    """Return the first words of a letter in one line, as a list shows them, without what marks them up."""
    begun = text[:BEGINNING_MAX]
    if _MARK.search(begun) is None or _marks(begun) > MARKS_MAX:
        return " ".join(begun.split())
    said = []
    for token in _parser().parse(begun):
        # Blocks stand apart; what is emphasised within a word does not.
        said.append(
            "".join(" " if each.type in _BREAKS else each.content for each in token.children or (token,))
        )
    return " ".join(" ".join(said).split())


def _marks(text: str) -> int:
    return sum(text.count(mark) for mark in _COUNTED)


def _as_written(text: str) -> Markup:
    return Markup('<p class="text" dir="auto">{}</p>').format(_with_links(text))


# An open page asks for its letters again and again; fifty are on one.
@lru_cache(maxsize=64)
def _formatted(text: str) -> Markup:
    tokens = _parser().parse(text)
    # A star or an underline alone marks nothing up.
    if all(each.type in _PLAIN for token in tokens for each in (token, *(token.children or ()))):
        return _as_written(text)
    return Markup('<div class="text formatted" dir="auto">{}</div>').format(_html(tokens))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "maxNesting": NESTED_MAX}).enable([*_RULES, *_JOINING])
    parser.inline.ruler.before("emphasis", "letter_link", _take_link)
    return parser


def _take_link(state: StateInline, silent: bool) -> bool:
    """Take ``[words](address)`` where the parser stands; the form is markdown-it's for a rule."""
    found = _LINK.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "[" else None
    if found is None:
        return False
    if not silent:
        token = state.push("letter_link", "", 0)
        token.content, token.meta = found[1], {"address": found[2]}
    state.pos = found.end()
    return True


def _html(tokens: list[Token]) -> Markup:
    return Markup("").join(_one(token) for token in tokens)


def _one(token: Token) -> Markup:
    """Return a token as HTML; one of an unknown kind as the characters that it has."""
    kind = token.type
    if kind in TAGS:
        # The paragraphs of a list whose items stand close are none to see.
        return Markup("" if token.hidden else TAGS[kind])
    if kind == "ordered_list_open":
        return Markup('<ol start="{}">').format(int(token.attrs.get("start", 1)))
    if kind == "inline":
        return _html(token.children or [])
    if kind == "code_inline":
        return Markup("<code>{}</code>").format(token.content)
    if kind == "fence":
        return Markup("<pre><code>{}</code></pre>").format(token.content)
    if kind == "letter_link":
        return _link(token.content, token.meta["address"])
    return _with_links(token.content)


def _with_links(text: str) -> Markup:
    """Return text with the addresses of the web in it as links."""
    parts, at = [], 0
    for found in _BARE.finditer(text):
        address = found.group().rstrip(_AFTER_BARE)
        parts += [escape(text[at : found.start()]), _link(address, address)]
        at = found.start() + len(address)
    return Markup("").join([*parts, escape(text[at:])])


def _link(words: str, address: str) -> Markup:
    """Return a link that shows where it leads; only its words, where that is nowhere."""
    # Names in other scripts become ASCII, so that none looks like another.
    address = _parser().normalizeLink(address)
    if not _ADDRESS.fullmatch(address):
        return escape(words)
    link = Markup('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>').format(address, words)
    return link if words == address else link + Markup(' <span class="address">({})</span>').format(address)
