"""The bundle API's registry: the service numbers that programs have registered at a node.

A number stays registered until it is given up or the node stops. Nothing here is saved: all that must
outlive the node is in its store. A program that comes back registers again, and takes its number over from
the one that it was before it crashed, which could not give it up. What programs are told, and when the node
lets go of what they were given, is in `programs.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from starlight.bundle import EndpointID
from starlight.errors import InputError
from starlight.node.application import Claim, Request, Unclaim
from starlight.services.registration import Registration

AT_MOST = 64
"""Data units that one number is offered at a time. A program may receive so many before it acknowledges the
first, and each is read from the store when it is offered, so this bounds what a registration costs."""

NUMBERS_MAX = 256
"""Numbers registered at a time; a program needs one, and with their lists they must fit in memory."""

NUMBER_MAX = 2**32 - 1
"""The largest service number; what is above is reserved (RFC 9758, 9.3)."""

PASSING = range(0x10000, 0x20000)
"""Numbers for programs that need any, from a range of private use (RFC 9758, 9.3)."""


class Registry:
    """The registrations of a node.

    Args:
        node: its number.
    """

    def __init__(self, node: int) -> None:
        self._node = node
        self._registrations: dict[str, Registration] = {}

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

    def at(self, endpoint: str) -> Registration | None:
        """Return the registration of an endpoint, or None."""
        return self._registrations.get(endpoint)

    def every(self) -> list[Registration]:
        """Return all registrations, in the order in which their numbers were registered."""
        return list(self._registrations.values())

    def _endpoint(self, number: int) -> str:
        return str(EndpointID.ipn(self._node, number))
