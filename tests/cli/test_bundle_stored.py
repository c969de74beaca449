"""The bundles that a running node stores: listed with why they wait, and dropped, by command and API."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.helpers import Api, Running, command, running

from starlight.client.bundle_client import BundleClient
from starlight.client.stored_bundles import StoredBundlesClient
from starlight.errors import InputError
from starlight.services.units import UnitToSend

NODE = """
number = 20
name = "Base"
data = "base-data"
listen = ""
page = "127.0.0.1:0"

[[peer]]
number = 10

[[contact]]
from = 20
to = 10
start = "2050-01-01T00:00Z"
"""


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Running]:
    """Run a node whose one contact is far away."""
    (tmp_path / "base.toml").write_text(NODE)
    with running("node", tmp_path / "base.toml", folder=tmp_path / "base-data") as node:
        node.serving()
        yield node


def sent(folder: Path, *to: str) -> list[str]:
    """Send a bundle to each of some addresses, and return their ids."""
    with BundleClient(folder, 9) as client:
        return [client.send(UnitToSend(each, b"words", lifetime_s=10**9)).id for each in to]


def test_what_waits_is_listed_with_why_and_what_is_stuck_is_dropped_for_good(base: Running) -> None:
    """Unclaimed, without a route, to an unknown node, and booked; also after a kill what was dropped is gone,
    and all else is there."""
    folder = base.folder
    unclaimed, routeless, unknown, booked = sent(folder, "ipn:20.77", "ipn:99.1", "dtn://no/x", "ipn:10.1")
    listed = command("bundle", "list", folder)
    assert listed.status == 0
    for id, words in (
        (unclaimed, "unclaimed: Nobody here has registered ipn:20.77."),
        (routeless, "no route: No route to node 99 is planned before it expires."),
        (unknown, "unknown node: No node of that name is known here."),
        (booked, "queued: It leaves for node 10 at 2050-01-01T00:00:00Z."),
    ):
        entry = listed.out[listed.out.index(id) :].splitlines()
        assert entry[1].startswith("  ipn:20.9 to ")
        assert "created 20" in entry[1]
        assert ", expires 20" in entry[1]
        assert entry[2] == f"  {words}"
    assert listed.out.splitlines()[-1].startswith("4 bundles, ")
    stuck = json.loads(command("bundle", "list", folder, "--stuck", "--json").out)
    assert [each["id"] for each in stuck] == [unclaimed, routeless, unknown]
    dropped = command("bundle", "drop", folder, unclaimed, routeless)
    assert dropped.status == 0
    assert dropped.out.count("dropped:") == 2
    assert f"{routeless}\n  ipn:20.9 to ipn:99.1, " in dropped.out
    base.end(signal.SIGKILL)
    with running("node", folder.parent / "base.toml", folder=folder) as again:
        again.serving()
        assert [each.id for each in StoredBundlesClient(folder).stored()] == [unknown, booked]


def test_what_is_not_there_or_can_still_arrive_is_refused_and_then_nothing_is_dropped(base: Running) -> None:
    """All or none; what may still be delivered asks for a word of its own."""
    stuck, booked = sent(base.folder, "ipn:20.77", "ipn:10.1")
    refused = command("bundle", "drop", base.folder, stuck, "ipn:20.9/1/1")
    assert (refused.status, refused.out) == (2, "")
    assert "no bundle ipn:20.9/1/1 is stored here" in refused.err
    refused = command("bundle", "drop", base.folder, stuck, booked)
    assert refused.status == 2
    assert f"{booked} may still get to ipn:10.1" in refused.err
    assert "--deliverable" in refused.err
    client = StoredBundlesClient(base.folder)
    assert [each.id for each in client.stored()] == [stuck, booked]
    dropped = json.loads(command("bundle", "drop", base.folder, stuck, booked, "--deliverable", "--json").out)
    assert [each["held"]["code"] for each in dropped] == ["unclaimed", "queued"]
    assert command("bundle", "list", base.folder).out == "0 bundles, 0 B\n"


def test_the_program_that_sent_a_bundle_hears_that_it_was_dropped(base: Running) -> None:
    """It has the reason in its news."""
    with BundleClient(base.folder, 9) as client:
        sent = client.send(UnitToSend("ipn:99.1", b"words"))
        StoredBundlesClient(base.folder).drop([sent.id])
        (news,) = client.news()
        assert (news.id, news.what, news.reason) == (sent.id, "expired", "dropped by who runs the node")


def test_a_long_list_is_given_in_pages(base: Running) -> None:
    """Each page says what to ask for next; a place that no page told is refused, and so is an odd query."""
    ids = sent(base.folder, *["ipn:99.1"] * 5)
    api = Api(base.folder)
    found, after = [], ""
    for _ in range(3):
        page = api.ask(f"/bundles?limit=2&after={after.replace(' ', '%20')}")
        found += [each["id"] for each in page["bundles"]]
        after = page["next"]
    assert (found, after) == (ids, "")
    for query, words in (
        ("after=x", "no place in the list"),
        ("limit=0", "limit of 0"),
        ("node=7", "node 7"),
    ):
        with pytest.raises(AssertionError, match=f"422.*{words}"):
            api.ask(f"/bundles?{query}")
    with pytest.raises(AssertionError, match=r"422.*ids"):
        api.ask("/bundles/drop", {"ids": []})


def test_a_node_that_is_down_is_told_of_and_how_to_look_all_the_same(base: Running) -> None:
    """Its store can be looked into; a drop needs the node."""
    base.end()
    for words in (("list",), ("drop", "ipn:20.9/1/1")):
        told = command("bundle", words[0], base.folder, *words[1:])
        assert told.status == 2
        assert "no running node is known there" in told.err
        assert f"starlight store list {base.folder}" in told.err
    with pytest.raises(InputError, match="no running node"):
        StoredBundlesClient(base.folder)
