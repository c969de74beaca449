"""A map with a time slider: the moments as JSON, the controls, what is told in words, the legend.

Without its script (static/time_map.js) a few still maps stand there; the script hides all but the first and
moves that one.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from starlight.reports.json_element import json_element
from starlight.reports.sector_map import (
    LEAST,
    LEVELS,
    PER_DECADE,
    PER_SHADE,
    SHADES,
    SIGNS,
    Ground,
    Landmark,
    SearchedShape,
    drawn,
    levels,
)

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:;,!?()[]{}"
"""One letter tells a sector: its level, and in which region it is. None of them needs an escape in JSON."""


class CourseLeg(msgspec.Struct, frozen=True):
    """A part of a searcher's course: the way to a place and the search there.

    Attributes:
        x, y: in sectors.
        leave_s, begin_s, end_s: when they set out, begin there, and have ended, seconds after the last fix.
        there: the place in words.
        leave, begin, end: the same as text.
    """

    x: float
    y: float
    leave_s: float
    begin_s: float
    end_s: float
    there: str
    leave: str
    begin: str
    end: str


class SearcherCourse(msgspec.Struct, frozen=True):
    """The course of a searcher.

    Attributes:
        name: of the searcher.
        x, y: where they are at first, in sectors.
        legs: in order.
    """

    name: str
    x: float
    y: float
    legs: Sequence[CourseLeg]


class ShownMoment(msgspec.Struct, frozen=True):
    """The belief about one moment.

    Attributes:
        time_s: seconds after the last fix.
        time: the same as text.
        title: what moment that is.
        chances: of each sector.
        regions: which sectors are in the regions of 50 % and of 90 %.
        facts: what is told in words: one for each of the map's `facts`.
        likeliest: sectors in words.
    """

    time_s: float
    time: str
    title: str
    chances: NDArray[np.float64]
    regions: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    facts: Sequence[str]
    likeliest: Sequence[str]

    @property
    def letters(self) -> str:
        """Return all sectors, a letter each."""
        half, most = self.regions
        codes = levels(self.chances) + (LEVELS + 1) * (half.astype(np.int64) + most)
        return "".join(ALPHABET[code] for code in codes)


class TimeMap(msgspec.Struct, frozen=True):
    """A map of sectors at many moments.

    Attributes:
        moments: in order of time.
        start: the place in `moments` of the one that is shown first.
        stills: places in `moments` of those that are shown without a script, `start` first.
        facts: names of what is told of each moment.
    """

    title: str
    caption: str
    ground: Ground
    moments: Sequence[ShownMoment]
    start: int
    stills: Sequence[int]
    facts: Sequence[str]
    courses: Sequence[SearcherCourse]
    landmarks: Sequence[Landmark]
    searched: Sequence[SearchedShape]


def time_map(part: TimeMap) -> str:
    """Return the figure of a map with a time slider."""
    stills = "".join(_still(part, part.moments[place]) for place in part.stills)
    caption = f"<figcaption>{html.escape(part.caption)}</figcaption>"
    return (
        f'<figure class="time-map">{json_element(_data(part))}{_steering(part)}'
        f'<div class="maps">{stills}</div>'
        f'<div class="beside">{_told(part)}{_legend(part)}</div>{caption}</figure>'
    )


def _data(part: TimeMap) -> dict[str, Any]:
    return {
        **part.ground._asdict(),
        "side": part.ground.side,
        "alphabet": ALPHABET,
        "levels": LEVELS,
        "per_shade": PER_SHADE,
        "per_decade": PER_DECADE,
        "least": LEAST,
        "courses": msgspec.to_builtins(part.courses),
        "start": part.start,
        "moments": [
            {
                "time_s": each.time_s,
                "time": each.time,
                "title": each.title,
                "facts": list(each.facts),
                "likeliest": list(each.likeliest),
                "letters": each.letters,
            }
            for each in part.moments
        ],
    }


def _steering(part: TimeMap) -> str:
    first, last = part.moments[0].time, part.moments[-1].time
    shown, most = part.moments[part.start], len(part.moments) - 1
    return (
        '<div class="steer" hidden><p class="moment"><label for="moment">ShownMoment</label> '
        f'<output for="moment" aria-live="off"><strong>{html.escape(shown.time)}</strong> '
        f"<span>{html.escape(shown.title)}</span></output></p>"
        f'<input type="range" id="moment" min="0" max="{most}" step="1" value="{part.start}" '
        f'aria-valuetext="{html.escape(shown.time)}">'
        f'<p class="ends"><span>{html.escape(first)}</span><span>{html.escape(last)}</span></p>'
        '<p class="steps"><button type="button" data-by="-1">Earlier</button>'
        '<button type="button" data-by="1">Later</button>'
        '<button type="button" data-by="0">ShownMoment asked about</button></p></div>'
    )


def _still(part: TimeMap, moment: ShownMoment) -> str:
    told = [f"{name} {value}" for name, value in zip(part.facts, moment.facts, strict=True)]
    words = f"Map at {moment.time}. {'; '.join(told)}. Likeliest: {'; '.join(moment.likeliest) or 'none'}."
    courses = [
        (each.name, [(each.x, each.y), *((leg.x, leg.y) for leg in each.legs)]) for each in part.courses
    ]
    svg = drawn(
        f"map-{moment.time_s:.0f}",
        part.ground,
        words,
        levels(moment.chances),
        moment.regions,
        courses,
        part.landmarks,
        part.searched,
    )
    title = f"{part.title} at {moment.time}"
    return (
        f'<div class="still"><h3>{html.escape(title)}</h3><p class="soft">{html.escape(moment.title)}: '
        f"{html.escape('; '.join(told))}</p>{svg}</div>"
    )


def _told(part: TimeMap) -> str:
    """Return what is told of the moment in words; the script puts another moment's there."""
    shown = part.moments[part.start]
    facts = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in zip(part.facts, shown.facts, strict=True)
    )
    likeliest = "".join(f"<li>{html.escape(each)}</li>" for each in shown.likeliest)
    searchers = "".join(f"<li>{html.escape(each.name)}</li>" for each in part.courses)
    named = f'<h3>Searchers</h3><ol class="where">{searchers}</ol>' if searchers else ""
    return (
        f'<dl class="facts">{facts}</dl><h3>Likeliest sectors</h3><ul class="likeliest">{likeliest}</ul>'
        f'<p class="under soft" hidden></p>{named}'
    )


def _legend(part: TimeMap) -> str:
    side = part.ground.sector_m
    shades = "".join(
        f'<li><span class="swatch p{place}"></span>{text}</li>' for place, text in enumerate(SHADES, 1)
    )
    # A line of the map, or a sign, and what it means.
    signs = [
        ("half", "M1 8h26", "region of 50 %: the fewest sectors that hold half of what is on the map"),
        ("most", "M1 8h26", "region of 90 %"),
    ]
    if part.searched:
        signs.append(("searched", "M1 8h26", "searched in vain"))
    if part.courses:
        signs += [("done", "M1 8h26", "course up to the moment"), ("course", "M1 8h26", "planned course")]
    looks = dict.fromkeys((each.look, each.text) for each in part.landmarks)
    lines = "".join(
        f'<li{" class=moves" * (look == "done")}><svg viewBox="0 0 28 16" width="28" height="16" '
        f'aria-hidden="true"><path class="{look}" '
        f'd="{path}"/></svg>{html.escape(text)}</li>'
        for look, path, text in signs
    )
    lines += "".join(
        f'<li><svg viewBox="-14 -9 28 18" width="28" height="18" aria-hidden="true"><path class="{look}" '
        f'd="{SIGNS[look]}"/></svg>{html.escape(text)}</li>'
        for look, text in looks
    )
    unit = f"Probability that they are in a sector of {side:g} m x {side:g} m"
    lists = f'<ul class="shades">{shades}</ul><ul class="signs">{lines}</ul>'
    return f'<h3>Legend</h3><p class="soft">{unit}</p>{lists}'
