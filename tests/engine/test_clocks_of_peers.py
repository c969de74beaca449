"""What an engine takes for a word about a peer's clock: the peer's own, sent by itself."""

from __future__ import annotations

from tests.engine.helpers import Fixture, T, came, made

from starlight import bundle as bp
from starlight.bundle import EndpointID, StatusReport, encode_report
from starlight.bundle.report import Assertion
from starlight.dtntime import DAY, SECOND, to_wire
from starlight.node.clock_offsets import SEVERAL, UNBOUNDED, ClockOffset

AHEAD = ClockOffset(2 * DAY, UNBOUNDED)


def test_what_a_peer_has_made_and_sent_tells_of_its_clock() -> None:
    """Its creation times are two days after they came."""
    node = Fixture(3)
    for nth in range(SEVERAL):
        node.handle(came(made("ipn:1.1", at=T + 2 * DAY, sequence=nth)))
    assert node.node.clocks.offset(1) == AHEAD
    assert node.node.clocks.peers() == [1]


def test_who_passes_on_the_bundles_of_others_tells_nothing_of_any_clock() -> None:
    """Else a neighbour could make up the bundles that mark another's clock, or its own be marked for them."""
    node = Fixture(3)
    for nth in range(4 * SEVERAL):
        node.handle(came(made("ipn:2.1", at=T + 2 * DAY, sequence=nth)))
        node.handle(came(made("ipn:9.1", at=T + 2 * DAY, sequence=nth)))
    assert node.node.clocks.peers() == []


def test_a_bundle_without_creation_time_tells_of_no_clock() -> None:
    """Its source has none (RFC 9171, 4.2.7)."""
    node = Fixture(3)
    for nth in range(SEVERAL):
        node.handle(came(made("ipn:1.1", zero_time=True, age_ms=5, sequence=nth)))
    assert node.node.clocks.peers() == []


def test_a_status_report_tells_of_the_clock_of_the_peer_that_made_it() -> None:
    """A bundle of ours was received two days before it was made: that clock is behind."""
    node = Fixture(2)
    for nth in range(SEVERAL):
        node.submit("ipn:3.1", T + nth * SECOND, flags=0x4040)
    for nth, key in enumerate(list(node.bundles)):
        source, created, sequence = key.rsplit("/", 2)
        told = StatusReport(
            received=Assertion(True, to_wire(T + nth * SECOND - 2 * DAY)),
            source=EndpointID.parse(source),
            creation_ms=int(created),
            sequence=int(sequence),
        )
        for peer, sender in ((3, 3), (1, 3)):
            data = bp.encode(
                bp.build(
                    EndpointID.ipn(sender, 0), EndpointID.ipn(2, 0), encode_report(told),
                    creation=(to_wire(T - 2 * DAY), 10 * nth + peer), lifetime_ms=60_000, flags=0x02,
                )
            )  # fmt: skip
            node.handle(came(data, peer), T + 10 * SECOND)
    found = node.node.clocks.offset(3)
    assert found is not None
    assert found.at_most == -2 * DAY
    assert node.node.clocks.peers() == [3]
