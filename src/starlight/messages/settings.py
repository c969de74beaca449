"""The choices of the owner of a mailbox for the pages that show it; kept with it, and never sent."""

from __future__ import annotations

from typing import Literal

import msgspec

BY_BROWSER = "browser"
"""The language is the one that the browser asks for."""


class Settings(msgspec.Struct, frozen=True):
    """The choices of a person; as it stands here, what holds until they choose.

    Everything that is off at first is `False`, so that a form's box that is not ticked says the same as a key
    that is left out.

    Attributes:
        language: a tag as in BCP 47, or `BY_BROWSER`.
        theme: of the pages; ``device`` is the one that the device asks for.
        letter_sound, urgent_sound: a letter, or an urgent one, is heard when it comes.
        distress_silent: a call for help is not heard, only seen.
        quiet_from, quiet_to: ``HH:MM`` by the person's own clock, between which nothing is heard and no count
            moves, on into the next day where the first is the later; both empty for never.
        quiet_distress: in these hours a call for help is not heard either.
    """

    language: str = BY_BROWSER
    theme: Literal["device", "dark", "light"] = "device"
    letter_sound: bool = False
    urgent_sound: bool = False
    distress_silent: bool = False
    quiet_from: str = ""
    quiet_to: str = ""
    quiet_distress: bool = False


AT_FIRST = Settings()
"""What holds where nothing was chosen."""
