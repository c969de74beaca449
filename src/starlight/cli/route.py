"""`starlight route`: which way, when it leaves, when it arrives, and why not faster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from starlight.cli import options
from starlight.cli.options import collected
from starlight.cli.output import echo, print_json
from starlight.input_files import write_bytes

if TYPE_CHECKING:
    from starlight.reports.routes import Found


class RouteOptions(NamedTuple):
    """The options of `starlight route`."""

    plan: Path
    source: str
    destination: str
    # As text: only the plan knows what its seconds count from.
    at: str | None
    size: int
    priority: str
    k: int
    format: str | None
    explain: bool
    light_time: float | None
    rate: int | None
    report: Path | None
    json_output: bool


@click.command()
@click.argument("plan", metavar="PLAN", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    metavar="N",
    required=True,
    help="The node that holds the bundle, as the plan names it.",
)
@click.option("--to", "destination", metavar="N", required=True, help="The node to reach.")
@click.option(
    "--at",
    metavar="T",
    help="When the bundle is ready to leave: seconds of the plan, or ISO 8601. [default: its beginning]",
)
@click.option(
    "--size",
    type=options.Whole(),
    default=0,
    show_default=True,
    metavar="B",
    help="Size of the bundle in bytes; 0 gives the best case.",
)
@click.option(
    "--priority",
    type=click.Choice(["bulk", "normal", "expedited"]),
    metavar="P",
    default="normal",
    show_default=True,
    help="Priority: bulk, normal or expedited.",
)
@click.option(
    "--routes",
    "-k",
    "k",
    type=options.Whole(),
    default=1,
    show_default=True,
    metavar="K",
    help="Number of routes to find.",
)
@click.option(
    "--format", metavar="FORM", help="Format of the plan. [default: recognized by content and name]"
)
@click.option("--explain", is_flag=True, help="Explain why each route that looks faster was refused.")
@options.light_time
@options.rate
@options.written_to("--report", "Draw the plan over time, with the route in it.", metavar="FILE.html")
@options.as_json
@collected(RouteOptions)
def route(asked: RouteOptions) -> None:
    """Find the best routes over the contact plan in the file PLAN, of any form that is imported.

    \b
    Example: starlight route plan.json --from 1 --to 5 --at 0 --size 1000 -k 3 --explain
    """
    from starlight.reports import route_report, routes

    found = routes.find(
        asked.plan,
        routes.Asked(
            asked.source,
            asked.destination,
            asked.at,
            asked.size,
            asked.priority,
            asked.k,
            asked.explain,
            asked.light_time,
            asked.rate,
        ),
        asked.format,
    )
    if asked.report is not None:
        write_bytes(asked.report, route_report.page(found, asked.plan.name).encode())
    if asked.json_output:
        print_json(routes.as_json(found, explain=asked.explain))
    else:
        _show(found, asked.plan, explain=asked.explain)
    if asked.report is not None:
        echo(f"wrote {asked.report}", err=True)


def _show(found: Found, file: Path, *, explain: bool) -> None:
    from starlight.reports.routes import limit_text
    from starlight.words import routes as words
    from starlight.words.lateness import NOTHING_FASTER

    tell = found.scale.tell
    here, there = found.name(found.source), found.name(found.destination)
    asked = f"{found.size} B from {here} to {there} at {tell(found.at)}"
    if not found.routes:
        echo(f"No route: {asked}.")
        for sentence in found.why_none:
            echo(sentence)
        for kind in found.left_out:
            echo(f"Of the contacts in {file}, {kind}. starlight plan check {file} lists them.")
    for rank, (each, limits) in enumerate(zip(found.routes, found.limits, strict=True), 1):
        if not each.hops:
            echo(f"Route {rank}: {asked}; it is there already.")
            continue
        entry = found.name(each.entry_node)
        echo(f"Route {rank}: {asked}; arrives at {tell(each.arrival)}, enters by {entry}.")
        echo(f"  chosen by its projected arrival at {tell(each.projected)}, margins included")
        for sentence, hop, limit in zip(
            found.tell(words.hops(each, found.names)), each.hops, limits, strict=True
        ):
            echo(f"  {sentence}")
            why = limit_text(hop, limit, found)
            echo(f"    contact {hop.contact.id} can carry {limit.volume} B for it: {why}")
    if found.fragments:
        last = max(fragment.route.arrival for fragment in found.fragments)
        echo(f"In {len(found.fragments)} fragments it fits; the last arrives at {tell(last)}:")
        for piece in found.fragments:
            ids = ", ".join(str(hop.contact.id) for hop in piece.route.hops)
            echo(
                f"  {piece.length} B of payload from byte {piece.offset} on, by contacts {ids}, "
                f"arrive at {tell(piece.route.arrival)}"
            )
    if not explain and found.routes:
        return
    for refusal in found.refused:
        echo(words.headline(refusal).text(tell))
        for sentence in found.tell(words.refused(refusal, found.names)):
            echo(f"  {sentence}")
    # Silence would leave open whether anything faster was looked for.
    if found.routes and not found.refused:
        echo(NOTHING_FASTER)
    for sentence in (*found.never_used, *(found.notes if explain else ())):
        echo(sentence)
