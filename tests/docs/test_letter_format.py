"""docs/reference/letter-format.md has each key and number of the code, and no other, in its tables of CDDL.

That the tables are CDDL, and that its vectors are what the code reads and writes, byte by byte, is tried in
tests/messages/test_format.py.
"""

from __future__ import annotations

import re
from enum import IntEnum

import pytest
from tests.docs.documents import REFERENCE, ROOT, blocks, text_of

from starlight.messages import format, group_keys, letter_keys, parts
from starlight.messages.first_format import MARK
from starlight.messages.letter import Act, DistressState
from starlight.messages.urgency import Priority

DOCUMENT = REFERENCE / "letter-format.md"
NAME = DOCUMENT.relative_to(ROOT)
CDDL = "\n".join(block.text for block in blocks(text_of(DOCUMENT), "cddl"))
COMMON = {letter_keys.Key.VERSION, letter_keys.Key.KIND}
MAPS: dict[str, set[int]] = {
    # The rule of each map: the keys that the code gives it.
    "letter": set(letter_keys.Key),
    "distress": set(letter_keys.DistressKey),
    "opening": set(letter_keys.OpeningKey),
    "part": set(letter_keys.PartKey),
    "premiere": set(letter_keys.PremiereKey),
    "group": {*COMMON, letter_keys.Key.ID, letter_keys.Key.SIGNATURE, *group_keys.GroupKey},
    "chunk": {*COMMON, letter_keys.Key.ID, letter_keys.Key.SIGNATURE, *format.ChunkKey},
    "receipt": {*COMMON, letter_keys.Key.SIGNATURE, *format.ReceiptKey},
    "telemetry": {*COMMON, letter_keys.Key.SIGNATURE, *format.TelemetryKey},
}
WORDS: dict[tuple[str, int], type[IntEnum]] = {
    # The keys whose numbers have a meaning of their own, which the comment behind them tells.
    ("letter", letter_keys.Key.PRIORITY): Priority,
    ("letter", letter_keys.Key.ACT): Act,
    ("distress", letter_keys.DistressKey.STATE): DistressState,
    ("part", letter_keys.PartKey.KIND): parts.PartKind,
    ("premiere", letter_keys.PremiereKey.CODE): parts.PremiereCode,
}
LIMITS: dict[str, bool] = {
    # What the tables say, and whether the code says it too.
    "? 12: [0*64 part]": parts.PARTS_MAX == 64,
    "? 4: 0..268435456": parts.PART_MAX_BYTES == 268_435_456,
    "? 2: bstr .size (0..65536)": parts.INLINE_MAX_BYTES == 65_536,
    "? 10: tstr .size (0..65536)": parts.TRANSCRIPT_MAX_BYTES == 65_536,
    "(default: 262144)": parts.CHUNK_BYTES == 262_144,
    "[22434, 1, first-letter": MARK == 22_434,
    "0: 2,": letter_keys.VERSION == 2,
}


def rule(name: str) -> str:
    """Return the body of the rule of a map."""
    found = re.search(rf"^{name} = \{{\n(.*?)^\}}", CDDL, re.DOTALL | re.MULTILINE)
    assert found, f"{NAME}: write the rule `{name} = {{ ... }}`"
    return found[1]


@pytest.mark.parametrize("name", MAPS)
def test_each_key_is_in_its_table(name: str) -> None:
    """The table of each map has a line for each key of the code, and for no other."""
    told = {int(key) for key in re.findall(r"^  \??\s*(-?\d+):", rule(name), re.MULTILINE)}
    assert told == {int(key) for key in MAPS[name]}, f"{NAME}: the keys of `{name}` are {sorted(MAPS[name])}"


@pytest.mark.parametrize(("name", "key"), WORDS)
def test_each_number_with_a_meaning_is_told(name: str, key: int) -> None:
    """Behind a key whose numbers are codes stands what each of them means."""
    line = next(line for line in rule(name).splitlines() if re.match(rf"  \? {int(key)}:", line))
    told = {int(number): word for number, word in re.findall(r"(\d+) ([a-z ]+)", line.partition(";")[2])}
    for member in WORDS[name, key]:
        assert told.get(int(member), "").strip() == member.name.lower().replace("_", " "), (
            f"{NAME}: {name} {key}: tell `{member!r}`"
        )


@pytest.mark.parametrize("words", LIMITS)
def test_each_limit_is_that_of_the_code(words: str) -> None:
    """Sizes and counts in the tables are those that the code keeps."""
    assert words in CDDL, f"{NAME} no longer says {words!r}: mend it, or LIMITS here"
    assert LIMITS[words], f"{NAME}: {words!r} is no longer so"
