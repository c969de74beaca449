"""The registry: what it lists, tells and forgets, whatever programs do or leave undone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from starlight.dtntime import HOUR, YEAR
from starlight.errors import InputError, StoreError
from starlight.node.application import (
    Claim,
    DataUnit,
    NotKept,
    Request,
    Submit,
    Take,
    Unclaim,
    Untaken,
    Withdraw,
)
from starlight.services.programs import Programs
from starlight.services.registration import NEWS_MAX, Registration
from starlight.services.registry import AT_MOST, Registry
from starlight.services.units import Happened, SentUnit, UnitToSend

T = 51 * YEAR


def unit(number: int) -> DataUnit:
    """Return one of several data units for number 9."""
    key = f"ipn:2.1/{number}/0"
    return DataUnit(key, (key,), "ipn:1.9", "ipn:2.1", T, b"words", T + HOUR, 1)


class Desk:
    """A registry with a program at number 9, and how often that was called."""

    def __init__(self) -> None:
        self.calls = 0
        self.registry = Registry(1)
        self.programs = Programs(self.registry)
        self.registration, self.asked = self.register()

    def register(self) -> tuple[Registration, list[Request]]:
        """Register number 9, or take it over."""
        return self.registry.register(9, self.called, own=False)

    def called(self) -> None:
        """Count a call."""
        self.calls += 1

    def come(self, numbers: Sequence[int]) -> None:
        """Let data units come."""
        for number in numbers:
            assert self.programs.delivered(unit(number), T) == (Untaken(),)


def test_what_comes_is_left_with_the_node_until_it_is_acknowledged() -> None:
    """It is listed in order, and taken once."""
    desk = Desk()
    assert desk.asked == [Claim("ipn:1.9", AT_MOST)]
    desk.come([5, 6])
    first = desk.registration.after(0)
    assert first is not None
    assert (first.id, first.size_bytes, desk.calls) == ("ipn:2.1/5/0", 5, 2)
    second = desk.registration.after(first.number)
    assert second is not None
    assert desk.registration.after(second.number) is None
    assert desk.registration.acknowledge(first.id) == [Take((first.id,))]
    assert desk.registration.acknowledge(first.id) == []
    desk.programs.expired(second.id, NotKept.LIFETIME_EXPIRED, T)
    assert desk.registration.after(0) is None


def test_who_takes_a_number_over_is_given_what_waits() -> None:
    """The program before is woken, and is told that it has it no more."""
    desk = Desk()
    desk.come([5])
    calls = desk.calls
    successor, requests = desk.register()
    assert (requests, desk.calls) == ([], calls + 1)
    with pytest.raises(InputError, match="registered by another program since"):
        desk.registry.check(desk.registration)
    assert desk.registry.end(desk.registration) == []
    arrival = successor.after(0)
    assert arrival is not None
    desk.registry.check(successor)
    assert desk.registry.end(successor) == [Unclaim("ipn:1.9")]
    with pytest.raises(InputError, match="not registered any more"):
        desk.registry.check(successor)


def test_the_nodes_answer_to_what_was_sent_is_told_once() -> None:
    """Stored with what is foreseen, or the reason for which it was not taken."""
    desk = Desk()
    token, (submit,) = desk.registration.send(UnitToSend("ipn:2.1", b"words", 60, 2, True))
    assert submit == Submit(token, "ipn:1.9", "ipn:2.1", b"words", 60_000, priority=2, critical=True)
    desk.programs.accepted(token, "ipn:1.9/7/0", T, None, T)
    assert desk.registration.answer(token) == SentUnit("ipn:1.9/7/0", T, None)
    for reason, kind in ((NotKept.STORE_FULL, StoreError), (NotKept.TOO_LARGE, InputError)):
        desk.programs.rejected(token, reason, T)
        with pytest.raises(kind, match=reason):
            desk.registration.answer(token)
    desk.registry.end(desk.registration)
    desk.programs.rejected(token, NotKept.STORE_FULL, T)  # of whom nobody wants to know any more


def test_news_go_to_the_program_whose_bundle_it_is() -> None:
    """By the source in its identity, so those of bundles sent before a restart too; others are ignored."""
    desk, id = Desk(), "ipn:1.9/7/0"
    assert desk.registration.withdraw(id) == [Withdraw(id)]
    desk.programs.departed(id, 2, T, T + 1, T + 2, T)
    assert not desk.registration.news_after(0), "no link has taken it yet"
    desk.programs.taken(id, T)
    desk.programs.withdrawn(id, T)
    desk.programs.not_withdrawn(id, T)
    desk.programs.expired(id, NotKept.LIFETIME_EXPIRED, T)
    desk.programs.reported(id, "ipn:2.0", "deleted", T, 1, T)
    desk.programs.departed("ipn:1.8/7/0", 2, T, T + 1, T + 2, T)
    desk.programs.taken("ipn:1.8/7/0", T)
    news = desk.registration.news_after(0)
    assert [each.what for each in news] == list(Happened)
    assert (news[0].peer, news[0].reaches) == (2, T + 2)
    assert (news[4].reporter, news[4].status, news[4].reason) == ("ipn:2.0", "deleted", "lifetime expired")
    assert desk.registration.news_after(news[3].number) == news[4:]


def test_news_that_nobody_asks_for_are_bounded() -> None:
    """The oldest go, and the numbers show it."""
    desk = Desk()
    for _ in range(NEWS_MAX + 5):
        desk.programs.withdrawn("ipn:1.9/7/0", T)
    news = desk.registration.news_after(0)
    assert (len(news), news[0].number) == (NEWS_MAX, 6)
