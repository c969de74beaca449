"""The output of all commands: lines for people, JSON for programs, neither of which can command a terminal.

Much of what is printed comes from elsewhere: letters, names, notices of a plan, errors that quote a file. So
whatever is printed goes through here, and the style tests find what does not.
"""

from __future__ import annotations

import json
import logging
import sys

import click

from starlight.visible_text import visible, visible_json, visible_lines


def echo(text: object = "", *, err: bool = False) -> None:
    """Print one line; what would break it, or is not to be seen, is shown by a sign.

    Args:
        text: the line; newlines before and after it are empty lines.
        err: on standard error.
    """
    line = str(text)
    own = line.strip("\n")
    before, _, after = line.partition(own) if own else (line, "", "")
    click.echo(before + visible(own) + after, err=err)


def redraw() -> None:
    """Move a terminal's cursor home and clear what is below it; what scrolled away before stays."""
    click.echo("\x1b[H\x1b[J", nl=False)


def echo_lines(text: str, *, err: bool = False) -> None:
    """Print several lines, whose breaks are our own or harmless where they stand; as `echo` in all else."""
    click.echo(visible_lines(text), err=err)


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Print a value as JSON; None for `indent` is one line."""
    # JSON is UTF-8 (RFC 8259, 8.1), so names and letters can stay readable.
    click.echo(visible_json(json.dumps(value, indent=indent, ensure_ascii=False)))


def print_bytes(data: bytes) -> None:
    """Write bytes to standard output: as they are to a file or a program, as harmless lines to a terminal."""
    if sys.stdout.isatty():
        echo_lines(data.decode("utf-8", "backslashreplace"))
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


class _VisibleFormatter(logging.Formatter):
    """Formats what is logged as lines that hide nothing; an exception keeps its own."""

    def format(self, record: logging.LogRecord) -> str:
        return visible_lines(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's own name)
        return visible(super().formatMessage(record))


def log_to_stderr() -> None:
    """Log warnings and errors on standard error, a line each, as commands that run nodes do."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_VisibleFormatter("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
