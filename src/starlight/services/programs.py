"""The programs that have registered at a node, as one of its applications: they are told what the node tells.

Theory of operation. A data unit for a registered number is listed and left with the node (`Untaken`): it
stays stored, and nobody is told that it was delivered. A program that asks is given it, and acknowledges it
once it has done with it what must not be lost; only then the node lets go of it (`Take`). A program that
goes away without a word is given all that it did not acknowledge when it, or its successor, registers
again, under the same identity. What was acknowledged is never given again: the node remembers it as
delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlight.bundle import reason_text
from starlight.node.application import DataUnit, Request, Untaken
from starlight.services.registration import source_of
from starlight.services.registry import Registry
from starlight.services.service import Service
from starlight.services.units import Happened, SentUnit


class Programs(Service):
    """The programs of a node.

    Args:
        registry: their registrations.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._leaving: dict[str, tuple[int, int]] = {}  # the next hop of each, and when it reaches that

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> Sequence[Request]:
        """Note that a data unit is stored and will be sent."""
        return self._answer(token, SentUnit(key, leaves, arrives))

    def rejected(self, token: str, reason: str, now: int) -> Sequence[Request]:
        """Note that a data unit was not taken."""
        return self._answer(token, reason)

    def delivered(self, unit: DataUnit, now: int) -> Sequence[Request]:
        """List a data unit and leave it with the node."""
        registration = self._registry.at(unit.endpoint)
        if registration is not None:
            registration.came(unit, now)
        return (Untaken(),)

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> Sequence[Request]:
        """Keep by whom what a program has sent leaves, until a link has taken it."""
        if self._registry.at(source_of(key)) is not None:
            self._leaving[key] = peer, reaches
        return ()

    def taken(self, key: str, now: int) -> Sequence[Request]:
        """Tell a program that what it sent has left."""
        peer, reaches = self._leaving.pop(key, (None, None))
        return () if peer is None else self._tell(key, Happened.DEPARTED, now, peer=peer, reaches=reaches)

    def returned(self, key: str, now: int) -> Sequence[Request]:
        """Forget by whom it was to leave: it is told again."""
        self._leaving.pop(key, None)
        return ()

    def withdrawn(self, key: str, now: int) -> Sequence[Request]:
        """Tell a program that it has back what it sent."""
        return self._tell(key, Happened.WITHDRAWN, now)

    def not_withdrawn(self, key: str, now: int) -> Sequence[Request]:
        """Tell a program that what it wanted back had departed."""
        return self._tell(key, Happened.NOT_WITHDRAWN, now)

    def expired(self, key: str, reason: str, now: int) -> Sequence[Request]:
        """Drop what waited from its list, and tell the program that sent it."""
        # Only its source is in its identity, not where it went.
        for registration in self._registry.every():
            registration.gone(key)
        self._leaving.pop(key, None)
        return self._tell(key, Happened.EXPIRED, now, reason=reason)

    def reported(
        self, key: str, reporter: str, status: str, time: int | None, reason: int, now: int
    ) -> Sequence[Request]:
        """Tell a program what another node reports."""
        reason_words = reason_text(reason)
        return self._tell(
            key, Happened.REPORTED, now, reporter=reporter, status=status, at=time, reason=reason_words
        )

    def _answer(self, token: str, answer: SentUnit | str) -> Sequence[Request]:
        # A program may have gone away within the step; then nobody wants to know.
        registration = self._registry.at(token.rpartition("/")[0])
        if registration is not None:
            registration.answered(token, answer)
        return ()

    def _tell(self, key: str, what: Happened, now: int, **facts: Any) -> Sequence[Request]:
        registration = self._registry.at(source_of(key))
        if registration is not None:
            registration.happened(key, what, now, **facts)
        return ()
