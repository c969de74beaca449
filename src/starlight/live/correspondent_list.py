"""The list of a mailbox's correspondents, for people: entries are hidden and shown, durably on return."""

from __future__ import annotations

from starlight.errors import InputError
from starlight.live.open_office import OpenOffice
from starlight.messages.conversation import HiddenEntry, HideOrder
from starlight.messages.course import letter_of_course
from starlight.messages.delivery import WITHDRAWABLE, DeliveryState
from starlight.messages.standing import least_far
from starlight.node.application import Request


class CorrespondentList:
    """Hides and shows entries in the lists of a node's mailboxes.

    Args:
        open_office: the mailboxes of the node.
    """

    def __init__(self, open_office: OpenOffice) -> None:
        self._office, self._moment, self._carry_out = open_office

    async def hide(self, address: str, order: HideOrder) -> HiddenEntry:
        """Hide a correspondent of a mailbox until a letter comes from there or is written to it, or show it.

        Raises:
            InputError: no such mailbox, or too many are hidden.
            StoreError: the disk refused.
        """
        now, box = self._moment(), self._office.mailbox(address)
        waiting = self._waiting(address, order.of)
        requests: list[Request] = list(
            box.hidden.hide(order.of) if order.hidden else box.hidden.show(order.of)
        )
        for letter in waiting if order.withdraw else ():
            try:
                requests += self._office.outbox.withdraw(address, letter, now)
            except InputError:
                continue  # A link may have taken it by now, so it is no letter that never left.
        await self._carry_out(requests, now)
        found = (box.outgoing.courses(id) for id in waiting)
        states = [least_far(courses).dispatch.state for courses in found if courses]
        withdrawn, left = states.count(DeliveryState.WITHDRAWN), len(self._waiting(address, order.of))
        return HiddenEntry(order.of, order.of in box.hidden, withdrawn, left)

    def _waiting(self, address: str, of: str) -> list[str]:
        """Return the letters of a mailbox that wait here to leave for an address, by id."""
        found = {
            letter_of_course(id): None
            for id, correspondent, sent in self._office.mailbox(address).outgoing.open()
            if correspondent == of and sent.dispatch.state in WITHDRAWABLE
        }
        return list(found)
