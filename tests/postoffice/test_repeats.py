"""Letters that are asked for again under a client's key: one letter, one commit, thirty days."""

from __future__ import annotations

import pytest
from tests.messages.helpers import EARTH, JAY, NANYOUNG, FakeNode, FakeSky

from starlight.dtntime import DAY
from starlight.errors import InputError
from starlight.mailboxes.client_keys import KEPT_FOR, ClientKeys
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import MemoryRecords
from starlight.mailboxes.stored_format import ClientKey
from starlight.messages.draft import KEY_MAX_CHARACTERS, Attachment, Draft
from starlight.messages.letter import Letter
from starlight.messages.urgency import Priority
from starlight.node.application import Save, Submit

KEY = "7f3a2b"


@pytest.fixture
def sky() -> FakeSky:
    sky = FakeSky()
    sky.open_all()
    return sky


def write(node: FakeNode, draft: Draft) -> Letter:
    letter, requests = node.office.outbox.write(JAY, draft, node.sky.now)
    node.ask(requests)
    return letter


def written(node: FakeNode) -> int:
    return node.office.mailbox(JAY).index.letters()


def upload(node: FakeNode, data: bytes) -> str:
    office = node.office
    reference, begun = office.uploads.begin(office.mailbox(JAY), node.sky.now)
    node.ask([*begun, *office.uploads.add(reference, data)])
    node.ask(list(office.uploads.finish(reference, node.sky.now)))
    return reference


def test_a_letter_and_its_key_are_one_commit(sky: FakeSky) -> None:
    """The requests of one step hold both, so a crash leaves both or neither."""
    _, requests = sky.earth.office.outbox.write(JAY, Draft(NANYOUNG, "words", key=KEY), sky.now)
    kept = {each.key.partition("/")[0] for each in requests if isinstance(each, Save)}
    assert {"key", "letter", "sent", "index"} <= kept


def test_what_is_asked_for_again_is_the_same_letter(sky: FakeSky) -> None:
    """Nothing is kept or sent a second time, also by a node that has nothing in memory."""
    first = write(sky.earth, Draft(NANYOUNG, "words", key=KEY))
    posts = len(sky.earth.posts)
    for _ in range(2):
        again, requests = sky.earth.office.outbox.write(JAY, Draft(NANYOUNG, "words", key=KEY), sky.now)
        assert (again.id, requests) == (first.id, [])
        sky.earth.restart()
    assert written(sky.earth) == 1
    assert len(sky.earth.posts) == posts
    assert [each for each in sky.earth.posts if isinstance(each, Submit)][-1].source == JAY


@pytest.mark.parametrize(
    "other",
    [
        Draft(NANYOUNG, "other words", key=KEY),
        Draft("ipn:20.2", "words", key=KEY),
        Draft(NANYOUNG, "words", priority=Priority.EXPEDITED, key=KEY),
        Draft(NANYOUNG, "words", critical=True, key=KEY),
    ],
)
def test_another_letter_under_the_same_key_is_refused(sky: FakeSky, other: Draft) -> None:
    """The error names the key and the letter that has it, and nothing is written."""
    first = write(sky.earth, Draft(NANYOUNG, "words", key=KEY))
    with pytest.raises(InputError, match=f"another letter was written under the key '{KEY}': {first.id}"):
        write(sky.earth, other)
    assert written(sky.earth) == 1


def test_keys_are_each_mailbox_s_own_and_letters_without_one_are_many(sky: FakeSky) -> None:
    """Two people may choose the same key; who chooses none writes as often as they like."""
    write(sky.earth, Draft(NANYOUNG, "words", key=KEY))
    sky.earth.ask(sky.earth.office.mailboxes.open("ipn:7.2", "the crew", 0))
    other, _ = sky.earth.office.outbox.write("ipn:7.2", Draft(NANYOUNG, "other words", key=KEY), 0)
    assert other.sender == "ipn:7.2"
    ids = {write(sky.earth, Draft(NANYOUNG, "words")).id for _ in range(3)}
    assert len(ids) == 3


def test_a_repeat_may_upload_its_file_again(sky: FakeSky) -> None:
    """The bytes are what counts, not what an upload is called; other bytes are another letter."""
    film = b"film" * 1_000
    for data in (film, b"small"):
        key = f"{KEY}{len(data)}"
        first = write(sky.earth, Draft(NANYOUNG, "", parts=(Attachment(upload(sky.earth, data)),), key=key))
        again = write(sky.earth, Draft(NANYOUNG, "", parts=(Attachment(upload(sky.earth, data)),), key=key))
        assert again.id == first.id
        other = Draft(NANYOUNG, "", parts=(Attachment(upload(sky.earth, data + b"!")),), key=key)
        with pytest.raises(InputError, match="another letter"):
            write(sky.earth, other)


def test_a_key_is_remembered_for_thirty_days(sky: FakeSky) -> None:
    """Until then it is one letter; afterwards the key may be used again, in the same slot of the store."""
    first = write(sky.earth, Draft(NANYOUNG, "words", key=KEY))
    sky.run(KEPT_FOR - 1)
    assert KEPT_FOR == 30 * DAY
    assert write(sky.earth, Draft(NANYOUNG, "words", key=KEY)).id == first.id
    sky.run(KEPT_FOR)
    later = write(sky.earth, Draft(NANYOUNG, "words", key=KEY))
    assert later.id != first.id
    assert [key for _, key in sky.earth.saves if key.startswith("key/")] == ["key/0"]
    assert write(sky.earth, Draft(NANYOUNG, "words", key=KEY)).id == later.id


def test_the_slots_of_keys_that_have_lapsed_are_used_again() -> None:
    """A store grows with the keys of thirty days, not with all that there ever were; over restarts, too."""
    records = MemoryRecords()
    for day in range(100):
        keys = ClientKeys(JAY, DecodedRecords(records))  # nothing in memory
        records.put(keys.put(ClientKey(str(day), "", b"", day * DAY)))
        assert keys.find(str(day), day * DAY) is not None
        assert (keys.find(str(day - 29), day * DAY) is not None) is (day >= 29)
        assert keys.find(str(day - 30), day * DAY) is None
    assert len(records.of_kind(JAY, "key/")) == 30


def test_a_mailbox_remembers_so_many_keys_and_refuses_more() -> None:
    """A key is never forgotten early: then a repeat would be a second letter."""
    keys = ClientKeys(JAY, DecodedRecords(MemoryRecords()), most=2)
    for number in range(2):
        keys.put(ClientKey(str(number), "", b"", number))
    with pytest.raises(InputError, match="2 keys of the last 30 days are kept"):
        keys.put(ClientKey("third", "", b"", DAY))
    keys.put(ClientKey("third", "", b"", KEPT_FOR))
    assert keys.find("1", KEPT_FOR) is not None
    assert keys.find("0", KEPT_FOR) is None


def test_a_damaged_key_costs_itself_alone() -> None:
    """It is set aside; the others are found, and no new one takes its slot."""
    records = MemoryRecords()
    keys = ClientKeys(JAY, DecodedRecords(records))
    for name in ("a", "b", "c"):
        records.put(keys.put(ClientKey(name, name, b"", 0)))
    records.put(Save(JAY, "key/1", b"\x92\xc1"))
    decoded = DecodedRecords(records)
    keys = ClientKeys(JAY, decoded)
    found = [keys.find(name, 0) for name in ("a", "b", "c")]
    assert [each and each.letter_id for each in found] == ["a", None, "c"]
    assert [each.key for each in decoded.asides.repairs()] == ["key/1"]
    assert keys.put(ClientKey("d", "d", b"", 0)).key == "key/3"


@pytest.mark.parametrize("key", ["x" * (KEY_MAX_CHARACTERS + 1), "a\nb", "\x1b[2J", "\u202e", "키"])
def test_a_key_is_short_and_printable(key: str) -> None:
    """Whatever else is refused where the draft is made, with what is right."""
    with pytest.raises(InputError, match="is no key") as told:
        Draft(NANYOUNG, "words", key=key)
    assert told.value.where == "key"
    assert "printable ASCII" in told.value.right
    assert Draft(NANYOUNG, "words", key="").key is None  # as a form sends an empty field


def test_a_letter_that_has_arrived_is_still_the_one_of_its_key(sky: FakeSky) -> None:
    """Its course does not matter: to ask again a day later writes nothing."""
    first = write(sky.earth, Draft(NANYOUNG, "words", key=KEY))
    sky.run(DAY)
    assert sky.state(EARTH, JAY, first.id)[0] == "arrived"
    assert write(sky.earth, Draft(NANYOUNG, "words", key=KEY)).id == first.id
