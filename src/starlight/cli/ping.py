"""`starlight ping`: send to the echo of another node, and compare what comes with what the plan expects."""

from __future__ import annotations

import contextlib
import secrets
import signal
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from starlight import dtntime
from starlight.cli.options import Number, Whole, as_json, collected, data_folder, seconds
from starlight.cli.output import echo, print_json
from starlight.dtntime import SECOND, duration_text
from starlight.errors import InputError, StarlightError

if TYPE_CHECKING:
    from starlight.client.ping import Pinged
    from starlight.services.ping import PingAnswer, PingRun, RoundTrip

ECHO = 2047
"""The service number of an echo where no other is given (`services.echo`, which --help need not load)."""


class PingOptions(NamedTuple):
    """The arguments of `starlight ping`."""

    folder: Path
    target: str
    times: int
    interval_s: float
    size: int
    timeout_s: float
    priority: str
    service: str | None
    json_output: bool


@click.command()
@data_folder
@click.argument("target", metavar="NODE")
@click.option(
    "--count", "times", type=Whole(1, 100_000), metavar="N", default=4, show_default=True,
    help="How often.",
)  # fmt: skip
@seconds("--interval", "Seconds of mission time from one to the next.", 0.001, 86_400, default=1.0)
@click.option(
    "--size", type=Whole(32, 10_000_000), metavar="B", default=64, show_default=True,
    help="Bytes of each payload.",
)  # fmt: skip
@click.option(
    "--timeout", "timeout_s", type=Number(0.001, 2_592_000), metavar="S", default=30.0, show_default=True,
    help="Seconds of mission time for which an answer is waited for beyond when it is expected.",
)  # fmt: skip
@click.option(
    "--priority", metavar="P", default="normal", show_default=True,
    help="Priority: bulk, normal or expedited.",
)  # fmt: skip
@click.option("--service", metavar="N", help="Send from this service number. [default: any free]")
@as_json
@collected(PingOptions)
def ping(asked: PingOptions) -> None:
    """Send to the echo of NODE, by its number or an endpoint, through the node that runs on the folder DATA.

    Of each answer it tells how long it took, and how long by the plan it should have.
    Exit status: 0 if anything was answered, else 1.

    \b
    Example: starlight ping ./seoul-data 20
    """
    from starlight.client.bundle_client import BundleClient
    from starlight.client.ping import Pinged, Pinging
    from starlight.messages.urgency import priority_of
    from starlight.services.ping import PingRun

    to = _endpoint(asked.target)
    run = PingRun(secrets.token_bytes(8), asked.size)
    priority = priority_of(asked.priority)
    pinged = Pinged(to, asked.times, asked.interval_s, asked.size, asked.timeout_s, priority)
    quiet = asked.json_output
    with BundleClient(asked.folder, asked.service) as client:
        pinging = Pinging(client, pinged, run)
        foreseen = pinging.expect()
        if not quiet:
            echo(f"ping {to} from {client.address}, {asked.size} bytes")
            _show_foreseen(foreseen)
        left: dict[int, bool] = {}
        try:
            if foreseen.leaves is not None:
                with _interrupted_by(pinging.interrupt):
                    pinging.carry_on(lambda answer: None if quiet else _show(answer))
        except KeyboardInterrupt:
            pass  # Ctrl-C is a way to end it: what is known is told.
        finally:
            # A node that has ended meanwhile can't say what has left; what came before is told all the same.
            with contextlib.suppress(StarlightError):
                left = pinging.end() if run.pings else {}
            if run.pings or quiet:
                _summarise(pinged, run, left, foreseen, json_output=quiet)
    if foreseen.leaves is None:
        raise StarlightError(f"nothing was sent to {to}: no route to it is planned")
    if len(run.missing) == len(run.pings):
        raise StarlightError(f"no answer came from {to}")


@contextlib.contextmanager
def _interrupted_by(interrupt: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C call something, for as long as the context lasts."""
    before = signal.getsignal(signal.SIGINT)
    # Where a shell has it ignored, as of what runs in the background, it stays so.
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, frame: interrupt())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _endpoint(text: str) -> str:
    """Return the endpoint that is meant: of a number the echo of that node.

    Raises:
        InputError: it is none.
    """
    from starlight.bundle import EndpointID

    if text.isascii() and text.isdigit():
        return str(EndpointID.ipn(int(text), ECHO))
    try:
        return str(EndpointID.parse(text))
    except InputError as error:
        right = "Give the number of a node, such as 20, or an endpoint, such as ipn:20.2047"
        raise InputError(error.what, where="NODE", right=right) from None


def _show_foreseen(foreseen: RoundTrip) -> None:
    """Print what is to be expected, before anything is waited for."""
    if foreseen.rate != 1:
        echo(f"  times are mission time, which goes {foreseen.rate:g} times as fast as the wall's")
    for wait in foreseen.waits:
        way = "the answer waits" if wait.back else "it waits"
        echo(f"  the plan is shut: {way} at node {wait.node} until {dtntime.to_text(wait.until, 3)}")
    for doubt in foreseen.doubts:
        echo(f"  {doubt}")
    if foreseen.leaves is None:
        return
    if foreseen.returns is None:
        echo("  no way back is planned: an answer is not to be expected")
    else:
        taken = _time_text((foreseen.returns - foreseen.at) / SECOND)
        echo(f"  expected back after {taken}, at {dtntime.to_text(foreseen.returns, 3)}")


def _show(answer: PingAnswer) -> None:
    """Print a line about what came."""
    if answer.sequence is None or answer.round_trip_s is None:
        what = "something else" if answer.sequence is None else f"to {answer.sequence}, but not what was sent"
        echo(f"{answer.source}: {what}, {answer.size_bytes} bytes")
        return
    line = f"{answer.source}: {answer.sequence} after {_time_text(answer.round_trip_s)}"
    if answer.expected_s is not None:
        differs = answer.round_trip_s - answer.expected_s
        line += f", expected {_time_text(answer.expected_s)} ({differs:+.3f} s)"
    echo(line if answer.kind == "answer" else f"{line}, {answer.kind}")


def _time_text(s: float) -> str:
    return f"{s:.3f} s" if s < 60 else f"{s:.3f} s ({duration_text(round(s * SECOND))})"


def _summarise(
    asked: Pinged, run: PingRun, left: dict[int, bool], foreseen: RoundTrip, *, json_output: bool
) -> None:
    """Print what came of all pings."""
    kinds = [answer.kind.value for answer in run.answers]
    counts = {kind: kinds.count(kind) for kind in ("answer", "late", "duplicate", "altered", "other")}
    times = [
        a.round_trip_s for a in run.answers if a.kind in ("answer", "late") and a.round_trip_s is not None
    ]
    sent, lost = len(run.pings), len(run.missing)
    if json_output:
        from starlight.client.client import plain_values

        told = {"min": min(times), "mean": statistics.fmean(times), "max": max(times)} if times else None
        print_json(
            {"to": asked.to, "expected": plain_values(foreseen), "sent": sent, "answered": sent - lost}
            | {"lost": lost, "late": counts["late"], "duplicates": counts["duplicate"]}
            | {"altered": counts["altered"], "other": counts["other"], "round_trip_s": told}
            | {"answers": plain_values(run.answers)}
            | {"unanswered": [{"sequence": number, "left": gone} for number, gone in left.items()]}
        )
        return
    more = "".join(f", {count} {kind}" for kind, count in counts.items() if count and kind != "answer")
    echo(f"{asked.to}: {sent} sent, {sent - lost} answered{more}, {lost / sent:.0%} lost")
    if times:
        low, mean, high = (_time_text(t) for t in (min(times), statistics.fmean(times), max(times)))
        echo(f"  round trip {low} at least, {mean} on average, {high} at most")
    for number, gone in left.items():
        echo(f"  no answer to {number}: {'it has left' if gone else 'it has not left; it is taken back'}")
