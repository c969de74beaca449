"""The history of a plan: what changed, when, and who asked.

A history is a value: the first plan, and for each change what was taken out and what was put in. So the
plan that was in force at any time can be had again, and two neighbours can be compared.
"""

from __future__ import annotations

import msgspec

from starlight import dtntime
from starlight.contacts import Contact, ContactPlan, Notice
from starlight.errors import InputError
from starlight.json_text import decode_as


class Revision(msgspec.Struct, frozen=True):
    """One change of a plan.

    Attributes:
        version: of the plan after it.
        time: when, in ns; who: asked for it; what: it was, for people.
        removed: ids of contacts; added: contacts, also those that were changed and keep their id.
        notices: all that the plan has after it.
    """

    version: int
    time: int
    who: str
    what: str
    removed: tuple[int, ...] = ()
    added: tuple[Contact, ...] = ()
    notices: tuple[Notice, ...] = ()

    def sentence(self) -> str:
        """Tell it to people."""
        noun = "contact" if len(self.added) == 1 else "contacts"
        counts = f"{len(self.added)} {noun} in, {len(self.removed)} out"
        head = f"{dtntime.to_text(self.time)}  version {self.version}, asked by {self.who}"
        return f"{head}: {self.what} ({counts})"


class History(msgspec.Struct, frozen=True):
    """A plan and all its changes, oldest first; the first revision made it from nothing."""

    revisions: tuple[Revision, ...] = ()

    @classmethod
    def begin(cls, plan: ContactPlan, *, time: int, who: str, what: str) -> History:
        """Return the history of a new plan."""
        return cls((Revision(plan.version, time, who, what, (), plan.contacts, plan.notices),))

    def change(self, plan: ContactPlan, *, time: int, who: str, what: str) -> History:
        """Return the history with one more change, after which the plan is `plan`.

        Raises:
            InputError: the plan's version, or the time, is not later than the latest change's.
        """
        latest = self.revisions[-1]
        if plan.version <= latest.version:
            raise InputError(
                f"version {plan.version} follows version {latest.version}",
                right="A change makes a later version",
            )
        if time < latest.time:
            raise InputError(
                f"{dtntime.to_text(time)} is before the latest change",
                right=f"That was at {dtntime.to_text(latest.time)}",
            )
        before = {contact.id: contact for contact in self.plan().contacts}
        after = {contact.id: contact for contact in plan.contacts}
        removed = tuple(sorted(id for id, contact in before.items() if after.get(id) != contact))
        added = tuple(contact for contact in plan.contacts if before.get(contact.id) != contact)
        revision = Revision(plan.version, time, who, what, removed, added, plan.notices)
        return History((*self.revisions, revision))

    def plan(self, version: int | None = None) -> ContactPlan:
        """Return the plan of a version; without one, the latest.

        Raises:
            InputError: there is no such version.
        """
        contacts: dict[int, Contact] = {}
        for revision in self.revisions:
            for id in revision.removed:
                del contacts[id]
            contacts.update((contact.id, contact) for contact in revision.added)
            if revision.version == version or (version is None and revision is self.revisions[-1]):
                return ContactPlan.of(contacts.values(), revision.notices, revision.version)
        versions = ", ".join(str(revision.version) for revision in self.revisions)
        raise InputError(f"{version} is no version of this plan", right=f"There are: {versions}")

    def plan_at(self, time: int) -> ContactPlan:
        """Return the plan that was in force at a time in ns.

        Raises:
            InputError: there was none yet.
        """
        found = [revision for revision in self.revisions if revision.time <= time]
        if not found:
            raise InputError(f"there was no plan yet at {dtntime.to_text(time)}")
        return self.plan(found[-1].version)


def to_json(history: History) -> bytes:
    """Return a history as JSON."""
    return msgspec.json.encode(history)


def from_json(data: bytes) -> History:
    """Read a history from JSON.

    Raises:
        InputError: it is none.
    """
    history = decode_as(data, History, what="no history of a plan", where="history")
    if not history.revisions:
        raise InputError("no history of a plan: it has no revision")
    return history
