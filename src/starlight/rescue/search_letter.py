"""The answer of a search as a letter to those who wait for it: words, parts, and a line in the trace."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from starlight.dtntime import HOUR, SECOND, duration_text
from starlight.messages.correspondent import NewPart
from starlight.messages.draft import Attachment
from starlight.rescue.search_map import map_of, moments_of
from starlight.search import geography, map_part
from starlight.search.answer import CANNOT_KNOW, SearchAnswer
from starlight.search.geography import Anchor
from starlight.search.posterior import region
from starlight.search.suit import LIMITS

HOURS_TOLD = (2, 4, 6, 8, 12, 24)
"""From now; the map has more."""

SECTORS_TOLD = 5

GEOJSON_MAX_BYTES = 128 * 1024
"""Of a wide region the polygons would cost a thin link hours; then the map alone travels."""


class SearchLetter:
    """The letter that an answer makes.

    Args:
        found: the answer.
        is_anchored: the file tells where its terrain lies, in degrees.
    """

    def __init__(self, found: SearchAnswer, *, is_anchored: bool) -> None:
        self._found = found
        self._anchor = Anchor(found.loss) if is_anchored else None
        self.alive = float(found.posterior.alive([found.at_s])[0])

    def text(self, opening: str) -> str:
        """Return its words, with a sentence before them that says why it comes."""
        return "\n".join([opening, "", *self._lines()])

    def parts(self) -> tuple[NewPart, ...]:
        """Return the map, and what other programs read where degrees are known."""
        found = self._found
        data = map_part.encode(map_of(found, moments_of(found)))
        made = [NewPart(data, Attachment("", "map", map_part.MEDIA_TYPE))]
        if self._anchor is not None:
            shapes = json.dumps(geography.geojson(found), separators=(",", ":")).encode()
            if len(shapes) <= GEOJSON_MAX_BYTES:
                made.append(NewPart(shapes, Attachment("", "search.geojson", "application/geo+json")))
            courses = geography.gpx(found).encode()
            made.append(NewPart(courses, Attachment("", "search.gpx", "application/gpx+xml")))
        return tuple(made)

    def note(self) -> str:
        """Return one sentence for the trace."""
        found = self._found
        cells = region(found.probability, 0.5)
        where = "outside the map"
        if cells.size:
            where = f"50 % region {self._km2(0.5)}, likeliest {self._place(int(cells[0]), 3)}"
        states = [state for _, state in found.awaited]
        awaited = [
            f"{states.count(each)} {each}"
            for each in ("not yet due", "not yet knowable", "overdue")
            if each in states
        ]
        counts = ", ".join([_reports(len(found.posterior.reports)), *awaited])
        return f"P(alive) {self.alive:.0%} at {found.time(found.at_s)}, {where}; {counts}"

    def _lines(self) -> Iterator[str]:
        found, loss = self._found, self._found.loss
        ground = "SYNTHETIC ground, no place" if loss.terrain.synthetic else "measured ground"
        yield f"{loss.file.name}, at {found.time(found.at_s)}. Map of {loss.terrain.source} ({ground})."
        since = duration_text(round(found.at_s * SECOND))
        east, north = loss.fix.east_m, loss.fix.north_m
        yield f"Last fix {since} ago, {found.time(0.0)}: {self._position(east, north, 4)}."
        yield from self._life()
        yield from self._places()
        yield from self._reports()
        yield from self._courses()
        yield CANNOT_KNOW

    def _life(self) -> Iterator[str]:
        found = self._found
        hours = found.posterior.alive([found.at_s + each * HOUR / SECOND for each in HOURS_TOLD])
        told = ", ".join(f"in {each} h {alive:.0%}" for each, alive in zip(HOURS_TOLD, hours, strict=True))
        yield f"P(alive) {self.alive:.0%} now; {told}."
        ends = sorted(found.ends.items(), key=lambda each: -each[1])
        names = {"heat": "heat (cooling water)", "scrubber": "carbon dioxide (scrubber)"}
        first = ", ".join(f"{names.get(name, name)} {share:.0%}" for name, share in ends if share >= 0.005)
        yield f"What ends a life first, if nobody comes: {first}."
        suit = found.loss.suit
        loads = (suit.oxygen_kg, suit.scrubber_kg, suit.battery_wh, suit.water_kg)
        missing = [names.get(name, name) for name, load in zip(LIMITS, loads, strict=True) if load is None]
        if missing:
            yield f"Not stated, and no limit here: {', '.join(missing)}."

    def _places(self) -> Iterator[str]:
        found = self._found
        cells = region(found.probability, 0.9)[:SECTORS_TOLD]
        if not cells.size:
            yield "All that is believed lies outside the map. Take more ground."
            return
        outside = f"; outside the map {found.outside:.0%}"
        yield f"Region of 50 %: {self._km2(0.5)}; of 90 %: {self._km2(0.9)}{outside}. Likeliest sectors:"
        for cell in cells:
            chance, living = found.probability[cell], found.alive_there[cell]
            yield f"- {chance:.1%} at {self._place(int(cell), 4)}, alive there {living:.1%}"

    def _reports(self) -> Iterator[str]:
        found = self._found
        counted = {each.id for each in found.posterior.reports}
        names = f": {', '.join(sorted(counted))}" if counted else ""
        yield f"{_reports(len(counted))}{names}."
        left_out = sorted({each.id for each in found.loss.reports} - counted)
        if left_out:
            yield f"Not counted, begun before the last fix or still to end: {', '.join(left_out)}."
        for awaited, state in found.awaited:
            if state != "reported":
                yield f"Awaited: {awaited.id}, {state}; knowable from {found.time(awaited.knowable_s)}."

    def _courses(self) -> Iterator[str]:
        found = self._found
        for searcher in found.loss.searchers:
            own = [each for each in found.planned if each.searcher == searcher.name]
            if not own:
                yield f"{searcher.name}: nothing to search in the time that is left."
                continue
            first = own[0]
            where = self._position(first.east_m, first.north_m, 4)
            more = f", then {len(own) - 1} more" if len(own) > 1 else ""
            yield (
                f"{searcher.name}: next to {where}, {found.time(first.begin_s)} to {found.time(first.end_s)},"
                f" coverage {first.coverage:g}, finds {first.success:.1%}{more}."
            )

    def _km2(self, share: float) -> str:
        count = region(self._found.probability, share).size
        return f"{count * self._found.grid.cell_m**2 / 1e6:.2f} km2"

    def _place(self, cell: int, digits: int) -> str:
        east, north = self._found.grid.middles()
        return self._position(float(east[cell]), float(north[cell]), digits)

    def _position(self, east_m: float, north_m: float, digits: int) -> str:
        plane = f"east {east_m:.0f} m, north {north_m:.0f} m"
        if self._anchor is None:
            return plane
        longitude, latitude = self._anchor.position(east_m, north_m)
        sides = "SN"[latitude >= 0], "WE"[longitude >= 0]
        degrees = f"{abs(latitude):.{digits}f} {sides[0]} {abs(longitude):.{digits}f} {sides[1]}"
        return f"{degrees} ({plane})"


def _reports(count: int) -> str:
    return "1 report counted" if count == 1 else f"{count} reports counted"


def closing_text(
    found: SearchAnswer | None, place: tuple[float, float] | None, at: str, told: tuple[str, float] | None
) -> str:
    """Return the words that close a search: where she was found against what was believed.

    Args:
        found: the answer for the moment of the finding; None where nothing can be computed for it.
        place: easting and northing in m; None where nobody told.
        at: that moment, as text.
        told: when P(alive) was told last, as text, and what it was.
    """
    lines = [f"Found, {at}. The search is closed."]
    if place is None:
        lines.append("Where was not told.")
    else:
        lines.append(f"It was at east {place[0]:.0f} m, north {place[1]:.0f} m, {_rank(found, *place)}.")
    if told is not None:
        lines.append(f"P(alive) {told[1]:.0%} was told last, {told[0]}.")
    return " ".join(lines)


def _rank(found: SearchAnswer | None, east_m: float, north_m: float) -> str:
    """Return among which regions a place was, in words."""
    if found is None:
        return "where nothing was believed yet"
    if not found.grid.holds(np.array([east_m]), np.array([north_m]))[0]:
        return f"outside the map, where {found.outside:.0%} was believed"
    chance = found.probability[int(found.grid.cells_of(np.array([east_m]), np.array([north_m]))[0])]
    if chance <= 0:
        return "where nobody was believed to be"
    likelier = found.probability >= chance
    share = float(found.probability[likelier].sum()) / float(found.probability.sum())
    km2 = int(likelier.sum()) * found.grid.cell_m**2 / 1e6
    return f"in the {share:.0%} region: {km2:.2f} km2 were as likely or likelier"
