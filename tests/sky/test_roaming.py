"""Bodies of a user's SPK file, against SPICE; ships and files without coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice
from jplephem.spk import SPK
from tests.sky.authority import ets_of, kernels
from tests.sky.conftest import DATA

from starlight.dtntime import DAY, HOUR, SECOND, from_text
from starlight.errors import InputError, RangeError
from starlight.sky import Centre, Elements, Place, Site, Sky, SpkBody, light_time_s, windows
from starlight.sky.pieces import light_pieces
from starlight.sky.timescales import Floats

START = from_text("2025-06-01")
END = START + 4 * DAY
MRO = Elements("mars", 3683.7, 0.0088, 92.65, 20.0, 270.0, 0.0, START)
JEZERO = Site("mars", 18.38, 77.58, -2500.0, 10.0)
MADRID = Site("earth", 40.4314, -4.2480, 835.0, 10.0)
STEP_S = 60.0


@pytest.fixture
def own_sky() -> Iterator[Sky]:
    """A sky that files can be handed to without others noticing."""
    kernel = SPK.open(str(DATA / "de421.bsp"))
    yield Sky.from_kernel(kernel, (DATA / "finals2000A.all").read_text())
    kernel.close()


Writer = Callable[[int, Floats, Floats], None]


def written(sky: Sky, path: Path, writer: Writer, start: int = START, end: int = END) -> str:
    """Write the orbiter's states around Mars once a minute as an SPK file; return its path."""
    first, last = ets_of(np.array([start - HOUR, end + HOUR]))
    ets = first + STEP_S * np.arange(int((last - first) / STEP_S) + 1)
    position, velocity, _ = sky.around(MRO, ets)
    handle = spice.spkopn(str(path), "orbiter", 0)
    writer(handle, ets, np.concatenate([position, velocity]).T.copy())
    spice.spkcls(handle)
    return str(path)


OUTSIDE = r"2025-06-20T.* outside what the SPK file covers of body -74 \(2025-05-31T23:00:.*hand in a .bsp"


def type_8(handle: int, ets: Floats, states: Floats) -> None:
    spice.spkw08(handle, -74, 499, "J2000", ets[0], ets[-1], "8", 9, len(ets), states, ets[0], STEP_S)


def type_9(handle: int, ets: Floats, states: Floats) -> None:
    keep = np.sort(np.random.default_rng(2).choice(len(ets), len(ets) * 9 // 10, replace=False))
    keep = np.unique(np.r_[0, keep, len(ets) - 1])
    spice.spkw09(
        handle, -74, 499, "J2000", ets[0], ets[-1], "9", 8, len(keep), states[keep].copy(), ets[keep].copy()
    )


def type_12(handle: int, ets: Floats, states: Floats) -> None:
    spice.spkw12(handle, -74, 499, "J2000", ets[0], ets[-1], "12", 7, len(ets), states, ets[0], STEP_S)


def type_13(handle: int, ets: Floats, states: Floats) -> None:
    spice.spkw13(handle, -74, 499, "J2000", ets[0], ets[-1], "13", 9, len(ets), states, ets)


@pytest.mark.parametrize("writer", [type_8, type_9, type_12, type_13])
def test_states_of_a_file_are_those_that_spice_reads(own_sky: Sky, tmp_path: Path, writer: Writer) -> None:
    """Lists of states (types 8, 9, 12, 13) give what SPICE gives, to a millimetre and 1 um/s."""
    path = written(own_sky, tmp_path / "mro.bsp", writer)
    with SPK.open(path) as kernel, kernels():
        assert own_sky.carry(kernel) == (-74,)
        spice.furnsh(path)
        first, last = ets_of(np.array([START - HOUR // 2, END]))
        ets = np.linspace(first, last, 700)
        theirs = np.array([spice.spkezr("-74", et, "J2000", "NONE", "MARS")[0] for et in ets]).T
        (position, velocity), (mars, its) = own_sky.state(SpkBody(-74), ets), own_sky.body("mars", ets)
    # Our Mars is interpolated to a centimetre.
    assert np.abs(position - mars - theirs[:3]).max() < 5e-5
    assert np.abs(velocity - its - theirs[3:]).max() < 1e-8


@pytest.mark.parametrize("other", [MADRID, JEZERO, Centre("sun")], ids=["madrid", "jezero", "sun"])
def test_a_body_of_a_file_has_the_windows_of_the_orbit_in_it(
    own_sky: Sky, tmp_path: Path, other: Place
) -> None:
    """An orbit written to a file and read back meets sites and hides behind Mars at the same times."""
    path = written(own_sky, tmp_path / "mro.bsp", type_13)
    with SPK.open(path) as kernel:
        own_sky.carry(kernel)
        body = SpkBody(-74)
        for a, b in ((MRO, other), (other, MRO)):
            exact = np.array(windows(own_sky, a, b, START, END - HOUR))
            same = [body if end is MRO else end for end in (a, b)]
            read = np.array(windows(own_sky, same[0], same[1], START, END - HOUR))
            assert exact.shape == read.shape
            assert len(exact) > 4
            assert np.abs(exact - read).max() < 0.02 * SECOND
        times = START + np.arange(50) * HOUR
        assert light_time_s(own_sky, body, other, times) == pytest.approx(
            light_time_s(own_sky, MRO, other, times), abs=1e-9
        )
        pieces = light_pieces(own_sky, body, other, START, START + 6 * HOUR)
        assert pieces[0][2][0] == pytest.approx(float(light_time_s(own_sky, MRO, other, START)), abs=2e-6)


def test_beyond_a_files_coverage_is_an_error(own_sky: Sky, tmp_path: Path) -> None:
    """A time that the file doesn't cover is a RangeError that names the body and what is covered."""
    path = written(own_sky, tmp_path / "mro.bsp", type_13)
    with SPK.open(path) as kernel:
        own_sky.carry(kernel)
        ((first, last),) = own_sky.coverage(SpkBody(-74))
        assert abs(first - (START - HOUR)) < SECOND
        assert abs(last - (END + HOUR)) < 61 * SECOND
        for ask in (
            lambda: windows(own_sky, SpkBody(-74), MADRID, START, from_text("2025-06-20")),
            lambda: light_time_s(own_sky, SpkBody(-74), MADRID, from_text("2025-06-20T12:00")),
        ):
            with pytest.raises(RangeError, match=OUTSIDE):
                ask()


def test_bodies_that_no_file_holds_are_named(own_sky: Sky, tmp_path: Path) -> None:
    """An unknown body is an InputError that tells which bodies the files hold; so is a file of planets."""
    with pytest.raises(InputError, match=r"no file holds body -74. Bodies of the files at hand: none"):
        windows(own_sky, SpkBody(-74), MADRID, START, END)
    with SPK.open(str(DATA / "de421.bsp")) as planets:
        # It holds Mercury and Venus, which the sky doesn't know by itself.
        assert own_sky.carry(planets) == (1, 2, 5, 6, 7, 8, 9, 199, 299)
    with pytest.raises(InputError, match="at hand: 1, 2, 5"):
        own_sky.state(SpkBody(-74), own_sky.tdb([START]))


def test_segments_that_cannot_be_read_are_named(own_sky: Sky, tmp_path: Path) -> None:
    """A type or a frame that we don't read is an InputError that names it and says what would do."""

    def type_15(handle: int, ets: Floats, states: Floats) -> None:
        spice.spkw15(
            handle, -75, 499, "J2000", ets[0], ets[-1], "15", ets[0], [0, 0, 1], [1, 0, 0], 4000.0, 0.1, 1.0,
            [0, 0, 1], 42_828.0, 0.00196, 3396.0,
        )  # fmt: skip

    def ecliptic(handle: int, ets: Floats, states: Floats) -> None:
        spice.spkw13(handle, -76, 499, "ECLIPJ2000", ets[0], ets[-1], "13", 9, len(ets), states, ets)

    for writer, text in (
        (type_15, "segments of type 15 can't be read. Allowed: 2, 3, 8"),
        (ecliptic, "frame 17"),
    ):
        path = written(own_sky, tmp_path / f"{writer.__name__}.bsp", writer)
        with SPK.open(path) as kernel, pytest.raises(InputError, match=text):
            own_sky.carry(kernel)


def test_the_last_file_counts(own_sky: Sky, tmp_path: Path) -> None:
    """Where two files cover a body the later one counts, and together they cover more."""
    early = written(own_sky, tmp_path / "early.bsp", type_13)

    def moved(handle: int, ets: Floats, states: Floats) -> None:
        type_13(handle, ets, states + np.array([100.0, 0, 0, 0, 0, 0]))

    late = written(own_sky, tmp_path / "late.bsp", moved, START + 2 * DAY, END + 2 * DAY)
    with SPK.open(early) as first, SPK.open(late) as second:
        own_sky.carry(first)
        before = own_sky.state(SpkBody(-74), own_sky.tdb([START + 3 * DAY]))[0]
        own_sky.carry(second)
        after = own_sky.state(SpkBody(-74), own_sky.tdb([START + 3 * DAY]))[0]
        assert after - before == pytest.approx(np.array([[100.0], [0.0], [0.0]]), abs=1e-4)
        assert len(own_sky.coverage(SpkBody(-74))) == 1
        times = own_sky.tdb([START + DAY, START + 5 * DAY])
        assert own_sky.state(SpkBody(-74), times)[0].shape == (3, 2)
