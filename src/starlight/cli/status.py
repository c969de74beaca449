"""`starlight status`: how a running node and its links are doing, once or again and again."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from starlight import dtntime
from starlight.cli.inbox import shut_ways
from starlight.cli.node import client_of
from starlight.cli.options import as_json, data_folder, seconds, size_text
from starlight.cli.output import echo, print_json, redraw
from starlight.dtntime import SECOND

if TYPE_CHECKING:
    from starlight.client.client import Client
    from starlight.live.config import DaemonStatus
    from starlight.neighbours.link_status import LinkStatus


@click.command()
@data_folder
@click.option("--watch", is_flag=True, help="Show it again and again, until Ctrl-C.")
@seconds("--interval", "With --watch: seconds from one to the next.", 0.1, 3600, default=2.0)
@as_json
def status(folder: Path, watch: bool, interval_s: float, json_output: bool) -> None:
    """Show the state of the node that runs on the folder DATA.

    With --watch a terminal is redrawn; elsewhere each link is a line, and with --json each state one.
    """
    from starlight.client.client import plain_values

    client = client_of(folder)
    if not watch:
        found = client.nodes()
        if json_output:
            print_json(plain_values(found))
            return
        _show_all(client, found)
        return
    try:
        while True:
            found = client.nodes()
            if json_output:
                print_json(plain_values(found), indent=None)
            elif sys.stdout.isatty():
                redraw()
                _show_all(client, found)
            else:
                for entry in found:
                    _show_lines(entry)
            time.sleep(interval_s)
    except KeyboardInterrupt:
        # Ctrl-C is how watching ends, so it is no failure.
        return


def _show_all(client: Client, found: list[DaemonStatus]) -> None:
    for entry in found:
        _show(entry)
    for each in client.people():
        for line in shut_ways(client, each.id):
            echo(f"{each.name} to {line}")


def _show(entry: DaemonStatus) -> None:
    echo(
        f"node {entry.node}: {entry.stored['bundles']} bundles stored, {entry.received} received, "
        f"{entry.sent} sent, {entry.refused} refused, links up: {entry.up or 'none'}, "
        f"{entry.syncs} fsyncs, plan {entry.plan_version}{_amended(entry)}, "
        f"{dtntime.to_text(entry.time, 3)}"
    )
    for line in _own_clock(entry):
        echo(f"  {line}")
    if entry.plan_file:
        echo(f"  the plan file has changed and is not taken: {entry.plan_file}")
    _show_facts(entry)
    if entry.disk:
        echo(f"  {entry.disk}; letters and bundles that have no room are refused")
    for link in entry.links:
        show_link(link)
    if entry.strangers:
        echo(f"  {entry.strangers} datagrams from addresses of no peer")


def _show_facts(entry: DaemonStatus) -> None:
    """Print the facts that come from elsewhere, and where sources of them differ."""
    from starlight.words import mission_facts

    for name, said in entry.facts.items():
        kind, _, who = said.source.partition(" ")
        if who:
            node = who.partition(":")[0]
            author = f"amended by node {node}" if kind == "amendment" else f"as node {node} tells it"
            echo(f"  {name} = {said.value}, {author}")
    for each in entry.facts_differ:
        echo(f"  facts differ: {mission_facts.differs(each, {}).text()}")


def _own_clock(entry: DaemonStatus) -> list[str]:
    """Return in words what is wrong with the clock of the node's machine."""
    from starlight.node.own_clock import ClockTrouble, OwnClockDoubt
    from starlight.words import clocks

    told = [clocks.held().text()] if entry.expiry_held else []
    if entry.clock_trouble:
        trouble, apart = ClockTrouble(entry.clock_trouble), round(entry.clock_apart_s * SECOND)
        told.insert(0, clocks.own(OwnClockDoubt(trouble, apart)).text())
    return told


def _show_lines(entry: DaemonStatus) -> None:
    """Print a line for each link, which a file or another program can take."""
    now = dtntime.to_text(entry.time, 3)
    for link in entry.links:
        kept_out = f", kept out by policy: {_kept_out(link)}" if link.kept_out else ""
        error = f", last error {_moment(link.error_at)}: {link.error}" if link.error else ""
        echo(
            f"{now} node {entry.node} peer {link.peer}: {_state(link)}, last heard {_moment(link.heard)}, "
            f"{_rates(link)}, {_planned(link)}{kept_out}{error}"
        )


def _state(link: LinkStatus) -> str:
    """Return in words whether a link is up, and since when that is so."""
    if link.since is None:
        return "never up"
    return f"{'up' if link.up else 'down'} since {_moment(link.since)}"


def _rates(link: LinkStatus) -> str:
    return (
        f"{size_text(link.sent_bytes_per_s)}/s out, {size_text(link.received_bytes_per_s)}/s in, "
        f"queue {link.queued} bundles, {size_text(link.queued_bytes)}"
    )


def _kept_out(link: LinkStatus) -> str:
    return ", ".join(f"{count} by {rule}" for rule, count in link.kept_out.items())


def _planned(link: LinkStatus) -> str:
    """Return in words what the plan has for a peer now, and until when."""
    if link.plan_open is None:
        return "no contact planned"
    return f"plan {'open' if link.plan_open else 'shut'} until {_moment(link.plan_until)}"


def _clock(link: LinkStatus) -> str:
    """Return in words how a peer's clock differs from the node's."""
    from starlight.node.clock_offsets import UNBOUNDED, ClockOffset, Disagreement, Fault
    from starlight.words import clocks

    ahead, error = link.clock_ahead_s or 0.0, link.clock_error_s or 0.0
    offset = ClockOffset(round((ahead - error) * SECOND), round((ahead + error) * SECOND))
    if link.clock_error_s is None:  # known on one side only
        bounds = (offset.at_least, UNBOUNDED) if ahead > 0 else (-UNBOUNDED, offset.at_most)
        offset = ClockOffset(*bounds)
    return clocks.differs(Disagreement(link.peer, offset, Fault(link.clock_fault)), {}).text()


def show_link(link: LinkStatus) -> None:
    """Print how the links with a peer stand: a line, and what is to be known besides."""
    where = link.address or f"{link.protocol or 'it'} calls us"
    echo(
        f"  peer {link.peer} ({where}): {_state(link)}, last heard {_moment(link.heard)}, {link.sent} sent, "
        f"{link.acknowledged} acknowledged, {link.failed} failed, {link.received} received"
    )
    if link.acknowledges is not None:
        echo(f"    {link.protocol}: {_promised(link)}")
    if link.up or link.queued:
        echo(f"    now {_rates(link)}")
    echo(f"    {_planned(link)}")
    if link.kept_out:
        echo(f"    kept out by policy: {_kept_out(link)}")
    if link.clock_fault:
        echo(f"    {_clock(link)}")
    if link.error:
        echo(f"    last error {_moment(link.error_at)}: {link.error}")


def _promised(link: LinkStatus) -> str:
    """Return in words what a link promises."""
    session = "a session" if link.session else "no session"
    order = "keeps order" if link.ordered else "bundles may overtake each other"
    unknown = "does not acknowledge: what has left is not known to have come"
    return ", ".join([session, order, "acknowledges" if link.acknowledges else unknown])


def _moment(time: int | None) -> str:
    return "never" if time is None else dtntime.to_text(time, 3)


def _amended(entry: DaemonStatus) -> str:
    """Return which amendments of the plan a node holds; nothing where it holds none."""
    return f" amended by {entry.amended_by} ({entry.amendments})" if entry.amended_by else ""
