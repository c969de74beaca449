"""One person's topics and marks as the page shows and sets them, over the mail service of their node."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlight.live.mail_service import MailService
from starlight.mailboxes.index_entries import Topic
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.letter_view import LetterView
from starlight.views.topics import MarkedLetters, ReminderOrder, StarOrder, TopicView

MARKED_SHOWN = 100
"""Letters with one mark that are told at once; of more, the latest."""


class NodeTopicDesk:
    """The topics and marks of one person.

    Args:
        address: of the mailbox.
        mail: of the node that it is at.
        letter: returns a letter of the mailbox for people, by id.
        called: returns what people call a correspondent, by address or group.
    """

    def __init__(
        self,
        address: str,
        mail: MailService,
        letter: Callable[[str], LetterView],
        called: Callable[[str], str],
    ) -> None:
        self._address = address
        self._mail = mail
        self._letter = letter
        self._called = called

    async def all(self) -> tuple[TopicView, ...]:
        """Return the topics of all conversations, the one with the latest letter first."""
        return tuple(
            TopicView(
                each.topic.thread,
                each.name,
                each.topic.correspondent,
                self._called(each.topic.correspondent),
                each.topic.letters,
                each.topic.unread,
                each.topic.asks,
                each.topic.last_at,
                not each.name and self._is_call(each.topic),
            )
            for each in self._box().topics.all()
        )

    async def marked(self) -> MarkedLetters:
        """Return the letters with open questions, stars and reminders."""
        box = self._box()
        reminders = sorted(box.marks.reminders().items(), key=lambda one: one[1])
        return MarkedLetters(
            questions=self._shown(entry.id for entry in box.index.marked("asks")),
            starred=self._shown(entry.id for entry in box.index.marked("starred")),
            reminders=self._shown(id for id, _ in reminders[:MARKED_SHOWN] if box.index.has(id)),
        )

    async def star(self, letter: str, order: StarOrder) -> LetterView:
        """Put a star to a letter, or take it away."""
        await self._mail.star(self._address, letter, starred=order.starred)
        return self._letter(letter)

    async def remind(self, letter: str, order: ReminderOrder) -> LetterView:
        """Set when to be reminded of a letter."""
        await self._mail.remind(self._address, letter, order.at)
        return self._letter(letter)

    def _is_call(self, topic: Topic) -> bool:
        """Return whether a topic is what was written about one distress call: all its letters are."""
        box = self._box()
        last = box.page(topic.correspondent, limit=1, topic=topic.thread).letters
        return any(letter.distress is not None for letter in last)

    def _box(self) -> Mailbox:
        return self._mail.mailbox(self._address)

    def _shown(self, ids: Iterable[str]) -> tuple[LetterView, ...]:
        return tuple(self._letter(id) for id in list(ids)[-MARKED_SHOWN:])
