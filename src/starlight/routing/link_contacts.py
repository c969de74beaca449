"""The contacts of one direction of a link, so arranged that the search looks at few.

Windows mostly follow one another, so their ends ascend with their starts and one bisection finds
the first that has not ended. Where contacts lie inside one another (25 years beside eight hours)
they are split into chains in each of which that holds; there are as many as contacts are nested
deep, and finding what is alive never scans what has ended.

What is here is made once, never changed and points nowhere back, so the garbage collector need not
look at it: a plan of 300 000 contacts would cost it a second each time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from starlight.contacts import UNLIMITED_BPS, Contact, LightPiece
from starlight.dtntime import SECOND
from starlight.routing.contact_bookings import ContactBookings
from starlight.routing.volume import margin

NEVER = 2**200
"""Later than every time: nothing arrives."""

LONG_AGO = -NEVER
"""Earlier than every time; a name of its own, as to negate so large a number in a search takes time."""

Busy = dict[int, ContactBookings]
"""Bookings by the id of their contact."""


class SearchContact(msgspec.Struct, gc=False):
    """A contact as the search sees it.

    Attributes:
        planned: the contact of the plan.
        with_margin: light is taken to need its margin more.
        id, from_node, to_node, start, end: of the contact.
        light: the light time in ns, with its margin, where it does not change, else None.
        floor: no light time during the contact is shorter, in ns.
        most: it carries no more than this, in units of 1e-9 bit.
    """

    planned: Contact
    with_margin: bool = False
    id: int = 0
    from_node: int = 0
    to_node: int = 0
    start: int = 0
    end: int = 0
    light: int | None = None
    floor: int = 0
    most: int = 0

    def __post_init__(self) -> None:
        contact = self.planned
        self.id = contact.id
        self.from_node = contact.from_node
        self.to_node = contact.to_node
        self.start = contact.start
        self.end = contact.end
        rates, pieces = contact.rates, contact.light
        bps = rates[0][1] if len(rates) == 1 else max([rate for _, rate in rates])
        self.most = NEVER if bps == UNLIMITED_BPS else max(0, bps * (contact.end - contact.start))
        if len(pieces) == 1 and len(pieces[0].coefficients_s) == 1:
            light = contact.light_time(contact.start)
            if self.with_margin:
                light += margin(light)
            self.light = light
            self.floor = light if light > 0 else 0
        else:
            self.floor = _light_floor(pieces, contact.start, contact.end)

    def timing(self, ready: int, size: int, busy: Busy) -> tuple[int, int, int] | None:
        """Return ``(leaves, last_byte, arrives)`` of a bundle, or None when this contact can't carry it.

        Args:
            ready: when the bundle is at the transmitter, in ns.
            size: in bytes.
            busy: what is booked.

        What would arrive before it left (a negative light time) is not carried.
        """
        leaves: int = ready if ready > self.start else self.start
        booked = busy.get(self.id)
        if booked is not None:
            fit = booked.first_fit(self.planned, leaves, size)
            if fit is None:
                return None
            leaves, last_byte = fit
        else:
            done = self.planned.last_byte(leaves, size)
            if done is None:
                return None
            last_byte = done
        # By the last byte: the light time moves while a bundle is sent, and what counts is when all is there.
        light = self.light
        if light is None:
            light = self.planned.light_time(last_byte)
            if self.with_margin:
                light += margin(light)
        return None if light < 0 else (leaves, last_byte, last_byte + light)


class Chain(msgspec.Struct, frozen=True, gc=False, eq=False):
    """Contacts whose ends ascend with their starts.

    Attributes:
        contacts: the contacts, not none.
        starts, ends: of each.
        floor: no light time during any of them is shorter, in ns.
        most: none of them carries more than this, in units of 1e-9 bit.
        loose: it holds what fitted no other chain when a plan was amended.
    """

    contacts: tuple[SearchContact, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    floor: int
    most: int
    loose: bool = False

    def between(self, ready: int, until: int) -> tuple[int, int]:
        """Return the place of the first that has not ended, and of the first that has not begun."""
        return bisect_left(self.ends, ready), bisect_left(self.starts, until)

    def with_contact(self, contact: SearchContact) -> Chain | None:
        """Return the chain with one more, None where that does not fit between two that follow."""
        starts, ends, contacts = self.starts, self.ends, self.contacts
        place = bisect_left(starts, contact.start)
        while place < len(starts) and starts[place] == contact.start and contacts[place].id < contact.id:
            place += 1
        if (place and ends[place - 1] > contact.end) or (place < len(ends) and ends[place] < contact.end):
            return None
        return Chain(
            (*contacts[:place], contact, *contacts[place:]),
            (*starts[:place], contact.start, *starts[place:]),
            (*ends[:place], contact.end, *ends[place:]),
            min(self.floor, contact.floor),
            max(self.most, contact.most),
            self.loose,
        )

    def without(self, contact: Contact) -> Chain | None:
        """Return the chain without a contact, itself where it is not in it; None when nothing is left."""
        starts, ends, contacts = self.starts, self.ends, self.contacts
        place = bisect_left(starts, contact.start)
        while place < len(starts) and starts[place] == contact.start:
            if contacts[place].id == contact.id:
                break
            place += 1
        else:
            return self
        if len(contacts) == 1:
            return None
        return Chain(
            contacts[:place] + contacts[place + 1 :],
            starts[:place] + starts[place + 1 :],
            ends[:place] + ends[place + 1 :],
            self.floor,
            self.most,
            self.loose,
        )


Chains = tuple[Chain, ...]
"""What together holds some contacts, the chain that lasts longest first."""


def chained(contacts: Iterable[SearchContact]) -> Chains:
    """Return contacts, which come by their starts, in chains."""
    tails: list[int] = []  # The last end of each chain, ascending.
    chains: list[list[SearchContact]] = []
    for contact in contacts:
        # Patience sorting: onto the chain with the latest end that is no later makes the fewest chains.
        place = bisect_right(tails, contact.end) - 1
        if place < 0:
            place = 0
            tails.insert(0, contact.end)
            chains.insert(0, [])
        tails[place] = contact.end
        chains[place].append(contact)
    return tuple([_chain(chain) for chain in reversed(chains)])


def with_contact(chains: Chains, contact: SearchContact) -> Chains:
    """Return chains with one contact more.

    Where it fits none it makes a loose one. When these are more than the others, all are made
    anew, so there are never many more than contacts are nested deep.
    """
    for place, chain in enumerate(chains):
        longer = chain.with_contact(contact)
        if longer is not None:
            return _by_last_end((*chains[:place], longer, *chains[place + 1 :]))
    loose = sum(chain.loose for chain in chains) + 1
    if 2 * loose > len(chains) + 5:
        return chained(sorted([contact, *every_contact(chains)], key=_order))
    return _by_last_end(
        (*chains, Chain((contact,), (contact.start,), (contact.end,), contact.floor, contact.most, True))
    )


def without(chains: Chains, contact: Contact) -> Chains:
    """Return chains without a contact that is in one of them."""
    for place, chain in enumerate(chains):
        shorter = chain.without(contact)
        if shorter is None:
            return (*chains[:place], *chains[place + 1 :])
        if shorter is not chain:
            return _by_last_end((*chains[:place], shorter, *chains[place + 1 :]))
    return chains


def every_contact(chains: Chains) -> Iterator[SearchContact]:
    """Yield the contacts of chains."""
    for chain in chains:
        yield from chain.contacts


def _chain(contacts: Sequence[SearchContact]) -> Chain:
    starts = tuple([contact.start for contact in contacts])
    ends = tuple([contact.end for contact in contacts])
    floor, most = min([contact.floor for contact in contacts]), max([contact.most for contact in contacts])
    return Chain(tuple(contacts), starts, ends, floor, most)


def _by_last_end(chains: Chains) -> Chains:
    return tuple(sorted(chains, key=_last_end, reverse=True)) if len(chains) > 1 else chains


def _last_end(chain: Chain) -> int:
    return chain.ends[-1]


def _order(contact: SearchContact) -> tuple[int, int]:
    return contact.start, contact.id


def _by_beginning(found: tuple[int, int, int, Contact]) -> tuple[int, int, int]:
    return found[:3]


class LinkContacts(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The contacts from one node to another.

    Attributes:
        from_node, to_node: node numbers.
        chains: the contacts, not none.
        first_start, last_end: of all of them, in ns.
        one_way: nothing can come back over any of them.
    """

    from_node: int
    to_node: int
    chains: Chains
    first_start: int
    last_end: int
    one_way: bool

    @classmethod
    def of(cls, from_node: int, to_node: int, chains: Chains) -> LinkContacts:
        """Return these contacts with what holds for all of them."""
        first_start = min([chain.starts[0] for chain in chains])
        one_way = all(contact.planned.one_way for contact in every_contact(chains))
        return cls(from_node, to_node, chains, first_start, chains[0].ends[-1], one_way)

    def is_open(self, now: int) -> bool:
        """Tell whether a contact has begun and not ended at a time, in ns."""
        following = self.following(now)
        return following is not None and following.start <= now

    def open_until(self, now: int) -> int | None:
        """Return until when it is open at a time, in ns, over contacts that follow at once; None: shut."""
        until = None
        while (contact := self.following(now)) is not None and contact.start <= now:
            # One that ends now carries nothing more; what begins within the same ns follows at once.
            until, now = contact.end, contact.end + 1
        return until

    def following(self, ready: int) -> Contact | None:
        """Return the contact over which what is ready at a time, in ns, can begin to leave first."""
        found: list[tuple[int, int, int, Contact]] = []
        for chain in self.chains:
            place = bisect_left(chain.ends, ready)
            if place < len(chain.ends):
                contact = chain.contacts[place].planned
                found.append((max(contact.start, ready), contact.start, contact.id, contact))
        return min(found, key=_by_beginning)[3] if found else None

    def last_arrival(self) -> int:
        """Return a time by which all that these contacts can carry has arrived, in ns."""
        # Twice the light time, as the choice of routes adds a margin to it.
        planned = (contact.planned for contact in every_contact(self.chains))
        return max([contact.end + 2 * contact.light_time(contact.end) for contact in planned])

    def earliest(self, ready: int, size: int, before: int, busy: Busy, banned: Collection[int]) -> int:
        """Return the earliest arrival that is earlier than `before`, or `before`.

        Args:
            ready: when the bundle is at the transmitter, in ns.
            size: in bytes.
            before: in ns; what does not arrive before it is of no interest.
            busy: what is booked.
            banned: ids of contacts not to be used.
        """
        best = before
        needs = size * 8 * SECOND
        for chain in self.chains:
            ends = chain.ends
            if ends[-1] < ready:
                break  # Chains come by falling last end.
            if chain.most < needs:  # None of a thousand contacts carries it: no need to ask each.
                continue
            starts, contacts, floor = chain.starts, chain.contacts, chain.floor
            for index in range(bisect_left(ends, ready), len(ends)):
                begin = starts[index]
                if begin < ready:
                    begin = ready
                if begin + floor >= best:
                    break
                contact = contacts[index]
                if begin + contact.floor >= best or (banned and contact.id in banned):
                    continue
                timing = contact.timing(ready, size, busy)
                if timing is not None and timing[2] < best:
                    best = timing[2]
        return best

    def alive(self, ready: int, until: int) -> Iterator[SearchContact]:
        """Yield the contacts that have not ended at `ready` and could bring something by `until`, in ns."""
        for chain in self.chains:
            ends = chain.ends
            if ends[-1] < ready:
                break
            starts, contacts, floor = chain.starts, chain.contacts, chain.floor
            for index in range(bisect_left(ends, ready), len(ends)):
                begin = max(ready, starts[index])
                if begin + floor > until:
                    break
                if begin + contacts[index].floor <= until:
                    yield contacts[index]


def _light_floor(pieces: tuple[LightPiece, ...], start: int, end: int) -> int:
    """Return a lower bound, in ns, of the light time between two times: Horner's rule on intervals."""
    floor = NEVER
    for index, piece in enumerate(pieces):
        # The first piece also holds before it begins, each until the next.
        begin = max(start, piece.start) if index else start
        finish = min(end, pieces[index + 1].start) if index + 1 < len(pieces) else end
        if begin > finish:
            continue
        left, right = (begin - piece.start) / piece.span, (finish - piece.start) / piece.span
        low = high = 0.0
        for coefficient in reversed(piece.coefficients_s):
            if left >= 0:
                # The usual case, without looking at all four corners.
                low, high = (
                    low * (left if low >= 0 else right) + coefficient,
                    high * (right if high >= 0 else left) + coefficient,
                )
                continue
            corners = (low * left, low * right, high * left, high * right)
            low, high = min(corners) + coefficient, max(corners) + coefficient
        # A nanosecond and a trillionth below, for the rounding of floats.
        floor = min(floor, int(low * SECOND - abs(low) * 1e-3) - 1)
    return max(0, floor)
