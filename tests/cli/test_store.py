"""`starlight store list`: what is in a store, and what was set aside there."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from click.testing import CliRunner

from starlight.cli.store import store as command
from starlight.errors import InputError
from starlight.mailboxes import stored_format
from starlight.mailboxes.stored_format import Card
from starlight.node.actions import Persist
from starlight.node.application import Save, SetAside
from starlight.node.stored import Meta, pack
from starlight.store.sqlite_store import SqliteStore

META = Meta(1, 0, 10**18, 3, "ipn:1.1", "ipn:2.1", "dtn:none", 0, (5, 0), 3)


def fill(folder: Path) -> None:
    """Put a bundle, a mailbox and a record that can't be read into the store of a data folder."""
    with contextlib.closing(SqliteStore(folder / "store")) as store:
        card = stored_format.CARD.encode(Card("Jay", 5, True))
        store.commit([Persist("ipn:1.1/5/0", b"abc", pack(META)), Save("ipn:1.1", "mailbox", card)], now=7)
        store.commit([Save("ipn:1.1", "letter/x", b"?")], now=7)
        store.commit([SetAside("ipn:1.1", "letter/x", "a damaged record")], now=10**18)


def test_bundles_and_mailboxes_are_listed(tmp_path: Path) -> None:
    """A line for each, and as JSON all that is known."""
    fill(tmp_path)
    told = CliRunner().invoke(command, ["list", str(tmp_path)]).output
    assert "ipn:1.1/5/0: 3 bytes to ipn:2.1, expires 2031-09-09T01:46:40Z" in told
    assert "ipn:1.1 (Jay, open): 0 letters, 0 unread" in told
    (found,) = json.loads(CliRunner().invoke(command, ["list", str(tmp_path), "--json"]).output)
    assert found["bundles"][0]["source"] == "ipn:1.1"
    assert found["mailboxes"][0]["person"] == "Jay"


def test_what_is_quarantined_is_listed_with_why_and_when(tmp_path: Path) -> None:
    """Each record by its place, with its reason; a store in which all is well says so."""
    fill(tmp_path)
    told = CliRunner().invoke(command, ["list", str(tmp_path), "--quarantined"]).output
    assert "ipn:1.1 letter/x: 1 bytes, set aside 2031-09-09T01:46:40Z" in told
    assert "a damaged record" in told
    run = CliRunner().invoke(command, ["list", str(tmp_path), "--quarantined", "--json"])
    (found,) = json.loads(run.output)
    assert [each["key"] for each in found["quarantined"]] == ["letter/x"]
    SqliteStore(tmp_path / "new" / "store").close()
    told = CliRunner().invoke(command, ["list", str(tmp_path / "new"), "--quarantined"]).output
    assert "nothing is quarantined" in told


def test_a_folder_without_a_store_is_refused(tmp_path: Path) -> None:
    """A wrong folder gets a sentence, and nothing is made in it."""
    run = CliRunner().invoke(command, ["list", str(tmp_path)])
    assert isinstance(run.exception, InputError)
    assert list(tmp_path.iterdir()) == []
