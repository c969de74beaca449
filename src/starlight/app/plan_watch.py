"""A node's plan file, watched: what changes in it becomes an amendment of the plan in the running node."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from starlight.contacts import ContactPlan
from starlight.errors import StarlightError
from starlight.live.plan_service import PlanService

_LOG = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
"""How often the file is looked at. It is read once it has stayed the same from one look to the next, so that
a program that writes it in several steps is not read in between."""

Mark = tuple[int, int, int] | None
"""What tells one state of a file from another: inode, size, time of change; None where there is no file."""


class PlanWatch:
    """Watches one plan file.

    Args:
        path: the file.
        read: reads the node's plan with it. Raises InputError where it is none.
        plan: of the running node.
        in_force: as the file had it when the node was started.
    """

    def __init__(
        self, path: Path, read: Callable[[], ContactPlan], plan: PlanService, in_force: ContactPlan
    ) -> None:
        self._path = path
        self._read = read
        self._plan = plan
        self._taken = in_force
        self._seen = self._known = self._mark()

    async def run(self) -> None:
        """Look at the file again and again, until this is cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Take the file if it has changed and then stayed the same; tell what is wrong with it."""
        mark = self._mark()
        steady, self._seen = mark == self._seen, mark
        if mark == self._known or not steady:
            return
        self._known = mark
        try:
            wanted = self._read()
            made = await self._plan.change_to(self._taken, wanted)
        except StarlightError as error:
            # The plan in force stays: a file that is half written, or wrong, must not silence a network.
            self._plan.file_trouble = str(error)
            _LOG.warning("the plan file is not taken, and the plan in force stays: %s", error)
            return
        self._taken = wanted
        self._plan.file_trouble = ""
        if made is None:
            _LOG.info("the plan file %s has changed, and its contacts are the same", self._path)
        else:
            _LOG.info("the plan file %s has changed: amendment %d:%d", self._path, *made.id)

    def _mark(self) -> Mark:
        with contextlib.suppress(OSError):
            found = self._path.stat()
            return found.st_ino, found.st_size, found.st_mtime_ns
        return None
