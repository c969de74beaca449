"""The bundle API's registry: the service numbers that programs have registered at a node.

Theory of operation. A data unit for a registered number is listed and left with the node (`Untaken`): it
stays stored, and nobody is told that it was delivered. A program that asks is given it, and acknowledges it
once it has done with it what must not be lost; only then the node lets go of it (`Take`). A program that
goes away without a word is given all that it did not acknowledge when it, or its successor, registers
again, under the same identity. What was acknowledged is never given again: the node remembers it as
delivered.

A number stays registered until it is given up or the node stops. Nothing here is saved: all that must
outlive the node is in its store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from starlight.bundle import EndpointID, reason_text
from starlight.errors import InputError
from starlight.node.application import Claim, DataUnit, Request, Unclaim, Untaken
from starlight.services.registration import Registration, source_of
from starlight.services.service import Service
from starlight.services.units import Happened, SentUnit

AT_MOST = 64
"""Data units that one number is offered at a time. A program may receive so many before it acknowledges the
first, and each is read from the store when it is offered, so this bounds what a registration costs."""

NUMBERS_MAX = 256
"""Numbers registered at a time; a program needs one, and with their lists they must fit in memory."""

NUMBER_MAX = 2**32 - 1
"""The largest service number; what is above is reserved (RFC 9758, 9.3)."""

PASSING = range(0x10000, 0x20000)
"""Numbers for programs that need any, from a range of private use (RFC 9758, 9.3)."""


class Registry(Service):
    """The registrations of a node.

    Args:
        node: its number.
    """

    def __init__(self, node: int) -> None:
        self._node = node
        self._registrations: dict[str, Registration] = {}
        self._leaving: dict[str, tuple[int, int]] = {}  # the next hop of each, and when it reaches that

    # What programs do.

    def free(self) -> list[int]:
        """Return some numbers for programs that need any, none of which is registered."""
        numbers = (number for number in PASSING if self._endpoint(number) not in self._registrations)
        return list(islice(numbers, NUMBERS_MAX))

    def register(
        self, number: int, changed: Callable[[], object], *, own: bool
    ) -> tuple[Registration, list[Request]]:
        """Register a service number, or take it over from the program that had it.

        Args:
            number: the number.
            changed: called when there is more to receive or to be told, and when another takes over.
            own: for a service of the node itself, from which no program takes it over.

        Returns:
            The registration, and what it asks for; where that is refused, `end` it.

        Raises:
            InputError: there is no such number, a service of the node has it, or too many are registered.
        """
        if not 1 <= number <= NUMBER_MAX:
            right = f"It is 1 to {NUMBER_MAX}; 0 is the node's own"
            raise InputError(f"{number} is no service number", where="service", right=right)
        endpoint = self._endpoint(number)
        before = self._registrations.get(endpoint)
        if before is not None and before.own:
            right = "Choose another service number"
            raise InputError(f"{endpoint} is taken by a service of the node", where="service", right=right)
        if before is not None:
            # A program that crashed can't give its number up, and the next must not wait for it.
            self._registrations[endpoint] = before.passed_on(changed)
            return self._registrations[endpoint], []
        if len(self._registrations) >= NUMBERS_MAX:
            right = "End one of them first"
            raise InputError(f"{NUMBERS_MAX} services are registered", where="service", right=right)
        self._registrations[endpoint] = registration = Registration(endpoint, changed, own)
        return registration, [Claim(endpoint, AT_MOST)]

    def check(self, registration: Registration) -> None:
        """Refuse a registration that is none any more.

        Raises:
            InputError: it was given up, or another program has registered its number since.
        """
        now = self._registrations.get(registration.endpoint)
        if now is not registration:
            what = "is not registered any more" if now is None else "was registered by another program since"
            right = "Register it again"
            raise InputError(f"{registration.endpoint} {what}", where="registration", right=right)

    def end(self, registration: Registration) -> list[Request]:
        """Give up a registration, again without effect; what was not acknowledged waits for the next."""
        if self._registrations.get(registration.endpoint) is not registration:
            return []
        del self._registrations[registration.endpoint]
        return [Unclaim(registration.endpoint)]

    def wake(self) -> None:
        """Let every program that waits look again, as when the node stops."""
        for registration in self._registrations.values():
            registration.wake()

    # What the node tells.

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
        registration = self._registrations.get(unit.endpoint)
        if registration is not None:
            registration.came(unit)
        return (Untaken(),)

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> Sequence[Request]:
        """Keep by whom what a program has sent leaves, until a link has taken it."""
        if source_of(key) in self._registrations:
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
        for registration in self._registrations.values():
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
        registration = self._registrations.get(token.rpartition("/")[0])
        if registration is not None:
            registration.answered(token, answer)
        return ()

    def _tell(self, key: str, what: Happened, now: int, **facts: Any) -> Sequence[Request]:
        registration = self._registrations.get(source_of(key))
        if registration is not None:
            registration.happened(key, what, now, **facts)
        return ()

    def _endpoint(self, number: int) -> str:
        return str(EndpointID.ipn(self._node, number))
