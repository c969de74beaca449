"""The data folder of a demo: what it remembers, and the days before, lived through on first start."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from starlight import dtntime
from starlight.app.access import TOKEN_FILE, write_private
from starlight.dtntime import DAY
from starlight.errors import InputError
from starlight.input_files import STATE_BYTES, read_bytes
from starlight.json_text import decode_as
from starlight.rehearsal import script
from starlight.rehearsal.rehearsal import Rehearsal
from starlight.scenario.scenario import Scenario
from starlight.sky import Sky
from starlight.store.folder_lock import LOCK_FILE
from starlight.store.lost_index import STORE, check_used
from starlight.store.sqlite_store import SqliteStore

STATE_FILE = "demo.json"
BEGUN_FILE = "first-start"
"""It is there while the days before are lived through: only a first start that ended early is begun again."""

Say = Callable[[str], None]


class DemoState(msgspec.Struct):
    """The state that the data folder remembers besides the stores.

    Attributes:
        scenario: which one; as it was given.
        begun: mission time at which the live part began, in ns.
        storm_since, storm_until: since when a storm blows, and its forecast; None while none does.
        version: of the contact plan, grows with each change.
        storm: which of the scenario's storms that is.
        played: up to when, in ns, the story's storms have come and gone; None where an earlier version of the
            demo played none.
    """

    scenario: str
    begun: int
    storm_since: int | None = None
    storm_until: int | None = None
    version: int = 1
    storm: int = 0
    played: int | None = None


class DemoFolder:
    """A folder that is a demo's, or becomes it.

    Args:
        path: of the folder; made when it is not there.
        scenario: what the demo plays.
        say: takes a line for the person who started it.
    """

    def __init__(self, path: Path, scenario: Scenario, say: Say) -> None:
        self._path = path
        self._scenario = scenario
        self._say = say

    def open(self, scenario_name: str, at: int | None, sky: Sky) -> DemoState:
        """Return the folder's state; a folder that has none is lived into first.

        Args:
            scenario_name: as it was given; a folder belongs to one scenario.
            at: where the mission begins, in ns, when the folder is new; None: where the scenario says.

        Raises:
            InputError: the folder can't be used, or belongs to something else.
        """
        path = self._path / STATE_FILE
        try:
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            if path.exists():
                data = read_bytes(path, STATE_BYTES)
                state = decode_as(data, DemoState, what="is not what the demo writes", where=str(path))
                self._check(state, scenario_name, at)
                for node in self._scenario.node:
                    check_used(self._path / node.name / STORE)
                (self._path / BEGUN_FILE).unlink(missing_ok=True)
                return state
        except OSError as error:
            raise InputError(f"can't be used ({error.strerror})", where=str(self._path)) from None
        self._refuse_foreign()
        begun = dtntime.from_text(self._scenario.demo_at) if at is None else at
        self._live_through(begun, sky)
        # The state is written last: a first start that was interrupted has none, and is begun again.
        state = DemoState(scenario_name, begun, played=begun)
        self.keep(state)
        (self._path / BEGUN_FILE).unlink()
        return state

    def keep(self, state: DemoState) -> None:
        """Write the state, for the next start."""
        write_private(self._path / STATE_FILE, msgspec.json.encode(state))

    def plan_file(self) -> Path:
        """Return where the plan is kept, which costs seconds to make."""
        return self._path / "plan.msgpack"

    def store_of(self, node: str) -> Path:
        """Return where the store of a node is, by its name; the folder is made when it is not there."""
        path = self._path / node
        path.mkdir(exist_ok=True, mode=0o700)
        return path / STORE

    def _check(self, state: DemoState, scenario_name: str, at: int | None) -> None:
        if state.scenario != scenario_name:
            raise InputError(
                f"holds the scenario {state.scenario!r}, not {scenario_name!r}",
                where=str(self._path),
                right="Give another --data folder",
            )
        if at is not None and at != state.begun:
            self._say("The data folder has a mission under way; it goes on where it stopped, not at --at.")

    def _refuse_foreign(self) -> None:
        """Refuse to write into a folder of something else; what an interrupted first start left is ours."""
        nodes = {node.name for node in self._scenario.node}
        ours = nodes | {TOKEN_FILE, LOCK_FILE, BEGUN_FILE}
        strange = sorted(entry.name for entry in self._path.iterdir() if entry.name not in ours)
        if strange:
            raise InputError(
                f"holds {strange[0]!r}, which is not of a demo",
                where=str(self._path),
                right="Give an empty folder, or one that the demo made",
            )
        begun = self._path / BEGUN_FILE
        if begun.exists():
            for name in nodes:
                shutil.rmtree(self._path / name, ignore_errors=True)
        elif left := sorted(entry.name for entry in self._path.iterdir() if entry.name in nodes):
            raise InputError(
                f"holds the store of {left[0]!r}, and {STATE_FILE}, which says what it is of, is gone",
                where=str(self._path),
                right=f"Put {STATE_FILE} back, or give an empty folder to begin anew",
            )
        write_private(begun, b"")

    def _live_through(self, begun: int, sky: Sky) -> None:
        """Rehearse the days before and leave what the nodes then hold in their stores."""
        # A day at least, also where the mission begins before the scenario's own date.
        since = min(dtntime.from_text(self._scenario.demo_since), begun - DAY)
        self._say(f"Living through {dtntime.to_text(since)[:10]} to {dtntime.to_text(begun)[:16]}Z ...")
        run = Rehearsal(script.without_parts(self._scenario), sky, since, begun)
        run.run()
        # What is in flight is stored where it goes to, hidden until it arrives: no live link can bring it.
        run.world.land()
        for node in self._scenario.node:
            store = SqliteStore(str(self.store_of(node.name)))
            try:
                store.commit(run.world.store(node.number).writes(), now=begun)
            finally:
                store.close()
