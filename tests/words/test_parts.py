"""Where a part of a letter is, in words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from starlight.messages.delivery import Certainty, DeliveryState, TimeDoubt
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.part_view import PartView
from starlight.words.parts import part_text

NOW = 1000
FILE = PartView(
    number=0, kind="file", media_type="text/plain", name="a.txt", size_bytes=48_000, here_bytes=48_000
)
WAITS = replace(FILE, state=DeliveryState.QUEUED, leaves=2000, expected=3000)
TRAVELS = replace(FILE, state=DeliveryState.DEPARTED, left_bytes=48_000, leaves=500, expected=3000)
EXPIRED = replace(FILE, state=DeliveryState.EXPIRED, ended=900)
CONFIRMED, PREDICTED, IN_DOUBT = Certainty.CONFIRMED, Certainty.PREDICTED, Certainty.IN_DOUBT


@pytest.mark.parametrize(
    ("part", "said", "certainty"),
    [
        (FILE, "", CONFIRMED),
        (replace(FILE, here_bytes=12_000), "12 000 of 48 000 bytes are here, the rest is to come", PREDICTED),
        (
            replace(FILE, here_bytes=12_000, given_up=True),
            "12 000 of 48 000 bytes are here; the rest is asked for no more, but may come yet",
            IN_DOUBT,
        ),
        (WAITS, "waits here, expected to leave {}", PREDICTED),
        (replace(WAITS, leaves=500), "waits here", PREDICTED),
        (replace(WAITS, in_doubt=True), "safe here, leaves when there is contact", IN_DOUBT),
        (TRAVELS, "expected there {}", PREDICTED),
        (replace(TRAVELS, expected=900), "should be there since {}", PREDICTED),
        (replace(TRAVELS, expected=None), "on its way", PREDICTED),
        (replace(TRAVELS, in_doubt=True), "was expected there {}, in doubt", IN_DOUBT),
        (
            replace(TRAVELS, left_bytes=12_000),
            "12 000 of 48 000 bytes have left, expected there {}",
            PREDICTED,
        ),
        (replace(FILE, state=DeliveryState.ARRIVED, arrived=900), "arrived {}, confirmed", CONFIRMED),
        (
            replace(FILE, state=DeliveryState.ARRIVED, arrived=900, doubt=TimeDoubt.FROM_FUTURE),
            "arrived {}, by a clock that was ahead of the one here",
            IN_DOUBT,
        ),
        (EXPIRED, "ended {}", CONFIRMED),
        (replace(EXPIRED, state=DeliveryState.WITHDRAWN), "withdrawn {}", CONFIRMED),
    ],
)
def test_where_a_part_is(part: PartView, said: str, certainty: Certainty) -> None:
    """How much is here or has left, what is expected, in doubt, or over."""
    text = part_text(part, NOW)
    assert text.said.text(lambda at: "{}").replace("\u202f", " ") == said
    assert text.certainty is certainty
    assert not text.why


@pytest.mark.parametrize(
    ("part", "trouble", "why"),
    [
        (WAITS, Trouble(TroubleCode.NO_ROOM), "There is no room for it where it goes to"),
        (EXPIRED, Trouble(TroubleCode.NOT_KEPT, "lifetime_expired"), "The node could not keep it"),
        (EXPIRED, Trouble(TroubleCode.DAMAGED), "it is set aside"),
    ],
)
def test_why_a_part_waits_or_has_ended(part: PartView, trouble: Trouble, why: str) -> None:
    """The reason stands at the part itself."""
    assert why in part_text(replace(part, trouble=trouble), NOW).why.text()
