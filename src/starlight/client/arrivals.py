"""Letters as they come to one person, followed over restarts of the node."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from starlight.client.access import read_access
from starlight.client.client import LETTERS_AT_ONCE, Client
from starlight.errors import StarlightError
from starlight.messages.delivery import DeliveryState
from starlight.messages.letter_view import LetterView

AGAIN_S = 1.0
"""A node that does not answer is asked again after so many seconds of the wall."""

OPEN_S = 10.0
"""How long a node may take to open its stream; longer means that it hangs."""

KNOWN_MAX = 10_000
"""Letters that are remembered as told: those of a month, at several hundred a day."""

LOOKED_AT = 50
"""Letters of a conversation that are looked at first: what is new is mostly the last."""


class _Told(msgspec.Struct):
    """A message of the stream, as far as it matters here: whether anything changed."""

    changed: bool = False


class Arrivals:
    """Follows what comes to a person.

    Args:
        folder: the data folder of the node.
        person: by id.
        say: is told when the node stops to answer, and when it answers again.

    Raises:
        InputError: no node runs there, or nobody of that id lives at it.
    """

    def __init__(self, folder: Path, person: str, say: Callable[[str], object]) -> None:
        self._folder = folder
        self._person = person
        self._say = say
        self._known: OrderedDict[str, None] = OrderedDict()
        self._counts: dict[str, int] = {}
        client = Client(folder)
        client.person(person)
        # In the whole milliseconds that the API tells; what is of this one and here already is known by its
        # id.
        self._since = max(each.time for each in client.nodes())
        for address, count in self._conversations(client).items():
            self._counts[address] = count
            self._remember(client.latest(person, address, LOOKED_AT)[0])

    def letters(self) -> Iterator[LetterView]:
        """Yield each letter that comes, for ever."""
        lost = False
        while True:
            try:
                client = Client(self._folder)
                # Opened before it is looked, so that what comes in between is told by it.
                for _ in self._changes():
                    if lost:
                        lost = False
                        self._say("The node answers again.")
                    yield from self._new(client)
            # Its file is not there yet, or of the process that ended.
            except (StarlightError, OSError, WebSocketException) as error:
                if not lost:
                    lost = True
                    why = error if isinstance(error, StarlightError) else type(error).__name__
                    self._say(f"The node does not answer ({why}); waiting for it.")
            time.sleep(AGAIN_S)

    def _changes(self) -> Iterator[None]:
        """Yield once at first, and whenever letters have changed, until the node ends the stream."""
        access = read_access(self._folder)
        address = urlsplit(access.url).netloc
        url = f"ws://{address}/api/people/{quote(self._person, safe='')}/stream"
        headers = {"Authorization": f"Bearer {access.token}"}
        with connect(url, additional_headers=headers, open_timeout=OPEN_S, max_size=None) as stream:
            yield
            for message in stream:
                if msgspec.json.decode(message, type=_Told).changed:
                    yield

    def _new(self, client: Client) -> list[LetterView]:
        """Return the letters that came since the last look, in the order in which they came."""
        found: list[LetterView] = []
        for address, count in self._conversations(client).items():
            more = count - self._counts.get(address, 0)
            if more > 0:
                found += self._of(client, address, more)
            self._counts[address] = count
        self._remember(found)
        return sorted((each for each in found if not each.mine), key=lambda each: _came(each) or 0)

    def _of(self, client: Client, address: str, more: int) -> list[LetterView]:
        """Return the new letters with a correspondent, own ones too; one that is late may stand far up."""
        found: list[LetterView] = []
        before: str | None = None
        limit = min(LETTERS_AT_ONCE, more + LOOKED_AT)
        while len(found) < more:
            letters, earlier = client.latest(self._person, address, limit, before)
            found += [each for each in letters if self._is_new(each)]
            if not earlier:
                break
            before, limit = letters[0].id, LETTERS_AT_ONCE
        return found

    def _is_new(self, letter: LetterView) -> bool:
        came = _came(letter)
        return letter.id not in self._known and came is not None and came >= self._since

    def _conversations(self, client: Client) -> dict[str, int]:
        mailbox = client.mailbox(self._person)
        return {each.address: each.letters for each in (*mailbox.conversations, *mailbox.hidden)}

    def _remember(self, letters: list[LetterView]) -> None:
        self._known.update(dict.fromkeys(each.id for each in letters))
        while len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)


def _came(letter: LetterView) -> int | None:
    """Return when a letter came, or was written if it is an own one, by the node's clock; None if unknown."""
    if letter.mine:
        return letter.written_at
    fact = letter.last_fact(DeliveryState.ARRIVED)
    return None if fact is None else fact.time
