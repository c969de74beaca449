"""`starlight plan set`, `add`, `cut` and `fact` amend the plan of a running node."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.helpers import command, running
from tests.cli.test_commands import NODE

END = "2090-01-01"


def test_the_plan_of_a_running_node_is_amended(tmp_path: Path) -> None:
    """Each is in force at once, with author and number; a link that the plan has not is refused by name."""
    file, data = tmp_path / "base.toml", tmp_path / "base-data"
    file.write_text("planners = [20]\n" + NODE)
    with running("node", file, folder=data) as node:
        api = node.serving()
        added = command("plan", "add", data, "20", "7", "--end", END, "--light-time", "4")
        assert added.out.startswith("amendment 20:1, "), added.err
        cut = command("plan", "cut", data, "20", "7", "--end", END, "--text", "a test", "--json")
        made = json.loads(cut.out)
        assert (made["author"], made["number"], made["changes"][0]["text"]) == (20, 2, "a test")
        table = tmp_path / "plan.csv"
        table.write_text(f"from,to,start,end,rate_bps\n20,10,2000-01-01,{END},8000\n")
        converted = command("plan", "convert", table, tmp_path / "plan.json", "--light-time", "2")
        assert converted.status == 0, converted.err
        done = command("plan", "set", data, tmp_path / "plan.json")
        assert done.out.startswith("amendment 20:3, "), done.err
        again = command("plan", "set", data, tmp_path / "plan.json")
        assert again.out == "The plan says that already; nothing was amended.\n"
        unknown = command("plan", "cut", data, "20", "8", "--end", END)
        assert unknown.status == 2
        assert "the plan has no contact from 20 to 8 then. It has contacts from 20 to 10" in unknown.err
        (view,) = api.ask("/plan")
        assert view["contacts"] == 1
        fact = command("plan", "fact", data, "mars_longitude_deg", "77.5")
        assert fact.out.startswith("amendment 20:4, "), fact.err
        (status,) = api.ask("/nodes")
        assert status["facts"]["mars_longitude_deg"] == {"value": 77.5, "source": "amendment 20:4"}
        wrong = command("plan", "fact", data, "mars_longitude_deg", "777")
        assert (wrong.status, "It is a number from -180 to 360" in wrong.err) == (2, True)


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    """Where no node runs, where it is no planner, and where no end is given."""
    file, data = tmp_path / "base.toml", tmp_path / "base-data"
    nobody = command("plan", "add", tmp_path, "20", "7", "--end", END)
    assert nobody.status == 2
    assert "no running node is known there" in nobody.err
    file.write_text(NODE)
    with running("node", file, folder=data) as node:
        node.serving()
        endless = command("plan", "add", data, "20", "7")
        assert "--end: it is missing" in endless.err
        refused = command("plan", "add", data, "20", "7", "--end", END)
    assert refused.status == 2
    assert "node 20 is no planner. Name it in `planners`" in refused.err
