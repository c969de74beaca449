"""What a mailbox has got from the programs of an expedition, as its owner's page is told."""

from __future__ import annotations

import asyncio
import zlib

import numpy as np
import pytest
from tests.messages.helpers import JAY, LIGHT, NANYOUNG, FakeSky

from starlight import packed_json
from starlight.app import expedition_desk, expedition_parts
from starlight.app.expedition_desk import LETTERS_LOOKED_AT, RUNS_SHOWN, NodeExpeditionDesk
from starlight.app.expedition_parts import MAP_TYPE, MOMENTS_SHOWN, ROOM_TYPE
from starlight.dtntime import HOUR, MINUTE
from starlight.errors import PeerError
from starlight.greenhouse import outlook_part
from starlight.greenhouse.outlook_part import AirSample, ForeseenLimit, RoomOutlook
from starlight.messages.draft import Attachment, Draft
from starlight.messages.letter import Telemetry
from starlight.messages.parts import PROGRAM_TYPES
from starlight.node.application import Submit
from starlight.organics import parts, reference_spectra
from starlight.organics.gas_run import BINS, GasRun
from starlight.organics.parts import _VERDICT, VERDICT_BYTES
from starlight.search import map_part
from starlight.search.map_part import MapMoment, MapReport, MapSearch, SearchMap
from starlight.views.expedition import ExpeditionView
from starlight.views.robot_runs import ComingPiece
from starlight.views.told_in import ToldIn

VERDICT, THUMBNAIL, WINDOW, RUN = expedition_parts.RUN_TYPES
TOLD = ToldIn("1", "ipn:1.1", "ipn:1.1", "Rover", 0, 0)


@pytest.fixture
def sky() -> FakeSky:
    """Return a sky with both mailboxes open."""
    sky = FakeSky()
    sky.open_all()
    return sky


def part(sky: FakeSky, data: bytes, media_type: str, name: str = "") -> Attachment:
    """Upload a part of Jay's."""
    office = sky.earth.office
    reference, begun = office.uploads.begin(office.mailbox(JAY), sky.now, 1024)
    sky.earth.ask([*begun, *office.uploads.add(reference, data), *office.uploads.finish(reference, sky.now)])
    return Attachment(reference, name=name, media_type=media_type)


def send(sky: FakeSky, *attached: Attachment, wait: int = LIGHT + MINUTE) -> str:
    """Send a letter of Jay's with parts and let it come; return its id."""
    draft = Draft(NANYOUNG, "From the program.", parts=attached)
    letter, requests = sky.earth.office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    sky.run(sky.now + wait)
    return letter.id


def desk(sky: FakeSky, address: str = NANYOUNG) -> NodeExpeditionDesk:
    """Return the desk of a mailbox."""
    office = (sky.mars if address == NANYOUNG else sky.earth).office
    return NodeExpeditionDesk(
        lambda: office.mailbox(address), lambda who: f"<{who}>", {JAY: "The program"}, lambda: sky.now
    )


def looked(sky: FakeSky) -> ExpeditionView:
    return asyncio.run(desk(sky).expedition())


def outlook(sky: FakeSky, name: str = "Cave") -> bytes:
    """Return an outlook of two days."""
    samples = tuple(AirSample(sky.now + n * 24 * HOUR, 20.9 - n, 0.1 + n, 101.3, 21.0, 40.0) for n in (0, 1))
    limits = (ForeseenLimit("co2", "carbon dioxide above 1 kPa", sky.now + 20 * HOUR, deadly=False),)
    return outlook_part.encode(RoomOutlook(name, sky.now, measured=True, samples=samples, limits=limits))


def search_map(sky: FakeSky, moments: int = 2, name: str = "Lost") -> SearchMap:
    """Return a map of six sectors."""
    return SearchMap(
        name=name,
        at=sky.now,
        last_fix=max(0, sky.now - HOUR),
        source="made",
        synthetic=True,
        rows=2,
        columns=3,
        cell_m=100.0,
        west_m=0.0,
        north_m=200.0,
        moments=tuple(
            MapMoment(sky.now + n * HOUR, (9000, 500, 0, 0, 0, 0), 500, 8000) for n in range(moments)
        ),
        counted=("a", "b"),
        left=4_000,
        awaited=(MapReport("c", sky.now + HOUR, "not yet knowable"),),
        plan=(MapSearch("Rover", sky.now, sky.now + HOUR, 50.0, 150.0, 2_100),),
        ends={"oxygen": 10_000},
        intents={"wait": (5_000, 7_500)},
    )


def verdict(run: str, *, found: bool = True, p: float = 0.003, window: tuple[int, int] = (425, 575)) -> bytes:
    """Return the 40 bytes of an answer whose target ships."""
    target = parts.target_digest(reference_spectra.shipped()[0].accession)
    flags = 1 | (2 if found else 0)
    body = _VERDICT.pack(1, flags, run.encode()[:10], target, p, 0.8, 0.4, *window, 0)[:-4]
    made = body + zlib.crc32(body).to_bytes(4, "big")
    assert len(made) == VERDICT_BYTES
    return made


def gas_run() -> GasRun:
    """Return a run with water and one ion that comes at 500 degC."""
    abundance = np.full((101, BINS), 1e-9)
    abundance[18] = 1.0
    abundance[57, 18:21] = 0.01
    return GasRun("sol-61-a", "", abundance)


def test_without_such_letters_nothing_is_told(sky: FakeSky) -> None:
    """A letter with an ordinary file is no news of an expedition; nor is what one has sent oneself."""
    send(sky, part(sky, b"a file", "text/plain"))
    assert not asyncio.run(desk(sky).has_any())
    assert looked(sky).is_empty
    send(sky, part(sky, outlook(sky), ROOM_TYPE))
    assert asyncio.run(desk(sky).has_any())
    assert not asyncio.run(desk(sky, JAY).has_any())


def test_what_came_is_told_with_when_it_was_known_here(sky: FakeSky) -> None:
    """A room, a search and a run out of three letters, each with its letter and when it came."""
    written = sky.now
    room_letter = send(sky, part(sky, outlook(sky), ROOM_TYPE, "outlook"))
    send(sky, part(sky, map_part.encode(search_map(sky)), MAP_TYPE, "map"))
    whole = gas_run()
    pieces = (
        (verdict("sol-61-a"), VERDICT, "sol-61-a.verdict"),
        (parts.thumbnail(whole), THUMBNAIL, "sol-61-a.thumbnail"),
        (parts.packed_run(whole, 16, 21), WINDOW, "sol-61-a.window"),
    )
    send(sky, *(part(sky, *each) for each in pieces), wait=3 * HOUR)
    view = looked(sky)
    (room,), (search,), (run,) = view.rooms, view.searches, view.runs
    assert (room.name, room.measured, len(room.samples), room.limits[0].name) == ("Cave", True, 2, "co2")
    assert (room.told.letter, room.told.from_name, room.told.correspondent) == (room_letter, f"<{JAY}>", JAY)
    assert room.told.written_at == written
    assert LIGHT <= room.told.here_since - written <= LIGHT + MINUTE
    assert (search.rows, search.columns, search.synthetic, search.counted) == (2, 3, True, 2)
    assert (search.moments[0].chances[0], search.moments[0].outside, search.moments[0].alive) == (
        9000,
        0.05,
        0.8,
    )
    assert (search.left, search.plan[0].success, search.intents[0].share) == (0.4, 0.21, 0.75)
    assert search.awaited[0].state == "not yet knowable"
    assert run.name == "sol-61-a"
    assert run.verdict is not None
    assert (run.verdict.found, run.verdict.p, run.verdict.from_degc, run.verdict.to_degc) == (
        True,
        0.003,
        425,
        575,
    )
    assert run.verdict.marker is not None
    assert run.verdict.marker.family == "aliphatics"
    assert run.thumbnail is not None
    assert run.thumbnail.steps[57 * 21 + 9] > run.thumbnail.steps[57 * 21]
    assert run.window is not None
    assert (run.window.from_degc, run.window.to_degc, run.window.whole) == (425, 575, False)
    shares = {ion.mz: ion.share for ion in run.window.ions}
    assert shares == {18: 1.0, 57: pytest.approx(0.005, rel=0.01)}
    assert run.coming == (ComingPiece("run"),)
    assert view.unread == ()


def test_the_whole_run_shows_the_window_that_did_not_come(sky: FakeSky) -> None:
    """Once the run is here it can be saved, and the ions of the find are taken out of it."""
    run = parts.packed_run(gas_run())
    letter = send(sky, part(sky, verdict("sol-61-a"), VERDICT), part(sky, run, RUN), wait=3 * HOUR)
    (told,) = looked(sky).runs
    assert (told.name, told.run_letter, told.run_part) == ("sol-61-a", letter, 1)
    assert told.window is not None
    assert told.window.whole
    assert [ion.mz for ion in told.window.ions] == [18, 57]
    assert {each.piece for each in told.coming} == {"thumbnail", "window"}


BOMB = zlib.compress(bytes(packed_json.UNPACKED_MAX_BYTES + 2), 9)
LONG_RUN = b"\0\0" + np.float64(1e308).tobytes()[::-1] + zlib.compress(b"\x7f\xff" + bytes(2 * 601 * 6 - 2))


@pytest.mark.parametrize(
    ("media_type", "data", "why"),
    [
        (ROOM_TYPE, b"no outlook", "does not unpack"),
        (ROOM_TYPE, packed_json.pack(TOLD), "RoomOutlook"),
        (MAP_TYPE, BOMB, "does not unpack to at most"),
        (MAP_TYPE, bytes(packed_json.PACKED_MAX_BYTES + 1), "the part has 1048577 bytes"),
        (VERDICT, verdict("x")[:-1] + b"!", "CRC-32"),
        (VERDICT, verdict("x", p=float("nan")), "numbers that none can have"),
        (VERDICT, verdict("x", p=7.0), "numbers that none can have"),
        (VERDICT, verdict("x", window=(25, 9_000)), "numbers that none can have"),
        (THUMBNAIL, b"\x0f" + zlib.compress(bytes(3)), "no thumbnail"),
    ],
)
def test_what_can_not_be_read_is_told_and_costs_nothing_else(
    sky: FakeSky, media_type: str, data: bytes, why: str
) -> None:
    """A broken, foreign or oversized part, or a bomb, is a line with the reason; the room stands."""
    send(sky, part(sky, outlook(sky), ROOM_TYPE, "good"))
    letter = send(sky, part(sky, data, media_type, "bad"), wait=30 * HOUR)
    view = looked(sky)
    (told,) = view.unread
    assert (told.letter, told.part, told.media_type, told.from_name) == (letter, 0, media_type, f"<{JAY}>")
    assert why in told.why
    assert [each.name for each in view.rooms] == ["Cave"]


def test_a_window_with_impossible_numbers_is_refused() -> None:
    """A peer's scale may make what a double can't hold; a find without a window has none."""
    where = expedition_parts.Window(425, 575)
    with pytest.raises(PeerError, match="infinite"):
        expedition_parts.window(LONG_RUN, TOLD, where)
    with pytest.raises(PeerError, match="nothing stands out"):
        expedition_parts.window(LONG_RUN, TOLD, expedition_parts.Window(25, 25))


def test_where_the_newest_map_is_broken_the_one_before_is_shown(sky: FakeSky) -> None:
    """And the page says that a newer one can't be read."""
    send(sky, part(sky, map_part.encode(search_map(sky)), MAP_TYPE, "map"))
    send(sky, part(sky, map_part.encode(search_map(sky, name="Newer")), MAP_TYPE, "map"))
    assert [each.name for each in looked(sky).searches] == ["Newer"]
    send(sky, part(sky, b"broken", MAP_TYPE, "map"))
    view = looked(sky)
    assert [each.name for each in view.searches] == ["Newer"]
    assert len(view.unread) == 1


def test_what_is_not_here_whole_is_awaited(sky: FakeSky) -> None:
    """A map of which a chunk is missing is told of with its bytes; the older one is shown until then."""
    send(sky, part(sky, map_part.encode(search_map(sky)), MAP_TYPE, "map"))
    sky.lose = lambda post: isinstance(post, Submit) and post.token.startswith("part/")
    noise = np.random.default_rng(1).integers(0, 9_000, 2_000)
    large = SearchMap(
        **{
            **{name: getattr(search_map(sky), name) for name in SearchMap.__struct_fields__},
            "rows": 40,
            "columns": 50,
            "moments": (MapMoment(sky.now, tuple(noise.tolist()), 0, 0),),
        }
    )
    data = map_part.encode(large)
    assert len(data) > 1024
    send(sky, part(sky, data, MAP_TYPE, "map"))
    view = looked(sky)
    (coming,) = view.coming
    assert (coming.what, coming.here_bytes, coming.size_bytes) == ("map", 0, len(data))
    assert [each.rows for each in view.searches] == [2]


def test_a_map_of_many_moments_is_thinned(sky: FakeSky) -> None:
    """The first and the last are among those that are told."""
    found = expedition_parts.search_map(map_part.encode(search_map(sky, 64)), TOLD)
    times = [each.at for each in found.moments]
    assert len(times) == MOMENTS_SHOWN
    assert (times[0], times[-1]) == (sky.now, sky.now + 63 * HOUR)


def test_the_latest_are_looked_at(sky: FakeSky, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many letters and runs; what was decoded once is not read again."""
    for number in range(RUNS_SHOWN + 2):
        send(sky, part(sky, verdict(f"run-{number}"), VERDICT), wait=MINUTE)
    sky.run(sky.now + LIGHT)
    one = desk(sky)
    view = asyncio.run(one.expedition())
    names = [f"run-{number}" for number in range(RUNS_SHOWN + 1, 1, -1)]
    assert [each.name for each in view.runs] == names
    assert view.looked_at == RUNS_SHOWN + 2 < LETTERS_LOOKED_AT
    monkeypatch.setattr(expedition_desk, "whole_part", None)
    assert asyncio.run(one.expedition()) == view


def test_an_erased_letter_is_not_told_of(sky: FakeSky) -> None:
    """What its reader has erased is gone from here, too."""
    letter = send(sky, part(sky, outlook(sky), ROOM_TYPE))
    assert looked(sky).rooms
    sky.mars.ask(list(sky.mars.office.mailbox(NANYOUNG).erase(letter)))
    assert looked(sky).is_empty
    assert not asyncio.run(desk(sky).has_any())


def test_telemetry_is_told_by_kind_the_latest_of_each_sender(sky: FakeSky) -> None:
    """A greenhouse's daily air; a suit's is no news of these programs."""
    box = sky.mars.office.mailbox(NANYOUNG)
    for at, kind, value in ((1, "greenhouse", 20.1), (2, "greenhouse", 20.0), (3, "suit", 1.0)):
        telemetry = Telemetry(JAY, at * HOUR, kind, None, {"o2_kpa": value, "first_limit": "c" * 999})
        box.telemetry.put(telemetry, b"", at * HOUR, at * HOUR + LIGHT)
    (told,) = looked(sky).readings
    assert (told.kind, told.name, told.measured_at, told.here_since) == (
        "greenhouse",
        "The program",
        2 * HOUR,
        2 * HOUR + LIGHT,
    )
    assert told.readings == {"o2_kpa": 20.0, "first_limit": "c" * 200}
    assert asyncio.run(desk(sky).has_any())


def test_the_names_of_the_types_are_those_that_programs_write() -> None:
    """The one that is spelt here, so that nothing need be loaded, is the library's own."""
    assert MAP_TYPE == map_part.MEDIA_TYPE
    assert all(each.startswith(PROGRAM_TYPES) for each in (MAP_TYPE, ROOM_TYPE, *expedition_parts.RUN_TYPES))
