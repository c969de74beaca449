"""The room for letters that are recorded for people who have no address yet."""

from __future__ import annotations

from starlight.errors import InputError
from starlight.messages.awaited_name import name_in
from starlight.postoffice.open_letters import OpenLetters

RECORDED_MAX = 64
"""Letters that wait for one name: all of them leave in one commit."""

NAMES_MAX = 64
"""Names that letters of one mailbox wait for: more children than a family has."""


def require_room(letters: OpenLetters, address: str, name: str) -> None:
    """Refuse one more letter for a name.

    Args:
        letters: those that are open.
        address: of the mailbox that writes.
        name: such as ``name:Ada``.

    Raises:
        InputError: too many wait for it, or for too many names.
    """
    waiting: dict[str, int] = {}
    for each in letters.held(address):
        if each.sent.held is not None and each.sent.held.awaits is not None:
            waiting[each.to] = waiting.get(each.to, 0) + 1
    if waiting.get(name, 0) >= RECORDED_MAX:
        what = f"{RECORDED_MAX} letters wait for {name_in(name)} already"
        raise InputError(what, where="to", right="Take some back, or give the address")
    if name not in waiting and len(waiting) >= NAMES_MAX:
        right = "Give some of them an address first"
        raise InputError(f"letters wait for {NAMES_MAX} names already", where="to", right=right)
