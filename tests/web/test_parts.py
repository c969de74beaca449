"""The bytes of parts over the local API: in and out a piece at a time, and never as anything but a file."""

from __future__ import annotations

from tests.web.conftest import Serving

PARTS = "/api/people/jay/parts"


def test_what_is_uploaded_has_a_name_for_drafts(serving: Serving) -> None:
    """The body of the request is the part, whatever is in it; the answer says what a draft calls it."""
    with serving.client() as client:
        answer = client.post(PARTS, content=b"\x00<script>" * 1000)
        assert (answer.status_code, answer.json()) == (201, {"upload": "upload-1", "duration_ms": None})
        serving.backend.fake_media.lasts_ms = 125_000
        assert client.post(PARTS, content=b"film").json()["duration_ms"] == 125_000
        assert serving.backend.uploaded == [b"\x00<script>" * 1000, b"film"]


def test_what_is_fetched_is_a_file_to_be_saved(serving: Serving) -> None:
    """Whatever its author says that it is, no browser runs it, draws it, or guesses at it."""
    with serving.client() as client:
        client.post(PARTS, content=b"<script>alert(1)</script>")
        answer = client.get("/api/people/jay/letters/a%2Fb/parts/0")
        assert answer.content == b"<script>alert(1)</script>"
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        said = answer.headers["content-disposition"]
        assert said == "attachment; filename*=UTF-8''%3Cb%3Es%C3%B6ng%3C%2Fb%3E.html"
        missing = client.get("/api/people/jay/letters/a%2Fb/parts/7")
        assert (missing.status_code, missing.json()["where"]) == (422, "part")
