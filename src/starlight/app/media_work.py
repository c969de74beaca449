"""The work on voices and pictures of all people at one process: a child, and threads that wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlight.app.shown_media import ShownMedia
from starlight.media.process import WAITING_MAX, MediaProcess

T = TypeVar("T")

HEADERS_MAX_S = 10.0
"""A look at a window of a file may take: a start of the process on a slow machine, and milliseconds."""


class MediaWork:
    """Has tasks done in the media process without holding up the loop that asks.

    Attributes:
        process: encodes and decodes; starts with its first task.
        headers: finds out how long files play, beside it, so that no upload waits for what is encoded.
        shown: what browsers were shown last.
    """

    def __init__(self) -> None:
        self.process = MediaProcess()
        self.headers = MediaProcess(wall_max_s=HEADERS_MAX_S)
        self.shown = ShownMedia()
        # Threads of its own: those of the loop must stay free for what a node needs.
        self._threads = ThreadPoolExecutor(WAITING_MAX, "media")

    async def do(self, task: Callable[[], T]) -> T:
        """Return what a call of the process returns, which may take a minute."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, task)

    def close(self) -> None:
        """End the process, and what waits for it."""
        self.process.close()
        self.headers.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
