"""Amendments of the plan as programs ask for them: the body of a request, and what is checked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

import msgspec

from starlight.contacts import (
    UNLIMITED_BPS,
    Amendment,
    Change,
    Contact,
    MissionFact,
    NewContacts,
    Outage,
    Removed,
    Retracted,
    check_amendment,
    constant_light,
)
from starlight.errors import InputError, did_you_mean
from starlight.faults import Faults
from starlight.json_time import Time

Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
"""Of a node, or of an amendment."""


class _Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    pass


class ContactDraft(_Draft, frozen=True):
    """A contact that is to be added; without a rate it takes no time.

    Attributes:
        from_, to: node numbers.
        start, end: when it can be transmitted over.
        rate_bps: in bit/s.
        light_time_s: one way; it does not change during the contact.
        one_way: nothing ever comes back over it.
    """

    from_: Number
    to: Number
    start: Time
    end: Time
    rate_bps: Annotated[int, msgspec.Meta(ge=1, le=10**12)] | None = None
    light_time_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    one_way: bool = False

    def contact(self) -> Contact:
        """Return the contact."""
        rate = UNLIMITED_BPS if self.rate_bps is None else self.rate_bps
        return Contact(
            id=0,
            from_node=self.from_,
            to_node=self.to,
            start=self.start,
            end=self.end,
            rates=((self.start, rate),),
            light=constant_light(self.start, self.light_time_s),
            one_way=self.one_way,
        )


class ChangeDraft(_Draft, frozen=True):
    """A change that is to be made; its kind says which of the other keys it has (`KINDS`).

    Attributes:
        both_ways: of an outage: each link in its other direction too; true where it is left out.
        text: of an outage: why, for people.
    """

    kind: str
    links: tuple[tuple[Number, Number], ...] | None = None
    both_ways: bool | None = None
    start: Time | None = None
    end: Time | None = None
    text: str | None = None
    contacts: tuple[ContactDraft, ...] | None = None
    from_: Number | None = None
    to: Number | None = None
    time: Time | None = None
    name: str | None = None
    value: str | int | float | bool | None = None
    author: Number | None = None
    number: Number | None = None


class AmendmentDraft(_Draft, frozen=True):
    """An amendment that is to be made.

    Attributes:
        changes: one at least.
        node: which node of this process makes it; needed where there are several.
        known_links: refuse an outage of a link that the plan has no contact on while it lasts.
    """

    changes: tuple[ChangeDraft, ...]
    node: Number | None = None
    known_links: bool = False

    def made(self) -> list[Change]:
        """Return the changes; the draft was checked (`check`)."""
        return [KINDS[each.kind].make(each) for each in self.changes]


class ChangeKind(NamedTuple):
    """A kind of change.

    Attributes:
        needed, optional: its keys.
        make: makes the change of a draft that has them.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...]
    make: Callable[[ChangeDraft], Change]


def check(draft: AmendmentDraft, faults: Faults) -> None:
    """Note what is wrong with the changes of an amendment that no single key can know."""
    if not draft.changes:
        faults.add("changes", "it is empty", "Say one change at least")
    for index, change in enumerate(draft.changes):
        _check_change(change, f"changes[{index}]", faults)


def _check_change(draft: ChangeDraft, key: str, faults: Faults) -> None:
    kind = KINDS.get(draft.kind)
    if kind is None:
        near = did_you_mean(draft.kind, KINDS)
        right = f"{near} The kinds are {', '.join(KINDS)}".strip()
        faults.add(f"{key}.kind", f"{draft.kind[:80]!r} is no kind of change", right)
        return
    fields = zip(draft.__struct_encode_fields__, draft.__struct_fields__, strict=True)
    given = [name for name, field in fields if getattr(draft, field) is not None and name != "kind"]
    right = f"The keys of {draft.kind!r} are {', '.join((*kind.needed, *kind.optional))}"
    missing = [name for name in kind.needed if name not in given]
    for name in missing:
        faults.add(f"{key}.{name}", "it is missing", right)
    for name in given:
        if name not in (*kind.needed, *kind.optional):
            faults.add(f"{key}.{name}", f"it is no key of {draft.kind!r}", right)
    # What is missing was not made, and what did not fit was made to.
    if missing or faults.concern(key):
        return
    try:
        check_amendment(Amendment(1, 1, 0, (kind.make(draft),)))
    except InputError as error:
        # It may name a part of a change that has another name here.
        place = error.where.removeprefix("changes[0].")
        faults.add(f"{key}.{place}" if place in given else key, error.what, error.right)


def _outage(draft: ChangeDraft) -> Change:
    assert draft.links is not None
    assert draft.start is not None
    assert draft.end is not None
    both = draft.both_ways is not False
    links = [link for a, b in draft.links for link in (((a, b), (b, a)) if both else ((a, b),))]
    return Outage(tuple(dict.fromkeys(links)), draft.start, draft.end, draft.text or "")


def _new_contacts(draft: ChangeDraft) -> Change:
    assert draft.contacts is not None
    return NewContacts(tuple(each.contact() for each in draft.contacts))


def _removed(draft: ChangeDraft) -> Change:
    assert draft.from_ is not None
    assert draft.to is not None
    assert draft.time is not None
    return Removed(draft.from_, draft.to, draft.time)


def _fact(draft: ChangeDraft) -> Change:
    assert draft.name is not None
    assert draft.value is not None
    return MissionFact(draft.name, draft.value)


def _retracted(draft: ChangeDraft) -> Change:
    assert draft.author is not None
    assert draft.number is not None
    return Retracted(draft.author, draft.number)


KINDS = {
    "outage": ChangeKind(("links", "start", "end"), ("both_ways", "text"), _outage),
    "new_contacts": ChangeKind(("contacts",), (), _new_contacts),
    "removed": ChangeKind(("from", "to", "time"), (), _removed),
    "fact": ChangeKind(("name", "value"), (), _fact),
    "retracted": ChangeKind(("author", "number"), (), _retracted),
}
