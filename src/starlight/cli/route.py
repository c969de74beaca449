"""`starlight route`: which way, when it leaves, when it arrives, and why not faster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from starlight.cli.options import as_json, print_json
from starlight.errors import InputError

if TYPE_CHECKING:
    from starlight.reports.routes import Found


@click.command()
@click.argument("plan", metavar="PLAN", type=click.Path(path_type=Path))
@click.option("--from", "source", metavar="N", required=True, help="Where the bundle is: a node of the plan.")
@click.option("--to", "destination", metavar="N", required=True, help="Where it goes to.")
@click.option(
    "--at", metavar="T", help="When it is there: seconds of the plan, or ISO. [default: the plan's beginning]"
)
@click.option(
    "--size", type=int, default=0, show_default=True, metavar="B", help="Its size in bytes; 0: the best case."
)
@click.option(
    "--priority",
    type=click.Choice(["bulk", "normal", "expedited"]),
    metavar="P",
    default="normal",
    show_default=True,
    help="How urgent it is: bulk, normal or expedited.",
)
@click.option(
    "--routes", "-k", "k", type=int, default=1, show_default=True, metavar="K", help="How many to give."
)
@click.option("--format", metavar="FORM", help="Form of the plan. [default: told by its content and name]")
@click.option("--explain", is_flag=True, help="Say why a route that looks faster was refused.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Draw the plan over time, with the route in it.",
)
@as_json
def route(
    plan: Path,
    source: str,
    destination: str,
    at: str | None,
    size: int,
    priority: str,
    k: int,
    format: str | None,
    explain: bool,
    report: Path | None,
    json_output: bool,
) -> None:
    """Find the best routes over the contact plan in the file PLAN, of any form that is imported.

    \b
    Example: starlight route plan.json --from 1 --to 5 --at 0 --size 1000 -k 3 --explain
    """
    from starlight.reports import route_report, routes

    found = routes.find(plan, routes.Asked(source, destination, at, size, priority, k, explain), format)
    if report is not None:
        try:
            report.write_text(route_report.page(found, plan.name), encoding="utf-8")
        except OSError as error:
            raise InputError(f"can't be written ({error.strerror})", where=str(report)) from None
    if json_output:
        print_json(routes.as_json(found, explain=explain))
    else:
        _show(found, explain=explain)
    if report is not None:
        click.echo(f"wrote {report}", err=True)


def _show(found: Found, *, explain: bool) -> None:
    from starlight.reports.routes import binds
    from starlight.words import routes as words
    from starlight.words.lateness import NOTHING_FASTER

    tell = found.scale.tell
    here, there = found.name(found.source), found.name(found.destination)
    asked = f"{found.size} B from {here} to {there} at {tell(found.at)}"
    if not found.routes:
        click.echo(f"No route: {asked}.")
    for rank, (each, limits) in enumerate(zip(found.routes, found.limits, strict=True), 1):
        if not each.hops:
            click.echo(f"Route {rank}: {asked}; it is there already.")
            continue
        entry = found.name(each.entry_node)
        click.echo(f"Route {rank}: {asked}; arrives at {tell(each.arrival)}, enters by {entry}.")
        click.echo(f"  chosen by its projected arrival at {tell(each.projected)}, margins included")
        for sentence, hop, limit in zip(
            found.tell(words.hops(each, found.names)), each.hops, limits, strict=True
        ):
            click.echo(f"  {sentence}")
            click.echo(
                f"    contact {hop.contact.id} can carry {limit.volume} B for it: {binds(hop, limit, found)}"
            )
    if found.fragments:
        last = max(fragment.route.arrival for fragment in found.fragments)
        click.echo(f"In {len(found.fragments)} fragments it fits; the last arrives at {tell(last)}:")
        for piece in found.fragments:
            ids = ", ".join(str(hop.contact.id) for hop in piece.route.hops)
            click.echo(
                f"  {piece.length} B of payload from byte {piece.offset} on, by contacts {ids}, "
                f"arrive at {tell(piece.route.arrival)}"
            )
    if not explain:
        return
    for refusal in found.refused:
        click.echo(words.headline(refusal).text(tell))
        for sentence in found.tell(words.refused(refusal, found.names)):
            click.echo(f"  {sentence}")
    if found.routes and not found.refused:
        click.echo(NOTHING_FASTER)
    for sentence in (*found.never_used, *found.notes):
        click.echo(sentence)
