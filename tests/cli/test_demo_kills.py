"""The demo under traffic loses its process twenty times, and no letter.

It plays a small expedition over wires, because each of twenty starts makes its plan anew; what is killed
is the same process as ever, with its nodes, stores, links, people and storm.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from subprocess import TimeoutExpired
from typing import NamedTuple

from tests.cli.helpers import DEADLINE_S, Api, Running, demo, wait_for

SEED = 2051
KINDS = ["start"] * 3 + ["accepted"] * 5 + ["posting"] * 5 + ["in flight"] * 3 + ["storm"] * 2 + ["any"] * 2
SPEEDS = ["0.6", "600", "3000"]
"""Mission seconds a second; at 0.6 light needs 17 s of the wall, so a kill finds letters that left in an
earlier life and have not arrived."""
LETTERS_A_WRITER = 15


EXPEDITION = """
name = "expedition"
title = "Two relays to Mars"
start = "2051-04-01"
end = "2051-06-01"
demo_at = "2051-04-07T10:05:00Z"
demo_since = "2051-04-07T06:00:00Z"
earth_home = "seoul"
mars_home = "base"
earth_timezone = "Asia/Seoul"
landing = "2051-02-01"

[[node]]
name = "seoul"
number = 10
title = "Seoul"
world = "earth"
site = { body = "earth", latitude_deg = 37.5, longitude_deg = 127.0 }

[[node]]
name = "base"
number = 20
title = "Mars Base"
world = "mars"
site = { body = "mars", latitude_deg = -6.2, longitude_deg = 239.0 }

[[node]]
name = "relay-areo"
number = 30
title = "Relay Areo"
world = "mars"

[[node]]
name = "relay-polar"
number = 31
title = "Relay Polar"
world = "mars"

[[link]]
between = ["seoul", "relay-areo"]
kind = "wire"
rate_bps = 2_000_000
light_time_s = 9.9

[[link]]
between = ["seoul", "relay-polar"]
kind = "wire"
rate_bps = 500_000
light_time_s = 9.95

[[link]]
between = ["relay-areo", "base"]
kind = "wire"
rate_bps = 2_000_000
light_time_s = 0.06

[[link]]
between = ["relay-polar", "base"]
kind = "wire"
rate_bps = 2_000_000
light_time_s = 0.01

[[storm]]
start = "2051-04-20T00:00:00Z"
end = "2051-04-21T00:00:00Z"
text = "dust storm"
links = [["relay-areo", "base"], ["relay-polar", "base"]]

[[person]]
id = "jay"
name = "Jay"
service = 2
mailbox = [{ node = "seoul", reads_after_min = 25 }]

[[person]]
id = "nan-young"
name = "Joo Nan-young"
service = 1
mailbox = [{ node = "base", reads_after_min = 30 }]

[[person]]
id = "control"
name = "Mission control"
service = 5
mailbox = [{ node = "seoul", reads_after_min = 2 }]

[[person]]
id = "crew"
name = "The crew"
service = 6
mailbox = [{ node = "base", reads_after_min = 3 }]

[[letter]]
at = "2051-04-07T09:57:00Z"
from = "jay@seoul"
to = "nan-young@base"
text = "Go carefully."

[[pulse]]
at = "2051-04-07T10:06:00Z"
every_days = 0.0625
from = "crew@base"
to = "control@seoul"
text = ["All well.", "Dust on the horizon."]

[[answer]]
from = "nan-young"
to = ["jay"]
after_min = 25
text = ["I read you twice before I answered."]
"""


class Way(NamedTuple):
    """Who writes to whom: ids of people, and their addresses."""

    sender: str
    from_address: str
    receiver: str
    to_address: str


WAYS = [
    Way("jay", "ipn:10.2", "nan-young", "ipn:20.1"),
    Way("nan-young", "ipn:20.1", "jay", "ipn:10.2"),
    Way("control", "ipn:10.5", "nan-young", "ipn:20.1"),
    Way("crew", "ipn:20.6", "control", "ipn:10.5"),
]


class Traffic:
    """Several people writing at once, and what the page has accepted of it."""

    def __init__(self) -> None:
        self.accepted: dict[str, tuple[Way, str]] = {}  # by the id that was given: the text
        self.begun = 0
        self.run = 0
        self._changed = threading.Condition()

    def write(self, api: Api, way: Way) -> None:
        """Write letters one after the other until the demo is gone; note each that was accepted."""
        for _ in range(LETTERS_A_WRITER):
            with self._changed:
                self.begun += 1
                text = f"run {self.run}, {way.sender}, letter {self.begun}"
                self._changed.notify_all()
            try:
                letter_id = api.write(way.sender, way.to_address, text)
            except OSError:
                return  # killed before it could answer: it promised nothing
            with self._changed:
                assert letter_id not in self.accepted, f"{letter_id} was given twice"
                self.accepted[letter_id] = (way, text)
                self._changed.notify_all()

    def wait(self, what: Callable[[], bool]) -> None:
        """Wait until something holds of the traffic."""
        with self._changed:
            assert self._changed.wait_for(what, DEADLINE_S), (
                f"{self.begun} begun, {len(self.accepted)} accepted"
            )


def wait_for_moment(kind: str, random: Random, traffic: Traffic, api: Api) -> None:
    """Wait for a moment of some kind in the traffic of this run."""
    begun, accepted = traffic.begun, len(traffic.accepted)
    number = random.randint(1, len(WAYS) * LETTERS_A_WRITER - len(WAYS))
    match kind:
        case "accepted":
            traffic.wait(lambda: len(traffic.accepted) >= accepted + number)
        case "posting":
            traffic.wait(lambda: traffic.begun >= begun + number)
        case "in flight":
            api.ask("/storm", {"active": False})
            wait_for(lambda: is_under_way(api, traffic.run) or None, "a letter is in flight")
        case "storm":
            api.ask("/storm", {"active": True})
        case "any":
            time.sleep(random.uniform(0.0, 0.6))  # waits for nothing: any moment will do


def is_under_way(api: Api, run: int) -> bool:
    """Whether a letter of this run is in flight, or further."""
    return any(
        letter["text"].startswith(f"run {run},") and letter["state"] in ("in_flight", "arrived")
        for way in WAYS[:2]
        for letter in api.ask(f"/people/{way.sender}/mailbox?with={way.to_address}")["letters"]
    )


def live_until_killed(running: Running, kind: str, random: Random, traffic: Traffic) -> None:
    """Let people write until the moment comes, and kill the demo in it."""
    if kind == "start":
        with suppress(TimeoutExpired):
            running.process.wait(random.uniform(0.2, 2.0))
        assert running.process.poll() is None
        running.process.kill()
        return
    api = running.serving()
    writers = [threading.Thread(target=traffic.write, args=(api, way)) for way in WAYS]
    for writer in writers:
        writer.start()
    try:
        wait_for_moment(kind, random, traffic, api)
    finally:
        running.process.kill()
        for writer in writers:
            writer.join()


def received(api: Api, way: Way) -> list[tuple[str, str]]:
    """Return the ids and texts of all letters that the receiver's page shows from a sender, as shown."""
    letters = api.letters(way.receiver, way.from_address)
    return [(letter["id"], letter["text"]) for letter in letters if not letter["mine"]]


def missing(api: Api, traffic: Traffic) -> list[str]:
    """Return what has not arrived, or whose arrival its sender does not know."""
    there = {letter_id for way in WAYS for letter_id, _ in received(api, way)}
    known = {
        letter["id"]
        for way in WAYS
        for letter in api.letters(way.sender, way.to_address)
        if letter["state"] in ("arrived", "read") and letter["standing"] == "confirmed"
    }
    return [letter_id for letter_id in traffic.accepted if letter_id not in there & known]


def fates(api: Api, traffic: Traffic) -> str:
    """Return what both pages tell of each letter that is missing, for who has to find out why."""
    told = []
    there = {letter_id for way in WAYS for letter_id, _ in received(api, way)}
    missed = set(missing(api, traffic))
    for way in WAYS:
        for letter in api.letters(way.sender, way.to_address):
            if letter["id"] in missed:
                shown = {
                    key: letter.get(key)
                    for key in ("id", "text", "state", "standing", "resent", "prediction")
                }
                told.append(f"{shown}, {'there' if letter['id'] in there else 'not there'}")
    return "\n".join([f"seed {SEED}, {len(missed)} of {len(traffic.accepted)} letters", *told])


def test_every_letter_that_the_page_accepted_arrives_once(tmp_path: Path) -> None:
    """Killed with SIGKILL at twenty arbitrary moments under traffic and restarted on its data directory, the
    demo delivers every letter that the page had accepted, once, and its sender learns of it."""
    random, traffic, folder = Random(SEED), Traffic(), tmp_path / "data"
    scenario = tmp_path / "expedition.toml"
    scenario.write_text(EXPEDITION, encoding="utf-8")
    kinds = KINDS[1:]
    random.shuffle(kinds)
    for traffic.run, kind in enumerate(["start", *kinds]):
        with demo(folder, scenario, "--speed", random.choice(SPEEDS)) as running:
            live_until_killed(running, kind, random, traffic)
    with demo(folder, scenario, "--speed", "10000") as running:
        api = running.serving()
        api.ask("/storm", {"active": False})
        wait_for(
            lambda: True if not missing(api, traffic) else None,
            lambda: fates(api, traffic),
            within_s=900,  # A machine with other work does its ten thousand seconds a second more slowly.
            every_s=0.5,
        )
        for way in WAYS:
            shown = received(api, way)
            assert [item for item, times in Counter(shown).items() if times > 1] == []
            ids, texts = (Counter(part) for part in zip(*shown, strict=True))
            assert max(ids.values()) == 1
            assert max(text_count for text, text_count in texts.items() if text.startswith("run ")) == 1
            sent = {(letter_id, text) for letter_id, (by, text) in traffic.accepted.items() if by == way}
            assert sent <= set(shown)
    assert len(traffic.accepted) > 100
