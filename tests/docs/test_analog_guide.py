"""docs/guides/analog-mission.md followed word for word, on one machine.

What is replaced, and nothing else: the SSH tunnel, by a second address of loopback at which mission control
listens; the ports of the pages, by free ones; the light time of 12 minutes, by 2 s; and the two moments of
the planned silence, by some in the next half minute. What installs is what installed the tests.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.helpers import Api, Outcome, Running, command, running, wait_for
from tests.docs.documents import ROOT, blocks, text_of

from starlight import dtntime
from starlight.dtntime import SECOND

GUIDE = ROOT / "docs" / "guides" / "analog-mission.md"
TEXT = text_of(GUIDE)
LIGHT_S = 2
CUT_S, BACK_S = 6, 25
"""Seconds from the command on: when the link is cut, a light time ahead at least, and when it is back."""


def commands() -> list[list[str]]:
    """Return the commands of the guide's consoles, in order."""
    lines = [line for block in blocks(TEXT, "console") for line in block.text.splitlines()]
    assert all(line.startswith("$ starlight ") for line in lines), "each line of a console is a command"
    return [shlex.split(line)[2:] for line in lines]


def files() -> dict[str, str]:
    """Return the two files of the guide, with what is replaced, by their names."""
    control, habitat = (block.text for block in blocks(TEXT, "toml"))
    found = {"control.toml": control, "habitat.toml": habitat}
    for name, text in found.items():
        assert f"`{name}`" in TEXT
        text, pages = re.subn(r'page = "127\.0\.0\.1:\d+"', 'page = "127.0.0.1:0"', text)
        text, lights = re.subn(r"light_time_s = 720\.0", f"light_time_s = {LIGHT_S}.0", text)
        assert (pages, lights) == (1, 1)
        found[name] = text
    tunnel = '"tcpcl://127.0.0.1:4556"'
    assert all(tunnel in text for text in found.values())
    found["control.toml"] = found["control.toml"].replace(tunnel, '"tcpcl://127.0.0.2:0"')
    return found


class Mission:
    """The two nodes of the guide, and what its commands printed.

    Attributes:
        printed: by command, as the guide writes it.
        before, during: what the pages of both said of the way before the silence, and in it.
        waited: the letter that was written in the silence, once it was over.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed: dict[str, str] = {}
        self.before: list[dict[str, Any]] = []
        self.during: list[dict[str, Any]] = []
        self.waited: dict[str, Any] = {}
        self.again: list[list[str]] = []

    def run(self, words: list[str]) -> Outcome:
        """Run a command of the guide in its folder."""
        done = command(*words)
        assert done.status == 0, f"{words}: {done.err}"
        self.printed[" ".join(words)] = done.out
        return done

    def shown(self, *words: str) -> str:
        """Return what the command with these words printed."""
        return next(out for line, out in self.printed.items() if all(word in line for word in words))

    def reach(self, control: Api, habitat: Api) -> list[dict[str, Any]]:
        """Return what each page says of the way to the other."""
        return [
            control.ask("/people/capcom/reach?to=ipn:20.1"),
            habitat.ask("/people/commander/reach?to=ipn:10.1"),
        ]


def arrived(api: Api, person: str, other: str, text: str) -> dict[str, Any] | None:
    """Return a letter once it is known, at its author or its reader, that it arrived."""
    for letter in api.letters(person, other):
        if letter["text"] == text and letter["state"] in ("arrived", "read"):
            return letter if letter["standing"] == "confirmed" else None
    return None


def confirmed(api: Api, person: str, other: str, text: str) -> dict[str, Any]:
    """Wait until a letter is known to have arrived, and return it."""
    return wait_for(lambda: arrived(api, person, other, text), f"a receipt for {text!r}")


def talk(mission: Mission, control: Running, habitat: Running, steps: list[list[str]]) -> None:
    """Follow the guide from its step 5 on: letters both ways, a planned silence, status."""
    here, there = control.serving(), habitat.serving()
    send, inbox, answer, inbox_here, cut, status_here, status_there = steps
    wait_for(lambda: all(each["code"] == "open" for each in mission.reach(here, there)) or None, "both open")
    mission.before = mission.reach(here, there)
    for words, api, person, other in (
        (send, here, "capcom", "ipn:20.1"),
        (answer, there, "commander", "ipn:10.1"),
    ):
        mission.run(words)
        confirmed(api, person, other, words[-1])
    mission.run(inbox)
    mission.run(inbox_here)
    now = dtntime.from_text(here.mission_time())
    at = {"--start": now + CUT_S * SECOND, "--end": now + BACK_S * SECOND}
    for option, moment in at.items():
        assert dtntime.from_text(cut[cut.index(option) + 1]), "the guide's own times are some"
        cut[cut.index(option) + 1] = dtntime.to_text(moment, 3)
    mission.run(cut)
    wait_for(lambda: all(each["code"] == "shut" for each in mission.reach(here, there)) or None, "both shut")
    mission.during = [*mission.reach(here, there), there.ask("/people/commander/status?with=ipn:10.1")]
    there.write("commander", "ipn:10.1", "Are you there?")
    mission.run(status_here)
    mission.run(status_there)
    mission.waited = confirmed(there, "commander", "ipn:10.1", "Are you there?")


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mission]:
    """Follow the guide, from its files to a second start."""
    mission = Mission(tmp_path_factory.mktemp("mission"))
    texts = files()
    (start_control, start_habitat), steps = commands()[:2], commands()[2:]
    assert [start_control, start_habitat] == [["node", "control.toml"], ["node", "habitat.toml"]]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(mission.folder)
        Path("control.toml").write_text(texts["control.toml"], encoding="utf-8")
        with running(*start_control, folder=Path("control-data")) as control:
            assert control.read_until("token=")
            port = re.search(r"listens on (tcpcl://127\.0\.0\.2:\d+)", control.said)
            assert port, control.said
            text = texts["habitat.toml"].replace("tcpcl://127.0.0.1:4556", port[1])
            Path("habitat.toml").write_text(text, encoding="utf-8")
            with running(*start_habitat, folder=Path("habitat-data")) as habitat:
                talk(mission, control, habitat, steps)
                assert habitat.end() == 0
            with running(*start_habitat, folder=Path("habitat-data")) as habitat:
                letters = habitat.serving().letters("commander", "ipn:10.1")
                mission.again = [[letter["text"], letter["state"]] for letter in letters]
                assert (habitat.end(), control.end()) == (0, 0)
        yield mission


def test_letters_are_confirmed_both_ways(mission: Mission) -> None:
    """What the guide's commands write arrives, and its inboxes show it, confirmed."""
    assert [each["code"] for each in mission.before] == ["open", "open"]
    for person, told in (("commander", "Good morning, habitat."), ("capcom", "Good morning, Earth.")):
        shown = next(
            out for words, out in mission.printed.items() if words.startswith("inbox") and person in words
        )
        assert f"    {told}\n" in shown
        assert "predicted" not in shown, "and so the receipt is there, too"


def test_a_silence_is_planned_and_explained_on_both_pages(mission: Mission) -> None:
    """After `plan cut` both pages say until when it is closed, and why; what is written waits and comes."""
    assert "amendment 10:1" in next(
        out for words, out in mission.printed.items() if words.startswith("plan cut")
    )
    *ways, status = mission.during
    for way in ways:
        assert way["headline"].startswith("Closed until "), way
    assert "generator test" in status["silence"]["why"] + str(status["plan"])
    assert mission.waited["state"] in ("arrived", "read")


def test_status_and_log_tell_of_the_link(mission: Mission) -> None:
    """`status` tells of the link to the other, and each log stands where the guide says."""
    for node, peer, name in ((10, 20, "control"), (20, 10, "habitat")):
        told = mission.printed[f"status {name}-data"]
        assert f"node {node}: " in told
        assert re.search(rf"  peer {peer} \(.*\): up since ", told), told
        assert f"link.up peer={peer}" in (mission.folder / f"{name}.log").read_text(encoding="utf-8")


def test_a_second_start_goes_on_where_the_first_ended(mission: Mission) -> None:
    """Stopped and started again with the same command, a node has its letters as they were."""
    assert ["Good morning, habitat.", "arrived"] in mission.again
    assert ["Are you there?", "arrived"] in mission.again
