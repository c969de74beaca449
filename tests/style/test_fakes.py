"""What the tests build on is checked as strictly as the source."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parents[2]


def strict() -> list[str]:
    """Return the patterns of the modules of tests that mypy wants all types of."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert "tests" in settings["files"]
    strictest = [each for each in settings["overrides"] if each.get("disallow_untyped_defs")]
    return [pattern for each in strictest for pattern in each["module"]]


def test_a_module_without_tests_has_all_its_types() -> None:
    """What holds no tests stands for something or serves several tests; mypy checks what has types."""
    named = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if not path.name.startswith("test_")
    ]
    patterns = strict()
    lax = [name for name in named if not any(fnmatchcase(name, pattern) for pattern in patterns)]
    assert not lax, f"list in pyproject.toml, in the overrides of mypy with all types: {lax}"
    gone = [pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in named)]
    assert not gone, f"no module of tests is called so: {gone}"
