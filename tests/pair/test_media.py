"""Voices and pictures between two real nodes, as their people send, hear and see them."""

from __future__ import annotations

import re
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Locator,
    Page,
    expect,
    sync_playwright,
)
from tests.cli.helpers import command
from tests.media.films import mp4
from tests.media.test_pictures import file_of, landscape, with_exif
from tests.pair.nodes import JAY, LIGHT_S, NAN, Pair, contacts, looks_well, real_pair, send
from tests.web.conftest import CHROMIUM

from starlight.dtntime import DAY, HOUR, SECOND, from_text, to_text
from starlight.live.clock import MissionClock

NOW = MissionClock.of_day(Fraction(1)).now() // SECOND * SECOND
"""Of the machine, in ns; the nodes count their mission time from it."""
RATE_BPS = 24_000
"""Slower than the finest voice, faster than the thinnest."""
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a browser whose microphone hears a tone each second."""
    if not CHROMIUM.exists():
        pytest.skip("the page's tests need a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", *MICROPHONE]
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield running
        running.close()


@pytest.fixture(scope="module")
def pair(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both nodes over a thin link."""
    plan = contacts(NOW, (-HOUR, 30 * DAY)).replace("1000000", str(RATE_BPS))
    with real_pair(tmp_path_factory.mktemp("media"), context, plan=plan) as running:
        yield running


def letter(page: Page, text: str) -> Locator:
    """Return a letter on a page, by its words."""
    return page.get_by_role("article").filter(has=page.locator(".text", has_text=text))


def here_of(pair: Pair, text: str) -> int:
    """Return how much of the voice in a letter is at Nan-young's node, in bytes; 0 before it came."""
    came = pair.habitat.letters("nan", JAY).get(text)
    return 0 if came is None else int(came["parts"][0]["here_bytes"])


def size_of(pair: Pair, text: str) -> int:
    """Return the size of the voice in a letter that came, in bytes."""
    return int(pair.habitat.letters("nan", JAY)[text]["parts"][0]["size_bytes"])


def record(page: Page, seconds: int) -> None:
    """Record a voice for so many seconds, as the page counts them."""
    page.get_by_role("button", name="Voice", exact=True).click()
    expect(page.locator("#recording-time")).to_have_text(re.compile(rf"0:0[{seconds}-9]"))
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#choices")).to_be_visible()


def test_a_voice_is_recorded_and_heard_while_it_comes(pair: Pair) -> None:
    """Each way to send a voice says its size and arrival; it plays before it is whole, then to its end."""
    jay, nan = pair.jay(), pair.nan()
    record(jay, 3)
    choices = jay.locator("#choices label")
    expect(choices).to_have_count(7)
    expect(choices.filter(has_text="In your voice")).to_contain_text(
        re.compile(r"[\d.]+ kB there \d\d:\d\d, (in|now)")
    )
    expect(jay.locator("#choices input:checked")).to_have_count(1)
    jay.locator("#choices").get_by_label("For songs").check()
    jay.get_by_label("What is said in it").fill("Beep, beep, beep.")
    looks_well(jay)
    jay.get_by_role("button", name="Attach").click()
    attached = jay.locator("#attached li")
    expect(attached).to_contain_text(re.compile(r"Voice, 0:0\d, \d+ kB there \d\d:\d\d"))
    said = re.search(r"Voice, 0:0(\d)", attached.inner_text())
    jay.locator("#text").fill("Listen to this.")
    jay.locator("#send").click()
    expect(jay.locator("#attached")).to_be_hidden()
    pair.habitat.until(lambda: here_of(pair, "Listen to this.") > 0, "its beginning")
    with pair.control.frozen():
        assert here_of(pair, "Listen to this.") < size_of(pair, "Listen to this.")
        came = letter(nan, "Listen to this.")
        expect(came.locator(".transcript")).to_have_text("Beep, beep, beep.")
        voice = came.locator("li.voice")
        expect(voice.locator("a.play")).to_be_visible()
        expect(voice.locator(".whereabouts")).to_contain_text("the rest is to come")
        nan.locator("#speed").evaluate("each => (each.value = '2')")
        voice.locator("a.play").click()
        expect(nan.locator("#still")).to_have_text("Waits for the rest, which is on its way.")
        looks_well(nan)
    # Swapped many times meanwhile, the letters never take the player with them.
    expect(voice.locator(".whereabouts")).to_have_count(0)
    whole = re.compile(rf"here={size_of(pair, 'Listen to this.')}$")
    expect(nan.locator("#sound")).to_have_attribute("src", whole)
    expect(nan.locator("#sound")).to_have_js_property("ended", True)
    expect(nan.locator("#still")).to_have_text("")
    played, rate = nan.locator("#sound").evaluate("each => [each.currentTime, each.playbackRate]")
    # A busy machine's microphone loses samples: the page tells the length of what it has.
    assert said is not None
    assert (played, rate) == (pytest.approx(float(said[1]), abs=1), 2)
    nan.locator("#sound").evaluate("each => (each.currentTime = 1.5)")
    nan.get_by_role("button", name="Answer this moment").click()
    expect(nan.locator("#answering-words")).to_have_text(re.compile("“Listen to this.” at 0:0[12]$"))
    send(nan, "<b>That</b> one!")
    expect(nan.locator("#moments li")).to_have_text([re.compile(r"^0:0[12]Nan-young: <b>That</b> one!$")])
    mark = nan.locator("#bar").get_by_role("button", name=re.compile("^0:0[12] Nan-young$"))
    stands = float(str(mark.get_attribute("x")).rstrip("%")) / 100
    lasts = int(str(nan.locator("li.voice.is-playing").get_attribute("data-lasts")))
    assert stands * lasts == pytest.approx(1500, abs=10)
    nan.locator("#sound").evaluate("each => { each.pause(); each.currentTime = 0; }")
    mark.press("Enter")
    nan.wait_for_function("() => document.getElementById('sound').currentTime >= 1.4")
    looks_well(nan)
    nan.get_by_role("button", name="Close").click()
    expect(nan.locator("#player")).to_be_hidden()
    pinned = letter(jay, "<b>That</b> one!").locator(".moment a")
    pinned.click()
    expect(jay.locator("#playing")).to_have_text("Jay")
    expect(jay.locator("#moments button")).to_have_count(1)
    expect(jay.locator("#bar .mark")).to_have_accessible_name(re.compile("^0:0[12] Nan-young$"))
    assert jay.locator("#sound").evaluate("each => each.currentTime") >= 1.4


def premiere(pair: Pair, sound: Path, text: str) -> dict[str, Any]:
    """Send a voice that begins at both ends soon; return when, as its letter tells it at Control."""
    for lead in (6, 12, 24, 48, 96):
        # On a busy machine the command itself takes long: then the moment is too early, and refused.
        at = to_text(from_text(pair.control.api.mission_time()) + lead * SECOND)
        sent = ("--voice", sound, "--voice-as", "codec2-700c", "--premiere", at, "--one-light-time-later")
        done = command("send", pair.control.folder, "jay", NAN, text, *sent)
        if done.status == 0:
            assert f"premiere: {at} here, " in done.out
            break
    return dict(pair.control.letters("jay", NAN)[text]["parts"][0]["premiere"])


def test_a_premiere_is_heard_at_both_ends(pair: Pair, tmp_path: Path) -> None:
    """The piece begins by each node's clock, one light time apart; each page plays it where it is by then."""
    sound = tmp_path / "song.wav"
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16_000 * 90))
    told = premiere(pair, sound, "Tonight, together.")
    later = from_text(told["starts_there"]) - from_text(told["starts"])
    assert later == LIGHT_S * SECOND
    for page, starts in ((pair.jay(), told["starts"]), (pair.nan(), told["starts_there"])):
        row = letter(page, "Tonight, together.").locator("li.voice")
        expect(row.locator(".premiere")).to_contain_text("Premiere")
        row.locator(".be-there").click()
        # Whatever a busy machine does meanwhile, it is where it should be by now, not at its beginning.
        page.wait_for_function(
            """(starts) => {
              const sound = document.getElementById("sound");
              const should = (Date.now() - Date.parse(starts)) / 1000;
              return !sound.paused && Math.abs(sound.currentTime - should) < 0.5;
            }""",
            arg=starts,
        )
        looks_well(page)
        page.get_by_role("button", name="Close").click()


def test_a_picture_comes_in_steps(pair: Pair, tmp_path: Path) -> None:
    """The preview comes with the words, then a small picture in its place, then the whole."""
    jay, nan = pair.jay(), pair.nan()
    photo = tmp_path / "sol 7.jpg"
    photo.write_bytes(file_of(landscape(1200, 900, 5.0), quality=90))
    jay.locator("#add-picture").set_input_files(photo)
    rows = jay.locator("#attached li")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("goes with the words")
    for row, which in ((rows.nth(1), "a smaller one"), (rows.nth(2), "the whole picture")):
        expect(row).to_contain_text(which)
        expect(row.locator(".predicted")).to_contain_text(re.compile(r"there \d\d:\d\d"))
    jay.locator("#text").fill("The ridge at noon.")
    jay.locator("#send").click()
    picture = letter(nan, "The ridge at noon.").locator("li.picture")
    expect(picture.locator("img.preview")).to_be_visible()
    expect(picture).to_contain_text("The whole picture")
    expect(picture.locator("a img")).to_be_visible()
    looks_well(nan)
    expect(picture.locator("img[src$='/parts/1/picture']")).to_be_visible()
    size = picture.locator("img").evaluate("each => each.decode().then(() => each.naturalWidth)")
    assert size == 1200


def test_what_can_not_be_sent_is_told_in_words(pair: Pair, tmp_path: Path) -> None:
    """A picture that is none, one cut off and an empty one are told by name; what is written stays."""
    jay = pair.jay()
    jay.locator("#text").fill("These words stay.")
    for name, data, told in (
        ("markup.png", b"<svg onload=alert(1)>", "markup.png: it is no picture"),
        ("empty.jpg", b"", "empty.jpg: the picture has 0 bytes"),
        ("cut.jpg", with_exif(1)[:300], "cut.jpg: the picture is damaged"),
    ):
        jay.locator("#add-picture").set_input_files({"name": name, "mimeType": "image/png", "buffer": data})
        expect(jay.locator("#alert")).to_contain_text(told)
    expect(jay.locator("#text")).to_have_value("These words stay.")
    expect(jay.locator("#attached")).to_be_hidden()
    jay.locator("#text").fill("")


def test_what_the_camera_wrote_is_kept_on_purpose_alone(pair: Pair) -> None:
    """The place is taken out, and that is said; a button keeps the file as it is; a reload loses nothing."""
    jay = pair.jay()
    file = FilePayload(name="door.jpg", mimeType="image/jpeg", buffer=with_exif(6))
    jay.locator("#add-picture").set_input_files(file)
    attached = jay.locator("#attached")
    expect(attached).to_contain_text("The place where it was taken has been taken out.")
    attached.get_by_role("button", name="Keep what the camera wrote").click()
    expect(attached).to_contain_text("It is sent as it is")
    jay.reload()
    expect(attached).to_contain_text("door.jpg, 40 × 80")
    attached.get_by_role("button", name="Remove").click()
    expect(attached).to_be_hidden()


def test_a_file_passes_through_and_is_only_saved(pair: Pair, tmp_path: Path) -> None:
    """A file of any kind says its size, type, length and arrival, and at the other end is only saved."""
    jay, nan = pair.jay(), pair.nan()
    markup = b"<script>alert(1)</script>" * 200
    page = FilePayload(name="<b>plan</b>.html", mimeType="text/html", buffer=markup)
    jay.locator("#add-file").set_input_files(page)
    expect(jay.locator("#attached")).to_contain_text(re.compile(r"<b>plan</b>.html, 5.0 kB there \d\d:\d\d"))
    film = FilePayload(name="ridge.mp4", mimeType="video/mp4", buffer=mp4(125))
    jay.locator("#add-file").set_input_files(film)
    expect(jay.locator("#attached")).to_contain_text(re.compile(r"ridge.mp4, 2:05, 40 kB there \d\d:\d\d"))
    jay.locator("#send").click()
    link = nan.locator(".parts a[download]", has_text="<b>plan</b>.html")
    expect(link).to_be_visible()
    for each in (jay, nan):
        expect(each.locator(".parts li", has_text="ridge.mp4")).to_contain_text(
            "video/mp4, 2 min 05 s, 40 kB"
        )
    with nan.expect_download() as saved:
        link.click()
    assert saved.value.path().read_bytes() == markup
