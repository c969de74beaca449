"""Whole nodes in real time: letters, light, cuts, stops and starts, on loopback."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.live.helpers import START, both_ways, run, tcpcl, turns, until
from tests.messages.contents import arrival_of, letters_of
from tests.neighbours.helpers import End, risen

from starlight import bundle
from starlight.bundle import EndpointID
from starlight.dtntime import SECOND, to_wire
from starlight.engine.applications import MAIL
from starlight.engine.record import replay
from starlight.errors import InputError, StoreError
from starlight.live import engine_loop
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.messages.letter_view import LetterView
from starlight.neighbours.peer import PeerConfig
from starlight.node.actions import Transmit
from starlight.node.application import ChangePlan, Save
from starlight.node.bundle_state import BundleState
from starlight.node.config import NodeConfig
from starlight.node.events import BundleReceived, Event, TransmissionAcknowledged
from starlight.store.sqlite_store import SqliteStore
from starlight.store.stored_records import StoredRecords

EARTH, MARS = 1, 2
JAY, NAN_YOUNG = "ipn:1.1", "ipn:2.1"
LIGHT_S = 300.0
PLAN = both_ways((EARTH, MARS, LIGHT_S))
RATE = 6000  # light crosses in 50 ms of the wall


def config(folder: Path, node: int, peers: Sequence[PeerConfig] = (), **more: Any) -> DaemonConfig:
    """Return the configuration of one of two nodes, with its resident."""
    resident = {EARTH: Resident(JAY, "Jay"), MARS: Resident(NAN_YOUNG, "Nan-young")}[node]
    return DaemonConfig(
        node=NodeConfig(number=node, plan=more.pop("plan", PLAN)),
        data=str(folder / str(node)),
        peers=tuple(peers),
        residents=(resident,),
        **more,
    )


@contextlib.asynccontextmanager
async def two(
    folder: Path,
    *,
    clock: MissionClock | None = None,
    earth: dict[str, Any] | None = None,
    mars: dict[str, Any] | None = None,
) -> AsyncIterator[tuple[Daemon, Daemon]]:
    """Run Earth and Mars, connected."""
    clock = clock or MissionClock(START, RATE)
    there = Daemon(config(folder, MARS, [PeerConfig(EARTH)], **(mars or {})), clock)
    await there.start()
    here = Daemon(config(folder, EARTH, [PeerConfig(MARS, tcpcl(there.port))], **(earth or {})), clock)
    await here.start()
    try:
        yield here, there
    finally:
        await here.stop()
        await there.stop()


def meddler(daemon: Daemon) -> apsw.Connection:
    """Return a connection to the database of a running node, as of another program."""
    assert isinstance(daemon.store, SqliteStore)
    connection = apsw.Connection(str(daemon.store.path / "starlight.db"))
    connection.set_busy_timeout(60_000)  # The node may be committing, in a thread that ends soon.
    return connection


def texts(daemon: Daemon, address: str) -> list[str]:
    """Return the words of all letters that came to a mailbox, in order."""
    return [letter.text for letter in daemon.mail.mailbox(address).inbox()]


def view(daemon: Daemon, address: str, letter: Letter) -> LetterView:
    """Return how a letter stands."""
    return daemon.mail.mailbox(address).letter_view(letter.id, daemon.clock.now())


def foreseen(daemon: Daemon, address: str, letter: Letter) -> int:
    """Return when a letter arrives, as its author's mailbox foresees it."""
    arrival = view(daemon, address, letter).last_fact(DeliveryState.ARRIVED)
    assert arrival is not None
    return arrival.time


def confirmed(daemon: Daemon, address: str, letter: Letter) -> DeliveryState | None:
    """Return the state of a letter that is known, not only foreseen."""
    now = view(daemon, address, letter)
    return now.state if now.certainty == "confirmed" else None


def test_a_letter_arrives_when_predicted_and_its_receipt_one_light_time_later(tmp_path: Path) -> None:
    """The sender knows beforehand when it will arrive; the receipt turns predicted into confirmed."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await until(here, lambda: here.status().up == [MARS])
            prediction = here.mail.predict(JAY, Draft(NAN_YOUNG, "Can you hear me?"))
            letter = await here.mail.write(JAY, Draft(NAN_YOUNG, "Can you hear me?"))
            predicted = foreseen(here, JAY, letter)
            assert prediction.leaves is not None
            assert prediction.arrives is not None
            assert (
                0
                <= predicted - (letter.written_at + round(LIGHT_S * SECOND))
                <= prediction.arrives - prediction.leaves
            )
            await until(there, lambda: texts(there, NAN_YOUNG) == ["Can you hear me?"])
            came = view(there, NAN_YOUNG, letter).facts[-1].time
            assert came >= predicted
            await until(here, lambda: confirmed(here, JAY, letter) == "arrived")
            assert here.clock.now() >= came + round(LIGHT_S * SECOND)
            assert here.status().defects == there.status().defects == 0

    run(test())


def test_letters_cross_in_both_directions_and_answers_name_what_they_answer(tmp_path: Path) -> None:
    """Two daemons on loopback exchange letters over one TCPCLv4 session."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            for number in range(10):
                await here.mail.write(JAY, Draft(NAN_YOUNG, f"from Seoul {number}"))
                await there.mail.write(NAN_YOUNG, Draft(JAY, f"from Mars {number}"))
            await until(there, lambda: len(texts(there, NAN_YOUNG)) == 10)
            await until(here, lambda: len(texts(here, JAY)) == 10)
            first = there.mail.mailbox(NAN_YOUNG).inbox()[0]
            await there.mail.mark_read(NAN_YOUNG, first.id)
            answer = await there.mail.write(NAN_YOUNG, Draft(JAY, "I hear you", first.id))
            await until(here, lambda: texts(here, JAY)[-1:] == ["I hear you"])
            assert letters_of(here.mail.mailbox(JAY))[answer.id].reply_to == first.id
            await until(here, lambda: confirmed(here, JAY, first) == "read")

    run(test())


def test_what_is_written_while_the_link_is_cut_crosses_after_it(tmp_path: Path) -> None:
    """The storm severs communication; nothing is lost. What has not departed can be withdrawn."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await until(here, lambda: here.status().up == [MARS])
            for daemon in (here, there):
                daemon.cut({(EARTH, MARS), (MARS, EARTH)})
            kept = await here.mail.write(JAY, Draft(NAN_YOUNG, "through the storm"))
            taken_back = await here.mail.write(JAY, Draft(NAN_YOUNG, "never mind"))
            assert (await here.mail.withdraw(JAY, taken_back.id)).state == "withdrawn"
            await here.settled()
            assert texts(there, NAN_YOUNG) == []
            for daemon in (here, there):
                daemon.cut(())
            await until(there, lambda: texts(there, NAN_YOUNG) == ["through the storm"])
            await until(here, lambda: confirmed(here, JAY, kept) == "arrived")
            with pytest.raises(InputError, match="withdrawn"):
                await here.mail.withdraw(JAY, kept.id)

    run(test())


def test_accepted_is_durable_and_a_restart_goes_on(tmp_path: Path) -> None:
    """`write` returns after the commit: a node that is started again on its directory sends the letter."""

    async def test() -> None:
        clock = MissionClock(START, RATE)
        alone = Daemon(config(tmp_path, EARTH, [PeerConfig(MARS)]), clock)
        await alone.start()
        letter = await alone.mail.write(JAY, Draft(NAN_YOUNG, "before the restart"))
        stopped_at = clock.now()
        await alone.stop()
        fresh = MissionClock(START, RATE)
        async with two(tmp_path, clock=fresh) as (here, there):
            assert fresh.now() >= stopped_at
            await until(there, lambda: texts(there, NAN_YOUNG) == ["before the restart"])
            await until(here, lambda: confirmed(here, JAY, letter) == "arrived")

    run(test())


def test_what_a_reader_finds_damaged_is_set_aside_at_once(tmp_path: Path) -> None:
    """To read a mailbox, however long ago it was asked for, has what is damaged there committed as such."""

    async def test() -> None:
        clock = MissionClock(START, RATE)
        alone = Daemon(config(tmp_path, EARTH), clock)
        await alone.start()
        letter = await alone.mail.write(JAY, Draft(JAY, "to be damaged"))
        await until(alone, lambda: texts(alone, JAY) == ["to be damaged"])
        await alone.stop()
        with contextlib.closing(meddler(alone)) as store:
            store.execute("update saves set data = x'c1' where key like 'letter/%'")
        again = Daemon(config(tmp_path, EARTH), MissionClock(START, RATE))
        await again.start()
        mailbox = again.mail.mailbox(JAY)
        await turns()
        assert again.store.quarantined() == []
        assert mailbox.letter(letter.id) is None
        await until(again, again.store.quarantined)
        assert f"letter/{letter.id}" in {each.key for each in again.store.quarantined()}
        await again.stop()

    run(test())


def test_a_letter_waits_for_someone_who_has_not_arrived_yet(tmp_path: Path) -> None:
    """Letters to an address that nobody has claimed yet wait for whoever does."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await here.mail.write(JAY, Draft("ipn:2.7", "for whoever finds this"))
            await until(there, lambda: there.status().stored["bundles"] == 1)
            await there.mail.open("ipn:2.7", "whoever")
            await until(there, lambda: texts(there, "ipn:2.7") == ["for whoever finds this"])

    run(test())


def test_a_record_of_a_live_node_replays_to_the_same_actions(tmp_path: Path) -> None:
    """A recorded run of a live node replays in virtual time, bit for bit."""

    async def test() -> None:
        record = {"record": str(tmp_path / "record"), "trace": str(tmp_path / "trace")}
        async with two(tmp_path, earth=record) as (here, _):
            letter = await here.mail.write(JAY, Draft(NAN_YOUNG, "for the record"))
            await until(here, lambda: confirmed(here, JAY, letter) == "arrived")
            await here.change_plan(both_ways((EARTH, MARS, 200.0)))
        result = replay((tmp_path / "record").read_text().splitlines())
        assert result.events > 5
        assert result.differences == []
        assert "letter.departed" in (tmp_path / "trace").read_text()

    run(test())


def test_what_people_see_does_not_depend_on_the_trace(tmp_path: Path) -> None:
    """With the trace and without, a letter goes the same way, and what has left is known to the page."""

    async def test() -> None:
        seen = []
        for trace in (str(tmp_path / "trace"), None):
            folder = tmp_path / f"traced {trace is not None}"
            folder.mkdir()
            async with two(folder, earth={"trace": trace}, mars={"trace": trace}) as (here, there):
                letter = await here.mail.write(JAY, Draft(NAN_YOUNG, "the same to you"))
                await until(there, lambda: texts(there, NAN_YOUNG) == ["the same to you"])
                await there.mail.mark_read(NAN_YOUNG, letter.id)
                await until(here, lambda: confirmed(here, JAY, letter) == "read")  # noqa: B023
                (sent,) = here.departures
                delays = sent.leaves - letter.written_at, sent.reaches - sent.leaves
                assert delays[0] < SECOND * RATE
                facts = [(fact.state, fact.certainty) for fact in view(here, JAY, letter).facts]
                seen.append((facts, delays[1], len(there.departures)))
        assert seen[0] == seen[1]

    run(test())


def test_a_plan_that_an_application_changes_is_imposed_too(tmp_path: Path) -> None:
    """Amendments of the plan come to applications; light and dialling follow what the engine has in force."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await until(here, lambda: here.status().up == [MARS])
            nearer = both_ways((EARTH, MARS, 60.0))
            for daemon in (here, there):
                await daemon._requests.carry_out(MAIL, [ChangePlan(nearer)], daemon._requests.moment())
            await here.mail.write(JAY, Draft(NAN_YOUNG, "nearer"))
            await until(there, lambda: texts(there, NAN_YOUNG) == ["nearer"])
            (sent,) = here.departures
            came = there.mail.mailbox(NAN_YOUNG).inbox()[0]
            arrived = view(there, NAN_YOUNG, came).facts[-1].time
            assert 60 * SECOND <= arrived - sent.last_byte < 61 * SECOND

    run(test())


def test_a_new_plan_changes_what_is_predicted_and_imposed(tmp_path: Path) -> None:
    """The plan changed: the engine routes by it and light is imposed by it."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await until(here, lambda: here.status().up == [MARS])
            nearer = both_ways((EARTH, MARS, 60.0))
            await here.change_plan(nearer)
            await there.change_plan(nearer)
            letter = await here.mail.write(JAY, Draft(NAN_YOUNG, "nearer"))
            await until(there, lambda: texts(there, NAN_YOUNG) == ["nearer"])
            arrived = view(there, NAN_YOUNG, letter).facts[-1].time
            assert arrived >= letter.written_at + 60 * SECOND
            assert foreseen(here, JAY, letter) - letter.written_at < 61 * SECOND

    run(test())


def test_what_people_get_wrong_is_told_and_changes_nothing(tmp_path: Path) -> None:
    """InputError says what is wrong; nothing is written."""

    async def test() -> None:
        async with two(tmp_path) as (here, _):
            before = here.status().stored
            for ask in (
                lambda: here.mail.write("ipn:1.9", Draft(NAN_YOUNG, "from nobody")),
                lambda: here.mail.write(JAY, Draft("not an address", "to nowhere")),
                lambda: here.mail.write(JAY, Draft(NAN_YOUNG, "  ")),
                lambda: here.mail.withdraw(JAY, "no such letter"),
                lambda: here.mail.mark_read(JAY, "no such letter"),
                lambda: here.mail.open("ipn:2.1", "not of this node"),
            ):
                with pytest.raises(InputError):
                    await ask()
            assert here.status().stored == before

    run(test())


def test_an_event_that_breaks_the_engine_costs_only_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Errors in peer handling never end the process: the transfer is refused, and the node goes on."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await until(there, lambda: there.status().up == [EARTH])
            handlers = there.node._handlers
            sound = handlers[BundleReceived]

            def broken(event: Event, now: int) -> None:
                handlers[BundleReceived] = sound
                raise ZeroDivisionError("a defect")

            handlers[BundleReceived] = broken
            await here.mail.write(JAY, Draft(NAN_YOUNG, "refused at first"))
            await until(here, lambda: there.status().defects == 1 and here.status().up == [MARS])
            await there.mail.write(NAN_YOUNG, Draft(JAY, "still here"))
            await until(here, lambda: texts(here, JAY) == ["still here"])

    run(test())
    assert "handling BundleReceived broke" in caplog.text


def test_what_breaks_when_it_is_due_costs_only_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect in what a timer brings loses no event that came meanwhile, and stops no later timer."""
    monkeypatch.setattr(engine_loop, "STUMBLE_S", 0.01)

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await until(there, lambda: there.status().up == [EARTH])

            def broken(argument: object, now: int) -> None:
                raise ZeroDivisionError("a defect")

            there.node._deadlines.at(there.clock.now() + SECOND, broken, None)
            await here.mail.write(JAY, Draft(NAN_YOUNG, "it comes all the same"))
            await until(there, lambda: texts(there, NAN_YOUNG) == ["it comes all the same"])
            assert there.status().defects == 1

    run(test())
    assert "handling what was due broke" in caplog.text


def test_an_action_that_breaks_takes_no_other_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What the same commit has made safe is acknowledged and sent; what could not be is tried again."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await until(here, lambda: here.status().up == [MARS])
            body = here.store.body
            broken: list[str] = []

            def once(key: str) -> bytes:
                if not broken:
                    broken.append(key)
                    raise ZeroDivisionError("a defect")
                return body(key)

            here.store.body = once  # type: ignore[method-assign]  # a disk that fails once
            await here.mail.write(JAY, Draft(NAN_YOUNG, "at the second attempt"))
            await here.mail.write(JAY, Draft(NAN_YOUNG, "at the first"))
            await until(there, lambda: len(texts(there, NAN_YOUNG)) == 2)
            assert here.status().defects == 1

    run(test())
    assert "doing Transmit broke" in caplog.text


def test_a_receiver_whose_disk_refuses_acknowledges_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Persist before you acknowledge: the sender still has it, and it arrives once the disk takes it."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await until(here, lambda: here.status().up == [MARS])
            other = meddler(there)
            other.execute("begin immediate")
            await here.mail.write(JAY, Draft(NAN_YOUNG, "kept by its sender"))
            with pytest.raises(StoreError):
                await there.wait()
            assert there.status().acknowledged == 0
            await here.settled()
            assert here.status().stored["bundles"] == 1
            other.close()
            await there.stop()
            clock = here.clock
            again = Daemon(config(tmp_path, MARS, [PeerConfig(EARTH, tcpcl(here.port))]), clock)
            await again.start()
            await until(again, lambda: texts(again, NAN_YOUNG) == ["kept by its sender"])
            await again.stop()

    run(test())
    assert "refused a commit" in caplog.text


STRANGE = [
    EndpointID.parse("scheme-9:6164"),
    EndpointID.parse("dtn://" + "x" * 1000 + "/" + "y" * 17),  # the longest that is taken
]


@pytest.mark.parametrize("endpoint", STRANGE, ids=["of an unknown scheme", "with a long name"])
def test_what_a_peer_sends_never_keeps_a_node_from_starting_again(
    tmp_path: Path, endpoint: EndpointID
) -> None:
    """Endpoints that name no node we know are carried, reported about and restored like others."""
    hostile = bundle.build(
        endpoint,
        endpoint,
        b"?",
        creation=(to_wire(START), 0),
        lifetime_ms=10**12,
        report_to=endpoint,
        flags=0x4000 | 0x40000,
        age_ms=2**64 - 1,
    )

    async def test() -> None:
        clock = MissionClock(START, RATE)
        there = Daemon(config(tmp_path, MARS, [PeerConfig(EARTH)]), clock)
        await there.start()
        peer = End(EARTH, [PeerConfig(MARS, tcpcl(there.port))], PLAN, clock)
        peer.neighbours.reach()
        assert await peer.next() == risen(MARS)
        peer.send(MARS, "hostile", bundle.encode(hostile), leaves=START)
        assert isinstance(await peer.next(), TransmissionAcknowledged)
        await until(
            there, lambda: any(each.state is BundleState.WAITING for each in there.node.stored.values())
        )
        assert there.status().defects == 0
        await peer.neighbours.close()
        await there.stop()
        again = Daemon(config(tmp_path, MARS, [PeerConfig(EARTH)]), clock)
        await again.start()
        assert again.status().stored["bundles"] > 0
        await again.stop()

    run(test())


def test_a_refused_commit_stops_the_node_before_it_promises_anything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What the disk refused was neither acknowledged nor sent; who waits for it is told."""

    async def test() -> None:
        async with two(tmp_path) as (here, _):
            other = meddler(here)
            other.execute("begin immediate")  # a program that meddles, so that every commit is refused
            with pytest.raises(StoreError, match="has stopped"):
                await here.mail.write(JAY, Draft(NAN_YOUNG, "too late"))
            with pytest.raises(StoreError):
                await here.wait()
            with pytest.raises(StoreError, match="not running"):
                await here.mail.write(JAY, Draft(NAN_YOUNG, "again"))
            other.close()

    run(test())
    assert "refused a commit" in caplog.text


def test_a_store_in_use_is_refused_at_once(tmp_path: Path) -> None:
    """Two daemons can't open the same store."""

    async def test() -> None:
        async with two(tmp_path) as (here, _):
            with pytest.raises(StoreError, match="in use"):
                Daemon(here.config, here.clock)

    run(test())


def test_a_port_in_use_leaves_nothing_behind(tmp_path: Path) -> None:
    """A daemon that can't start closes its store, so that it can be tried again."""

    async def test() -> None:
        async with two(tmp_path) as (_, there):
            other = config(tmp_path / "other", EARTH, listen=(there.listening[0],))
            with pytest.raises(InputError, match="can't listen"):
                await Daemon(other, there.clock).start()
            again = Daemon(other, there.clock)
            await again.stop()

    run(test())


def test_what_is_no_bundle_is_refused_and_the_session_goes_on(tmp_path: Path) -> None:
    """Bytes that are no bundle are refused as not acceptable; the next bundle is taken."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await until(here, lambda: here.status().up == [MARS])
            now = here.clock.now()
            for number, junk in enumerate((b"", b"\x9f\xff", bytes(300), b"\x9f" * 5000)):
                action = Transmit(f"junk {number}", MARS, 1, now, now, now, None, False)
                here._neighbours.send(action, junk)
            here._neighbours.drivers.flush()
            await here.mail.write(JAY, Draft(NAN_YOUNG, "after the junk"))
            await until(there, lambda: texts(there, NAN_YOUNG) == ["after the junk"])
            assert there.status().refused == 4
            assert there.status().defects == 0

    run(test())


def test_a_cut_can_be_set_before_the_start(tmp_path: Path) -> None:
    """A storm that outlasted the process is there from the first moment."""

    async def test() -> None:
        clock = MissionClock(START, RATE)
        there = Daemon(config(tmp_path, MARS, [PeerConfig(EARTH)]), clock)
        await there.start()
        here = Daemon(config(tmp_path, EARTH, [PeerConfig(MARS, tcpcl(there.port))]), clock)
        here.cut({(EARTH, MARS)})
        await here.start()
        await until(here, lambda: here.status().connected == [MARS])
        assert here.status().up == []
        await here.mail.write(JAY, Draft(NAN_YOUNG, "kept"))
        here.cut(())
        await until(there, lambda: texts(there, NAN_YOUNG) == ["kept"])
        await here.stop()
        await there.stop()

    run(test())


def test_telemetry_crosses_the_network(tmp_path: Path) -> None:
    """Real telemetry bundles (position, oxygen, findings) cross the network."""

    async def test() -> None:
        async with two(tmp_path) as (here, there):
            await there.mail.send_telemetry(NAN_YOUNG, [JAY], kind="suit", readings={"oxygen_kg": 0.4})
            await until(here, lambda: here.mail.mailbox(JAY).telemetry.latest(NAN_YOUNG) is not None)
            latest = here.mail.mailbox(JAY).telemetry.latest(NAN_YOUNG)
            assert latest is not None
            _, telemetry = latest
            assert dict(telemetry.readings) == {"oxygen_kg": 0.4}

    run(test())


def test_what_was_promised_holds_when_the_rate_of_mission_time_changes(tmp_path: Path) -> None:
    """A letter in flight stays there while the clock stands, and arrives and is confirmed at the mission
    times that were promised, at whatever rates mission time goes on."""

    async def test() -> None:
        clock = MissionClock(START, 1, fastest=RATE)
        async with two(tmp_path, clock=clock) as (here, there):
            letter = await here.mail.write(JAY, Draft(NAN_YOUNG, "Wait for me."))
            await until(there, lambda: there.status().received)
            promised = foreseen(here, JAY, letter)
            receipt = view(here, JAY, letter).receipt_at
            clock.change_rate(0)
            stood = clock.now()
            assert START < stood < promised
            for daemon in (here, there):
                await daemon.settled()
            assert (clock.now(), texts(there, NAN_YOUNG)) == (stood, [])
            clock.change_rate(2)
            await there.settled()
            assert texts(there, NAN_YOUNG) == []
            clock.change_rate(RATE)
            await until(there, lambda: texts(there, NAN_YOUNG))
            assert arrival_of(there.mail.mailbox(NAN_YOUNG), letter.id).arrived_at == promised
            await until(here, lambda: view(here, JAY, letter).certainty is Certainty.CONFIRMED)
            assert view(here, JAY, letter).state is DeliveryState.ARRIVED
            assert receipt is not None
            assert clock.now() >= receipt
            assert here.status().defects == there.status().defects == 0

    run(test())


def test_a_stall_of_the_machine_is_no_missing_answer(tmp_path: Path) -> None:
    """A driver widens the margin of answers by what a stall is in mission time; a slow clock keeps a day."""
    for rate, margin in ((6000, 3_600_000 * SECOND), (1, 86_400 * SECOND)):
        for name, clock in (
            ("steady", MissionClock(START, rate)),
            ("to be turned", MissionClock(START, 1, fastest=rate)),
        ):
            node = Daemon(config(tmp_path / name / str(rate), EARTH), clock)
            assert node.node.config.limits.answer_margin == margin
            node.store.close()


def test_nothing_stays_in_memory_that_is_on_disk(tmp_path: Path) -> None:
    """Once all is committed, mailboxes read from the disk alone; what a broken step had put is there, too."""

    async def test() -> None:
        async with two(tmp_path) as (here, _):
            await here.mail.write(JAY, Draft(NAN_YOUNG, "Can you hear me?"))
            here.store.records.put(Save(JAY, "other/x", b"of a step that broke"))
            await here.mail.write(JAY, Draft(NAN_YOUNG, "And now?"))
            await here.settled()
            assert isinstance(here.store.records, StoredRecords)
            assert here.store.records._put == {}
            assert here.store.records.get(JAY, "other/x") == b"of a step that broke"

    run(test())
