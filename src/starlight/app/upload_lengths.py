"""The playing times of uploads: their headers, a window at a time, are looked at in the media process.

A file says what it is by its first bytes alone; of what has no length nothing more is read, and no process
starts.
"""

from __future__ import annotations

from functools import partial

from starlight.app.media_work import MediaWork
from starlight.errors import InputError
from starlight.mailboxes.bodies import Bodies
from starlight.mailboxes.stored_format import Body
from starlight.media.playing_time import PLAYING
from starlight.media.tasks import WINDOW_BYTES, MeasureFile
from starlight.messages.file_signatures import media_type_of

SIGNATURE_BYTES = 64

WINDOWS_MAX = 24
"""Windows of a file that are read: 1.5 MB. The picture on a record's sleeve, before its first sound, has
less."""


async def playing_time_of(bodies: Bodies, upload: str, work: MediaWork) -> int | None:
    """Return how long an upload plays, in ms; None where its headers don't tell, or break who reads them.

    Args:
        bodies: of the mailbox.
        upload: its reference.
        work: has it done.
    """
    body = bodies.body(upload)
    if body is None:
        return None
    media_type, _ = media_type_of(bodies.chunk(upload, 0)[:SIGNATURE_BYTES])
    if media_type not in PLAYING:
        return None
    windows: dict[int, bytes] = {}
    wanted: int | None = 0
    try:
        while wanted is not None and wanted not in windows and len(windows) < WINDOWS_MAX:
            windows[wanted] = _window(bodies, upload, body, wanted)
            found = await work.do(partial(work.headers.look, MeasureFile(media_type, body.size, windows)))
            if found.wanted is None:
                return found.duration_ms
            wanted = found.wanted
    except InputError:
        return None  # Many wait for the process, or the file broke it.
    finally:
        # Films are seldom sent; nothing is kept for the next one.
        await work.do(work.headers.close)
    return None


def _window(bodies: Bodies, upload: str, body: Body, number: int) -> bytes:
    """Return a window of an upload; nothing of one that is beyond its end."""
    at, end = number * WINDOW_BYTES, min((number + 1) * WINDOW_BYTES, body.size)
    data = b""
    while at + len(data) < end:
        place = at + len(data)
        start = place % body.chunk_size
        data += bodies.chunk(upload, place // body.chunk_size)[start : start + end - place]
    return data
