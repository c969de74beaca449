"""Two real nodes, from their files, over loopback: their pages tell what is so, and nothing of a demo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.live.helpers import PATIENCE_S, until

from starlight.app.node_file import load
from starlight.app.page_backend import NodePageBackend
from starlight.app.single_node import backend_of, config_of
from starlight.dtntime import HOUR, to_text
from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.live.mail_service import MailService
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.letter_view import LetterView
from starlight.messages.reach import Reach
from starlight.views.distress import CallWords
from starlight.web.page import PageView

NOW = 848_000_000 * 10**9
"""In November 2026: no round number of anything, and well inside the ephemeris."""

NAN_YOUNG = "ipn:2.1"
SEOUL = """
number = 1
name = "Seoul"
data = "seoul"
listen = ""
[[peer]]
number = 2
name = "Habitat"
connect = "127.0.0.1:{port}"
{peer}
[[person]]
id = "jay"
name = "Jay"
service = 1
[[address]]
address = "ipn:2.1"
name = "Nan-young"
place = "Habitat"
{more}
"""
HABITAT = """
number = 2
name = "Habitat"
world = "mars"
data = "habitat"
listen = "tcpcl://127.0.0.1:0"
[[peer]]
number = 1
name = "Seoul"
world = "earth"
{peer}
[[person]]
id = "nan"
name = "Nan-young"
service = 1
[[address]]
address = "ipn:1.1"
name = "Jay"
world = "earth"
{more}
"""


OTHERS = '[[address]]\naddress = "ipn:3.1"\nname = "Zoe"\n'
REACH = MailService.reach


class Pair(NamedTuple):
    """Two nodes that run, and what is behind the page of the first."""

    seoul: Daemon
    habitat: Daemon
    page: NodePageBackend


@asynccontextmanager
async def pair(
    folder: Path, peer: str = "", more: str = "", *, seoul_top: str = "", habitat_top: str = ""
) -> AsyncIterator[Pair]:
    """Run both nodes, at mission time `NOW`; `peer` and `more` are put into both files, the tops into one."""
    clock = MissionClock(NOW, 1)

    async def start(name: str, text: str) -> tuple[Daemon, NodePageBackend]:
        path = folder / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        file = load(path)
        (folder / name).mkdir()
        daemon = Daemon(config_of(file, folder, folder / name), clock)
        await daemon.start()
        return daemon, backend_of(file, daemon, clock)

    habitat, _ = await start("habitat", habitat_top + HABITAT.format(peer=peer, more=more))
    seoul, page = await start("seoul", seoul_top + SEOUL.format(port=habitat.port, peer=peer, more=more))
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield Pair(seoul, habitat, page)
    finally:
        await seoul.stop()
        await habitat.stop()


def run(test: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run a test."""
    asyncio.run(test())


async def shown(page: NodePageBackend) -> str:
    """Return Jay's page as HTML."""
    box = await page.correspondence("jay").mailbox(correspondent=NAN_YOUNG)
    return PageView(await page.people(), box, await page.status("jay", NAN_YOUNG)).page(
        await page.orbits(), None
    )


def contacts(*windows: tuple[int, int, int]) -> str:
    """Return contacts both ways, of windows (hours from now, hours from now, bit/s)."""
    return "".join(
        f'[[contact]]\nfrom = {a}\nto = {b}\nstart = "{to_text(NOW + start * HOUR)}"\n'
        f'end = "{to_text(NOW + end * HOUR)}"\nrate_bps = {rate}\n'
        for start, end, rate in windows
        for a, b in ((1, 2), (2, 1))
    )


def test_a_fixed_delay_is_the_only_sky(tmp_path: Path) -> None:
    """Not the plan's light nor today's: no distance, drawing or conjunction; and no furniture of a demo."""

    async def test() -> None:
        async with pair(tmp_path, "light_time_s = 480", contacts((-1, 9, 9_000))) as (seoul, _, page):
            await until(seoul, lambda: seoul.status().connected)
            status = await page.status("jay", NAN_YOUNG)
            assert status.sky.light_time_s == 480
            assert (status.sky.distance_km, status.sky.earth, status.conjunction) == (None, None, None)
            assert status.reach is not None
            assert (status.reach.code, status.reach.light_time_s) == ("open", 480)
            assert status.reach.arrives is not None
            assert status.reach.arrives - NOW > 480 * 10**9
            assert (status.storm, status.telemetry) == (None, ())
            html = await shown(page)
            assert '<svg id="sky"' not in html
            assert "million km" not in html
            assert "Let a storm come up" not in html
            with pytest.raises(InputError, match="no storm"):
                await page.set_storm(True)

    run(test)


def test_a_plan_without_light_shows_none(tmp_path: Path) -> None:
    """Where letters are there at once, today's distance of Mars would be another sky."""

    async def test() -> None:
        async with pair(tmp_path) as (seoul, _, page):
            await until(seoul, lambda: seoul.status().connected)
            sky = (await page.status("jay", NAN_YOUNG)).sky
            assert (sky.light_time_s, sky.distance_km) == (0.0, None)

    run(test)


def test_a_gap_in_the_plan_is_seen(tmp_path: Path) -> None:
    """Looked at during it: closed until the next window, everywhere, and a letter is safe here until then."""

    async def test() -> None:
        windows = contacts((-2, -1, 9_000), (3, 5, 209), (5, 6, 9_000))
        async with pair(tmp_path, more=windows) as (_, _, page):
            letters = page.correspondence("jay")
            await letters.write(Draft(NAN_YOUNG, "Are you there?"))
            status = await page.status("jay", NAN_YOUNG)
            assert status.reach is not None
            assert (status.reach.code, status.reach.until) == ("shut", NOW + 3 * HOUR)
            assert status.reach.letters_here == 1
            assert status.silence is not None
            assert status.silence.until == NOW + 3 * HOUR
            assert status.sky.window is not None
            assert (status.sky.window.start, status.sky.window.end) == (NOW + 3 * HOUR, NOW + 5 * HOUR)
            prediction = await letters.predict(Draft(NAN_YOUNG, "And now?"))
            assert prediction.leaves is not None
            assert prediction.leaves >= NOW + 3 * HOUR
            html = await shown(page)
            assert "Closed until" in html
            assert "1 letter is safe here." in html

    run(test)


def test_a_peer_that_is_gone_is_told_everywhere(tmp_path: Path) -> None:
    """No contact since when; what is written is safe here, never departed; back again, all is well."""

    async def test() -> None:
        async with pair(tmp_path, more=contacts((-1, 9, 9_000))) as (seoul, habitat, page):
            letters = page.correspondence("jay")
            await until(seoul, lambda: seoul.status().connected)
            assert (await letters.reach(NAN_YOUNG)).code == "open"
            await habitat.stop()
            await until(seoul, lambda: not seoul.status().connected)
            letter = await letters.write(Draft(NAN_YOUNG, "Are you there?"))
            reach = await letters.reach(NAN_YOUNG)
            assert reach.code == "no_contact"
            assert reach.headline.text().startswith("No contact with Habitat since 2026-11-")
            assert "1 letter is safe here. It leaves by itself when the link answers." in reach.detail.text()
            assert "so what was predicted is in doubt" in reach.detail.text()
            status = await page.status("jay", NAN_YOUNG)
            assert status.silence is not None
            assert "No contact with Habitat" in await shown(page)
            box = await letters.mailbox(correspondent=NAN_YOUNG)
            (kept,) = box.letters
            assert (kept.id, kept.state.value) == (letter.id, "queued")
            departed = kept.last_fact(type(kept.state)("departed"))
            assert departed is None or departed.certainty.value == "in_doubt"
            assert "leaves when there is contact" in await shown(page)
            assert "No contact with Habitat" in kept.note
            assert [one.reach.code for one in box.conversations if one.reach] == ["no_contact"]

    run(test)


def test_what_left_before_contact_was_lost_is_in_doubt(tmp_path: Path) -> None:
    """That it left stays known; when it was expected there is in doubt, on the page and in the API."""

    async def test() -> None:
        async with pair(tmp_path, "light_time_s = 480", contacts((-1, 9, 9_000))) as (seoul, habitat, page):
            letters = page.correspondence("jay")
            await until(seoul, lambda: seoul.status().connected)
            await letters.write(Draft(NAN_YOUNG, "Are you there?"))
            await until(seoul, lambda: seoul.status().sent)

            async def seen() -> LetterView:
                return (await letters.mailbox(correspondent=NAN_YOUNG)).letters[-1]

            before = await seen()
            assert (before.state, before.certainty) == ("in_flight", "predicted")
            await habitat.stop()
            await until(seoul, lambda: not seoul.status().connected)
            lost = await seen()
            assert (lost.state, lost.last_fact(DeliveryState.DEPARTED)) == (
                "departed",
                before.last_fact(DeliveryState.DEPARTED),
            )
            arrival = lost.last_fact(DeliveryState.ARRIVED)
            assert arrival is not None
            assert (arrival.certainty, arrival.doubt) == ("in_doubt", None)
            html = await shown(page)
            assert 'class="state in_doubt"' in html
            assert "was expected there" in html
            assert "No contact with Habitat" in lost.note

    run(test)


def test_links_are_told_to_an_engineer(tmp_path: Path) -> None:
    """The page says of each link since when it is up or down, when it was heard, and what it carries."""

    async def test() -> None:
        async with pair(tmp_path, more=contacts((-1, 9, 9_000))) as (seoul, habitat, page):
            await until(seoul, lambda: seoul.status().connected)
            (link,) = (await page.status("jay", NAN_YOUNG)).links
            assert (link.name, link.up, link.state.text()[:9]) == ("Habitat", True, "Up since ")
            told = {label: fact.text() for label, fact in link.facts}
            assert list(told) == ["Over", "Last heard", "Carries now", "Waits for it"]
            assert told["Over"].startswith("tcpcl://127.0.0.1:")
            await habitat.stop()
            await until(seoul, lambda: not seoul.status().connected)
            await page.correspondence("jay").write(Draft(NAN_YOUNG, "Are you there?"))
            (link,) = (await page.status("jay", NAN_YOUNG)).links
            assert (link.up, link.state.text()[:11]) == (False, "Down since ")
            html = await shown(page)
            assert "<summary>Links: 0 up, 1 down</summary>" in html
            assert "<dt>Last heard</dt>" in html

    run(test)


def test_a_page_for_an_address_that_nobody_knows_can_write_to_it(tmp_path: Path) -> None:
    """It is called by its address, and what is known of the way there is said before anything is written."""

    async def test() -> None:
        async with pair(tmp_path, more=contacts((-1, 9, 9_000))) as (_, __, page):
            box = await page.correspondence("jay").mailbox(correspondent="ipn:999.1")
            view = PageView(await page.people(), box, await page.status("jay", "ipn:999.1"))
            html = view.page(await page.orbits(), None)
            assert 'name="to" value="ipn:999.1"' in html
            assert 'placeholder="Write to ipn:999.1"' in html
            assert "No route is known" in html

    run(test)


def test_nobody_heard_yet_and_no_route(tmp_path: Path) -> None:
    """Before the first contact nobody was ever heard; to a node of no plan no route is known."""

    async def test() -> None:
        async with pair(tmp_path, more=contacts((-1, 9, 9_000))) as (_, habitat, page):
            await habitat.stop()
            letters = page.correspondence("jay")
            unknown = await letters.reach("ipn:999.1")
            assert unknown.code == "no_route"
            assert unknown.headline.text() == "No route is known"
            assert "No route to node 999 is planned here." in unknown.detail.text()

    run(test)


def test_a_status_looks_for_one_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told to every open page at each change, so the plan is searched once, for one correspondent."""
    asked: list[str] = []

    def reach(mail: MailService, address: str, to: str) -> Reach:
        asked.append(to)
        return REACH(mail, address, to)

    async def test() -> None:
        async with pair(tmp_path, more=OTHERS + contacts((-1, 9, 9_000))) as (_, _, page):
            monkeypatch.setattr(MailService, "reach", reach)
            for to in (NAN_YOUNG, ""):
                asked.clear()
                status = await page.status("jay", to)
                assert status.reach is not None
                assert asked == [NAN_YOUNG]

    run(test)


def test_a_call_for_help_goes_to_who_is_in_a_group_then(tmp_path: Path) -> None:
    """The group is named in the file; its name and members are those of the moment of the call."""
    group = '[[group]]\nname = "Crew"\nmembers = ["ipn:1.1", "ipn:2.1"]\n'

    async def live() -> None:
        async with pair(tmp_path, more=group, seoul_top='distress_to = ["Crew"]') as (seoul, _, page):
            calls, mail = page.calls("jay"), seoul.mail
            (crew,) = mail.mailbox("ipn:1.1").groups.all()
            assert (await calls.view()).calls == ("Nan-young",)
            await mail.groups.change("ipn:1.1", crew.id, "All of us", ["ipn:7.1"], ["ipn:2.1"])
            own = await calls.call(CallWords("The hatch is open."))
            assert [course.to for course in own.courses] == ["ipn:7.1"]
            await calls.cancel(CallWords(""))
            # Where nobody is left in it, a call still goes: to everybody in the conversations.
            await mail.groups.change("ipn:1.1", crew.id, None, [], ["ipn:7.1"])
            assert "Nan-young" in (await calls.view()).calls

    asyncio.run(live())
