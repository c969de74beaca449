"""The sending of a robot's parts: which of them go in the next contacts, each as a letter of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from starlight.dtntime import DAY, HOUR, SECOND
from starlight.laboratory.contact_share import HERE, ContactShares, ContactWay, by_contact, ways_to
from starlight.laboratory.kept_runs import MEDIA_TYPES, KeptRuns, PartToPost
from starlight.messages.correspondent import Desk, NewPart, Write
from starlight.messages.draft import Attachment, Draft
from starlight.messages.urgency import priority_of
from starlight.organics.triage import URGENT, choose

LETTERS_AT_ONCE = 32
"""Letters of one step; the rest of a contact's share a second later."""

PAUSE = SECOND

LOOK_AGAIN = HOUR
"""While no way is known: a plan that changes tells nobody here."""

ASK_AGAIN = DAY
"""While the next contact is far: a nearer one may have come into the plan."""


class Sending(NamedTuple):
    """The letters that go now, and when to ask again for what a contact carries, in ns."""

    letters: list[Write]
    look_at: int


class PartSender:
    """Sends parts of runs.

    Args:
        kept: the runs, and what of them waits.
        shares: what is left of each contact.
        share: the most of what is free in a contact that is taken, 0 to 1.
    """

    def __init__(self, kept: KeptRuns, shares: ContactShares, share: float) -> None:
        self._kept = kept
        self._shares = shares
        self._share = share

    def send(self, tells: Sequence[str], desk: Desk, *, urgent_only: bool = False) -> Sending:
        """Return letters with what the next contacts to some addresses take; they are noted as sent.

        Args:
            tells: the addresses.
            desk: what is asked.
            urgent_only: all but expedited parts wait: what is worth more may be about to come.
        """
        now, letters, looks = desk.now, list[Write](), [desk.now + ASK_AGAIN]
        ways: list[ContactWay] = []
        for to in tells:
            waiting = self._kept.waiting(to)
            urgent = any(part.priority == URGENT for part in waiting)
            if urgent or (waiting and not urgent_only):
                found = ways_to(desk, to, urgent=urgent)
                ways += [way._replace(is_urgent=way.is_urgent or urgent_only) for way in found]
                looks += [] if found else [now + LOOK_AGAIN]
        for together in by_contact(ways):
            ends = together[0].ends
            chosen = self._chosen(together, now)
            space = LETTERS_AT_ONCE - len(letters)
            letters += [self._letter(part, ends, now) for part in chosen[:space]]
            looks.append(now + PAUSE if len(chosen) > space or ends == HERE else max(ends, now + PAUSE))
        return Sending(letters, min(looks))

    def _chosen(self, ways: Sequence[ContactWay], now: int) -> list[PartToPost]:
        """Return what goes in a contact, in its order: the parts of most value by byte within the share."""
        left = self._shares.open(ways, self._share, now)
        # What was let go is told in the next letter to each, and takes of the share as well.
        left -= sum(len(self._kept.lost_words(way.to).encode()) for way in ways)
        carriers = {way.to: way for way in ways}
        queues = []
        for queue in self._kept.queues(list(carriers)):
            fitting = []
            for part in queue:
                # What follows a part that can't go says nothing without it.
                if not carriers[part.to].carries(part, now):
                    break
                fitting.append(part)
            queues.append(fitting)
        return choose(queues, max(0, left))

    def _letter(self, part: PartToPost, ends: int, now: int) -> Write:
        lost = len(self._kept.lost_words(part.to).encode())
        self._shares.take(ends, part.link_bytes + lost)
        words = self._kept.post(part, now)
        about = Attachment("", name=f"{part.run}.{part.kind}", media_type=MEDIA_TYPES[part.kind])
        draft = Draft(part.to, words, priority=priority_of(part.priority))
        return Write(draft, part.lifetime_s * SECOND, (NewPart(part.data, about),))
