"""The media process: takes tasks from its standard input one by one, and writes results to its output.

It limits itself before it reads a byte: memory, processor time a task, no file written. What a picture or a
recording breaks in it ends this process alone; the node starts another for the next task.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import BinaryIO

import msgspec

from starlight.errors import InputError
from starlight.media.playing_time import playing_time
from starlight.media.tasks import (
    IN_MAX_BYTES,
    DecodeSound,
    EncodeSound,
    MakeSteps,
    MeasureFile,
    MeasureSound,
    Refused,
    Result,
    ShowPicture,
    Task,
)

MEMORY_MAX_BYTES = 3 * 2**30
"""Of addresses, not all of it used: a picture of 64 million pixels decoded, turned and made smaller takes a
gigabyte, and threads of the codecs reserve as much again."""

CPU_MAX_S = 40
"""Of one task: half an hour of speech by Opus takes 40 s on a slow machine, a large picture 10."""

HEADER_BYTES = 64 * 1024
"""Around what a task carries: names, and its form."""

DAMAGED = Refused("it can't be decoded", "It may be damaged, or cut off; take it from where it was made")
TOO_LARGE = Refused("it takes more memory to decode than there is for it", "Make it smaller, or send a file")


def main() -> None:
    """Work until the node closes the pipe."""
    tasks, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Libraries that print would write into the results.
    os.dup2(2, 1)
    limits = _system_limits()
    if limits is not None:
        _limit(limits)
    decoder, encoder = msgspec.msgpack.Decoder(Task), msgspec.msgpack.Encoder()
    while data := _framed(tasks):
        if limits is not None:
            _limit_next_task(limits)
        result = encoder.encode(done(decoder.decode(data)))
        results.write(len(result).to_bytes(4, "big"))
        results.write(result)
        results.flush()


def done(task: Task) -> Result:
    """Do a task; what is wrong with what it was given becomes words."""
    if isinstance(task, MeasureFile):
        return playing_time(task)  # It needs no codecs, so it is there without them as well.
    # Here and not above: a node imports this module to know nothing of codecs.
    from starlight.media import pictures, voice

    try:
        match task:
            case EncodeSound():
                return voice.encode(task)
            case DecodeSound():
                return voice.decode(task)
            case MeasureSound():
                return voice.measure(task.recording)
            case MakeSteps():
                return pictures.make_steps(task)
            case ShowPicture():
                return pictures.show(task)
    except InputError as error:
        return Refused(error.what, error.right)
    except MemoryError:
        return TOO_LARGE
    except Exception:
        # A codec may raise anything over bytes of a stranger; whatever it is, they are no good.
        return DAMAGED


def _framed(tasks: BinaryIO) -> bytes:
    """Return the next task as it came; nothing where there are no more."""
    length = int.from_bytes(tasks.read(4), "big")
    return tasks.read(length) if length <= IN_MAX_BYTES + HEADER_BYTES else b""


def _system_limits() -> ModuleType | None:
    """Return the system's limits for processes, where it has any."""
    try:
        import resource
    except ImportError:
        return None  # Windows has none: there the node's own limits hold, of time and of bytes.
    return resource


def _limit(resource: ModuleType) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(nothing, (0, 0))
    # After what a library opens as it is loaded: a handful.
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def _limit_next_task(resource: ModuleType) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + CPU_MAX_S
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))


if __name__ == "__main__":
    main()
