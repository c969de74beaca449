"""`starlight export` and `starlight import` between two real nodes: a round trip of letters and a file."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.helpers import NODE, command, running

TO = "ipn:20.1"


def test_letters_and_files_go_out_and_come_back(tmp_path: Path) -> None:
    """An export of one node, imported twice at another and exported there, is the same again."""
    film = bytes(range(256)) * 2_000
    (tmp_path / "film.bin").write_bytes(film)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "node.toml").write_text(NODE, encoding="utf-8")
    old, new = tmp_path / "old" / "data", tmp_path / "new" / "data"
    with running("node", tmp_path / "old" / "node.toml", folder=old) as node:
        node.serving()
        for number in range(25):
            command("send", old, "jay", TO, f"Letter {number}, 온실")
        command("send", old, "jay", TO, "A film", "--attach", tmp_path / "film.bin")
        for target, more in (("export", ("--book", "day")), ("export.zip", ("--book", "topic"))):
            done = command("export", old, "jay", tmp_path / target, *more)
            assert (done.status, done.out.splitlines()[0]) == (0, f"{tmp_path / target}: 26 letters of Jay")
        assert "온실" in (tmp_path / "export" / "book.html").read_text(encoding="utf-8")
        taken = command("export", old, "jay", tmp_path / "export")
        assert (taken.status, "there already" in taken.err) == (2, True)
    lines = (tmp_path / "export" / "letters.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 26
    with running("node", tmp_path / "new" / "node.toml", folder=new) as node:
        node.serving()
        done = command("import", new, "jay", tmp_path / "export.zip")
        assert done.out == "26 added, 0 here already, 1 files put back\n", done.err
        done = command("import", new, "jay", tmp_path / "export", "--json")
        assert json.loads(done.out) == {"added": 0, "here": 26, "differ": [], "parts": 0, "refused": []}
        command("export", new, "jay", tmp_path / "again")
        foreign = command("import", new, "jay", tmp_path / "film.bin")
        assert (foreign.status, "is no export that can be taken" in foreign.err) == (2, True)

    def words(folder: str) -> list[tuple[str, str, str]]:
        told = (tmp_path / folder / "letters.jsonl").read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in told]
        return sorted((each["id"], each["payload"], each["placed_at"]) for each in found)

    assert words("again") == words("export")
    (path,) = (tmp_path / "again" / "media").iterdir()
    assert path.read_bytes() == film
