"""Echo: to whom it answers, and how."""

from __future__ import annotations

import pytest

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, YEAR
from starlight.node.application import Claim, DataUnit, Submit
from starlight.services.echo import ANSWERS_MAX, REMEMBERED, Echo

T = 51 * YEAR


def question(
    source: str = "ipn:1.7",
    payload: bytes = b"?",
    *,
    created: int | None = T,
    lifetime: int = HOUR,
    priority: int = 1,
) -> DataUnit:
    """Return what a node delivers to an echo."""
    return DataUnit("key", ("key",), "ipn:2.2047", source, created, payload, T + lifetime, priority)


def test_an_echo_sends_the_same_payload_back() -> None:
    """From its endpoint to the source, as urgent, and living as long, as the question did."""
    echo = Echo("ipn:2.2047")
    assert echo.resume(T) == (Claim("ipn:2.2047"),)
    (answer,) = echo.delivered(question(payload=b"words", priority=2), T + 20 * MINUTE)
    assert answer == Submit("1", "ipn:2.2047", "ipn:1.7", b"words", 3_600_000, priority=2)


@pytest.mark.parametrize(
    ("created", "lifetime", "answer_ms"),
    [
        (T, SECOND, 60_000),
        (T, 100 * DAY, 30 * 86_400_000),
        (None, HOUR, 3_600_000 - 1_200_000),  # as of now, where the source has no clock
        (T + 20 * DAY, HOUR, 3_600_000 - 1_200_000),  # whose clock is days ahead
    ],
)
def test_an_answer_lives_a_minute_to_a_month(created: int | None, lifetime: int, answer_ms: int) -> None:
    """A lifetime is a stranger's claim, and fills the stores of others."""
    (answer,) = Echo("ipn:2.9").delivered(question(created=created, lifetime=lifetime), T + 20 * MINUTE)
    assert isinstance(answer, Submit)
    assert answer.lifetime_ms == answer_ms


@pytest.mark.parametrize("source", ["dtn:none", "ipn:0.0", "ipn:1.0", "ipn:1.2047", "ipn:1.9", "ipn:2.9"])
def test_an_echo_never_answers_an_echo_or_nobody(source: str) -> None:
    """Two echoes would throw a payload to and fro for ever; and nobody hears nothing."""
    assert Echo("ipn:2.9").delivered(question(source), T) == ()


def test_an_echo_answers_a_node_with_a_name() -> None:
    """Sources of the dtn scheme have no service numbers."""
    assert len(Echo("ipn:2.9").delivered(question("dtn://ground/ping"), T)) == 1


def test_two_echoes_that_were_set_on_each_other_come_to_rest() -> None:
    """On different numbers they can't know each other; the same payload is answered so often an hour."""
    ends = {"ipn:1.7": Echo("ipn:1.7"), "ipn:2.9": Echo("ipn:2.9")}
    unit, there, thrown = question("ipn:1.7"), "ipn:2.9", 0
    while answer := ends[there].delivered(unit, T):
        (submit,) = answer
        assert isinstance(submit, Submit)
        unit, there, thrown = question(submit.source, submit.payload), submit.destination, thrown + 1
    assert thrown == 2 * ANSWERS_MAX
    assert ends["ipn:2.9"].delivered(question("ipn:1.7", b"another"), T)
    assert ends["ipn:2.9"].delivered(question("ipn:1.7"), T + HOUR)


def test_an_echo_remembers_so_many_payloads_only() -> None:
    """Strangers can't fill its memory."""
    echo = Echo("ipn:2.9")
    for number in range(2 * REMEMBERED):
        assert echo.delivered(question(payload=b"%d" % number), T)
    assert len(echo._answered) == REMEMBERED
