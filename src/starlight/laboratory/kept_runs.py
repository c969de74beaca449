"""The judged runs that a robot keeps, packed: what of each waits to be sent to whom, within bounds.

All of it is state, written whole at each change. So it is bounded far below what a state may have, and where
there is no room, the whole data of runs goes first: they are most of the bytes and the least of the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from starlight.organics import parts
from starlight.organics.triage import RunPart, RunPartKind

MEDIA_TYPES = {
    RunPartKind.VERDICT: parts.VERDICT_TYPE,
    RunPartKind.THUMBNAIL: parts.THUMBNAIL_TYPE,
    RunPartKind.WINDOW: parts.WINDOW_TYPE,
    RunPartKind.RUN: parts.RUN_TYPE,
}

KEPT_MAX_BYTES = 1 << 20
"""An eighth of what a state may have, for it is written at each change: some 150 runs of 100 m/z, whole."""

RUNS_MAX = 400
"""Runs without their whole data have some 2 kB each."""

RUN_BYTES = 300
"""What a run takes besides its parts and words: names, numbers, and who waits for what of it."""

LETTER_BYTES = 300
"""What a letter takes of a contact besides its words, its part and the part's name: its own head, and the
bundle's. Declared; real ones take 150 to 200, and 17 for each of four letters that they may name as read."""

INLINE_BYTES = 1024
"""The bytes of a part up to which it travels in its letter; those of a larger one are in a bundle apart."""

APART_BYTES = 160
"""What that bundle takes besides them. Declared; real ones take some 125."""

LOST_TOLD = 3
"""Runs that are told by name where the data of more were let go."""


class WaitingPart(msgspec.Struct, frozen=True):
    """A packed part of a run; the attributes are those of `RunPart`."""

    kind: RunPartKind
    data: bytes
    value_bits: float
    priority: str
    lifetime_s: int

    @classmethod
    def of(cls, part: RunPart) -> WaitingPart:
        """Return what is kept of a part."""
        return cls(part.kind, part.data, part.value_bits, part.priority, part.lifetime_s)


class KeptRun(msgspec.Struct):
    """A run that was judged.

    Attributes:
        number: which of all that were judged, from 0.
        name: of the run.
        found: an organic marker stands above the background.
        statement: the answer in words.
        words: of each part, for its letter.
        parts: in the order in which they make sense.
        waits: by address, the parts that were not sent there yet.
    """

    number: int
    name: str
    found: bool
    statement: str
    words: dict[RunPartKind, str]
    parts: list[WaitingPart]
    waits: dict[str, list[RunPartKind]]

    @property
    def kept_bytes(self) -> int:
        """Return what it takes of the state."""
        texts = sum(len(each.encode()) for each in (self.name, self.statement, *self.words.values()))
        return RUN_BYTES + texts + sum(len(each.data) for each in self.parts)

    @property
    def is_waiting(self) -> bool:
        """Return whether something of it was not sent to someone."""
        return any(self.waits.values())

    def has(self, kind: RunPartKind) -> bool:
        """Return whether a part is still kept."""
        return any(each.kind is kind for each in self.parts)

    def drop(self, kind: RunPartKind) -> list[str]:
        """Let go of a part; return the addresses that it was not sent to."""
        self.parts = [each for each in self.parts if each.kind is not kind]
        lost = [to for to, kinds in self.waits.items() if kind in kinds]
        for to in lost:
            self.waits[to].remove(kind)
        return lost


@dataclass(frozen=True)
class PartToPost(RunPart):
    """A part of a run that waits for a contact.

    Args:
        number: of the run.
        to: the address that it goes to.
        words: of its letter.
    """

    number: int
    to: str
    words: str

    @property
    def link_bytes(self) -> int:
        """Return what its letter takes of a contact, and where it travels apart, its bundle."""
        apart = APART_BYTES if len(self.data) > INLINE_BYTES else 0
        return len(self.data) + len((self.run + self.words).encode()) + LETTER_BYTES + apart


class Posting(msgspec.Struct, frozen=True):
    """A part whose letter was asked for, until it is known to be written; `words` are the letter's."""

    number: int
    kind: RunPartKind
    to: str
    words: str


class KeptRuns(msgspec.Struct):
    """The runs of one robot.

    Attributes:
        runs: by number.
        judged: how many there were in all; `found` and `unanswered` of them.
        posting: parts whose letters were asked for, and are not known to be written.
        posted_at: when the first of them was, in ns.
        lost: by address, the names of runs of which something was let go unsent, and not told yet.
    """

    runs: list[KeptRun] = []
    judged: int = 0
    found: int = 0
    unanswered: int = 0
    posting: list[Posting] = []
    posted_at: int = 0
    lost: dict[str, list[str]] = {}

    def add(self, run: KeptRun, *, answered: bool) -> None:
        """Keep a run that was just judged; let go of others where there is no room."""
        self.runs.append(run)
        self.judged += 1
        self.found += run.found
        self.unanswered += not answered
        self._bound()

    def only_to(self, tells: Iterable[str]) -> None:
        """Forget who is not told any more."""
        told = set(tells)
        for run in self.runs:
            run.waits = {to: kinds for to, kinds in run.waits.items() if to in told}
        self.posting = [each for each in self.posting if each.to in told]
        self.lost = {to: names for to, names in self.lost.items() if to in told}

    def waiting(self, to: str) -> list[PartToPost]:
        """Return all that waits to be sent to an address."""
        return [part for queue in self.queues([to]) for part in queue]

    def queues(self, addresses: Sequence[str]) -> list[list[PartToPost]]:
        """Return what waits for addresses, by run and address, each in the order in which it makes sense."""
        return [
            [
                PartToPost(
                    run.name,
                    each.kind,
                    each.data,
                    each.value_bits,
                    each.priority,
                    each.lifetime_s,
                    run.number,
                    to,
                    run.words[each.kind],
                )
                for each in run.parts
                if each.kind in kinds
            ]
            for run in self.runs
            for to in addresses
            if (kinds := run.waits.get(to))
        ]

    def post(self, part: PartToPost, now: int) -> str:
        """Take note that a part's letter is asked for; return the letter's words, with what was lost."""
        self.posted_at = self.posted_at if self.posting else now
        words = part.words + self.lost_words(part.to)
        self.lost.pop(part.to, None)
        self._run(part.number).waits[part.to].remove(part.kind)
        self.posting.append(Posting(part.number, part.kind, part.to, words))
        return words

    def written(self, to: str, words: str) -> None:
        """Take note that a letter was written."""
        for each in self.posting:
            if (each.to, each.words) == (to, words):
                self.posting.remove(each)
                return

    def take_back(self) -> None:
        """Let what was asked for, and refused, wait again."""
        for each in self.posting:
            self._wait(each.number, each.kind, each.to)
        self.posting = []

    def ask_again(self, number: int, to: str) -> bool:
        """Let the whole data of a run wait for an address, again; return whether they are still kept."""
        return self._wait(number, RunPartKind.RUN, to)

    def lost_words(self, to: str) -> str:
        """Return what a letter adds of what was let go unsent; empty where nothing was."""
        names = self.lost.get(to, [])
        if not names:
            return ""
        more = f" and {len(names) - LOST_TOLD} more" if len(names) > LOST_TOLD else ""
        return f" For want of room, data not yet sent were let go of: {', '.join(names[:LOST_TOLD])}{more}."

    def _wait(self, number: int, kind: RunPartKind, to: str) -> bool:
        run = next((each for each in self.runs if each.number == number), None)
        if run is None or not run.has(kind):
            return False
        if kind not in run.waits.setdefault(to, []):
            run.waits[to].append(kind)
        return True

    def _run(self, number: int) -> KeptRun:
        return next(each for each in self.runs if each.number == number)

    def _bound(self) -> None:
        """Let go of what there is no room for: what was sent, then whole data, then all of the oldest."""
        size = sum(each.kept_bytes for each in self.runs)
        while size > KEPT_MAX_BYTES or len(self.runs) > RUNS_MAX:
            sent = next((each for each in self.runs[:-1] if not each.is_waiting), None)
            # Without a find first; of those, the oldest.
            by_worth = sorted(self.runs[:-1], key=lambda each: each.found)
            whole = next((each for each in by_worth if each.has(RunPartKind.RUN)), None)
            if sent is None and whole is not None and len(self.runs) <= RUNS_MAX:
                size -= whole.kept_bytes
                self._lose(whole, whole.drop(RunPartKind.RUN))
                size += whole.kept_bytes
                continue
            gone = sent or by_worth[0]
            self.runs.remove(gone)
            size -= gone.kept_bytes
            self._lose(gone, [to for to, kinds in gone.waits.items() if kinds])

    def _lose(self, run: KeptRun, addresses: Iterable[str]) -> None:
        for to in addresses:
            names = self.lost.setdefault(to, [])
            if run.name not in names and len(names) < RUNS_MAX:
                names.append(run.name)
