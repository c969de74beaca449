"""Whatever is printed goes through `cli/output.py`, so that nothing from elsewhere can command a terminal."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "starlight"
OUTPUT = SOURCE / "cli" / "output.py"
LOG = SOURCE / "live" / "node_log.py"
"""A node's log escapes each value by itself; its tests say so."""
PRINTING = {
    "print",
    "click.echo",
    "click.secho",
    "click.echo_via_pager",
    "sys.stdout.write",
    "sys.stdout.writelines",
    "sys.stdout.buffer.write",
    "sys.stderr.write",
    "sys.stderr.writelines",
    "sys.stderr.buffer.write",
    "logging.StreamHandler",
    "logging.basicConfig",
}
RIGHT = "use echo, echo_lines, print_json, print_bytes or log_to_stderr of cli/output.py"


def printing(source: str) -> Iterator[tuple[int, str]]:
    """Yield where a module prints, and by what."""
    for node in ast.walk(ast.parse(source)):
        # A name that is handed on prints as well: `run(say=click.echo)`.
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in PRINTING:
            yield node.lineno, ast.unparse(node)


def test_what_is_printed_is_made_visible_first() -> None:
    """No other module prints: each line found says what to use."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what}: {RIGHT}"
        for path in sorted(SOURCE.rglob("*.py"))
        if path not in (OUTPUT, LOG)
        for line, what in printing(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_what_would_print_is_found() -> None:
    """A call, and a function that is handed on, are told by line."""
    source = (
        "import click\nclick.echo(x)\nrun(click.echo)\nprint('x')\nsys.stdout.buffer.write(b'')\necho(x)\n"
    )
    assert [line for line, _ in printing(source)] == [2, 3, 4, 5]
