"""Name the machine that a figure was measured on."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version


def describe(*packages: str) -> dict[str, object]:
    """Return processor, cores, system, Python, the date and the versions of packages that matter."""
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
        "date": datetime.now(UTC).date().isoformat(),
        "packages": {name: version(name) for name in packages},
    }
