"""The playing time of a file by its own headers: read in the media process, told where it can be so.

Whatever is broken, contradicts its own size or names no length has none; nothing of it is an error, as the
file can be sent all the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from starlight.media import film_headers, sound_headers
from starlight.media.file_windows import FileWindows, MissingWindow
from starlight.media.tasks import MeasureFile, Playing

LONGEST_MS = 7 * 24 * 3_600_000
"""A week; a file of the largest size has four days of the thinnest speech that films and sounds have."""

LEAST_BYTES_PER_S = 16
"""A silence that is encoded has more, and so has a film of one picture. A file that claims to play for years
with a kilobyte lies."""

_READERS: dict[str, Callable[[FileWindows], float | None]] = {
    "video/mp4": film_headers.mp4_ms,
    "video/webm": film_headers.webm_ms,
    "audio/wav": sound_headers.wav_ms,
    "audio/flac": sound_headers.flac_ms,
    "application/ogg": sound_headers.ogg_ms,
    "audio/mpeg": sound_headers.mp3_ms,
}

PLAYING = frozenset(_READERS)
"""The media types, by the first bytes of a file, of which a length can be read."""


def playing_time(task: MeasureFile) -> Playing:
    """Return how long a file plays, or which window of it is to be given as well."""
    reader = _READERS.get(task.media_type)
    if reader is None:
        return Playing(None)
    try:
        found = reader(FileWindows(task.size, task.windows))
    except MissingWindow as missing:
        return Playing(None, missing.number)
    except (EOFError, ValueError, ArithmeticError):
        return Playing(None)  # It is cut off, or is none.
    return Playing(_credible(found, task.size))


def _credible(told_ms: float | None, size: int) -> int | None:
    """Return a length in whole ms where a file of so many bytes can have it; None where it can't."""
    if told_ms is None or not math.isfinite(told_ms) or not 1 <= told_ms <= LONGEST_MS:
        return None
    return round(told_ms) if size * 1000 >= LEAST_BYTES_PER_S * told_ms else None
