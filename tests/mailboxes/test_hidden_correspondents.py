"""Hidden correspondents of a mailbox: kept as a record, shown again by a new letter alone."""

from __future__ import annotations

import pytest

from starlight.errors import InputError
from starlight.mailboxes import hidden_correspondents, stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.hidden_correspondents import HiddenCorrespondents
from starlight.mailboxes.records import HIDDEN, MemoryRecords, is_known
from starlight.node.application import Save

ME, GONE, OTHER = "ipn:1.1", "ipn:999.1", "ipn:2.1"


def hidden(records: MemoryRecords) -> HiddenCorrespondents:
    """Return those of a mailbox that was just opened on its records."""
    return HiddenCorrespondents(ME, DecodedRecords(records))


def test_hidden_stays_hidden_over_a_restart_and_again_is_nothing() -> None:
    """Each change is one record; what is so already needs none."""
    records = MemoryRecords()
    one = hidden(records)
    assert GONE not in one
    (save,) = one.hide(GONE)
    assert is_known(save.key)
    assert one.hide(GONE) == one.show(OTHER) == []
    again = hidden(records)
    assert GONE in again
    assert OTHER not in again
    assert len(again.show(GONE)) == 1
    assert GONE not in hidden(records)


def test_a_damaged_record_shows_all_again() -> None:
    """It is set aside, and ends no start."""
    records = MemoryRecords()
    records.put(Save(ME, HIDDEN, b"\xff"))
    assert GONE not in hidden(records)
    assert records.asides(ME) == 1


def test_there_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is refused with what would be right; all others stay."""
    monkeypatch.setattr(hidden_correspondents, "HIDDEN_MAX", 2)
    one = hidden(MemoryRecords())
    one.hide(GONE)
    one.hide(OTHER)
    with pytest.raises(InputError, match="Show some of them again"):
        one.hide("ipn:3.1")
    assert GONE in one


def test_the_record_has_a_version() -> None:
    """A newer one is refused, by which it is set aside as it is."""
    assert stored_format.HIDDEN.decode(stored_format.HIDDEN.encode((GONE, OTHER))) == (GONE, OTHER)
