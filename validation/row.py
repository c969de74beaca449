"""A line of docs/validation.md: a quantity, what it is held against, what we have, and if that passes."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A figure that is held against a reference.

    Args:
        quantity: with its unit.
        reference: the figure that is asked for, with its source.
        ours: the figure that came out.
        passed: whether ours is what is asked for.
    """

    quantity: str
    reference: str
    ours: str
    passed: bool

    def line(self) -> str:
        """Return the row as Markdown."""
        return f"| {self.quantity} | {self.reference} | {self.ours} | {'yes' if self.passed else '**no**'} |"
