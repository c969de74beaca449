"""One correspondent as it is hosted: called under guard, its state kept, made anew after it raised.

A call either happens wholly or not at all. What it changes in the correspondent is known only by the state
that it gives afterwards; so if anything raises until then, or is nonsense, the correspondent is thrown
away, and another is made that takes up the state that was kept. A timer that raises would be due again
at once, and for ever: it is left alone for longer each time.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import PurePath

from starlight.dtntime import DAY, MINUTE
from starlight.mailboxes.records import CORRESPONDENT, Records
from starlight.messages.correspondent import STATE_MAX_BYTES, Act, Correspondent, Desk, Maker
from starlight.messages.letter import Letter
from starlight.messages.trace_events import CorrespondentFailed, CorrespondentLost, say
from starlight.node.application import Request, Save, SetAside

ACTS_MAX = 100_000
"""Acts in one turn: who opens a mailbox after twenty-five years may read all that waits in it."""

FIRST_REST, LONGEST_REST = MINUTE, DAY
"""A timer that raised is called again after the first, then after twice as long each time, to the last."""

ERROR_MAX_CHARS = 500
"""What the trace tells of an exception: its class, its words and its line."""


class Hosted:
    """A correspondent and what is kept of it.

    Args:
        node: the number of its node, for the trace.
        address: of its mailbox, in the one text that means it.
        make: makes it.
        records: where its state is.

    Attributes:
        due: when its timer wants to be called, in ns, or None.
    """

    def __init__(self, node: int, address: str, make: Maker, records: Records) -> None:
        self.address = address
        self.due: int | None = None
        self._node = node
        self._make = make
        self._records = records
        self._program: Correspondent | None = None  # until it is made, and where that raised
        self._found = b""  # the state that was saved when its node started
        self._kept = b""  # the state that is saved
        self._state = b""  # the state after the last call
        self._rest = FIRST_REST
        self._rests_until = 0

    def resume(self, now: int) -> list[Request]:
        """Make it, and have it take up the state that is kept."""
        self._found = self._kept = self._state = self._records.get(self.address, CORRESPONDENT) or b""
        return self._begin(now)

    def call(self, named: str, act: Callable[[Correspondent], Iterable[Act]], now: int) -> _Answer:
        """Call it; return the acts, None when the call failed, and what there is to say about that."""
        program = self._program
        if program is None:
            return None, []
        try:
            acts = _acts(act(program))
            self._look(program)
        except Exception as error:
            return None, [self._failed(named, error, now), *self._begin(now)]
        return acts, []

    def call_timer(self, desk: Desk, now: int) -> _Answer:
        """Call its timer, as `call` does; one that fails, or is due again at once, rests for a while."""
        acts, requests = self.call("handle_timer", lambda program: program.handle_timer(desk), now)
        if acts is not None and (self.due is None or self.due > now):
            self._rest = FIRST_REST
            return acts, requests
        if acts is not None:
            again = ValueError("after handle_timer it is due at the same time again")
            requests.append(self._failed("next_wakeup", again, now))
        self._rests_until = now + self._rest
        self._rest = min(2 * self._rest, LONGEST_REST)
        if self.due is not None:
            self.due = max(self.due, self._rests_until)
        return acts, requests

    def wrote(self, letters: Iterable[Letter], now: int) -> list[Request]:
        """Tell it of the letters that its acts have written."""
        program = self._program
        if program is None:
            return []
        try:
            for letter in letters:
                program.written(letter)
            self._look(program)
        except Exception as error:
            # The letters are posted. So the state is kept in which it asked for them, not the one before.
            return [*self.keep(), self._failed("written", error, now), *self._begin(now)]
        return []

    def keep(self) -> list[Request]:
        """Return what saves its state, if that is another than is saved."""
        if self._state == self._kept:
            return []
        self._kept = self._state
        return [self._save(CORRESPONDENT, self._state)]

    # Inside.

    def _look(self, program: Correspondent) -> None:
        """Take note of its state, and of when it is due."""
        state = program.save()
        if type(state) is not bytes:
            raise TypeError(f"save returned {type(state).__name__}, not bytes")
        if len(state) > STATE_MAX_BYTES:
            raise ValueError(f"a state of {len(state)} bytes; it has at most {STATE_MAX_BYTES}")
        self._ask_when(program)
        self._state = state

    def _ask_when(self, program: Correspondent) -> None:
        due = program.next_wakeup()
        if due is not None and type(due) is not int:
            raise TypeError(f"next_wakeup returned {type(due).__name__}, not ns as int")
        self.due = due if due is None else max(due, self._rests_until)

    def _begin(self, now: int) -> list[Request]:
        """Make it anew with the state that is kept; a state that it can't take is set aside."""
        self._program, self.due, self._state = None, None, self._kept
        try:
            program = self._make()
        except Exception as error:
            return [self._failed("making it", error, now)]
        if self._kept:
            try:
                program.restore(self._kept)
            except Exception as error:
                return [*self._set_aside(error, now), *self._begin(now)]
        self._program = program
        try:
            self._ask_when(program)
        except Exception as error:
            return [self._failed("next_wakeup", error, now)]
        return []

    def _set_aside(self, error: Exception, now: int) -> list[Request]:
        damaged, self._kept = self._kept, b""
        lost = say(now, self._node, CorrespondentLost(self.address, _told(error)))
        if damaged == self._found:
            # As the store had it at the start, and so it goes into its quarantine.
            aside = SetAside(self.address, CORRESPONDENT, _told(error))
            self._records.put(aside)
            return [aside, lost]
        return [self._save(CORRESPONDENT, b""), self._save(f"{CORRESPONDENT}/damaged", damaged), lost]

    def _save(self, key: str, data: bytes) -> Save:
        save = Save(self.address, key, data)
        self._records.put(save)
        return save

    def _failed(self, doing: str, error: Exception, now: int) -> Request:
        return say(now, self._node, CorrespondentFailed(self.address, doing, _told(error)))


_Answer = tuple[list[Act] | None, list[Request]]


def _acts(returned: Iterable[Act]) -> list[Act]:
    """Return the acts of a call; TypeError or ValueError where they are none."""
    # Not more than may be: an endless generator is nonsense like any other.
    acts = list(islice(returned, ACTS_MAX + 1))
    if len(acts) > ACTS_MAX:
        raise ValueError(f"more than {ACTS_MAX} acts at once")
    for act in acts:
        if not isinstance(act, Act):
            raise TypeError(f"{type(act).__name__} is no act of a correspondent")
    return acts


def _told(error: Exception) -> str:
    """Return what the trace tells of an exception: its class, its words, and the line that raised it."""
    try:
        words = str(error)
    except Exception:  # a class of the correspondent's own may break even here
        words = ""
    where = ""
    frames = traceback.extract_tb(error.__traceback__)
    if frames:
        where = f" ({'/'.join(PurePath(frames[-1].filename).parts[-2:])}, line {frames[-1].lineno})"
    return f"{type(error).__name__}{': ' if words else ''}{words[:ERROR_MAX_CHARS]}{where}"
