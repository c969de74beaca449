"""A node's plan file as it was taken: the base plan, and what was taken of the file last, kept in the store.

A planner's amendments count from its base plan, so that stays what it was when the node first ran on its
store: what the file has changed since is amendments, whether the node ran meanwhile or not. So other nodes
hear of it, and it is not folded in twice after a restart. At a node that is no planner, which can't amend,
the file as it is at the start is the base.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from starlight.contacts import Amendment, ContactPlan, formats
from starlight.errors import InputError
from starlight.input_files import read_bytes
from starlight.live.daemon import Daemon
from starlight.node.application import Request, Save
from starlight.services.amendments import PLAN_FILE
from starlight.services.announcements import NAME

_LOG = logging.getLogger(__name__)

BASE, TAKEN = f"{PLAN_FILE}base", f"{PLAN_FILE}taken"
"""The records: the file's bytes that the base plan is of, and those that were taken last."""

NOTHING_TOLD: Mapping[tuple[int, int], float] = MappingProxyType({})

Read = Callable[[bytes, Mapping[tuple[int, int], float]], ContactPlan]


class KeptPlan:
    """The plan file of one node.

    Args:
        path: the file.
        read: makes the node's plan of the file's bytes and light times in s that were told, by directed link.
            Raises InputError where they are no plan.
        daemon: the node, which has not started.

    Raises:
        InputError: the file can't be read.
    """

    def __init__(self, path: Path, read: Read, daemon: Daemon) -> None:
        self.path = path
        self._read = read
        self._plan = daemon.plan
        current = read_bytes(path, formats.MAX_BYTES)
        self._is_planner = daemon.config.node.number in daemon.config.planners
        kept = dict(daemon.store.saved(NAME)) if self._is_planner else {}
        self._base = _unpacked(kept.get(BASE), read) or current
        self._kept = BASE in kept
        # An older store has no records: what it had of the file can't be told from what the file has now.
        self._taken = _unpacked(kept.get(TAKEN), read) or self._base
        if not self._kept:
            self._taken = current

    def base(self, light_s: Mapping[tuple[int, int], float] = NOTHING_TOLD) -> ContactPlan:
        """Return the plan that the node's amendments count from."""
        return self._read(self._base, light_s)

    async def catch_up(self) -> None:
        """Take what has changed in the file while the node was down; done once it runs.

        What is too much for an amendment becomes the base here, and the status tells that others do not hear
        of it.
        """
        current = read_bytes(self.path, formats.MAX_BYTES)
        if self._is_planner and not self._kept:
            await self._plan.keep([_packed(BASE, self._base), _packed(TAKEN, self._taken)])
        if current == self._taken:
            return
        try:
            made = await self.take(current)
        except InputError as error:
            self._base = self._taken = current
            await self._plan.change_base(self.base())
            if self._is_planner:
                await self._plan.keep([_packed(BASE, current), _packed(TAKEN, current)])
            self._plan.file_trouble = f"it is in force here, and others do not hear of it: {error}"
            _LOG.warning("the plan file has changed since the node ran last; %s", self._plan.file_trouble)
            return
        tell(self.path, made)

    async def take(self, data: bytes) -> Amendment | None:
        """Amend the plan by what has changed in the file; None where its contacts are the same.

        Raises:
            InputError: it is no plan, the node is no planner, or it is too much for an amendment.
            StoreError: the disk refused.
        """
        wanted = self._read(data, NOTHING_TOLD)
        # With the amendment in one commit, so that after a crash it is not made once more.
        made = await self._plan.change_to(
            self._read(self._taken, NOTHING_TOLD), wanted, (_packed(TAKEN, data),) if self._is_planner else ()
        )
        self._taken = data
        return made


def tell(path: Path, made: Amendment | None) -> None:
    """Log that a plan file was taken."""
    if made is None:
        _LOG.info("the plan file %s has changed, and its contacts are the same", path)
    else:
        _LOG.info("the plan file %s has changed: amendment %d:%d", path, *made.id)


def _packed(key: str, data: bytes) -> Request:
    return Save(NAME, key, zlib.compress(data))


def _unpacked(record: bytes | None, read: Read) -> bytes | None:
    """Return the bytes of a file that a record has; None where there is none, or it can't be read."""
    if record is None:
        return None
    try:
        data = zlib.decompress(record)
        read(data, NOTHING_TOLD)
    except (zlib.error, InputError) as error:
        _LOG.warning("what was kept of the plan file can't be read, and it counts as it is now: %s", error)
        return None
    return data
