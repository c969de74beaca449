"""A page about routes over a contact plan: a time-space diagram, and each route in words.

Time goes to the right, every node has a line, and a contact is a band from the line of its
transmitter to that of its receiver, slanted by the light time. The page requests nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from starlight.contacts import Contact
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, to_text
from starlight.reports.routes import Found
from starlight.routing import Route
from starlight.words import routes as words

MAX_BANDS = 3_000
"""More contacts than this are a grey wall, and megabytes of page; those nearest the route are drawn."""

MAX_LINES = 40
"""More nodes than this do not fit a screen; those of the routes, and their neighbours, are drawn."""

_WIDTH, _LEFT, _TOP, _ROW = 1_000, 150, 40, 44
_TICKS = 6  # at most
_LETTER = 7.5  # wide, in units of the drawing
_NAME = 20  # letters fit left of the lines
_CLOCK_STEPS = (
    *(unit * n for unit in (SECOND, MINUTE) for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 5, 10, 30, 91, 365, 730, 3650)),
)
_COLOURS = ("#d1495b", "#00798c", "#edae49", "#66a182", "#8d6cab")
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2230; --paper: #fbfaf7; --line: #8884; --band: #5b7db1 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --paper: #14161c; --band: #8fb0e6 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1, p, li { overflow-wrap: anywhere }
.drawing { overflow-x: auto } svg { width: 100%; min-width: 900px; height: auto; display: block }
svg text { fill: var(--ink); font-size: 13px } .tick, .node { stroke: var(--line) }
.band { fill: var(--band) } .used { stroke: var(--band); stroke-opacity: .7 }
.halo { fill: none; stroke: var(--paper); stroke-width: 6; stroke-linejoin: round }
.sent { fill-opacity: .3 }
.way { fill: none; stroke-width: 3; stroke-linejoin: round } .wait { stroke-dasharray: 3 4 }
svg .rank { font-weight: 700; text-anchor: middle }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .3rem } .key { font-size: 1.2em }
"""


def page(found: Found, name: str) -> str:
    """Return the page as HTML; all text in it is set as text.

    Args:
        found: the routes.
        name: of the plan's file.
    """
    here, there = found.name(found.source), found.name(found.destination)
    title = f"{here} to {there}"
    told = (
        f"{found.size} B at {found.scale.tell(found.at)}, over {len(found.plan.contacts)} contacts of {name}"
    )
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1><p>{escape(told)}</p>",
        _diagram(found),
    ]
    for rank, route in enumerate(found.routes):
        colour = _COLOURS[rank % len(_COLOURS)]
        arrival = escape(f"Route {rank + 1}: arrives at {found.scale.tell(route.arrival)}")
        parts.append(f'<h2><span class="key" style="color:{colour}">&#9632;</span> {arrival}</h2>')
        parts.append(_listed(found.tell(words.hops(route, found.names))))
    if not found.routes:
        parts.append("<p>There is no route.</p>")
    for refusal in found.refused:
        looked = escape(f"Refused: it looked like {found.scale.tell(refusal.looked_like)}")
        parts.append(f"<h2>{looked}</h2>")
        parts.append(_listed(found.tell(words.refused(refusal, found.names))))
    if found.never_used:
        parts.append(f"<h2>Never used</h2>{_listed(found.never_used)}")
    return "\n".join(parts) + "\n</html>\n"


def _listed(sentences: list[str]) -> str:
    return "<ol>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ol>"


def _diagram(found: Found) -> str:
    start, end = _interval(found)
    nodes = _lines(found, start, end)
    row = {node: _TOP + place * _ROW for place, node in enumerate(nodes)}
    height = _TOP + len(nodes) * _ROW

    def x(time: int) -> float:
        return round(_LEFT + (time - start) / (end - start) * (_WIDTH - _LEFT - 10), 2)

    parts = [
        '<div class="drawing" role="region" aria-label="Drawing" tabindex="0">',
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="what" aria-describedby="which">',
        '<title id="what">Contacts and routes over time</title>',
        f'<desc id="which">{escape(_told(found))}</desc>',
        f'<clipPath id="frame"><rect x="{_LEFT}" width="{_WIDTH - _LEFT}" height="{height}"/></clipPath>',
    ]
    for time, label in _ticks(start, end, found):
        # The right edge would cut off half of the last label.
        anchor = "end" if x(time) + len(label) * _LETTER / 2 > _WIDTH else "middle"
        parts.append(
            f'<text x="{x(time)}" y="14" text-anchor="{anchor}">{escape(label)}</text>'
            f'<line class="tick" x1="{x(time)}" x2="{x(time)}" y1="20" y2="{height}"/>'
        )
    for node in nodes:
        name = found.name(node)
        label = escape(name if len(name) <= _NAME else name[: _NAME - 1] + "…")
        parts.append(f'<text x="4" y="{row[node] + 4}"><title>{escape(name)}</title>{label}</text>')
        parts.append(f'<line class="node" x1="{_LEFT}" x2="{_WIDTH}" y1="{row[node]}" y2="{row[node]}"/>')
    # Clipped, because contacts and their light go on beyond the interval that is drawn.
    parts += ['<g clip-path="url(#frame)">', *_bands(found, start, end, row, x), "</g>"]
    parts += ['<g clip-path="url(#frame)">', *_routes_drawn(found, row, x), "</g>"]
    parts.append(
        "</svg></div><p>Time goes to the right. A band is a contact, from who transmits to who receives; "
        "a line is a route, dotted where the bundle waits, filled from its first to its last byte.</p>"
    )
    return "".join(parts)


def _bands(
    found: Found, start: int, end: int, row: dict[int, int], x: Callable[[int], float]
) -> Iterator[str]:
    """Yield the contacts, those of the routes last, so that no other hides them."""
    used = {hop.contact.id for route in found.routes for hop in route.hops}
    shown = [c for c in found.plan.contacts if c.light and c.start <= end and c.end >= start]
    shown = [c for c in shown if c.from_node in row and c.to_node in row]
    shown = [*[c for c in shown if c.id not in used][:MAX_BANDS], *[c for c in shown if c.id in used]]
    faint = max(0.01, min(0.12, 3 / (len(shown) + 1)))  # Many that lie on each other are no wall.
    for contact in shown:
        # Beyond the frame a band goes on, but not for ever.
        first, last = max(contact.start, 2 * start - end), min(contact.end, 2 * end - start)
        # At both ends, because the worlds move while a long contact lasts.
        light = (contact.light_time(first), contact.light_time(last))
        top, bottom = row[contact.from_node], row[contact.to_node]
        corners = ((first, top), (last, top), (last + light[1], bottom), (first + light[0], bottom))
        points = " ".join(f"{x(time)},{y}" for time, y in corners)
        kind, opacity = ("band used", 0.2) if contact.id in used else ("band", faint)
        yield (
            f'<polygon class="{kind}" fill-opacity="{opacity:.3f}" points="{points}">'
            f"<title>{_about(contact, found)}</title></polygon>"
        )


def _routes_drawn(found: Found, row: dict[int, int], x: Callable[[int], float]) -> Iterator[str]:
    """Yield the routes, the best one last, and its rank at the end of each that has room."""
    for rank, route in reversed(list(enumerate(found.routes))):
        colour = _COLOURS[rank % len(_COLOURS)]
        for hop in route.hops:
            top, bottom = row[hop.contact.from_node], row[hop.contact.to_node]
            waits = f"{x(hop.ready)},{top} {x(hop.leaves)},{top}"
            sent = f"{x(hop.last_byte)},{top} {x(hop.arrives)},{bottom}"
            flies = f"{x(hop.leaves)},{top} {sent}"
            begins = f"{x(hop.leaves)},{top}"
            first_byte = f"{x(hop.arrives - (hop.last_byte - hop.leaves))},{bottom}"
            yield f'<polygon class="sent" fill="{colour}" points="{begins} {sent} {first_byte}"/>'
            # In the colour of the paper, so that routes that cross stay apart.
            yield f'<polyline class="halo" points="{waits} {flies}"/>'
            yield f'<polyline class="way wait" stroke="{colour}" points="{waits}"/>'
            yield f'<polyline class="way" stroke="{colour}" points="{flies}"/>'
    free = 0.0
    for rank, route in enumerate(found.routes):
        here = x(route.arrival)
        if route.hops and here >= free:
            # Routes that arrive almost together would write their ranks over each other.
            free = here + 22
            yield f'<text class="rank" x="{here}" y="{row[found.destination] + 18}">{rank + 1}</text>'


def _told(found: Found) -> str:
    """Return the drawing in words."""
    told = []
    for rank, route in enumerate(found.routes, 1):
        way = " to ".join(found.name(node) for node in (found.source, *_passed(route)))
        told.append(f"Route {rank} goes from {way} and arrives at {found.scale.tell(route.arrival)}.")
    return " ".join(told) or "There is no route."


def _ticks(start: int, end: int, found: Found) -> list[tuple[int, str]]:
    """Return round times between two, and how they are written: dates where the plan has them."""
    epoch = found.scale.epoch
    step = 1
    if epoch is None and end - start >= _TICKS * SECOND:
        step = next((each for each in _CLOCK_STEPS if each * _TICKS >= end - start), 100 * _CLOCK_STEPS[-1])
    else:
        # Seconds of a plan's own are read as plain numbers, so 1, 2, 5 and their tens are round here;
        # hours and days are for dates.
        while step * _TICKS < end - start:
            step = step * 5 // 2 if str(step).startswith("2") else 2 * step  # 1, 2, 5, 10, 20, ...
    zero = 0 if epoch is None else epoch
    found_ticks = []
    before = ""
    # Counted from zero, so that ticks are at round times wherever the drawing begins.
    for time in range(zero - (zero - start) // step * step, end + 1, step):
        if epoch is not None:
            found_ticks.append((time, found.scale.tell(time)))
            continue
        text = to_text(time, 3 if step % SECOND else 0)
        clock = text[11:-1] if step % MINUTE else text[11:16]
        # A date stands only where it changes, or labels would run into each other.
        day = text[:10] if text[:10] != before else ""
        found_ticks.append((time, " ".join(filter(None, (day, clock if step < DAY else "")))))
        before = text[:10]
    return found_ticks


def _about(contact: Contact, found: Found) -> str:
    tell = found.scale.tell
    ends = f"{found.name(contact.from_node)} to {found.name(contact.to_node)}"
    return escape(f"contact {contact.id}, {ends}, {tell(contact.start)} to {tell(contact.end)}")


def _interval(found: Found) -> tuple[int, int]:
    """Return what is drawn: from the question to a little after the last arrival."""
    ends = [route.arrival for route in found.routes]
    if not ends:
        ends = [contact.end for contact in found.plan.contacts]
    # Never empty: to where a bundle is already it needs no time.
    start, end = found.at, max([*ends, found.at + 1])
    more = (end - start) // 12 + 1
    return start - more, end + more


def _lines(found: Found, start: int, end: int) -> list[int]:
    """Return the nodes that are drawn: those of the routes, the destination last, then others heard."""
    passed = [node for route in found.routes for node in _passed(route) if node != found.destination]
    order: dict[int, None] = dict.fromkeys([found.source, *passed, found.destination])
    for contact in found.plan.contacts:
        if contact.start <= end and contact.end >= start:
            order.setdefault(contact.from_node)
            order.setdefault(contact.to_node)
    # Whatever the limit, every node of the routes has its line.
    return list(order)[: max(MAX_LINES, len(set(passed)) + 2)]


def _passed(route: Route) -> list[int]:
    return [hop.contact.to_node for hop in route.hops]
