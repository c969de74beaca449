"""A mailbox of 100 000 letters: what its node pays at the start, and for what its owner looks at.

Half of the letters were written there and half came, to and from 20 people; all but the last hundred are
read. Times are of the processor, the middle one of several runs; each first page is read from the disk.
The preview is what a keystroke costs: the request of the page, through its handlers, for 300 words.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from machine import describe

from starlight.app.address_book import AddressBook, Entry
from starlight.app.correspondence import Inhabitant
from starlight.app.node_facts import worlds_of
from starlight.app.node_file import NodeFile
from starlight.app.page_backend import NodePageBackend
from starlight.app.sky_view import SkyView
from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, SECOND, from_text
from starlight.engine.node import Node
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.mailbox import Mailbox, MailboxLimits
from starlight.mailboxes.records import MemoryRecords
from starlight.mailboxes.stored_format import StoredLetter
from starlight.messages.delivery import DeliveryState, Received
from starlight.messages.dispatch import Confirmed, Copy, Dispatch, Sent
from starlight.messages.first_format import encode_first
from starlight.messages.letter import Letter
from starlight.node.application import Save
from starlight.node.config import NodeConfig
from starlight.postoffice.postoffice import PostOffice
from starlight.scenario.kernels import open_sky
from starlight.store.sqlite_store import SqliteStore
from starlight.views.mailbox import Person
from starlight.web.app import make_app

LETTERS = 100_000
PEOPLE = 20
WORDS = "a word or two about the weather " * 10
JAY, EARTH, MARS = "ipn:1.1", 1, 2
START = from_text("2051-04-02T10:00:00Z")
GROUP = 5_000


def correspondent(number: int) -> str:
    """Return who a letter went to or came from."""
    return f"ipn:{MARS}.{number % PEOPLE + 1}"


def letters(mailbox: Mailbox, count: int) -> Iterator[list[Save]]:
    """Put letters into a mailbox, the oldest first; give the saves of each."""
    for number in range(count):
        at = START - (count - number) * 60 * SECOND
        other, written = correspondent(number // 2), number % 2 == 0
        sender, to = (JAY, other) if written else (other, JAY)
        id = f"{sender}/{at // SECOND}/{number + 1}"
        letter = Letter(id=id, thread="t", sender=sender, to=to, written_at=at, text=f"{number}: {WORDS}")
        saves = mailbox.put_letter(letter, StoredLetter(sender, to, at, encode_first(letter)), at)
        if written:
            copies = (Copy(f"{sender}/{at // 10**6}/0", at),)
            confirmed = Confirmed(
                queued_at=at, departed_at=at, arrived_at=at + HOUR, arrival_known_at=at + HOUR
            )
            known = Sent(
                number=number + 1, written_at=at, expires_at=at + DAY, receipt_wanted=True,
                read_at=at + 2 * HOUR, reading_known_at=at + 2 * HOUR,
                dispatch=Dispatch(
                    size_bytes=400, state=DeliveryState.READ, copies=copies, confirmed=confirmed
                ),
            )  # fmt: skip
            saves += mailbox.outgoing.put(id, known)
        else:
            read_at = at + HOUR if number < count - 100 else None
            saves += mailbox.incoming.put(
                id, Received(arrived_at=at, read_at=read_at, told_arrival=True, told_reading=True)
            )
        yield saves


def fill(folder: Path, count: int) -> None:
    """Write a store with a mailbox of so many letters."""
    store = SqliteStore(folder)
    # In memory the mailbox is quicker; what it asks to have saved is the same.
    mailbox = Mailbox(JAY, MailboxLimits(), DecodedRecords(MemoryRecords()))
    waiting: list[Save] = [mailbox.set_card("Jay", START, is_open=True)]
    for saves in letters(mailbox, count):
        waiting += saves
        if len(waiting) >= GROUP:
            store.commit(waiting, now=START)
            waiting = []
    store.commit(waiting, now=START)
    store.close()


def cpu_ms(runs: int, call: Callable[[], object]) -> float:
    """Return the middle of the ms of the processor that some calls took."""
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        call()
        taken.append((time.process_time() - begun) * 1000)
    return round(statistics.median(taken), 3)


def plan() -> ContactPlan:
    """Return a plan of daily windows between two worlds."""
    contacts = []
    for day in range(400):
        for number, (a, b) in enumerate([(EARTH, MARS), (MARS, EARTH)]):
            begin = START + (day - 30) * DAY
            light, rates = constant_light(begin, 600.0), ((begin, 10**6),)
            contacts.append(Contact(2 * day + number + 1, a, b, begin, begin + 8 * HOUR, rates, light))
    return ContactPlan.of(contacts)


def office_on(store: SqliteStore) -> PostOffice:
    """Return the post office of a node that starts on a store."""
    office = PostOffice(Node(NodeConfig(EARTH, plan())).forecaster, records=store.records)
    office.resume(START)
    return office


def measure(folder: Path) -> dict[str, object]:
    """Return the figures of a mailbox's start and of reading it."""
    store = SqliteStore(folder)
    figures: dict[str, object] = {"start_ms": cpu_ms(3, lambda: office_on(store))}
    gc.collect()
    tracemalloc.start()
    office = office_on(store)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    figures["memory_bytes_a_letter"] = round(kept / LETTERS, 2)
    box = office.mailbox(JAY)
    figures["conversations_ms"] = cpu_ms(9, box.conversations)
    people = iter(range(PEOPLE))

    def first_page() -> None:
        page = box.page(correspondent(next(people)), limit=50)
        for letter in page.letters:
            box.letter_view(letter.id, START)

    figures["first_page_ms"] = cpu_ms(9, first_page)
    store.close()
    return figures


async def previews(folder: Path) -> dict[str, object]:
    """Return what the node's loop pays for a preview, and for a page that is shown again."""
    clock = MissionClock(START, 1)
    config = DaemonConfig(
        NodeConfig(EARTH, plan()), str(folder), residents=(Resident(JAY, "Jay"),), listen=()
    )
    daemon = Daemon(config, clock)
    await daemon.start()
    titles = {EARTH: "Seoul", MARS: "the base"}
    worlds = worlds_of(NodeFile(number=EARTH, name="Seoul", data="data"), {})
    sky_view = SkyView(open_sky(), worlds, {EARTH: "earth", MARS: "mars"}, titles)
    jay = Inhabitant(Person("jay", "Jay", JAY, "Seoul", "earth"), EARTH)
    book = AddressBook({correspondent(n): Entry(f"person {n}", "the base", "mars") for n in range(PEOPLE)})
    backend = NodePageBackend([jay], book, {EARTH: daemon}, sky_view, None, {}, clock)
    app = make_app(backend, token="token", hosts=("test",))
    body = json.dumps({"to": correspondent(0), "text": WORDS}).encode()
    figures: dict[str, object] = {}
    for name, method, path, sent in (
        ("preview_ms", "POST", "/people/jay/predict", body),
        ("page_parts_ms", "GET", "/people/jay/parts", b""),
    ):
        taken = []
        for _ in range(15):
            begun = time.process_time()
            status = await ask(app, method, path, sent)
            taken.append((time.process_time() - begun) * 1000)
            assert status == 200, (name, status)
        figures[name] = round(statistics.median(taken), 3)
    await daemon.stop()
    return figures


async def ask(app: Callable[..., object], method: str, path: str, body: bytes) -> int:
    """Send a request to the page's application, without a socket; return the status."""
    statuses: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"host", b"test"), (b"authorization", b"Bearer token"), (b"hx-request", b"true")]
    headers += [(b"content-type", b"application/json"), (b"accept", b"text/html")]
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "headers": headers, "scheme": "http",
        "server": ("test", 80), "client": ("test", 1), "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)  # type: ignore[misc]  # an ASGI application
    return statuses[0]


def main() -> None:
    """Measure and print JSON."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "store", LETTERS)
        figures: dict[str, object] = {"letters": LETTERS}
        figures |= measure(Path(folder) / "store")
        figures |= asyncio.run(previews(Path(folder) / "store"))
    print(json.dumps({"machine": describe(), **figures}, indent=2))


if __name__ == "__main__":
    main()
