"""The JSON twin and the guard at the door, spoken to by a program over loopback."""

from __future__ import annotations

import hashlib
import json
import re

import httpx
import pytest
from tests.web.conftest import TOKEN, Serving
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from starlight.dtntime import MINUTE
from starlight.messages.urgency import Priority
from starlight.web.body import MAX_BODY_BYTES
from starlight.web.render import HERE

LETTERS = "/api/people/jay/letters"
HELLO = {"to": "ipn:21.1", "text": "Hello over there"}


def test_people_and_sky(serving: Serving) -> None:
    """Every time in JSON is ISO 8601 in UTC, and people come with their world."""
    with serving.client() as client:
        people = client.get("/api/people").json()
        assert [(one["id"], one["world"]) for one in people][:2] == [("jay", "earth"), ("nan-young", "mars")]
        assert client.get("/api").json() == people
        sky = client.get("/api/sky").json()
        assert sky["clock"]["now"] == "2051-04-02T05:21:00.000Z"
        assert sky["light_time_s"] == 19 * 60
        assert sky["window"]["start"] == "2051-04-02T04:21:00.000Z"
        assert len(client.get("/api/orbits").json()["mars"]) == 120


def test_a_letter_from_end_to_end(serving: Serving) -> None:
    """A letter is predicted, written, seen to arrive, read; predicted and confirmed stay apart."""
    with serving.client() as client:
        foreseen = client.post("/api/people/jay/predict", json=HELLO).json()
        written = client.post(LETTERS, json=HELLO)
        assert written.status_code == 201
        letter = written.json()
        assert [fact["standing"] for fact in letter["facts"]] == ["confirmed", "predicted", "predicted"]
        assert letter["facts"][-1]["at"] == foreseen["arrives"] == "2051-04-02T05:42:00.000Z"
        inbox = "/api/people/nan-young/mailbox?with=ipn:7.1"
        assert client.get(inbox).json()["letters"] == []

        serving.advance(21 * MINUTE)
        (received,) = client.get(inbox).json()["letters"]
        assert (received["text"], received["unread"], received["state"]) == (HELLO["text"], True, "arrived")
        (sent,) = client.get("/api/people/jay/mailbox").json()["letters"]
        assert (sent["state"], sent["standing"]) == ("arrived", "predicted")
        (flight,) = client.get("/api/people/jay/status").json()["flights"]
        assert (flight["kind"], flight["from_world"]) == ("receipt", "mars")

        quoted = letter["id"].replace("/", "%2F")
        read = client.post(f"/api/people/nan-young/letters/{quoted}/read").json()
        assert (read["state"], read["unread"]) == ("read", False)
        serving.advance(19 * MINUTE)
        (sent,) = client.get("/api/people/jay/mailbox").json()["letters"]
        assert (sent["state"], sent["standing"]) == ("read", "confirmed")


def test_all_letters_of_a_correspondent_are_marked_as_read_at_once(serving: Serving) -> None:
    """It marks those that came from the address and tells how many; again it marks none, and others stay."""
    with serving.client() as client:
        for _ in range(3):
            client.post(LETTERS, json=HELLO)
        client.post("/api/people/control/letters", json=HELLO)
        serving.advance(21 * MINUTE)
        for count in (3, 0):
            answer = client.post("/api/people/nan-young/read", json={"of": "ipn:7.1"})
            assert (answer.status_code, answer.json()) == (200, {"read": count})
        unread = client.get("/api/people/nan-young/mailbox").json()["conversations"]
        assert {one["address"]: one["unread"] for one in unread if one["unread"]} == {"ipn:5.1": 1}
        form = client.post("/people/nan-young/read", data={"of": "ipn:5.1"})
        assert (form.status_code, form.headers["location"]) == (303, "/people/nan-young?with=ipn%3A5.1")
        wrong = client.post("/api/people/nan-young/read", json={})
        assert wrong.json() == {"error": "it is missing", "where": "of", "right": "It is text in quotes"}


def test_the_state_of_the_way(serving: Serving) -> None:
    """Asked for one correspondent it is what the mailbox tells of each; without an address it says so."""
    with serving.client() as client:
        client.post(LETTERS, json=HELLO)
        found = client.get("/api/people/jay/reach?to=ipn:21.1").json()
        assert (found["code"], found["letters_here"], found["rate_bps"]) == ("open", 1, 209)
        assert found["headline"] == "Open, 209 bit/s until 2051-04-02T08:21:00Z"
        assert found["until"] == "2051-04-02T08:21:00.000Z"
        conversations = client.get("/api/people/jay/mailbox").json()["conversations"]
        assert [one["reach"] for one in conversations if one["address"] == "ipn:21.1"] == [found]
        asked = client.get("/api/people/jay/reach")
        assert (asked.status_code, asked.json()["where"]) == (422, "to")


def test_records_that_are_set_aside_are_told_of(serving: Serving) -> None:
    """Where records can't be read, JSON says how many, and the page also which command lists them."""
    with serving.client() as client:
        assert client.get("/api/people/jay/mailbox").json()["set_aside"] == 0
        assert "set aside" not in client.get("/people/jay").text
        serving.backend.set_aside = 2
        assert client.get("/api/people/jay/mailbox").json()["set_aside"] == 2
        page = client.get("/people/jay").text
        assert "2 records of this mailbox" in page
        assert "starlight store list DATA --quarantined lists them." in page


def test_messages_that_were_refused_are_told_of(serving: Serving) -> None:
    """Where messages came that could not be taken, JSON says how many, and the page where they are."""
    with serving.client() as client:
        assert client.get("/api/people/jay/mailbox").json()["refused"] == 0
        assert "refused" not in client.get("/people/jay").text
        serving.backend.refused = 1
        assert client.get("/api/people/jay/mailbox").json()["refused"] == 1
        page = client.get("/people/jay").text
        assert "1 message that came was refused, and is kept apart." in page
        assert "starlight store list DATA --quarantined lists it, and says why." in page


def test_urgency(serving: Serving) -> None:
    """A draft says how urgent it is, in the words of the router; what it says is foreseen and kept."""
    with serving.client() as client:
        normal = client.post("/api/people/jay/predict", json=HELLO).json()
        urgent = client.post("/api/people/jay/predict", json=HELLO | {"priority": "expedited"}).json()
        critical = client.post("/api/people/jay/predict", json=HELLO | {"critical": True}).json()
        assert urgent["arrives"] == critical["arrives"] < normal["arrives"]
        for more in ({}, {"priority": "bulk"}, {"priority": "expedited"}, {"critical": True}):
            letter = client.post(LETTERS, json=HELLO | more).json()
            assert letter["priority"] == more.get("priority", "normal")
            assert letter["critical"] is more.get("critical", False)
        form = client.post("/people/jay/letters", data=HELLO | {"priority": "expedited"})
        assert form.status_code == 303
        assert serving.backend.kept[-1].priority is Priority.EXPEDITED


@pytest.mark.parametrize("path", ["letters", "predict", "why"])
def test_a_wrong_priority_names_what_is_right(serving: Serving, path: str) -> None:
    """A priority that is none is refused with the words that are."""
    with serving.client() as client:
        answer = client.post(f"/api/people/jay/{path}", json=HELLO | {"priority": "urgent"})
        assert answer.status_code == 422
        right = "Allowed: bulk, normal, expedited"
        assert answer.json() == {"error": "'urgent' does not fit", "where": "priority", "right": right}
        assert serving.backend.kept == []


def test_why_so_late(serving: Serving) -> None:
    """Why a draft or a letter is late: as JSON, as a part for the page's script, as a page without it."""
    with serving.client() as client:
        why = client.post("/api/people/jay/why", json=HELLO).json()
        assert (why["now"], why["size_bytes"]) == ("2051-04-02T05:21:00.000Z", len(HELLO["text"]))
        (reason,) = why["reasons"]
        assert reason["looked_like"] == "2051-04-02T05:40:00.000Z"
        assert reason["contacts"] == [7, 9]
        assert "contact 7 ends at 2051-04-02T05:23:00Z, 3.0 s before" in reason["sentences"][0]
        quoted = client.post(LETTERS, json=HELLO).json()["id"].replace("/", "%2F")
        assert client.get(f"/api/people/jay/letters/{quoted}/why").json() == why
        assert client.get("/api/people/jay/why?to=ipn:21.1").json()["size_bytes"] == 0
        assert client.get("/api/people/jay/letters/none/why").status_code == 422
        assert client.post("/api/people/jay/why", json=HELLO | {"to": "ipn:9.9"}).status_code == 422
        whole = client.get(f"/people/jay/letters/{quoted}/why?with=ipn:21.1").text
        part = client.get(f"/people/jay/letters/{quoted}/why", headers={"hx-request": "true"}).text
        assert "<h1>Why so late?</h1>" in whole
        assert 'href="/people/jay?with=ipn%3A21.1"' in whole
        assert "<h1>" not in part
        for text in (whole, part):
            assert "the &lt;b&gt;relay&lt;/b&gt;" in text
            assert ">14:23:00</time>, 3.0 s before it is there." in text


def test_withdrawing_works_only_before_departure(serving: Serving) -> None:
    """A letter can be withdrawn until it leaves; then the error says so."""
    with serving.client() as client:
        ids = [client.post(LETTERS, json=HELLO).json()["id"] for _ in range(2)]
        assert client.post(f"{LETTERS}/{ids[0]}/withdraw").json()["state"] == "withdrawn"
        serving.advance(2 * MINUTE)
        late = client.post(f"{LETTERS}/{ids[1]}/withdraw")
        assert late.status_code == 422
        assert late.json() == {
            "error": "the letter has left already",
            "where": "letter",
            "right": "Write another one",
        }


def test_storm_and_its_silence(serving: Serving) -> None:
    """The storm brings a silence that says why, since, until when and what is safe."""
    with serving.client() as client:
        assert client.get("/api/status").json()["silence"] is None
        assert client.post("/api/storm", json={"active": True}).json()["active"] is True
        silence = client.get("/api/status?person=nan-young").json()["silence"]
        assert "dust storm" in silence["why"]
        assert silence["until"] == "2051-04-03T05:21:00.000Z"
        assert len(silence["safe"]) == 2
        prediction = client.post("/api/people/jay/predict", json=HELLO).json()
        assert prediction["leaves"] is None
        assert prediction["silence"]["why"] == silence["why"]
        assert client.post("/api/storm", json={"active": False}).json()["active"] is False
        assert client.get("/api/status").json()["silence"] is None


def test_page_address_answers_json_when_asked(serving: Serving) -> None:
    """Every page has a JSON twin at the same address."""
    with serving.client() as client:
        json_ = {"accept": "application/json"}
        twin = client.get("/people/jay", headers=json_).json()
        assert twin["mailbox"]["person"]["id"] == "jay"
        assert twin["status"] == client.get("/api/people/jay/status").json()
        assert client.get("/people/jay/parts", headers=json_).json() == twin
        assert client.get("/", headers=json_).json() == client.get("/api/people").json()
        assert client.get("/people/jay").headers["content-type"].startswith("text/html")


def test_only_the_page_itself_is_html(serving: Serving) -> None:
    """/people/PERSON is HTML to a browser; nodes and plans are under /api alone (local-api.md)."""
    with serving.client() as client:
        kinds = {
            path: client.get(path, headers={"Accept": "text/html"}).headers["content-type"].partition(";")[0]
            for path in ("/people/jay", "/sky", "/people/jay/mailbox", "/api/people/jay")
        }
        assert kinds == {
            "/people/jay": "text/html",
            "/sky": "application/json",
            "/people/jay/mailbox": "application/json",
            "/api/people/jay": "application/json",
        }
        assert client.get("/plan").status_code == 404


def test_forms_work_without_script(serving: Serving) -> None:
    """A plain form writes a letter and leads back to the page; a wrong one is told as a page."""
    with serving.client() as client:
        answer = client.post("/people/jay/letters", data=HELLO | {"reply_to": ""})
        assert (answer.status_code, answer.headers["location"]) == (303, "/people/jay?with=ipn%3A21.1")
        page = client.get(answer.headers["location"]).text
        assert HELLO["text"] in page
        answer = client.post("/people/jay/storm", data={"active": "true"})
        assert answer.status_code == 303
        empty = client.post("/people/jay/letters", data={"to": "ipn:21.1", "text": "  "})
        assert empty.status_code == 422
        assert "the letter is empty" in empty.text


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 422, "breaks off"),
        (b'{"to": "ipn:21.1"}', 422, "it is missing"),
        (b'{"to": 3, "text": "a"}', 422, "3 does not fit"),
        (b'{"to": "ipn:21.1", "text": "a", "cc": "b"}', 422, "cc"),
        (b'{"to": "ipn:99.1", "text": "a"}', 422, "nobody lives"),
        (b'{"to": "ipn:21.1", "text": " \\n"}', 422, "empty"),
        (json.dumps({"to": "ipn:21.1", "text": "a" * 20_000}).encode(), 422, "20000 characters"),
        (b" " * (MAX_BODY_BYTES + 1), 413, "kB"),
    ],
)
def test_wrong_letters_are_told_clearly(serving: Serving, body: bytes, status: int, words: str) -> None:
    """An error is JSON {error, where, right} that names what is wrong."""
    with serving.client() as client:
        answer = client.post(LETTERS, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == status
        assert words in answer.json()["error"]
        assert set(answer.json()) == {"error", "where", "right"}
        assert answer.json()["where"], "a field, or the address where the whole is meant"
        assert serving.backend.kept == []


def test_an_error_says_what_a_letter_needs_and_what_it_may_have(serving: Serving) -> None:
    """A key that must be there is named where it is missing, and all keys where there is one too many."""
    with serving.client() as client:
        told = client.post(LETTERS, json={"to": "ipn:21.1"}).json()
        assert told == {"error": "it is missing", "where": "text", "right": "It is text in quotes"}
        told = client.post(LETTERS, json=HELLO | {"colour": "red"}).json()
        keys = (
            "to, text, reply_to, priority, critical, parts, key, plain_text, act, topic, topic_name, "
            "replaces, leave_at, after, hold, open_at, open_on, unless_back, bulk_parts, "
            "media_time, premiere_at, premiere_mode"
        )
        assert told["right"] == f"The keys there are {keys}"


def test_wrong_addresses_are_told_clearly(serving: Serving) -> None:
    """Unknown people, letters, methods and media types each get their own answer."""
    with serving.client() as client:
        assert client.get("/api/people/ghost/mailbox").status_code == 404
        assert "jay, nan-young" in client.get("/api/people/ghost/mailbox").json()["error"]
        assert client.get("/api/nothing").json()["error"] == "there is nothing at this address"
        assert client.get("/api/storm").status_code == 405
        assert client.post(LETTERS, content=b"x", headers={"content-type": "text/plain"}).status_code == 415
        assert client.post(f"{LETTERS}/none/read").status_code == 422
        assert client.get("/api/people/jay/mailbox?limit=0").json()["where"] == "limit"
        assert client.get("/api/people/jay/mailbox?limit=501").status_code == 422
        assert client.get("/api/people/jay/mailbox?with=ipn:1.1").json()["where"] == "to"


def test_mailbox_in_pages(serving: Serving) -> None:
    """A mailbox opens at the latest letters; `before` leads to the earlier ones, none twice."""
    with serving.client() as client:
        for number in range(7):
            client.post(LETTERS, json={"to": "ipn:21.1", "text": str(number)})
        seen: list[str] = []
        params = {"limit": "3"}
        while True:
            view = client.get("/api/people/jay/mailbox", params=params)
            letters = view.json()["letters"]
            seen = [letter["text"] for letter in letters] + seen
            if not view.json()["earlier"]:
                break
            params["before"] = letters[0]["id"]
        assert seen == [str(number) for number in range(7)]


def test_token_or_nothing(serving: Serving) -> None:
    """Without the token nothing is told but static files; a wrong one is no better."""
    with httpx.Client(base_url=serving.url, trust_env=False) as client:
        assert client.get("/api/people").status_code == 401
        assert client.get("/api/people").json()["where"] == "Authorization"
        for wrong in (
            b"Bearer",
            b"Bearer wrong",
            f"Basic {TOKEN}".encode(),
            f"Bearer {TOKEN}x".encode(),
            "Bearer \u00e9".encode(),
        ):
            headers = {b"authorization": wrong}
            assert client.get("/api/people", headers=headers).status_code == 401
        page = client.get("/", headers={"accept": "text/html"})
        assert (page.status_code, "needs its key" in page.text) == (401, True)
        assert client.get("/?token=wrong", headers={"accept": "text/html"}).status_code == 401
        assert client.post(f"{LETTERS}?token={TOKEN}", json=HELLO).status_code == 403
        assert client.get("/static/page.css").status_code == 200
        assert client.get("/static/../app.py").status_code != 200
        assert client.get("/static/%2e%2e/app.py").status_code == 404


def test_token_in_the_address_becomes_a_cookie(serving: Serving) -> None:
    """The page opened once with ?token= sets an HttpOnly, SameSite=Strict cookie and leads on without it."""
    with httpx.Client(base_url=serving.url, trust_env=False) as client:
        opened = client.get(f"/people/jay?with=ipn:8.1&token={TOKEN}")
        assert opened.status_code == 303
        assert opened.headers["location"] == "/people/jay?with=ipn%3A8.1"
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert TOKEN not in cookie
        assert client.get("/people/jay").status_code == 200
        assert (
            client.get(f"{serving.url}//elsewhere.example/?token={TOKEN}").headers["location"]
            == "/elsewhere.example/"
        )


def test_another_site_can_do_nothing(serving: Serving) -> None:
    """A request that changes something needs our own origin, cookie or not; so does the WebSocket."""
    with httpx.Client(base_url=serving.url, trust_env=False) as client:
        client.get(f"/?token={TOKEN}")
        for origin in (
            "https://evil.example",
            "null",
            "http://127.0.0.1:1",
            serving.url.replace("http", "https"),
        ):
            answer = client.post(LETTERS, json=HELLO, headers={"origin": origin})
            assert (answer.status_code, answer.json()["where"]) == (403, "Origin")
        assert client.post(LETTERS, json=HELLO).status_code == 403
        wrong = client.post(LETTERS, json=HELLO, headers={"authorization": "Bearer wrong"})
        assert (wrong.status_code, wrong.json()["where"]) == (401, "Authorization")  # no browser's
        assert client.post(LETTERS, json=HELLO, headers={"origin": serving.url}).status_code == 201
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
    assert len(serving.backend.kept) == 1
    stream = f"ws://127.0.0.1:{serving.port}/people/jay/stream"
    ours = Origin(serving.url)
    refused: list[tuple[dict[str, str], Origin | None]] = [
        (cookie, Origin("https://evil.example")),
        (cookie, None),
        ({}, ours),
    ]
    for headers, from_page in refused:
        with pytest.raises(InvalidStatus, match="403"):
            connect(stream, additional_headers=headers, origin=from_page, proxy=None)
    with connect(stream, additional_headers=cookie, origin=ours, proxy=None) as socket:
        assert json.loads(socket.recv(5))["status"]["silence"] is None


def test_a_rebound_name_is_turned_away(serving: Serving) -> None:
    """A Host that is not loopback is answered with 421, token or not (DNS rebinding)."""
    with serving.client() as client:
        for host in ("evil.example", f"evil.example:{serving.port}", "127.0.0.1.evil.example", ""):
            answer = client.get("/api/people", headers={"host": host})
            assert (answer.status_code, answer.json()["where"]) == (421, "Host")
        for host in (f"localhost:{serving.port}", "LOCALHOST", "[::1]:80", "127.0.0.1"):
            assert client.get("/api/people", headers={"host": host}).status_code == 200


def test_every_answer_wears_the_headers(serving: Serving) -> None:
    """Answers of every kind forbid outside sources, inline script, framing and sniffing."""
    with serving.client() as client:
        for path in ("/people/jay", "/api/people", "/static/page.js", "/api/nothing", "/people/ghost"):
            headers = client.get(path).headers
            policy = headers["content-security-policy"]
            assert policy.startswith("default-src 'self';")
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_stream_pushes_changes(serving: Serving) -> None:
    """The WebSocket tells the status at once, and again when something changed."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    stream = f"ws://127.0.0.1:{serving.port}/api/people/nan-young/stream"
    with connect(stream, additional_headers=headers, proxy=None) as socket, serving.client() as client:
        first = json.loads(socket.recv(5))
        assert first["changed"] is False
        assert first["status"]["sky"]["clock"]["now"] == "2051-04-02T05:21:00.000Z"
        client.post(LETTERS, json=HELLO)
        while not (news := json.loads(socket.recv(5)))["changed"]:
            pass
        assert [flight["kind"] for flight in news["status"]["flights"]] == ["letter"]
        assert HELLO["text"] not in json.dumps(news)
    with pytest.raises(InvalidStatus, match="403"):
        connect(stream.replace("nan-young", "ghost"), additional_headers=headers, proxy=None)


def test_vendored_file_is_what_it_says() -> None:
    """The vendored htmx has the sum that its README names, with its licence beside it."""
    vendor = HERE / "static" / "vendor"
    digest = hashlib.sha256((vendor / "htmx.min.js").read_bytes()).hexdigest()
    assert digest in (vendor / "README.md").read_text()
    assert "Zero-Clause BSD" in (vendor / "htmx.LICENSE").read_text()


def test_a_letter_that_is_asked_for_again_is_one(serving: Serving) -> None:
    """By a key in the draft or the header Idempotency-Key, in quotes or not: 201, then 200 and the same."""
    body = {"to": "ipn:21.1", "text": "Once"}
    with serving.client() as client:
        first = client.post("/api/people/jay/letters", json=body | {"key": "7f3a"})
        again = [
            client.post("/api/people/jay/letters", json=body | {"key": "7f3a"}),
            client.post("/api/people/jay/letters", json=body, headers={"Idempotency-Key": "7f3a"}),
            client.post("/api/people/jay/letters", json=body, headers={"Idempotency-Key": '"7f3a"'}),
        ]
        other = client.post("/api/people/jay/letters", json=body | {"key": "7f3a", "text": "Twice"})
        both = client.post(
            "/api/people/jay/letters", json=body | {"key": "7f3a"}, headers={"Idempotency-Key": "7f3b"}
        )
        empty = client.post("/api/people/jay/letters", json=body, headers={"Idempotency-Key": '""'})
    assert first.status_code == 201
    assert [each.status_code for each in again] == [200] * 3
    assert {each.json()["id"] for each in again} == {first.json()["id"]}
    assert len(serving.backend.kept) == 1
    for refused, words in ((other, "another letter"), (both, "'7f3b', and"), (empty, "is empty")):
        assert refused.status_code == 422
        assert refused.json()["where"] == "key"
        assert words in refused.json()["error"]


def test_the_form_has_a_key_of_its_own_for_each_letter(serving: Serving) -> None:
    """Each view of the page makes another; the script is handed the next with the answer to the last."""

    def key_in(html: str) -> str:
        (found,) = re.findall(r'name="key" id="draft-key" value="([0-9a-f]{32})"', html)
        return str(found)

    with serving.client() as client:
        page = client.get("/people/jay?with=ipn:21.1").text
        form = {"to": "ipn:21.1", "text": "Twice clicked", "key": key_in(page)}
        plain = [client.post("/people/jay/letters", data=form) for _ in range(2)]
        swapped = client.post("/people/jay/letters", data=form, headers={"HX-Request": "true"})
        other = client.get("/people/jay?with=ipn:21.1").text
    assert [each.status_code for each in plain] == [303, 303]
    assert len(serving.backend.kept) == 1
    assert 'hx-swap-oob="true"' in swapped.text[swapped.text.index('id="draft-key"') :]
    assert len({key_in(page), key_in(swapped.text), key_in(other)}) == 3
