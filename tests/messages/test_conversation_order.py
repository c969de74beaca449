"""The order of a thread is the same at both ends."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.messages.order import in_order as by_the_rule

from starlight.messages.conversation_order import (
    RIPPLE_MAX,
    STACK_MAX,
    Answer,
    keys_after,
    order_key,
    thread_of,
)
from starlight.messages.letter import Letter


def letter(id: str, written_at: int, reply_to: str | None = None) -> Letter:
    return Letter(
        id=id, thread="t", sender="ipn:7.1", to="ipn:20.1", written_at=written_at, text="", reply_to=reply_to
    )


def in_order(letters: Iterable[Letter]) -> list[Letter]:
    """Return letters as a mailbox shows them to which they came in this order: sorted by their keys."""
    known: dict[str, Letter] = {}
    keys: dict[str, bytes] = {}
    answers: dict[str, list[str]] = {}

    def at(id: str) -> tuple[Answer, bytes]:
        return Answer(id, known[id].written_at, known[id].reply_to), keys[id]

    for letter in letters:
        if letter.id in known:
            continue
        new = Answer(letter.id, letter.written_at, letter.reply_to)
        keys |= keys_after(
            new, lambda id: at(id) if id in known else None, lambda id: map(at, answers.get(id, []))
        )
        known[letter.id] = letter
        if letter.reply_to is not None and letter.reply_to != letter.id:
            answers.setdefault(letter.reply_to, []).append(letter.id)
    return sorted(known.values(), key=lambda each: keys[each.id])


@st.composite
def threads(draw: st.DrawFn) -> list[Letter]:
    """Return letters with clocks that disagree, and answers to any letter, even in circles."""
    count = draw(st.integers(0, 12))
    parents = st.none() | st.integers(0, 13).map(str)
    return [letter(str(n), draw(st.integers(0, 6)), draw(parents)) for n in range(count)]


@settings(deadline=None, derandomize=True, max_examples=300)
@given(threads(), st.randoms(use_true_random=False))
def test_the_order_is_the_same_at_both_ends(letters: list[Letter], random: Random) -> None:
    """Whatever the order of arrival, and however often each arrives, the order shown is one."""
    here = in_order(letters)
    arrivals = [*letters, *letters[:3]]
    random.shuffle(arrivals)
    assert in_order(arrivals) == here
    assert sorted(each.id for each in here) == sorted(each.id for each in letters)


@settings(deadline=None, derandomize=True, max_examples=1000)
@given(threads(), st.randoms(use_true_random=False))
def test_keys_order_as_the_rule_does(letters: list[Letter], random: Random) -> None:
    """Sorted by their keys, letters stand as the rule puts them that needs all of them at once."""
    assert in_order(letters) == by_the_rule(letters)
    random.shuffle(letters)
    assert in_order(letters) == by_the_rule(letters)


def test_keys_sort_by_places_whatever_an_id_holds() -> None:
    """Zeros and any other character in an id do not disturb the order."""
    ids = ["a", "a\0", "a\0\0", "a\0b", "a\x01", "b", "\uffff", "\U0001f680", ""]
    keys = [order_key(id, time) for time in (0, 1, 255, 256, 2**63 - 1) for id in sorted(ids)]
    assert keys == sorted(keys)


def test_a_key_stays_short() -> None:
    """Answers each written before the letter that it answers make no key longer than its limit."""
    key: bytes | None = None
    for time in range(1_000, 0, -1):
        key = order_key("id", time, key)
    assert key is not None
    assert len(key) <= STACK_MAX * len(order_key("id", 0))


def test_a_late_parent_moves_only_what_it_holds_back() -> None:
    """Where clocks agree, the late first letter of a long thread moves nothing."""
    letters = [letter(str(n), n, str(n - 1)) for n in range(1, 1_000)]
    keys = {each.id: order_key(each.id, each.written_at) for each in letters}
    asked = []

    def answers(id: str) -> list[tuple[Answer, bytes]]:
        asked.append(id)
        child = str(int(id) + 1)
        return [(Answer(child, int(child), id), keys[child])] if child in keys else []

    assert list(keys_after(Answer("0", 0, None), lambda id: None, answers)) == ["0"]
    assert asked == ["0"]


@settings(deadline=None, derandomize=True, max_examples=300)
@given(threads())
def test_an_answer_follows_its_question(letters: list[Letter]) -> None:
    """A letter never comes before the one that it answers, unless they answer each other in a circle."""
    parents = {each.id: each.reply_to for each in letters}
    order = [each.id for each in in_order(letters)]
    for id in order:
        ancestors, parent = [], parents[id]
        while parent in parents and parent not in ancestors:
            ancestors.append(parent)
            parent = parents[parent]
        question = parents[id]
        if parent not in parents and question is not None and question in parents:
            assert order.index(question) < order.index(id)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(threads())
def test_without_answers_time_orders(letters: list[Letter]) -> None:
    """Letters that answer nothing are ordered by (written_at, id)."""
    plain = [letter(each.id, each.written_at) for each in letters]
    assert in_order(plain) == sorted(plain, key=lambda each: (each.written_at, each.id))


def test_a_clock_that_is_ahead_does_not_turn_a_talk_round() -> None:
    """Mars answers by a clock that is behind; the answer still follows."""
    talk = [letter("q", 100), letter("a", 50, "q"), letter("other", 70)]
    assert [each.id for each in in_order(talk)] == ["other", "q", "a"]


def test_thread_between_two() -> None:
    """Two people's thread has one name, whoever begins."""
    assert thread_of("ipn:7.1", "ipn:20.1") == thread_of("ipn:20.1", "ipn:7.1")


def test_a_long_circle_is_cut_in_time() -> None:
    """A hostile thread of circles is put in order without quadratic work."""
    letters = [letter(str(n), 0, str(n ^ 1)) for n in range(20_000)]
    assert in_order(letters) == by_the_rule(letters)


def test_a_late_parent_moves_so_many_at_most() -> None:
    """One letter that a peer holds back costs a bounded amount of work when it comes."""
    letters = [letter(str(n), 0, "parent") for n in range(RIPPLE_MAX + 1_000)]
    keys = {each.id: order_key(each.id, 0) for each in letters}
    answers = {"parent": [(Answer(each.id, 0, "parent"), keys[each.id]) for each in letters]}
    moved = keys_after(Answer("parent", 9, None), lambda id: None, lambda id: answers.get(id, []))
    assert len(moved) <= RIPPLE_MAX


def test_ids_with_zeros_have_their_places() -> None:
    """A zero in an id is no end of it: keys sort as times and ids do, and an answer follows its question."""
    ids = ["a", "a\0", "a\0\0", "a\0\0b", "a\0b", "a\1", "aa"]
    assert sorted(ids, key=lambda id: order_key(id, 9)) == sorted(ids)
    for id in ids:
        question = order_key(id, 9)
        assert question < order_key("z", 5, question) < order_key(id + "c", 9)
