"""Acts of letters, as far as they matter to those that they are about (`letter.Act`)."""

from __future__ import annotations

from starlight.messages.conversation_order import thread_of
from starlight.messages.letter import Act, Letter


def topic_of(letter: Letter) -> str:
    """Return the topic that a letter belongs to; empty for the usual thread of its conversation."""
    usual = letter.group or thread_of(letter.sender, letter.to)
    return "" if letter.thread == usual else letter.thread


def says_nothing(letter: Letter) -> bool:
    """Return whether a letter is nothing but what it does to another: shown there, and nowhere else."""
    act = letter.act in (Act.COPY, Act.OBSOLETE, Act.WITHDRAWN) and letter.reply_to is not None
    return act and not letter.text.strip() and not letter.parts


def answers(letter: Letter) -> bool:
    """Return whether a letter is an answer to a question that it replies to: a copy alone is none."""
    return letter.reply_to is not None and letter.act not in (Act.COPY, Act.OBSOLETE, Act.WITHDRAWN)
