"""The order of a conversation: the same at both ends, whatever arrived first.

Letters are ordered by ``(written_at, id)``, except that no letter comes before the one that it
answers: of all letters whose parent has had its turn, the smallest comes next. So the order depends
on nothing but the set of letters. Clocks may differ between worlds, and an answer still follows its
question. A parent that is not there holds nothing back.

That rule needs all letters at once; a mailbox shows fifty of a hundred thousand. So each letter gets an
**order key**, bytes that sort as the rule orders, which follows from the key of its parent alone. Think
of the path from a thread's first letter down to one: a letter on it is held back exactly by those before
it that were written later. Read from the end of the path, the letters that are greater than all after
them form a stack of falling places ``(written_at, id)``; its lexicographic order is the order of the
rule, because when the largest ancestor has had its turn, everything else that is ready is larger still,
so its descendants come at once, ordered among themselves in the same manner. A child's stack is its
parent's without what is smaller than the child, and the child on top. Where clocks agree, that is the
child alone, and nothing ever moves.

A letter whose parent arrives late gets a new key, and so do those of its descendants whose parent's key
has changed. Letters that answer each other in a circle (nobody honest writes one) come after all others;
the circle is cut at its smallest, and so is what hangs on it where it is smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

_TIME_BYTES = 8
_END = b"\0\0"
_CIRCLE = b"\xff"  # sorts after every time, whose highest bit is 0 (`letter.TIME_MAX`)

STACK_MAX = 32
"""Places in a key: a chain of that many answers, each written before the letter that it answers, is no
matter of clocks. Beyond it a letter takes its place among the descendants of the thirty-first, so that
nobody can make keys, which lie in the store's index, longer and longer."""

RIPPLE_MAX = 10_000
"""Letters that one late parent can move: some 0.2 s of work. A peer that wants more gets keys that are
right only as far as that."""


class Answer(NamedTuple):
    """A letter as far as its place in the order goes.

    Attributes:
        id, written_at: of the letter.
        reply_to: the id of the letter that it answers, or None.
    """

    id: str
    written_at: int
    reply_to: str | None


def thread_of(first: str, second: str) -> str:
    """Return the name of the thread between two addresses when nobody named another."""
    return "|".join(sorted((first, second)))


def order_key(id: str, written_at: int, parent: bytes | None = None) -> bytes:
    """Return the order key of a letter.

    Args:
        id, written_at: of the letter.
        parent: the key of the letter that it answers, if that is in the same conversation.
    """
    own = _part(id, written_at)
    if parent is None:
        return own
    if not parent.startswith(_CIRCLE):
        return b"".join(_below(_parts(parent), own))
    root, *stack = _parts(parent[1:])
    return _CIRCLE + own if own < root else _CIRCLE + b"".join((root, *_below(stack, own)))


def keys_after(
    new: Answer,
    parents: Callable[[str], tuple[Answer, bytes] | None],
    answers: Callable[[str], Iterable[tuple[Answer, bytes]]],
) -> dict[str, bytes]:
    """Return the order keys that the arrival of a letter sets: its own, and those of letters that it moves.

    Args:
        new: the letter; nothing knows it yet.
        parents: gives a letter of the same conversation by id, with its key, or None.
        answers: gives the letters of the conversation that answer the one with an id, with their keys.
    """
    above = parents(new.reply_to) if new.reply_to is not None and new.reply_to != new.id else None
    # Only a letter that is answered already can close a circle; so a long thread is not walked each time.
    circle = _circle(new, parents) if above is not None and any(True for _ in answers(new.id)) else []
    if circle:
        return _ripple(_circle_keys(circle), answers)
    return _ripple({new.id: order_key(new.id, new.written_at, above[1] if above else None)}, answers)


def _circle(new: Answer, parents: Callable[[str], tuple[Answer, bytes] | None]) -> list[Answer]:
    """Return the circle that a new letter closes, each followed by the one that it answers; mostly none."""
    path = [new]
    at = new.reply_to
    while at is not None and (found := parents(at)) is not None:
        letter, key = found
        if key.startswith(_CIRCLE) or len(path) >= RIPPLE_MAX:
            return []  # It hangs on a circle that was closed before.
        path.append(letter)
        at = letter.reply_to if letter.reply_to != letter.id else None
        if at == new.id:
            return path
    return []


def _circle_keys(circle: list[Answer]) -> dict[str, bytes]:
    """Return the keys of the letters of a circle, which is cut at its smallest."""
    down = circle[::-1]  # each followed by one that answers it
    start = min(range(len(down)), key=lambda at: (down[at].written_at, down[at].id))
    root, *others = down[start:] + down[:start]
    key = _CIRCLE + _part(root.id, root.written_at)
    keys = {root.id: key}
    for letter in others:
        key = keys[letter.id] = order_key(letter.id, letter.written_at, key)
    return keys


def _ripple(
    keys: dict[str, bytes], answers: Callable[[str], Iterable[tuple[Answer, bytes]]]
) -> dict[str, bytes]:
    """Add the keys that change below some letters; where one stays, so does everything below it."""
    fixed = set(keys)
    waiting = list(keys)
    while waiting and len(keys) < RIPPLE_MAX:
        above = waiting.pop()
        for letter, before in answers(above):
            if letter.id in fixed or letter.id == above:
                continue
            if len(keys) >= RIPPLE_MAX:
                break
            key = order_key(letter.id, letter.written_at, keys[above])
            if key != keys.get(letter.id, before):
                keys[letter.id] = key
                waiting.append(letter.id)
    return keys


def _below(stack: list[bytes], own: bytes) -> list[bytes]:
    """Return a parent's stack without what is smaller than a child, and the child on top."""
    kept = [part for part in stack if part > own]
    return [*kept[: STACK_MAX - 1], own]


def _part(id: str, written_at: int) -> bytes:
    """Return a place as bytes of which none begins another, and which sort as the places do.

    A zero in an id is escaped, as it would else be taken for the end (the encoding of FoundationDB's tuples).
    """
    return written_at.to_bytes(_TIME_BYTES, "big") + id.encode().replace(b"\0", b"\0\xff") + _END


def _parts(key: bytes) -> list[bytes]:
    """Return the places of a key, largest first."""
    parts = []
    at = 0
    while at < len(key):
        end = key.index(_END, at + _TIME_BYTES) + len(_END)
        parts.append(key[at:end])
        at = end
    return parts
