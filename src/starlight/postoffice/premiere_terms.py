"""The terms of a premiere: when the piece of a draft begins at each end, as its letter will say it."""

from __future__ import annotations

from starlight.dtntime import MILLISECOND, SECOND, to_text
from starlight.errors import InputError
from starlight.messages.awaited_name import is_name
from starlight.messages.draft import Draft
from starlight.messages.forecast import MessageForecaster
from starlight.messages.group import is_group
from starlight.messages.parts import Premiere, PremiereCode

VOICE = "voice"
"""The kind of parts that play."""


def premiere_of(draft: Draft, sender: str, forecaster: MessageForecaster, now: int) -> Premiere | None:
    """Return when the piece of a draft begins at both ends; None where it has no premiere.

    Args:
        draft: what is written.
        sender: the address that writes.
        forecaster: knows how long light takes.
        now: in ns.

    Raises:
        InputError: the moment has passed, there is not one piece that plays, nobody can say when the letter
            leaves or is open, or how long light takes.
    """
    at, where = draft.premiere_at, "premiere_at"
    if at is None:
        return None
    if at <= now:
        right = "Give a later moment, or none"
        raise InputError(f"the premiere at {to_text(at)} would have begun already", where=where, right=right)
    pieces = sum(part.kind == VOICE for part in draft.parts)
    if pieces != 1:
        what = "a premiere is of one voice or song"
        raise InputError(
            f"{what}, and {pieces or 'none'} goes with the letter", where=where, right="Send one"
        )
    if draft.hold or draft.after is not None or is_name(draft.to):
        what = "nobody can say when this letter leaves, so it can't promise a premiere"
        raise InputError(what, where=where, right="Send it without one, or without holding it")
    if draft.is_hidden and (draft.open_at is None or draft.open_at > at):
        what = "the letter would be hidden from its reader when its piece begins"
        raise InputError(what, where=where, right="Let it open earlier, or begin later")
    at -= at % MILLISECOND
    if draft.premiere_mode != PremiereCode.ONE_LIGHT_TIME_LATER.name.lower():
        return Premiere(at)
    if is_group(draft.to):
        what = "light takes another time to each of a group"
        raise InputError(what, where="premiere_mode", right="Let all begin at the same moment: each_clock")
    light = forecaster.light_time_at(sender, draft.to, at)
    if light is None:
        what = f"how long light takes to {draft.to} at {to_text(at)} is not known: the plan has no route then"
        raise InputError(what, where="premiere_mode", right="Let both begin at the same moment: each_clock")
    later = round(light * SECOND / MILLISECOND)
    return Premiere(at, PremiereCode.ONE_LIGHT_TIME_LATER, later_ms=later)
