"""README's commands and examples run, and print what README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def console_examples() -> list[tuple[str, list[str]]]:
    """Return each `$ command` of README's console blocks with the lines that it shows."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", README, re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif line.strip():
                found[-1][1].append(line)
    return found


def test_readme_opens_with_the_two_commands() -> None:
    """`make demo` runs the main job and `make test` passes the tests; README says so first."""
    first_block = README.index("make demo")
    assert README.index("make test") < first_block + 400
    assert first_block < 1500
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert targets
    for target in re.findall(r"\bmake ([a-z]+)", README):
        assert target in targets[1].split(), f"README names `make {target}`, which the Makefile has not"


@pytest.mark.parametrize(("command", "shown"), console_examples(), ids=lambda value: str(value)[:60])
def test_a_console_example_runs_and_prints_what_readme_shows(
    command: str, shown: list[str], tmp_path: Path
) -> None:
    """README's examples run; `...` in a shown line stands for anything."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
    }
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for line in shown:
        pattern = ".*".join(re.escape(part.strip()) for part in line.split("..."))
        assert re.search(pattern, done.stdout), f"{command!r} did not print {line!r} but:\n{done.stdout}"
