"""What ION does with a plan's lines, written from its documentation and its code, apart from ours.

Sources: ionrc(5) of ION-DTN (ici/doc/pod5/ionrc.pod) for the grammar; ici/utils/ionadmin.c
(`processLine`, `executeAdd`) for words; ici/library/rfx.c (`rfx_insert_contact`, `rfx_insert_range`)
for what is refused; bpv7/cgr/libcgr.c (`getApplicableRange`) for the range that serves a contact.
"""

from __future__ import annotations

import re
from bisect import insort
from datetime import UTC, datetime
from typing import NamedTuple

ABSOLUTE = r"\d{4}/\d{2}/\d{2}-\d{2}:\d{2}:\d{2}"  # "Absolute time is expressed as yyyy/mm/dd-hh:mm:ss"
RELATIVE = r"\+\d+"  # "Relative time (a number of seconds following the current reference time) ... +ss"
TIME = rf"(?:{ABSOLUTE}|{RELATIVE})"
NODE = r"[1-9]\d{0,19}"
LINE = re.compile(
    rf"""
      \#.*                                                                    # "Comment line."
    | @\ +{TIME}                                                              # "@ time"
    | a\ +contact\ +{TIME}\ +{TIME}\ +{NODE}\ +{NODE}\ +[1-9]\d*(?:\ +[01](?:\.\d+)?)?
    | a\ +range\ +{TIME}\ +{TIME}\ +{NODE}\ +{NODE}\ +\d+
    """,
    re.VERBOSE,
)
LINE_MAX = 255
"""`char line[256]` in runIonadmin."""
DAY_2000 = datetime(2000, 1, 1, tzinfo=UTC)


class Contact(NamedTuple):
    """A contact of ION's: times in s since 2000, rate in byte/s."""

    start: int
    end: int
    rate: int
    confidence: float


class Range(NamedTuple):
    """A range of ION's: light time in s; imputed when it was implied by that of the reverse direction."""

    start: int
    end: int
    owlt: int
    imputed: bool


class IonAdmin:
    """Takes lines as `ionadmin` does; raises AssertionError where that would refuse one.

    Args:
        reference: the time of loading, in s since 2000.
    """

    def __init__(self, reference: int = 0) -> None:
        self.contacts: dict[tuple[int, int], list[Contact]] = {}
        self.ranges: dict[tuple[int, int], list[Range]] = {}
        self._reference = reference

    def load(self, text: str) -> IonAdmin:
        """Take a file."""
        for line in text.splitlines():
            assert len(line) <= LINE_MAX, line
            assert LINE.fullmatch(line), f"not in the grammar: {line!r}"
            words = line.split()
            if words[0] == "@":
                self._reference = self._time(words[1])
            elif words[0] == "a":
                start, end = self._time(words[2]), self._time(words[3])
                link = int(words[4]), int(words[5])
                assert start < end, f"Interval end time must be later than start time: {line}"
                assert max(link) < 2**64, line
                if words[1] == "contact":
                    confidence = float(words[7]) if len(words) == 8 else 1.0
                    self._insert_contact(link, Contact(start, end, int(words[6]), confidence), line)
                else:
                    assert int(words[6]) < 2**32, line
                    self._insert_range(link, Range(start, end, int(words[6]), False), line)
        return self

    def _time(self, word: str) -> int:
        if word[0] == "+":
            return self._reference + int(word[1:])
        moment = datetime.strptime(word, "%Y/%m/%d-%H:%M:%S").replace(tzinfo=UTC)
        return round((moment - DAY_2000).total_seconds())

    def _insert_contact(self, link: tuple[int, int], contact: Contact, line: str) -> None:
        assert 0 < contact.confidence <= 1, line
        assert contact.rate < 2**31, line
        assert link[0] != link[1], line
        known = self.contacts.setdefault(link, [])
        for other in known:
            assert not (contact.start < other.end and other.start < contact.end), f"overlapping: {line}"
        insort(known, contact)

    def _insert_range(self, link: tuple[int, int], new: Range, line: str) -> None:
        known = self.ranges.setdefault(link, [])
        for other in known:
            if other.start == new.start:
                assert other.imputed, f"Range OWLT not revised: {line}"
                known.remove(other)
                break
        for other in known:
            assert not (new.start < other.end and other.start < new.end), f"Overlapping range: {line}"
        insort(known, new)
        if link[0] < link[1]:
            reverse = self.ranges.setdefault((link[1], link[0]), [])
            if all(other.start != new.start for other in reverse):
                insort(reverse, new._replace(imputed=True))

    def light_s(self, link: tuple[int, int], contact: Contact) -> int | None:
        """Return the range that serves a contact, or None when ION knows none."""
        for known in self.ranges.get(link, []):
            if known.end < contact.start:
                continue  # "Range is in the past."
            return None if known.start > contact.start else known.owlt
        return None
