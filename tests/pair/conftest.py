"""A browser with one context for all pages, as somebody has who looks at both nodes on one machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext
from tests.web.conftest import browser

__all__ = ["browser"]


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a context whose pages complain of nothing."""
    opened = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    complaints: list[str] = []
    opened.on("weberror", lambda error: complaints.append(str(error.error)))
    yield opened
    opened.close()
    assert complaints == []


@pytest.fixture(autouse=True)
def no_page_stays_open(context: BrowserContext) -> Iterator[None]:
    """Close the pages of each test at its end: every open one asks its node again and again."""
    yield
    for page in context.pages:
        page.close()
