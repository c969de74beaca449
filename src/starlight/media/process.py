"""The media process as its node sees it: a task in, a result or an error out, whatever a file does in there.

Theory of operation. Decoders of pictures and sounds are the most attacked code there is, and a node carries
other people's bundles. So they run in a child, one at a time, which is given a task through a pipe and
answers through another. A child that dies, takes longer than `WALL_MAX_S` or says more than a result may
have is ended, and costs its own task alone: the next one finds a new child. What is in a task is never tried
again by itself, as it would break the next child, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from threading import Lock, Timer
from typing import TypeVar

import msgspec

from starlight.errors import InputError
from starlight.media.extra import require
from starlight.media.tasks import (
    IN_MAX_BYTES,
    OUT_MAX_BYTES,
    DecodeSound,
    Drawn,
    EncodeSound,
    MakeSteps,
    MeasureFile,
    MeasureSound,
    Playing,
    Refused,
    Result,
    ShowPicture,
    Sound,
    Steps,
    Task,
)

WALL_MAX_S = 60.0
"""A task may take: more than its processor time on a machine that is busy, less than a person's patience."""

WAITING_MAX = 8
"""Tasks that wait for the child: each holds what it was given in memory."""

WORKER = (sys.executable, "-m", "starlight.media.worker")
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
"""Threads reserve memory, and none of the tasks is faster with them."""

_RESULTS: msgspec.msgpack.Decoder[Result] = msgspec.msgpack.Decoder(Result)

R = TypeVar("R", bound=Sound | Playing | Steps | Drawn)


class MediaProcess:
    """Does tasks in a child; may be called from several threads, and blocks the one that calls.

    Args:
        command: what is started; the tests have children that misbehave.
        wall_max_s: how long a task may take.
    """

    def __init__(self, command: Sequence[str] = WORKER, wall_max_s: float = WALL_MAX_S) -> None:
        self._command = tuple(command)
        self._wall_max_s = wall_max_s
        self._child: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = Lock()
        self._counting = Lock()
        self._waiting = 0

    def encode(self, recording: bytes, choice: str) -> Sound:
        """Encode a recording in the way of a choice of `voice.CHOICES`.

        Raises:
            InputError: it is none, or can't be encoded; or there are no media libraries here.
        """
        _check_size("recording", recording)
        return self._do(EncodeSound(recording, choice), Sound, "recording")

    def decode(self, data: bytes, media_type: str) -> Sound:
        """Decode a voice to FLAC, or as much of it as is here; errors as of `encode`."""
        _check_size("recording", data)
        return self._do(DecodeSound(data, media_type), Sound, "recording")

    def measure(self, recording: bytes) -> Sound:
        """Find out how long a recording plays; errors as of `encode`."""
        _check_size("recording", recording)
        return self._do(MeasureSound(recording), Sound, "recording")

    def look(self, file: MeasureFile) -> Playing:
        """Find out how long a file plays, or which window of it is needed for that; errors as of `encode`."""
        return self._do(file, Playing, "file")

    def steps(self, picture: bytes, *, keep: bool = False) -> Steps:
        """Make the steps in which a picture travels; errors as of `encode`.

        Args:
            picture: a file.
            keep: the full step is the file itself, with all that the camera wrote into it.
        """
        _check_size("picture", picture)
        return self._do(MakeSteps(picture, keep), Steps, "picture")

    def show(self, picture: bytes, side_max: int) -> Drawn:
        """Draw a picture anew for a browser, at most so many pixels long; errors as of `encode`."""
        _check_size("picture", picture)
        return self._do(ShowPicture(picture, side_max), Drawn, "picture")

    def close(self) -> None:
        """End the child; a later task starts another."""
        with self._one_at_a_time:
            self._end()

    def _do(self, task: Task, kind: type[R], where: str) -> R:
        if not isinstance(task, MeasureFile):
            require()  # A length is read without any codec.
        with self._counting:
            if self._waiting >= WAITING_MAX:
                right = "Try again in a minute"
                raise InputError(
                    f"{WAITING_MAX} recordings and pictures wait here", where="media", right=right
                )
            self._waiting += 1
        try:
            with self._one_at_a_time:
                result = self._result(task, where)
        finally:
            with self._counting:
                self._waiting -= 1
        if isinstance(result, Refused):
            raise InputError(result.what, where=where, right=result.right)
        if not isinstance(result, kind):
            raise _broken(where)
        return result

    def _result(self, task: Task, where: str) -> Result:
        """Return what the child makes of a task.

        Raises:
            InputError: it died over it, took too long, or answered with what is no result.
        """
        data = msgspec.msgpack.encode(task)
        child = self._running()
        assert child.stdin is not None, "it was started with a pipe"
        assert child.stdout is not None, "it was started with a pipe"
        # What a child does not read or write in time ends with it, so neither blocks for longer.
        timer = Timer(self._wall_max_s, child.kill)
        timer.daemon = True
        timer.start()
        try:
            child.stdin.write(len(data).to_bytes(4, "big"))
            child.stdin.write(data)
            child.stdin.flush()
            head = child.stdout.read(4)
            size = int.from_bytes(head, "big")
            answer = child.stdout.read(size) if len(head) == 4 and size <= OUT_MAX_BYTES else b""
            if len(answer) < size or not answer:
                raise _broken(where)
            return _RESULTS.decode(answer)
        except (OSError, msgspec.MsgspecError):
            raise _broken(where) from None
        finally:
            timer.cancel()
            # One that said too much, or nothing, is of no use for the next task.
            if sys.exc_info()[0] is not None:
                self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **ENVIRONMENT},
            )
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass  # What was not written yet, nobody reads any more.


def _check_size(where: str, data: bytes) -> None:
    if len(data) > IN_MAX_BYTES:
        right = f"It has at most {IN_MAX_BYTES // 2**20} MB; send a larger one as a file"
        raise InputError(f"the {where} has {len(data)} bytes", where=where, right=right)


def _broken(where: str) -> InputError:
    right = "It is damaged, or made to do harm. Send it as a file, if it is to be sent"
    return InputError(
        f"the {where} could not be decoded: it broke the process that tried", where=where, right=right
    )
