"""Voices and pictures in a rehearsal: what is whole, what is still to come, and what is lost."""

from __future__ import annotations

import pytest
from tests.rehearsal.test_promises import VILLAGE, rehearsed

from starlight.errors import InputError
from starlight.messages.letter import Letter
from starlight.postoffice.part_dispatches import PartDispatches
from starlight.rehearsal import script
from starlight.scenario import reading

LETTER = """
[[letter]]
at = "2030-01-01T08:00:00Z"
from = "ada@hill"
to = "ben@shore"
text = "Listen."
parts = [
  { kind = "voice", bytes = 2625, seconds = 30, transcript = "Hello." },
  { kind = "file", bytes = 500 },
  { kind = "picture", bytes = BYTES, name = "hill.avif", media_type = "image/avif" },
]
"""


def told(size: int) -> str:
    """Return the scenario with a letter whose picture has a size in bytes, over a link of 300 bit/s."""
    return VILLAGE + LETTER.replace("BYTES", str(size))


def test_parts_are_whole_at_the_end() -> None:
    """Voice, picture and a small file of a letter come whole, and no promise is broken."""
    report = rehearsed(told(20_000))
    assert (report.arrived, report.parts, report.parts_whole, report.parts_waiting) == (1, 3, 3, 0)
    assert report.errors == []


def test_what_is_on_its_way_at_the_end_is_still_to_come() -> None:
    """A picture of five megabytes is not through a link of 300 bit/s in a day, and is not lost."""
    report = rehearsed(told(5_000_000))
    assert (report.arrived, report.parts, report.parts_whole, report.parts_waiting) == (1, 3, 2, 1)
    assert report.lost == 0


def test_a_part_that_nobody_sends_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the bundles of a part are never submitted, the rehearsal says that the part is lost."""
    go_on = PartDispatches.go_on

    def forgets_pictures(parts: PartDispatches, mailbox, letter: Letter, sent, now: int):  # type: ignore[no-untyped-def]
        asked = go_on(parts, mailbox, letter, sent, now)
        return [each for each in asked if not getattr(each, "token", "").startswith("part/")]

    monkeypatch.setattr(PartDispatches, "go_on", forgets_pictures)
    report = rehearsed(told(20_000))
    assert (report.parts, report.parts_whole, report.parts_waiting) == (3, 1, 0)
    assert [error.what for error in report.errors] == ["lost", "lost"]
    assert "part 2 of" in report.errors[1].text


def test_each_part_of_a_series_has_bytes_of_its_own() -> None:
    """Drawn by the seed, the same again, and unlike any other, so that nothing passes for another's."""
    scenario = reading.parse(told(20_000), where="village")
    (spec,) = scenario.letter
    drawn = [
        script._new_part(part, key).data
        for key in ("0/1/0/0", "0/1/0/1", "0/1/1/0")
        for part in spec.parts[:1]
    ]
    assert len(set(drawn)) == 3
    assert drawn[0] == script._new_part(spec.parts[0], "0/1/0/0").data
    assert len(drawn[0]) == 2625


def test_a_demo_sends_words_alone() -> None:
    """Nobody could listen to what is drawn."""
    scenario = script.without_parts(reading.parse(told(20_000), where="village"))
    assert [letter.parts for letter in scenario.letter] == [[]]


def test_a_part_without_a_size_is_told_with_its_place() -> None:
    """What is wrong in a part says in which letter, and which part of it."""
    with pytest.raises(InputError, match=r"letter\[0\]\.parts\[2\]\.bytes"):
        reading.parse(told(0), where="village")
