"""docs/guides/extending.md: the code of each section is whole, runs, and is as short as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "extending.md"
SECTIONS = dict(
    re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
)


def blocks(section: str) -> list[str]:
    """Return the code of a section, block by block."""
    return re.findall(r"```python\n(.*?)```", SECTIONS[section], re.DOTALL)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_code_of_a_section_runs(section: str) -> None:
    """The blocks of a section are one program, and what it asserts holds."""
    code = blocks(section)
    assert code, "a section without code walks through nothing"
    exec(compile("\n".join(code), f"{GUIDE.name}: {section}", "exec"), {"__name__": "guide"})


@pytest.mark.parametrize("section", SECTIONS)
def test_what_is_new_takes_less_than_a_hundred_lines(section: str) -> None:
    """Behind its interface each takes under 100 lines of code."""
    lines = [line for line in blocks(section)[0].splitlines() if line.strip()]
    assert len(lines) < 100
