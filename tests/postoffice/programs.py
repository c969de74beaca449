"""Correspondents for tests: one that notes all that it is told, and one that answers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

import msgspec

from starlight.messages.correspondent import Act, Correspondent, Desk, Write
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter, Telemetry

Answer = Callable[[Desk], Iterable[Act]]


def nothing(desk: Desk) -> Iterable[Act]:
    """Answer nothing."""
    return ()


class Notes(msgspec.Struct):
    """What a `Noting` has been told, which is its state, and when it is due."""

    told: list[str] = []
    due: int | None = None


class Noting(Correspondent):
    """Notes each call in its state, and answers as it was set up to.

    Args:
        address: of its mailbox.
        answers: by the name of a call.
        due: when its timer is due at first; that is over when it was called.
    """

    def __init__(
        self, address: str, answers: Mapping[str, Answer] | None = None, due: int | None = None
    ) -> None:
        self.address = address
        self.notes = Notes(due=due)
        self._answers = answers or {}

    def letter_came(self, letter: Letter, desk: Desk) -> Iterable[Act]:
        return self._note("letter_came", letter.text, desk)

    def telemetry_came(self, telemetry: Telemetry, desk: Desk) -> Iterable[Act]:
        return self._note("telemetry_came", telemetry.kind, desk)

    def part_came(self, letter: Letter, number: int, desk: Desk) -> Iterable[Act]:
        data = desk.part(letter.id, number, 16 << 20)
        return self._note("part_came", f"{number} {sha256(data).hexdigest()}", desk)

    def written(self, letter: Letter) -> None:
        self.notes.told.append(f"written {letter.text}")

    def next_wakeup(self) -> int | None:
        return self.notes.due

    def handle_timer(self, desk: Desk) -> Iterable[Act]:
        self.notes.due = None
        return self._note("handle_timer", str(desk.now), desk)

    def save(self) -> bytes:
        return msgspec.json.encode(self.notes)

    def restore(self, data: bytes) -> None:
        self.notes = msgspec.json.decode(data, type=Notes)

    def _note(self, call: str, of: str, desk: Desk) -> Iterable[Act]:
        self.notes.told.append(f"{call} {of}")
        return self._answers.get(call, nothing)(desk)


class Echo(Correspondent):
    """Answers every letter with its own words, at once."""

    def __init__(self, address: str) -> None:
        self.address = address

    def letter_came(self, letter: Letter, desk: Desk) -> Iterable[Act]:
        return [Write(Draft(letter.sender, letter.text, reply_to=letter.id))]
