"""The local API of a running node as its clients see it: one question, one answer."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit

import h11
import msgspec

from starlight.client.access import Access, read_access
from starlight.errors import InputError, StarlightError
from starlight.web import wire
from starlight.web.told_errors import ToldErrors

T = TypeVar("T")

TIMEOUT_S = 30.0
"""A node on this machine answers within a disk's worst commit; longer means that it hangs."""

PIECE_BYTES = 256 * 1024
"""Read from a socket at a time."""


class Reply(NamedTuple):
    """The answer to a question.

    Attributes:
        status: of HTTP.
        headers: by name, in small letters.
        body: its bytes.
    """

    status: int
    headers: dict[str, str]
    body: bytes


class Streamed(NamedTuple):
    """The body of a question that does not stand in memory whole.

    Attributes:
        size: in bytes.
        pieces: its bytes; an error of the iterator ends the question.
    """

    size: int
    pieces: Iterable[bytes]


class Question(NamedTuple, Generic[T]):
    """A question to the local API.

    Attributes:
        method: of HTTP.
        path: under ``/api``, quoted.
        read: makes of the answer what was asked for.
        query: what stands behind the path.
        body: sent with it.
        media: the type of its body.
        wait_s: how long the node may wait before it answers, in s.
    """

    method: str
    path: str
    read: Callable[[Reply], T]
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | Streamed = b""
    media: str = "application/octet-stream"
    wait_s: float = 0.0


class Exchange:
    """One question and its answer as a machine: bytes to send, bytes that came.

    Args:
        access: how to reach the node.
        question: what is asked.
    """

    def __init__(self, access: Access, question: Question[T]) -> None:
        body = question.body
        self._content = Streamed(len(body), (body,)) if isinstance(body, bytes) else body
        # A connection for each question: none is left over from a node that was started anew since.
        self._connection = h11.Connection(h11.CLIENT)
        query = urlencode(question.query)
        headers = [
            ("Host", urlsplit(access.url).netloc),
            ("Authorization", f"Bearer {access.token}"),
            ("Accept", "application/json"),
            ("Connection", "close"),
            ("Content-Type", question.media),
            ("Content-Length", str(self._content.size)),
        ]
        target = f"/api{question.path}" + (f"?{query}" if query else "")
        self._request = h11.Request(method=question.method, target=target, headers=headers)
        self._response: h11.Response | None = None
        self._body: list[bytes] = []

    def to_send(self) -> Iterator[bytes]:
        """Yield the question's bytes, once, as its body gives them."""
        yield self._connection.send(self._request) or b""
        for piece in self._content.pieces:
            yield self._connection.send(h11.Data(data=piece)) or b""
        self._connection.send(h11.EndOfMessage())  # By the length, so there are no bytes of it.

    @property
    def is_refused(self) -> bool | None:
        """Return whether the answer is an error; None while nobody knows."""
        return None if self._response is None else self._response.status_code >= 400

    def taken(self) -> list[bytes]:
        """Return what has come of the body since the last time; it is not part of the reply then."""
        taken, self._body = self._body, []
        return taken

    def receive_data(self, data: bytes) -> Reply | None:
        """Take bytes that came, or none at the end of the stream; return the answer once it is whole.

        Raises:
            h11.RemoteProtocolError: it is none, or ends too early.
        """
        self._connection.receive_data(data)
        while (event := self._connection.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Response):
                self._response = event
            elif isinstance(event, h11.Data):
                self._body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and self._response is not None:
                headers = {name.decode(): value.decode() for name, value in self._response.headers}
                return Reply(self._response.status_code, headers, b"".join(self._body))
        return None


def as_json(kind: type[T]) -> Callable[[Reply], T]:
    """Return what reads a reply as the type whose JSON twin it is."""
    return lambda reply: wire.read(msgspec.json.decode(reply.body), kind)


class LocalApi:
    """The local API of the node that runs on a data folder.

    Args:
        folder: the data folder.

    Raises:
        InputError: no node runs there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._access = read_access(folder)
        address = urlsplit(self._access.url)
        self._where = address.hostname or "", address.port or 0

    def ask(self, question: Question[T]) -> T:
        """Ask, and wait for the answer.

        Raises:
            InputError: what was asked is wrong; the words are the node's.
            StarlightError: the node does not answer, or can't now.
        """
        exchange = Exchange(self._access, question)
        try:
            with socket.create_connection(self._where, TIMEOUT_S) as connection:
                connection.settimeout(TIMEOUT_S + question.wait_s)
                self._send(connection, exchange)
                while (answer := exchange.receive_data(connection.recv(PIECE_BYTES))) is None:
                    pass
        except (OSError, h11.ProtocolError) as error:
            raise self._silent(error) from None
        return self._read(question, answer)

    def _send(self, connection: socket.socket, exchange: Exchange) -> None:
        """Send a question, as far as the node wants it."""
        # It may have answered that the question is too long, and closed its end.
        with contextlib.suppress(ConnectionError):
            for piece in exchange.to_send():
                # The time that may pass is a piece's and not the question's: a film takes its time.
                connection.sendall(piece)
                if select.select([connection], [], [], 0)[0]:
                    return  # It answers already, so it refuses the rest, and may not read it.

    def pieces(self, question: Question[T]) -> Iterator[bytes]:
        """Ask, and give the answer's body a piece at a time as it comes; errors as of `ask`."""
        exchange = Exchange(self._access, question)
        try:
            with socket.create_connection(self._where, TIMEOUT_S) as connection:
                connection.settimeout(TIMEOUT_S)
                self._send(connection, exchange)
                answer = None
                while answer is None:
                    answer = exchange.receive_data(connection.recv(PIECE_BYTES))
                    if exchange.is_refused is False:
                        yield from exchange.taken()
        except (OSError, h11.ProtocolError) as error:
            raise self._silent(error) from None
        if answer.status >= 400:
            raise self._refused(answer)

    async def ask_async(self, question: Question[T]) -> T:
        """Ask, and wait for the answer, without holding up others; as `ask` in all else."""
        exchange = Exchange(self._access, question)
        try:
            async with asyncio.timeout(TIMEOUT_S + question.wait_s):
                reader, writer = await asyncio.open_connection(*self._where)
                try:
                    with contextlib.suppress(ConnectionError):
                        for piece in exchange.to_send():
                            writer.write(piece)
                            await writer.drain()
                    while (answer := exchange.receive_data(await reader.read(PIECE_BYTES))) is None:
                        pass
                finally:
                    writer.close()  # Not awaited, because a node that hangs must not hold up the program.
        except (OSError, h11.ProtocolError) as error:
            raise self._silent(error) from None
        return self._read(question, answer)

    def _silent(self, error: Exception) -> StarlightError:
        why = (
            error.strerror if isinstance(error, OSError) and error.strerror else error or "it takes too long"
        )
        return StarlightError(f"the node of {self._folder} does not answer at {self._access.url} ({why})")

    def _read(self, question: Question[T], answer: Reply) -> T:
        if answer.status >= 400:
            raise self._refused(answer)
        try:
            return question.read(answer)
        except (msgspec.DecodeError, msgspec.ValidationError, KeyError, InputError) as error:
            # A node of another version of Starlight may say more, or less, than is known here.
            text = f"the node of {self._folder} answers otherwise than expected: {error}"
            raise StarlightError(text) from None

    def _refused(self, answer: Reply) -> StarlightError:
        """Return the error that the node explained in its own words."""
        if answer.status == 401:
            right = "Ask anew for the access to the node, which was started with another token since"
            return InputError("the node refuses the token", where=str(self._folder), right=right)
        try:
            told = msgspec.json.decode(answer.body, type=ToldErrors)
        except (msgspec.MsgspecError, RecursionError):
            told = ToldErrors()
        if not told.error or answer.status >= 500:
            return StarlightError(told.error or f"the node answered {answer.status}")
        # Below 500 the person can mend it, so it is an InputError here as it was there.
        return told.as_error()
