"""Earth and Mars in one process, writing letters as fast as they are accepted, until they are killed.

python -m tests.live.driver DATA write     says each accepted letter on standard output
python -m tests.live.driver DATA drain     waits until all have arrived and says what is where
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count
from pathlib import Path

from tests.live.helpers import PATIENCE_S, START, both_ways, tcpcl
from tests.messages.contents import sent_of

from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.messages.draft import Draft
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig

EARTH, MARS = 1, 2
JAY, NAN_YOUNG = "ipn:1.1", "ipn:2.1"
PLAN = both_ways((EARTH, MARS, 4.0))
RATE = 600


async def start(data: Path) -> tuple[Daemon, Daemon]:
    """Start both nodes on their stores."""
    clock = MissionClock(START, RATE)
    mars = Daemon(
        DaemonConfig(
            NodeConfig(MARS, PLAN),
            str(data / "mars"),
            (PeerConfig(EARTH),),
            residents=(Resident(NAN_YOUNG, "N"),),
        ),
        clock,
    )
    await mars.start()
    earth = Daemon(
        DaemonConfig(
            NodeConfig(EARTH, PLAN),
            str(data / "earth"),
            (PeerConfig(MARS, tcpcl(mars.port)),),
            residents=(Resident(JAY, "J"),),
        ),
        clock,
    )
    await earth.start()
    return earth, mars


async def write(earth: Daemon, mars: Daemon) -> None:
    """Write both ways, several letters at once, and say which were accepted."""

    async def author(daemon: Daemon, address: str, to: str) -> None:
        for number in count():
            letter = await daemon.mail.write(address, Draft(to, f"letter {number}"))
            print(letter.id, flush=True)  # noqa: T201 (what the test reads)

    await asyncio.gather(
        *(author(earth, JAY, NAN_YOUNG) for _ in range(3)), *(author(mars, NAN_YOUNG, JAY) for _ in range(3))
    )


async def drain(earth: Daemon, mars: Daemon) -> None:
    """Wait until every letter is at the other end, and say what is where."""
    changed = asyncio.Event()
    ends = [(earth, JAY, mars, NAN_YOUNG), (mars, NAN_YOUNG, earth, JAY)]
    earth.subscribe(changed.set)
    mars.subscribe(changed.set)
    async with asyncio.timeout(PATIENCE_S):
        for here, author, there, reader in ends:
            while len(there.mail.mailbox(reader).inbox()) < len(sent_of(here.mail.mailbox(author))):
                changed.clear()
                await changed.wait()
    found = {
        reader: {
            "written": sorted(sent_of(here.mail.mailbox(author))),
            "arrived": [letter.id for letter in there.mail.mailbox(reader).inbox()],
        }
        for here, author, there, reader in ends
    }
    print(json.dumps(found))  # noqa: T201 (what the test reads)
    await earth.stop()
    await mars.stop()


async def main() -> None:
    """Do what the command line says."""
    nodes = await start(Path(sys.argv[1]))
    await (write(*nodes) if sys.argv[2] == "write" else drain(*nodes))


if __name__ == "__main__":
    asyncio.run(main())
