"""A progress bar over mission time."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from starlight import dtntime
from starlight.visible_text import visible


class ProgressBar:
    """A bar on stderr from `start` to `end`, in ns; without an interval it only says that it works.

    Args:
        label: what is under way.
    """

    def __init__(self, label: str, start: int, end: int) -> None:
        self._start, self._span = start, end - start
        columns = [
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[date]}"),
            TimeRemainingColumn(),
        ]
        # On stderr and wiped at the end: standard output is for the result alone.
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        # Without a total the bar pulses.
        self._task = self._progress.add_task(visible(label), total=self._span or None, date="")

    def __enter__(self) -> ProgressBar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, now: int) -> None:
        """Show that mission time has come this far, in ns."""
        self._progress.update(self._task, completed=now - self._start, date=dtntime.to_text(now)[:10])
