"""A page about routes over a contact plan: a time-space diagram, and each route in words.

Time goes to the right, every node has a line, and a contact is a band from the line of its
transmitter to that of its receiver, slanted by the light time. The page requests nothing.
"""

from __future__ import annotations

from html import escape

from starlight.contacts.contact import Contact
from starlight.expedition.routes import Found
from starlight.routing import Route

MAX_BANDS = 3_000
"""More contacts than this are a grey wall, and megabytes of page; those nearest the route are drawn."""

MAX_LINES = 40
"""More nodes than this do not fit a screen; those of the routes, and their neighbours, are drawn."""

_WIDTH, _LEFT, _ROW = 1_000, 150, 44
_COLOURS = ("#d1495b", "#00798c", "#edae49", "#66a182", "#8d6cab")
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2230; --paper: #fbfaf7; --line: #8884; --band: #5b7db1 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --paper: #14161c; --band: #8fb0e6 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
svg { width: 100%; height: auto } svg text { fill: var(--ink); font-size: 12px }
.node { stroke: var(--line) } .band { fill: var(--band); fill-opacity: .18 }
.way { fill: none; stroke-width: 2.5; stroke-linejoin: round } .wait { stroke-dasharray: 3 4 }
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
        parts.append(_listed(route.explain(found.names, found.scale.tell)))
    if not found.routes:
        parts.append("<p>There is no route.</p>")
    for refusal in found.refused:
        looked = escape(f"Refused: it looked like {found.scale.tell(refusal.looked_like)}")
        parts.append(f"<h2>{looked}</h2>")
        parts.append(_listed(refusal.explain(found.names)))
    if found.never_used:
        parts.append(f"<h2>Never used</h2>{_listed(found.never_used)}")
    return "\n".join(parts) + "\n</html>\n"


def _listed(sentences: list[str]) -> str:
    return "<ol>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ol>"


def _diagram(found: Found) -> str:
    start, end = _interval(found)
    nodes = _lines(found, start, end)
    row = {node: 30 + place * _ROW for place, node in enumerate(nodes)}
    height = 30 + len(nodes) * _ROW

    def x(time: int) -> float:
        return round(_LEFT + (time - start) / (end - start) * (_WIDTH - _LEFT - 10), 2)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="what">'
        '<title id="what">Contacts and routes over time</title>',
        f'<clipPath id="frame"><rect x="{_LEFT}" width="{_WIDTH - _LEFT}" height="{height}"/></clipPath>',
    ]
    for node in nodes:
        label = escape(found.name(node)[:22])
        parts.append(f'<text x="4" y="{row[node] + 4}">{label}</text>')
        parts.append(f'<line class="node" x1="{_LEFT}" x2="{_WIDTH}" y1="{row[node]}" y2="{row[node]}"/>')
    parts.append('<g clip-path="url(#frame)">')
    shown = [c for c in found.plan.contacts if c.light and c.start <= end and c.end >= start]
    shown = [c for c in shown if c.from_node in row and c.to_node in row]
    for contact in shown[:MAX_BANDS]:
        light = (contact.light_time(contact.start), contact.light_time(contact.end))
        top, bottom = row[contact.from_node], row[contact.to_node]
        corners = (
            (contact.start, top),
            (contact.end, top),
            (contact.end + light[1], bottom),
            (contact.start + light[0], bottom),
        )
        points = " ".join(f"{x(time)},{y}" for time, y in corners)
        parts.append(
            f'<polygon class="band" points="{points}"><title>{_about(contact, found)}</title></polygon>'
        )
    for rank, route in reversed(list(enumerate(found.routes))):
        colour = _COLOURS[rank % len(_COLOURS)]
        for hop in route.hops:
            top, bottom = row[hop.contact.from_node], row[hop.contact.to_node]
            waits = f"{x(hop.ready)},{top} {x(hop.leaves)},{top}"
            flies = f"{x(hop.leaves)},{top} {x(hop.last_byte)},{top} {x(hop.arrives)},{bottom}"
            parts.append(f'<polyline class="way wait" stroke="{colour}" points="{waits}"/>')
            parts.append(f'<polyline class="way" stroke="{colour}" points="{flies}"/>')
    parts.append("</g>")
    for quarter in range(5):
        time = start + (end - start) * quarter // 4
        anchor = ("start", "middle", "middle", "middle", "end")[quarter]
        label = escape(found.scale.tell(time))
        parts.append(f'<text x="{x(time)}" y="12" text-anchor="{anchor}">{label}</text>')
    parts.append("</svg>")
    return "".join(parts)


def _about(contact: Contact, found: Found) -> str:
    tell = found.scale.tell
    ends = f"{found.name(contact.from_node)} to {found.name(contact.to_node)}"
    return escape(f"contact {contact.id}, {ends}, {tell(contact.start)} to {tell(contact.end)}")


def _interval(found: Found) -> tuple[int, int]:
    """Return what is drawn: from the question to a little after the last arrival."""
    ends = [route.arrival for route in found.routes]
    if not ends:
        ends = [contact.end for contact in found.plan.contacts]
    start, end = found.at, max([*ends, found.at + 1])
    more = (end - start) // 12 + 1
    return start - more, end + more


def _lines(found: Found, start: int, end: int) -> list[int]:
    """Return the nodes that are drawn: those of the routes in their order, then others that are heard."""
    order: dict[int, None] = {found.source: None}
    for route in found.routes:
        order.update(dict.fromkeys(_passed(route)))
    order.setdefault(found.destination)
    for contact in found.plan.contacts:
        if contact.start <= end and contact.end >= start:
            order.setdefault(contact.from_node)
            order.setdefault(contact.to_node)
    kept = list(order)
    kept.remove(found.destination)
    return [*kept[: MAX_LINES - 1], found.destination]


def _passed(route: Route) -> list[int]:
    return [hop.contact.to_node for hop in route.hops]
