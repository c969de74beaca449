"""Runs as they come to a robot: CSV files in letters, which wait there until each is judged."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from starlight.errors import InputError
from starlight.messages.correspondent import Act, Desk, MarkRead, Write
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.messages.parts import Part
from starlight.organics.gas_run import GasRun, parse_run
from starlight.visible_text import visible

RUN_MAX_BYTES = 2 << 20
"""Of a CSV file: 70 000 samples, 16 in each bin of 100 m/z. Its text takes the time, 0.16 s a megabyte."""

WAITING_MAX = 256
"""Runs that wait to be judged: four letters full of them. They lie in the mailbox; here are their names."""

NAME_MAX_CHARS = 60

SUFFIX = ".csv"


class WaitingRun(msgspec.Struct, frozen=True):
    """A run that waits to be judged: which part of which letter, who sent it, and its file's name."""

    letter: str
    part: int
    sender: str
    file: str

    def read(self, instrument: str, desk: Desk) -> GasRun:
        """Return the run.

        Args:
            instrument: whose runs come.
            desk: gives its bytes.

        Raises:
            InputError: it is not here any more, or can't be read.
        """
        text = _text(desk.part(self.letter, self.part, RUN_MAX_BYTES))
        name = self.file[: -len(SUFFIX)] if self.file.lower().endswith(SUFFIX) else self.file
        return parse_run(text, name or "run", instrument, self.file)

    def refusal(self, error: InputError) -> Write:
        """Return the answer to whoever sent it that says why it can't be read."""
        return Write(Draft(self.sender, _unread(self.file, error), self.letter))


class RunInbox(msgspec.Struct):
    """The runs that wait.

    Attributes:
        waiting: in the order in which they came.
    """

    waiting: list[WaitingRun] = []

    def take_letter(self, letter: Letter) -> list[Act]:
        """Take the runs that are in a letter; tell its sender of those that are too large to come."""
        runs = [number for number, part in enumerate(letter.parts) if _is_run(part)]
        if not runs:
            return []
        acts: list[Act] = [MarkRead(letter.id)]
        for part in (letter.parts[number] for number in runs):
            if part.size > RUN_MAX_BYTES:
                right = f"A run has at most {RUN_MAX_BYTES}; take the mean of its samples in bins of 25 degC"
                error = InputError(f"it has {part.size} bytes", right=right)
                acts.append(Write(Draft(letter.sender, _unread(_name_of(part), error), letter.id)))
        return [*acts, *self._take(letter, [each for each in runs if letter.parts[each].data is not None])]

    def take_part(self, letter: Letter, number: int) -> list[Act]:
        """Take a run that travelled apart from its letter, and is here whole; leave what is none."""
        part = letter.parts[number]
        return self._take(letter, [number] if _is_run(part) else [])

    def _take(self, letter: Letter, numbers: Sequence[int]) -> list[Act]:
        """Have runs that are here wait; tell their sender of those for which there is no room."""
        small = [number for number in numbers if letter.parts[number].size <= RUN_MAX_BYTES]
        fitting = small[: max(0, WAITING_MAX - len(self.waiting))]
        self.waiting += [
            WaitingRun(letter.id, number, letter.sender, _name_of(letter.parts[number])) for number in fitting
        ]
        if len(fitting) == len(small):
            return []
        first, count = _name_of(letter.parts[small[len(fitting)]]), len(small) - len(fitting)
        told = f"{count} of these runs, {first} first, are not taken, for {WAITING_MAX} wait already."
        return [Write(Draft(letter.sender, f"{told} Send them again when those are judged.", letter.id))]


def _is_run(part: Part) -> bool:
    """Return whether a part says that it is a CSV file."""
    media_type = part.media_type.partition(";")[0].strip().lower()
    return part.name.lower().endswith(SUFFIX) or media_type == "text/csv"


def _name_of(part: Part) -> str:
    return visible(part.name)[:NAME_MAX_CHARS] or f"run{SUFFIX}"


def _text(data: bytes) -> str:
    """Return the text of a file; InputError where it is no UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        told = f"line {line}: byte {data[error.start]:#04x} is no UTF-8"
        raise InputError(told, right="Save it as text in UTF-8") from None


def _unread(name: str, error: InputError) -> str:
    told = f"{name} can't be read: {error.what}."
    return f"{told} {error.right}." if error.right else told
