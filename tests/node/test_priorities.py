"""Who goes first: a non-preemptive priority queue on every contact, and promises that hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.node.helpers import HOUR, SECOND, Fixture, T, contact, of, plan, traces

from starlight.contacts.plan import ContactPlan
from starlight.node.actions import Accepted, Action, Persist, Transmit
from starlight.node.events import TransferAcknowledged, Wakeup
from starlight.routing import Priority

BULK, NORMAL, EXPEDITED = Priority
MS = SECOND // 1000
BYTE = 1_000
"""The ns that a byte takes on a contact of `helpers.contact`."""


class Posted(NamedTuple):
    """A bundle as it was submitted, and what was promised."""

    at: int
    key: str
    priority: int
    takes: int
    leaves: int | None


class Line:
    """A node whose bundles are submitted one by one, and who is woken when it wants to be."""

    def __init__(self, contacts: ContactPlan) -> None:
        self.node = Fixture(1, contacts)
        self.posted: list[Posted] = []
        self.sent: list[Transmit] = []
        self.trace: list[str] = []

    def at(self, now: int) -> Iterator[int]:
        """Wake the node at all times until now at which it wants to be; yield each after."""
        while (due := self.node.node.next_wakeup()) is not None and due <= now:
            self.take(self.node.handle(Wakeup(), due))
            yield due

    def until(self, now: int) -> None:
        """Let time pass."""
        for _ in self.at(now):
            pass

    def take(self, actions: list[Action]) -> None:
        """Note what was sent."""
        self.sent += of(actions, Transmit)
        self.trace += traces(actions)

    def post(self, at: int, priority: int, payload: int = 0, to: str = "ipn:3.1") -> Posted:
        """Submit a bundle."""
        self.until(at)
        actions = self.node.submit(to, at, priority=priority, payload=bytes(payload))
        (accepted,), persist = of(actions, Accepted), of(actions, Persist)[0]
        self.posted.append(Posted(at, accepted.key, priority, len(persist.data) * BYTE, accepted.leaves))
        self.take(actions)
        return self.posted[-1]

    @property
    def left(self) -> dict[str, int]:
        """When each bundle has left, in the order of leaving."""
        return {sent.key: sent.leaves for sent in self.sent}


def expected(posted: list[Posted], opens: int) -> dict[str, int]:
    """Return when each leaves a queue that always takes the most urgent, and of those the first that came."""
    left: dict[str, int] = {}
    queue: list[tuple[int, int, Posted]] = []
    free_at, coming = opens, list(enumerate(posted))
    while queue or coming:
        if not queue or (coming and coming[0][1].at < free_at):
            order, bundle = coming.pop(0)
            queue.append((-bundle.priority, order, bundle))
            free_at = max(free_at, bundle.at)
        else:
            queue.sort()
            _, _, bundle = queue.pop(0)
            left[bundle.key] = free_at
            free_at += bundle.takes
    return left


COMING = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from(list(Priority)), st.integers(0, 300)), max_size=40
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(COMING, st.integers(0, 20_000), st.booleans())
def test_a_contact_is_a_priority_queue(
    coming: list[tuple[int, Priority, int]], opens: int, acknowledged: bool
) -> None:
    """The most urgent goes first, else who came first; nothing on the air is broken off; none is lost.

    What an expedited bundle is promised holds to the ns, and what is booked is what there is to do.
    """
    line = Line(plan(contact(1, 1, 3, opens * 1_000, light_s=1e-6)))
    router = line.node.node.router
    now = T
    for pause, priority, payload in coming:
        now += pause * 1_000
        line.post(now, priority, payload)
        queued = [bundle for bundle in line.posted if bundle.key not in line.left]
        for level in Priority:
            busy = sum(end - start for start, end in router.bookings(1, level))
            assert busy == sum(bundle.takes for bundle in queued if bundle.priority >= level)
        if acknowledged:
            for sent in line.sent:
                if sent.reaches <= now:
                    line.take(line.node.handle(TransferAcknowledged(sent.key, 3, now), now))
    line.until(T + 9 * HOUR)
    assert line.left == expected(line.posted, T + opens * 1_000)
    assert list(line.left.values()) == sorted(line.left.values())
    assert len(line.sent) == len(line.posted)
    for place, bundle in enumerate(line.posted, 1):
        if all(other.priority <= bundle.priority for other in line.posted[place:]):
            assert line.left[bundle.key] == bundle.leaves
        else:
            assert line.left[bundle.key] >= (bundle.leaves or 0)
