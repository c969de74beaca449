"""Voices and pictures over the local API: offered before they are sent, played as this node decoded them."""

from __future__ import annotations

import pytest
from tests.web.conftest import Serving
from tests.web.fake_media import HEARD

VOICE, PICTURE = "/api/people/jay/voice", "/api/people/jay/picture"
PART = "/api/people/jay/letters/a%2Fb/parts/0"


def test_each_way_to_send_a_voice_says_when_it_is_there(serving: Serving) -> None:
    """The ways to send a recording of a length have their size and arrival, and one is suggested."""
    with serving.client() as client:
        answer = client.post(f"{VOICE}/choices?duration_ms=33000", json={"to": "ipn:21.1", "text": "Hello"})
        assert answer.status_code == 200
        told = answer.json()
        assert told["available"]
        thin, own = told["choices"]
        assert (thin["name"], thin["size_bytes"], thin["is_suggested"]) == ("codec2-700c", 3000, True)
        assert (own["arrives"], own["is_suggested"]) == ("2051-04-02T06:02:00.000Z", False)


def test_without_media_libraries_the_page_is_told_how_they_come(serving: Serving) -> None:
    """A node that can't encode says so before anything is recorded."""
    serving.backend.fake_media.available = False
    with serving.client() as client:
        answer = client.post(f"{VOICE}/choices?duration_ms=1", json={"to": "ipn:21.1", "text": ""})
        assert answer.json() == {"available": False, "how": "pip install it", "choices": []}


def test_what_is_made_of_a_recording_is_a_part_of_a_draft(serving: Serving) -> None:
    """The answer to a recording is what a draft says of it, with its size."""
    with serving.client() as client:
        answer = client.post(f"{VOICE}?choice=opus-6", content=b"RIFF")
        assert answer.status_code == 201
        assert (answer.json()["size_bytes"], answer.json()["attachment"]["upload"]) == (999, "voice-1")
        assert serving.backend.fake_media.taken == [b"RIFF"]


def test_the_steps_of_a_picture_are_parts_of_a_draft(serving: Serving) -> None:
    """The smaller step says of which it is one, and what was done to the picture is told."""
    with serving.client() as client:
        made = client.post(f"{PICTURE}?name=sol-7.jpg&keep=true", content=b"JPEG").json()
        middle, full = (each["attachment"] for each in made["parts"])
        assert (middle["smaller_of"], middle["preview"], full["smaller_of"]) == (1, "p", None)
        assert (made["preview_bytes"], made["notes"]) == (800, ["It is kept."])


@pytest.mark.parametrize(
    ("address", "where"),
    [
        (f"{VOICE}?choice=opus-6", "recording"),
        (VOICE, "choice"),
        (f"{VOICE}?choice=opus-6&more=1", "more"),
        (f"{PICTURE}?name={'x' * 10_000}", "name"),
        (f"{PICTURE}?keep=perhaps", "keep"),
        (f"{VOICE}/choices?duration_ms=-1", "duration_ms"),
        (f"{VOICE}/choices?duration_ms=99999999999999", "duration_ms"),
    ],
)
def test_bad_requests_are_told(serving: Serving, address: str, where: str) -> None:
    """A recording of 0 bytes, a missing choice, an unknown key, a name of 10 000 characters: each is told."""
    with serving.client() as client:
        answer = client.post(address, content=b"")
        assert (answer.status_code, answer.json()["where"]) == (422, where)


def test_too_much_to_encode_is_turned_away_while_it_comes(serving: Serving) -> None:
    """A recording or a picture of more bytes than are decoded is refused, and not kept."""
    with serving.client() as client:
        for address in (f"{VOICE}?choice=opus-6", PICTURE):
            answer = client.post(address, content=(bytes(2**20) for _ in range(70)))
            assert answer.status_code == 413
        assert serving.backend.fake_media.taken == []


@pytest.mark.parametrize(
    ("asked", "status", "data", "told"),
    [
        ("", 200, HEARD, None),
        ("bytes=0-", 206, HEARD, "bytes 0-199/200"),
        ("bytes=10-19", 206, HEARD[10:20], "bytes 10-19/200"),
        ("bytes=150-999", 206, HEARD[150:], "bytes 150-199/200"),
        ("bytes=-20", 206, HEARD[-20:], "bytes 180-199/200"),
        ("bytes=200-", 416, b"", "bytes */200"),
        ("bytes=-0", 416, b"", "bytes */200"),
        ("bytes=20-10", 416, b"", "bytes */200"),
        ("bytes=0-1,4-5", 200, HEARD, None),
        ("lines=1-2", 200, HEARD, None),
        ("bytes=-", 200, HEARD, None),
    ],
)
def test_a_voice_is_given_in_ranges(
    serving: Serving, asked: str, status: int, data: bytes, told: str | None
) -> None:
    """A range of a voice that has come in part is given as RFC 9110 says; else all of it."""
    with serving.client() as client:
        answer = client.get(f"{PART}/sound", headers={"Range": asked} if asked else {})
        assert (answer.status_code, answer.content) == (status, data)
        assert answer.headers.get("content-range") == told
        assert answer.headers["accept-ranges"] == "bytes"
        if status != 416:
            assert answer.headers["content-type"] == "audio/flac"
            played = answer.headers["starlight-duration-ms"], answer.headers["starlight-whole"]
            assert played == ("3000", "0")


def test_what_is_shown_is_ours_and_may_do_nothing(serving: Serving) -> None:
    """A picture and its preview are shown as this node drew them, and may do nothing."""
    with serving.client() as client:
        for kind, data in (("picture", b"large"), ("preview", b"small")):
            answer = client.get(f"{PART}/{kind}")
            assert (answer.content, answer.headers["content-type"]) == (data, "image/webp")
            assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
            assert answer.headers["x-content-type-options"] == "nosniff"
        wrong = client.get("/api/people/jay/letters/a%2Fb/parts/one/sound")
        assert (wrong.status_code, wrong.json()["where"]) == (422, "part")
