"""The order of a thread is the same at both ends."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.messages.letter import Letter
from starlight.messages.threads import in_order, thread_of


def letter(id: str, written_at: int, reply_to: str | None = None) -> Letter:
    return Letter(
        id=id, thread="t", sender="ipn:7.1", to="ipn:20.1", written_at=written_at, text="", reply_to=reply_to
    )


@st.composite
def threads(draw: st.DrawFn) -> list[Letter]:
    """Return letters with clocks that disagree, and answers to any letter, even in circles."""
    count = draw(st.integers(0, 12))
    parents = st.none() | st.integers(0, 13).map(str)
    return [letter(str(n), draw(st.integers(0, 6)), draw(parents)) for n in range(count)]


@settings(deadline=None, derandomize=True, max_examples=300)
@given(threads(), st.randoms(use_true_random=False))
def test_the_order_is_the_same_at_both_ends(letters: list[Letter], random: object) -> None:
    """Whatever the order of arrival, and however often each arrives, the order shown is one."""
    here = in_order(letters)
    arrivals = [*letters, *letters[:3]]
    random.shuffle(arrivals)
    assert in_order(arrivals) == here
    assert sorted(each.id for each in here) == sorted(each.id for each in letters)


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
        if parent not in parents and parents[id] in parents:
            assert order.index(parents[id]) < order.index(id)


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
    assert len(in_order(letters)) == 20_000
