"""docs/conformance.md names tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def functions(path: Path) -> set[str]:
    """Return the names of the functions that a file defines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_clause_names_tests_that_exist() -> None:
    """docs/conformance.md maps each clause that we claim to its test."""
    rows = [
        line
        for line in (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|") and not line.startswith(("|---", "| clause"))
    ]
    assert len(rows) > 80
    wrong = []
    for row in rows:
        cited = re.findall(r"`((?:tests|fuzz)/[\w/]+\.py)(?:::(\w+)(\*?))?`", row)
        if not cited and not row.endswith("| not yet |"):
            wrong.append(f"no test: {row[:80]}")
        for file, name, star in cited:
            path = ROOT / file
            if not path.exists():
                wrong.append(f"{file} is not there")
            elif name:
                known = functions(path)
                if not any(found == name or (star and found.startswith(name)) for found in known):
                    wrong.append(f"{file} has no {name}{star}")
    assert not wrong, "\n".join(wrong)
