"""The letters of an export as a book: one page to read or print, which runs nothing and fetches nothing from
elsewhere.

Every text in it is from people, and set as text, the words of letters by `formatted_text.py`. Pictures and
sounds are shown from the media beside the page, and only of kinds that a browser shows or plays; all else is
a link to a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import IO, NamedTuple

import msgspec
from markupsafe import Markup, escape

from starlight.archive.kept_letter import KeptLetter, KeptPart, time_of
from starlight.archive.manifest import BOOK, LETTERS, MEDIA_PATH, PICTURES, SOUNDS, KnownPerson, Manifest
from starlight.formatted_text import formatted
from starlight.visible_text import visible_in_html


class Chapters(StrEnum):
    """The ways to divide a book."""

    DAY = "day"
    TOPIC = "topic"


class BookOrder(StrEnum):
    """The orders of the letters in a book."""

    HERE = "here"  # as they were written and came where the mailbox is
    THERE = "there"  # as they were written and came at the other end
    WRITTEN = "written"


class Clocks(NamedTuple):
    """The clocks of a book.

    Attributes:
        day: returns the day of a moment in ns on a world, for a heading.
        readings: returns how a moment reads on each world: the world's title, and the reading.
        home: the world of the mailbox.
    """

    day: Callable[[int, str], str]
    readings: Callable[[int], list[tuple[str, str]]]
    home: str


class _Place(NamedTuple):
    """The place of a letter in the book."""

    chapter: str
    key: tuple[str, int, str]
    offset: int


def write_book(folder: Path, manifest: Manifest, by: Chapters, order: BookOrder, clocks: Clocks) -> None:
    """Write the page of the letters of an export into its folder.

    Args:
        folder: where the letters and their media are.
        manifest: what the export says of itself.
        by: what a chapter is.
        order: of the letters.
        clocks: how moments read.
    """
    people = {each.address: each for each in manifest.people}
    with (folder / LETTERS).open("rb") as lines, (folder / BOOK).open("w", encoding="utf-8") as out:
        places = _places(lines, people, by, order, clocks)
        out.write(_HEAD.format(title=_text(f"Letters of {manifest.person}")))
        # Only the places are in memory: each letter is read again when its turn comes.
        for chapter, group in groupby(places, key=lambda each: each.chapter):
            out.write(Markup("<section><h2>{}</h2>\n").format(_text(chapter)))
            for place in group:
                lines.seek(place.offset)
                out.write(_article(msgspec.json.decode(lines.readline(), type=KeptLetter), people, clocks))
            out.write("</section>\n")
        out.write("</main></body></html>\n")


def _places(
    lines: IO[bytes], people: Mapping[str, KnownPerson], by: Chapters, order: BookOrder, clocks: Clocks
) -> list[_Place]:
    """Return the places of all letters, in the order of the book."""
    found: list[_Place] = []
    named: dict[tuple[str, str], tuple[int, str]] = {}
    threads: list[tuple[str, str]] = []
    while True:
        offset = lines.tell()
        line = lines.readline()
        if not line:
            break
        letter = msgspec.json.decode(line, type=KeptLetter)
        at = _moment(letter, order)
        thread = (letter.correspondent, letter.thread)
        if letter.topic:
            named[thread] = max(named.get(thread, (0, "")), (at, letter.topic))
        other = people.get(letter.correspondent)
        world = other.world if order is BookOrder.THERE and other and other.world else clocks.home
        found.append(_Place(clocks.day(at, world), ("", at, letter.id), offset))
        threads.append(thread)
    if by is Chapters.DAY:
        return sorted(found, key=lambda each: each.key)
    topics = [
        each._replace(chapter=_chapter(thread, named, people), key=("\0".join(thread), *each.key[1:]))
        for each, thread in zip(found, threads, strict=True)
    ]
    return sorted(topics, key=lambda each: (each.chapter, each.key))


def _chapter(
    thread: tuple[str, str],
    named: Mapping[tuple[str, str], tuple[int, str]],
    people: Mapping[str, KnownPerson],
) -> str:
    name = _name(thread[0], people)
    return f"{named[thread][1]} (with {name})" if thread in named else f"With {name}"


def _moment(letter: KeptLetter, order: BookOrder) -> int:
    """Return the moment by which a letter takes its place, in ns."""
    written = time_of(letter.written_at, "written_at")
    arrived: str | None = letter.came.arrived_at if letter.came is not None else None
    if letter.sent is not None:
        arrived = next((each.arrived_at for each in letter.sent.courses if each.part is None), None)
    # Where it was written it took its place then, where it went to when it came; not known is as written.
    came_here = letter.sent is None
    if order is BookOrder.WRITTEN or arrived is None or came_here is not (order is BookOrder.HERE):
        return written
    return time_of(arrived, "arrived_at")


def _article(letter: KeptLetter, people: Mapping[str, KnownPerson], clocks: Clocks) -> Markup:
    """Return a letter as HTML."""
    written = Markup("; ").join(_reading(each) for each in clocks.readings(time_of(letter.written_at, "at")))
    parts = Markup("").join(_part(part) for part in letter.parts)
    words = formatted(letter.text) if letter.text else ""
    return Markup(
        "<article><header><h3><bdi>{author}</bdi> to <bdi>{to}</bdi></h3>"
        '<p class="when">{written}</p></header>{words}{parts}</article>\n'
    ).format(
        author=_text(_name(letter.author, people)),
        to=_text(_name(letter.to, people)),
        written=written,
        words=words,
        parts=parts,
    )


def _reading(told: tuple[str, str]) -> Markup:
    return Markup("{}: {}").format(_text(told[0]), _text(told[1]))


def _part(part: KeptPart) -> Markup:
    """Return a part: shown, played, or as a link; where its bytes are not here, what it was."""
    name = _text(part.name or part.kind)
    said = Markup("<figcaption>{}</figcaption>").format(_text(part.transcript)) if part.transcript else ""
    if not MEDIA_PATH.fullmatch(part.file):
        gone = Markup('<p class="gone">{}, {} bytes, is not in this book.</p>')
        return gone.format(name, part.size_bytes) + said
    ending = "." + part.file.rpartition(".")[2]
    if part.kind == "picture" and ending in PICTURES:
        return Markup('<figure><img src="{}" alt="{}" loading="lazy">{}</figure>').format(
            part.file, name, said
        )
    if part.kind == "voice" and ending in SOUNDS:
        player = '<figure><audio controls preload="none" src="{}"></audio><p>{}</p>{}</figure>'
        return Markup(player).format(part.file, name, said)
    link = '<p class="file"><a href="{}" download="{}">{}</a>, {} bytes</p>'
    return Markup(link).format(part.file, name, name, part.size_bytes) + said


def _name(address: str, people: Mapping[str, KnownPerson]) -> str:
    found = people.get(address)
    return found.name if found is not None and found.name else address


def _text(text: str) -> Markup:
    """Return text as HTML, with a sign for each character that commands, turns or hides."""
    return escape(visible_in_html(text))


_HEAD = Markup(
    """<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="script-src 'none'; object-src 'none'; base-uri 'none'; \
form-action 'none'; connect-src 'none'; frame-src 'none'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 42em; margin: 0 auto; padding: 2em 1em; font: 1.05em/1.6 Georgia, "Noto Serif KR", serif;
}} h1 {{ font-weight: 400; }} h2 {{ margin-top: 3em; font-weight: 400; }} h3 {{ margin: 0; font-size: 1em; }}
article {{ margin: 2em 0; padding-top: 1em; border-top: 1px solid #8886; break-inside: avoid-page; }} .when,
.file, .gone, figcaption, figure p {{ font: .85em/1.5 system-ui, sans-serif; color: GrayText; }} .when {{
margin: 0; }} .text {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
.formatted > :first-child {{ margin-top: 0; }} figure {{ margin: 1em 0; }} img {{
max-width: 100%; height: auto; max-height: 24em; }} @media print {{ body {{ padding: 0; }} h2 {{ break-after:
avoid; }} audio {{ display: none; }} }} </style></head> <body><main><h1>{title}</h1>
"""
)
