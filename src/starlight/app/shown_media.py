"""Voices and pictures that were decoded for a browser, kept for a while: it asks for each several times."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeAlias

from starlight.views.media import Heard, Seen

KEPT_MAX_BYTES = 48 * 2**20
"""A few songs as FLAC, and the pictures of a page."""

Key: TypeAlias = tuple[str, str, int, int, str]
"""Address, letter, part, how much of it was here, and as what it is shown."""


class ShownMedia:
    """The voices and pictures that were shown last, of everybody at this process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Heard | Seen] = OrderedDict()
        self._bytes = 0

    def find(self, key: Key) -> Heard | Seen | None:
        """Return what was shown under a key, if it is still kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Key, shown: Heard | Seen) -> None:
        """Keep what is shown, in place of what was shown longest ago."""
        if key in self._kept or len(shown.data) > KEPT_MAX_BYTES:
            return
        self._kept[key] = shown
        self._bytes += len(shown.data)
        while self._bytes > KEPT_MAX_BYTES:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone.data)
