"""Letters in each of their states, as a mailbox shows them."""

from __future__ import annotations

import msgspec

from starlight.dtntime import from_text
from starlight.messages.delivery import Certainty, DeliveryState, Fact
from starlight.messages.letter_view import LetterView

START = from_text("2051-04-02T05:21:00Z")
CONFIRMED, PREDICTED, IN_DOUBT = Certainty.CONFIRMED, Certainty.PREDICTED, Certainty.IN_DOUBT
QUEUED, DEPARTED, IN_FLIGHT = DeliveryState.QUEUED, DeliveryState.DEPARTED, DeliveryState.IN_FLIGHT
ARRIVED, READ = DeliveryState.ARRIVED, DeliveryState.READ
EXPIRED, WITHDRAWN = DeliveryState.EXPIRED, DeliveryState.WITHDRAWN


def letter(state: DeliveryState, certainty: Certainty, *facts: Fact, **more: object) -> LetterView:
    """Return a letter that was written here at START, with what else is to be in it."""
    base = LetterView(
        id="1",
        thread="1",
        from_address="ipn:7.1",
        from_name="Jay",
        to_address="ipn:21.1",
        to_name="Nan-young",
        text="Hi",
        written_at=START,
        mine=True,
        state=state,
        certainty=certainty,
        facts=facts,
    )
    return msgspec.structs.replace(base, **more)
