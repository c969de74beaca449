"""The table of the guide for families is what its command makes of the built-in scenario."""

from __future__ import annotations

import subprocess
import sys

from tests.docs.documents import ROOT


def test_the_table_of_the_guide_is_what_its_command_makes() -> None:
    """Sizes and arrivals of a voice, a song and a photograph stand in the guide as a node foresees them."""
    made = subprocess.run(
        [sys.executable, ROOT / "docs" / "media_table.py", "--print"],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    guide = (ROOT / "docs" / "guides" / "families.md").read_text(encoding="utf-8")
    _, _, rest = guide.partition("<!-- media table: docs/media_table.py -->\n")
    table, end, _ = rest.partition("<!-- end of the media table -->")
    assert end, "the guide has lost the marks of its table"
    assert table == made.stdout, "run: .venv/bin/python docs/media_table.py"
    assert "| 2 625 |" in table
