"""The kinds of what leaves."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.messages.helpers import JAY

from starlight.messages.letter import Distress, Letter
from starlight.messages.parts import Part, PartKind
from starlight.messages.queue import EntryKind, entry_kind

WORDS = Letter(id="a", thread="t", sender=JAY, to="ipn:21.1", written_at=0, text="Hello")
PARTS = tuple(Part(kind=kind, size=1) for kind in (PartKind.VOICE, PartKind.PICTURE, PartKind.VIDEO, 99))


@pytest.mark.parametrize(
    ("letter", "part", "kind"),
    [
        (WORDS, None, EntryKind.LETTER),
        (replace(WORDS, group="group:1"), None, EntryKind.GROUP),
        (replace(WORDS, parts=PARTS), None, EntryKind.LETTER),
        (replace(WORDS, text="", parts=PARTS, group="group:1"), None, EntryKind.VOICE),
        (replace(WORDS, text="", parts=PARTS[2:]), None, EntryKind.FILE),
        (replace(WORDS, parts=PARTS), 1, EntryKind.PICTURE),
        (replace(WORDS, parts=PARTS), 3, EntryKind.FILE),
        (replace(WORDS, parts=PARTS), 4, EntryKind.FILE),
        (replace(WORDS, distress=Distress()), None, EntryKind.DISTRESS),
    ],
)
def test_each_entry_has_its_kind(letter: Letter, part: int | None, kind: EntryKind) -> None:
    """Words are a letter, a part is what it plays as, and a call for help is one before all else."""
    assert entry_kind(letter, part) == kind
