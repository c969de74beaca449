"""A service: an application of a node that answers what concerns it, and nothing to all else."""

from __future__ import annotations

from collections.abc import Sequence

from starlight.node.application import DataUnit, Request


class Service:
    """An application that asks for nothing and takes whatever comes; a service overrides what it answers.

    Its methods are those of `node.application.Application`, where they are explained.
    """

    def resume(self, now: int) -> Sequence[Request]:
        """Ask nothing of a node that has just started."""
        return ()

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Take back no record: nothing was saved."""

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> Sequence[Request]:
        """Answer nothing to a bundle that was taken."""
        return ()

    def rejected(self, token: str, reason: str, now: int) -> Sequence[Request]:
        """Answer nothing to a bundle that was not taken."""
        return ()

    def delivered(self, unit: DataUnit, now: int) -> Sequence[Request]:
        """Take a data unit."""
        return ()

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> Sequence[Request]:
        """Answer nothing to a bundle that leaves."""
        return ()

    def taken(self, key: str, now: int) -> Sequence[Request]:
        """Answer nothing to a bundle that a link has taken."""
        return ()

    def returned(self, key: str, now: int) -> Sequence[Request]:
        """Answer nothing to a bundle that waits again."""
        return ()

    def withdrawn(self, key: str, now: int) -> Sequence[Request]:
        """Answer nothing to a bundle that was taken back."""
        return ()

    def not_withdrawn(self, key: str, now: int) -> Sequence[Request]:
        """Answer nothing to a bundle that could not be taken back."""
        return ()

    def expired(self, key: str, reason: str, now: int) -> Sequence[Request]:
        """Answer nothing to a bundle that expired here."""
        return ()

    def reported(
        self, key: str, reporter: str, status: str, time: int | None, reason: int, now: int
    ) -> Sequence[Request]:
        """Answer nothing to a status report."""
        return ()

    def plan_changed(self, now: int) -> Sequence[Request]:
        """Answer nothing to a new plan."""
        return ()

    def handle_timer(self, now: int) -> Sequence[Request]:
        """Do nothing: nothing is ever due."""
        return ()

    def next_wakeup(self) -> int | None:
        """Return that nothing is ever due."""
        return None
