"""Take the pictures of the guides for analog missions and crews anew: two real nodes, one browser.

Run it with the test environment: ``.venv/bin/python docs/pictures.py``. It needs Chromium, no network, and
half a minute. Light is given eight minutes by the nodes' files, and mission time is hurried between letters,
so that what is seen is what a crew would see, in the mission's own clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from starlight.app.node_file import load
from starlight.app.serve import address_of, application, bind
from starlight.app.single_node import backend_of, config_of
from starlight.dtntime import DAY, HOUR, MINUTE, from_text, to_text
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.messages.draft import Draft

CHROMIUM = "/usr/bin/chromium"
GUIDES = Path(__file__).parent / "guides"
TOKEN = "only-for-these-pictures"
BEGIN = from_text("2026-11-28T13:40:00Z")
HURRIED = 600.0
VIEWS = ("topics", "queue", "flight")

CONTROL = """
number = 10
name = "Control"
data = "control"
listen = "tcpcl://127.0.0.1:0"
[[peer]]
number = 20
name = "Habitat"
world = "mars"
light_time_s = 480.0
[[person]]
id = "control"
name = "Mission control"
service = 1
[[address]]
address = "ipn:20.1"
name = "The crew"
place = "Habitat"
[[address]]
address = "ipn:20.2"
name = "Mira Okafor"
place = "Habitat"
"""
HABITAT = """
number = 20
name = "Habitat"
world = "mars"
data = "habitat"
listen = ""
[[peer]]
number = 10
name = "Control"
world = "earth"
connect = "127.0.0.1:{port}"
light_time_s = 480.0
[[person]]
id = "crew"
name = "The crew"
service = 1
[[person]]
id = "mira"
name = "Mira Okafor"
service = 2
[[address]]
address = "ipn:10.1"
name = "Mission control"
world = "earth"
"""
CONTACTS = "".join(
    f"[[contact]]\nfrom = {a}\nto = {b}\nrate_bps = 9600\n"
    f'start = "{to_text(BEGIN - HOUR)}"\nend = "{to_text(BEGIN + 5 * HOUR)}"\n'
    for a, b in ((10, 20), (20, 10))
)


class Mission:
    """Two nodes of one mission, and the page of the first.

    Args:
        folder: where they keep their data.
    """

    def __init__(self, folder: Path) -> None:
        self.clock = MissionClock(BEGIN, 1, fastest=HURRIED)
        self.folder = folder
        self.daemons: dict[str, Daemon] = {}

    async def start(self, name: str, text: str) -> None:
        """Start a node from the text of its file."""
        path = self.folder / f"{name}.toml"
        path.write_text(text + CONTACTS, encoding="utf-8")
        node = load(path)
        (self.folder / name).mkdir(exist_ok=True)
        daemon = Daemon(config_of(node, self.folder, self.folder / name), self.clock)
        await daemon.start()
        self.daemons[name] = daemon
        if name == "control":
            self.backend = backend_of(node, daemon, self.clock)

    async def stop(self) -> None:
        """Stop the nodes that run."""
        for daemon in self.daemons.values():
            await daemon.stop()

    async def until(self, time: int) -> None:
        """Hurry on to a mission time, in ns."""
        self.clock.change_rate(HURRIED)
        await self.clock.reached(time)
        self.clock.change_rate(1)

    async def write(self, name: str, sender: str, to: str, text: str, reply_to: str | None = None) -> str:
        """Write a letter at a node; return its id."""
        letter = await self.daemons[name].mail.write(sender, Draft(to, text, reply_to=reply_to))
        return letter.id

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve the page of mission control; yields its address."""
        listener = bind("127.0.0.1", 0, fall_back=True)
        listener.listen()
        app = application(self.backend, [self.daemons["control"]], TOKEN)
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="error", lifespan="off", ws="websockets-sansio")
        )
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield f"{address_of(listener)}/people/control?with=ipn%3A20.1&token={TOKEN}"
        finally:
            server.should_exit = server.force_exit = True
            await task
            listener.close()


async def opened(
    browser: Browser, url: str, width: int = 1280, height: int = 800, language: str = "en-GB"
) -> Page:
    """Open the page as somebody sees it whose browser has dark colours."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark",
        reduced_motion="reduce",
        locale=language,
    )
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector("body.live")
    return page


async def shoot(page: Page, path: Path) -> None:
    """Take a picture of a page as it is when it is opened now."""
    await page.reload()
    await page.wait_for_selector("body.live")
    # Long enough for the strip to tell the clock's pace, and the draft, which is kept, its forecast.
    await page.wait_for_timeout(1500)
    await page.screenshot(path=path)


async def shoot_view(browser: Browser, url: str, view: str) -> None:
    """Take a picture of a view as somebody opens it whose browser has light colours."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme="light", reduced_motion="reduce"
    )
    page = await context.new_page()
    await page.goto(url)
    await page.goto(url.split("?")[0] + f"/{view}")
    await page.wait_for_selector("#view h1")
    await page.screenshot(path=GUIDES / f"crews-{view}.png")
    await context.close()


async def leave_for_later(mission: Mission) -> None:
    """Let mission control write what waits: a question in a topic, and letters for another day."""
    mail, now = mission.daemons["control"].mail, mission.clock.now()
    question = Draft("ipn:20.1", "Which **spare** fits valve 3?", act="question", topic_name="Water recycler")
    birthday = Draft("ipn:20.2", "Happy birthday from all of us.", leave_at=now - now % DAY + 9 * DAY)
    sealed = Draft("ipn:20.1", "For the day you open the last seal.", open_on="last seal")
    for draft in (question, birthday, sealed):
        await mail.write("ipn:10.1", draft)


async def converse(mission: Mission) -> None:
    """Let both sides write, until one letter is in flight."""
    control, crew, mira = "ipn:10.1", "ipn:20.1", "ipn:20.2"
    await mission.write("habitat", mira, control, "The filter holds. Pressure is where it should be.")
    question = await mission.write("control", control, crew, "How many seals are left for the airlock?")
    await mission.until(BEGIN + 12 * MINUTE)
    answer = await mission.write(
        "habitat", crew, control, "Eleven seals left, one of them marked.\nA photograph follows.", question
    )
    await mission.until(BEGIN + 24 * MINUTE)
    await mission.backend.correspondence("control").mark_all_read(crew)
    await mission.write(
        "control",
        control,
        crew,
        "Thank you. Set the marked one aside, don’t use it before we have looked.",
        answer,
    )
    await mission.until(BEGIN + 27 * MINUTE)


async def pictures(folder: Path, browser: Browser) -> None:
    """Take both pictures."""
    mission = Mission(folder)
    await mission.start("control", CONTROL)
    await mission.start("habitat", HABITAT.format(port=mission.daemons["control"].port))
    try:
        async with mission.served() as url:
            await converse(mission)
            page = await opened(browser, url)
            await page.get_by_label("Write to The crew").fill("Water sample B2 can wait until morning.")
            await shoot(page, GUIDES / "analog-open.png")
            await mission.daemons.pop("habitat").stop()
            await page.get_by_role("button", name="Send").click()
            await page.wait_for_selector("text=Safe here")
            await mission.until(mission.clock.now() + 10 * MINUTE)
            await shoot(page, GUIDES / "analog-outage.png")
            await leave_for_later(mission)
            for view in VIEWS:
                await shoot_view(browser, url, view)
            phone = await opened(browser, url, 390, 844, "ko-KR")
            await shoot(phone, GUIDES / "crews-phone.png")
    finally:
        await mission.stop()


async def main() -> None:
    """Take the pictures into docs/guides."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with tempfile.TemporaryDirectory() as folder:
            await pictures(Path(folder), browser)
        await browser.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
