"""Fuzz what the mailbox takes from peers: deliveries in any order, and restarts.

A post office is fed payloads, mutated ones among them, from any source; it must never raise, nor keep a
letter twice, and must come back the same from its saves. The formats alone are fuzzed by `fuzz_format.py`.

    python fuzz/fuzz_messages.py [--seconds N] [--seed S]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.messages.contents import whole

from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.engine.node import Node
from starlight.mailboxes.mailbox import MailboxLimits
from starlight.messages.draft import Draft
from starlight.messages.first_format import encode_first
from starlight.messages.letter import Letter, Receipt, ReceiptFact, Telemetry
from starlight.node.application import DataUnit, Request, Save, Submit
from starlight.node.config import NodeConfig
from starlight.postoffice.postoffice import PostOffice

ADDRESSES = ["ipn:7.1", "ipn:20.1", "ipn:20.2", "dtn:none", "dtn://x/y", "ipn:0.0", "ipn:7.0", "x", ""]


def some_message(draw: random.Random) -> Letter | Receipt | Telemetry:
    """Return a message that may pass every limit but those of the encoding."""
    kind, sender = draw.randrange(3), draw.choice(ADDRESSES)
    id = f"{sender}/{draw.randrange(3)}/{draw.randrange(4)}"
    at = draw.choice([0, 5, 10**18, 2**63 - 1, 2**63, -1])
    if kind == 0:
        reply = draw.choice([None, id, "ipn:7.1/0/1"])
        text = draw.choice(["", "hi", "\x00", "안녕", "x" * 5000])
        to = draw.choice(ADDRESSES)
        return Letter(
            id=id,
            thread=draw.choice(["t", "", "|"]),
            sender=sender,
            to=to,
            written_at=at,
            text=text,
            reply_to=reply,
            receipt_wanted=draw.random() < 0.7,
        )
    if kind == 1:
        facts = [ReceiptFact(id, draw.choice(["arrived", "read"]), at) for _ in range(draw.randrange(4))]
        return Receipt(tuple(facts))
    values: list[int | float | str] = [1, 1.5, "text", float("nan"), 2**63]
    value = draw.choice(values)
    return Telemetry(
        sender, at, draw.choice(["rover", ""]), draw.choice([None, (1.0, 2.0), (91.0, 0.0)]), {"a": value}
    )


def mutated(draw: random.Random, payload: bytes) -> bytes:
    """Return a payload with some bytes changed, cut, doubled or put in."""
    data = bytearray(payload)
    for _ in range(draw.choice([0, 0, 1, 1, 2, 5])):
        at = draw.randrange(len(data) + 1)
        action = draw.randrange(4)
        if action == 0 and at < len(data):
            data[at] = draw.randrange(256)
        elif action == 1:
            del data[at : at + draw.randrange(1, 4)]
        elif action == 2:
            data[at:at] = draw.randbytes(draw.randrange(1, 4))
        else:
            data[at:at] = data[: draw.randrange(1, 20)]
    return bytes(data)


class Ground:
    """A post office whose node accepts, loses, delivers and restarts as the dice fall."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        light = constant_light(0, 600)
        contacts = [
            Contact(1, 7, 20, 0, 10**17, ((0, 10_000),), light),
            Contact(2, 20, 7, 0, 10**17, ((0, 10_000),), light),
        ]
        self.node = Node(NodeConfig(7, ContactPlan.of(contacts)))
        self.limits = MailboxLimits(letters=12, readings=3, vehicles=2)
        self.office = PostOffice(self.node.forecaster, self.limits, entropy=draw.randbytes)
        self.saves: dict[tuple[str, str], bytes] = {}
        self.keys: list[str] = []
        self.now = 0
        self.perform(self.office.mailboxes.open("ipn:7.1", "Jay", 0))

    def perform(self, requests: list[Request]) -> None:
        """Save what is to be saved; accept or refuse what is posted."""
        for request in requests:
            if isinstance(request, Save):
                self.saves[request.mailbox, request.key] = request.data
            elif isinstance(request, Submit):
                if self.draw.random() < 0.2:
                    self.perform(self.office.rejected(request.token, "full", self.now))
                    continue
                self.keys.append(f"b{len(self.keys)}")
                now, foreseen = self.now, self.draw.random() >= 0.2
                leaves, arrives = (now, now + 10**12) if foreseen else (None, None)
                self.perform(self.office.accepted(request.token, self.keys[-1], leaves, arrives, now))

    def unit(self, payload: bytes) -> DataUnit:
        """Return a data unit from anybody, for the mailbox."""
        source = self.draw.choice(ADDRESSES)
        key = f"{source}/{self.now // 10**6}/0"
        created = self.draw.choice([None, 0, self.now])
        return DataUnit(key, (key,), "ipn:7.1", source, created, payload, self.now + 10**15, 1)

    def step(self, payload: bytes) -> None:
        """Let one thing happen."""
        self.now += self.draw.choice([0, 1, 10**9, 10**14])
        key = self.draw.choice(self.keys or ["b"])
        dice = self.draw.randrange(10)
        office, now = self.office, self.now
        if dice < 4:
            self.perform(office.delivered(self.unit(payload), now))
        elif dice == 4 and office.mailbox("ipn:7.1").has_room():
            draft = Draft(self.draw.choice(["ipn:20.1", "ipn:7.1"]), "hello")
            self.perform(office.outbox.write("ipn:7.1", draft, now)[1])
        elif dice == 5:
            self.perform(office.departed(key, 20, now, now + 1, now + 10**12, now))
        elif dice == 6:
            self.perform(self.draw.choice([office.withdrawn, office.not_withdrawn])(key, now))
        elif dice == 7:
            self.perform(office.expired(key, "for the dice", now))
        elif dice == 8:
            self.perform(office.handle_timer(now))
            self.perform(office.plan_changed(now))
        else:
            self.restart()

    def restart(self) -> None:
        """Come back from the saves, and be as before."""
        before = whole(self.office.mailbox("ipn:7.1"), self.now)
        self.office = PostOffice(self.node.forecaster, self.limits, entropy=self.draw.randbytes)
        names = list(self.saves)
        self.draw.shuffle(names)
        for mailbox, key in names:
            self.office.restore(mailbox, key, self.saves[mailbox, key])
        self.perform(self.office.resume(self.now))
        if whole(self.office.mailbox("ipn:7.1"), self.now) != before:
            raise AssertionError("a restart changed the mailbox")


def main() -> int:
    """Fuzz for some seconds; return 1 on a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    until = time.monotonic() + options.seconds
    steps = 0
    world = options.seed
    while time.monotonic() < until:
        draw = random.Random(world)
        try:
            ground = Ground(draw)
            for _ in range(200):
                ground.step(mutated(draw, encode_first(some_message(draw))))
                steps += 1
        except Exception as error:  # Any exception is the finding that the seed reproduces.
            sys.stderr.write(f"fuzz_messages: seed {world}: {type(error).__name__}: {error}\n")
            raise
        world += 1
    sys.stdout.write(f"fuzz_messages: {steps} steps, nothing found\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
