"""The sky of DE421, opened once for all tests of this layer."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jplephem.spk import SPK
from skyfield.api import load_file

from starlight.sky import Sky

# The files are taken from beside the package: importing it warns that its Earth orientation ages.
DATA = Path(str(files("skyfield_data"))) / "data"
AUTHORITIES = Path(__file__).parent.parent / "authorities" / "sky"


@pytest.fixture(scope="session")
def sky() -> Iterator[Sky]:
    kernel = SPK.open(str(DATA / "de421.bsp"))
    yield Sky.from_kernel(kernel, (DATA / "finals2000A.all").read_text())
    kernel.close()


@pytest.fixture(scope="session")
def planets() -> Iterator[Any]:
    """Skyfield's view of the same kernel."""
    kernel = load_file(str(DATA / "de421.bsp"))
    yield kernel
    kernel.close()
