"""The book of an export: in either world's order, by day or topic, and nothing in it but text."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.archive.test_export_file import letter

from starlight.archive.book import BookOrder, Chapters, Clocks, write_book
from starlight.archive.export_file import ExportFile
from starlight.archive.kept_letter import KeptComing, KeptCourse, KeptLetter, KeptPart, KeptSending
from starlight.archive.manifest import BOOK, FORMAT, VERSION, KnownPerson, Manifest
from starlight.dtntime import DAY, to_text
from starlight.messages.delivery import DeliveryState

PEOPLE = (
    KnownPerson("ipn:1.1", "Jay", "Seoul", "earth"),
    KnownPerson("ipn:2.1", "Ada & <Co>", "Base", "mars"),
)
HOUR = 3_600_000_000_000
MANIFEST = Manifest(FORMAT, VERSION, "Jay", "ipn:1.1", to_text(0, 9), PEOPLE)
CLOCKS = Clocks(
    lambda at, world: f"{world} day {at // DAY}",
    lambda at: [("Earth", f"hour {at // HOUR}"), ("Mars", f"sol {at // DAY}")],
    "earth",
)


def came(number: int, written: int, arrived: int, text: str = "", **more: object) -> KeptLetter:
    """Return a letter of Ada's, with its times in hours."""
    times = {"written_at": to_text(written * HOUR, 9), "came": KeptComing(to_text(arrived * HOUR, 9))}
    return replace(letter(number), text=text or f"hers {number}", **(times | more))


def sent(number: int, written: int, arrived: int | None) -> KeptLetter:
    """Return a letter of Jay's, with its times in hours."""
    at = to_text(written * HOUR, 9)
    there = None if arrived is None else to_text(arrived * HOUR, 9)
    course = KeptCourse(DeliveryState.ARRIVED, 100, arrived_at=there)
    return replace(
        letter(number),
        author="ipn:1.1",
        to="ipn:2.1",
        written_at=at,
        text=f"his {number}",
        came=None,
        sent=KeptSending(at, at, (course,)),
    )


def book(folder: Path, letters: list[KeptLetter], by: str = "day", order: str = "here") -> str:
    """Return the book of some letters."""
    with ExportFile(folder / f"{by}-{order}") as out:
        for each in letters:
            out.add(each)
        out.close_letters(MANIFEST)
        write_book(out.folder, MANIFEST, Chapters(by), BookOrder(order), CLOCKS)
        out.finish()
    return (folder / f"{by}-{order}" / BOOK).read_text(encoding="utf-8")


def in_order(text: str, *words: str) -> bool:
    """Return whether words stand in a text one after the other."""
    places = [text.index(word) for word in words]
    return places == sorted(places)


def test_the_order_is_that_of_either_world(tmp_path: Path) -> None:
    """Letters that crossed: here his comes first, there hers; by days of that world's clock."""
    letters = [sent(1, 23, 43), came(2, 22, 42), sent(3, 24, None)]
    here = book(tmp_path, letters)
    assert in_order(here, "his 1", "his 3", "hers 2")
    assert in_order(here, "earth day 0", "his 1", "earth day 1", "his 3")
    there = book(tmp_path, letters, order="there")
    assert in_order(there, "hers 2", "his 3", "his 1")
    assert "mars day 1" in there
    assert in_order(book(tmp_path, letters, order="written"), "hers 2", "his 1", "his 3")
    assert "Earth: hour 22; Mars: sol 0" in here


def test_topics_are_chapters_by_their_last_name(tmp_path: Path) -> None:
    """Each conversation's own thread, then topics by name; in each the letters in order."""
    letters = [
        came(1, 5, 6, thread="t", topic="Garden"),
        came(2, 7, 8, thread="t", topic="The garden"),
        came(3, 1, 2, thread="x"),
    ]
    text = book(tmp_path, letters, by="topic")
    assert in_order(text, "The garden (with Ada", "hers 1", "hers 2", "With Ada", "hers 3")
    assert "Garden (with" not in text


HOSTILE = "<script>alert(1)</script>\u202e\" ' & \x1b[2J"


@pytest.mark.parametrize("by", ["day", "topic"])
def test_nothing_of_what_people_wrote_is_markup(tmp_path: Path, by: str) -> None:
    """Text, names, topics, transcripts, files: all of it stands there as text, whatever it is."""
    picture = KeptPart(
        0, "picture", HOSTILE, 5, HOSTILE, HOSTILE, here=True, file="media/" + "0" * 64 + ".png", sha256=""
    )
    script = replace(picture, file="media/" + "0" * 64 + ".html")
    elsewhere = replace(picture, file='https://example.org/"><script>')
    text = book(
        tmp_path,
        [came(1, 1, 2, HOSTILE, topic=HOSTILE, thread=HOSTILE, parts=(picture, script, elsewhere))],
        by,
    )
    assert "<script" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "example.org" not in text
    assert text.count("<img") == 1
    assert f'<a href="media/{"0" * 64}.html" download=' in text
    assert "Ada &amp; &lt;Co&gt;" in text


def test_a_part_that_is_not_here_is_told(tmp_path: Path) -> None:
    """The reader of the book learns that there was one, and what was said in it."""
    gone = KeptPart(0, "voice", "audio/ogg", 77, "song.ogg", "la la")
    text = book(tmp_path, [came(1, 1, 2, parts=(gone,))])
    assert "song.ogg, 77 bytes, is not in this book." in text
    assert "la la" in text
