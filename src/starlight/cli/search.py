"""`starlight search`: where a lost explorer may be, for how long they live, where to look next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from starlight.cli import options
from starlight.cli.options import collected
from starlight.cli.output import echo, echo_lines, print_json
from starlight.input_files import write_bytes

if TYPE_CHECKING:
    from starlight.search.answer import SearchAnswer

TOLD = 8
"""Sectors, and hours of life, that a person is told; JSON has all."""


class SearchOptions(NamedTuple):
    """The options of `starlight search`."""

    file: Path
    reports: tuple[Path, ...]
    at: int | None
    report: Path | None
    geojson: Path | None
    gpx: Path | None
    json_output: bool


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--reports",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Reports that came apart from FILE, in any order, repeated or not; may be given several times.",
)
@options.moment("--at", "The moment asked about. [default: when the last reported search ended]")
@options.written_to("--report", "Draw a map with a time slider, life, and the plan.", metavar="FILE.html")
@options.written_to("--geojson", "Write the 90 % region and the courses as GeoJSON.", metavar="FILE.geojson")
@options.written_to("--gpx", "Write the courses of the searchers as GPX.", metavar="FILE.gpx")
@options.as_json
@collected(SearchOptions)
def search(asked: SearchOptions) -> None:
    """Tell where the lost explorer of the file FILE may be, whether they live, and where to look next.

    \b
    Example: starlight search lost.toml --reports late.toml --at 2051-04-02T18:00Z

    For research and training; it is no safety device.
    """
    from starlight.extras import require

    require("scipy", "expedition", "search")
    from starlight.reports import search_report
    from starlight.search import geography
    from starlight.search.answer import answer, as_json
    from starlight.search.search_reading import load

    found = answer(*load(asked.file, asked.reports, asked.at))
    if asked.report is not None:
        write_bytes(asked.report, search_report.search_page(found).encode())
    if asked.geojson is not None:
        write_bytes(asked.geojson, json.dumps(geography.geojson(found)).encode())
    if asked.gpx is not None:
        write_bytes(asked.gpx, geography.gpx(found).encode())
    if asked.json_output:
        print_json(as_json(found))
    else:
        echo_lines("\n".join(_lines(found)))
    for path in (asked.report, asked.geojson, asked.gpx):
        if path is not None:
            echo(f"wrote {path}", err=True)


def _lines(found: SearchAnswer) -> Iterator[str]:
    """Yield an answer as lines for a person."""
    from starlight.search.answer import CANNOT_KNOW
    from starlight.search.posterior import region

    loss = found.loss
    kind = "SYNTHETIC, made up" if loss.terrain.synthetic else "measured"
    yield f"{loss.file.name}, at {found.time(found.at_s)}, {found.at_s / 3600:.2f} h after the last fix"
    yield f"terrain   {loss.terrain.source} ({kind})"
    told = ", ".join(f"{name} {a:.0%} -> {b:.0%}" for name, (a, b) in found.intents.items())
    yield f"intents   {told} (stated -> after {len(found.posterior.reports)} reports)"
    now = float(found.posterior.alive([found.at_s])[0])
    hours = [f"{each} h {found.alive[each]:.0%}" for each in range(0, 2 * TOLD, 2)]
    yield f"alive     {now:.1%} now; {', '.join(hours)} after the fix"
    ends = ", ".join(f"{name} {share:.0%}" for name, share in found.ends.items() if share > 0)
    yield f"ended by  {ends}"
    half, most = (region(found.probability, share).size for share in (0.5, 0.9))
    square = found.grid.cell_m**2 / 1e6
    sizes = f"50 % in {half * square:.2f} km2, 90 % in {most * square:.2f} km2"
    yield f"regions   {sizes}, outside the map {found.outside:.1%}"
    east, north = found.grid.middles()
    for cell in region(found.probability, 0.9)[:TOLD]:
        place = f"east {east[cell]:.0f} m, north {north[cell]:.0f} m"
        yield f"  {found.probability[cell]:6.1%}  {place}, alive there {found.alive_there[cell]:.1%}"
    for awaited, state in found.awaited:
        since = f", knowable from {found.time(awaited.knowable_s)}" if state != "reported" else ""
        yield f"report    {awaited.id}: {state}{since}"
    for each in found.planned:
        place = f"east {each.east_m:.0f} m, north {each.north_m:.0f} m"
        when = f"{found.time(each.begin_s)} to {found.time(each.end_s)}"
        what = f"coverage {each.coverage:g}, finds {each.success:.1%}"
        yield f"search    {each.searcher}: {place}, {when}, {what}"
    yield CANNOT_KNOW
