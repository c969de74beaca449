"""The letters of a rehearsal, counted: in which mailboxes each has come, what waits, and what is lost.

The trace tells what happens on the way; the mailboxes at the end say for whom a letter was. One to a group
has arrived when it has with all its readers, and each of them may see it once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from starlight.messages.trace_events import (
    LetterArrived,
    LetterExpired,
    LetterQueued,
    LetterWithdrawn,
    LetterWritten,
)
from starlight.postoffice.postoffice import PostOffice
from starlight.rehearsal.outcome import RehearsalReport
from starlight.trace import Record


class _Way(msgspec.Struct):
    """A letter's way as the trace tells it.

    Attributes:
        id, node, author: of the letter, where it was written and by whom.
        courses: to how many nodes it was posted.
        keys: its bundles, by the address that they went to.
        shown: how often it came new into each mailbox.
        ended: how it ended before it arrived.
    """

    id: str
    node: int
    author: str
    courses: int = 0
    keys: dict[str, list[str]] = {}
    shown: dict[str, int] = {}
    ended: str = ""


class LetterCount:
    """The letters of a rehearsal, from the trace and the mailboxes."""

    def __init__(self) -> None:
        self._ways: dict[str, _Way] = {}

    def take(self, record: Record) -> None:
        """Take what the trace tells of a letter."""
        event = record.event
        match event:
            case LetterWritten():
                way = self._ways.setdefault(event.letter, _Way(event.letter, record.node, event.sender))
                way.courses += 1
            case LetterQueued():
                self._ways[event.letter].keys.setdefault(event.to, []).append(event.bundle)
            case LetterArrived():
                shown = self._ways[event.letter].shown
                shown[event.to] = shown.get(event.to, 0) + 1
            case LetterExpired():
                self._ways[event.letter].ended = "expired"
            case LetterWithdrawn():
                self._ways[event.letter].ended = "withdrawn"

    def first_bundles(self) -> set[str]:
        """Return the bundles by which letters were sent first, to each node that they went to."""
        return {keys[0] for way in self._ways.values() for keys in way.keys.values()}

    def count(
        self, offices: Mapping[int, PostOffice], held: Collection[str], end: int, report: RehearsalReport
    ) -> None:
        """Count what became of all letters; what nobody has is lost.

        Args:
            offices: by node number.
            held: the keys of the bundles that some node or link has at the end.
            end: in ns.
            report: takes the counts and what is wrong.
        """
        for way in self._ways.values():
            report.sent += 1
            twice = sum(times - 1 for times in way.shown.values())
            report.shown_twice += twice
            if twice:
                told = ", ".join(f"{times} times in {to}" for to, times in way.shown.items() if times > 1)
                report.tell(end, way.node, way.id, "twice", f"{way.id} was shown {told}")
            readers = _readers(offices, way)
            if readers:
                report.group_letters += 1
                report.group_courses += way.courses
                report.group_copies += len(way.shown)
            missing = set(readers).difference(way.shown)
            if way.shown and not missing:
                report.arrived += 1
            elif way.ended:
                setattr(report, way.ended, getattr(report, way.ended) + 1)
            # A letter that was sent again has several bundles; it waits as long as one of them is held
            # anywhere.
            elif any(key in held for keys in way.keys.values() for key in keys):
                report.waiting += 1
            else:
                report.lost += 1
                whom = f" and did not come to {', '.join(sorted(missing))}" if way.shown else ""
                report.tell(end, way.node, way.id, "lost", f"{way.id} is lost: nobody has it{whom}")


def count_groups(offices: Mapping[int, PostOffice], report: RehearsalReport) -> None:
    """Count the groups that are not the same wherever the mailbox of a member is."""
    known: dict[str, set[bytes]] = {}
    for office in offices.values():
        for box in office.mailboxes.values():
            for group in box.groups.all():
                if box.is_open and box.address in group.members:
                    known.setdefault(group.id, set()).add(group.digest)
    report.groups_apart = sum(len(digests) > 1 for digests in known.values())


def _readers(offices: Mapping[int, PostOffice], way: _Way) -> tuple[str, ...]:
    """Return for whom a letter to a group is, as its author's mailbox has it; nobody of any other."""
    office = offices.get(way.node)
    box = None if office is None else office.mailboxes.get(way.author)
    letter = None if box is None else box.letter(way.id)
    return letter.readers if letter is not None and letter.group else ()
