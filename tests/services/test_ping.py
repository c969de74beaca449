"""Pings told apart: answers, late ones, duplicates, and what is none."""

from __future__ import annotations

import pytest

from starlight.dtntime import SECOND, from_text
from starlight.errors import InputError
from starlight.services.ping import SMALLEST, AnswerKind, PingAnswer, PingRun, SentPing

T = from_text("2051-04-02T10:00:00Z")
ECHO = "ipn:20.2047"


def sent(*deadlines_s: int, size: int = 300) -> PingRun:
    """Return a run with pings sent at T, each expected after four seconds and waited for so long."""
    run = PingRun(b"nameless", size)
    for number, deadline in enumerate(deadlines_s, 1):
        ping = SentPing(number, f"ipn:10.9/{number}/0", T, T + 4 * SECOND, T + deadline * SECOND)
        run.pings.append(ping)
    return run


@pytest.mark.parametrize("size", [SMALLEST, 64, 300, 70_000])
def test_a_payload_has_its_size_and_is_no_others(size: int) -> None:
    """Two pings of a run differ, and so do those of two runs."""
    run, other = PingRun(b"nameless", size), PingRun(b"eightish", size)
    payloads = {run.payload(1), run.payload(2), other.payload(1)}
    assert {len(payload) for payload in payloads} == {size}
    assert len(payloads) == 3


def test_a_payload_that_is_too_small_is_refused() -> None:
    """It could not be told apart."""
    with pytest.raises(InputError, match=f"--size.*{SMALLEST} at least"):
        PingRun(b"nameless", SMALLEST - 1)


def test_an_answer_is_told_with_what_it_took_and_should_have() -> None:
    """In seconds of mission time."""
    run = sent(30)
    answer = run.take(run.payload(1), ECHO, T + 4_250 * 10**6)
    assert answer == PingAnswer(AnswerKind.ANSWER, 1, ECHO, T + 4_250 * 10**6, 300, 4.25, 4.0)
    assert run.missing == []
    assert run.waits_until() is None


def test_late_and_duplicate_answers_are_named() -> None:
    """A late one counts as answered all the same; of several the first is the answer."""
    run = sent(5, 30)
    assert run.waits_until() == T + 30 * SECOND
    assert run.take(run.payload(1), ECHO, T + 6 * SECOND).kind is AnswerKind.LATE
    assert run.take(run.payload(2), ECHO, T + 7 * SECOND).kind is AnswerKind.ANSWER
    for number in (1, 2):
        assert run.take(run.payload(number), ECHO, T + 8 * SECOND).kind is AnswerKind.DUPLICATE
    assert run.missing == []


def test_what_is_no_answer_leaves_its_ping_without_one() -> None:
    """Altered, of another run, of a ping that was never sent, or anything else."""
    run = sent(30)
    assert run.take(run.payload(1) + b"!", ECHO, T).kind is AnswerKind.ALTERED
    assert run.take(run.payload(1)[:-1], ECHO, T).kind is AnswerKind.ALTERED
    for payload in (run.payload(2), run.payload(0), PingRun(b"eightish", 300).payload(1), b"", b"x" * 300):
        answer = run.take(payload, ECHO, T)
        assert (answer.kind, answer.sequence) == (AnswerKind.OTHER, None)
    assert [ping.sequence for ping in run.missing] == [1]
