"""The robot that detects organic markers, as a correspondent: it takes runs, judges them, sends by triage.

Theory of operation. Runs come in letters, as CSV files, from those whom its keeper named, or are made by its
own synthetic oven at the moments of its file. They are judged one a step, against the calibration. Each
becomes parts (`triage.py`), which wait in its state, and of which a share of the next contact takes those of
most value by byte, each as a letter of its own with its own class of service. When that contact ends it asks
for the next. A find, and a run without an answer, are also noted in the trace; the finding goes at once, as
telemetry.

What a letter asks for that is refused, as by a full mailbox, waits again after a day. What was sent is in the
state that is kept with the letters, so that a crash sends nothing twice. It says "organic marker above
background", with a p-value, and never more than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from starlight.dtntime import DAY, SECOND
from starlight.errors import InputError
from starlight.laboratory.contact_share import ContactShares
from starlight.laboratory.kept_runs import MEDIA_TYPES, KeptRun, KeptRuns, WaitingPart
from starlight.laboratory.part_sender import PartSender
from starlight.laboratory.robot_answer import answer
from starlight.laboratory.robot_file import Robot
from starlight.laboratory.robot_words import part_words, readings_of
from starlight.laboratory.run_inbox import RunInbox
from starlight.messages.correspondent import (
    NOTE_MAX_CHARS,
    Act,
    Correspondent,
    Desk,
    MarkRead,
    Note,
    SendTelemetry,
    Write,
)
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter, Position
from starlight.messages.urgency import Priority
from starlight.organics.gas_run import GasRun
from starlight.organics.judgement import judge
from starlight.organics.triage import parts_of

PAUSE = SECOND
"""Between two runs, so that a node has time for others, and no step is long."""

REFUSED_AGAIN = DAY
"""After which a letter that was refused is tried again: a full mailbox is emptied by people."""

FIRST_SAMPLE = 10_000
"""The number of the oven's run that is the first sample; those before are its blanks."""

NOT_YET, NEVER = -1, 2**63 - 1

OWN_TYPES = frozenset(MEDIA_TYPES.values())


class LaboratoryState(msgspec.Struct):
    """All that the robot must know after a restart; times in ns.

    Attributes:
        since: when it began; `NOT_YET` before its first call.
        kept: the runs that were judged.
        inbox: those that are to be.
        shares: of contacts.
        sampled: how many samples it has taken.
        again_at: not before that it judges another.
        look_at: when it asks again for what the next contact carries.
    """

    since: int = NOT_YET
    kept: KeptRuns = msgspec.field(default_factory=KeptRuns)
    inbox: RunInbox = msgspec.field(default_factory=RunInbox)
    shares: ContactShares = msgspec.field(default_factory=ContactShares)
    sampled: int = 0
    again_at: int = 0
    look_at: int = 0


class RobotLaboratory(Correspondent):
    """Judges runs of one instrument.

    A step reads and judges one run: one of 100 m/z in 42 bins (0.12 MB) takes some 30 ms of CPU, 22 of them
    for its text. The largest that is taken takes 0.4 s, and 1.1 s where its lines are as short as can be.

    Args:
        address: of its mailbox.
        robot: as its file says.
        tells: the addresses that it tells of what it finds; they alone are answered.
        hears: the addresses whose runs it takes.
    """

    def __init__(self, address: str, robot: Robot, tells: Sequence[str], hears: Sequence[str]) -> None:
        self.address = address
        self._robot = robot
        self._tells = tuple(dict.fromkeys(tells))
        self._hears = frozenset(hears)
        self._state = LaboratoryState()

    def letter_came(self, letter: Letter, desk: Desk) -> Iterable[Act]:
        """Take the runs in a letter of those whom it hears; answer one of those whom it tells."""
        acts: list[Act] = []
        state = self._state
        if letter.sender in self._hears:
            acts += state.inbox.take_letter(letter)
        # What brings a robot's own parts is no question; two robots that tell each other stay calm.
        is_report = any(part.media_type in OWN_TYPES for part in letter.parts)
        if letter.sender in self._tells and letter.text.strip() and not is_report:
            words = answer(letter, self._robot, state.kept, len(state.inbox.waiting), desk)
            state.look_at = desk.now  # Runs that it asks for may go at once.
            acts += [MarkRead(letter.id), Write(Draft(letter.sender, words, letter.id))]
        return acts

    def part_came(self, letter: Letter, number: int, desk: Desk) -> Iterable[Act]:
        """Take a run of those whom it hears that travelled apart from its letter."""
        return self._state.inbox.take_part(letter, number) if letter.sender in self._hears else ()

    def written(self, letter: Letter) -> None:
        """Take note that a part's letter is written."""
        self._state.kept.written(letter.to, letter.text)

    def next_wakeup(self) -> int | None:
        """Return when there is a run to be judged, a sample to be taken, or a contact to be asked for."""
        state, due = self._state, list[int]()
        if state.since == NOT_YET and self._robot.samples:
            return 0
        if (at := self._next_run_at()) != NEVER:
            due.append(max(at, state.again_at))
        if any(run.is_waiting for run in state.kept.runs):
            due.append(state.look_at)
        if state.kept.posting:
            due.append(state.kept.posted_at + REFUSED_AGAIN)
        return min(due, default=None)

    def handle_timer(self, desk: Desk) -> Iterable[Act]:
        """Judge the next run, and send what the contacts take."""
        state, acts = self._state, list[Act]()
        if state.since == NOT_YET:
            self._begin(desk.now)
        if state.kept.posting and desk.now >= state.kept.posted_at + REFUSED_AGAIN:
            state.kept.take_back()
            state.look_at = desk.now
        if desk.now >= state.again_at:
            acts += self._judge_next(desk)
        if desk.now >= state.look_at:
            # A contact's share that went to whole runs is missing for a find that is judged a second later.
            is_busy = self._next_run_at() <= state.again_at
            sender = PartSender(state.kept, state.shares, self._robot.share)
            letters, state.look_at = sender.send(self._tells, desk, urgent_only=is_busy)
            if is_busy:
                state.look_at = state.again_at
            acts += letters
        return acts

    def save(self) -> bytes:
        """Return what it must know after a restart."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Take up what `save` returned; who is not told any more is forgotten."""
        self._state = msgspec.msgpack.decode(data, type=LaboratoryState)
        self._state.kept.only_to(self._tells)

    def _begin(self, now: int) -> None:
        """Leave out the samples of the time before: a rehearsal may begin in the middle of a mission."""
        self._state.since = now
        self._state.sampled = sum(sample.at < now for sample in self._robot.samples)

    def _next_run_at(self) -> int:
        """Return from when on there is a run to be judged, in ns; `NEVER` where none is known of."""
        if self._state.inbox.waiting:
            return 0
        samples = self._robot.samples[self._state.sampled :]
        return samples[0].at if samples else NEVER

    def _judge_next(self, desk: Desk) -> list[Act]:
        """Judge a run that waits, else take a sample that is due."""
        state, robot = self._state, self._robot
        if state.inbox.waiting:
            state.again_at = desk.now + PAUSE
            waiting = state.inbox.waiting.pop(0)
            try:
                run = waiting.read(robot.calibration.instrument, desk)
            except InputError as error:
                return [waiting.refusal(error)]
            return self._judged(run, None, desk.now)
        if state.sampled == len(robot.samples) or robot.samples[state.sampled].at > desk.now:
            return []
        sample, number = robot.samples[state.sampled], FIRST_SAMPLE + state.sampled
        state.again_at = desk.now + PAUSE
        state.sampled += 1
        assert robot.oven is not None, "samples are of synthetic instruments alone"
        return self._judged(robot.oven.run(sample.name, number, sample.spike), sample.position, desk.now)

    def _judged(self, run: GasRun, position: Position | None, now: int) -> list[Act]:
        """Judge a run, keep its parts, and tell of it what goes at once."""
        robot, kept = self._robot, self._state.kept
        (judgement,) = judge([run], robot.calibration, robot.alpha)
        parts = parts_of(run, judgement, robot.prior)
        words, kinds = part_words(judgement, robot, position), [each.kind for each in parts]
        found = judgement.best is not None
        kept.add(
            KeptRun(
                kept.judged,
                run.name,
                found,
                judgement.statement,
                {kind: words[kind] for kind in kinds},
                [WaitingPart.of(each) for each in parts],
                {to: list(kinds) for to in self._tells},
            ),
            answered=not judgement.abstained,
        )
        self._state.look_at = now
        priority = Priority.EXPEDITED if found else Priority.BULK
        telemetry = SendTelemetry(
            self._tells, "organics", position, readings_of(judgement, robot), priority=priority
        )
        if not found and not judgement.abstained:
            return [telemetry]
        return [Note(f"{run.name}: {judgement.statement}"[:NOTE_MAX_CHARS]), telemetry]
