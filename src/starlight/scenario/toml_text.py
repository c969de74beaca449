"""TOML as people write it: read, or told where it breaks, with the lines on which its keys stand.

The library that reads TOML tells values and not where they stood; so for an error the text is gone through
once more, by `Lines`. Its own messages are not passed through: they speak of grammar, not of what to write.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from starlight.errors import InputError
from starlight.faults import Path

DEEPEST = 32
"""Levels of tables and lists. Our own files have six; the limit keeps whoever walks them from running out."""

_WORDS = (
    # The beginning of the library's message, and what we say.
    ("Cannot", "this key, or this table, is there twice"),
    ("Duplicate", "this key is there twice"),
    ("Expected '='", "after a key comes = and a value"),
    ("Expected ']", "the name of a table ends with ] or, of a list of tables, ]]"),
    (
        "Expected newline",
        "something follows the value; each key has a line of its own",
    ),
    ("Invalid date", "no calendar has this date or time"),
    ("Invalid value", 'here a value is missing, or it is none: text stands in quotes, as in name = "base"'),
    ("Invalid", "a line is key = value, [table], [[list of tables]] or # comment"),
    ("Unterminated", "text in quotes does not end"),
    ("Unclosed", "a list or a table in braces does not end"),
    ("Unescaped", r"a backslash in text is written \\, or the text stands in 'single quotes'"),
    ("Escaped", "no character has this number"),
    ("Illegal", "a control character may not stand here"),
)
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_LONG_KEY = re.compile(rf"^[ \t\[]*(?:{_PART}[ \t]*\.[ \t]*){{{DEEPEST}}}", re.MULTILINE)
_AT = re.compile(r"\(at line (\d+), column (\d+)\)", re.ASCII)


def parse(text: str, where: str) -> dict[str, Any]:
    """Read TOML.

    Args:
        text: of the file.
        where: what the messages of errors call it.

    Raises:
        InputError: it is none, or nested deeper than `DEEPEST`; the message names the line.
    """
    # The library takes a time that grows with the square of a key's parts.
    if _LONG_KEY.search(text):
        raise _too_deep(where)
    try:
        tree = tomllib.loads(text)
    except RecursionError:
        raise _too_deep(where) from None
    # Also what Python says of a number with thousands of digits.
    except ValueError as error:
        raise InputError(_broken(text, str(error)), where=where, right="Write it as TOML") from None
    if any(len(path) > DEEPEST for path, _, _ in _values(tree)):
        raise _too_deep(where)
    return tree


def take_numbers(tree: dict[str, Any]) -> list[tuple[Path, float]]:
    """Take the numbers that count nothing, which TOML has and no key of ours, out of a tree.

    Returns:
        Where they stood, and what they were; 1 stands there now, which most keys take.
    """
    found: list[tuple[Path, float]] = []
    for path, holder, value in _values(tree):
        if isinstance(value, float) and not math.isfinite(value):
            found.append((path, value))
            holder[path[-1]] = 1.0
    return found


def _values(tree: dict[str, Any]) -> Iterator[tuple[Path, Any, object]]:
    """Give each value in a tree: its path, the table or list that holds it, and the value itself."""
    stack: list[tuple[Path, Any, object]] = [((), None, tree)]
    while stack:
        path, holder, value = stack.pop()
        if path:
            yield path, holder, value
        # What is nested too deep is told once, and not followed.
        if isinstance(value, dict) and len(path) <= DEEPEST:
            stack += [((*path, key), value, each) for key, each in value.items()]
        elif isinstance(value, list) and len(path) <= DEEPEST:
            stack += [((*path, place), value, each) for place, each in enumerate(value)]


def _too_deep(where: str) -> InputError:
    right = f"Such a file has a few levels, and {DEEPEST} at most"
    return InputError("its lists or tables are nested too deep", where=where, right=right)


def _broken(text: str, told: str) -> str:
    found = _AT.search(told)
    words = next((ours for theirs, ours in _WORDS if told.startswith(theirs)), "it is not TOML here")
    if "digits" in told:
        words = "a number has too many digits"
    if not found:
        # At the end of the file, or nowhere that the library knows.
        return f"not TOML: {words}" if "end of document" not in told else f"not TOML: at its end, {words}"
    line, column = int(found[1]), int(found[2])
    shown = text.split("\n")[line - 1].strip()[:60]
    return f"line {line}, column {column}: not TOML: {words}: {shown!r}"


_TOKEN = re.compile(
    r"""(?P<skip>[ \t]+|\#[^\n]*)
      | (?P<end>\n)
      | (?P<text>\"\"\"(?:\\.|[^\\])*?\"\"\"\"{0,2} | '''.*?''''{0,2} | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
      | (?P<mark>[\[\]{}=,])
      | (?P<word>[^\s\[\]{}=,\#"']+)""",
    re.VERBOSE | re.DOTALL,
)


class Lines:
    """The lines of a file of TOML that a reader has accepted.

    Args:
        text: of the file.
    """

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0
        self._found: dict[Path, int] = {}
        # How many tables a list of tables has so far.
        self._counts: dict[Path, int] = {}
        table: Path = ()
        while self._place < len(self._tokens):
            if self._take("\n"):
                continue
            table = self._header() if self._kind() == "[" else self._pair(table)

    def of(self, path: Path) -> int:
        """Return the line of a value, else of what is nearest above it; from 1."""
        while path and path not in self._found:
            path = path[:-1]
        return self._found.get(path, 1)

    def _kind(self) -> str:
        return self._tokens[self._place][0] if self._place < len(self._tokens) else ""

    def _take(self, kind: str) -> bool:
        if self._kind() != kind:
            return False
        self._place += 1
        return True

    def _line(self) -> int:
        return self._tokens[min(self._place, len(self._tokens) - 1)][2]

    def _note(self, path: Path, line: int) -> None:
        for end in range(1, len(path) + 1):
            self._found.setdefault(path[:end], line)

    def _key(self, ends: str) -> list[str]:
        parts: list[str] = []
        while self._place < len(self._tokens) and self._kind() != ends:
            kind, token, _ = self._tokens[self._place]
            self._place += 1
            if kind == "text":
                parts.append(token.strip("\"'"))
            else:
                parts += [part for part in token.split(".") if part]
        self._place += 1
        return parts

    def _header(self) -> Path:
        line = self._line()
        self._place += 1
        listed = self._take("[")
        path: Path = ()
        parts = self._key("]")
        for place, part in enumerate(parts):
            path = (*path, part)
            if listed and place == len(parts) - 1:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        if listed:
            self._take("]")
        self._note(path, line)
        return path

    def _pair(self, table: Path) -> Path:
        line = self._line()
        path = (*table, *self._key("="))
        self._note(path, line)
        self._value(path)
        return table

    def _value(self, path: Path) -> None:
        self._note(path, self._line())
        if self._take("["):
            place = 0
            while self._place < len(self._tokens) and not self._take("]"):
                if not self._take("\n") and not self._take(","):
                    self._value((*path, place))
                    place += 1
        elif self._take("{"):
            while self._place < len(self._tokens) and not self._take("}"):
                if not self._take("\n") and not self._take(","):
                    self._pair(path)
        else:
            # At least one, so that the search comes to an end whatever stands there; a date and a time with a
            # blank between are one value.
            self._place += 1
            while self._kind() == "word":
                self._place += 1


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield kind, text and line of each token; the kind of a mark or a line's end is itself."""
    line = 1
    for token in _TOKEN.finditer(text.replace("\r\n", "\n")):
        kind, word = str(token.lastgroup), token[0]
        if kind != "skip":
            yield (word if kind in ("mark", "end") else kind), word, line
        line += word.count("\n")
