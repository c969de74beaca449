"""`starlight demo`: open the messenger on the expedition."""

from __future__ import annotations

import os
from pathlib import Path

import click

from starlight.cli import options
from starlight.cli.output import echo, log_to_stderr


def default_folder() -> Path:
    """Return where the demo keeps its data: the user's data folder by the XDG base directory rules."""
    # The XDG rules have a relative path ignored.
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share") / "starlight" / "demo"


@click.command()
@options.scenario
@click.option("--speed", type=options.Number(0.001, 100_000), default=120.0, show_default=True, metavar="N",
              help="Mission seconds per second; 1 is real time.")  # fmt: skip
@options.moment("--at", "Where the mission begins. [default: shortly before the storm]")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder of letters and mission time. "
                   "[default: ~/.local/share/starlight/demo]")  # fmt: skip
@click.option("--port", type=options.Whole(0, 65_535), default=8420, show_default=True, metavar="P",
              help="Port of the page; if it is taken, any free one.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Only print the page's address.")
@click.option("--record", type=click.Path(path_type=Path), metavar="DIR",
              help="Record every node's events and actions there, for `starlight replay`.")  # fmt: skip
def demo(
    scenario_name: str,
    speed: float,
    at: int | None,
    data: Path | None,
    port: int,
    no_browser: bool,
    record: Path | None,
) -> None:
    """Open the messenger on the expedition: real nodes on this machine, with the light time of 2051.

    It opens shortly before the storm. Write as Jay in Seoul, read as Nan-young on Mars, let the storm
    loose and see what becomes of your words. End it with Ctrl-C; the next start goes on where it stopped.
    """
    import asyncio

    from starlight.app.demo import run_demo

    log_to_stderr()
    asyncio.run(
        run_demo(
            scenario_name,
            default_folder() if data is None else data,
            echo,
            speed=speed,
            at=at,
            port=port,
            opened=None if no_browser else _open_browser,
            record=record,
        )
    )


def _open_browser(address: str) -> None:
    import webbrowser

    try:
        webbrowser.open(address)
    except webbrowser.Error:
        echo("No browser could be opened; open the address above in one.")
