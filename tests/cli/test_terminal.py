"""What others write can't command the terminal of who reads it: text shows it, JSON escapes it."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

from tests.cli.helpers import NODE, Api, command, running

HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x9b2J\r\x7f\u202eabc\u2066\u200b\ufeff"
"""It sets the clipboard, clears the screen, writes over its line, turns the order, and hides something."""
CREW = (
    NODE
    + """
[[person]]
id = "crew"
name = "The\\u202E crew\\n  2051-04-01  forged"
service = 2
"""
)


def is_safe(text: str) -> bool:
    """Tell whether nothing but newlines is a control or format character."""
    return not any(unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp") for each in text.replace("\n", ""))


def test_letters_and_names_are_shown_and_command_nothing(tmp_path: Path) -> None:
    """`inbox`, `send` and `status` print signs in their place and forge no lines; `--json` says the same."""
    (tmp_path / "node.toml").write_text(CREW, encoding="utf-8")
    with running("node", tmp_path / "node.toml", folder=tmp_path / "data") as node:
        node.serving()
        Api(node.folder).write("jay", "ipn:10.2", f"{HOSTILE}\n* a second line")
        inbox = command("inbox", node.folder, "crew")
        told = command("inbox", node.folder, "crew", "--json")
        others = [
            command("send", node.folder, "jay", "ipn:10.2", HOSTILE),
            command("status", node.folder),
            command("send", node.folder, f"no{HOSTILE}", "ipn:10.2", "words"),
            command("send", node.folder, "jay", f"ipn:{HOSTILE}", "words"),
            command("send", node.folder, "jay", "ipn:10.2", "words", "--reply-to", HOSTILE),
            command("inbox", node.folder / HOSTILE.replace("/", ""), "jay"),
        ]
    assert inbox.status == told.status == 0, inbox.err + told.err
    assert all(map(is_safe, (inbox.out, told.out, node.said)))
    assert all(is_safe(text) for each in others for text in (each.out, each.err))
    head, first, second, *_ = inbox.out.splitlines()
    assert "The‹U+202E› crew␊  2051-04-01  forged" in head
    assert first == "    ␛]52;c;ZXZpbA==␇‹U+009B›2J␍␡‹U+202E›abc‹U+2066›‹U+200B›‹U+FEFF›"
    assert second == "    * a second line"
    assert json.loads(told.out)[0]["text"] == f"{HOSTILE}\n* a second line"
    assert [each.status for each in others] == [0, 0, 2, 2, 2, 2]
