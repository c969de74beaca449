"""The locks of the project: what `make lock` writes, with nothing of the place where it ran."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def packages(path: Path) -> list[str]:
    """Return the names of what a lock pins, in its order."""
    return re.findall(
        r"^([a-z0-9][a-z0-9.-]*)(?:\[[^\]]*\])?==", path.read_text(encoding="utf-8"), re.MULTILINE
    )


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: str(path.name))
def test_a_lock_is_as_it_was_made(path: Path) -> None:
    """A lock names no index, pins packages in the order of their names, each with its hashes, and tells who
    asks for it in order: one that was edited by hand does not."""
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    names = packages(path)
    assert names == sorted(names), f"{path.name}: make lock"
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    for entry in entries:
        assert "--hash=sha256:" in entry, f"{path.name}: make lock: {entry.splitlines()[0]} has no hash"
        asking = re.findall(r"^    #   (\S+)$", entry, re.MULTILINE)
        plain = [name for name in asking if name != "-r"]
        assert plain == sorted(plain), (
            f"{path.name}: make lock: {entry.splitlines()[0]} is asked for by {plain}"
        )


def test_what_the_project_asks_for_is_locked() -> None:
    """Each dependency of pyproject.toml is in the lock to run, and so is the extra for media, which the demo
    has; those of tests are in the lock to test."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run, test = (set(packages(ROOT / name)) for name in ("requirements.lock", "requirements-test.lock"))
    asked = [*project["dependencies"], *project["optional-dependencies"]["media"]]
    named = [re.split(r"[\[<>=! ]", each)[0].lower() for each in asked]
    assert not set(named) - run, "make lock"
    tests = [re.split(r"[\[<>=! ]", each)[0].lower() for each in project["optional-dependencies"]["test"]]
    assert not set(tests) - test, "make lock"
    assert run <= test, "what runs is tested with the same versions"
