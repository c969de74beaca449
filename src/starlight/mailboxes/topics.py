"""The topics of one mailbox: named threads in its conversations, each with the name it was given last."""

from __future__ import annotations

import msgspec

from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.index_entries import Topic
from starlight.messages.letter import Letter
from starlight.messages.topic import TopicName
from starlight.node.application import Erase, Save

TOPIC = "topic/"


class NamedTopic(msgspec.Struct, frozen=True):
    """A topic and what it is called; empty where no letter that is here names it."""

    topic: Topic
    name: str


class Topics:
    """The topics of one mailbox.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records

    def name(self, thread: str) -> str:
        """Return what a topic is called; empty where no letter that is here names it."""
        known = self._decoded.read(self._address, TOPIC + thread, stored_format.TOPIC)
        return "" if known is None else known.text

    def has(self, correspondent: str, thread: str) -> bool:
        """Return whether a letter of a topic with a correspondent is here."""
        return bool(self._decoded.records.page(self._address, correspondent, None, 1, thread))

    def all(self) -> list[NamedTopic]:
        """Return all topics, the one with the latest letter first."""
        topics = self._decoded.records.topics(self._address)
        found = [NamedTopic(each, self.name(each.thread)) for each in topics]
        return sorted(found, key=lambda each: (-each.topic.last_at, each.topic.thread))

    def erase(self, thread: str) -> list[Erase]:
        """Erase the name of a topic, none of whose letters is here any more; nothing where it has none."""
        named = self._decoded.records.get(self._address, TOPIC + thread) is not None
        return [self._decoded.erase(self._address, TOPIC + thread)] if named else []

    def note(self, letter: Letter, written_at: int) -> list[Save]:
        """Keep the name that a letter gives its topic, unless a later letter has given another.

        Args:
            letter: it may give none.
            written_at: when it was written, as its place in the conversation has it, in ns.
        """
        if not letter.thread_name:
            return []
        known = self._decoded.read(self._address, TOPIC + letter.thread, stored_format.TOPIC)
        # By the letter that names it, not by when that came: so both ends call it the same.
        if known is not None and (known.written_at, known.letter) > (written_at, letter.id):
            return []
        name = TopicName(letter.thread_name, written_at, letter.id)
        save = Save(self._address, TOPIC + letter.thread, stored_format.TOPIC.encode(name))
        self._decoded.records.put(save)
        return [save]
