"""The groups of the people at one node: founded, changed, told to others and kept in step with theirs.

Theory of operation. Whoever changes a group tells its new state to each node that has members, in one bundle
each; at that node every member's mailbox takes it. A bundle may be lost with a relay, and a node may have
been off for a year. So a letter to a group says which state its author knows (a digest); whoever gets one
that is not its own tells its own state back, once a day for each that it meets, and whoever gets a state
takes what is new in it and answers in the same way. So states meet wherever letters do, and then fall silent.

A state is believed from those who are or were members of the group as it is known here; who is not tells
nothing and is told nothing. Of a group that is not known here it is taken from a member who counts the
mailbox's owner among its people.

A letter to a group from somebody who is not in it, by the state that is known where it comes, stands with its
author until a state is known that has the author in it (`stands_with`). Membership may just be late; and who
never was a member puts nothing before the others as if it came from one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from starlight.dtntime import DAY, MILLISECOND, YEAR
from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages import group as states
from starlight.messages.format import encode_message
from starlight.messages.group import NONCE_BYTES, Group
from starlight.messages.group_keys import GroupNews
from starlight.messages.letter import Letter
from starlight.messages.wire_values import Envelope
from starlight.node.application import Erase, Request, Save, Submit
from starlight.postoffice.addresses import Addresses
from starlight.postoffice.group_nodes import GroupNodes
from starlight.postoffice.node_mailboxes import NodeMailboxes

NEWS_LIFETIME = YEAR
"""A state outlives a conjunction; afterwards the next letter to the group brings it up again."""

KEPT_AHEAD = 2 * states.AHEAD
"""What is kept was changed here too, so its numbers may be a little beyond those that are taken. Greater ones
are in records that were written before there was a bound."""

LATE_MAX = 256
"""So many last letters to a group that stand with somebody move there once this one is known to be in it.
More do not come before the news of a membership; whoever sends more has them stay where they are."""

ANSWERED_AGAIN = DAY
"""What is told back may be lost as well. So it is told once more when the same is met later; two whose states
never meet, as one of them lies, cost each other a bundle a day and no more."""

ANSWERED_MAX = 4096
"""States of others that were answered and are remembered; beyond, some are answered once more."""


class Groups:
    """The groups of all mailboxes of one node.

    Args:
        addresses: of the node.
        mailboxes: of the node.
        entropy: returns so many random bytes, of which the ids of groups are made.
        nodes: of their people.
    """

    def __init__(
        self,
        addresses: Addresses,
        mailboxes: NodeMailboxes,
        entropy: Callable[[int], bytes],
        nodes: GroupNodes,
    ) -> None:
        self._nodes = nodes
        self._addresses = addresses
        self._mailboxes = mailboxes
        self._entropy = entropy
        self._answered: dict[tuple[str, str, str, bytes], int] = {}

    # What people do.

    def found(self, address: str, name: str, members: Iterable[str], now: int) -> tuple[Group, list[Request]]:
        """Found a group of a mailbox's owner and others; return it, and what tells it to them.

        Raises:
            InputError: no such mailbox, too many members, or one is no address.
        """
        mailbox = self._mailboxes.at(address)
        group = states.founded(mailbox.address, self._entropy(NONCE_BYTES), name, members)
        return group, self._changed(mailbox, group, (), now)

    def change(
        self,
        address: str,
        id: str,
        name: str | None,
        added: Iterable[str],
        removed: Iterable[str],
        now: int,
    ) -> tuple[Group, list[Request]]:
        """Rename a group, add people to it and remove some, in one act; oneself to leave it.

        Args:
            address: of the mailbox of who changes it.
            id: of the group.
            name: another name; None to keep it.
            added, removed: addresses.
            now: in ns.

        Raises:
            InputError: no such group, a name that is none, too many members, or one is no address, or no
                member.
        """
        mailbox = self._mailboxes.at(address)
        before = states.counted(mailbox.groups.at(id), now, KEPT_AHEAD)
        group = before if name is None else states.renamed(before, mailbox.address, name)
        group = states.with_members(group, mailbox.address, added, removed)
        if group == before:
            return group, []
        gone = [each for each in before.members if each not in group.members]
        return group, self._changed(mailbox, group, gone, now)

    # What comes.

    def news_came(self, address: str, source: str, news: GroupNews, now: int) -> tuple[str, list[Request]]:
        """Take a message about a group that came for a mailbox.

        Returns:
            Why it is refused, empty where it is not; and what follows.
        """
        here = self._mailboxes[address]
        if news.state is None:
            return self._asked(here, source, news.group, now)
        boxes = self._mailboxes.values()
        others = [box for box in boxes if box is not here and box.address in news.state.people]
        rules, requests = [], list[Request]()
        for mailbox in (here, *others):
            rule, follows = self._merged(mailbox, source, news.state, now)
            rules.append(rule)
            requests += follows
        # Refused only where nobody here believes it.
        return ("" if "" in rules else rules[0]), requests

    def letter_came(self, mailbox: Mailbox, letter: Letter, now: int) -> list[Request]:
        """Return what is told to the author of a letter to a group, if that has another state of it."""
        known = mailbox.groups.get(letter.group)
        if known is None:
            return self._tell(mailbox, letter.group, None, letter.sender, letter.membership, now)
        # A clock that is ahead must not keep what is told after it from counting.
        told_at = min(letter.written_at, now)
        met = list[Request](mailbox.groups.met(known, letter.sender, letter.membership, told_at))
        if known.digest == letter.membership or letter.sender not in known.people:
            return met
        return [*met, *self._tell(mailbox, known.id, known, letter.sender, letter.membership, now)]

    def readers_here(self, mailbox: Mailbox, letter: Letter) -> list[Mailbox]:
        """Return the mailboxes of a letter's other readers at this node than the one that it came for.

        A reader who has not opened a mailbox yet gets one, closed, as long as there is room for some.
        """
        others = [each for each in letter.readers if each != mailbox.address and self._is_here(each)]
        found = (self._mailboxes.of_reader(each) for each in others)
        return [each for each in found if each is not None]

    def stands_with(self, mailbox: Mailbox, letter: Letter) -> str:
        """Return in which conversation a letter that comes stands in a mailbox; empty for that which it says.

        One to a group by somebody who is not in it and never was, by what is known here, stands with its
        author; the group is told nothing by strangers.
        """
        if not letter.group or letter.sender == mailbox.address:
            return ""
        known = mailbox.groups.get(letter.group)
        return letter.group if known is not None and letter.sender in known.people else letter.sender

    def shared(self, mailbox: Mailbox, other: Mailbox, id: str) -> list[Save]:
        """Let a member's mailbox know a group as another at this node does, where it does not know it."""
        known = mailbox.groups.get(id)
        if known is None or other.address not in known.people or other.groups.get(id) is not None:
            return []
        try:
            return [other.groups.put(known)]
        except InputError:
            return []  # It knows too many.

    def _is_here(self, address: str) -> bool:
        try:
            return states.member(address) == address and self._addresses.is_own(address)
        except InputError:
            return False

    def _asked(self, mailbox: Mailbox, source: str, id: str, now: int) -> tuple[str, list[Request]]:
        """Tell a state to a member who does not have it."""
        known = mailbox.groups.get(id)
        if known is None or source not in known.people:
            return f"{source} asks for a group that it is not in", []
        return "", self._tell(mailbox, id, known, source, b"", now)

    def _merged(self, mailbox: Mailbox, source: str, state: Group, now: int) -> tuple[str, list[Request]]:
        """Take what is new in a state; return why not, or nothing, and what follows."""
        known = mailbox.groups.get(state.id)
        if known is None and not state.founder:
            return f"{state.id} is a group that no file here declares", []
        if source not in (known or state).people or mailbox.address not in state.people:
            return f"a state of {state.id} from {source}, who is not in it", []
        ours = None if known is None else states.counted(known, now, KEPT_AHEAD)
        taken = states.counted(state, now, known=ours)
        now_known = taken if ours is None else states.joined(ours, taken)
        requests: list[Request] = []
        if now_known != known:
            try:
                requests.append(mailbox.groups.put(states.checked(now_known)))
            except InputError as error:
                return error.what, []
            requests += _admitted(mailbox, known, now_known)
        requests += mailbox.groups.met(now_known, source, state.digest, now)
        if now_known != state:
            requests += self._tell(mailbox, state.id, now_known, source, state.digest, now)
        return "", requests

    # What is told.

    def _changed(self, mailbox: Mailbox, group: Group, gone: Sequence[str], now: int) -> list[Request]:
        """Keep a change and tell it to everyone whom it concerns, each node once."""
        # At a node where nobody is known to be there, it goes to each: who is there then tells the others.
        people = [each for each in (*group.members, *gone) if each != mailbox.address]
        saves: list[Request] = [mailbox.groups.put(group)]
        return [
            *saves,
            *(
                self._news(mailbox, GroupNews(group.id, group), to, now)
                for first, readers, is_there in self._nodes.of(mailbox.address, people)
                for to in ((first,) if is_there else readers)
            ),
        ]

    def _tell(
        self, mailbox: Mailbox, id: str, state: Group | None, to: str, met: bytes, now: int
    ) -> list[Request]:
        """Return what tells a state to somebody, once a day for each state of theirs that was met."""
        at = (mailbox.address, to, id, met)
        last = self._answered.get(at)
        if to == mailbox.address or (last is not None and now < last + ANSWERED_AGAIN):
            return []
        if len(self._answered) >= ANSWERED_MAX:
            self._answered.clear()
        self._answered[at] = now
        return [self._news(mailbox, GroupNews(id, state), to, now)]

    def _news(self, mailbox: Mailbox, news: GroupNews, to: str, now: int) -> Submit:
        payload = encode_message(news, Envelope(mailbox.address, to, now))
        return Submit(f"group/{news.group}", mailbox.address, to, payload, NEWS_LIFETIME // MILLISECOND)


def _admitted(mailbox: Mailbox, before: Group | None, now_known: Group) -> list[Save | Erase]:
    """Put letters to a group that came before their authors were known to be in it to the others."""
    requests: list[Save | Erase] = []
    for address in now_known.people:
        if address == mailbox.address or (before is not None and address in before.people):
            continue
        ids = mailbox.outside.ids(now_known.id, address)
        entries = [mailbox.index.entry(id) for id in ids if mailbox.index.has(id)]
        for entry in sorted(entries, key=lambda each: each.order)[-LATE_MAX:]:
            letter = mailbox.letter(entry.id)
            if letter is not None:
                requests += mailbox.move_to_group(letter)
    return requests
