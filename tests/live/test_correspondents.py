"""Correspondents on a live node: hosted as in virtual time, kept through restarts, heard where they fail."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from tests.live.helpers import START, run
from tests.postoffice.programs import Answer, Notes, Noting

from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.live.config import DaemonConfig, Resident
from starlight.live.daemon import Daemon
from starlight.messages.correspondent import Act, Desk, Write
from starlight.messages.draft import Draft
from starlight.node.config import NodeConfig

JAY, PROGRAM = "ipn:7.1", "ipn:7.2"


def node(folder: Path, answers: dict[str, Answer], address: str = PROGRAM) -> Daemon:
    """Return a node at which Jay and a program live."""
    config = DaemonConfig(
        NodeConfig(7),
        str(folder / "store"),
        listen=(),
        residents=(Resident(JAY, "Jay"), Resident(PROGRAM, "The program")),
    )
    return Daemon(config, MissionClock(START, 1), correspondents=[lambda: Noting(address, answers)])


def told(daemon: Daemon) -> list[str]:
    """Return what the program has been told, by what is saved."""
    state = daemon.store.records.get(PROGRAM, "correspondent")
    return [] if state is None else msgspec.json.decode(state, type=Notes).told


def test_it_answers_and_its_state_outlives_the_process(tmp_path: Path) -> None:
    """A letter is answered in the step in which it comes, with random bytes of the machine; after a restart
    the program knows what it was told before."""

    def answer(desk: Desk) -> Iterable[Act]:
        return [Write(Draft(JAY, f"Yes. {desk.entropy(16).hex()}"))]

    async def test() -> None:
        for number in (1, 2):
            daemon = node(tmp_path, {"letter_came": answer})
            await daemon.start()
            await daemon.mail.write(JAY, Draft(PROGRAM, f"Question {number}"))
            assert len(daemon.mail.mailbox(JAY).inbox()) == number
            heard = [each for each in told(daemon) if each.startswith("letter_came")]
            assert heard == [f"letter_came Question {before}" for before in range(1, number + 1)]
            texts = {letter.text for letter in daemon.mail.mailbox(JAY).inbox()}
            assert len(texts) == number
            await daemon.stop()

    run(test())


def test_one_that_fails_is_logged_and_the_node_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a trace file too, whoever wrote the program reads what it raised, and where."""

    def broken(desk: Desk) -> Iterable[Act]:
        raise LookupError("no such flower")

    async def test() -> None:
        daemon = node(tmp_path, {"letter_came": broken})
        await daemon.start()
        with caplog.at_level(logging.WARNING, "starlight"):
            await daemon.mail.write(JAY, Draft(PROGRAM, "Are you well?"))
        assert len(daemon.mail.mailbox(PROGRAM).unread()) == 1
        assert daemon.status().defects == 0
        await daemon.stop()

    run(test())
    (record,) = [each for each in caplog.records if "correspondent.failed" in each.getMessage()]
    assert "LookupError: no such flower" in record.getMessage()
    assert "live/test_correspondents.py, line" in record.getMessage()


def test_one_of_another_node_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """A correspondent at an address that is not this node's is an error of whoever assembles it."""
    with pytest.raises(InputError, match=r"ipn:9\.1 does not live at node 7"):
        node(tmp_path, {}, "ipn:9.1")
