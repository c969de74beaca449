"""The text of routes: hop by hop, why one that looks faster was refused, which contacts are never used."""

from __future__ import annotations

from collections.abc import Iterable

from starlight.contacts import Contact
from starlight.dtntime import SECOND, duration_text
from starlight.routing import Hop, RefusalCode, Route, RouteRefusal, Unusable
from starlight.words.sentence import Moment, Names, Sentence, bytes_text, fill, name_of

HOP = "At {here} it {waits}leaves at {leaves}{last_byte} and arrives at {there} at {arrives}{light}."
WAITS_FOR_CONTACT = "until {until} for the contact with {there}"
WAITS_IN_QUEUE = "until {until} for what is booked before it"

HEADLINE = "Refused: contacts {ids}, which look like an arrival at {looked_like}."
NOT_EARLIER = "So it would arrive at {at}, no earlier than by the chosen route: from {here} to {there} "
# The words are meant for people who have a plan before them: contacts are told by id, sizes to the byte.
REFUSALS = {
    RefusalCode.NEIGHBOUR_EXCLUDED: "It is not handed to {there}: that neighbour is excluded.",
    RefusalCode.CONTACT_EXCLUDED: "Contact {id} from {here} to {there} is excluded.",
    RefusalCode.PEER_TAKES: "It is too large for {there}, which takes {room} as one transfer; it has {size}.",
    RefusalCode.PASSED_BEFORE: "It has been at {there} before and does not pass there again.",
    RefusalCode.CONTACT_OVER: (
        "It comes too late from {here} to {there}: contact {id} ends at {ends}, {late} before it is there."
    ),
    RefusalCode.NEGATIVE_RANGE: "It can't go from {here} to {there}: the range of contact {id} is negative.",
    RefusalCode.TOO_LARGE: (
        "It is too large from {here} to {there}: contact {id} carries {room} from {at} until it ends at "
        "{ends}; it needs {size}."
    ),
    RefusalCode.BOOKED_UP: (
        "It finds no place from {here} to {there}: what is booked on contact {id} leaves no room until it "
        "ends at {ends}; it needs {size}."
    ),
    RefusalCode.LITTLE_ROOM: (
        "It finds no place from {here} to {there}: what is booked on contact {id} leaves room for {room} "
        "until it ends at {ends}; it needs {size}."
    ),
    RefusalCode.ONLY_GAPS: (
        "It finds no place from {here} to {there}: what is booked on contact {id} leaves only gaps, of "
        "{room} together, until it ends at {ends}; it needs {size}."
    ),
    RefusalCode.EXPIRED: "It would arrive at {at}, after it has expired at {expires}.",
    RefusalCode.QUEUE: NOT_EARLIER + "what is booked before it on contact {id} takes {takes}.",
    RefusalCode.SLOW: NOT_EARLIER + "its bytes take {takes} on contact {id}, at {rate} bit/s.",
}
"""In English, why a route that looks faster is not; ``{at}`` is when the bundle would be there."""

ONLY_MARGINS = (
    "Without the margins that are added to light times, {margin} in all (CCSDS 734.3-B-1, 2.4.2), it would "
    "go by contacts {ids} and arrive at {at}."
)
NOTHING_LEAVES = "The plan has no contact from {here} to any node."
NOTHING_LEAVES_ANY_MORE = "The last contact from {here} ends at {last}, before the bundle is there at {at}."
NOTHING_LEADS_THERE = "The plan has no contact from any node to {there}."
NO_CHAIN = "The plan has no chain of contacts from {here} to {there}."
CONTACT_MISSED = (
    "It is at {here} at {at} at the earliest; contact {id} from there to {there} ends at {ends}, {late} "
    "before."
)
"""In English, why a plan has no route, where none can be named that fails."""

NEVER_USED = "Contact {id} from {here} to {there}, {start} to {end}, is never used: {reason}."
UNUSABLE = {
    Unusable.ENDS_BEFORE_START: "it ends before it starts",
    Unusable.TO_ITSELF: "it leads to its own transmitter",
    Unusable.NO_RATE: "no rate is given for it",
    Unusable.NO_RANGE: "no range is given for it",
}
"""In English, why a contact can never carry anything."""


def hops(route: Route, names: Names) -> tuple[Sentence, ...]:
    """Return a sentence for each hop of a route: until when it waits and why, leaves, arrives."""
    return tuple(hop(each, names) for each in route.hops)


def hop(made: Hop, names: Names) -> Sentence:
    """Return in a sentence until when a bundle waits and why, leaves, arrives."""
    contact, nothing = made.contact, Sentence(())
    there = name_of(contact.to_node, names)
    waits = []
    if made.waits_until > made.ready:
        waits.append(fill(WAITS_FOR_CONTACT, until=Moment(made.waits_until), there=there))
    if made.leaves > made.waits_until:
        waits.append(fill(WAITS_IN_QUEUE, until=Moment(made.leaves)))
    both = fill("{one} and {other}", one=waits[0], other=waits[-1]) if len(waits) > 1 else None
    light_time = made.arrives - made.last_byte
    # Between neighbours on the same world light is told no more than a cable is.
    light = f", after {duration_text(light_time)} of light" if light_time >= SECOND // 10 else ""
    return fill(
        HOP,
        here=name_of(contact.from_node, names),
        there=there,
        waits=fill("waits {waits}, ", waits=both or waits[0]) if waits else nothing,
        leaves=Moment(made.leaves),
        last_byte=(
            fill(", its last byte at {at},", at=Moment(made.last_byte))
            if made.last_byte > made.leaves
            else nothing
        ),
        arrives=Moment(made.arrives),
        light=light,
    )


def headline(refusal: RouteRefusal) -> Sentence:
    """Return in a line which route was refused."""
    # By ids, as in the plan's file: names would not tell two contacts of one link apart.
    ids = ", ".join(str(contact.id) for contact in refusal.contacts)
    return fill(HEADLINE, ids=ids, looked_like=Moment(refusal.looked_like))


def refused(refusal: RouteRefusal, names: Names) -> tuple[Sentence, ...]:
    """Return a sentence for each contact of a refused route, up to the one that decides."""
    # All facts are handed to every template: each names those that its code has set.
    decides = refusal.slow
    reason = fill(
        REFUSALS[refusal.code],
        id=decides.id,
        here=name_of(decides.from_node, names),
        there=name_of(decides.to_node, names),
        at=Moment(refusal.at),
        ends=Moment(decides.end),
        late=duration_text(refusal.at - decides.end),
        room=bytes_text(refusal.room_bytes),
        size=bytes_text(refusal.size_bytes),
        expires=Moment(refusal.expires),
        takes=duration_text(refusal.takes),
        rate=refusal.rate_bps,
    )
    return (*(hop(each, names) for each in refusal.hops), reason)


def never_used(unusable: Iterable[tuple[Contact, Unusable]], names: Names) -> tuple[Sentence, ...]:
    """Return a sentence for each contact that is never used, such as one without a range."""
    return tuple(
        fill(
            NEVER_USED,
            id=contact.id,
            here=name_of(contact.from_node, names),
            there=name_of(contact.to_node, names),
            start=Moment(contact.start),
            end=Moment(contact.end),
            reason=UNUSABLE[reason],
        )
        for contact, reason in unusable
    )
