"""`make validate`: work out the figures of docs/validation.md again, room by room, and write them there.

A room is a module here with `TITLE`, `LEAD` (a paragraph), `present()` (whether its reference is there) and
`rows()`. Where the reference is absent the section stays as it was, and a line says so.
"""

from __future__ import annotations

import re
import sys
import time
from importlib import import_module
from pathlib import Path

ROOMS = ("organics", "greenhouse", "search")

DOCUMENT = Path(__file__).parents[1] / "docs" / "validation.md"

HEAD = """# Validation

What the models of the expedition's correspondents are held against, and what came out. `make validate`
works it all out again and writes this page (at most ten minutes on two cores); the test suite asserts
the same figures, the heavy ones in smaller versions. Reference data without a licence to ship lie
beside the project; where they are absent nothing is computed and the section stays as it was. For
research and training, not safety devices.
"""


def section(name: str) -> tuple[str, int]:
    """Return the section of a room as Markdown, and how many of its rows fail."""
    room = import_module(f"validation.{name}")
    start = time.process_time()
    rows = list(room.rows())
    took = time.process_time() - start
    lines = [
        f"## {room.TITLE}",
        "",
        room.LEAD.strip(),
        "",
        "| quantity | reference | ours | pass |",
        "|---|---|---|---|",
    ]
    lines += [row.line() for row in rows]
    sys.stdout.write("\n".join(lines[4:]) + f"\n{room.TITLE}: {took:.0f} s of CPU\n")
    return "\n".join(lines) + "\n", sum(not row.passed for row in rows)


def kept(name: str) -> str:
    """Return the section of a room as it stands in the document; empty without one."""
    title = import_module(f"validation.{name}").TITLE
    text = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    found = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", text, re.M | re.S)
    return found[0].rstrip() + "\n" if found else ""


def main() -> int:
    """Write the document; return 1 where a row fails."""
    wanted = sys.argv[1:] or ROOMS
    failed = 0
    sections = []
    for name in ROOMS:
        if name not in wanted or not import_module(f"validation.{name}").present():
            sys.stdout.write(f"{name}: left as it was\n")
            sections.append(kept(name))
            continue
        text, fails = section(name)
        failed += fails
        sections.append(text)
    DOCUMENT.write_text("\n".join([HEAD, *sections]), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
