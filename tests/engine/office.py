"""An application that a test sets up, and the host that drives it."""

from __future__ import annotations

from tests.engine.helpers import ROAD

from starlight.contacts.plan import ContactPlan
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.node.application import DataUnit, Request, Restorable, Submit
from starlight.node.config import NodeConfig

POST = Submit("letter/1", "ipn:1.1", "ipn:3.1", b"words", 86_400_000)


class Office(Restorable):
    """An application that notes what it is told, and answers as it was set up to.

    Attributes:
        told: each call, by its name, with what it was given.
        answers: what to ask for when it is called by a name, once.
        defects: what to raise whenever it is called by a name; then it has noted nothing.
        due: when it is to be woken.
    """

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.answers: dict[str, list[Request]] = {}
        self.defects: dict[str, Exception] = {}
        self.due: int | None = None

    def resume(self, now: int) -> list[Request]:
        return self._note("resume", now)

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        self._note("restore", mailbox, key, data)

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        return self._note("accepted", token, key, leaves, arrives, now)

    def rejected(self, token: str, reason: str, now: int) -> list[Request]:
        return self._note("rejected", token, reason, now)

    def delivered(self, unit: DataUnit, now: int) -> list[Request]:
        return self._note("delivered", unit.endpoint, unit.source, unit.payload, now)

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> list[Request]:
        return self._note("departed", key, peer, leaves, last_byte, reaches, now)

    def taken(self, key: str, now: int) -> list[Request]:
        return self._note("taken", key, now)

    def returned(self, key: str, now: int) -> list[Request]:
        return self._note("returned", key, now)

    def withdrawn(self, key: str, now: int) -> list[Request]:
        return self._note("withdrawn", key, now)

    def not_withdrawn(self, key: str, now: int) -> list[Request]:
        return self._note("not_withdrawn", key, now)

    def expired(self, key: str, reason: str, now: int) -> list[Request]:
        return self._note("expired", key, reason, now)

    def reported(
        self, key: str, reporter: str, status: str, time: int | None, reason: int, now: int
    ) -> list[Request]:
        return self._note("reported", key, reporter, status, time, reason, now)

    def plan_changed(self, now: int) -> list[Request]:
        return self._note("plan_changed", now)

    def handle_timer(self, now: int) -> list[Request]:
        requests = self._note("handle_timer", now)
        self.due = None
        return requests

    def next_wakeup(self) -> int | None:
        if "next_wakeup" in self.defects:
            raise self.defects["next_wakeup"]
        return self.due

    def _note(self, name: str, *facts: object) -> list[Request]:
        if name in self.defects:
            raise self.defects[name]
        self.told.append((name, *facts))
        return self.answers.pop(name, [])


def host_of(number: int, contacts: ContactPlan = ROAD) -> tuple[Host, Office]:
    """Return a host with an office whose store has nothing."""

    def body(key: str) -> bytes:
        raise AssertionError(f"{key} was persisted in this step and need not be read")

    office = Office()
    return Host(Node(NodeConfig(number, contacts)), office, body), office
