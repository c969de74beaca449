"""What a person chooses for their pages: told, refused with a reason, and seen in each page that comes."""

from __future__ import annotations

import httpx
import pytest
from tests.web.conftest import TOKEN, Serving

from starlight.messages.settings import Settings

SETTINGS = "/people/jay/settings"


def chosen(serving: Serving) -> Settings:
    return serving.backend.fake_settings.chosen


def page(serving: Serving, path: str = "/people/jay", accept_language: str = "en") -> str:
    """Return a page as a browser gets it."""
    headers = {"accept": "text/html", "accept-language": accept_language}
    with serving.client() as client:
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200
        return answer.text


def test_the_api_chooses_and_tells(serving: Serving) -> None:
    """What is chosen is told again; what is left out is as at first."""
    with serving.client() as client:
        at_first = client.get(f"/api{SETTINGS}").json()
        assert at_first["language"] == "browser"
        assert not at_first["distress_silent"]
        order = {"theme": "dark", "quiet_from": "22:00", "quiet_to": "06:30", "letter_sound": True}
        told = client.post(f"/api{SETTINGS}", json=order).json()
        assert told == at_first | order
        assert client.get(f"/api{SETTINGS}").json() == told
        assert client.post(f"/api{SETTINGS}", json={}).json() == at_first


@pytest.mark.parametrize(
    ("order", "where"),
    [
        ({"language": "tlh"}, "language"),
        ({"theme": "pink"}, "theme"),
        ({"quiet_from": "25:00", "quiet_to": "06:00"}, "quiet_from"),
        ({"quiet_from": "2" * 10_000, "quiet_to": "06:00"}, "quiet_from"),
        ({"quiet_from": "22:00"}, "quiet_to"),
        ({"quiet_to": "22:00"}, "quiet_from"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "quiet_to"),
        ({"letter_sound": "loud"}, "letter_sound"),
        ({"sound": True}, "sound"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_key(
    serving: Serving, order: dict[str, object], where: str
) -> None:
    """The answer names the key and what would be right, and nothing is chosen."""
    with serving.client() as client:
        answer = client.post(f"/api{SETTINGS}", json=order)
    told = answer.json()
    assert (answer.status_code, told["where"]) == (422, where)
    assert told["right"]
    assert len(answer.content) < 1000
    assert chosen(serving) == Settings()


def test_the_form_works_without_a_script(serving: Serving) -> None:
    """A form is taken, and leads back to the page, which is in what was chosen; boxes not ticked are off."""
    with httpx.Client(base_url=serving.url, follow_redirects=True, trust_env=False, timeout=60) as browser:
        browser.get(f"{SETTINGS}?token={TOKEN}")
        fields = {
            "language": "ko",
            "theme": "light",
            "urgent_sound": "true",
            "quiet_from": "",
            "quiet_to": "",
        }
        headers = {"origin": serving.url, "accept": "text/html"}
        told = browser.post(SETTINGS, data=fields, headers=headers)
    assert chosen(serving) == Settings(language="ko", theme="light", urgent_sound=True)
    assert told.url.path == SETTINGS
    assert '<html lang="ko">' in told.text
    assert 'value="ko" checked' in told.text
    assert 'name="letter_sound" value="true" checked' not in told.text


@pytest.mark.parametrize("path", ["/people/jay", SETTINGS, "/people/jay/search", "/people/jay/distress"])
def test_the_language_that_is_chosen_goes_before_the_browser_s(serving: Serving, path: str) -> None:
    """Each page is in the language that was chosen, else in that of the browser; the API stays English."""
    assert '<html lang="ko">' in page(serving, path, "ko")
    with serving.client() as client:
        client.post(f"/api{SETTINGS}", json={"language": "en"})
        assert '<html lang="en">' in page(serving, path, "ko")
        client.post(f"/api{SETTINGS}", json={"language": "ko"})
        assert '<html lang="ko">' in page(serving, path, "en")
        refused = client.post(f"/api{SETTINGS}", json={"theme": "pink"}).json()
        assert refused["error"] == "'pink' does not fit"


@pytest.mark.parametrize("path", ["/people/jay", SETTINGS, "/people/jay/distress"])
def test_the_theme_is_a_matter_of_style_sheets(serving: Serving, path: str) -> None:
    """Light is loaded where it is chosen, never where dark is, and else where the device asks for it."""
    with serving.client() as client:
        assert 'light.css" media="(prefers-color-scheme: light)"' in page(serving, path)
        client.post(f"/api{SETTINGS}", json={"theme": "light"})
        assert 'light.css" media="all"' in page(serving, path)
        client.post(f"/api{SETTINGS}", json={"theme": "dark"})
        assert "light.css" not in page(serving, path)


def test_storage_and_settings_lead_to_each_other(serving: Serving) -> None:
    """The room of letters is reached through the settings, which stand for it in the navigation."""
    assert 'href="/people/jay/storage"' in page(serving, SETTINGS)
    storage = page(serving, "/people/jay/storage")
    assert 'id="view-settings" href="/people/jay/settings" aria-current="true"' in storage
