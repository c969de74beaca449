"""The distress calls of the fake: one person calls another, and everything is known at once."""

from __future__ import annotations

from msgspec.structs import replace

from starlight.errors import InputError
from starlight.views.distress import (
    CallAnswer,
    CallDesk,
    CallDismissal,
    CallWords,
    DistressView,
    HeardCallView,
    OwnCallView,
)


class FakeCalls(CallDesk):
    """The calls of anybody."""

    def __init__(self) -> None:
        self.known = DistressView(calls=("Joo Nan-young", "Crew"))

    def come(self, call: HeardCallView) -> None:
        """Let a call of somebody else be here."""
        self.known = replace(self.known, heard=(*self.known.heard, call))

    async def view(self) -> DistressView:
        return self.known

    async def call(self, order: CallWords) -> OwnCallView:
        if self.known.own is None or self.known.own.state != "raised":
            own = OwnCallView("c" * 32, "raised", 10**18, order.text, None, {}, (), None, False, None)
            self.known = replace(self.known, own=own)
        assert self.known.own is not None
        return self.known.own

    async def cancel(self, order: CallWords) -> OwnCallView:
        if self.known.own is None:
            raise InputError("no call for help was raised here", where="distress")
        own = replace(self.known.own, state="cancelled", cancelled_at=10**18)
        self.known = replace(self.known, own=own)
        return own

    async def acknowledge(self, order: CallAnswer) -> DistressView:
        return self._without(order.caller, order.call)

    async def dismiss(self, order: CallDismissal) -> DistressView:
        return self._without(order.caller, order.call)

    def _without(self, caller: str, call: str) -> DistressView:
        left = tuple(each for each in self.known.heard if (each.caller, each.call) != (caller, call))
        if left == self.known.heard:
            raise InputError(f"no call {call!r} of {caller} is here", where="call")
        self.known = replace(self.known, heard=left)
        return self.known
