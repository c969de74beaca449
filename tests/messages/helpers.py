"""A small sky for post offices: nodes that route, hold and lose bundles, and no engine.

It performs the requests of post offices in virtual time with a real router. What it does is
what a node promises its application, and no more; the real engine is tested elsewhere.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random

from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, MILLISECOND, SECOND
from starlight.engine.node import Node
from starlight.forwarding.fragmentation import RELAY_BYTES
from starlight.messages.conversation_order import thread_of
from starlight.messages.correspondent import Maker
from starlight.messages.draft import Draft
from starlight.messages.first_format import encode_first
from starlight.messages.forecast import Prediction
from starlight.messages.lateness import Lateness
from starlight.messages.letter import Letter
from starlight.messages.urgency import Priority
from starlight.node.application import (
    Claim,
    DataUnit,
    Request,
    Save,
    Say,
    SetAside,
    Submit,
    Unclaim,
    Untaken,
    Withdraw,
)
from starlight.node.config import NodeConfig
from starlight.node.events import PlanChanged
from starlight.node.forecast import Outgoing
from starlight.postoffice.lifetimes import LETTER_LIFETIME
from starlight.postoffice.postoffice import PostOffice
from starlight.postoffice.unopened import Fact
from starlight.routing import NoRoute, Route, RouteRequest
from starlight.trace import Record

EARTH, RELAY, MARS = 7, 15, 20
JAY, CREW, FATHER = "ipn:7.1", "ipn:7.2", "ipn:7.3"
NANYOUNG, MISSION = "ipn:20.1", "ipn:20.2"
LIGHT = 600 * SECOND
FOREVER = 10**19
NAMES = {EARTH: "Seoul", RELAY: "the relay", MARS: "the base"}


def contact(
    id: int, from_node: int, to_node: int, start: int, end: int, *, light_s: float = 600, bps: int = 1_000_000
) -> Contact:
    """Return a contact at one rate and one light time."""
    return Contact(id, from_node, to_node, start, end, ((start, bps),), constant_light(start, light_s))


def both_ways(start: int = 0, end: int = FOREVER) -> ContactPlan:
    """Return a plan in which Earth and Mars hear each other for one interval."""
    return ContactPlan.of(
        [contact(1, EARTH, MARS, start, end), contact(2, MARS, EARTH, start, end)],
    )


def overhead_of(priority: int = 1, payload: int = 1_000, now: int = 0) -> int:
    """Return what a bundle between these nodes adds to a payload, in bytes; its creation time counts."""
    outgoing = Outgoing(JAY, NANYOUNG, payload, LETTER_LIFETIME // MILLISECOND, priority=priority)
    return Node(NodeConfig(EARTH)).forecaster.bundle_bytes(outgoing, now) - payload


def fragment_overhead_of(priority: int = 1) -> int:
    """Return how many bytes of a fragment are reckoned to be no payload, of one of less than 64 KiB."""
    return overhead_of(priority) + 2 * 3 + RELAY_BYTES


def unit(
    endpoint: str, source: str, payload: bytes, created: int = 0, priority: int = Priority.NORMAL
) -> DataUnit:
    """Return what a node delivers of a bundle that came whole, created at a time in ns."""
    key = f"{source}/{created // MILLISECOND}/0"
    return DataUnit(key, (key,), endpoint, source, created, payload, created + DAY, priority)


def draft_of(office: PostOffice, to: str, words: str | int, now: int, priority: int) -> Draft:
    """Return a draft of Jay's with these words, or with as many as make a payload of so many bytes."""
    if isinstance(words, str):
        return Draft(to, words, priority=Priority(priority))
    count = words
    for _ in range(3):  # The head of a longer text has more bytes.
        id = f"{JAY}/{'0' * 32}"
        letter = Letter(id=id, thread=thread_of(JAY, to), sender=JAY, to=to, written_at=now, text="x" * count)
        count -= len(encode_first(letter)) - words
    return Draft(to, "x" * count, priority=Priority(priority))


def predict(office: PostOffice, to: str, words: str | int, now: int, priority: int = 1) -> Prediction:
    """Return what Jay may expect of a letter, given by its words or the size of its payload."""
    return office.forecasts.predict(JAY, draft_of(office, to, words, now, priority), now)


def why_late(office: PostOffice, to: str, words: str | int, now: int, priority: int = 1) -> Lateness:
    """Return why a letter of Jay's is late, given by its words or the size of its payload."""
    return office.forecasts.why_late(JAY, draft_of(office, to, words, now, priority), now)


class FakeNode:
    """A node's promises to one post office.

    Args:
        sky: where it hangs.
        number: its node number.
    """

    def __init__(self, sky: FakeSky, number: int) -> None:
        self.sky = sky
        self.number = number
        self.engine = Node(NodeConfig(number, sky.plan))  # for its forecasts alone
        self.router = self.engine.router
        self.saves: dict[tuple[str, str], bytes] = {}
        self.aside: dict[tuple[str, str], str] = {}
        self.trace: list[Record] = []
        self.claimed: set[str] = set()
        self.waiting: list[tuple[str, str, bytes, int, int]] = []
        self.made: dict[str, int] = {}  # when each bundle was made
        self.queued: dict[str, tuple[Submit, Route | NoRoute]] = {}
        self.posts: list[Submit] = []
        self.random = Random(number)
        self.fact: Callable[[str], Fact | None] = lambda name: None
        self.makers: list[Maker] = []
        self.office = self.fresh_office()

    def fresh_office(self) -> PostOffice:
        """Return an office that has nothing in memory."""
        return PostOffice(
            self.engine.forecaster,
            booked=self.booked,
            correspondents=self.makers,
            entropy=self.random.randbytes,
            fact=self.fact,
        )

    def booked(self, key: str) -> tuple[Route, ...]:
        """Return what is booked for a bundle that waits here."""
        route = self.queued[key][1] if key in self.queued else None
        return (route,) if route else ()

    def ask(self, requests: list[Request]) -> None:
        """Perform requests in order, and those that follow from them."""
        for request in requests:
            if isinstance(request, Save):
                self.saves[request.mailbox, request.key] = request.data
            elif isinstance(request, SetAside):
                self.aside[request.mailbox, request.key] = request.why
                self.saves.pop((request.mailbox, request.key), None)
            elif isinstance(request, Say):
                self.trace.append(request.record)
                assert request.record.line()
            elif isinstance(request, Submit):
                self._post(request)
            elif isinstance(request, Withdraw):
                self._recall(request.key)
            elif isinstance(request, Claim):
                self.claimed.add(request.endpoint)
                waiting, self.waiting = self.waiting, []
                for bundle in waiting:
                    self.arrive(*bundle)
            elif isinstance(request, Unclaim):
                self.claimed.discard(request.endpoint)

    def arrive(
        self,
        destination: str,
        source: str,
        payload: bytes,
        created: int | None = None,
        priority: int = Priority.NORMAL,
    ) -> None:
        """Deliver what was made at a time, or just now; keep it for whoever claims the endpoint."""
        made = self.sky.now if created is None else created
        if destination in self.claimed:
            came = unit(destination, source, payload, made, priority)
            answer = self.office.delivered(came, self.sky.now)
            if any(isinstance(request, Untaken) for request in answer):
                self.waiting.append((destination, source, payload, made, priority))
            self.ask(answer)
        else:
            self.waiting.append((destination, source, payload, made, priority))

    def set_plan(self, plan: ContactPlan) -> None:
        """Take a new plan: what has not left is routed again."""
        self.router.set_plan(plan)
        self.engine.handle(PlanChanged(plan), self.sky.now)
        for key, (post, _) in list(self.queued.items()):
            self.queued.pop(key)
            self._queue(key, post)
        self.ask(self.office.plan_changed(self.sky.now))

    def restart(self) -> None:
        """Lose the memory and come back with what was saved, in an order that nobody chose."""
        self.office = self.fresh_office()
        self.claimed = set()
        for mailbox, key in sorted(self.saves, reverse=True):
            self.office.restore(mailbox, key, self.saves[mailbox, key])
        self.ask(self.office.resume(self.sky.now))

    def leave(self, key: str) -> None:
        """Let a bundle leave, if it is its time."""
        post, route = self.queued.get(key, (None, None))
        if post is None or not route or route.leaves != self.sky.now or not route.hops:
            return
        hop = route.hops[0]
        self.ask(
            self.office.departed(
                key, hop.contact.to_node, hop.leaves, hop.last_byte, hop.arrives, self.sky.now
            )
        )
        self.ask(self.office.taken(key, self.sky.now))
        del self.queued[key]
        if not self.sky.lose(post):
            self.sky.later(route.arrival, lambda: self._hand_over(post, self.made[key]))

    def expire(self, key: str, reason: str) -> None:
        """Let a queued bundle vanish from the store."""
        self.queued.pop(key, None)
        self.ask(self.office.expired(key, reason, self.sky.now))

    def _hand_over(self, post: Submit, made: int) -> None:
        node = self.office.addresses.node_of(post.destination)
        assert node is not None
        urgency = Priority.EXPEDITED if post.critical else post.priority
        self.sky.nodes[node].arrive(post.destination, post.source, post.payload, made, urgency)

    def _post(self, post: Submit) -> None:
        reason = self.sky.refuse(post)
        if reason:
            self.ask(self.office.rejected(post.token, reason, self.sky.now))
            return
        self.posts.append(post)
        self.sky.count += 1
        key = f"{post.source}/{self.sky.count}/0"
        self.made[key] = self.sky.now
        route = self._queue(key, post)
        leaves, arrives = (route.leaves, route.arrival) if route else (None, None)
        self.ask(self.office.accepted(post.token, key, leaves, arrives, self.sky.now))
        if route and not route.hops:
            del self.queued[key]
            self._hand_over(post, self.made[key])

    def _queue(self, key: str, post: Submit) -> Route | NoRoute:
        node = self.office.addresses.node_of(post.destination)
        assert node is not None
        size = self.engine.forecaster.bundle_bytes(
            Outgoing(
                post.source,
                post.destination,
                len(post.payload),
                post.lifetime_ms,
                priority=post.priority,
            ),
            self.sky.now,
        )
        route = self.router.route(RouteRequest(self.number, node, self.sky.now, size, priority=post.priority))
        self.queued[key] = (post, route)
        if route:
            self.router.bookings.book(route)
            self.sky.later(route.leaves, lambda: self.leave(key))
        return route

    def _recall(self, key: str) -> None:
        if self.queued.pop(key, None):
            self.ask(self.office.withdrawn(key, self.sky.now))
        else:
            self.ask(self.office.not_withdrawn(key, self.sky.now))


class FakeSky:
    """Post offices on Earth and Mars with a plan between them.

    Attributes:
        lose: says of a post that has left whether it never arrives.
        refuse: says why a node does not take a post, or nothing.
    """

    def __init__(self, plan: ContactPlan | None = None) -> None:
        self.plan = plan or both_ways()
        self.now = 0
        self.count = 0
        self.lose: Callable[[Submit], bool] = lambda post: False
        self.refuse: Callable[[Submit], str] = lambda post: ""
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self.nodes = {number: FakeNode(self, number) for number in (EARTH, MARS)}

    @property
    def earth(self) -> FakeNode:
        return self.nodes[EARTH]

    @property
    def mars(self) -> FakeNode:
        return self.nodes[MARS]

    def later(self, time: int, action: Callable[[], None]) -> None:
        """Do something at a time."""
        self._order += 1
        heapq.heappush(self._heap, (time, self._order, action))

    def set_plan(self, plan: ContactPlan) -> None:
        """Give every node a new plan."""
        self.plan = plan
        for node in self.nodes.values():
            node.set_plan(plan)

    def open_all(self) -> None:
        """Open the mailboxes of Jay and Nan-young."""
        self.earth.ask(self.earth.office.mailboxes.open(JAY, "Jay", self.now))
        self.mars.ask(self.mars.office.mailboxes.open(NANYOUNG, "Nan-young", self.now))

    def run(self, until: int) -> None:
        """Let everything happen that happens up to a time."""
        while True:
            wakeups = [
                (due, node.number)
                for node in self.nodes.values()
                if (due := node.office.next_wakeup()) is not None
            ]
            wake = min(wakeups, default=(FOREVER, 0))
            if self._heap and self._heap[0][0] <= min(wake[0], until):
                time, _, action = heapq.heappop(self._heap)
                self.now = max(self.now, time)
                action()
            elif wake[0] <= until:
                self.now = max(self.now, wake[0])
                node = self.nodes[wake[1]]
                node.ask(node.office.handle_timer(self.now))
            else:
                break
        self.now = until

    def write(
        self,
        node: int,
        address: str,
        to: str,
        text: str,
        *,
        reply_to: str | None = None,
        priority: Priority = Priority.NORMAL,
        critical: bool = False,
        thread: str | None = None,
        lifetime: int = LETTER_LIFETIME,
    ) -> str:
        """Write a letter and return its id."""
        fake = self.nodes[node]
        draft = Draft(to, text, reply_to, priority, critical)
        letter, requests = fake.office.outbox.write(
            address, draft, self.now, thread=thread, lifetime=lifetime
        )
        fake.ask(requests)
        return letter.id

    def read(self, node: int, address: str, letter_id: str) -> None:
        """Mark a letter as read."""
        fake = self.nodes[node]
        fake.ask(fake.office.inbox.mark_read(address, letter_id, self.now))

    def state(self, node: int, address: str, letter_id: str) -> tuple[str, str]:
        """Return the state of a letter and how it is known, as its mailbox shows it."""
        view = self.nodes[node].office.mailbox(address).letter_view(letter_id, self.now)
        return view.state.value, view.certainty.value
