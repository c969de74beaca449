"""`starlight send --voice, --picture, --file`: made by the node, each with its arrival before it leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.helpers import NODE, command, running
from tests.media.test_pictures import PHOTO_FILE, with_exif
from tests.media.test_voice import AUTHORITIES

from starlight.dtntime import DAY, MINUTE, SECOND, to_text
from starlight.live.clock import MissionClock

TO = "ipn:20.1"
SPEECH = AUTHORITIES / "speech_16k.flac"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run a node whose thin link opens in a quarter of an hour; return its data folder."""
    base = tmp_path_factory.mktemp("sent")
    now = MissionClock.of_day().now() // SECOND * SECOND
    contact = (
        f'[[contact]]\nfrom = 10\nto = 20\nstart = "{to_text(now + 15 * MINUTE)}"\n'
        f'end = "{to_text(now + DAY)}"\nrate_bps = 209\n'
    )
    (base / "node.toml").write_text(NODE + contact, encoding="utf-8")
    with running("node", base / "node.toml", folder=base / "data") as node:
        node.serving()
        yield base / "data"


def test_a_voice_and_a_picture_are_made_by_the_node(folder: Path, tmp_path: Path) -> None:
    """The finest voice that is there soon is chosen; each part says its size and its arrival."""
    (tmp_path / "sol 7.jpg").write_bytes(PHOTO_FILE)
    (tmp_path / "list.txt").write_text("fern, moss")
    files = "--voice", SPEECH, "--picture", tmp_path / "sol 7.jpg", "--file", tmp_path / "list.txt"
    done = command("send", folder, "jay", TO, "All of it.", *files)
    assert done.status == 0, done.err
    told = re.findall(r"^  (\w+) (.*), ([\d ]+) bytes: there (\S+Z)  \(predicted\)$", done.out, re.M)
    assert [kind for kind, *_ in told] == ["voice", "picture", "picture", "file"]
    assert [name for _, name, _, _ in told][:2] == ["speech_16k.flac, 5.5 s", "sol 7.avif"]
    voice, middle, full, words = (int(size.replace(" ", "")) for *_, size, _ in told)
    assert voice < 10_000
    assert middle <= 20_000 < full
    assert words == 10
    arrivals = [at for *_, at in told]
    assert arrivals[:3] == sorted(arrivals[:3])


def test_how_a_voice_is_encoded_can_be_said(folder: Path) -> None:
    """A named way is taken; a name that there is not is told with those that there are."""
    done = command("send", folder, "jay", TO, "", "--voice", SPEECH, "--voice-as", "codec2-700c", "--json")
    (part,) = json.loads(done.out)["parts"]
    assert (part["size_bytes"], part["media_type"]) == (480, "audio/x-codec2; mode=700C")
    wrong = command("send", folder, "jay", TO, "", "--voice", SPEECH, "--voice-as", "opus-7")
    assert (wrong.status, "Such are codec2-700c" in wrong.err) == (2, True)


def test_what_the_camera_wrote_goes_on_purpose_alone(folder: Path, tmp_path: Path) -> None:
    """It is said what was taken out of a picture; with an option the file itself is sent."""
    (tmp_path / "door.jpg").write_bytes(with_exif(6))
    done = command("send", folder, "jay", TO, "", "--picture", tmp_path / "door.jpg")
    assert "door.jpg: The place where it was taken has been taken out." in done.err
    kept = ("--picture", tmp_path / "door.jpg", "--keep-camera-data", "--json")
    (part,) = json.loads(command("send", folder, "jay", TO, "", *kept).out)["parts"]
    assert (part["size_bytes"], part["media_type"]) == (len(with_exif(6)), "image/jpeg")


def test_what_can_not_be_sent_is_told_before_a_letter_is_written(folder: Path, tmp_path: Path) -> None:
    """A file that is not there, a picture that is none and an empty recording each leave no letter behind."""
    before = command("inbox", folder, "jay", "--json").out
    (tmp_path / "none.png").write_bytes(b"<svg>")
    (tmp_path / "empty.wav").touch()
    for option, name, words in (
        ("--voice", "gone.wav", "--voice:"),
        ("--voice", "empty.wav", "the recording has 0 bytes"),
        ("--picture", "none.png", "it is no picture that can be read here"),
        ("--file", ".", "is a folder"),
    ):
        done = command("send", folder, "jay", TO, "Words", option, tmp_path / name)
        assert (done.status, words in done.err) == (2, True), done.err
    assert command("inbox", folder, "jay", "--json").out == before
