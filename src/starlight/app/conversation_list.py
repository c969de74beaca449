"""The list of one person's conversations: who is in it, in which order, and who was taken off it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlight.app.address_book import AddressBook
from starlight.app.address_book import Entry as BookEntry
from starlight.errors import InputError
from starlight.live.mail_service import MailService
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.awaited_name import is_name, name_in
from starlight.messages.conversation import Conversation, HiddenEntry, HideOrder
from starlight.messages.group import is_group
from starlight.messages.letter_view import LetterView
from starlight.views.forecasts import ReachView, reach_view
from starlight.views.mailbox import ConversationView

Entry = tuple[str, Conversation | None]


class ConversationList:
    """The conversations of one person.

    Args:
        owner: the address of the mailbox.
        mail: of the node that it is at.
        book: what people are called.
        titles: what nodes are called, by number.
        letter: returns a letter of the mailbox for people, by id.
    """

    def __init__(
        self,
        owner: str,
        mail: MailService,
        book: AddressBook,
        titles: Mapping[int, str],
        letter: Callable[[str], LetterView],
    ) -> None:
        self._owner = owner
        self._mail = mail
        self._book = book
        self._titles = titles
        self._letter = letter

    def shown(self) -> tuple[ConversationView, ...]:
        """Return those in the list: with letters, the latest first, then all others by name."""
        return tuple(self._view(each) for each in self._entries(hidden=False))

    def hidden(self) -> tuple[ConversationView, ...]:
        """Return those that were taken off it, in the same order."""
        return tuple(self._view(each) for each in self._entries(hidden=True))

    def called(self, correspondent: str) -> str:
        """Return what people call a correspondent, by address or group."""
        return self._entry(correspondent).name

    def opens_at(self) -> str:
        """Return the address of the correspondent whom the mailbox opens at; empty where there is nobody."""
        return next((address for address, _ in self._entries(hidden=False)), "")

    async def hide(self, order: HideOrder) -> HiddenEntry:
        """Take a correspondent off the list, or put one back; again changes nothing.

        Raises:
            InputError: nobody of that address is in the list or was taken off it, or letters to one who is
                put back are to be withdrawn.
        """
        if order.withdraw and not order.hidden:
            right = "Withdraw the letters, or hide their reader"
            raise InputError("letters to who is put back are not withdrawn", where="withdraw", right=right)
        shown, hidden = ([each for each, _ in self._entries(hidden=hidden)] for hidden in (False, True))
        if order.of not in (*shown, *hidden):
            right = (
                f"There are: {', '.join((*shown, *hidden)[:20])}" if shown or hidden else "There is nobody"
            )
            raise InputError(f"nobody of the address {order.of!r} is in the list", where="of", right=right)
        return await self._mail.correspondents.hide(self._owner, order)

    def _entries(self, *, hidden: bool) -> list[Entry]:
        box = self._mail.mailbox(self._owner)
        kept = {each.correspondent: each for each in box.conversations()}
        groups = [each.id for each in box.groups.all() if self._owner in each.members]
        addresses = dict.fromkeys([*kept, *groups, *self._book.addresses()])
        # The book lists everyone, the owner of the mailbox as well.
        found = [
            (each, kept.get(each))
            for each in addresses
            if each != self._owner and (each in box.hidden) is hidden
        ]

        def order(one: Entry) -> tuple[int, str]:
            # By name where nobody has written yet, so that the order does not jump about.
            address, held = one
            return -(held.last_at or 0) if held else 0, self._entry(address).name

        return sorted(found, key=order)

    def _view(self, one: Entry) -> ConversationView:
        address, held = one
        entry, box = self._entry(address), self._mail.mailbox(self._owner)
        return ConversationView(
            address=address,
            name=entry.name,
            place=entry.place,
            world=entry.world,
            letters=held.letters if held else 0,
            unread=held.unread if held else 0,
            last_at=held.last_at if held else None,
            reach=self._reach(address),
            last=_last(box, address, self._letter),
        )

    def _entry(self, address: str) -> BookEntry:
        """Return who is at an address; a group is called by its name, and its place is who is in it."""
        if not is_group(address):
            known = self._mail.mailbox(self._owner).given.called(address)
            if known is None or self._book.correspondent(address) is not None:
                return self._book.entry(address)
            # Known by the name that letters were recorded for.
            return BookEntry(name_in(known), "", "")
        group = self._mail.mailbox(self._owner).groups.get(address)
        if group is None:
            return BookEntry("A group that is not known here", "", "")
        others = [self._book.entry(each).name for each in group.members if each != self._owner]
        return BookEntry(group.name.text, ", ".join(others), "")

    def name_and_place(self, address: str) -> tuple[str, str]:
        """Return what people call a correspondent, by address or group, and where that is."""
        found = self._entry(address)
        return found.name, found.place

    def _reach(self, address: str) -> ReachView | None:
        if is_name(address):
            return None
        group = self._mail.mailbox(self._owner).groups.get(address) if is_group(address) else None
        if is_group(address) and group is None:
            return None
        return reach_view(self._mail.reach(self._owner, address), self._titles)


def _last(box: Mailbox, address: str, letter: Callable[[str], LetterView]) -> LetterView | None:
    return next((letter(each.id) for each in box.page(address, None, 1).letters), None)
