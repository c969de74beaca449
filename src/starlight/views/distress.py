"""Distress calls as a person sees them, their own and those of others, and the orders about them."""

from __future__ import annotations

from typing import Annotated, Protocol

import msgspec

from starlight.json_time import Time
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.draft import Address
from starlight.messages.letter import Position, Reading


class CallCourseView(msgspec.Struct, frozen=True):
    """A call on its way to one of those whom it is for.

    Attributes:
        to, name, place: who that is.
        letter: the id of the letter that carries it there.
        state, certainty: where that is now, and how it is known.
        leaves: when it leaves, or left; None where nobody knows.
        arrives: when it is expected, or arrived; None where nobody knows.
        arrival_confirmed: a receipt says that it is there; a person may not have seen it.
        answer_at: when word of it can be here at the earliest; None where none can come.
        seen_at: when that person's page had it on screen, as a receipt says; None where none has come.
        answered_at, answered_known_at: when that person wrote the answer, and when it was known here.
    """

    to: str
    name: str
    place: str
    letter: str
    state: DeliveryState
    certainty: Certainty
    leaves: Time | None
    arrives: Time | None
    arrival_confirmed: bool
    answer_at: Time | None
    seen_at: Time | None = None
    answered_at: Time | None = None
    answered_known_at: Time | None = None


class OwnCallView(msgspec.Struct, frozen=True):
    """The last call that a person raised.

    Attributes:
        call: its id.
        state: ``raised``, ``acknowledged`` or ``cancelled``.
        raised_at: when.
        text: its words; may be empty.
        position: latitude and longitude in degrees that went with it, or None.
        readings: of oxygen that went with it, and how old they were: ``age_s``.
        courses: where it is on its way to each.
        heard_at: when it can be heard at the earliest, or was; None where no arrival is foreseen.
        heard_confirmed: a receipt says that it is there.
        answer_at: when an answer can be here at the earliest; None where none can.
        acknowledged_by, acknowledged_by_name: the first person who answered; empty as long as nobody has.
        acknowledged_at, known_at: when that was written, and when it was known here.
        cancelled_at: when the person ended it.
        repeats: how often it was sent again.
        repeated_at: when that was last.
    """

    call: str
    state: str
    raised_at: Time
    text: str
    position: Position | None
    readings: dict[str, Reading]
    courses: tuple[CallCourseView, ...]
    heard_at: Time | None
    heard_confirmed: bool
    answer_at: Time | None
    acknowledged_by: str = ""
    acknowledged_by_name: str = ""
    acknowledged_at: Time | None = None
    known_at: Time | None = None
    cancelled_at: Time | None = None
    repeats: int = 0
    repeated_at: Time | None = None


class HeardCallView(msgspec.Struct, frozen=True):
    """A call of somebody else that the person has not acknowledged.

    Attributes:
        call: its id.
        caller, name, place, world: whose it is.
        letter: the id of the letter that told it.
        text: its words; may be empty.
        raised_at: when it was raised, by the caller's clock.
        arrived_at: when it was here first.
        copies: how often it came.
        position, readings: as of one's own.
        known_at: when the caller can know, if it is acknowledged now; None where no way back is planned.
        answered_by, answered_by_name: who else has acknowledged it, as this node or the caller's says; empty
            as long as nobody has.
            It is told quietly then, until the person has as well or dismisses it.
        answered_at: when they did.
    """

    call: str
    caller: str
    name: str
    place: str
    world: str
    letter: str
    text: str
    raised_at: Time
    arrived_at: Time
    copies: int
    position: Position | None
    readings: dict[str, Reading]
    known_at: Time | None
    answered_by: str = ""
    answered_by_name: str = ""
    answered_at: Time | None = None


class DistressView(msgspec.Struct, frozen=True):
    """All that a person is to know of distress calls.

    Attributes:
        own: the last that the person raised, or None.
        heard: those of others that the person has neither acknowledged nor dismissed, the oldest first.
        calls: names of those who a call would go to.
        position, readings: what would go with it, as of one's own.
    """

    own: OwnCallView | None = None
    heard: tuple[HeardCallView, ...] = ()
    calls: tuple[str, ...] = ()
    position: Position | None = None
    readings: dict[str, Reading] = {}

    @property
    def stands(self) -> bool:
        """Return whether the person's own call stands: neither acknowledged nor cancelled."""
        return self.own is not None and self.own.state == "raised"


Words = Annotated[str, msgspec.Meta(max_length=1_000)]


class CallWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that raises or cancels a call: words, if there are any."""

    text: Words = ""


class CallAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that acknowledges a call.

    Attributes:
        caller: the address of whose it is.
        call: its id.
        text: words, if there are any.
    """

    caller: Address
    call: str
    text: Words = ""


class CallDismissal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that takes a call off a person's page which somebody else has answered: whose, and its id."""

    caller: Address
    call: str


class CallDesk(Protocol):
    """The distress calls of one person, and those that reached them."""

    async def view(self) -> DistressView:
        """Return all that is to be known of them now."""
        ...

    async def call(self, order: CallWords) -> OwnCallView:
        """Raise a call; where one stands, return that; InputError where nobody can be called."""
        ...

    async def cancel(self, order: CallWords) -> OwnCallView:
        """End the person's own call, which everybody who got it is told; InputError where there is none."""
        ...

    async def acknowledge(self, order: CallAnswer) -> DistressView:
        """Tell a caller that a person has heard; InputError where no such call is here, or it is over."""
        ...

    async def dismiss(self, order: CallDismissal) -> DistressView:
        """Tell the person no more of a call; InputError where nobody at the node has answered it."""
        ...
