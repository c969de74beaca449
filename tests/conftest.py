"""What all tests share: a missing system package skips here, and fails in continuous integration."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from pluggy import Result

LONGEST_FIRST = (
    "web/test_demo_page",
    "cli/test_demo_kills",
    "web/test_page",
    "app/test_demo",
    "rehearsal/test_rehearsal",
    "cli/test_commands",
    "cli/test_two_nodes",
    "planner/test_plan_exports",
    "bundle/test_pyd3tn",
    "sky/test_mars_year",
)
"""Modules that take longest. Tests run side by side by module, so that its fixtures are made once; what is
begun last must be short, or one core waits for the other."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest modules first; the rest keep their order."""

    def rank(item: pytest.Item) -> int:
        name = item.nodeid
        return next((n for n, part in enumerate(LONGEST_FIRST) if part in name), len(LONGEST_FIRST))

    items.sort(key=rank)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Result[pytest.TestReport], None]:
    """Turn a skip into a failure where nothing may be skipped."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
