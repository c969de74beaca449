"""Why not: what keeps a bundle from a route that looks faster than the one that was chosen.

What looks faster is found in an emptier world: nothing is booked or forbidden there, and the
bundle has no size. Each such route is then followed, contact by contact, in the real one, to where
it fails or has become too slow. The words are those of a route that explains itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from starlight.contacts.contact import Contact
from starlight.dtntime import SECOND
from starlight.routing.candidates import Question, best_first
from starlight.routing.index import PlanIndex
from starlight.routing.lanes import Busy, Span
from starlight.routing.route import Hop, Route, name_of, sentence, time_text
from starlight.routing.volume import free_volume, margin

NOTHING_FASTER = "Nothing looks faster: no other way arrives earlier, even for a bundle of no size."
"""What is said where a route was found and nothing was refused."""

MAX_LOOKED_AT = 64
"""Faster-looking routes that are followed: those that come after fail where one of these did."""


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A route that looked faster, and what became of it.

    Attributes:
        contacts: its contacts.
        looked_like: when it would arrive in the emptier world, in ns.
        hops: those that the bundle would make.
        failed: the contact at which it fails; None when it arrives, but too late.
        reason: why, for people; ``{here}`` and ``{there}`` stand for the ends of the contact.
        tell: writes a time.
    """

    contacts: tuple[Contact, ...]
    looked_like: int
    hops: tuple[Hop, ...]
    failed: Contact | None
    reason: str
    tell: Callable[[int], str] = time_text

    @property
    def headline(self) -> str:
        """Return which route it is, in a line."""
        ids = ", ".join(str(contact.id) for contact in self.contacts)
        return f"Refused: contacts {ids}, which look like an arrival at {self.tell(self.looked_like)}."

    def explain(self, names: Mapping[int, str]) -> list[str]:
        """Return a sentence for each contact up to the one that decides.

        Args:
            names: what people call the nodes; a node that is not in it is ``node 7``.
        """
        decides = self.failed or self.contacts[-1]
        here, there = name_of(decides.from_node, names), name_of(decides.to_node, names)
        return [
            *(sentence(hop, names, self.tell) for hop in self.hops),
            self.reason.format(here=here, there=there),
        ]


class Wish(msgspec.Struct, frozen=True, gc=False):
    """A question with what limits its answer.

    Attributes:
        question: what was asked for; its size is the volume that the bundle needs of a contact.
        expires: when the bundle does, in ns; None for never.
        chosen: the route that was the answer; None when there was none.
        tell: writes a time.
    """

    question: Question
    expires: int | None
    chosen: Route | None
    tell: Callable[[int], str] = time_text


def refusals(
    index: PlanIndex, busy: Busy, wish: Wish, most: int, looks: int = MAX_LOOKED_AT
) -> list[Refusal]:
    """Return why routes that look faster than the chosen one were not, the fastest-looking first.

    Args:
        index: the plan.
        busy: what is booked.
        wish: what was asked for and answered.
        most: how many at most; routes that fail at the same contact for the same reason count once.
        looks: how many routes are followed at most; those that come after mostly fail where one of these did.
    """
    asked, chosen = wish.question, wish.chosen
    empty = Question(asked.source, asked.destination, asked.now, 0)
    path_of_chosen = [hop.contact.id for hop in chosen.hops] if chosen else []
    found: list[Refusal] = []
    seen: set[tuple[int, str]] = set()
    for looked_at, (key, path) in enumerate(best_first(index, {}, empty)):
        late = chosen is not None and key[0] >= chosen.projected
        if late or looked_at == looks or len(found) == most:
            break
        if [span.id for span in path] == path_of_chosen:
            continue
        refusal = _follow(path, busy, wish, key[0])
        cause = (refusal.failed.id if refusal.failed else -1, refusal.reason)
        if cause not in seen:
            seen.add(cause)
            found.append(refusal)
    return found


def never_used(
    unusable: Iterable[tuple[Contact, str]],
    names: Mapping[int, str],
    tell: Callable[[int], str] = time_text,
) -> list[str]:
    """Return a sentence for each contact that is never used, such as one without a range.

    Args:
        unusable: contacts, each with the reason.
        names: what people call the nodes.
        tell: writes a time.
    """
    return [
        f"Contact {contact.id} from {name_of(contact.from_node, names)} to "
        f"{name_of(contact.to_node, names)}, {tell(contact.start)} to {tell(contact.end)}, "
        f"is never used: {reason}."
        for contact, reason in unusable
    ]


def _follow(path: tuple[Span, ...], busy: Busy, wish: Wish, looked_like: int) -> Refusal:
    contacts = tuple(span.contact for span in path)
    hops: list[Hop] = []
    ready = wish.question.now
    for span in path:
        reason = _forbidden(span.contact, wish.question, first=not hops)
        timing = None if reason else span.timing(ready, wish.question.size, busy)
        if timing is None:
            reason = reason or _misses(span.contact, ready, wish, busy)
            return Refusal(contacts, looked_like, tuple(hops), span.contact, reason, wish.tell)
        leaves, last_byte, arrives = timing
        light_time = span.contact.light_time(last_byte)
        more = margin(light_time) if span.with_margin else 0
        waits_until = max(ready, span.start)
        hops.append(Hop(span.contact, ready, waits_until, leaves, last_byte, last_byte + light_time, more))
        ready = arrives
    return Refusal(contacts, looked_like, tuple(hops), None, _too_late(ready, hops, wish), wish.tell)


def _forbidden(contact: Contact, question: Question, *, first: bool) -> str:
    if first and contact.to_node in question.exclude:
        return "It is not handed to {there}: that neighbour is excluded."
    if contact.id in question.banned:
        return f"Contact {contact.id} from {{here}} to {{there}} is excluded."
    if contact.to_node in question.avoid:
        return "It has been at {there} before and does not pass there again."
    return ""


def _misses(contact: Contact, ready: int, wish: Wish, busy: Busy) -> str:
    size, tell, ends = wish.question.size, wish.tell, wish.tell(contact.end)
    told = f"It misses contact {contact.id} from {{here}} to {{there}}: "
    if ready > contact.end:
        late = (ready - contact.end) / SECOND
        return f"{told}that ends at {ends}, {late:g} s before it is ready there at {tell(ready)}."
    begins = max(ready, contact.start)
    if contact.light_time(begins) < 0:
        return f"{told}its range is negative."
    if contact.last_byte(begins, size) is None:
        volume = contact.volume(begins, contact.end)
        return f"{told}from {tell(begins)} to its end at {ends} it carries {volume} B; this needs {size} B."
    left = free_volume(contact, begins, contact.end, busy.get(contact.id))
    room = "no room" if not left else f"{left} B, not in one piece" if left >= size else f"{left} B"
    return f"{told}what is booked on it leaves {room} until its end at {ends}; this needs {size} B."


def _too_late(arrives: int, hops: list[Hop], wish: Wish) -> str:
    tell = wish.tell
    if wish.expires is not None and arrives > wish.expires:
        return f"It arrives at {tell(arrives)} at the earliest; it has expired then, at {tell(wish.expires)}."
    queued = max(hops, key=lambda hop: hop.leaves - hop.waits_until)
    if queued.leaves > queued.waits_until:
        why = f"what is booked on contact {queued.contact.id} goes first"
    else:
        slowest = max(hops, key=lambda hop: hop.last_byte - hop.leaves)
        bps = slowest.contact.rate_bps(slowest.leaves)
        lasts = (slowest.last_byte - slowest.leaves) / SECOND
        why = f"its bytes need {lasts:g} s of contact {slowest.contact.id}, at {bps} bit/s"
    return f"So it arrives at {tell(arrives)}, no better than the chosen route: {why}."
