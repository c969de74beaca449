"""A node's plan file, watched: what changes in it becomes an amendment of the plan in the running node."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from starlight.app.kept_plan import KeptPlan, tell
from starlight.contacts import formats
from starlight.errors import StarlightError
from starlight.input_files import read_bytes
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
        file: the file, and what was taken of it.
        plan: of the running node.
    """

    def __init__(self, file: KeptPlan, plan: PlanService) -> None:
        self._file = file
        self._plan = plan
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
            made = await self._file.take(read_bytes(self._file.path, formats.MAX_BYTES))
        except StarlightError as error:
            # The plan in force stays: a file that is half written, or wrong, must not silence a network.
            self._plan.file_trouble = str(error)
            _LOG.warning("the plan file is not taken, and the plan in force stays: %s", error)
            return
        self._plan.file_trouble = ""
        tell(self._file.path, made)

    def _mark(self) -> Mark:
        with contextlib.suppress(OSError):
            found = self._file.path.stat()
            return found.st_ino, found.st_size, found.st_mtime_ns
        return None
