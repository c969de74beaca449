"""Bundles whose creation time can't be right: no date of theirs loses them, and none keeps them for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.helpers import HOUR, SECOND, Fixture, T, came, made, of, traces

from starlight.bundle.report import ReasonCode
from starlight.dtntime import DAY, YEAR
from starlight.node.actions import Acknowledge, Deliver, Transmit
from starlight.node.application import Claim
from starlight.node.events import BundleReceived, ClockWentOn, Delivered, Wakeup

EARLIEST_S, LATEST_S = -51 * 365 * 86_400, 200 * 365 * 86_400


def expiry_of(node: Fixture) -> int:
    """Return when the one bundle that is stored expires."""
    (stored,) = node.node.stored.values()
    return stored.meta.expires


@pytest.mark.parametrize("off", [-40 * YEAR, -2 * DAY, 2 * DAY, 60 * YEAR])
def test_a_source_whose_clock_is_wrong_loses_no_bundle(off: int) -> None:
    """Its bundle of an hour is delivered, or sent on, and nobody is told that it has expired."""
    here, relay = Fixture(3), Fixture(2)
    here.handle(Claim("ipn:3.1"))
    data = made(at=T + off, lifetime_s=3600, flags=0x40000)  # deletion is to be reported
    actions = here.handle(came(data))
    assert len(of(actions, Deliver)) == 1
    assert "bundle.misdated" in traces(actions)
    onward = relay.handle(came(data))
    assert len(of(onward, Transmit)) == 1
    assert "report.made" not in traces(actions) + traces(onward)


@pytest.mark.parametrize("off", [-40 * YEAR, -2 * DAY, 2 * DAY, 60 * YEAR])
def test_what_waits_with_a_wrong_date_expires_a_lifetime_after_it_came(off: int) -> None:
    """It is kept for its lifetime, told as expired then, and no longer."""
    node = Fixture(3)
    node.handle(came(made(at=T + off, lifetime_s=3600)))
    assert expiry_of(node) == T + HOUR
    assert "bundle.expired" not in traces(node.handle(Wakeup(), T + HOUR - 1))
    assert "bundle.expired" in traces(node.handle(Wakeup(), T + HOUR))


def test_an_age_counts_whatever_the_dates_say() -> None:
    """Where a bundle tells its age its creation time counts for nothing (RFC 9171, 5.5)."""
    for off in (-40 * YEAR, -HOUR, 0, 2 * DAY):
        node = Fixture(3)
        node.handle(came(made(at=T + off, lifetime_s=3600, age_ms=600_000)))
        assert expiry_of(node) == T + HOUR - 600 * SECOND


def test_dates_that_may_be_right_count_as_they_are() -> None:
    """A bundle that was half an hour under way has half of its hour left (RFC 9171, 4.3.1)."""
    node = Fixture(3)
    actions = node.handle(came(made(at=T - HOUR // 2, lifetime_s=3600)))
    assert expiry_of(node) == T + HOUR // 2
    assert "bundle.misdated" not in traces(actions)


def test_the_clock_of_a_peer_that_is_known_to_be_off_is_taken_from_its_own_dates_alone() -> None:
    """A peer 50 minutes behind writes a bundle of an hour: it has an hour here, not ten minutes."""
    behind = made("ipn:1.1", at=T - 3000 * SECOND, lifetime_s=3600)
    node = Fixture(3)
    actions = node.handle(BundleReceived(1, behind, 7, T, -3000 * SECOND))
    assert expiry_of(node) == T + HOUR
    assert "bundle.misdated" not in traces(actions)
    other = Fixture(3)
    other.handle(BundleReceived(1, made(at=T - 3000 * SECOND, lifetime_s=3600), 7, T, -3000 * SECOND))
    assert expiry_of(other) == T + 600 * SECOND, "what a peer's clock tells is nothing of node 9's"


def test_a_lifetime_that_ends_on_the_way_is_over() -> None:
    """What was alive when it left, and is not when it comes, is deleted and reported (RFC 9171, 5.5)."""
    data = made(at=T - HOUR, lifetime_s=3540, flags=0x40000)  # its lifetime ended a minute ago
    for under_way_s, is_over in ((0, False), (59, False), (61, True), (3600, True)):
        node = Fixture(3)
        actions = node.handle(BundleReceived(1, data, 7, T, under_way=under_way_s * SECOND))
        assert ("bundle.deleted" in traces(actions)) == is_over
        assert ("bundle.misdated" in traces(actions)) != is_over
        assert (ReasonCode.LIFETIME_EXPIRED.name.lower() in str(actions)) == is_over


@given(st.integers(EARLIEST_S, LATEST_S), st.integers(1, 2**64 - 1), st.integers(-(10**18), 10**18))
def test_no_date_loses_a_bundle_or_keeps_it_for_ever(off_s: int, lifetime_ms: int, ahead: int) -> None:
    """Whatever creation time and lifetime say, it is taken, for its lifetime at most, and a century."""
    node = Fixture(3)
    data = made("ipn:1.1", at=T + off_s * SECOND, lifetime_s=max(1, lifetime_ms // 1000))
    assert of(node.handle(BundleReceived(1, data, 7, T, ahead)), Acknowledge)
    expires = expiry_of(node)
    assert T < expires <= T + max(1, lifetime_ms // 1000) * SECOND
    assert expires <= T + 100 * 366 * DAY


def test_a_copy_of_a_bundle_with_a_wrong_date_is_known_again() -> None:
    """It comes once more after its lifetime, and after a restart: it is not delivered twice."""
    data = made(at=T - 2 * DAY, lifetime_s=60)
    node = Fixture(3)
    node.handle(Claim("ipn:3.1"))
    (deliver,) = of(node.handle(came(data)), Deliver)
    node.handle(Delivered(deliver.keys))
    for receiver in (node, node.restart(T + DAY)):
        again = receiver.handle(came(data, arrives=T + DAY), T + DAY)
        assert "bundle.duplicate" in traces(again)
        assert not of(again, Deliver)


def test_by_its_age_a_bundle_still_expires_and_is_told_so() -> None:
    """An age is no date: what says to be older than its lifetime is deleted, and that is reported."""
    node = Fixture(3)
    actions = node.handle(came(made(zero_time=True, age_ms=61_000, lifetime_s=60, flags=0x40000)))
    assert "bundle.deleted" in traces(actions)
    assert not of(actions, Deliver)
    assert ReasonCode.LIFETIME_EXPIRED.name.lower() in str(actions)


def test_what_is_stored_is_no_older_for_a_clock_that_is_set_right() -> None:
    """A node that began in 2000 goes on in 2051: an hour's bundle keeps what it had left, also restarted."""
    node = Fixture(3)
    node.handle(came(made(lifetime_s=3600)))
    node.handle(ClockWentOn(51 * YEAR), T + HOUR // 2)
    for receiver in (node, node.restart(T + HOUR // 2 + 51 * YEAR)):
        assert expiry_of(receiver) == T + HOUR + 51 * YEAR
        assert "bundle.expired" not in traces(receiver.handle(Wakeup(), T + HOUR // 2 + 51 * YEAR))
    assert "bundle.expired" in traces(node.handle(Wakeup(), T + HOUR + 51 * YEAR))
