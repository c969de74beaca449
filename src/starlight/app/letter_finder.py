"""The search in one person's letters, for the page: what the index proposes and the mailbox still has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlight.app.address_book import AddressBook
from starlight.live.letter_search import LetterSearch
from starlight.lookup.excerpt import excerpt, has_all
from starlight.lookup.question import LetterQuestion
from starlight.lookup.wanted import Wanted, names_match
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.group import is_group
from starlight.messages.letter import Letter
from starlight.messages.parts import PartKind
from starlight.views.mailbox import Person, Recipient
from starlight.views.search import FoundLetter, FoundTopic, Place, SearchView
from starlight.words import searching


class LetterFinder:
    """Searches in the letters of one person.

    Args:
        person: whose they are.
        box: returns the mailbox.
        search: of the node that it is at.
        book: what people are called.
    """

    def __init__(
        self, person: Person, box: Callable[[], Mailbox], search: LetterSearch, book: AddressBook
    ) -> None:
        self._person = person
        self._box = box
        self._search = search
        self._book = book

    async def find(self, words: str, asked: LetterQuestion, before: int | None, limit: int) -> SearchView:
        """Return what answers a question, the newest letters first; nothing where nothing is asked."""
        if asked.is_empty:
            return SearchView(words, (), (), (), note=searching.nothing_asked())
        box = self._box()
        # Stars come and go, so the index does not know them; there are few.
        starred = {each.id for each in box.index.marked("starred")} if asked.starred else None
        found = await self._search.find(self._person.address, asked, before, limit, self._readable, starred)
        letters = tuple(self._found(box, number, letter, asked.words) for number, letter in found.letters)
        named = [each for each in self._people(box) if names_match(each.name, asked.words)]
        others = dict.fromkeys(each.with_address for each in letters)
        people = {each.address: each for each in named} | {each: self._recipient(each) for each in others}
        topics = [each for each in box.topics.all() if names_match(each.name, asked.words)]
        return SearchView(
            words,
            letters,
            tuple(people.values()),
            tuple(each.address for each in named),
            found.letters[-1][0] if found.more and found.letters else None,
            searching.incomplete(found.standing),
            tuple(FoundTopic(each.topic.thread, each.name, each.topic.correspondent) for each in topics),
        )

    def _readable(self, letter_id: str) -> Letter | None:
        """Return a letter that is here and that its reader may see; else None."""
        box = self._box()
        if not box.index.has(letter_id) or box.index.entry(letter_id).hidden:
            return None
        return box.letter(letter_id)

    def _found(self, box: Mailbox, number: int, letter: Letter, asked: Sequence[Wanted]) -> FoundLetter:
        entry = box.index.entry(letter.id)
        place, text = _best_text(letter, asked)
        return FoundLetter(
            id=letter.id,
            with_address=entry.correspondent,
            from_name=self._book.entry(letter.sender).name,
            mine=letter.sender == box.address,
            written_at=letter.written_at,
            unread=entry.unread,
            place=place,
            excerpt=excerpt(text, asked),
            parts=tuple(dict.fromkeys(_kind(part.kind) for part in letter.parts)),
            thread=letter.thread,
            number=number,
        )

    def _people(self, box: Mailbox) -> list[Recipient]:
        """Return everyone who can be written to, and whose letters are here."""
        groups = (each.id for each in box.groups.all() if box.address in each.members)
        addresses = dict.fromkeys(
            [*(each.correspondent for each in box.conversations()), *groups, *self._book.addresses()]
        )
        return [self._recipient(each) for each in addresses if each != self._person.address]

    def _recipient(self, address: str) -> Recipient:
        group = self._box().groups.get(address) if is_group(address) else None
        if group is not None:
            return Recipient(address, group.name.text, "", "")
        return self._book.correspondent(address) or Recipient(address, address, "", "")


def _best_text(letter: Letter, asked: Sequence[Wanted]) -> tuple[Place, str]:
    """Return the text of a letter that has most of what was looked for, and which that is."""
    texts: list[tuple[Place, str]] = [("text", letter.text), ("topic", letter.thread_name)]
    for part in letter.parts:
        texts += [("name", part.name), ("transcript", part.transcript)]
    # The first of those with as many: the words of a letter come before the names of its files.
    return max(
        (each for each in texts if each[1]), key=lambda each: has_all(each[1], asked), default=texts[0]
    )


def _kind(kind: int) -> PartKind:
    return PartKind(kind) if kind in set(PartKind) else PartKind.FILE
