"""The figures of what is in flight: each route with what is on it, and the time line of each track.

Numbers alone, for the template to draw and the page's script to move; a test holds them against the
forecasts. Places are percent of the width. Nothing here is known: where a mark stands is foreseen, and its
form says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from starlight.dtntime import HOUR
from starlight.figures.flight_axis import Axis
from starlight.messages.delivery import DeliveryState
from starlight.messages.flight import FlightHop, Track
from starlight.views.flight import FlightGap, FlightPlace, FlightView, ShownTrack

LANES_MAX = 6
"""Routes that are drawn: those with most on them."""

EDGE = 4.0
"""Percent left free at either end of a route."""

LIGHT_WEIGHT = 3
"""So many times as wide as another hop is the one whose light takes longest."""


class Form(StrEnum):
    """The forms of a mark on a route."""

    WAITS = "waits"  # a ring at a place
    MOVES = "moves"  # a star on a line
    THERE = "there"  # a dashed ring: it should be there
    DOUBT = "doubt"  # a dotted ring where it was last known


class Stop(msgspec.Struct, frozen=True):
    """A node of a route.

    Attributes:
        place: which; None is one that no route leads to.
        name: for people.
        world: whose ground it is; may be empty.
        x: where.
        y: the height of its name, in px: below the line, or in one of two rows above it.
        anchor: which end of its name stands there, as SVG has it.
    """

    place: FlightPlace | None
    name: str
    world: str
    x: float
    y: int
    anchor: str


class Span(msgspec.Struct, frozen=True):
    """A hop of a route.

    Attributes:
        left, right: where.
        form: ``open`` while its contact lasts, ``shut`` until it begins, ``none`` where there is none.
        light: it is the hop whose light takes longest.
        takes: how long that takes, in ns.
    """

    left: float
    right: float
    form: str
    light: bool
    takes: int = 0


class Mark(msgspec.Struct, frozen=True):
    """One or more things at the same place of a route.

    Attributes:
        form: how it is drawn.
        x: where, now.
        tracks: what is there.
        hop: while it moves, the hop that it is on; else None.
        left, right: while it moves, from where to where.
    """

    form: Form
    x: float
    tracks: tuple[ShownTrack, ...]
    hop: FlightHop | None = None
    left: float = 0.0
    right: float = 0.0

    @property
    def at_end(self) -> bool:
        """Return whether it is at either end of the route."""
        return self.x <= EDGE or self.x >= 100 - EDGE


class Lane(msgspec.Struct, frozen=True):
    """A route, and what is on it.

    Attributes:
        stops, spans, marks: as they are drawn, from left to right.
        count: how many things are on it.
    """

    stops: tuple[Stop, ...]
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    count: int


class TimeBar(msgspec.Struct, frozen=True):
    """The time line of one track.

    Attributes:
        track: whose.
        left, arrives, word: where it leaves, arrives, and word of it can come; None where nobody knows.
        now: where now is, between the first two: how far it is on its way.
        windows: from where to where contacts of its route last.
        waits: from where to where it waits at a node, first here.
    """

    track: ShownTrack
    left: float | None
    arrives: float | None
    word: float | None
    now: float
    windows: tuple[tuple[float, float], ...]
    waits: tuple[tuple[float, float], ...]


class GapBand(msgspec.Struct, frozen=True):
    """A gap where it lies on the axis: the part of it that is shown, in percent."""

    gap: FlightGap
    left: float
    right: float


class TimeLine(msgspec.Struct, frozen=True):
    """The time lines of all tracks, on one axis.

    Attributes:
        axis: which.
        now: where now is, in percent.
        bars: one a track, in their order.
        gaps: those that touch it.
    """

    axis: Axis
    now: float
    bars: tuple[TimeBar, ...]
    gaps: tuple[GapBand, ...]


def lanes(view: FlightView) -> list[Lane]:
    """Return the routes of what is in flight, those with most on them first; at most `LANES_MAX`."""
    routes: dict[tuple[int | str, ...], list[ShownTrack]] = {}
    for track in view.tracks:
        routes.setdefault(_route(view, track), []).append(track)
    most = sorted(routes.items(), key=lambda route: -len(route[1]))[:LANES_MAX]
    return [_lane(view, nodes, tracks) for nodes, tracks in most]


def time_line(view: FlightView) -> TimeLine:
    """Return the time lines of what is in flight."""
    moments, longest = {view.now}, 0
    for track in view.tracks:
        moments |= {at for at in (track.left, track.arrives, track.word_at) if at is not None}
        longest = max([longest, *(hop.arrives - hop.leaves for hop in track.hops)])
    if len(moments) == 1:
        moments.add(view.now + HOUR)
    axis = Axis(moments, longest)
    return TimeLine(
        axis,
        axis.x(view.now),
        tuple(_bar(axis, view.now, track) for track in view.tracks),
        tuple(
            GapBand(gap, axis.x(gap.start), axis.x(gap.end))
            for gap in view.gaps
            if gap.start < axis.end and gap.end > axis.start
        ),
    )


def _bar(axis: Axis, now: int, track: ShownTrack) -> TimeBar:
    x = axis.x
    waits: list[tuple[float, float]] = []
    ready = now if track.is_here else None
    for hop in track.hops:
        if ready is not None and hop.leaves > ready:
            waits.append((x(ready), x(hop.leaves)))
        ready = hop.arrives
    return TimeBar(
        track=track,
        left=None if track.left is None else x(track.left),
        arrives=None if track.arrives is None else x(track.arrives),
        word=None if track.word_at is None else x(track.word_at),
        now=x(now),
        windows=tuple(dict.fromkeys(_windows(axis, track))),
        waits=tuple(waits),
    )


def _windows(axis: Axis, track: Track) -> Iterator[tuple[float, float]]:
    """Give where contacts of a route last: those that have an end in sight, others are no windows."""
    for hop in track.hops:
        start = hop.leaves if hop.opens is None else hop.opens
        if start > axis.start or hop.closes < axis.end:
            yield axis.x(start), axis.x(hop.closes)


def _route(view: FlightView, track: ShownTrack) -> tuple[int | str, ...]:
    """Return the nodes of a route; without one, the own node and whom it is for."""
    if not track.hops:
        return view.node, track.there
    return track.hops[0].from_node, *(hop.to_node for hop in track.hops)


def _lane(view: FlightView, nodes: tuple[int | str, ...], tracks: Sequence[ShownTrack]) -> Lane:
    first = tracks[0]
    places = _places(first.hops)
    known = {place.node: place for place in view.places}
    stops = []
    for number, (node, x) in enumerate(zip(nodes, places, strict=True)):
        place = known.get(node) if isinstance(node, int) else None
        inner = 0 < number < len(nodes) - 1
        stops.append(
            Stop(
                place=place,
                name=place.name if place else first.there_name,
                world=place.world if place else first.world,
                x=x,
                y=(24 if number % 2 or len(nodes) < 5 else 8) if inner else 80,
                anchor="middle" if inner else "end" if number else "start",
            )
        )
    marks = tuple(_marks(view, nodes, places, tracks))
    return Lane(tuple(stops), tuple(_spans(view.now, first, places)), marks, len(tracks))


def _places(hops: Sequence[FlightHop]) -> list[float]:
    """Return where the nodes of a route stand: the hop whose light takes longest has most room."""
    if not hops:
        return [EDGE, 100 - EDGE]
    light = _light(hops)
    weights = [LIGHT_WEIGHT if number == light else 1 for number in range(len(hops))]
    scale, places = (100 - 2 * EDGE) / sum(weights), [EDGE]
    for weight in weights:
        places.append(places[-1] + weight * scale)
    return places


def _light(hops: Sequence[FlightHop]) -> int:
    """Return the number of the hop whose light takes longest."""
    return max(range(len(hops)), key=lambda number: hops[number].arrives - hops[number].last_byte)


def _spans(now: int, track: ShownTrack, places: Sequence[float]) -> Iterator[Span]:
    if not track.hops:
        yield Span(places[0], places[1], "none", light=True)
        return
    light = _light(track.hops)
    for number, hop in enumerate(track.hops):
        opens = hop.leaves if hop.opens is None else hop.opens
        form = "doubt" if track.in_doubt else "shut" if opens > now else "open"
        takes = hop.arrives - hop.last_byte
        yield Span(places[number], places[number + 1], form, light=number == light, takes=takes)


def _marks(
    view: FlightView, nodes: Sequence[int | str], places: Sequence[float], tracks: Sequence[ShownTrack]
) -> Iterator[Mark]:
    """Give the marks of a route: what stands at the same place alike is one mark."""
    alike: dict[tuple[Form, float], list[ShownTrack]] = {}
    moving: list[Mark] = []
    for track in tracks:
        if track.hop is not None:
            moving.append(_moving(view.now, track, track.hops[track.hop], places, track.hop))
            continue
        at = nodes.index(track.at_node) if track.at_node in nodes else 0
        alike.setdefault((_form(track), places[at]), []).append(track)
    for (form, x), ones in alike.items():
        yield Mark(form, x, tuple(ones))
    yield from _gathered(moving)


def _form(track: Track) -> Form:
    if track.in_doubt and not track.is_here:
        return Form.DOUBT
    if track.state is DeliveryState.ARRIVED:
        return Form.THERE
    return Form.WAITS


def _moving(now: int, track: ShownTrack, hop: FlightHop, places: Sequence[float], number: int) -> Mark:
    left, right = places[number], places[number + 1]
    done = (now - hop.leaves) / max(hop.arrives - hop.leaves, 1)
    return Mark(Form.MOVES, left + (right - left) * done, (track,), hop, left, right)


def _gathered(marks: Sequence[Mark]) -> Iterator[Mark]:
    """Give marks that move, those that nobody could tell apart as one."""
    kept: Mark | None = None
    for mark in sorted(marks, key=lambda mark: mark.x):
        if kept is not None and mark.x - kept.x < 1.5 and (mark.left, mark.right) == (kept.left, kept.right):
            kept = msgspec.structs.replace(kept, tracks=(*kept.tracks, *mark.tracks))
            continue
        if kept is not None:
            yield kept
        kept = mark
    if kept is not None:
        yield kept
