"""Whatever is wrong with a request is told at once, in our own words: body, query, headers, path."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.web.conftest import Serving

from starlight.web.body import MAX_BODY_BYTES

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
LETTERS = "/api/people/jay/letters"
GOOD = {"to": "ipn:21.1", "text": "Hello"}
BODIES = ("letters", "predict", "why", "read", "storm", "clock")
NOT_OURS = (
    "Expected",
    "Object ",
    "Invalid value",
    "$",
    "truncated",
    "malformed",
    "msgspec",
    "codec",
)
"""What libraries say, and what we never do."""


def errors(answer: httpx.Response) -> dict[str, str]:
    """Return what an answer tells, by where it is: each with what is right."""
    told = answer.json()
    assert set(told) - {"errors"} == {"error", "where", "right"}, told
    listed = told.get("errors", [told])
    assert listed[0] == {key: told[key] for key in ("error", "where", "right")}
    for each in listed:
        assert each["where"], each
        assert not [word for word in NOT_OURS if word in each["error"] + each["right"]], each
    found = {each["where"]: f"{each['error']}. {each['right']}" for each in listed}
    assert len(found) == len(listed)
    return found


def test_all_that_is_wrong_in_a_body_is_told_at_once(serving: Serving) -> None:
    """Each key that does not fit, is missing or is none is told by its path, with what is right."""
    body: dict[str, Any] = {
        "to": "Jay",
        "txt": 3,
        "priority": "urgnt",
        "critical": "yes",
        "key": "é",
        "parts": [{"kind": "song", "width": -1}, 7, {"upload": "u", "colour": 1}],
        "plain_text": 0,
    }
    with serving.client() as client:
        answer = client.post(LETTERS, json=body)
        assert answer.status_code == 422
        assert errors(answer) == {
            "txt": "there is no key 'txt'. Did you mean 'text'?",
            "to": "'Jay' is not an endpoint id. Write it as ipn:NODE.SERVICE, ipn:ALLOCATOR.NODE.SERVICE, "
            "dtn://NAME/DEMUX or dtn:none",
            "text": "3 does not fit. It is text in quotes",
            "priority": "'urgnt' does not fit. Allowed: bulk, normal, expedited",
            "critical": "'yes' does not fit. It is true or false",
            "parts[0].upload": "it is missing. It is text in quotes",
            "parts[0].kind": "'song' is no kind of part. Such are file, voice, picture, video",
            "parts[0].width": "-1 does not fit. It is a whole number >= 0 and <= 9007199254740992",
            "parts[1]": "7 does not fit. It is an object with the keys upload, name, media_type, kind, "
            "duration_ms, width, height, transcript, preview, preview_type, smaller_of",
            "parts[2].colour": "there is no key 'colour'. The keys there are upload, name, media_type, kind, "
            "duration_ms, width, height, transcript, preview, preview_type, smaller_of",
            "key": "'é' is no key. 1 to 255 printable ASCII characters, such as a UUID",
            "plain_text": "0 does not fit. It is true or false",
        }
        assert serving.backend.kept == []


BROKEN: list[tuple[bytes, str]] = [
    (b"", "breaks off"),
    (b"{", "breaks off"),
    (b"[]", "does not fit"),
    (b"null", "does not fit"),
    (b'"a"', "does not fit"),
    (b"{} x", "after its end more follows"),
    (b'{"to": NaN}', "line 1, column 8"),
    (b'{"to": 1e999}', "too many digits"),
    (b'{"to": ' + b"9" * 5000 + b"}", "too many digits"),
    (b'{"to": "a", "to": "b"}', "'to' stands twice"),
    (b'{"x": {"b": 1, "b": 2}}', "'b' stands twice"),
    (b'{"to": "\xff"}', "0xff is no UTF-8"),
    (json.dumps(GOOD).encode("utf-16"), "is not JSON"),
    (b'{"to": "\\ud800"}', "surrogate"),
    (b'{"to": "\x00"}', "line 1, column 9"),
    (b"[" * 100_000, "nested too deep"),
    (b'{"to": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "nested too deep"),
]


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(("body", "words"), BROKEN, ids=lambda value: repr(value)[:24])
def test_what_is_no_json_of_ours_is_told(serving: Serving, path: str, body: bytes, words: str) -> None:
    """Of each route that takes a body: broken JSON, a key twice, numbers that count nothing, what is nested
    deep, other encodings."""
    with serving.client() as client:
        answer = client.post(f"/api/people/jay/{path}", content=body, headers=JSON)
        assert answer.status_code == 422
        assert any(words in told for told in errors(answer).values()), errors(answer)


@pytest.mark.parametrize("path", BODIES)
def test_what_is_neither_json_nor_a_form_is_told(serving: Serving, path: str) -> None:
    """Another type of body, none, or another encoding is 415, with the types that are read."""
    with serving.client() as client:
        for media in ("text/plain", "", "application/json; charset=latin-1"):
            headers = {"content-type": media} if media else {}
            answer = client.post(f"/api/people/jay/{path}", content=b"{}", headers=headers)
            assert answer.status_code == 415
            (told,) = errors(answer).values()
            assert "application/json in UTF-8, or a form" in told
        answer = client.post(f"/api/people/jay/{path}", content=b" " * (MAX_BODY_BYTES + 1), headers=JSON)
        assert answer.status_code == 413
        assert "256 kB" in next(iter(errors(answer).values()))


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b"to=ipn:21.1&text=a&to=ipn:21.2", {"to": "is there twice"}),
        (b"to=ipn:21.1&text=%FF", {"body": "not in UTF-8"}),
        (b"&".join(b"a%d=1" % number for number in range(30)), {"body": "more than 24 fields"}),
        (
            b"text=a&critical=maybe",
            {"to": "it is missing", "critical": "'maybe' does not fit. It is true or false"},
        ),
        (b"to=ipn:21.1&text=a&parts=b", {"parts": "'b' does not fit. It is a list"}),
    ],
)
def test_a_wrong_form_is_told(serving: Serving, body: bytes, wrong: dict[str, str]) -> None:
    """A form is told of as JSON is: a field that is there twice, that does not fit, or that is missing."""
    with serving.client() as client:
        found = errors(client.post(LETTERS, content=body, headers=FORM))
        assert set(found) == set(wrong)
        assert all(words in found[where] for where, words in wrong.items()), found


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("people?x=1", {"x": "There is no key there"}),
        ("sky?x=1", {"x": "There is no key there"}),
        ("people/jay/mailbox?limt=3&before=a&befor=b", {"limt": "Did you mean 'limit'?", "befor": "no key"}),
        ("people/jay/mailbox?limit=0", {"limit": ">= 1 and <= 500"}),
        ("people/jay/mailbox?limit=" + "9" * 5000, {"limit": "does not fit"}),
        ("people/jay/mailbox?limit=²", {"limit": "does not fit"}),
        ("people/jay/mailbox?limit=3&limit=4", {"limit": "is there twice"}),
        ("people/jay/status?person=jay", {"person": "The keys there are with"}),
        ("status?persn=jay", {"persn": "Did you mean 'person'?"}),
        ("people/jay/reach", {"to": "it is missing"}),
        ("people/jay/reach?to=Jay", {"to": "not an endpoint id"}),
        ("people/jay/why?to=" + "9" * 5000, {"to": "not an endpoint id"}),
        ("people/jay/letters/x/parts/abc", {"part": "'abc' is no number of a part"}),
        ("people/jay/letters/x/parts/-1", {"part": "numbered from 0"}),
    ],
)
def test_a_wrong_address_is_told(serving: Serving, address: str, wrong: dict[str, str]) -> None:
    """What stands behind the ?, or in the path, is told of as a body is; a key too many as well."""
    with serving.client() as client:
        answer = client.get(f"/api/{address}")
        assert answer.status_code == 422, answer.text
        found = errors(answer)
        assert set(found) == set(wrong)
        assert all(words in found[where] for where, words in wrong.items()), found


def test_a_page_passes_over_what_its_address_does_not_know(serving: Serving) -> None:
    """The address of a page may have been handed on with more behind the ?; only the API is strict."""
    with serving.client() as client:
        assert client.get("/people/jay?utm_source=mail").status_code == 200
        assert client.get("/api/people/jay?utm_source=mail").status_code == 422


def test_what_http_refuses_is_told_in_our_words(serving: Serving) -> None:
    """An address that is none, a method that it does not take: what is right is told there too."""
    with serving.client() as client:
        nothing = client.get("/api/nothing")
        assert nothing.status_code == 404
        (told,) = errors(nothing).values()
        assert told == "there is nothing at this address. docs/reference/local-api.md lists the addresses"
        answer = client.delete("/api/people/jay/letters")
        assert answer.status_code == 405
        (told,) = errors(answer).values()
        assert told == "this address does not take DELETE. It takes POST"


@pytest.mark.parametrize("key", [b"", b'""', b"\xe9", b"x" * 300])
def test_a_wrong_key_in_the_header_is_told(serving: Serving, key: bytes) -> None:
    """The header Idempotency-Key is told of as the key of a body is."""
    with serving.client() as client:
        answer = client.post(LETTERS, json=GOOD, headers={b"Idempotency-Key": key})
        assert answer.status_code == 422
        assert set(errors(answer)) == {"key"}


def test_a_person_is_told_all_errors_on_a_page(serving: Serving) -> None:
    """Without a script a page tells all that is wrong, not the first."""
    with serving.client() as client:
        answer = client.post("/people/jay/letters", data={"to": "Jay", "critical": "maybe"})
        assert answer.status_code == 422
        for word in ("text: it is missing", "to: ", "critical: "):
            assert word in answer.text
