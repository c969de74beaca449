"""The sound of a distress call that the page ships is the one that its program makes."""

from __future__ import annotations

from tests.web.distress_sound import SHIPPED, sound


def test_the_sound_is_what_its_program_makes() -> None:
    """What is shipped is synthesised here, byte for byte."""
    assert SHIPPED.read_bytes() == sound()
