"""The channels of a demo's plan, kept: the same as made, and never in place of what was to be made."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from starlight.app import kept_channels
from starlight.app.kept_channels import Channels, KeptChannels
from starlight.contacts import Contact, Notice, constant_light
from starlight.dtntime import DAY
from starlight.planner.planner import PlannedChannel
from starlight.scenario.network import LinkSpec
from starlight.scenario.reading import load
from starlight.scenario.scenario import Scenario

CONTACT = Contact(5, 1, 2, 0, DAY, ((0, 1000), (DAY // 2, 250)), constant_light(0, 1003.25), True)
MADE = Channels(
    0,
    10 * DAY,
    [PlannedChannel(LinkSpec(("a", "b"), "wire"), "a", "b", (CONTACT,), (Notice(0, 5, (1,), "dust"),))],
)


class Making:
    """Makes channels, and counts how often."""

    def __init__(self, made: Channels = MADE) -> None:
        self.made = made
        self.times = 0

    def __call__(self) -> Channels:
        """Return the channels."""
        self.times += 1
        return self.made


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("lost-in-starlight")


def test_what_is_kept_is_what_was_made(tmp_path: Path, scenario: Scenario) -> None:
    """A second start makes nothing: it reads the very channels that the first one made."""
    make = Making()
    for _ in range(2):
        found = KeptChannels(tmp_path / "plan", scenario).get(DAY, 5 * DAY, make)
        assert found == MADE
    assert make.times == 1


@pytest.mark.parametrize(("start", "end", "times"), [(0, 10 * DAY, 1), (-1, DAY, 2), (DAY, 10 * DAY + 1, 2)])
def test_what_does_not_reach_is_made_anew(
    tmp_path: Path, scenario: Scenario, start: int, end: int, times: int
) -> None:
    """Kept channels serve only days that they cover whole."""
    make = Making()
    KeptChannels(tmp_path / "plan", scenario).get(0, DAY, make)
    KeptChannels(tmp_path / "plan", scenario).get(start, end, make)
    assert make.times == times


def test_another_scenario_or_another_planner_makes_it_anew(
    tmp_path: Path, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is keyed by all that channels follow from, within one version of Starlight, too."""
    make = Making()
    KeptChannels(tmp_path / "plan", scenario).get(0, DAY, make)
    other = msgspec.structs.replace(scenario, link=scenario.link[1:])
    KeptChannels(tmp_path / "plan", other).get(0, DAY, make)
    assert make.times == 2
    monkeypatch.setattr(kept_channels, "PLANNING", kept_channels.PLANNING[1:])
    KeptChannels(tmp_path / "plan", other).get(0, DAY, make)
    assert make.times == 3


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "foreign", "of another shape"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, scenario: Scenario, damage: str) -> None:
    """What is not what was written is neither believed nor fatal, and is replaced."""
    path, make = tmp_path / "plan", Making()
    KeptChannels(path, scenario).get(0, DAY, make)
    whole = path.read_bytes()
    content = msgspec.msgpack.encode({"made_from": 3})
    path.write_bytes(
        {
            "flipped": whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:],
            "cut": whole[:-1],
            "empty": b"",
            "foreign": b"not ours at all, however long it is",
            "of another shape": kept_channels._digest(content) + content,
        }[damage]
    )
    assert KeptChannels(path, scenario).get(0, DAY, make) == MADE
    assert path.read_bytes() == whole
    assert make.times == 2


def test_where_it_cannot_be_kept_it_is_made(tmp_path: Path, scenario: Scenario) -> None:
    """A folder that takes no file costs time at each start, nothing else."""
    make = Making()
    assert KeptChannels(tmp_path / "nowhere" / "plan", scenario).get(0, DAY, make) == MADE
