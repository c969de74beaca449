"""Read a plan from commands of ION's `ionadmin`, as ionrc(5) describes them.

A line is a command: its first letter says which. Times are ``+seconds`` from the reference time,
which ``@`` sets (itself perhaps relative, so it adds up), or ``yyyy/mm/dd-hh:mm:ss`` in UTC. Rates
are in byte/s, ranges in light seconds. What ION takes in a way that its author can't have meant,
is read as it was meant and said.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import NoReturn

from starlight.contacts import assumed as stand_in
from starlight.contacts import settle as rules
from starlight.contacts.assumed import NOTHING, Assumed
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece
from starlight.contacts.ion_ranges import RangeEntry, Timeline, light_of, merged
from starlight.contacts.node_names import printable
from starlight.contacts.report import ImportReport, Where, shown
from starlight.dtntime import SECOND

_Link = tuple[int, int]

REGISTRATION = "registration of a node, which carries nothing"
HYPOTHETICAL = "hypothetical contact, which carries nothing"
UNKNOWN = "unknown word"
MALFORMED = "command with the wrong number of words"
OTHER = "command that is not about contacts"
NO_RANGE = "contact without a range, which ION does not use"
CONFIDENCE = "confidence that is none"
FRACTION = "fraction of a second, which ION would cut off"
OCTAL = "number that begins with 0, which ION reads in base 8 or 16"
COMMENT = "comment after a command, which ION refuses"
NOT_FOUND = "change of what is not there"
RANGE_WORD = "range in the place of the confidence"

_SILENT = frozenset("hvsxeltrim1?^q")
_NUMBER = re.compile(r"\d{1,20}", re.ASCII)
_DECIMAL = re.compile(r"(\d{1,15})(?:\.(\d*))?", re.ASCII)
_CONFIDENCE = re.compile(r"[+-]?(?:\d{1,18}\.?\d{0,18}|\.\d{1,18})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_RELATIVE = re.compile(r"\+(-?\d{1,15})(?:\.(\d*))?", re.ASCII)
_ABSOLUTE = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})-(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d*))?", re.ASCII)
_SECTION = re.compile(r"##\s*(begin|end)\s+(\w+)", re.IGNORECASE)
_NODE_NAME = re.compile(r"#\s*node (\d{1,20}) = (\S.*)", re.ASCII)
"""A comment in which Starlight keeps what a node is called; to ION it is a comment like any other."""

_DAY_2000 = date(2000, 1, 1).toordinal()


class _Bad(Exception):
    """A line that is refused; it never leaves this module."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text


class IonReader:
    """Reads commands line by line; then `contacts` gives what they amount to.

    Args:
        report: takes what is found.
        epoch: the reference time before any ``@``, in ns.
        assumed: what stands for a range that is missing.

    Attributes:
        relative: whether a time counts from `epoch`.
        names: what comments call the nodes.
    """

    def __init__(self, report: ImportReport, epoch: int, assumed: Assumed = NOTHING) -> None:
        self.relative = False
        self.names: dict[int, str] = {}
        self._assumed = assumed
        self._report = report
        self._reference = epoch
        self._set = False
        self._contacts: dict[_Link, Timeline] = {}
        self._ranges: dict[_Link, Timeline] = {}
        self._section = ""
        self._over = False

    def read(self, text: str) -> None:
        """Read all lines of a file."""
        # Not `splitlines`: it also splits at form feeds and Unicode's line separators, and line numbers
        # in the report would not be those of an editor.
        for number, line in enumerate(text.split("\n"), 1):
            words = line.split()
            if not words:
                continue
            if words[0][0] == "#":
                self._mark(line)
                continue
            # A file for `ionstart` holds sections for several programs, whose commands have the same letters.
            if self._section not in ("", "ionadmin"):
                self._report.add("ignored", "command for another program than ionadmin", shown(line), number)
            elif self._over:
                self._report.add("ignored", "command after q, which ends the reading", shown(line), number)
            else:
                self._command(words, number)

    def _mark(self, line: str) -> None:
        mark = _SECTION.match(line.strip())
        if mark:
            self._section = mark[2].lower() if mark[1].lower() == "begin" else ""
            self._over = False
        name = _NODE_NAME.fullmatch(line.strip())
        if name and int(name[1]) <= rules.MAX_NODE:
            self.names[int(name[1])] = printable(name[2])

    def _command(self, words: list[str], line: int) -> None:
        try:
            code = words[0][0]
            comment = next((i for i, word in enumerate(words) if word[0] == "#"), None)
            if comment is not None:
                self._report.add(
                    "repaired", COMMENT, f"{shown(' '.join(words[comment:]))} was taken for one", line
                )
                words = words[:comment]
            if code == "a":
                self._add(words, line)
            elif code == "@":
                self._at(words, line)
            elif code in "cd" and len(words) > 1 and words[1] in ("contact", "range"):
                self._change(code, words, line)
            elif code == "q":
                self._over = True
            elif code in _SILENT:
                self._report.add("ignored", OTHER, shown(" ".join(words)), line)
            else:
                text = f"word 1, {shown(words[0])}: ionadmin knows a, c, d, i, l, m, r, @, ^, 1, e, s, x, q"
                raise _Bad(UNKNOWN, text)
        except _Bad as bad:
            self._report.add("refused", bad.kind, bad.text, line)

    def _at(self, words: list[str], line: int) -> None:
        if len(words) != 2:
            raise _Bad(MALFORMED, f"{shown(' '.join(words))}: write @ TIME")
        if words[1] == "0":
            raise _Bad(
                rules.TIME, "word 2, '0', is the time of loading, which a plan does not know; write a date"
            )
        # A relative `@` counts from the one before it, so a file may move its reference along, as ION allows.
        self._reference = self._time(words, 1, line)
        self._set = True

    def _add(self, words: list[str], line: int) -> None:
        what = words[1] if len(words) > 1 else ""
        if what == "contact":
            if not 7 <= len(words) <= 8:
                form = "a contact START STOP FROM TO BYTE/S [CONFIDENCE]"
                raise _Bad(MALFORMED, f"{len(words)} words; write {form}")
            self._add_contact(words, line)
        elif what == "range":
            if len(words) == 8:
                self._report.add("ignored", "word after a range", f"word 8, {shown(words[7])}", line)
            elif len(words) != 7:
                raise _Bad(MALFORMED, f"{len(words)} words; write a range START STOP FROM TO LIGHT-SECONDS")
            self._add_range(words, line)
        else:
            raise _Bad(UNKNOWN, f"word 2, {shown(what)}: write a contact or a range")

    def _add_contact(self, words: list[str], line: int) -> None:
        # ION keeps two kinds of contact under times that no contact has: -1 registers a node in a region,
        # 0 is what contact graph routing may assume of nodes that it has never seen.
        if words[2] == "-1" or words[2] == "0" or words[3] == "0":
            kind = REGISTRATION if words[2] == "-1" else HYPOTHETICAL
            self._report.add("ignored", kind, shown(" ".join(words)), line)
            return
        start, stop = self._time(words, 2, line), self._time(words, 3, line)
        link = self._node(words, 4), self._node(words, 5)
        rate = self._rate(words, 6, line)
        confidence = _confidence(words, 7) if len(words) == 8 else None
        if link[0] == link[1]:
            text = f"node {link[0]}; nobody needs a contact to be at home"
            self._report.add("ignored", rules.TO_ITSELF, text, line)
            return
        entry = RangeEntry(start, stop, rate, confidence, line)
        self._insert(self._contacts, link, entry, "contact")

    def _add_range(self, words: list[str], line: int) -> None:
        start, stop = self._time(words, 2, line), self._time(words, 3, line)
        link = self._node(words, 4), self._node(words, 5)
        light = self._seconds(words, 6, rules.LIGHT, line)
        if link[0] != link[1]:
            self._insert(self._ranges, link, RangeEntry(start, stop, light, None, line), "range")

    def _insert(self, where: dict[_Link, Timeline], link: _Link, entry: RangeEntry, what: str) -> None:
        text = f"{link[0]} to {link[1]}, {(entry.stop - entry.start) / SECOND:.12g} s long"
        if entry.stop <= entry.start:
            kind = rules.NO_LENGTH if entry.stop == entry.start else rules.NEGATIVE
            raise _Bad(kind.replace("contact", what), text)
        timeline = where.setdefault(link, Timeline())
        # ION refuses what overlaps something that it has; so the first line wins here too, and the second
        # is named.
        other = timeline.insert(entry)
        if other is None:
            return
        if (other.start, other.stop, other.value, other.confidence) == (
            entry.start,
            entry.stop,
            entry.value,
            entry.confidence,
        ):
            text = f"{link[0]} to {link[1]}, as on line {other.line}; they are one {what}"
            self._report.add("ignored", rules.DUPLICATE.replace("contact", what), text, entry.line)
            return
        raise _Bad(
            rules.OVERLAP.replace("contact", what),
            f"{link[0]} to {link[1]}, with line {other.line}; ION takes the first",
        )

    def _change(self, code: str, words: list[str], line: int) -> None:
        """Do `c contact` or `d contact`, `d range`."""
        size = (6, 7) if code == "c" else (5, 5)
        if not size[0] <= len(words) <= size[1] or (code == "c" and words[1] == "range"):
            form = (
                "d contact|range START FROM TO"
                if code == "d"
                else "c contact START FROM TO BYTE/S [CONFIDENCE]"
            )
            raise _Bad(MALFORMED, f"{shown(' '.join(words))}: write {form}")
        link = self._node(words, 3), self._node(words, 4)
        timeline = (self._contacts if words[1] == "contact" else self._ranges).get(link, Timeline())
        if code == "d" and words[2] == "*":
            timeline.clear()
            return
        # Of a registration or a hypothetical contact, neither of which was kept.
        if words[2] in ("0", "-1"):
            return
        start = self._time(words, 2, line)
        index = timeline.find(start)
        if index is None:
            raise _Bad(NOT_FOUND, f"no {words[1]} from {link[0]} to {link[1]} begins then")
        if code == "d":
            timeline.remove(index)
            return
        old = timeline.entries[index]
        sure = _confidence(words, 6) if len(words) == 7 else old.confidence
        timeline.entries[index] = RangeEntry(old.start, old.stop, self._rate(words, 5, line), sure, line)

    def _time(self, words: list[str], place: int, line: int) -> int:
        """Read a time, in ns."""
        word = words[place]
        match = _RELATIVE.fullmatch(word)
        if match:
            if not self._set:
                self.relative = True
            time = self._reference + int(match[1]) * SECOND
        else:
            match = _ABSOLUTE.fullmatch(word)
            if not match:
                _bad_word(rules.TIME, words, place, "write +seconds or yyyy/mm/dd-hh:mm:ss")
            try:
                day = _day(match[1], match[2], match[3])
            except ValueError:
                day = None
            hour, minute, second = int(match[4]), int(match[5]), int(match[6])
            if day is None or hour > 24 or minute > 59 or second > 60:
                _bad_word(rules.TIME, words, place, "no calendar has that moment")
            time = (day * 86_400 + hour * 3_600 + minute * 60 + second) * SECOND
        # ION reads whole seconds and drops the rest without a word. A fraction was meant by whoever wrote
        # it, so it is kept to the nanosecond, and said.
        if match[match.lastindex or 0] and match.lastindex in (2, 7):
            self._report.add("kept", FRACTION, f"word {place + 1}, {shown(word)}", line)
            fraction = int(match[match.lastindex][:9].ljust(9, "0"))
            time += -fraction if word[1] == "-" else fraction
        if abs(time) > rules.MAX_TIME:
            _bad_word(rules.TIME, words, place, "times are from 1854 to 2146")
        return time

    def _node(self, words: list[str], place: int) -> int:
        """Read a node number, also as allocator.node (RFC 9758)."""
        word = words[place]
        high, dot, low = word.partition(".")
        if _NUMBER.fullmatch(word) and 0 < int(word) <= rules.MAX_NODE:
            return int(word)
        if dot and _NUMBER.fullmatch(high) and _NUMBER.fullmatch(low):
            number = int(high) << 32 | int(low)
            if int(low) < 2**32 and 0 < number <= rules.MAX_NODE:
                return number
        return _bad_word(rules.NODE_NUMBER, words, place, f"a node number is from 1 to {rules.MAX_NODE}")

    def _rate(self, words: list[str], place: int, line: int) -> int:
        """Read a rate in byte/s; returns bit/s."""
        word = words[place]
        right = "write byte/s, more than 0"
        # ION reads rates by `strtol` with base 0: a leading zero means octal, 0x hexadecimal. Whoever
        # pads a column with zeros does not expect it, so it is kept as ION takes it, and said.
        if len(word) > 1 and word[0] == "0" and "." not in word:
            try:
                rate = int(word, 16) if word[1] in "xX" else int(word, 8)
            except ValueError:
                _bad_word(rules.RATE, words, place, right)
            self._report.add("kept", OCTAL, f"word {place + 1}, {shown(word)}: {rate} byte/s", line)
            bps = 8 * rate
        else:
            match = _DECIMAL.fullmatch(word)
            if not match:
                _bad_word(rules.RATE, words, place, right)
            bps = 8 * int(match[1])
            if match[2]:
                self._report.add("kept", "fraction of a byte/s", f"word {place + 1}, {shown(word)}", line)
                # As integers of 1e-9, so that no binary fraction rounds a rate up.
                bps += 8 * int(match[2][:9].ljust(9, "0")) // 10**9
        if bps <= 0:
            _bad_word(rules.RATE, words, place, right)
        return min(bps, UNLIMITED_BPS)

    def _seconds(self, words: list[str], place: int, kind: str, line: int) -> int:
        """Read a range in light seconds; returns ns."""
        match = _DECIMAL.fullmatch(words[place])
        if not match or int(match[1]) * SECOND > rules.MAX_TIME:
            _bad_word(kind, words, place, "write light seconds, 0 or more")
        light = int(match[1]) * SECOND
        if match[2]:
            self._report.add("kept", FRACTION, f"word {place + 1}, {shown(words[place])}", line)
            light += int(match[2][:9].ljust(9, "0"))
        return light

    def _stand_in(self, entry: RangeEntry) -> tuple[LightPiece, ...]:
        """Return the light time that was given for contacts without a range; nothing where none was."""
        light = self._assumed.light
        if light is None:
            return ()
        self._report.add("repaired", stand_in.NO_LIGHT, f"{light / SECOND:.12g} s", entry.line)
        return (LightPiece(entry.start, SECOND, (light / SECOND,)),)

    def contacts(self) -> list[tuple[Where, Contact]]:
        """Return the contacts, in the order of their lines, with the ranges that hold for them."""
        entries = [(entry, link) for link, timeline in self._contacts.items() for entry in timeline.entries]
        entries.sort(key=lambda item: item[0].line)
        # Some tools write the range in s as the eighth word. One value above 1 shows that the file is of
        # their dialect; then a value below 1 is a range too, of less than a light second.
        as_range = any(entry.confidence is not None and entry.confidence > 1 for entry, _ in entries)
        directions = {link: merged(link, self._ranges, self._report) for link in self._contacts}
        found: list[tuple[Where, Contact]] = []
        for entry, link in entries:
            confidence = 1.0 if entry.confidence is None else entry.confidence
            if as_range and entry.confidence is not None:
                text = f"word 8, {confidence:g}, is no confidence from 0 to 1; taken for the range in s"
                self._report.add("repaired", RANGE_WORD, text, entry.line)
                pieces = light_of(
                    [(entry.start, entry.stop, round(confidence * SECOND))], entry, self._report
                )
                confidence = 1.0
            else:
                pieces = light_of(directions[link], entry, self._report) or self._stand_in(entry)
            if not confidence:
                text = f"{link[0]} to {link[1]}: word 8, '0': write a number over 0 up to 1"
                self._report.add("refused", CONFIDENCE, text, entry.line)
                continue
            if not pieces:
                text = (
                    f"{link[0]} to {link[1]}: how far it is, is not known; add a range, or give --light-time"
                )
                self._report.add("refused", NO_RANGE, text, entry.line)
                continue
            rates = ((entry.start, entry.value),)
            contact = Contact(0, *link, entry.start, entry.stop, rates, pieces, confidence=confidence)
            found.append((entry.line, contact))
        return found


def _confidence(words: list[str], place: int) -> float:
    if not _CONFIDENCE.fullmatch(words[place]) or not 0 <= float(words[place]) <= 1e6:
        _bad_word(CONFIDENCE, words, place, "write a number over 0 up to 1")
    return float(words[place])


@lru_cache(maxsize=4096)  # A plan has few days and many times.
def _day(year: str, month: str, day: str) -> int:
    return date(int(year), int(month), int(day)).toordinal() - _DAY_2000


def _bad_word(kind: str, words: list[str], place: int, right: str) -> NoReturn:
    raise _Bad(kind, f"word {place + 1}, {shown(words[place])}: {right}")
