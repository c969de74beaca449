"""A browser for pages that are files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.web.conftest import CHROMIUM


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for the module."""
    if not CHROMIUM.exists():
        pytest.skip("the reports' tests need a browser: apt-get install chromium")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()
