"""The code of the guide to extending runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "extending.md"
LINES_MAX = 100
"""What is new is a small file behind an interface; where it takes more, the interface is wrong."""


def sections() -> dict[str, list[tuple[int, str]]]:
    """Return the Python blocks of each section of the guide, each with its first line's number."""
    found: dict[str, list[tuple[int, str]]] = {}
    text = GUIDE.read_text(encoding="utf-8")
    for part in re.finditer(r"^## (.+)\n((?:(?!## ).*\n?)*)", text, re.M):
        found[part[1]] = [
            (text[: part.start(2) + block.start(1)].count("\n"), block[1])
            for block in re.finditer(r"^```python\n(.*?)^```", part[2], re.M | re.S)
        ]
    return found


@pytest.mark.parametrize("section", sections())
def test_the_code_of_a_section_runs(section: str) -> None:
    """The blocks of a section, one after the other, run as a program does; their assertions hold."""
    blocks = sections()[section]
    assert blocks, f"{GUIDE.name}, {section}: a section shows code"
    names: dict[str, object] = {"__name__": section}
    for line, code in blocks:
        exec(compile("\n" * line + code, str(GUIDE), "exec"), names)


@pytest.mark.parametrize("section", sections())
def test_what_is_new_is_small(section: str) -> None:
    """The first block of a section, which is what someone adds, has fewer than 100 lines."""
    (_, first), *_ = sections()[section]
    assert first.count("\n") < LINES_MAX
