"""The documents as data: their sections, tables, code and what they quote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
"""All that people read; each is one document."""

_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        cells: of it.
        heads: of the table.
    """

    cells: tuple[str, ...]
    heads: tuple[str, ...]

    def under(self, head: str) -> str:
        """Return the cell under a heading of the table; empty where it has no such column."""
        return self.cells[self.heads.index(head)] if head in self.heads else ""

    def quoted(self) -> list[str]:
        """Return what stands in backticks in the first cell."""
        return re.findall(r"`([^`]+)`", self.cells[0])


class Block(NamedTuple):
    """A block of code.

    Attributes:
        kind: what stands after the backticks that open it.
        text: of it, without the indent of a list.
        line: of its file, from 1.
    """

    kind: str
    text: str
    line: int


def text_of(path: Path) -> str:
    """Return the text of a document."""
    return path.read_text(encoding="utf-8")


@cache
def sections(text: str) -> dict[str, str]:
    """Return what stands below each heading, up to the next one of any level."""
    found = list(_HEADING.finditer(_without_code(text)))
    ends = [*(each.start() for each in found[1:]), len(text)]
    return {each[2]: text[each.end() : end] for each, end in zip(found, ends, strict=True)}


def section(text: str, start: str) -> str:
    """Return what stands below the heading that is so, or else the one that begins so."""
    told = sections(text)
    if start in told:
        return told[start]
    found = [body for title, body in told.items() if title.startswith(start)]
    assert len(found) == 1, f"{len(found)} headings begin with {start!r}; there must be one"
    return found[0]


def rows(text: str) -> list[Row]:
    """Return the rows of all tables in a text, but for those of headings."""
    found: list[Row] = []
    heads: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    for line in text.splitlines():
        if not line.startswith("|"):
            heads = before = ()
            continue
        cells = tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")))
        if set("".join(cells)) <= set("-: "):
            heads = before
            found.pop()
        else:
            found.append(Row(cells, heads))
        before = cells
    return found


def blocks(text: str, kind: str = "") -> list[Block]:
    """Return the blocks of code of a text, of one kind if it is given."""
    found = []
    for each in _FENCE.finditer(text):
        if not kind or each[2] == kind:
            body = re.sub(f"^{each[1]}", "", each[3], flags=re.MULTILINE)
            found.append(Block(each[2], body, text.count("\n", 0, each.start()) + 1))
    return found


def quotes(text: str) -> Iterator[str]:
    """Yield what stands in backticks in the prose of a text."""
    yield from (each.replace("\n", " ") for each in re.findall(r"`([^`]+)`", _without_code(text)))


def _without_code(text: str) -> str:
    """Return a text with its blocks of code blanked, so that places stay."""
    return _FENCE.sub(lambda each: re.sub(r"[^\n]", " ", each[0]), text)
