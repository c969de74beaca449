"""A year's load in one mailbox: 100 000 letters, 200 topics, 5 000 parts; what its owner waits for.

Letters are of words as often as words are in a language (Zipf), a tenth of them with Korean; half were
written there and half came, to and from 20 people. Times are of the wall, the middle of 20, through the
page's handlers without a socket: the first page of somebody else each time, and a search for something else.
The node starts in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench_mailbox import EARTH, JAY, MARS, PEOPLE, START, ask, correspondent, plan
from machine import describe

from starlight.app.address_book import AddressBook, Entry
from starlight.app.correspondence import Inhabitant
from starlight.app.node_facts import worlds_of
from starlight.app.node_file import NodeFile
from starlight.app.page_backend import NodePageBackend
from starlight.app.sky_view import SkyView
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.mailboxes.bodies import body_of
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.mailbox import Mailbox, MailboxLimits
from starlight.mailboxes.records import MemoryRecords
from starlight.mailboxes.stored_format import StoredLetter
from starlight.messages.delivery import DeliveryState, Received
from starlight.messages.dispatch import Confirmed, Copy, Dispatch, Sent
from starlight.messages.format import encode_message
from starlight.messages.hash_tree import leaf_hash
from starlight.messages.letter import Act, Letter
from starlight.messages.part_state import all_here
from starlight.messages.parts import Part, PartKind
from starlight.messages.wire_values import Envelope
from starlight.node.application import Save
from starlight.node.config import NodeConfig
from starlight.scenario.kernels import open_sky
from starlight.store.search_index import FILE
from starlight.store.sqlite_store import SqliteStore
from starlight.views.mailbox import Person
from starlight.web.app import make_app

LETTERS, TOPICS, PARTS = 100_000, 200, 5_000
WORDS_A_LETTER = 60
PART_BYTES = 4_096
TIMES = 20
GROUP = 5_000


class Language:
    """Words as often as in a language, from one seed."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        draw = self.random
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        self.words = ["".join(draw.choices(letters, k=draw.randint(2, 10))) for _ in range(20_000)]
        self._weights = list(accumulate(1 / rank for rank in range(1, len(self.words) + 1)))
        syllables = [chr(0xAC00 + 28 * draw.randrange(399)) for _ in range(300)]
        self.korean = ["".join(draw.choices(syllables, k=draw.randint(2, 4))) for _ in range(2_000)]

    def text(self, number: int) -> str:
        """Return the words of a letter."""
        found = self.random.choices(self.words, cum_weights=self._weights, k=WORDS_A_LETTER)
        if number % 10 == 0:
            found += [*self.random.choices(self.korean, k=8), "화성온실에서"]
        return " ".join(found)


def letters(mailbox: Mailbox, language: Language) -> Iterator[list[Save]]:
    """Put letters into a mailbox, the oldest first; give the saves of each."""
    for number in range(LETTERS):
        at = START - (LETTERS - number) * 300 * SECOND
        other, written = correspondent(number // 2), number % 2 == 0
        sender, to = (JAY, other) if written else (other, JAY)
        topic = number % (2 * TOPICS)
        data = number.to_bytes(4, "big") * (PART_BYTES // 4)
        has_part = number % (LETTERS // PARTS) == 0
        kind = (PartKind.VOICE, PartKind.PICTURE)[number // 20 % 2]
        part = Part(kind=kind, name=f"memo {number}", hash=leaf_hash(data), size=PART_BYTES)
        letter = Letter(
            id=f"{number:032x}", thread=f"{topic:032x}" if topic < TOPICS else "t", sender=sender, to=to,
            written_at=at, text=language.text(number), format=2, parts=(part,) if has_part else (),
            thread_name=f"topic {topic}" if number < 2 * TOPICS and topic < TOPICS else "",
            act=Act.QUESTION if number % 500 == 0 else Act.WORDS,
        )  # fmt: skip
        stored = StoredLetter(sender, to, at, encode_message(letter, Envelope(sender, to, at)))
        saves = mailbox.put_letter(letter, stored, at)
        saves += course(mailbox, letter, number, at) if written else coming(mailbox, letter, number, at)
        if has_part:
            saves += media(mailbox, letter, data, at)
        yield saves


def course(mailbox: Mailbox, letter: Letter, number: int, at: int) -> list[Save]:
    """Keep the course of a letter that was read long ago."""
    known = Confirmed(queued_at=at, departed_at=at, arrived_at=at + HOUR, arrival_known_at=at + HOUR)
    copies = (Copy(f"{JAY}/{at // 10**6}/{number}", at),)
    dispatch = Dispatch(size_bytes=400, state=DeliveryState.READ, copies=copies, confirmed=known)
    sent = Sent(
        written_at=at, expires_at=at + DAY, receipt_wanted=True, dispatch=dispatch,
        read_at=at + HOUR, reading_known_at=at + HOUR,
    )  # fmt: skip
    return mailbox.outgoing.put(letter.id, sent)


def coming(mailbox: Mailbox, letter: Letter, number: int, at: int) -> list[Save]:
    """Keep the coming of a letter, which is read unless it is one of the last."""
    read_at = at + HOUR if number < LETTERS - 100 else None
    received = Received(arrived_at=at, read_at=read_at, told_arrival=True, told_reading=True)
    return mailbox.incoming.put(letter.id, received)


def media(mailbox: Mailbox, letter: Letter, data: bytes, at: int) -> list[Save]:
    """Keep the bytes of a letter's part."""
    leaf = leaf_hash(data)
    state = all_here(f"{letter.id}/0", letter.parts[0], at)
    body = body_of(len(data), letter.parts[0].chunk_size, [leaf], leaf)
    return [
        mailbox.bodies.put_chunk(state.reference, 0, data),
        mailbox.bodies.put_body(state.reference, body),
        mailbox.parts.put(letter.id, 0, state),
        mailbox.part_room.keep(len(data)),
    ]


def fill(folder: Path) -> None:
    """Write the store."""
    store = SqliteStore(folder)
    mailbox = Mailbox(JAY, MailboxLimits(), DecodedRecords(MemoryRecords()))
    waiting: list[Save] = [mailbox.set_card("Jay", START, is_open=True)]
    for saves in letters(mailbox, Language()):
        waiting += saves
        if len(waiting) >= GROUP:
            store.commit(waiting, now=START)
            waiting = []
    store.commit(waiting, now=START)
    store.close()


def milliseconds(taken: list[float]) -> float:
    """Return the middle of some durations in s, in ms."""
    return round(statistics.median(taken) * 1000, 1)


async def timed(app: Callable[..., object], paths: list[str]) -> dict[str, float]:
    """Return the middle and the longest of how long the page takes for some addresses, in ms."""
    taken = []
    for path in paths:
        begun = time.perf_counter()
        status = await ask(app, "GET", path, b"")
        taken.append(time.perf_counter() - begun)
        assert status == 200, (path, status)
    return {"median_ms": milliseconds(taken), "longest_ms": round(max(taken) * 1000, 1)}


def memory_mb() -> float:
    """Return the most memory that this process has had, in MB."""
    # Not by `getrusage`, whose maximum a process takes over from the one that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kib,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(kib) * 1024 / 1e6, 1)


async def node(folder: Path) -> dict[str, Any]:
    """Return the figures of a node on the store, from its start."""
    base = memory_mb()
    clock = MissionClock(START, 1)
    config = DaemonConfig(
        NodeConfig(EARTH, plan()), str(folder), residents=(Resident(JAY, "Jay"),), listen=()
    )
    begun = time.perf_counter()
    daemon = Daemon(config, clock)
    await daemon.start()
    worlds = worlds_of(NodeFile(number=EARTH, name="Seoul", data="data"), {})
    sky_view = SkyView(open_sky(), worlds, {EARTH: "earth", MARS: "mars"}, {EARTH: "Seoul", MARS: "the base"})
    jay = Inhabitant(Person("jay", "Jay", JAY, "Seoul", "earth"), EARTH)
    book = AddressBook({correspondent(n): Entry(f"person {n}", "the base", "mars") for n in range(PEOPLE)})
    backend = NodePageBackend([jay], book, {EARTH: daemon}, sky_view, None, {}, clock)
    app = make_app(backend, token="token", hosts=("test",))
    figures: dict[str, Any] = {"start_s": round(time.perf_counter() - begun, 2)}
    first = time.perf_counter()
    await ask(app, "GET", "/people/jay", b"")
    figures["very_first_page_ms"] = round((time.perf_counter() - first) * 1000, 1)
    begun = time.perf_counter()
    await daemon.search.whole()
    figures["index_whole_after_s"] = round(time.perf_counter() - begun, 2)
    figures["memory_at_start_mb"] = memory_mb()
    language = Language()
    pages = [f"/people/jay?with={quote(correspondent(number))}" for number in range(TIMES)]
    figures["first_page"] = await timed(app, pages)
    for name, asked in questions(language).items():
        figures[f"search_{name}"] = await timed(app, [f"/api/people/jay/search?{each}" for each in asked])
    figures["search_page"] = await timed(
        app, [f"/people/jay/search?q={quote(word)}" for word in language.words[:TIMES]]
    )
    figures["memory_at_end_mb"] = memory_mb()
    figures["memory_of_libraries_mb"] = base
    await daemon.stop()
    return figures


def questions(language: Language) -> dict[str, list[str]]:
    """Return the questions of each kind, as the part of an address behind the ?."""
    words, korean = language.words, language.korean
    pairs = zip(words[:TIMES], words[TIMES : 2 * TIMES], strict=True)
    return {
        "common_words": [f"q={quote(word)}" for word in words[:TIMES]],
        "rare_words": [f"q={quote(word)}" for word in words[-TIMES:]],
        "beginnings": [f"q={quote(word[:2])}" for word in words[:TIMES]],
        "korean": [f"q={quote(word[:2])}" for word in [*korean[: TIMES - 1], "온실"]],
        "two_words": [f"q={quote(f'{a} {b}')}" for a, b in pairs],
        "phrases": [f"q=%22{a}+{b}%22" for a, b in pairwise(words[: TIMES + 1])],
        "not_there": [f"q={quote(f'{word} zzzzqqq')}" for word in words[:TIMES]],
        "with_voice": [f"q={quote(word)}&has=voice" for word in words[:TIMES]],
        "questions_with": [f"is=question&with={quote(correspondent(number))}" for number in range(TIMES)],
    }  # fmt: skip


def started(folder: Path) -> Any:
    """Return the figures of a node in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    """Measure and print JSON; with a folder, only a node that starts there."""
    if len(sys.argv) > 1:
        print(json.dumps(asyncio.run(node(Path(sys.argv[1])))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "store"
        fill(folder)
        figures = {"without_index": started(folder), "with_index": started(folder)}
        sizes = {
            "store_mb": round(sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6, 1),
            "index_mb": round((folder / FILE).stat().st_size / 1e6, 1),
        }
    load = {"letters": LETTERS, "topics": TOPICS, "parts": PARTS}
    print(json.dumps({"machine": describe(), **load, **sizes, **figures}, indent=2))


if __name__ == "__main__":
    main()
