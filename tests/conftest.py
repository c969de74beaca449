"""What all tests share: a missing system package skips here, and fails in continuous integration."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from filelock import FileLock
from pluggy import Result

LONGEST_FIRST = (
    "rehearsal/test_rehearsal",
    "pair/test_media",
    "pair/test_pair",
    "web/test_page",
    "pair/",
    "web/test_first_minute",
    "routing/test_oracle",
    "cli/test_demo_kills",
    "app/test_demo",
    "cli/test_commands",
    "web/test_demo_page",
    "cli/test_bundles",
    "planner/test_plan_exports",
    "cli/test_replay",
    "live/test_kill",
    "planner/test_spk_node",
    "bundle/test_pyd3tn",
    "sky/test_mars_year",
    "reports/test_sky_report",
    "cli/test_two_nodes",
    "routing/test_index",
    "style/test_extending",
    "style/test_readme",
    "sim/",
    "cli/",
    "sky/",
    "planner/",
)
"""Modules that take longest, and folders whose modules take seconds each. Tests run side by side by module,
so that its fixtures are made once; what is begun last must be short, or one core waits for the other."""


def pytest_configure(config: pytest.Config) -> None:
    """Let all processes of a run, those that tests start too, keep and find compiled modules: compiling them
    is most of what a command that starts costs. They lie beside the cache of pytest, not in the sources."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(config.rootpath / ".pytest_cache" / "bytecode")
    # A shell lets what it starts in the background ignore interrupts, and so would all that tests start, for
    # ever: some of those are ended by one.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
    # Reference data that may not be shipped lies beside the project, or nowhere.
    is_excused = hasattr(report, "wasxfail") or "../shared is not there" in str(report.longrepr)
    if report.skipped and not is_excused and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"


@pytest.fixture(scope="session")
def lived_through(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data folder of a demo that has lived through the days before, made once for all processes of a
    run as a first start makes it. It is read only: `begun` is a copy of it."""
    from starlight.app.demo_folder import STATE_FILE, DemoFolder
    from starlight.scenario.kernels import open_sky
    from starlight.scenario.reading import load

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "lived-through"
    with FileLock(f"{folder}.lock"):
        if not (folder / STATE_FILE).exists():
            name = "lost-in-starlight"
            DemoFolder(folder, load(name), lambda line: None).open(name, None, open_sky())
    return folder


@pytest.fixture
def begun(lived_through: Path, tmp_path: Path) -> Path:
    """Give a folder on which a demo starts without living through the days before: it has."""
    return Path(shutil.copytree(lived_through, tmp_path / "data"))
