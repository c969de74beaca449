"""The boundary between a node and the application that lives on it.

An application is driven by calls that all take the time, and answers each with requests. Four of
them are events of the engine as they stand: `Submit`, `Withdraw`, `Claim` and `Unclaim`. Two the host
makes events of: `Take` and `ChangePlan`. Three are for the driver: `Save` and `SetAside` (or `Erase`) are
committed in the same commit as the engine's own store writes, and `Say` goes into the trace after it. So the
effects of one call are kept together or not at all.

This module knows nothing of the engine, because applications import it and nothing else of the node.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from starlight.bundle import ReasonCode
from starlight.contacts import ContactPlan
from starlight.trace import Record


class _Request(msgspec.Struct, frozen=True, tag=True, gc=False):
    # The class names are tags in recorded runs, and the order of fields is theirs too.
    pass


class NotKept(StrEnum):
    """Reasons for which a node does not take a bundle of its application, or keep it.

    They stand in recorded runs and in applications' records, so their values stay as they are.
    """

    STORE_FULL = "the store is full"
    TOO_LARGE = "too large"
    LIFETIME_EXPIRED = "lifetime expired"
    DROPPED = "dropped by who runs the node"


class Submit(_Request, frozen=True):
    """An application asks for a bundle to be sent.

    Attributes:
        token: the application's own name for it, given back when it is accepted or rejected.
        source, destination: endpoint ids as text.
        payload: the application data unit.
        lifetime_ms: how long it is worth carrying.
        report_to: endpoint id as text; None for the node itself where a report is asked for, else
            for nobody.
        flags: bundle processing control flags to add (RFC 9171, 4.2.3), such as report requests.
        priority: 0 bulk, 1 normal, 2 expedited.
        critical: to be sent by every neighbour that a route leads over, and as urgent as there is.
    """

    token: str
    source: str
    destination: str
    payload: bytes
    lifetime_ms: int
    report_to: str | None = None
    flags: int = 0
    priority: int = 1
    critical: bool = False


class Withdraw(_Request, frozen=True):
    """An application takes back a bundle that has not departed."""

    key: str


class Claim(_Request, frozen=True):
    """An application takes what is, or will be, addressed to an endpoint of this node.

    Attributes:
        endpoint: its id as text.
        at_most: how many data units it is offered at a time, those counted that it left `Untaken`; None for
            all that there are. What is beyond waits in the node.
    """

    endpoint: str
    at_most: int | None = None


class Unclaim(_Request, frozen=True):
    """An application no longer takes what is addressed to an endpoint; it waits again."""

    endpoint: str


class Save(_Request, frozen=True):
    """Keep a record of the application, replacing what was kept under the same mailbox and key.

    Attributes:
        mailbox: the owner's name, such as an address.
        key: its name in that mailbox.
        data: the record, in the application's own form.
    """

    mailbox: str
    key: str
    data: bytes


class SetAside(_Request, frozen=True):
    """Take a record out of use that can't be read; the store keeps it in quarantine, and lists it there.

    Attributes:
        mailbox, key: as of the `Save` that kept it.
        why: what is wrong with it, in words.
    """

    mailbox: str
    key: str
    why: str


class Erase(SetAside, frozen=True):
    """Delete a record for good: nothing of it is kept, not even in quarantine.

    It is a `SetAside` to all that stand between the application and the store, as from the moment that it is
    asked for nobody may read the record; only the store lets go of its bytes.

    Attributes:
        why: empty.
    """

    why: str = ""


class Say(_Request, frozen=True):
    """Put a record into the trace."""

    record: Record


class Untaken(_Request, frozen=True):
    """An answer to `Application.delivered`: the application does not hold the data unit yet.

    It stays stored in the node, and nobody is told that it was delivered, until the application asks to
    `Take` it. If it never does (its node stops, it gives the endpoint back), the unit is offered again. If
    its lifetime ends before, the application is told that it `expired`.
    """


class Declined(_Request, frozen=True):
    """An answer to `Application.delivered`: the application will never take the data unit.

    The node lets go of it, and reports it, where that is asked, as deleted and never as delivered.

    Attributes:
        reason: the reason code of that report (RFC 9171, 6.1.1).
    """

    reason: int = ReasonCode.BLOCK_UNINTELLIGIBLE


class Take(_Request, frozen=True):
    """An application holds a data unit that it left `Untaken`; the node lets go of it.

    Attributes:
        keys: `DataUnit.keys`.
    """

    keys: tuple[str, ...]


class ChangePlan(_Request, frozen=True):
    """An application puts another contact plan in force at its node."""

    plan: ContactPlan


class HeardClock(_Request, frozen=True):
    """Take note of when something became of a bundle of ours, by the clock of whom it went to.

    Attributes:
        key: of the data unit that tells it, which is being delivered.
        theirs: when, by the clock of the source of that unit, in ns.
        left: when the bundle left, by ours.
    """

    key: str
    theirs: int
    left: int


ApplicationEvent = Submit | Withdraw | Claim | Unclaim | HeardClock
"""The requests that the engine handles; a recorded run holds them among its events."""

Request = ApplicationEvent | Save | SetAside | Erase | Say | Untaken | Declined | Take | ChangePlan


class DataUnit(NamedTuple):
    """An application data unit (RFC 9171, 3.1) that came for an endpoint of this node, whole.

    Attributes:
        key: the identity of its bundle as text (`Bundle.id`); of one that came in fragments, of the whole.
        keys: the stored bundles that make it up, for `Take`.
        endpoint: the claimed endpoint that it is addressed to.
        source: the endpoint that sent it, as its bundle says.
        created: the creation time of its bundle, in ns at a resolution of 1 ms; None where the source has no
            clock (RFC 9171, 4.2.7).
        payload: its bytes.
        expires: when its lifetime ends, in ns.
        priority: how urgent it was sent: 0 bulk, 1 normal, 2 expedited.
    """

    key: str
    keys: tuple[str, ...]
    endpoint: str
    source: str
    created: int | None
    payload: bytes
    expires: int
    priority: int


class Application(Protocol):
    """The application of a node. Each call returns requests; all times are ns of mission time.

    `key` is a bundle's identity as text, by which the application knows it whether it is kept
    whole, in fragments or in copies.
    """

    def resume(self, now: int) -> Sequence[Request]:
        """Say what to ask of a node that has just started."""

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> Sequence[Request]:
        """Take note that a submitted bundle was taken."""

    def rejected(self, token: str, reason: str, now: int) -> Sequence[Request]:
        """Take note that a submitted bundle was not taken.

        Args:
            token: as it was submitted.
            reason: a `NotKept`; of a request that breaks a rule, what no application should make, the
                rule in words.
            now: in ns.
        """

    def delivered(self, unit: DataUnit, now: int) -> Sequence[Request]:
        """Take what was addressed to a claimed endpoint, unless `Untaken` or `Declined` is an answer."""

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> Sequence[Request]:
        """Take note that a bundle leaves; `taken` or `returned` tells whether a link has taken it."""

    def taken(self, key: str, now: int) -> Sequence[Request]:
        """Take note that a link has taken a bundle, or a part of it: it has left."""

    def returned(self, key: str, now: int) -> Sequence[Request]:
        """Take note that a transfer of a bundle has failed: it waits again, though it may have arrived."""

    def withdrawn(self, key: str, now: int) -> Sequence[Request]:
        """Take note that a bundle was taken back."""

    def not_withdrawn(self, key: str, now: int) -> Sequence[Request]:
        """Take note that a bundle could not be taken back."""

    def expired(self, key: str, reason: str, now: int) -> Sequence[Request]:
        """Take note that a bundle that it submitted, or left untaken, expired in this node's store.

        Args:
            key: its identity.
            reason: a `NotKept`.
            now: in ns.
        """

    def reported(
        self, key: str, reporter: str, status: str, time: int | None, reason: int, now: int
    ) -> Sequence[Request]:
        """Take note of a status report."""

    def plan_changed(self, now: int) -> Sequence[Request]:
        """Take note of a new contact plan."""

    def handle_timer(self, now: int) -> Sequence[Request]:
        """Do what is due."""

    def next_wakeup(self) -> int | None:
        """Say when `handle_timer` has something to do."""


class Restorable(Application, Protocol):
    """An application that can be given back what it saved."""

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Take back a record that a `Save` made durable, before it resumes.

        An application that raises here is not driven until its node starts again, so that it saves nothing
        over what it could not read; one record that is damaged is better answered with `SetAside`.
        """
