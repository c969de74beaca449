"""A pair of real nodes: two `starlight node` processes over two loopback addresses, and both pages."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import BrowserContext, Page, expect
from tests.cli.helpers import Api, Outcome, Running, command, wait_for
from tests.web.conftest import accessible

from starlight.dtntime import DAY, HOUR, from_text, to_text

JAY, NAN = "ipn:10.1", "ipn:20.1"
LIGHT_S = 0.5
CONTROL = """
number = 10
name = "Control"
data = "control"
listen = ["tcpcl://127.0.0.1:{control}", "udpcl://127.0.0.1:{udp}"]
page = "127.0.0.1:{control_page}"
planners = [10, 20]
[[peer]]
number = 20
name = "Habitat"
address = "tcpcl://127.0.0.2:{habitat}"
light_time_s = {light_s}
[[person]]
id = "jay"
name = "Jay"
service = 1
[[address]]
address = "ipn:20.1"
name = "Nan-young"
place = "Habitat"
{more}
"""
HABITAT = """
number = 20
name = "Habitat"
world = "mars"
data = "habitat"
listen = "tcpcl://127.0.0.2:{habitat}"
page = "127.0.0.1:{habitat_page}"
planners = [10, 20]
[[peer]]
number = 10
name = "Control"
world = "earth"
address = "tcpcl://127.0.0.1:{control}"
light_time_s = {light_s}
[[person]]
id = "nan"
name = "Nan-young"
service = 1
[[address]]
address = "ipn:10.1"
name = "Jay"
place = "Control"
world = "earth"
{more}
"""
LOOKS = ((1280, "light"), (360, "dark"))
"""How wide, and in which colours: what axe finds depends on the one or the other, never on both at once."""


def free_port(host: str, kind: int = socket.SOCK_STREAM) -> int:
    """Return a port at which nobody listens, to be kept over restarts."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def contacts(now: int, *windows: tuple[int, int]) -> str:
    """Return contacts both ways, of windows in ns from now."""
    return "".join(
        f'[[contact]]\nfrom = {a}\nto = {b}\nstart = "{to_text(now + start)}"\n'
        f'end = "{to_text(now + end)}"\nrate_bps = 1000000\n'
        for start, end in windows
        for a, b in ((10, 20), (20, 10))
    )


class RealNode:
    """A `starlight node` process that a test may end, kill and start again.

    Attributes:
        folder: its data folder.
        api: of the process that runs.
    """

    def __init__(self, file: Path, data: str) -> None:
        self.file = file
        self.folder = file.parent / data
        self._running: Running | None = None
        self.api: Api

    def begin(self) -> None:
        """Start the process; `serve` waits until it answers."""
        errors = self.folder.with_name(f"{self.folder.name}.err")
        self._running = Running("node", self.file, folder=self.folder, errors=errors)

    def serve(self) -> None:
        """Wait until it answers."""
        assert self._running is not None
        self.api = self._running.serving()

    def end(self, with_signal: int = signal.SIGTERM) -> None:
        """End the process with a signal."""
        if self._running is not None:
            self._running.end(with_signal)
            self._running = None

    def kill(self) -> None:
        """Kill the process without a word."""
        self.end(signal.SIGKILL)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the process stand still for a while, as if its machine slept."""
        assert self._running is not None
        process = self._running.process
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def later(self, since: int, by: int) -> None:
        """Let its clock be ahead of the machine's by a time in ns, from its next start on.

        Args:
            since: about now, in ns.
            by: how far ahead.
        """
        clock = f'[clock]\nmission = "{to_text(since + by)}"\nwall = "{to_text(since)}"\n'
        self.file.write_text(self.file.read_text(encoding="utf-8") + clock, encoding="utf-8")

    def run(self, *arguments: str | Path) -> Outcome:
        """Run a command on its folder, such as ``inbox``, and then what follows the folder."""
        words = [*map(str, arguments)]
        split = 2 if words[0] in ("plan", "bundle", "store", "distress", "group") else 1
        done = command(*words[:split], self.folder, *words[split:])
        assert done.status == 0, done.err
        return done

    def log(self) -> str:
        """Return what it has logged so far."""
        return self.folder.with_name(f"{self.folder.name}.err").read_text()

    def reach(self, person: str, to: str) -> Any:
        """Return the state of the way from a person to an address."""
        return self.api.ask(f"/people/{person}/reach?to={quote(to)}")

    def letters(self, person: str, correspondent: str) -> dict[str, Any]:
        """Return a person's letters with a correspondent, by their first line."""
        return {each["text"].split("\n")[0]: each for each in self.api.letters(person, correspondent)}

    def until(self, ask: Callable[[], object], what: str) -> None:
        """Wait until something of it holds."""
        wait_for(lambda: True if ask() else None, lambda: f"{what}; {self.log()[-2000:]}", 60)


class Pair:
    """Two real nodes and, in a browser, the pages of both.

    Args:
        control, habitat: the nodes.
        context: of the browser.
    """

    def __init__(self, control: RealNode, habitat: RealNode, context: BrowserContext) -> None:
        self.control = control
        self.habitat = habitat
        self._context = context
        self._outages: list[int] = []

    def open(self, node: RealNode, person: str, with_: str) -> Page:
        """Open a person's page and wait until it is alive."""
        page = self._context.new_page()
        access = json.loads((node.folder / "access.json").read_text())
        page.goto(f"{access['url']}/people/{person}?with={quote(with_)}&token={access['token']}")
        expect(page.locator("body")).to_have_class("live")
        return page

    def jay(self) -> Page:
        """Open Jay's page."""
        return self.open(self.control, "jay", NAN)

    def nan(self) -> Page:
        """Open Nan-young's page."""
        return self.open(self.habitat, "nan", JAY)

    def cut(self, start: int, end: int, text: str) -> None:
        """Let the link carry nothing for a while, by a command at Control; times in ns."""
        span = ("--start", to_text(start), "--end", to_text(end))
        made = self.control.run("plan", "cut", "10", "20", *span, "--text", text, "--json")
        self._outages.append(json.loads(made.out)["number"])

    def opened(self) -> None:
        """Have the contact open: without the outages, and by an amendment where the plan has it closed."""
        for number in self._outages:
            change = {"kind": "retracted", "author": 10, "number": number}
            self.control.api.ask("/amendments", {"changes": [change]})
        self._outages.clear()
        if self.control.reach("jay", NAN)["code"] == "shut":
            end = to_text(from_text(self.control.api.mission_time()) + 9 * DAY)
            self.control.run("plan", "add", "10", "20", "--end", end, "--rate-bps", "1000000")
        for node, person, to in ((self.control, "jay", NAN), (self.habitat, "nan", JAY)):
            node.until(lambda: node.reach(person, to)["code"] == "open", f"open to {to}")  # noqa: B023


def send(page: Page, text: str, *, urgent: bool = False) -> None:
    """Write a letter on a page and send it."""
    page.locator("#text").fill(text)
    page.locator("#urgent").set_checked(urgent)
    page.locator("#send").click()
    expect(page.locator("#text")).to_have_value("")


def looks_well(page: Page) -> None:
    """Run axe over a page wide and light, and dark on a phone; nothing is wider than the screen."""
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # of LOOKS
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 800})


@contextmanager
def real_pair(
    folder: Path,
    context: BrowserContext,
    *,
    plan: str = "",
    control: str = "",
    habitat: str = "",
    udp: int = 0,
) -> Iterator[Pair]:
    """Run both nodes from files in a folder.

    Args:
        folder: where their files and data go.
        context: of the browser.
        plan: contacts, in both files.
        control, habitat: what stands in the file of one of them.
        udp: the port at which Control takes datagrams; 0: any free one.
    """
    hosts = {"control": "127.0.0.1", "habitat": "127.0.0.2"}
    values = {name: free_port(host) for name, host in hosts.items()}
    values |= {f"{name}_page": free_port("127.0.0.1") for name in hosts}
    nodes = []
    with ExitStack() as ends:
        for name, text, more in (("control", CONTROL, control), ("habitat", HABITAT, habitat)):
            file = folder / f"{name}.toml"
            file.write_text(
                text.format(**values, udp=udp, light_s=LIGHT_S, more=plan + more), encoding="utf-8"
            )
            nodes.append(RealNode(file, name))
            nodes[-1].begin()
            ends.callback(nodes[-1].kill)
        for node in nodes:
            node.serve()
        yield Pair(nodes[0], nodes[1], context)


__all__ = [
    "DAY",
    "HOUR",
    "JAY",
    "LIGHT_S",
    "NAN",
    "Pair",
    "RealNode",
    "contacts",
    "looks_well",
    "real_pair",
    "send",
]
