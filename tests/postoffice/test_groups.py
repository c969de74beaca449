"""Letters to groups: one bundle to each node, a course each, filed for every reader; states that converge."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.messages.contents import conversations_of
from tests.messages.helpers import (
    CREW,
    EARTH,
    FATHER,
    FOREVER,
    JAY,
    LIGHT,
    MARS,
    MISSION,
    NANYOUNG,
    FakeNode,
    FakeSky,
    both_ways,
)

from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Attachment, Draft
from starlight.messages.format import encode_message
from starlight.messages.group import AHEAD, NUMBER_MAX, Group, GroupName, Membership, Stamp, with_members
from starlight.messages.group_keys import GroupNews
from starlight.messages.letter import Letter, Receipt, ReceiptFact, What
from starlight.messages.wire_values import Envelope
from starlight.node.application import Submit

PEOPLE = {JAY: EARTH, CREW: EARTH, NANYOUNG: MARS, MISSION: MARS}


@pytest.fixture
def sky() -> FakeSky:
    """Return a sky in which four people have mailboxes, two on each world."""
    made = FakeSky()
    for address, node in PEOPLE.items():
        at = made.nodes[node]
        at.ask(at.office.mailboxes.open(address, address, 0))
    return made


def node_of(sky: FakeSky, address: str) -> FakeNode:
    return sky.nodes[PEOPLE[address]]


def box(sky: FakeSky, address: str) -> Mailbox:
    return node_of(sky, address).office.mailbox(address)


def found(sky: FakeSky, founder: str, name: str, *members: str) -> Group:
    """Found a group."""
    at = node_of(sky, founder)
    group, requests = at.office.groups.found(founder, name, members, sky.now)
    at.ask(list(requests))
    return group


def write(sky: FakeSky, author: str, to: str, text: str, reply_to: str | None = None) -> str:
    """Write a letter; return its id."""
    at = node_of(sky, author)
    letter, requests = at.office.outbox.write(author, Draft(to, text, reply_to), sky.now)
    at.ask(requests)
    return letter.id


def change(
    sky: FakeSky, who: str, group: str, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()
) -> None:
    at = node_of(sky, who)
    at.ask(list(at.office.groups.change(who, group, None, add, remove, sky.now)[1]))


def letters_posted(node: FakeNode) -> list[Submit]:
    return [post for post in node.posts if post.token.startswith("letter/")]


def texts(sky: FakeSky, address: str, group: str) -> list[str]:
    """Return the texts of a group's letters in a mailbox, in order."""
    return [letter.text for letter in conversations_of(box(sky, address)).get(group, [])]


def everyone(sky: FakeSky) -> Group:
    group = found(sky, JAY, "Everyone", CREW, NANYOUNG, MISSION)
    sky.run(HOUR)
    return group


def test_one_bundle_goes_to_each_node_and_everyone_has_the_letter(sky: FakeSky) -> None:
    """A letter to three others leaves in two bundles, one of them to the own node, and all have it once."""
    group = everyone(sky)
    write(sky, JAY, group.id, "To all of you")
    assert [post.destination for post in letters_posted(sky.earth)] == [NANYOUNG, CREW]
    sky.run(2 * HOUR)
    for address in PEOPLE:
        assert texts(sky, address, group.id) == ["To all of you"]
    for address in (CREW, NANYOUNG, MISSION):
        assert len(box(sky, address).unread()) == 1
    assert box(sky, JAY).unread() == []


def test_its_author_sees_each_course_and_who_has_read_it(sky: FakeSky) -> None:
    """It has arrived when it has everywhere, is read when all have read it, and says who has."""
    group = everyone(sky)
    id = write(sky, JAY, group.id, "To all of you")
    sky.run(HOUR + MINUTE)
    view = box(sky, JAY).letter_view(id, sky.now)
    assert {course.to: course.arrived is not None for course in view.courses} == {CREW: True, NANYOUNG: False}
    assert view.state is not DeliveryState.ARRIVED
    sky.run(2 * HOUR)
    view = box(sky, JAY).letter_view(id, sky.now)
    assert (view.state, view.group_name) == (DeliveryState.ARRIVED, "Everyone")
    for reader in (MISSION, NANYOUNG, CREW):
        at = node_of(sky, reader)
        (unread,) = box(sky, reader).unread()
        at.ask(at.office.inbox.mark_read(reader, unread, sky.now))
        sky.run(sky.now + HOUR)
        view = box(sky, JAY).letter_view(id, sky.now)
        readers = [each for course in view.courses for each in course.readers]
        assert reader in {each.address for each in readers if each.read_at is not None}
        assert (view.state is DeliveryState.READ) is (reader == CREW)


def test_a_lost_bundle_is_sent_again_to_its_node_alone(sky: FakeSky) -> None:
    """Where one node's bundle is lost, that node gets it again, and nobody has it twice."""
    group = everyone(sky)
    write(sky, NANYOUNG, JAY, "I am here")
    sky.run(2 * HOUR)
    lost: list[Submit] = []

    def lose(post: Submit) -> bool:
        if post.token.startswith("letter/") and not lost:
            lost.append(post)
            return True
        return False

    sky.lose = lose
    write(sky, JAY, group.id, "Again")
    sky.run(30 * DAY)
    assert [post.destination for post in letters_posted(sky.earth)] == [NANYOUNG, CREW, NANYOUNG]
    assert all(texts(sky, address, group.id) == ["Again"] for address in PEOPLE)


def test_parts_go_once_to_each_node_and_everyone_has_them(sky: FakeSky) -> None:
    """A picture for two at one node is one bundle there, and whole in both mailboxes."""
    group, uploads = everyone(sky), sky.earth.office.uploads
    reference, saves = uploads.take(box(sky, JAY), b"p" * 5000, sky.now)
    sky.earth.ask(list(saves))
    draft = Draft(group.id, "Look", parts=(Attachment(reference, kind="picture"),))
    letter, requests = sky.earth.office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    sky.run(2 * HOUR)
    parts = [post.destination for post in sky.earth.posts if post.token.startswith("part/")]
    assert parts == [NANYOUNG, CREW]
    for reader in (CREW, NANYOUNG, MISSION):
        state = box(sky, reader).parts.get(letter.id, 0)
        assert state is not None
        assert state.arrived_at is not None
        assert b"".join(box(sky, reader).bodies.read(state.reference, state.chunks)) == b"p" * 5000


def test_a_reader_without_a_mailbox_finds_the_letter_when_it_is_opened(sky: FakeSky) -> None:
    """Who is a member and not there yet has everything from the first day."""
    group = everyone(sky)
    change(sky, NANYOUNG, group.id, add=(FATHER,))
    sky.run(sky.now + HOUR)
    write(sky, NANYOUNG, group.id, "For father too")
    sky.run(sky.now + HOUR)
    sky.earth.ask(sky.earth.office.mailboxes.open(FATHER, "Father", sky.now))
    letters = conversations_of(sky.earth.office.mailbox(FATHER))
    assert [letter.text for letter in letters[group.id]] == ["For father too"]


def test_changes_on_both_sides_of_a_conjunction_converge(sky: FakeSky) -> None:
    """Both worlds change the group for weeks without a word from each other; then all are of one mind."""
    group = everyone(sky)
    sky.set_plan(both_ways(30 * DAY, FOREVER))
    change(sky, JAY, group.id, add=(FATHER,))
    change(sky, CREW, group.id, remove=(MISSION,))
    change(sky, NANYOUNG, group.id, add=("ipn:20.9",))
    change(sky, MISSION, group.id, remove=(JAY,))
    node = node_of(sky, NANYOUNG)
    node.ask(list(node.office.groups.change(NANYOUNG, group.id, "Both houses", (), (), sky.now)[1]))
    sky.run(20 * DAY)
    assert box(sky, JAY).groups.at(group.id) != box(sky, NANYOUNG).groups.at(group.id)
    sky.run(40 * DAY)
    states = {box(sky, address).groups.at(group.id).digest for address in PEOPLE}
    assert len(states) == 1
    state = box(sky, JAY).groups.at(group.id)
    assert state.name.text == "Both houses"
    assert set(state.members) == {CREW, FATHER, NANYOUNG, "ipn:20.9"}


def test_a_lost_state_is_made_good_by_the_next_letter(sky: FakeSky) -> None:
    """Every state that is told is lost; the letter that follows says that its author knows another."""
    group = everyone(sky)
    sky.lose = lambda post: post.token.startswith("group/") and sky.now < 5 * HOUR
    change(sky, JAY, group.id, add=(FATHER,))
    sky.run(5 * HOUR)
    assert FATHER not in box(sky, NANYOUNG).groups.at(group.id).people
    write(sky, JAY, group.id, "Father is with us now")
    sky.run(10 * HOUR)
    assert FATHER in box(sky, NANYOUNG).groups.at(group.id).members
    assert FATHER in box(sky, MISSION).groups.at(group.id).members


def test_who_lost_a_group_asks_for_it(sky: FakeSky) -> None:
    """A member whose record of the group is gone gets it again with the next letter."""
    group = everyone(sky)
    key = f"group/{group.id.removeprefix('group:')}"
    for address in (NANYOUNG, MISSION):
        del sky.mars.saves[address, key]
    sky.mars.restart()
    assert box(sky, NANYOUNG).groups.get(group.id) is None
    write(sky, JAY, group.id, "Are you there?")
    sky.run(10 * HOUR)
    assert box(sky, NANYOUNG).groups.at(group.id) == box(sky, JAY).groups.at(group.id)
    assert texts(sky, NANYOUNG, group.id) == ["Are you there?"]


def test_states_fall_silent(sky: FakeSky) -> None:
    """Once all are of one mind, letters to the group bring no more news of it."""
    group = everyone(sky)
    told = sum(post.token.startswith("group/") for node in sky.nodes.values() for post in node.posts)
    for number in range(5):
        write(sky, JAY if number % 2 else NANYOUNG, group.id, f"Number {number}")
        sky.run(sky.now + HOUR)
    again = sum(post.token.startswith("group/") for node in sky.nodes.values() for post in node.posts)
    assert again == told == 3  # to whoever is known to be there, or else to each


def test_what_is_told_back_and_lost_is_told_again(sky: FakeSky) -> None:
    """The answer to a letter of another digest is lost too; the next day's letter brings it once more."""
    group = everyone(sky)
    sky.lose = lambda post: post.token.startswith("group/") and sky.now < 10 * HOUR
    change(sky, JAY, group.id, add=(FATHER,))
    sky.run(5 * HOUR)
    write(sky, NANYOUNG, group.id, "Who is with us?")
    sky.run(10 * HOUR)
    assert FATHER not in box(sky, NANYOUNG).groups.at(group.id).people
    sky.run(sky.now + DAY)
    write(sky, NANYOUNG, group.id, "Is anybody new?")
    sky.run(sky.now + HOUR)
    assert FATHER in box(sky, NANYOUNG).groups.at(group.id).members


def test_who_lies_about_a_state_costs_a_bundle_a_day(sky: FakeSky) -> None:
    """Letters with a digest that no state has are answered once, and again on the next day."""
    group = everyone(sky)
    told = []
    for day in range(2):
        for number in range(10):
            letter = Letter(
                id=f"{day * 10 + number:032x}", thread=group.id, sender=NANYOUNG, to=JAY, written_at=sky.now,
                text="x", readers=(JAY,), group=group.id, membership=b"a lie...", format=2,
            )  # fmt: skip
            sky.earth.arrive(JAY, NANYOUNG, encode_message(letter, Envelope(NANYOUNG, JAY, sky.now)))
        told.append(sum(post.token.startswith("group/") for post in sky.earth.posts))
        sky.run(sky.now + DAY)
    before = 3  # what founded it, to whoever is known to be there, or else to each
    assert [told[0] - before, told[1] - told[0]] == [1, 1]


def test_which_state_each_has_is_known_from_what_they_write(sky: FakeSky) -> None:
    """Nothing before they write; then what they said, over a restart; an old letter changes nothing."""
    group = everyone(sky)
    groups = box(sky, JAY).groups
    assert groups.version_of(group.id, NANYOUNG) == b""
    write(sky, NANYOUNG, group.id, "Here")
    sky.run(sky.now + HOUR)
    assert groups.version_of(group.id, NANYOUNG) == group.digest
    change(sky, JAY, group.id, add=(FATHER,))
    now_known = box(sky, JAY).groups.at(group.id)
    assert groups.version_of(group.id, NANYOUNG) == group.digest != now_known.digest
    sky.run(sky.now + HOUR)
    write(sky, NANYOUNG, group.id, "Welcome, father")
    sky.run(sky.now + HOUR)
    sky.earth.restart()
    groups = box(sky, JAY).groups
    assert groups.version_of(group.id, NANYOUNG) == groups.version_of(group.id, JAY) == now_known.digest
    assert groups.met(now_known, NANYOUNG, group.digest, 0) == []
    assert groups.met(now_known, "ipn:99.1", group.digest, sky.now) == []


def test_courses_survive_a_restart(sky: FakeSky) -> None:
    """A restart between departure and receipts forgets no course, and the receipts are understood."""
    group = everyone(sky)
    id = write(sky, JAY, group.id, "Before the restart")
    sky.run(sky.now + MINUTE)
    sky.earth.restart()
    assert len(box(sky, JAY).outgoing.courses(id)) == 2
    sky.run(sky.now + HOUR)
    assert box(sky, JAY).letter_view(id, sky.now).state is DeliveryState.ARRIVED
    sky.earth.restart()
    assert box(sky, JAY).outgoing.open() == []
    assert box(sky, JAY).groups.at(group.id) == group


def test_a_receipt_from_somebody_else_is_not_believed(sky: FakeSky) -> None:
    """Who is no reader confirms nothing, though at a node of readers."""
    group = found(sky, JAY, "Two", NANYOUNG)
    id = write(sky, JAY, group.id, "To you alone")
    sky.run(SECOND)
    whats: tuple[What, ...] = ("arrived", "read")
    for what in whats:
        fact = ReceiptFact(id, what, sky.now)
        payload = encode_message(Receipt((fact,), format=2), Envelope(MISSION, JAY, sky.now))
        sky.earth.arrive(JAY, MISSION, payload)
    view = box(sky, JAY).letter_view(id, sky.now)
    assert all(course.arrived is None for course in view.courses)
    assert view.state in (DeliveryState.DEPARTED, DeliveryState.IN_FLIGHT)


def test_a_stranger_can_not_enter_or_read_a_group(sky: FakeSky) -> None:
    """A state from who is not in the group is refused, a request for it is not answered."""
    group = found(sky, JAY, "Two", NANYOUNG)
    sky.run(HOUR)
    forged = with_members(group, JAY, [MISSION], [])
    before = len(sky.earth.posts)
    for state in (forged, None):
        payload = encode_message(GroupNews(group.id, state), Envelope(MISSION, JAY, sky.now))
        sky.earth.arrive(JAY, MISSION, payload)
    assert box(sky, JAY).groups.at(group.id) == group
    assert len(sky.earth.posts) == before
    assert len(box(sky, JAY).refused) == 2


def test_a_stranger_s_letter_to_a_group_stands_with_the_stranger(sky: FakeSky) -> None:
    """It is kept and shown, not in the group, as by one who is not in it, and names no topic."""
    group = found(sky, JAY, "Two", NANYOUNG)
    sky.run(HOUR)
    letter = Letter(
        id="5" * 32, thread="6" * 32, thread_name="Mine", sender=MISSION, to=JAY, written_at=sky.now,
        text="I am one of you", readers=(JAY,), group=group.id, membership=group.digest, format=2,
    )  # fmt: skip
    sky.earth.arrive(JAY, MISSION, encode_message(letter, Envelope(MISSION, JAY, sky.now)))
    assert texts(sky, JAY, group.id) == []
    assert texts(sky, JAY, MISSION) == ["I am one of you"]
    view = box(sky, JAY).letter_view(letter.id, sky.now)
    assert (view.outside, view.unread, view.group_name) == (True, True, "Two")
    assert box(sky, JAY).topics.name("6" * 32) == ""
    sky.earth.restart()
    assert texts(sky, JAY, MISSION) == ["I am one of you"]
    assert box(sky, JAY).letter_view(letter.id, sky.now).outside


@pytest.mark.parametrize("letter_first", [True, False])
@pytest.mark.parametrize("is_known", [True, False])
def test_a_letter_finds_its_group_whatever_comes_first(
    sky: FakeSky, letter_first: bool, is_known: bool
) -> None:
    """News that its author is in it, or of the group itself, may come after a letter: the end is the same."""
    group = found(sky, JAY, "Crew", NANYOUNG)
    sky.run(HOUR)
    if is_known:
        group_then = box(sky, NANYOUNG).groups.at(group.id)
    else:
        del sky.mars.saves[NANYOUNG, f"group/{group.id.removeprefix('group:')}"]
        sky.mars.restart()
        group_then = group
    now_in = with_members(group_then, JAY, [CREW], [])
    first = Letter(
        id="7" * 32, thread=group.id, sender=CREW, to=NANYOUNG, written_at=sky.now, text="Hello",
        readers=(NANYOUNG,), group=group.id, membership=now_in.digest, format=2,
    )  # fmt: skip
    answer = Letter(
        id="8" * 32, thread=group.id, sender=JAY, to=NANYOUNG, written_at=sky.now + SECOND, text="Welcome",
        reply_to=first.id, readers=(NANYOUNG,), group=group.id, membership=now_in.digest, format=2,
    )  # fmt: skip
    news = GroupNews(group.id, now_in)
    sky.run(sky.now + MINUTE)
    come: list[tuple[str, Letter | GroupNews]] = [(CREW, first), (JAY, news), (JAY, answer)]
    if not letter_first:
        come[:2] = reversed(come[:2])
    for author, message in come:
        if letter_first and message is news:
            assert texts(sky, NANYOUNG, group.id) == []
            assert box(sky, NANYOUNG).letter_view(first.id, sky.now).outside
        sky.mars.arrive(NANYOUNG, author, encode_message(message, Envelope(author, NANYOUNG, sky.now)))
    assert texts(sky, NANYOUNG, group.id) == ["Hello", "Welcome"]
    assert texts(sky, NANYOUNG, CREW) == []
    assert not box(sky, NANYOUNG).letter_view(first.id, sky.now).outside
    there = {each.correspondent: each for each in box(sky, NANYOUNG).conversations()}
    assert (set(there), there[group.id].letters, there[group.id].unread) == ({group.id}, 2, 2)
    sky.mars.restart()
    assert texts(sky, NANYOUNG, group.id) == ["Hello", "Welcome"]


def test_a_new_member_s_other_letters_are_not_read(sky: FakeSky, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hundred letters of a new member only the one to the group is read, and moves."""
    group = found(sky, JAY, "Crew", NANYOUNG)
    sky.run(HOUR)
    now_in = with_members(box(sky, NANYOUNG).groups.at(group.id), JAY, [CREW], [])

    def come(author: str, message: Letter | GroupNews) -> None:
        sky.mars.arrive(NANYOUNG, author, encode_message(message, Envelope(author, NANYOUNG, sky.now)))

    for number in range(100):
        letter = Letter(
            id=f"{number:032x}", thread="", sender=CREW, to=NANYOUNG, written_at=sky.now,
            text=f"Letter {number}", format=2,
        )  # fmt: skip
        if number == 50:
            to = {"thread": group.id, "group": group.id}
            letter = replace(letter, **to, readers=(NANYOUNG,), membership=now_in.digest)
        come(CREW, letter)
    sky.mars.restart()
    read: list[str] = []
    letter_of = Mailbox.letter

    def counted(self: Mailbox, id: str) -> Letter | None:
        read.append(id)
        return letter_of(self, id)

    monkeypatch.setattr(Mailbox, "letter", counted)
    come(JAY, GroupNews(group.id, now_in))
    assert set(read) == {f"{50:032x}"}
    monkeypatch.undo()
    assert texts(sky, NANYOUNG, group.id) == ["Letter 50"]
    assert len(texts(sky, NANYOUNG, CREW)) == 99
    assert not any(key.startswith("outside/") for _, key in sky.mars.saves)


def test_a_letter_that_stands_outside_leaves_nothing_when_it_is_erased(sky: FakeSky) -> None:
    """Erased before its author is in the group: nothing of it is left to be read, and nothing moves."""
    group = found(sky, JAY, "Crew", NANYOUNG)
    sky.run(HOUR)
    mailbox = box(sky, NANYOUNG)
    now_in = with_members(mailbox.groups.at(group.id), JAY, [CREW], [])
    letter = Letter(
        id="7" * 32, thread=group.id, sender=CREW, to=NANYOUNG, written_at=sky.now, text="Hello",
        readers=(NANYOUNG,), group=group.id, membership=now_in.digest, format=2,
    )  # fmt: skip
    sky.mars.arrive(NANYOUNG, CREW, encode_message(letter, Envelope(CREW, NANYOUNG, sky.now)))
    assert mailbox.outside.ids(group.id, CREW) == [letter.id]
    mailbox.erase(letter.id)
    assert mailbox.outside.ids(group.id, CREW) == []
    news = GroupNews(group.id, now_in)
    sky.mars.arrive(NANYOUNG, JAY, encode_message(news, Envelope(JAY, NANYOUNG, sky.now)))
    assert texts(sky, NANYOUNG, group.id) == []


def test_who_has_left_is_believed_to_write_what_was_written_before(sky: FakeSky) -> None:
    """A letter by one who was a member stands in the group, as it may have been written while it was so."""
    group = everyone(sky)
    change(sky, JAY, group.id, remove=(MISSION,))
    letter = Letter(
        id="9" * 32, thread=group.id, sender=MISSION, to=JAY, written_at=sky.now, text="Before I left",
        readers=(JAY,), group=group.id, membership=group.digest, format=2,
    )  # fmt: skip
    sky.earth.arrive(JAY, MISSION, encode_message(letter, Envelope(MISSION, JAY, sky.now)))
    assert texts(sky, JAY, group.id) == ["Before I left"]


def lie(sky: FakeSky, group: Group, number: int) -> None:
    """Have a member tell everyone a change of the member's own making with a number."""
    stamp = Stamp(number, MISSION)
    state = replace(group, people={**group.people, CREW: Membership(stamp, False)})
    for address in (JAY, CREW, NANYOUNG):
        payload = encode_message(GroupNews(group.id, state), Envelope(MISSION, address, sky.now))
        node_of(sky, address).arrive(address, MISSION, payload)


def test_a_member_can_not_use_up_the_numbers(sky: FakeSky) -> None:
    """A change of the greatest number, after which nobody could change a group, counts for nothing."""
    group = everyone(sky)
    lie(sky, group, NUMBER_MAX)
    assert box(sky, JAY).groups.at(group.id) == box(sky, NANYOUNG).groups.at(group.id) == group
    change(sky, JAY, group.id, remove=(MISSION,))
    sky.run(sky.now + HOUR)
    for address in (JAY, CREW, NANYOUNG):
        assert set(box(sky, address).groups.at(group.id).members) == {JAY, CREW, NANYOUNG}


def test_a_member_who_uses_up_the_numbers_freezes_nothing(sky: FakeSky) -> None:
    """A change with the greatest number that there is counts as the oldest; what others change counts.

    So it is too where a mailbox has kept such a number from before there was a bound.
    """
    group = everyone(sky)
    people = group.people | {CREW: Membership(Stamp(NUMBER_MAX, MISSION), False)}
    frozen = replace(group, name=GroupName(Stamp(NUMBER_MAX, MISSION), "Mine"), people=people)
    payload = encode_message(GroupNews(group.id, frozen), Envelope(MISSION, JAY, sky.now))
    sky.earth.arrive(JAY, MISSION, payload)
    assert box(sky, JAY).groups.at(group.id) == group
    sky.mars.ask([box(sky, address).groups.put(frozen) for address in (NANYOUNG, MISSION)])
    change(sky, NANYOUNG, group.id, remove=(JAY,))
    sky.run(sky.now + 2 * DAY)
    states = {box(sky, address).groups.at(group.id).digest for address in PEOPLE}
    assert len(states) == 1
    known = box(sky, JAY).groups.at(group.id)
    assert known.name.text == "Everyone"
    assert known.members == (NANYOUNG, MISSION, CREW)
    assert known.greatest_number == 2


def test_numbers_that_were_pushed_leave_room(sky: FakeSky) -> None:
    """Who pushes a number as far as it is taken does not end the changes of others: they count."""
    group = everyone(sky)
    lie(sky, group, (sky.now + AHEAD) // MILLISECOND)
    assert CREW not in box(sky, NANYOUNG).groups.at(group.id).members
    change(sky, JAY, group.id, add=(CREW,), remove=(MISSION,))
    sky.run(sky.now + HOUR)
    for address in (JAY, CREW, NANYOUNG):
        assert set(box(sky, address).groups.at(group.id).members) == {JAY, CREW, NANYOUNG}


def test_a_stranger_who_names_many_readers_leaves_room(sky: FakeSky) -> None:
    """Readers at this node who never were there get at most half of the mailboxes that it may have."""
    at = sky.earth
    for number in range(10):
        readers = tuple(f"ipn:7.{1000 + number * 63 + each}" for each in range(63))
        letter = Letter(
            id=f"{number:032x}", thread="t", sender=NANYOUNG, to=JAY, written_at=0, text="x",
            readers=(JAY, *readers), group="group:" + "ab" * 16, format=2,
        )  # fmt: skip
        at.arrive(JAY, NANYOUNG, encode_message(letter, Envelope(NANYOUNG, JAY, sky.now)))
    assert len(at.office.mailboxes) == 128
    assert len(conversations_of(box(sky, JAY))[NANYOUNG]) == 10
    at.ask(at.office.mailboxes.open("ipn:7.77", "Somebody", sky.now))


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (("nowhere",), "members"),
        (("ipn:0.0",), "nobody's address"),
        (tuple(f"ipn:9.{number}" for number in range(1, 65)), "at most 64"),
    ],
)
def test_a_group_that_can_not_be_is_refused(sky: FakeSky, members: tuple[str, ...], told: str) -> None:
    """A member that is no address, or one too many, is told."""
    with pytest.raises(InputError) as caught:
        found(sky, JAY, "Crowd", *members)
    assert told in f"{caught.value.where} {caught.value}"


@pytest.mark.parametrize("name", ["", " \n", "x" * 10_000, "\ud800"])
def test_a_name_that_is_none_is_refused(sky: FakeSky, name: str) -> None:
    """Nothing, blanks, ten thousand characters and what UTF-8 can't carry are no name."""
    with pytest.raises(InputError):
        found(sky, JAY, name, CREW)
    group = everyone(sky)
    with pytest.raises(InputError):
        sky.earth.office.groups.change(JAY, group.id, name, (), (), sky.now)


def test_who_has_left_writes_no_more_and_gets_no_more(sky: FakeSky) -> None:
    """Who leaves sees what was written before, and nothing after; a letter to the group is refused."""
    group = everyone(sky)
    write(sky, JAY, group.id, "Before")
    sky.run(sky.now + HOUR)
    change(sky, NANYOUNG, group.id, remove=(NANYOUNG,))
    sky.run(sky.now + HOUR)
    write(sky, JAY, group.id, "After")
    sky.run(sky.now + HOUR)
    assert texts(sky, NANYOUNG, group.id) == ["Before"]
    assert texts(sky, MISSION, group.id) == ["Before", "After"]
    with pytest.raises(InputError, match="not in the group"):
        write(sky, NANYOUNG, group.id, "Me again")


def test_withdrawn_everywhere_before_it_leaves(sky: FakeSky) -> None:
    """What waits for both nodes is taken back from both; nobody ever sees it."""
    group = found(sky, JAY, "Mars", NANYOUNG, MISSION)
    sky.run(HOUR)
    sky.set_plan(both_ways(5 * DAY, FOREVER))
    id = write(sky, JAY, group.id, "Not this")
    sky.earth.ask(sky.earth.office.outbox.withdraw(JAY, id, sky.now))
    sky.run(10 * DAY)
    assert box(sky, JAY).letter_view(id, sky.now).state is DeliveryState.WITHDRAWN
    assert texts(sky, NANYOUNG, group.id) == []


def test_answers_stand_in_the_same_order_for_everyone(sky: FakeSky) -> None:
    """Letters that cross, and answers to them, stand alike in all four mailboxes."""
    group = everyone(sky)
    first = write(sky, JAY, group.id, "Question")
    write(sky, NANYOUNG, group.id, "Crossing it")
    sky.run(sky.now + HOUR)
    write(sky, MISSION, group.id, "Answer", first)
    write(sky, CREW, group.id, "Another answer", first)
    sky.run(sky.now + HOUR)
    orders = {tuple(texts(sky, address, group.id)) for address in PEOPLE}
    assert len(orders) == 1
    assert len(orders.pop()) == 4


def test_what_is_foreseen_of_a_group_is_the_latest(sky: FakeSky) -> None:
    """Nothing is promised that does not hold for whoever is farthest."""
    group = everyone(sky)
    alone = sky.earth.office.forecasts.predict(JAY, Draft(CREW, "x"), sky.now)
    far = sky.earth.office.forecasts.predict(JAY, Draft(group.id, "x"), sky.now)
    assert alone.arrives == sky.now
    assert far.arrives is not None
    assert far.arrives >= sky.now + LIGHT
    assert sky.earth.office.forecasts.reach(JAY, group.id, sky.now).node == MARS
