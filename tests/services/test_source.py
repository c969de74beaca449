"""Source and discard."""

from __future__ import annotations

from starlight.dtntime import HOUR, SECOND, YEAR
from starlight.node.application import Claim, DataUnit, Submit
from starlight.services.discard import Discard
from starlight.services.source import Source

T = 51 * YEAR


def source(size_bytes: int = 40) -> Source:
    """Return a source that was started at T and sends every 10 s."""
    made = Source("ipn:1.70", "ipn:2.9", size_bytes=size_bytes, every=10 * SECOND, lifetime=HOUR)
    assert made.next_wakeup() is None
    assert made.resume(T) == (Claim("ipn:1.70"),)
    return made


def test_a_source_sends_so_much_so_often() -> None:
    """Payloads of one size, numbered, at regular times; a timer that is late does not make it drift."""
    made = source()
    payloads, times = [], []
    for late in (0, SECOND, 0):
        due = made.next_wakeup()
        assert due is not None
        times.append(due - T)
        (sent,) = made.handle_timer(due + late)
        assert isinstance(sent, Submit)
        assert (sent.source, sent.destination, sent.lifetime_ms) == ("ipn:1.70", "ipn:2.9", 3_600_000)
        payloads.append(sent.payload)
    assert times == [0, 10 * SECOND, 20 * SECOND]
    assert payloads[1] == b"ipn:1.70 number 2\n" + b"." * 22


def test_a_source_does_not_make_up_for_what_it_missed() -> None:
    """A machine that slept for an hour would else send hundreds at once."""
    made = source(size_bytes=3)
    (sent,) = made.handle_timer(T + HOUR)
    assert isinstance(sent, Submit)
    assert sent.payload == b"ipn"
    assert made.next_wakeup() == T + HOUR + 10 * SECOND


def test_discard_takes_what_comes() -> None:
    """It asks for nothing, so the node lets go of it."""
    discard = Discard("ipn:1.9")
    assert discard.resume(T) == (Claim("ipn:1.9"),)
    unit = DataUnit("key", ("key",), "ipn:1.9", "ipn:2.1", T, b"words", T + HOUR, 1)
    assert discard.delivered(unit, T) == ()
    assert discard.next_wakeup() is None
