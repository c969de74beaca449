"""The folder sink: a service of a node that writes each payload which comes into a folder."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from starlight.app.payload_folder import PayloadFolder
from starlight.errors import StarlightError
from starlight.live.bundle_service import BundleEndpoint
from starlight.live.daemon import Daemon
from starlight.services.units import ReceivedUnit

_LOG = logging.getLogger(__name__)

RETRY_S = 60.0
"""Seconds after which what the disk or the node refused is tried again; it stays in the node until then."""


class FolderSink:
    """A service that takes a payload once its file is on the disk.

    Args:
        endpoint: where it comes.
        folder: where it goes.
        retry_s: how long to wait after the disk or the node refused, in s.
    """

    def __init__(self, endpoint: BundleEndpoint, folder: PayloadFolder, retry_s: float = RETRY_S) -> None:
        self._endpoint = endpoint
        self._folder = folder
        self._retry_s = retry_s

    @classmethod
    async def at(cls, daemon: Daemon, number: int, path: Path) -> FolderSink:
        """Return the sink at a service number of a node, which no program can take over.

        Raises:
            InputError: the folder can't be written, or something else has the number.
            StoreError: the node does not run.
        """
        folder = PayloadFolder(path)
        return cls(await daemon.bundles.register(number, own=True), folder)

    async def run(self) -> None:
        """Take what comes, until the node stops; the log says so where it does not take any more."""
        try:
            async for received in self._endpoint:
                await self._take(received)
        except StarlightError as error:
            # Nobody awaits a sink, so it has to say itself why it ends.
            _LOG.error("the sink at %s takes nothing more: %s", self._endpoint.address, error)

    async def _take(self, received: ReceivedUnit) -> None:
        """Write a payload, then let the node let go of it; what fails is tried again, file and all."""
        while True:
            try:
                # In a thread, because a slow disk must not hold up the node.
                await asyncio.to_thread(self._folder.keep, received)
                await self._endpoint.acknowledge(received.id)
                return
            except OSError as error:
                _LOG.error("%s stays in the node, its file can't be written: %s", received.id, error)
            except Exception as error:
                # Of any kind: a defect that the node survives must not end what runs beside it.
                _LOG.error("%s stays in the node, which does not let go of it: %s", received.id, error)
            await asyncio.sleep(self._retry_s)
