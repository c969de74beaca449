"""A sentence for people: text, and in it moments that are written only when it is known who reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter

import msgspec

from starlight.contacts import UNLIMITED_BPS
from starlight.dtntime import SECOND, to_text
from starlight.words.language import _

Names = Mapping[int, str]
"""The names that people call the nodes by; a node that is not in it is ``node 7``."""


class Moment(msgspec.Struct, frozen=True, gc=False):
    """A point in time inside a sentence.

    Attributes:
        at: in ns since 2000-01-01T00:00:00Z.
    """

    at: int


class Sentence(msgspec.Struct, frozen=True):
    """One or a few sentences, with their moments as values.

    Attributes:
        parts: text and moments, in order.
    """

    parts: tuple[str | Moment, ...]

    def text(self, tell: Callable[[int], str] | None = None) -> str:
        """Return the sentence as text.

        Args:
            tell: writes a moment, given in ns. [default: `utc_text`]
        """
        write = tell or utc_text
        return "".join(part if isinstance(part, str) else write(part.at) for part in self.parts)

    def __add__(self, other: Sentence) -> Sentence:
        """Return this sentence, a space, and another."""
        return Sentence((*self.parts, " ", *other.parts)) if self.parts and other.parts else self or other

    def __bool__(self) -> bool:
        """Return whether anything is said."""
        return bool(self.parts)


def fill(template: str, **facts: str | int | Moment | Sentence) -> Sentence:
    """Return a template of a catalogue as a sentence, in the language that is spoken.

    Args:
        template: English text with ``{name}`` where facts go, as for `str.format`.
        facts: by name. A number is a count and becomes text here; a `Moment` stays one, also inside a
            sentence that is set into this one.

    Raises:
        KeyError: the template names a fact that is not given.
    """
    parts: list[str | Moment] = []
    for text, name, form, _conversion in Formatter().parse(_(template)):
        parts.append(text)
        if name is None:
            continue
        # Facts are set in, never parsed again: a name with braces, or one that looks like a time, is text.
        fact = facts[name]
        if isinstance(fact, Sentence):
            parts += fact.parts
        elif isinstance(fact, Moment):
            parts.append(fact)
        else:
            parts.append(format(fact, form or ""))
    return Sentence(tuple(_joined(parts)))


def closed(text: str) -> Sentence:
    """Return words of others, such as a plan's notice, as a sentence: with a capital and a full stop."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return Sentence((text if text.endswith((".", "!", "?")) else text + ".",))


def name_of(node: int | None, names: Names) -> str:
    """Return what people call a node; None is one that nobody knows."""
    if node is None:
        return _("an unknown node")
    return names.get(node) or _("node {number}", number=node)


def bytes_text(count: int) -> str:
    """Return a number of bytes with its unit; what an unlimited rate carries is all."""
    return _("all") if count >= UNLIMITED_BPS else f"{count:,} B".replace(",", " ")


def utc_text(at: int) -> str:
    """Return a moment, in ns, as ISO 8601 in UTC: to the second, or the millisecond where it matters."""
    return to_text(at, 3 if at % SECOND else 0)


def _joined(parts: list[str | Moment]) -> list[str | Moment]:
    """Return parts with neighbouring texts as one, so that equal sentences are equal values."""
    found: list[str | Moment] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part:
            found.append(part)
    return found
