"""A step of a host: what the engine and the application ask for in it, until it is whole or broken off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from starlight.errors import StarlightError
from starlight.node.actions import Action, Forget, Outward, Persist, StoreWrite, Trace
from starlight.node.application import Erase, Save, SetAside
from starlight.node.store import Write
from starlight.node.stored import Stored, whole_of
from starlight.node.trace_events import BundleUnreadable, RecordSetAside
from starlight.trace import Record


class Step(NamedTuple):
    """The answer of a host, which a driver performs in this order.

    Attributes:
        writes: to be committed, all or none, before anything else.
        outward: what goes out on links and into the trace, after the commit.
    """

    writes: list[Write]
    outward: list[Outward]


class OpenStep:
    """The step that is under way.

    Args:
        number: of the node.
        body: returns the bytes of a stored bundle, committed or about to be.

    Attributes:
        writes, outward: what was asked for so far.
        asked: by the engine, all of it.
        ran: the engine has done what was due.
    """

    def __init__(self, number: int, body: Callable[[str], bytes]) -> None:
        self._number = number
        self._body = body
        self._bodies: dict[str, bytes] = {}
        self.writes: list[Write] = []
        self.outward: list[Outward] = []
        self.asked: list[Action] = []
        self.ran = False

    def write(self, action: StoreWrite) -> None:
        """Take what the engine writes."""
        self.writes.append(action)
        if type(action) is Persist:
            self._bodies[action.key] = action.data

    def set_aside(self, request: SetAside, now: int) -> None:
        """Take a record that can't be read, or is erased; of that nothing is told."""
        self.writes.append(request)
        if isinstance(request, Erase):
            return
        event = RecordSetAside(request.mailbox, request.key, request.why)
        self.outward.append(Trace(Record(now, self._number, event)))

    def unreadable(self, keys: tuple[str, ...], error: StarlightError, now: int) -> None:
        """Tell the trace of bundles that can't be read."""
        self.outward.append(Trace(Record(now, self._number, BundleUnreadable(keys, str(error)))))

    def body(self, key: str) -> bytes:
        """Return the bytes of a bundle that is stored, or is so with this step; StoreError as the store's."""
        return self._bodies.get(key) or self._body(key)

    def finish(self) -> Step:
        """Return the step, now whole; the next one begins."""
        step = Step(self.writes, self.outward)
        self._begin([])
        return step

    def break_off(self, stored: Mapping[str, Stored]) -> list[Action]:
        """Drop all that a step which broke has asked for, so that nothing of it comes out with the next.

        But for what the application keeps and has posted. It has that in memory, where it can't be
        taken back, and would take what is given to it again for known; so that is committed with
        the next step.

        Args:
            stored: the index of what the engine has, by key.

        Returns:
            What the engine had asked for and is dropped.
        """
        kept: list[Write] = [
            write
            for write in self.writes
            if type(write) in _RECORDS
            or (type(write) is Persist and write.key in stored and stored[write.key].meta.own)
        ]
        # Where one was cut, its fragments stand for it.
        fragments = [w.key for w in kept if type(w) is Persist and stored[w.key].meta.fragment is not None]
        cut = {whole_of(key) for key in fragments}
        wholes = [write for write in self.writes if type(write) is Forget]
        kept += [write for write in wholes if not cut.isdisjoint((write.key, whole_of(write.key)))]
        same = {id(write) for write in kept}
        dropped = [action for action in self.asked if id(action) not in same]
        self._begin(kept)
        return dropped

    def _begin(self, kept: list[Write]) -> None:
        self.writes, self.outward, self.asked, self.ran = kept, [], [], False
        self._bodies = {write.key: write.data for write in kept if type(write) is Persist}


_RECORDS = frozenset({Save, SetAside, Erase})
