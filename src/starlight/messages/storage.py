"""The room that a mailbox takes, and what was let go of it."""

from __future__ import annotations

import msgspec

from starlight.errors import InputError

DAYS_MAX = 100_000
"""Longer than anybody's letters are old, and within what times can hold."""


class Storage(msgspec.Struct, frozen=True):
    """The room that one mailbox takes.

    Attributes:
        letters, letters_max: how many there are, and may be.
        text_bytes, text_max_bytes: of their words, and of what is in them.
        media_bytes, media_max_bytes: of parts beside letters.
        releasable_parts, releasable_bytes: of those, what was at both ends and could be let go.
    """

    letters: int
    letters_max: int
    text_bytes: int
    text_max_bytes: int
    media_bytes: int
    media_max_bytes: int
    releasable_parts: int
    releasable_bytes: int


class Released(msgspec.Struct, frozen=True):
    """Parts that were let go, or would be, and their size in bytes."""

    parts: int
    bytes: int


class Erased(msgspec.Struct, frozen=True):
    """The outcome of erasing a conversation: how many letters are gone, and how many stay for now."""

    letters: int
    stay: int


class EraseOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order to erase the letters with a correspondent at this node.

    Attributes:
        of: the correspondent: an address or a group.
        sure: that it is meant, as nothing brings them back.
    """

    of: str
    sure: bool = False


class ReleaseOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order to let go of media that both ends had.

    Attributes:
        older_than_days: by when their letter was written or came.
        try_only: only tell what would be let go.
    """

    older_than_days: float
    try_only: bool = False

    def __post_init__(self) -> None:
        """Check that it is a number of days."""
        if not 0 <= self.older_than_days <= DAYS_MAX:
            right = f"Give a number from 0 to {DAYS_MAX}"
            raise InputError(f"{self.older_than_days} days", where="older_than_days", right=right)
