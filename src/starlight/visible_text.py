"""Text from elsewhere as it may be shown: what can't be seen, or would mislead a reader, is made visible.

A letter, a name or an error may hold any characters. On a terminal some of them are commands (ECMA-48:
colours, the window's title, the clipboard, the cursor over lines that were printed before); on any screen
some turn the order of what stands beside them (Unicode UAX 9) or can't be seen at all. Each is shown by a
sign: the picture of a control character (Unicode Control Pictures, such as ␛), or its number (‹U+202E›).
"""

from __future__ import annotations

import re

_CONTROLS = "\x00-\x1f\x7f-\x9f"
"""C0, DEL and C1."""

_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Marks, embeddings, overrides and isolates of the order of writing."""

_UNSEEN = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2028\u2029\u2060-\u2065\u206a-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Of no width, or of a blank's, or a break of the line that `str.split` does not see (default ignorables of
Unicode 15, but for the selectors of an emoji's look)."""

_SURROGATES = "\ud800-\udfff"
"""Halves of nothing, which no encoding takes: Python has them for bytes of file names that are no UTF-8."""

_ON_A_LINE = re.compile(f"[{_CONTROLS}{_TURNING}{_UNSEEN}{_SURROGATES}]")
_IN_LINES = re.compile(f"(?![\\n\\t])[{_CONTROLS}{_TURNING}{_UNSEEN}{_SURROGATES}]")
_IN_HTML = re.compile(f"(?![\\n\\t])[{_CONTROLS}{_TURNING}{_SURROGATES}]")
_IN_JSON = re.compile(f"[\x7f-\x9f{_TURNING}{_UNSEEN}{_SURROGATES}]")


def visible(text: str) -> str:
    """Return text as one line that hides nothing and commands nothing; a break of the line is shown, too."""
    return text if _is_plain(text) else _ON_A_LINE.sub(_sign, text)


def visible_lines(text: str) -> str:
    """Return text as lines that hide nothing: as `visible`, but newlines and tabs stay."""
    return text if _is_plain(text) else _IN_LINES.sub(_sign, text)


def visible_in_html(text: str) -> str:
    """Return text for a page: controls and what turns the order of writing are shown.

    What joins letters and emoji stays, since a page isolates each text and draws it well.
    """
    return text if _is_plain(text) else _IN_HTML.sub(_sign, text)


def visible_json(text: str) -> str:
    """Return JSON text that says the same, with such characters escaped (RFC 8259, 7)."""
    return text if text.isascii() and "\x7f" not in text else _IN_JSON.sub(_escaped, text)


def _is_plain(text: str) -> bool:
    # Almost all text is, and asking costs far less than to search it.
    return text.isascii() and text.isprintable()


def _sign(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"‹U+{code:04X}›"


def _escaped(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
