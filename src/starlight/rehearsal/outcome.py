"""The outcome of a rehearsal: letters, promises, and what was wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from starlight.dtntime import HOUR, MILLISECOND, SECOND, to_text
from starlight.sim.promises import Verdict

BINS = (
    "over 1 h early",
    "1 s to 1 h early",
    "1 ms to 1 s early",
    "to 1 ms early",
    "exact",
    "to 1 ms late",
    "1 ms to 1 s late",
    "1 s to 1 h late",
    "over 1 h late",
)
"""By how much arrivals differ from what was promised."""


class Violation(msgspec.Struct, frozen=True):
    """Something that was wrong in a rehearsal.

    Attributes:
        time: when, as text.
        node: the number of the node that did it, or promised it.
        bundle: its key, or the id of the letter.
        what: ``no route``, ``no contact``, ``arrival``, ``promise``, ``lost``, ``twice`` or ``order``.
        text: a sentence for people.
    """

    time: str
    node: int
    bundle: str
    what: str
    text: str


class PromisesKept(msgspec.Struct):
    """The record of how a class of promises was kept.

    Attributes:
        bundles: judged; letters: of those, the first bundles of letters.
        worst_late_s, worst_early_s: the largest differences.
        differences: how many fall into each of `BINS`.
        explained: came later than allowed, which a later bundle of higher priority explains.
        unforeseen: receipts and reports that came later than allowed because of other nodes' traffic,
            which their own node can't know of.
        broken: differ by more than allowed, and nothing explains it.
    """

    bundles: int = 0
    letters: int = 0
    worst_late_s: float = 0.0
    worst_early_s: float = 0.0
    differences: list[int] = msgspec.field(default_factory=lambda: [0] * len(BINS))
    explained: int = 0
    unforeseen: int = 0
    broken: int = 0

    def count(self, verdict: Verdict, *, letter: bool) -> None:
        """Count what came of a promise."""
        self.bundles += 1
        self.letters += letter
        self.worst_late_s = max(self.worst_late_s, verdict.late / SECOND)
        self.worst_early_s = max(self.worst_early_s, -verdict.late / SECOND)
        self.differences[_bin(verdict.late)] += 1
        self.explained += bool(verdict.explained_by)
        excused = verdict.unforeseen and not letter
        self.unforeseen += excused
        self.broken += not verdict.holds and not excused


class RehearsalReport(msgspec.Struct):
    """The fate of the letters of a rehearsal.

    Attributes:
        scenario, start, end, seed: what was rehearsed.
        sent: letters written; arrived: of those, shown in the mailbox of their address.
        waiting: stored or in flight at the end, whole; expired, withdrawn: as the words say.
        lost: none of these.
        shown_twice: arrivals of a letter that was there already.
        out_of_order: letters that stand in an inbox before one written earlier by the same hand.
        parts: of letters that arrived; parts_whole, parts_waiting: of those, here whole, and still to come.
        group_letters: of those that were sent, to groups; group_courses: the nodes that they went to;
            group_copies: the mailboxes in which they arrived.
        group_changes: changes of who is in a group.
        groups_apart: groups that are not the same in all mailboxes of their members at the end.
        resent: how often a letter was sent again.
        compared: letters that met no storm and no change of the plan; their predicted and actual
            arrival at the destination's node differ by `worst_prediction_error_s` at most.
        met_storm: letters that met one on their way.
        undisturbed, competing, disturbed: how promises were kept, of letters, receipts and telemetry
            alike, by class (`sim.promises`). What is disturbed is not held against anyone.
        unpromised: bundles taken for which no route was known.
        telemetry: reports that arrived.
        bundles, contacts, records: how much was carried, over how many contacts, traced in how many lines.
        digest: SHA-256 over the trace; equal for equal seeds.
        inboxes: letters received by address.
        errors: what was wrong: with any, the run has failed.
        seconds: that it took, of the wall.
        links: of which kind they were, as of `medium.link_kinds`.
        impairments: of the medium, how likely each was; none where nothing was impaired.
        left_out: names of the scenario's programs whose libraries are not installed.
    """

    scenario: str
    start: str
    end: str
    seed: int
    sent: int = 0
    arrived: int = 0
    waiting: int = 0
    expired: int = 0
    withdrawn: int = 0
    lost: int = 0
    shown_twice: int = 0
    out_of_order: int = 0
    resent: int = 0
    compared: int = 0
    met_storm: int = 0
    worst_prediction_error_s: float = 0.0
    undisturbed: PromisesKept = msgspec.field(default_factory=PromisesKept)
    competing: PromisesKept = msgspec.field(default_factory=PromisesKept)
    disturbed: PromisesKept = msgspec.field(default_factory=PromisesKept)
    unpromised: int = 0
    telemetry: int = 0
    bundles: int = 0
    contacts: int = 0
    records: int = 0
    digest: str = ""
    inboxes: dict[str, int] = {}
    errors: list[Violation] = []
    seconds: float = 0.0
    links: str = "space"
    impairments: dict[str, float] = {}
    parts: int = 0
    parts_whole: int = 0
    parts_waiting: int = 0
    group_letters: int = 0
    group_courses: int = 0
    group_copies: int = 0
    group_changes: int = 0
    groups_apart: int = 0
    left_out: list[str] = []

    def tell(self, time: int, node: int, bundle: str, what: str, text: str) -> None:
        """Add what was wrong; `time` in ns."""
        self.errors.append(Violation(to_text(time, 3), node, bundle, what, text))

    def judge(self, verdicts: Iterable[Verdict], letters: Collection[str]) -> None:
        """Count what came of promises; a broken one is an error.

        But for a receipt or a report of a vehicle that other nodes' traffic held up: nobody was told
        when it would come, and its node could not know.

        Args:
            verdicts: of bundles.
            letters: the bundles by which letters were sent first.
        """
        for verdict in verdicts:
            promise, kind = verdict.promise, verdict.kind
            letter = promise.key in letters
            kept: PromisesKept = getattr(self, kind)
            kept.count(verdict, letter=letter)
            if letter and kind == "disturbed":
                self.met_storm += 1
            elif letter:
                self.compared += 1
                self.worst_prediction_error_s = max(self.worst_prediction_error_s, abs(verdict.late) / SECOND)
            if not verdict.holds and (letter or not verdict.unforeseen):
                self.tell(promise.time, promise.node, promise.key, "promise", _broken(verdict))


def _bin(late: int) -> int:
    """Return the place in `BINS` of a difference in ns."""
    # `BINS` mirror each other around "exact": the size says how far from it, the sign on which side.
    size = abs(late)
    step = 0 if not size else 1 + sum(size > limit for limit in (MILLISECOND, SECOND, HOUR))
    return len(BINS) // 2 + (step if late > 0 else -step)


def _broken(verdict: Verdict) -> str:
    promise = verdict.promise
    asked = (
        "exact to 1 ms" if verdict.kind == "undisturbed" else f"{promise.allowance / SECOND:.6f} s allowed"
    )
    came = "has not come"
    if verdict.actual is not None:
        came = f"came at {to_text(verdict.actual, 3)}, {abs(verdict.late) / SECOND:.6f} s "
        came += f"{'later' if verdict.late > 0 else 'earlier'} ({verdict.kind}, {asked})"
    return f"{promise.key} was promised for {to_text(promise.arrives, 3)} and {came}: {verdict.cause}"
