"""Reports about plans in files: what reading one found and did, and what writing one could not say.

A remark has an act, which says what became of the thing: *repaired* (read otherwise than it
stands), *refused* (not in the plan, and it was meant to be), *ignored* (not in the plan, and
nothing is missing) or *kept* (in the plan as it stands, but worth a look). Remarks of one kind
are counted without limit and kept up to one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal

import msgspec

from starlight.contacts.contact import Contact
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND

Act = Literal["repaired", "refused", "ignored", "kept"]
Where = int | tuple[str | int, ...]
"""A line from 1 on, or the way to a place in a JSON document; 0 for the file as a whole."""

ACTS: tuple[Act, ...] = ("refused", "repaired", "ignored", "kept")

MAX_REMARKS_OF_A_KIND = 1_000
"""More of one kind nobody reads, and a broken file of a million lines must not fill the memory."""

MAX_SHOWN = 60
"""Characters of a word that an error shows; a word may be a whole file."""


class Remark(msgspec.Struct, frozen=True):
    """One thing that was found in a file.

    Attributes:
        act: what was done about it.
        kind: what it is, the same words for all of its kind.
        text: this one: the words in question and what would be right.
        line: where, from 1 on; 0 when it is about the whole file.
        place: the way to it in a JSON document, such as ``contacts[202]``, else empty.
    """

    act: Act
    kind: str
    text: str
    line: int
    place: str

    def __str__(self) -> str:
        where = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.place) if part)
        return f"{where}: {self.text}" if where else self.text


class Count(msgspec.Struct, frozen=True):
    """The number of things of a kind that were found."""

    act: Act
    kind: str
    count: int


class Imported(msgspec.Struct, frozen=True):
    """A plan that was read, and the report about it.

    Attributes:
        plan: what is left once the report is taken for true.
        format: the form that it was read as.
        report: remarks in the order of the file, at most `MAX_REMARKS_OF_A_KIND` of a kind.
        counts: all that was found, refused first.
        epoch: what its times count from, in ns; None when they are dates or Unix time.
        names: node numbers to the names that the file calls them, where it uses names.
    """

    plan: ContactPlan
    format: str
    report: tuple[Remark, ...] = ()
    counts: tuple[Count, ...] = ()
    epoch: int | None = None
    names: dict[int, str] = {}

    def count(self, act: Act) -> int:
        """Return how many things were repaired, refused, ignored or kept."""
        return sum(each.count for each in self.counts if each.act == act)


class Loss(msgspec.Struct, frozen=True):
    """Something that a form could not say, and how often."""

    text: str
    count: int

    def __str__(self) -> str:
        return f"{self.text} ({self.count})"


class Exported(msgspec.Struct, frozen=True):
    """A plan that was written, and what the form could not say.

    Attributes:
        data: the file.
        losses: sentences, each with how many contacts or changes it is about.
        contacts: how many contacts the file has; a form may cut one into several, or have none left.
    """

    data: bytes
    losses: tuple[Loss, ...] = ()
    contacts: int = 0


class ImportReport:
    """Gathers remarks while a file is read."""

    def __init__(self) -> None:
        self._remarks: list[tuple[Act, str, str, Where]] = []
        self._counts: dict[tuple[Act, str], int] = {}

    def add(self, act: Act, kind: str, text: str, where: Where = 0) -> None:
        """Note one thing; see `Remark`."""
        # Counted without limit, kept up to one: the sums are always true, and a broken file can't fill
        # the memory.
        count = self._counts.get((act, kind), 0) + 1
        self._counts[act, kind] = count
        if count <= MAX_REMARKS_OF_A_KIND:
            self._remarks.append((act, kind, text, where))

    def imported(
        self,
        plan: ContactPlan,
        format: str,
        *,
        epoch: int | None = None,
        names: Mapping[int, str] | None = None,
        locate: Callable[[Collection[tuple[str | int, ...]]], Mapping[tuple[str | int, ...], int]]
        | None = None,
    ) -> Imported:
        """Return the plan with all that was noted; `locate` finds the lines of places in JSON."""
        paths = {where for *_, where in self._remarks if isinstance(where, tuple)}
        # Lines of places in JSON are searched once for all remarks, and only where there are any: a
        # decoder does not keep them, so the file is read a second time for it.
        lines = locate(paths) if locate and paths else {}
        remarks = [
            Remark(act, kind, text, lines.get(where, 0) if isinstance(where, tuple) else where, _place(where))
            for act, kind, text, where in self._remarks
        ]
        remarks.sort(key=lambda remark: remark.line)
        counts = [Count(act, kind, count) for (act, kind), count in self._counts.items()]
        counts.sort(key=lambda each: ACTS.index(each.act))
        return Imported(plan, format, tuple(remarks), tuple(counts), epoch, dict(names or {}))


class Losses:
    """Gathers what a form could not say while a plan is written."""

    def __init__(self) -> None:
        self._found: dict[str, list[int]] = {}

    def add(self, text: str, by: int = 0, count: int = 1) -> None:
        """Note a loss; `by` is how much time it moved, in ns, of which the most is told."""
        if count:
            entry = self._found.setdefault(text, [0, 0])
            entry[0] += count
            # The worst, not the sum: a user asks by how much any time is off.
            entry[1] = max(entry[1], by)

    def everywhere(self, plan: ContactPlan) -> None:
        """Note what no form but Starlight's own JSON keeps."""
        one_way = sum(contact.one_way for contact in plan.contacts)
        self.add("one-way contacts are written like any other", count=one_way)
        self.add("notices are left out", count=len(plan.notices))

    def usable(self, contact: Contact) -> bool:
        """Say whether reading would take a contact for one; note it when not."""
        if contact.end <= contact.start:
            self.add("contacts without length are left out")
        elif contact.from_node == contact.to_node:
            self.add("contacts of a node with itself are left out")
        else:
            return True
        return False

    def all(self) -> tuple[Loss, ...]:
        """Return them in the order of their first appearance."""
        return tuple(
            Loss(f"{text}, by up to {worst / SECOND:.9g} s" if worst else text, count)
            for text, (count, worst) in self._found.items()
        )


def shown(value: object) -> str:
    """Return a value as an error shows it: quoted, and cut when it is long."""
    text = value if isinstance(value, str) else repr(value)
    text = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
    return repr(text) if isinstance(value, str) else text


def _place(where: Where) -> str:
    if isinstance(where, int):
        return ""
    text = ""
    for step in where:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
