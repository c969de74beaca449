"""The contact plan over the local API: looked at, amended, and refused with what would be right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from tests.live.helpers import START, both_ways, run
from tests.live.test_daemon import EARTH, MARS, config

from starlight import dtntime
from starlight.app import plan_routes
from starlight.app.plan_routes import PlanRoutes
from starlight.contacts.formats import write
from starlight.dtntime import HOUR
from starlight.errors import StarlightError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.web.answers import tell

AT, LATER = dtntime.to_text(START), dtntime.to_text(START + HOUR)
Ask = Callable[[httpx.AsyncClient], Awaitable[None]]


def asked(folder: Path, ask: Ask, *nodes: int) -> None:
    """Ask the API of a process with some nodes, each of which may amend."""

    async def test() -> None:
        clock = MissionClock(START)
        daemons = [Daemon(config(folder, node, planners=(EARTH, MARS)), clock) for node in nodes]
        for daemon in daemons:
            await daemon.start()
        app = Starlette(routes=PlanRoutes(daemons).routes(), exception_handlers={StarlightError: tell})
        try:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
                await ask(client)
        finally:
            for daemon in daemons:
                await daemon.stop()

    run(test())


def test_an_amendment_of_every_kind_is_made_and_shown(tmp_path: Path) -> None:
    """What is posted is answered as it is held; the plan shows it, with versions, facts and planners."""
    contact = {"from": MARS, "to": 9, "start": AT, "end": LATER, "rate_bps": 8_000, "light_time_s": 2.5}
    changes: list[dict[str, object]] = [
        {"kind": "outage", "links": [[EARTH, MARS]], "start": AT, "end": LATER, "text": "dust storm"},
        {"kind": "new_contacts", "contacts": [contact]},
        {"kind": "removed", "from": MARS, "to": EARTH, "time": LATER},
        {"kind": "fact", "name": "epoch", "value": 3},
    ]

    async def ask(client: httpx.AsyncClient) -> None:
        made = await client.post("/api/amendments", json={"changes": changes})
        assert made.status_code == 201, made.text
        told = made.json()
        assert (told["author"], told["number"], told["retracted"]) == (EARTH, 1, False)
        assert [change["kind"] for change in told["changes"]] == [change["kind"] for change in changes]
        assert told["changes"][0]["links"] == [[EARTH, MARS], [MARS, EARTH]]
        assert told["changes"][0]["start"] == dtntime.to_text(START, 3)
        (plan,) = (await client.get("/api/plan")).json()
        assert plan["amendments"] == [told]
        assert (plan["holds"], plan["facts"], plan["planners"]) == ("1:1", {"epoch": 3}, [EARTH, MARS])
        assert len(plan["digest"]) == 8
        # Earth's contact in two parts around the outage, and the new one; the other way is removed.
        assert plan["contacts"] == 3
        gone = await client.post(
            "/api/amendments", json={"changes": [{"kind": "retracted", "author": EARTH, "number": 1}]}
        )
        assert gone.status_code == 201
        (plan,) = (await client.get("/api/plan")).json()
        assert [each["retracted"] for each in plan["amendments"]] == [True, False]
        assert plan["facts"] == {}

    asked(tmp_path, ask, EARTH)


def test_of_several_nodes_one_is_named(tmp_path: Path) -> None:
    """Where a process has several nodes, one of them amends, and one or all are shown."""
    fact = {"kind": "fact", "name": "epoch", "value": "J2000"}

    async def ask(client: httpx.AsyncClient) -> None:
        refused = await client.post("/api/amendments", json={"changes": [fact]})
        assert refused.status_code == 422
        assert refused.json()["right"] == f"Such are {EARTH}, {MARS}"
        assert (await client.post("/api/amendments", json={"changes": [fact], "node": MARS})).is_success
        plans = (await client.get("/api/plan")).json()
        assert [(plan["node"], plan["holds"]) for plan in plans] == [(EARTH, ""), (MARS, "2:1")]
        assert (await client.get("/api/plan", params={"node": MARS})).json() == plans[1:]
        for wrong in ("9", "x", "²"):
            assert (await client.get("/api/plan", params={"node": wrong})).status_code == 422

    asked(tmp_path, ask, EARTH, MARS)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": "tides"}, "changes[0].kind"),
        ({"kind": "outage", "links": [[1, 2]], "end": LATER}, "changes[0].start"),
        ({"kind": "outage", "links": [[1, 1]], "start": AT, "end": LATER}, "changes[0]"),
        ({"kind": "outage", "links": [[1, 2]], "start": LATER, "end": AT}, "changes[0].end"),
        ({"kind": "removed", "from": 1, "to": 2}, "changes[0].time"),
        ({"kind": "fact", "name": "epoch"}, "changes[0].value"),
        ({"kind": "retracted", "author": 1}, "changes[0].number"),
        ({"kind": "fact", "name": "a", "value": 1, "note": "x"}, "changes[0].note"),
        ({"kind": "fact", "name": "a", "value": 1, "links": [[1, 2]]}, "changes[0].links"),
        ({"kind": "removed", "from": 1, "to": 10**30, "time": AT}, "changes[0].to"),
    ],
)
def test_what_is_wrong_with_a_change_is_told_by_its_key(
    change: dict[str, object], where: str, tmp_path: Path
) -> None:
    """A change that lacks something, or says what no plan could take, is refused and changes nothing."""

    async def ask(client: httpx.AsyncClient) -> None:
        refused = await client.post("/api/amendments", json={"changes": [change]})
        assert refused.status_code == 422
        assert refused.json()["where"] == where
        (plan,) = (await client.get("/api/plan")).json()
        assert plan["amendments"] == []

    asked(tmp_path, ask, EARTH)


def test_all_that_is_wrong_with_an_amendment_is_told_at_once(tmp_path: Path) -> None:
    """Each key of each change that is missing, is none or does not fit is told in one answer, by its path."""
    changes: list[object] = [
        {"kind": "tides"},
        {"kind": "outage", "links": [[1, 2, 3]], "end": "soon"},
        {"kind": "removed", "from": 1, "note": "x"},
        {"kind": "outage", "links": [[1, 2]], "start": AT, "end": LATER, "name": "x"},
        {"kind": "new_contacts", "contacts": [{"from": 0, "to": 2, "start": AT, "light_time_s": -1}]},
        {"kind": "fact", "name": "a"},
    ]

    async def ask(client: httpx.AsyncClient) -> None:
        refused = (await client.post("/api/amendments", json={"changes": changes, "nod": 1})).json()
        assert {each["where"] for each in refused["errors"]} == {
            "nod",
            "changes[0].kind",
            "changes[1].links[0]",
            "changes[1].start",
            "changes[1].end",
            "changes[2].to",
            "changes[2].time",
            "changes[2].note",
            "changes[3].name",
            "changes[4].contacts[0].from",
            "changes[4].contacts[0].end",
            "changes[4].contacts[0].light_time_s",
            "changes[5].value",
        }

    asked(tmp_path, ask, EARTH)


def test_the_plan_is_set_to_another_and_unknown_links_are_refused(tmp_path: Path) -> None:
    """The difference is one amendment, and then none; an outage of no contact names those there are."""
    plan = both_ways((EARTH, MARS, 4.0), (MARS, 7, 0.5))

    async def ask(client: httpx.AsyncClient) -> None:
        data = write(plan, "json", epoch=None, names={}).data
        made = await client.put("/api/plan", content=data)
        assert made.status_code == 201, made.text
        assert (made.json()["author"], made.json()["number"]) == (EARTH, 1)
        again = await client.put("/api/plan", content=data)
        assert (again.status_code, again.json()) == (200, None)
        outage = {"kind": "outage", "links": [[EARTH, 8]], "start": AT, "end": LATER}
        refused = await client.post("/api/amendments", json={"changes": [outage], "known_links": True})
        assert refused.status_code == 422
        assert refused.json()["error"] == f"the plan has no contact from {EARTH} to 8 then"
        assert f"{MARS} to 7" in refused.json()["right"]

    asked(tmp_path, ask, EARTH)


def test_a_plan_that_is_too_large_is_turned_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted as it comes, and refused as a letter or a bundle that is too large is: 413."""
    monkeypatch.setattr(plan_routes, "PLAN_MAX_BYTES", 100)

    async def ask(client: httpx.AsyncClient) -> None:
        assert (await client.put("/api/plan", content=b" " * 101)).status_code == 413
        # Of as many bytes as there may be it is read, and found to be no plan.
        assert (await client.put("/api/plan", content=b" " * 100)).status_code == 422

    asked(tmp_path, ask, EARTH)
