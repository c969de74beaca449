"""Pages that explain a plan, the sky or a link: one file each, with everything in it, and no request.

A page is a heading, tables, Gantt charts and histograms drawn here as SVG, line charts that uPlot
(vendored) draws from JSON in the page, and a map through time (`time_map`). All text is escaped.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from importlib import resources

import msgspec

from starlight import dtntime
from starlight.dtntime import DAY, HOUR
from starlight.planner.intervals import Interval
from starlight.reports.json_element import json_element
from starlight.reports.time_map import TimeMap, time_map

_ROW, _LEFT, _WIDTH = 22, 340, 1160
_MOST_VALUES = 100
"""Of a chart, as a table: what a person reads through."""

_TICKS = (HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 91 * DAY, 365 * DAY)


class ChartLine(msgspec.Struct, frozen=True):
    """A line of a chart.

    Attributes:
        label: with its unit in the chart.
        values: one for each x; None where there is none.
        steps: whether a value holds until the next.
        band: whether it is the edge of a band, and drawn thin.
    """

    label: str
    values: Sequence[float | None]
    steps: bool = False
    band: bool = False


class Chart(msgspec.Struct, frozen=True):
    """Lines over a common x.

    Attributes:
        x: Unix seconds where `time` holds, else numbers in `x_label`.
        bands: pairs of lines (counted from 1) between which it is filled.
    """

    title: str
    caption: str
    unit: str
    x: Sequence[float]
    series: Sequence[ChartLine]
    time: bool = True
    x_label: str = ""
    log: bool = False
    bands: Sequence[tuple[int, int]] = ()


class Bar(msgspec.Struct, frozen=True):
    """An interval of a Gantt chart.

    Attributes:
        span: when, in ns.
        look: ``held``, ``back``, ``lost`` or ``dark``.
        text: what it is.
    """

    span: Interval
    look: str
    text: str


class Gantt(msgspec.Struct, frozen=True):
    """Rows of intervals between two times in ns."""

    title: str
    caption: str
    start: int
    end: int
    rows: Sequence[tuple[str, Sequence[Bar]]]


class Grid(msgspec.Struct, frozen=True):
    """A table; numbers stand to the right."""

    title: str
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | float]]


class Heat(msgspec.Struct, frozen=True):
    """Values over two axes, as colours from the least to twice of it.

    Attributes:
        columns, rows: names along x and y.
        values: a list for each column, one for each row; None where there is none.
        mark: where a ring is drawn, as parts of the width and the height from the lower left.
    """

    title: str
    caption: str
    x_label: str
    y_label: str
    columns: Sequence[str]
    rows: Sequence[str]
    values: Sequence[Sequence[float | None]]
    mark: tuple[float, float]


class Histogram(msgspec.Struct, frozen=True):
    """Counts of each kind in each bin, as bars; their heights grow with the logarithm.

    Attributes:
        bins: names along x.
        series: of each kind its name, its look (of `Bar`), and a count for each bin.
    """

    title: str
    caption: str
    bins: Sequence[str]
    series: Sequence[tuple[str, str, Sequence[int]]]


Part = Chart | Gantt | Grid | Heat | Histogram | TimeMap


def page(title: str, lead: Sequence[str], parts: Iterable[Part]) -> str:
    """Return a page of HTML that needs nothing but itself."""
    parts = list(parts)
    body = [f"<h1>{html.escape(title)}</h1>"]
    body += [f'<p class="soft">{html.escape(line)}</p>' for line in lead]
    for part in parts:
        body.append(f"<section><h2>{html.escape(part.title)}</h2>")
        if isinstance(part, Chart):
            body.append(_chart(part))
        elif isinstance(part, Gantt):
            body.append(_gantt(part))
        elif isinstance(part, Heat):
            body.append(_heat(part))
        elif isinstance(part, TimeMap):
            body.append(time_map(part))
        elif isinstance(part, Histogram):
            body.append(_histogram(part))
        else:
            body.append(_grid(part))
        body.append("</section>")
    styles = _static("vendor/uPlot.min.css") + _static("report.css")
    scripts = _static("vendor/uPlot.iife.min.js") + "\n" + _static("report.js")
    if any(isinstance(part, TimeMap) for part in parts):
        styles += _static("time_map.css")
        scripts += "\n" + _static("time_map.js")
    # Behind the escaping a second lock: whatever stands in the page, it may load nothing.
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(title)}</title>\n<style>{styles}</style>\n</head>\n<body>\n<main>",
            *body,
            f"</main>\n<script>{scripts}</script>\n</body>\n</html>\n",
        ]
    )


def _static(name: str) -> str:
    return resources.files("starlight.reports").joinpath("static", name).read_text(encoding="utf-8")


def _chart(chart: Chart) -> str:
    summary = f"{chart.title}, {chart.unit}. " + " ".join(_course(chart, line) for line in chart.series)
    return (
        f'<figure class="plot"><div class="chart" role="img" aria-label="{html.escape(summary)}"></div>'
        f"{json_element(msgspec.to_builtins(chart))}"
        f"<figcaption>{html.escape(chart.caption)}</figcaption>{_values(chart)}</figure>"
    )


def _course(chart: Chart, line: ChartLine) -> str:
    """Return in words how a line goes: where it begins and ends, its least and its most."""
    known = [(x, value) for x, value in zip(chart.x, line.values, strict=True) if value is not None]
    if not known:
        return f"{line.label}: no values."
    points = (known[0], min(known, key=lambda each: each[1]), max(known, key=lambda each: each[1]), known[-1])
    told = [f"{value:.4g} at {_x_text(chart, x)}" for x, value in points]
    return f"{line.label}: first {told[0]}, least {told[1]}, most {told[2]}, last {told[3]}."


def _x_text(chart: Chart, x: float) -> str:
    return dtntime.to_text(dtntime.from_posix(x)) if chart.time else f"{chart.x_label} {x:.6g}"


def _values(chart: Chart) -> str:
    """Return the values of a chart as a folded table, evenly thinned where there are many."""
    count = len(chart.x)
    shown = min(count, _MOST_VALUES)
    places = [round(each * (count - 1) / max(1, shown - 1)) for each in range(shown)]
    head = ["time, UTC" if chart.time else chart.x_label, *(line.label for line in chart.series)]
    rows = [
        [
            _x_text(chart, chart.x[each]) if chart.time else f"{chart.x[each]:.6g}",
            *(_digits(line.values[each]) for line in chart.series),
        ]
        for each in places
    ]
    which = "" if shown == count else f", {shown} of {count}"
    table = _table(f"{chart.title}: values", head, rows, number=True)
    summary = f"Values as a table ({html.escape(chart.unit)}{which})"
    return f"<details><summary>{summary}</summary>{table}</details>"


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _grid(grid: Grid) -> str:
    table = _table(f"{grid.title}: table", grid.head, grid.rows) if grid.rows else "<p>None.</p>"
    return f"<figure>{table}<figcaption>{html.escape(grid.caption)}</figcaption></figure>"


def _table(
    name: str, head: Sequence[str], rows: Sequence[Sequence[str | float]], number: bool = False
) -> str:
    """Return a table in a box of its own, in which it scrolls where the screen is narrower than it.

    Args:
        name: of the box, which keys can scroll.
        number: whether text stands to the right, as numbers do.
    """
    heads = ""
    for column, each in enumerate(head):
        right = all(not isinstance(row[column], str) or not row[column] for row in rows)
        heads += f'<th scope="col"{" class=number" * right}>{html.escape(each)}</th>'
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    look = ' class="numbers"' if number else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{html.escape(name)}">'
        f"<table{look}><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(cell: str | float) -> str:
    if isinstance(cell, str):
        # A moment or a name breaks in the middle at its hyphens else; a longer one has to break somewhere.
        whole = " class=whole" if " " not in cell and len(cell) <= 24 else ""
        return f"<td{whole}>{html.escape(cell)}</td>"
    return (
        # Counts are exact and shown in full; what was measured or computed gets six digits.
        f'<td class="number">{cell:,.6g}</td>'
        if isinstance(cell, float)
        else f'<td class="number">{cell:,}</td>'
    )


def _gantt(gantt: Gantt) -> str:
    height = _ROW * (len(gantt.rows) + 1) + 8
    scale = (_WIDTH - _LEFT - 10) / (gantt.end - gantt.start)

    # A bar may begin before the chart or end after it.
    def x(time: int) -> float:
        return _LEFT + (min(max(time, gantt.start), gantt.end) - gantt.start) * scale

    out = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img" '
        f'aria-label="{html.escape(gantt.title)}">'
    ]
    # Drawn before the bars, so that the lines lie behind them.
    for tick in _ticks(gantt.start, gantt.end):
        at = f"{x(tick):.1f}"
        text = dtntime.to_text(tick)
        label = text[11:16] if tick % DAY else text[:10]
        out.append(f'<line class="grid" x1="{at}" x2="{at}" y1="{_ROW}" y2="{height - 8}"/>')
        out.append(f'<text class="tick" x="{at}" y="14" text-anchor="middle">{label}</text>')
    for index, (name, bars) in enumerate(gantt.rows):
        top = _ROW * (index + 1)
        out.append(f'<text x="0" y="{top + 15}">{html.escape(name)}</text>')
        for bar in bars:
            # Even the shortest interval is drawn wide enough to be seen and pointed at.
            left, right = x(bar.span[0]), x(bar.span[1])
            out.append(
                f'<rect class="{bar.look}" x="{left:.2f}" y="{top + 4}" width="{max(right - left, 0.8):.2f}" '
                f'height="{_ROW - 8}"><title>{html.escape(bar.text)}</title></rect>'
            )
    out.append("</svg>")
    return f"<figure>{''.join(out)}<figcaption>{html.escape(gantt.caption)}</figcaption></figure>"


def _heat(heat: Heat) -> str:
    cell, left, top = 12, 90, 8
    width, height = cell * len(heat.columns), cell * len(heat.rows)
    least = min((v for column in heat.values for v in column if v is not None), default=1.0)
    out = [
        f'<svg viewBox="0 0 {left + width + 20} {height + 50}" width="{left + width + 20}" role="img" '
        f'aria-label="{html.escape(heat.title)}">'
    ]
    for i, column in enumerate(heat.values):
        for j, value in enumerate(column):
            # What costs more than twice the best is no candidate; left blank, the good region has all the
            # colours.
            if value is None or value > 2 * least:
                continue
            # From blue, the best, to red, twice as dear.
            hue = 210 - 210 * (value / least - 1)
            x, y = left + i * cell, top + height - (j + 1) * cell
            text = f"{heat.x_label} {heat.columns[i]}, {heat.y_label} {heat.rows[j]}: {value:.2f}"
            out.append(
                f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" fill="hsl({hue:.0f} 70% 55%)">'
                f"<title>{html.escape(text)}</title></rect>"
            )
    # Every tenth column and every fifth row has room for a label.
    for i in range(0, len(heat.columns), 10):
        at = left + (i + 0.5) * cell
        label = html.escape(heat.columns[i])
        out.append(f'<text x="{at}" y="{top + height + 16}" text-anchor="middle">{label}</text>')
    for j in range(0, len(heat.rows), 5):
        out.append(f'<text x="0" y="{top + height - j * cell - 2}">{html.escape(heat.rows[j])}</text>')
    # From the middle of the first cell to the middle of the last, where the values are.
    at_x = left + (width - cell) * heat.mark[0] + cell / 2
    at_y = top + height - (height - cell) * heat.mark[1] - cell / 2
    out.append(f'<circle class="mark" cx="{at_x:.1f}" cy="{at_y:.1f}" r="{cell}"/>')
    label = html.escape(heat.x_label)
    out.append(f'<text class="tick" x="{left}" y="{top + height + 34}">{label}, and upwards: ')
    out.append(f"{html.escape(heat.y_label)}</text></svg>")
    return f"<figure>{''.join(out)}<figcaption>{html.escape(heat.caption)}</figcaption></figure>"


def _histogram(histogram: Histogram) -> str:
    height, foot, bar = 180, 64, 26
    group = bar * len(histogram.series) + 34
    width = group * len(histogram.bins)
    most = max((count for _, _, counts in histogram.series for count in counts), default=0)
    # By the logarithm: one broken promise must be seen beside three thousand that were kept.
    scale = (height - 20) / max(1, (most + 1).bit_length())
    out = [
        f'<svg viewBox="0 0 {width} {height + foot}" width="{width}" role="img" '
        f'aria-label="{html.escape(histogram.title)}">',
        f'<line class="grid" x1="0" x2="{width}" y1="{height}" y2="{height}"/>',
    ]
    for place, name in enumerate(histogram.bins):
        left = place * group + 17
        for index, (kind, look, counts) in enumerate(histogram.series):
            if counts[place]:
                tall = scale * math.log2(counts[place] + 1)
                x, y = left + index * bar, height - tall
                told = html.escape(f"{kind}, {name}: {counts[place]}")
                out.append(
                    f'<rect class="{look}" x="{x}" y="{y:.1f}" width="{bar - 4}" height="{tall:.1f}">'
                    f"<title>{told}</title></rect>"
                )
                out.append(
                    f'<text class="tick" x="{x + bar / 2 - 2}" y="{y - 4:.1f}" '
                    f'text-anchor="middle">{counts[place]}</text>'
                )
        middle = left + bar * len(histogram.series) / 2
        label = html.escape(name)
        out.append(f'<text class="tick" x="{middle}" y="{height + 18}" text-anchor="middle">{label}</text>')
    for index, (kind, look, _) in enumerate(histogram.series):
        x = 17 + index * 160
        out.append(f'<rect class="{look}" x="{x}" y="{height + 38}" width="12" height="12"/>')
        out.append(f'<text x="{x + 18}" y="{height + 49}">{html.escape(kind)}</text>')
    out.append("</svg>")
    return f"<figure>{''.join(out)}<figcaption>{html.escape(histogram.caption)}</figcaption></figure>"


def _ticks(start: int, end: int) -> list[int]:
    # The finest step that leaves ten labels at most; more would overlap.
    step = next((each for each in _TICKS if (end - start) / each <= 10), _TICKS[-1])
    first = -(-start // step) * step
    return list(range(first, end + 1, step))
