"""The letter that another answers, quoted above it: enough to know it again."""

from __future__ import annotations

import msgspec

from starlight.messages.letter import Letter, MediaTime

QUOTED_MAX = 120
"""Characters of a letter that are quoted above its answer: enough to know it again."""


class Quote(msgspec.Struct, frozen=True):
    """The letter that another answers, as far as is needed to know which it is.

    Attributes:
        id: of it.
        from_address, from_name: whose it is.
        text: its first words on a line; of a letter without words the names of its parts. Empty where it is
            not here, or says neither.
        here: it is in this mailbox.
    """

    id: str
    from_address: str = ""
    from_name: str = ""
    text: str = ""
    here: bool = False


def quoted(id: str, letter: Letter | None) -> Quote:
    """Return a letter that another answers; `letter` is None where it is not here."""
    if letter is None:
        return Quote(id)
    words = " ".join(letter.text[: 4 * QUOTED_MAX].split())
    words = words or ", ".join(part.name or part.media_type for part in letter.parts)
    text = words if len(words) <= QUOTED_MAX else words[: QUOTED_MAX - 1] + "…"
    return Quote(id, letter.sender, text=text, here=True)


def pinned(letter: Letter, about: Letter | None) -> MediaTime | None:
    """Return the moment of a part of the letter that is answered, to which an answer is pinned.

    It is none where that letter is not here, or has no such moment, whatever its author says.
    """
    moment = letter.media_time
    if moment is None or about is None or moment.part >= len(about.parts):
        return None
    lasts = about.parts[moment.part].duration_ms
    return moment if lasts is None or moment.at_ms <= lasts else None
