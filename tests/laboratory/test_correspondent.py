"""The robot as a correspondent: whose runs it takes, what it says of them, and what it sends when."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from tests.laboratory.robots import (
    CONTROL,
    HERE,
    SENDER,
    STRANGER,
    FakeDesk,
    blank,
    csv_of,
    laboratory,
    letter,
    marked,
    robot,
    strange,
)

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.laboratory import kept_runs, run_inbox
from starlight.laboratory.correspondent import LaboratoryState, RobotLaboratory
from starlight.laboratory.kept_runs import LETTER_BYTES
from starlight.laboratory.part_sender import LETTERS_AT_ONCE, LOOK_AGAIN
from starlight.laboratory.robot_file import RobotSample
from starlight.messages.correspondent import (
    STATE_MAX_BYTES,
    Act,
    ContactRoom,
    MarkRead,
    Note,
    SendTelemetry,
    Write,
)
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.messages.parts import Part
from starlight.organics import parts
from starlight.organics.synthetic_runs import Spike
from starlight.routing import Priority

NOW = 10 * DAY + HOUR // 4


def perform(made: RobotLaboratory, acts: Iterable[Act]) -> list[Act]:
    """Tell it of the letters that its acts wrote, as the post office does."""
    done = list(acts)
    for act in done:
        if isinstance(act, Write):
            to, text = str(act.draft.to), act.draft.text
            made.written(Letter(id="2" * 32, thread="t", sender=HERE, to=to, written_at=0, text=text))
    return done


def lived(made: RobotLaboratory, desk: FakeDesk, begin: int, until: int) -> list[Act]:
    """Let time pass; return what it did. It never wakes twice at one time."""
    done: list[Act] = []
    now = begin
    while (due := made.next_wakeup()) is not None and max(due, now) <= until:
        now = max(due, now)
        done += perform(made, made.handle_timer(desk.at(now)))
        again = made.next_wakeup()
        assert again is None or again > now, "it would be called at once again"
    return done


def heard(*runs: bytes, free: int | None = 0, share: float = 0.5) -> tuple[RobotLaboratory, FakeDesk]:
    """Return a robot to which these CSV files came in one letter, and its desk."""
    desk = FakeDesk(dict(enumerate(runs)), free)
    made = laboratory(share=share)
    files = [(f"R{number}.csv", data) for number, data in enumerate(runs)]
    perform(made, made.letter_came(letter("", *files), desk.at(NOW)))
    return made, desk


def parts_in(acts: Iterable[Act]) -> list[tuple[str, Write]]:
    """Return the letters with parts, each with the part's name."""
    return [(act.parts[0].about.name, act) for act in acts if isinstance(act, Write) and act.parts]


def words_in(acts: Iterable[Act]) -> list[str]:
    """Return the letters without parts."""
    return [act.draft.text for act in acts if isinstance(act, Write) and not act.parts]


def test_a_find_is_noted_told_at_once_and_sent_verdict_first() -> None:
    """Telemetry is expedited; verdict, thumbnail, window and run go each in a letter of its own class."""
    made, desk = heard(csv_of(marked(1)), free=100_000)
    done = lived(made, desk, NOW, NOW + MINUTE)
    (note,) = [act for act in done if isinstance(act, Note)]
    assert note.text.startswith("R0: organic marker above background, p = 0.00")
    assert note.text.endswith("(aliphatics)")
    (told,) = [act for act in done if isinstance(act, SendTelemetry)]
    assert (told.to, told.kind, told.priority) == ((CONTROL,), "organics", Priority.EXPEDITED)
    assert f"R0: {told.readings['finding']}" == note.text
    assert told.readings["run"] == "R0"
    assert float(told.readings["p"]) <= 0.01
    sent = parts_in(done)
    assert [name for name, _ in sent] == ["R0.verdict", "R0.thumbnail", "R0.window", "R0.run"]
    urgency = [write.draft.priority for _, write in sent]
    assert urgency == [Priority.EXPEDITED, Priority.NORMAL, Priority.NORMAL, Priority.BULK]
    assert [write.lifetime for _, write in sent] == [90 * DAY, 30 * DAY, 30 * DAY, 14 * DAY]
    types = [write.parts[0].about.media_type for _, write in sent]
    assert types == [parts.VERDICT_TYPE, parts.THUMBNAIL_TYPE, parts.WINDOW_TYPE, parts.RUN_TYPE]
    verdict, thumbnail, window, run = (write.parts[0].data for _, write in sent)
    assert parts.read_verdict(verdict).found
    assert parts.read_thumbnail(thumbnail).shape == (100, 21)
    first, last = parts.read_verdict(verdict).window_degc
    assert parts.read_packed_run(window, (last - first) // 25)[0] == (first - 25) // 25
    assert parts.read_packed_run(run)[1].shape == (100, 42)


def test_the_verdicts_letter_says_all_that_a_result_is_stated_with() -> None:
    """Statement, target, window, p, instrument that it is synthetic, runs calibrated, alpha; never life."""
    made, desk = heard(csv_of(marked(1)), free=100_000)
    sent = parts_in(lived(made, desk, NOW, NOW + MINUTE))
    text = sent[0][1].draft.text
    for words in (
        "R0: organic marker above background, p = 0.00",
        "Most alike: ",
        "cosine 0.",
        "degC",
        "Synthetic instrument 'oven 1', calibrated by 400 runs, 300 of them scored; alpha 0.01.",
    ):
        assert words in text
    for _, write in sent:
        assert write.draft.text.startswith("R0: ")
        assert "Synthetic instrument 'oven 1'" in write.draft.text
        assert "life" not in write.draft.text.lower()


def test_nothing_found_is_bulk_telemetry_and_no_note() -> None:
    """Its verdict is normal, and has no window."""
    made, desk = heard(csv_of(blank(3)), free=100_000)
    done = lived(made, desk, NOW, NOW + MINUTE)
    assert not [act for act in done if isinstance(act, Note)]
    (told,) = [act for act in done if isinstance(act, SendTelemetry)]
    assert told.priority is Priority.BULK
    assert str(told.readings["finding"]).startswith("nothing above background, p >= ")
    sent = parts_in(done)
    assert [name for name, _ in sent] == ["R0.verdict", "R0.thumbnail", "R0.run"]
    assert sent[0][1].draft.priority is Priority.NORMAL


def test_a_run_of_another_instrument_is_noted_and_gets_no_answer() -> None:
    """The note and the verdict say so."""
    made, desk = heard(csv_of(strange(1)), free=100_000)
    done = lived(made, desk, NOW, NOW + MINUTE)
    (note,) = [act for act in done if isinstance(act, Note)]
    assert note.text.startswith("R0: no answer: the run is unlike the calibration's")
    verdict = parts_in(done)[0][1].parts[0].data
    assert not parts.read_verdict(verdict).answered


def test_a_strangers_runs_are_left_alone() -> None:
    """Neither read nor judged nor answered, in a letter or apart; nor is one who is told believed."""
    made, desk = laboratory(), FakeDesk({0: csv_of(marked(1))})
    before = made.save()
    for sender in (STRANGER, CONTROL):
        whole = letter("", ("R.csv", b"x"), sender=sender)
        apart = letter("", ("R.csv", csv_of(marked(1))), sender=sender, apart=True)
        assert not list(made.letter_came(whole, desk.at(NOW)))
        assert not list(made.letter_came(apart, desk.at(NOW)))
        assert not list(made.part_came(apart, 0, desk.at(NOW)))
    assert made.save() == before
    assert made.next_wakeup() is None


def test_a_large_run_is_judged_when_it_is_here_whole() -> None:
    """Its letter alone makes nothing but its receipt."""
    data = csv_of(marked(1))
    made, desk = laboratory(), FakeDesk({1: data}, free=100_000)
    came = letter("Sol 12", ("notes.txt", b"x"), ("R.csv", data), apart=True)
    assert list(made.letter_came(came, desk.at(NOW))) == [MarkRead(came.id)]
    assert made.next_wakeup() is None
    assert not list(made.part_came(came, 0, desk.at(NOW)))
    assert made.next_wakeup() is None
    assert not list(made.part_came(came, 1, desk.at(NOW)))
    assert parts_in(lived(made, desk, NOW, NOW + HOUR))[0][0] == "R.verdict"


GOOD = "time,temp,m/z,abundance\n0,100,18,1e-9\n"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            b"",
            "R0.csv can't be read: no column time, temp, m/z, abundance: the file is empty. The first line",
        ),
        (b"a,b\n1,2\n", "no column time, temp, m/z, abundance: its columns are a, b."),
        (
            (GOOD + "0,200,28,NaN\n").encode(),
            "line 3: '0,200,28,NaN' has no finite number in each column. Leave",
        ),
        ((GOOD + "0,200,28,inf\n").encode(), "line 3"),
        ((GOOD + "0,200\n").encode(), "line 3"),
        ((GOOD + "0,200,-3,1\n").encode(), "line 3: m/z is -3.0. It is 0 or more."),
        (GOOD.replace("1e-9", "1e300").encode(), "an abundance of 1e+300. It is at most 1e+30"),
        (GOOD.replace("1e-9", "0").encode(), "every abundance is zero"),
        (GOOD.replace("100", "9000").encode(), "the run is empty"),
        (GOOD.encode() + b'0,"' + b"9" * 200_000, "no CSV"),
        (GOOD.encode() + b"\xff\xfe\n", "line 3: byte 0xff is no UTF-8. Save it as text in UTF-8."),
        (bytes(range(256)) * 9, "R0.csv can't be read"),
    ],
)
def test_what_is_no_run_is_answered_with_what_would_be_right(data: bytes, says: str) -> None:
    """To its sender, in an answer to its letter; nothing is raised, kept or sent elsewhere."""
    made, desk = heard(data, free=100_000)
    (act,) = lived(made, desk, NOW, NOW + MINUTE)
    assert isinstance(act, Write)
    assert (act.draft.to, act.draft.reply_to) == (SENDER, "1" * 32)
    assert says in act.draft.text
    assert made.next_wakeup() is None


@pytest.mark.parametrize(
    "rows",
    ["0,100,18,-1e-9\n", "0,100,18,5e-324\n0,100,28,1e30\n0,100,44,1e-9\n0,200,18,-1e30\n", "0,100,600,1\n"],
)
def test_a_run_of_odd_numbers_gets_no_answer_and_breaks_nothing(rows: str) -> None:
    """Negative, tiny and huge abundances, and masses that nobody recorded."""
    made, desk = heard(("time,temp,m/z,abundance\n" + rows).encode(), free=100_000)
    done = lived(made, desk, NOW, NOW + MINUTE)
    (note,) = [act for act in done if isinstance(act, Note)]
    assert "no answer" in note.text
    assert [name for name, _ in parts_in(done)] == ["R0.verdict", "R0.thumbnail", "R0.run"]


def test_a_part_that_is_too_large_is_refused_before_it_comes() -> None:
    """Its sender is told by the letter that names it; when it is here it is not read."""
    made, desk = laboratory(), FakeDesk()
    came = letter("", ("R.csv", bytes(run_inbox.RUN_MAX_BYTES + 1)), apart=True)
    read, answer = made.letter_came(came, desk.at(NOW))
    assert read == MarkRead(came.id)
    assert isinstance(answer, Write)
    assert "R.csv can't be read: it has 2097153 bytes. A run has at most 2097152; take the mean" in (
        answer.draft.text
    )
    assert not list(made.part_came(came, 0, desk.at(NOW)))
    assert made.next_wakeup() is None


def test_no_more_runs_wait_than_may() -> None:
    """Of the fifth letter of 64 runs none is taken, and its sender is told which are not."""
    made, desk = laboratory(), FakeDesk()
    many = letter("", *((f"R{number}.csv", b"x") for number in range(64)))
    for _ in range(4):
        assert len(list(made.letter_came(many, desk.at(NOW)))) == 1
    _, answer = made.letter_came(many, desk.at(NOW))
    assert isinstance(answer, Write)
    assert "64 of these runs, R0.csv first, are not taken, for 256 wait already." in answer.draft.text


def test_one_run_a_step_is_judged() -> None:
    """Of three in a letter each has a step of its own, a second after the other."""
    made, desk = heard(*(csv_of(blank(number)) for number in range(3)))
    times = []
    for _ in range(3):
        due = max(made.next_wakeup() or 0, NOW)
        times.append(due)
        done = perform(made, made.handle_timer(desk.at(due)))
        assert sum(isinstance(act, SendTelemetry) for act in done) == 1
    assert times == [NOW, NOW + SECOND, NOW + 2 * SECOND]


def sent_by_hour(made: RobotLaboratory, desk: FakeDesk, count: int) -> list[tuple[int, str, int]]:
    """Return so many parts that it sends: in which hour's contact, the name, and what it reckons for it."""
    sent: list[tuple[int, str, int]] = []
    now = NOW
    while (due := made.next_wakeup()) is not None and len(sent) < count:
        now = max(due, now)
        for name, write in parts_in(perform(made, made.handle_timer(desk.at(now)))):
            size = len(write.parts[0].data) + len(write.draft.text.encode()) + LETTER_BYTES
            sent.append((now // HOUR, name, size))
        assert now < NOW + 30 * HOUR
    return sent


def test_the_contact_is_filled_by_value_per_byte_within_the_share() -> None:
    """The find's parts go first, though it came last: until all are judged nothing else goes. Whole runs fill
    what is left of the share, of this contact and of the next."""
    files = [csv_of(blank(1)), csv_of(blank(2)), csv_of(marked(1))]
    made, desk = heard(*files, free=16_000, share=0.5)
    sent = sent_by_hour(made, desk, 10)
    assert len(sent) == 10
    for hour in {hour for hour, _, _ in sent}:
        assert sum(size for at, _, size in sent if at == hour) <= 8_000
    first = [name for hour, name, _ in sent if hour == NOW // HOUR]
    assert first[:3] == ["R2.verdict", "R2.thumbnail", "R2.window"]
    assert set(first[3:]) == {"R0.verdict", "R1.verdict", "R0.thumbnail", "R1.thumbnail"}
    assert [name for hour, name, _ in sent if hour != NOW // HOUR] == ["R2.run", "R0.run", "R1.run"]


def test_a_finds_verdict_does_not_wait_for_the_runs_behind_it() -> None:
    """It goes in the step that judged it; the rest of it once all that came are judged."""
    made, desk = heard(csv_of(marked(1)), csv_of(blank(1)), csv_of(blank(2)), free=100_000)
    names = [
        [name for name, _ in parts_in(lived(made, desk, NOW + step * SECOND, NOW + step * SECOND))]
        for step in range(3)
    ]
    assert names[:2] == [["R0.verdict"], []]
    assert names[2][:2] == ["R0.thumbnail", "R0.window"]


def test_a_contacts_share_is_reckoned_once() -> None:
    """However many runs come while it lasts, and however much is free again."""
    made, desk = heard(csv_of(blank(1)), free=16_000, share=0.5)
    taken = 0
    for step in range(5):
        now = NOW + step * MINUTE
        desk.files = {0: csv_of(marked(step))}
        perform(made, made.letter_came(letter("", (f"M{step}.csv", b"")), desk.at(now)))
        for _, write in parts_in(lived(made, desk, now, now + 10 * SECOND)):
            taken += len(write.parts[0].data) + len(write.draft.text.encode()) + LETTER_BYTES
    assert 6_000 < taken <= 8_000


def test_of_what_waits_together_a_finds_verdict_goes_first() -> None:
    """Judged while no way was known: then the find's verdict and window go before other runs' verdicts."""
    made, desk = heard(csv_of(blank(1)), csv_of(marked(1)), free=None)
    assert not parts_in(lived(made, desk, NOW, NOW + MINUTE))
    desk.free = 1_000_000
    names = [name for name, _ in parts_in(lived(made, desk, NOW + MINUTE, NOW + 2 * HOUR))]
    assert names[:3] == ["R1.verdict", "R1.thumbnail", "R1.window"]
    assert sorted(names[3:]) == ["R0.run", "R0.thumbnail", "R0.verdict", "R1.run"]


def test_without_a_way_it_looks_again_after_a_while() -> None:
    """Nothing is sent, and nothing is lost."""
    made, desk = heard(csv_of(marked(1)), free=None)
    lived(made, desk, NOW, NOW)
    assert made.next_wakeup() == NOW + LOOK_AGAIN


def test_what_is_worth_nothing_when_it_leaves_is_not_sent() -> None:
    """A whole run lives 14 days, so it waits where the next contact is in 20; the others go."""
    made, desk = heard(csv_of(marked(1)))
    desk.room = lambda draft, now: ContactRoom(now + 20 * DAY, now + 21 * DAY, 10**6)
    names = [name for name, _ in parts_in(lived(made, desk, NOW, NOW + MINUTE))]
    assert names == ["R0.verdict", "R0.thumbnail", "R0.window"]
    assert made.next_wakeup() == NOW + DAY


def test_an_expedited_verdict_takes_a_contact_that_bulk_can_not() -> None:
    """Where others have booked all of the next contact, the find's verdict goes there alone."""
    made, desk = heard(csv_of(marked(1)))

    def room(draft: Draft, now: int) -> ContactRoom:
        is_urgent = draft.priority is Priority.EXPEDITED
        return (
            ContactRoom(now, NOW + HOUR, 10_000) if is_urgent else ContactRoom(now + HOUR, NOW + DAY, 3_000)
        )

    desk.room = room
    names = [name for name, _ in parts_in(lived(made, desk, NOW, NOW + MINUTE))]
    assert names[0] == "R0.verdict"
    assert "R0.run" not in names


def test_many_letters_go_in_several_steps() -> None:
    """A contact that takes everything gets so many letters a second."""
    made, desk = heard(*(csv_of(blank(number)) for number in range(12)), free=None)
    lived(made, desk, NOW, NOW + MINUTE)
    desk.free = 10**7
    now = NOW + 2 * HOUR
    counts = []
    while (due := made.next_wakeup()) is not None:
        now = max(due, now)
        counts.append(len(parts_in(perform(made, made.handle_timer(desk.at(now))))))
    assert counts[0] == LETTERS_AT_ONCE
    assert sum(counts) == 12 * 3


def test_a_crash_sends_nothing_twice() -> None:
    """Made anew from what was saved, at each step, it sends what one that never stopped sends."""
    files = [csv_of(blank(1)), csv_of(marked(1)), csv_of(strange(1))]
    made, desk = heard(*files, free=14_000)
    steady = [name for name, _ in parts_in(lived(made, desk, NOW, NOW + 30 * HOUR))]
    crashing, desk = heard(*files, free=14_000)
    sent: list[str] = []
    now = NOW
    while (due := crashing.next_wakeup()) is not None and due <= NOW + 30 * HOUR:
        saved = crashing.save()
        lost = laboratory()
        lost.restore(saved)
        now = max(due, now)
        # The step that was not kept, and the same step again.
        perform(lost, lost.handle_timer(desk.at(now)))
        crashing = laboratory()
        crashing.restore(saved)
        sent += [name for name, _ in parts_in(perform(crashing, crashing.handle_timer(desk.at(now))))]
    assert sent == steady
    assert len(set(sent)) == len(sent) == 10


def test_a_letter_that_is_refused_waits_again() -> None:
    """As by a full mailbox; after a day, and only that one."""
    made, desk = heard(csv_of(marked(1)), free=100_000)
    done = list(made.handle_timer(desk.at(NOW)))
    letters = [act for act in done if isinstance(act, Write)]
    assert len(letters) == 4
    perform(made, letters[1:])
    assert made.next_wakeup() == NOW + DAY
    again = lived(made, desk, NOW, NOW + 2 * DAY)
    assert [name for name, _ in parts_in(again)] == ["R0.verdict"]


def test_a_full_state_lets_go_of_whole_runs_first_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those without a find first; the next letter names them; verdicts and thumbnails stay."""
    monkeypatch.setattr(kept_runs, "KEPT_MAX_BYTES", 20_000)
    made, desk = heard(csv_of(marked(1)), *(csv_of(blank(number)) for number in range(5)), free=None)
    lived(made, desk, NOW, NOW + MINUTE)
    assert len(made.save()) < 24_000
    desk.free = 10**6
    sent = parts_in(lived(made, desk, NOW + HOUR, NOW + 3 * HOUR))
    names = [name for name, _ in sent]
    assert {f"R{number}.{kind}" for number in range(6) for kind in ("verdict", "thumbnail")} <= set(names)
    assert "R0.run" in names
    lost = [f"R{number}" for number in range(6) if f"R{number}.run" not in names]
    assert lost
    told = "For want of room, data not yet sent were let go of: " + ", ".join(lost[:3])
    assert told in sent[0][1].draft.text
    assert not any("For want of room" in write.draft.text for _, write in sent[1:])


def test_the_state_stays_far_below_what_it_may_have() -> None:
    """Of hundreds of runs that can't be sent the latest are kept, and the state is a quarter at most."""
    made, desk = heard(csv_of(marked(1)), free=None)
    lived(made, desk, NOW, NOW)
    state = msgspec.msgpack.decode(made.save(), type=LaboratoryState)
    (first,) = state.kept.runs
    for number in range(1, 700):
        more = msgspec.convert(msgspec.to_builtins(first), type(first))
        more.number, more.name = number, f"R{number} " + 50 * "x"
        state.kept.add(more, answered=True)
    size = len(msgspec.msgpack.encode(state))
    assert size < STATE_MAX_BYTES // 4
    assert len(state.kept.runs) <= kept_runs.RUNS_MAX
    assert state.kept.judged == 700
    assert state.kept.runs[-1].number == 699


def asked(made: RobotLaboratory, desk: FakeDesk, text: str, sender: str = CONTROL) -> list[str]:
    """Return its answers to a letter."""
    return words_in(perform(made, made.letter_came(letter(text, sender=sender), desk.at(NOW + HOUR))))


def test_whom_it_tells_it_answers() -> None:
    """What was found, what waits, and when the next contact is; a stranger gets no answer."""
    made, desk = heard(csv_of(marked(1)), csv_of(blank(1)), free=4_000)
    lived(made, desk, NOW, NOW + MINUTE)
    (answer,) = asked(made, desk, "What did you find?")
    assert "Synthetic instrument 'oven 1': 2 runs judged, 1 with an organic marker above background" in answer
    assert "R0: organic marker above background, p = 0.00" in answer
    assert "To be sent to you: " in answer
    assert "The next contact: 2000-01-11T01:15:00Z to 2000-01-11T02:00:00Z, 4000 bytes free." in answer
    assert "at most 50% of what is free" in answer
    assert not asked(made, desk, "What did you find?", STRANGER)
    assert not asked(made, desk, "  ")


def test_a_run_that_is_asked_for_is_sent_again_whole() -> None:
    """By its name; one that is not there is said to be none."""
    made, desk = heard(csv_of(marked(1)), free=100_000)
    lived(made, desk, NOW, NOW + MINUTE)
    (answer,) = asked(made, desk, "Please send r0, and send R77.")
    assert "R0: the whole run waits to be sent." in answer
    assert "R77: no such run is kept." in answer
    assert "To be sent to you: 1 part, " in answer
    again = parts_in(lived(made, desk, NOW + HOUR, NOW + 2 * HOUR))
    assert [name for name, _ in again] == ["R0.run"]
    (answer,) = asked(made, desk, "R00 is not its name")
    assert "waits to be sent" not in answer


def test_reports_of_another_robot_are_no_question() -> None:
    """Two that tell each other don't answer each other's letters for ever."""
    made, desk = laboratory(hears=[CONTROL]), FakeDesk()
    came = letter("R1: nothing above background.", ("R1.verdict", bytes(40)), sender=CONTROL)
    report = Part(name="R1.verdict", media_type=parts.VERDICT_TYPE, size=40, data=bytes(40))
    came = msgspec.structs.replace(came, parts=(report,))
    assert not list(made.letter_came(came, desk.at(NOW)))


def test_samples_are_taken_at_their_time_and_say_where() -> None:
    """Each once, also over a restart; the finding's telemetry has the position, the letter says it."""
    spike = Spike(robot().calibration.detector.targets[2], 0.01, 450.0)
    samples = [
        RobotSample(NOW + DAY, "S1", spike, (4.6, 137.4)),
        RobotSample(NOW + 2 * DAY, "S2", None, None),
    ]
    made, desk = laboratory(*samples), FakeDesk(free=10**6)
    assert not lived(made, desk, NOW, NOW)
    assert made.next_wakeup() == NOW + DAY
    done = lived(made, desk, NOW, NOW + DAY)
    (told,) = [act for act in done if isinstance(act, SendTelemetry)]
    assert (told.position, told.readings["run"], told.readings["synthetic"]) == ((4.6, 137.4), "S1", 1)
    assert "Taken at 4.6000, 137.4000 degrees." in parts_in(done)[0][1].draft.text
    again = laboratory(*samples)
    again.restore(made.save())
    names = [name for name, _ in parts_in(lived(again, desk, NOW + DAY, NOW + 9 * DAY))]
    assert names == ["S2.verdict", "S2.thumbnail", "S2.run"]
    other = lived(laboratory(*samples), desk, NOW, NOW + DAY)
    assert parts_in(other) == parts_in(done)


def test_samples_of_the_time_before_it_began_are_left_out() -> None:
    """A rehearsal may begin late in a mission; what fell due while the node was down is taken later."""
    samples = [RobotSample(NOW + day * DAY, f"S{day}", None, None) for day in (-1, 0, 1)]
    made, desk = laboratory(*samples), FakeDesk(free=10**6)
    assert [name for name, _ in parts_in(lived(made, desk, NOW, NOW))] == [
        "S0.verdict",
        "S0.thumbnail",
        "S0.run",
    ]
    again = laboratory(*samples)
    again.restore(made.save())
    late = parts_in(lived(again, desk, NOW + 5 * DAY, NOW + 5 * DAY))
    assert late[0][0] == "S1.verdict"


def test_a_link_without_a_limit_has_a_share_that_can_be_kept() -> None:
    """What is left of it is saved as any other is."""
    made, desk = heard(csv_of(marked(1)), free=10**30)
    assert len(parts_in(lived(made, desk, NOW, NOW + MINUTE))) == 4
    again = laboratory()
    again.restore(made.save())
    assert again.save() == made.save()


def test_who_is_not_told_any_more_is_forgotten() -> None:
    """The file names others after a restart: nothing waits for those who are gone."""
    made, desk = heard(csv_of(marked(1)), free=None)
    lived(made, desk, NOW, NOW)
    other = laboratory(tells=["ipn:10.6"])
    other.restore(made.save())
    assert other.next_wakeup() is None
