"""A scenario's node can be a body of a user's SPK file; made by SPICE, and compared with SPICE."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spiceypy as spice
from tests.cli.helpers import starlight
from tests.sky import oracle
from tests.sky.authority import ets_of

from starlight import dtntime
from starlight.dtntime import DAY, HOUR, MILLISECOND, SECOND
from starlight.errors import InputError
from starlight.planner.bodies import known_spans
from starlight.planner.places import place_of
from starlight.planner.planner import Planned, make_plan
from starlight.rehearsal.rehearsal import Rehearsal
from starlight.reports.sky_report import sky_report
from starlight.reports.sky_snapshot import sky_view
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load, parse
from starlight.scenario.scenario import Scenario
from starlight.sky import Place, Site, SpkBody

PROBE = -143
FIRST, LAST = dtntime.from_text("2025-06-01"), dtntime.from_text("2025-06-11")
SUN_GM_KM3_S2 = 1.327_124_400_41e11

SCENARIO = """
name = "flyby"
title = "A probe on its own orbit"
start = "2025-05-25"
end = "2025-06-20"
demo_at = "2025-06-05"
demo_since = "2025-06-01"
earth_home = "seoul"
mars_home = "base"
landing = "2025-01-01"

[conjunction]

[[node]]
name = "seoul"
number = 10
title = "Seoul"
world = "earth"
site = { body = "earth", latitude_deg = 37.57, longitude_deg = 126.98 }
antennas = [{ terminal = "kdsa-35m", contacts = 4 }]

[[node]]
name = "base"
number = 20
title = "The base"
world = "mars"
site = { body = "mars", latitude_deg = 18.4, longitude_deg = 77.6 }
antennas = [{ terminal = "lander-1m", contacts = 4 }]

[[node]]
name = "probe"
number = 143
title = "The probe"
world = "mars"
body = { file = "probe.bsp", naif_id = -143 }
antennas = [{ terminal = "mro-orbiter", contacts = 4 }]

[[link]]
between = ["seoul", "probe"]
kind = "radio"
band = "X"

[[link]]
between = ["probe", "base"]
kind = "radio"
rate_bps = 1_000

[[person]]
id = "min"
name = "Min"
service = 1
mailbox = [{ node = "seoul" }]

[[person]]
id = "eun"
name = "Eun"
service = 2
mailbox = [{ node = "base" }]

[[letter]]
at = "2025-06-02T00:00:00Z"
from = "min@seoul"
to = "eun@base"
text = "By way of the probe."
"""


def written(path: Path, first: int = FIRST, last: int = LAST, naif_id: int = PROBE) -> None:
    """Write an arc around the Sun between the orbits of the worlds, a state every six hours, type 13."""
    begins, ends = ets_of(np.array([first, last]))
    ets = np.linspace(begins, ends, (last - first) // (6 * HOUR) + 1)
    arc = [1.7e8, 0.25, 0.05, 0.3, 1.1, 0.4, float(ets[0]), SUN_GM_KM3_S2]
    states = np.array([spice.conics(arc, float(et)) for et in ets])
    handle = spice.spkopn(str(path), "probe", 0)
    spice.spkw13(handle, naif_id, 10, "J2000", ets[0], ets[-1], "arc", 7, len(ets), states, ets)
    spice.spkcls(handle)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scenario and the file that it names."""
    made = tmp_path_factory.mktemp("flyby")
    written(made / "probe.bsp")
    (made / "flyby.toml").write_text(SCENARIO)
    return made


@pytest.fixture(scope="module")
def scenario(folder: Path) -> Scenario:
    return load(str(folder / "flyby.toml"))


@pytest.fixture(scope="module")
def planned(scenario: Scenario) -> Planned:
    """The plan of the whole scenario, which begins before the file does and ends after it."""
    return make_plan(scenario, open_sky(), *scenario.period())


def position(place: Place | None, et: float) -> Any:
    """Return a place's barycentric position, by SPICE."""
    if isinstance(place, SpkBody):
        return spice.spkssb(place.naif_id, et, "J2000")[:3]
    assert isinstance(place, Site)
    return oracle.state(place, et)[:3]


def light_s(here: Place | None, there: Place | None, time: int) -> float:
    """Return the light time of what leaves at a time in ns, by SPICE's states and plain iteration."""
    (et,) = ets_of(np.array([time]))
    sent, light = position(here, float(et)), 0.0
    for _ in range(6):
        light = float(np.linalg.norm(position(there, et + light) - sent)) / oracle.C_KM_S
    return light


def test_the_plan_carries_the_light_time_that_spice_finds(
    scenario: Scenario, planned: Planned, folder: Path
) -> None:
    """The light time of every contact with the probe is SPICE's, from DE440, within 1 ms."""
    sky = open_sky()
    places = {node.number: place_of(sky, node) for node in scenario.node}
    seen = 0
    with oracle.kernels():
        spice.furnsh(str(folder / "probe.bsp"))
        for contact in planned.plan().contacts:
            here, there = places[contact.from_node], places[contact.to_node]
            for time in (contact.start, (contact.start + contact.end) // 2, contact.end):
                assert abs(contact.light_time(time) / SECOND - light_s(here, there, time)) < 1e-3
                seen += 1
    assert seen > 100
    assert {(c.from_node, c.to_node) for c in planned.plan().contacts} == {
        (10, 143), (143, 10), (20, 143), (143, 20),
    }  # fmt: skip


def test_the_sky_shows_the_probe_as_spice_has_it(scenario: Scenario, folder: Path) -> None:
    """Who hears the probe, and for how long the signal was under way, is SPICE's within 1 ms."""
    sky = open_sky()
    places = {node.name: place_of(sky, node) for node in scenario.node}
    seen = set()
    for hour in range(30, 220, 7):
        view: Any = sky_view(scenario, sky, FIRST + hour * HOUR)
        (body,) = view["bodies"]
        assert body["covered"]
        with oracle.kernels():
            spice.furnsh(str(folder / "probe.bsp"))
            (et,) = ets_of(np.array([FIRST + hour * HOUR]))
            for world, number in (("earth", 399), ("mars", 4)):
                _, light = spice.spkpos(str(number), float(et), "J2000", "XCN", str(PROBE))
                assert body["light_time_s"][world] == pytest.approx(light, abs=1e-3)
            for pair in view["pairs"]:
                here, there = places[pair["from"]], places[pair["to"]]
                light = light_s(here, there, FIRST + hour * HOUR)
                assert pair["transmitted_light_time_s"] == pytest.approx(light, abs=1e-3)
                seen.add((pair["from"], pair["to"]))
    assert {("probe", "seoul"), ("seoul", "probe"), ("probe", "base"), ("base", "probe")} <= seen


def test_contacts_stay_inside_what_the_file_covers(scenario: Scenario, planned: Planned) -> None:
    """What leaves and what arrives lies inside the coverage; no more than two light times of it are lost."""
    contacts = planned.plan().contacts
    for contact in contacts:
        assert contact.start > FIRST
        assert contact.end + contact.light_time(contact.end) < LAST
    sky = open_sky()
    places = {node.name: place_of(sky, node) for node in scenario.node}
    here, there = places["probe"], places["seoul"]
    assert here is not None
    assert there is not None
    ((first, last),) = known_spans(sky, here, there)
    longest = max(contact.light_time(contact.start) for contact in contacts)
    assert first - FIRST < 2 * longest
    assert LAST - last < 2 * longest


def test_the_plan_says_why_it_is_silent(planned: Planned) -> None:
    """Before and after the file's coverage the plan's notice says that, naming the file."""
    told = [n for n in planned.plan().notices if "probe.bsp" in n.text]
    assert {n.text for n in told} == {"The probe: outside what probe.bsp covers"}
    assert {n.nodes for n in told} == {(10, 20, 143)}
    first, last = sorted(told, key=lambda notice: notice.start)
    assert abs(first.end - FIRST) < MILLISECOND
    assert abs(last.start - LAST) < MILLISECOND


def test_outside_the_coverage_the_sky_says_so(scenario: Scenario) -> None:
    """Outside of the file's coverage the sky tells the coverage, and no pair with the probe."""
    for time in (FIRST - DAY, FIRST, LAST, LAST + DAY):
        view: Any = sky_view(scenario, open_sky(), time)
        (body,) = view["bodies"]
        assert not body["covered"]
        assert body["light_time_s"] is None
        (span,) = body["coverage"]
        assert abs(dtntime.from_text(span["start"]) - FIRST) < MILLISECOND
        assert abs(dtntime.from_text(span["end"]) - LAST) < MILLISECOND
        assert not [pair for pair in view["pairs"] if "probe" in (pair["from"], pair["to"])]


def test_a_gap_between_two_segments_is_a_silence(folder: Path, tmp_path: Path) -> None:
    """A file whose segments leave a gap gives contacts on both sides of it, and a notice for it."""
    gap = FIRST + 4 * DAY, FIRST + 6 * DAY
    path = tmp_path / "probe.bsp"
    for first, last in ((FIRST, gap[0]), (gap[1], LAST)):
        written(tmp_path / f"{first}.bsp", first, last)
    handle = spice.spkopn(str(path), "probe", 0)
    for part in (tmp_path / f"{FIRST}.bsp", tmp_path / f"{gap[1]}.bsp"):
        source = spice.dafopr(str(part))
        spice.dafbfs(source)
        assert spice.daffna()
        summary = spice.dafgs(5)
        begins, ends = spice.dafus(summary, 2, 6)[0]
        spice.spksub(source, summary, "arc", begins, ends, handle)
        spice.dafcls(source)
    spice.spkcls(handle)
    (tmp_path / "flyby.toml").write_text(SCENARIO)
    scenario = load(str(tmp_path / "flyby.toml"))
    plan = make_plan(scenario, open_sky(), *scenario.period()).plan()
    assert any(contact.end < gap[0] for contact in plan.contacts)
    assert any(contact.start > gap[1] for contact in plan.contacts)
    assert not [c for c in plan.contacts if c.start < gap[1] and c.end > gap[0]]
    assert len([n for n in plan.notices if "probe.bsp" in n.text]) == 3


def test_an_orbiter_of_a_file_is_planned_as_the_same_by_elements(tmp_path: Path) -> None:
    """A low orbiter's windows and computed rates are those of the elements that its file was written from."""
    text = SCENARIO.replace("rate_bps = 1_000", 'band = "UHF"')
    elements = (
        'orbit = { body = "mars", semi_major_axis_km = 3683.7, eccentricity = 0.0088, '
        "inclination_deg = 92.65, node_deg = 20.0, periapsis_deg = 270.0, mean_anomaly_deg = 0.0, "
        'epoch = "2025-06-01" }'
    )
    given = parse(text.replace('body = { file = "probe.bsp", naif_id = -143 }', elements), where="e.toml")
    sky = open_sky()
    orbiter = place_of(sky, given.node_named("probe"))
    assert orbiter is not None
    begins, ends = ets_of(np.array([FIRST, FIRST + DAY]))
    ets = np.linspace(begins, ends, 1441)
    states = np.concatenate(sky.around(orbiter, ets)[:2]).T.copy()
    handle = spice.spkopn(str(tmp_path / "probe.bsp"), "orbiter", 0)
    spice.spkw13(handle, PROBE, 499, "J2000", ets[0], ets[-1], "low", 9, len(ets), states, ets)
    spice.spkcls(handle)
    filed = parse(text, where="f.toml", folder=tmp_path)
    start, end = FIRST + 2 * HOUR, FIRST + 20 * HOUR
    one, other = (make_plan(each, sky, start, end).plan().contacts for each in (given, filed))
    assert len(one) == len(other) > 10
    for a, b in zip(one, other, strict=True):
        assert (a.from_node, a.to_node) == (b.from_node, b.to_node)
        assert abs(a.start - b.start) < 20 * MILLISECOND
        assert abs(a.end - b.end) < 20 * MILLISECOND
        assert [rate for _, rate in a.rates] == [rate for _, rate in b.rates]


def test_a_page_about_the_sky_draws_the_body(scenario: Scenario) -> None:
    """The page has the light time to the body, as far as its file goes."""
    page = sky_report(scenario, open_sky(), FIRST + DAY)
    assert "The probe: light time" in page
    assert "As far as probe.bsp covers it." in page


def test_a_letter_goes_by_way_of_the_probe(scenario: Scenario) -> None:
    """A rehearsal carries a letter from Earth to Mars over the probe alone."""
    start, end = scenario.period()
    report = Rehearsal(scenario, open_sky(), start, end).run()
    assert (report.sent, report.arrived, report.lost) == (1, 1, 0)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("sky {} --at 2025-06-05", ["probe to Earth", "probe to Mars"]),
        ("sky {} --at 2025-06-15", ["doesn't cover this time, only 2025-06-01T00:00 to 2025-06-11T00:00"]),
        ("plan {} --from 2025-06-02 --to 2025-06-04", ["probe"]),
        ("link {} seoul probe", ["probe"]),
    ],
)
def test_commands_take_it(folder: Path, command: str, words: list[str]) -> None:
    """`sky`, `plan` and `link` take a scenario with a body of a file."""
    done = starlight(*(part.format(folder / "flyby.toml") for part in command.split()))
    assert done.status == 0, done.err
    for word in words:
        assert word in done.out


def test_a_link_asked_for_outside_the_coverage_names_it(folder: Path) -> None:
    """`link` outside of the coverage fails with what the file covers."""
    done = starlight("link", folder / "flyby.toml", "seoul", "probe", "--at", "2025-07-05")
    assert done.status == 2
    assert "probe.bsp covers probe from 2025-06-01" in done.err


def test_the_file_is_found_from_the_scenarios_folder(folder: Path, scenario: Scenario) -> None:
    """A relative path leads from the scenario file's folder, wherever the command is run."""
    body = scenario.node_named("probe").body
    assert body is not None
    assert body.file == str((folder / "probe.bsp").resolve())


def test_a_file_is_closed_with_the_sky(scenario: Scenario) -> None:
    """Two skies each keep the file open for themselves, and close it when they go."""
    first, second = open_sky(), open_sky()
    place = place_of(first, scenario.node_named("probe"))
    assert place == place_of(second, scenario.node_named("probe")) == SpkBody(PROBE)
    assert isinstance(place, SpkBody)
    first.state(place, first.tdb([FIRST + DAY]))
    del first
    gc.collect()
    second.state(place, second.tdb([FIRST + DAY]))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("-143 }", "-144 }", ["node[2].body.naif_id", "-144", "'probe.bsp'", "Name one of its bodies: -143"]),
        ("-143 }", "3_000_000_000 }", ["node[2].body.naif_id = 3000000000", "<= 2147483647"]),
        ("probe.bsp", "none.bsp", ["node[2].body.file = 'none.bsp'", "No such file", ".bsp"]),
        ("probe.bsp", "flyby.toml", ["node[2].body.file = 'flyby.toml'", "can't be read as an SPK file"]),
        ("probe.bsp", "short.bsp", ["node[2].body.file = 'short.bsp'", "is cut short"]),
        ("probe.bsp", "head.bsp", ["node[2].body.file = 'head.bsp'", "can't be read as an SPK file"]),
        ("probe.bsp", ".", ["node[2].body.file = '.'", "directory"]),
        ('"probe.bsp"', '""', ["node[2].body.file = ''", "not empty"]),
        ("naif_id = -143", "id = -143", ["node[2].body", "id"]),
        (
            'body = { file = "probe.bsp"',
            'site = { body = "mars", latitude_deg = 1, longitude_deg = 2 }\nbody = { file = "probe.bsp"',
            ["node[2] = 'probe'", "a site, an orbit, a cruise or a body, one of them"],
        ),
    ],
)  # fmt: skip
def test_errors_name_the_key_the_value_and_what_is_allowed(
    folder: Path, old: str, new: str, words: list[str]
) -> None:
    """A wrong body is refused with its key, its value and what is allowed."""
    whole = (folder / "probe.bsp").read_bytes()
    (folder / "short.bsp").write_bytes(whole[:-2048])
    (folder / "head.bsp").write_bytes(whole[:90])
    assert old in SCENARIO
    with pytest.raises(InputError) as caught:
        parse(SCENARIO.replace(old, new, 1), where="flyby.toml", folder=folder)
    assert str(caught.value).startswith("flyby.toml")
    for word in words:
        assert word in str(caught.value)


def test_a_body_in_two_files_is_refused(folder: Path) -> None:
    """Which of two files counts for a body would hang on their order, so it is refused."""
    written(folder / "other.bsp")
    text = SCENARIO + (
        '[[node]]\nname = "twin"\nnumber = 144\ntitle = "Twin"\nworld = "mars"\n'
        'body = { file = "other.bsp", naif_id = -143 }\n'
    )
    with pytest.raises(InputError, match=r"node\[2\]\.body: .* is in probe\.bsp and other\.bsp"):
        parse(text, where="flyby.toml", folder=folder)


def test_a_scenario_that_is_no_file_names_none() -> None:
    """A built-in scenario has no folder, so it can't name a file."""
    with pytest.raises(InputError, match="Only a scenario that is a file itself"):
        parse(SCENARIO, where="flyby")


def test_a_planet_is_no_node(tmp_path: Path) -> None:
    """A body that the ephemeris itself has is refused when the sky is made."""
    written(tmp_path / "probe.bsp", naif_id=499)
    scenario = parse(SCENARIO.replace("-143", "499"), where="flyby.toml", folder=tmp_path)
    with pytest.raises(InputError, match=r"probe\.bsp.*no body but planets"):
        make_plan(scenario, open_sky(), FIRST, LAST)


def test_segments_that_cannot_be_read_are_named_with_the_file(tmp_path: Path) -> None:
    """A segment in another frame than J2000 is refused with the file, the body, and what to do."""
    (begins, ends) = ets_of(np.array([FIRST, LAST]))
    ets = np.linspace(begins, ends, 41)
    states = np.ones((41, 6))
    handle = spice.spkopn(str(tmp_path / "probe.bsp"), "probe", 0)
    spice.spkw13(handle, PROBE, 10, "ECLIPJ2000", ets[0], ets[-1], "arc", 7, 41, states, ets)
    spice.spkcls(handle)
    scenario = parse(SCENARIO, where="flyby.toml", folder=tmp_path)
    with pytest.raises(InputError, match=r"probe\.bsp: SPK file, body -143: frame 17 is not J2000"):
        make_plan(scenario, open_sky(), FIRST, LAST)


def test_the_view_is_plain_values(folder: Path) -> None:
    """`sky --json` has the body with its coverage."""
    done = starlight("sky", folder / "flyby.toml", "--at", "2025-06-05", "--json")
    (body,) = json.loads(done.out)["bodies"]
    assert (body["name"], body["naif_id"], body["covered"]) == ("probe", PROBE, True)
