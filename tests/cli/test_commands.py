"""Every command explains itself, starts quickly, and answers wrong input with one line and status 2."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import click
import pytest
from tests.cli.helpers import DEADLINE_S, Running, command, demo, running, starlight

from starlight import dtntime
from starlight.cli import main as command_line
from starlight.client import client
from starlight.scenario.reading import load
from starlight.web import body

COMMANDS = list(command_line.COMMANDS)
HEAVY = ("numpy", "asyncio", "ssl", "uvicorn", "starlette", "msgspec", "apsw", "rich", "jplephem", "erfa")
"""What takes long to import, and what no help needs."""
NODE = """
number = 20
name = "Base"
world = "mars"
data = "base-data"
listen = ""
page = "127.0.0.1:0"

[[peer]]
number = 10
connect = "127.0.0.1:1"

[[person]]
id = "nan-young"
name = "Joo Nan-young"
service = 1
"""


def command_of(name: str) -> click.Command:
    """Return a command."""
    found = command_line.starlight.get_command(click.Context(command_line.starlight), name)
    assert found is not None
    return found


# Help.


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`starlight COMMAND --help` tells each argument and option, and ends with status 0."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["starlight", name, "--help"])
        command_line.main()  # which returns when all is well
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: starlight {name} ")
    for option in (param for param in command_of(name).params if isinstance(param, click.Option)):
        assert option.opts[0] in out
        assert option.help, f"{name} {option.opts[0]} has no help"


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """`starlight --help` answers within 0.3 s, so it must not wait for what only the work needs."""
    script = (
        "import sys\n"
        f"sys.argv = ['starlight', *{arguments!r}]\n"
        "from starlight.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_the_list_of_commands_says_what_each_does() -> None:
    """`starlight` without a command lists them all."""
    outcome = starlight()
    assert outcome.status == 2
    for name, (_, line) in command_line.COMMANDS.items():
        assert f"  {name}" in outcome.out + outcome.err
        assert line.split()[0] in outcome.out + outcome.err
    assert starlight("--version").out.startswith("starlight, version ")


# Wrong input.


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with things that are not what they are taken for."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "words.txt").write_text("These are words.\n")
    (folder / "photos").mkdir()
    (folder / "photos" / "dog.jpg").write_bytes(b"\xff\xd8")
    (folder / "half").mkdir()
    (folder / "half" / "demo.json").write_text("{}")
    (folder / "gone").mkdir()
    (folder / "gone" / "access.json").write_text('{"url":"http://127.0.0.1:1","token":"none","pid":1}')
    (folder / "odd").mkdir()
    (folder / "odd" / "access.json").write_text("[]")
    (folder / "key.toml").write_text(NODE.replace("listen", "lissen"))
    (folder / "peer.toml").write_text(NODE.replace("number = 10", "number = 20"))
    (folder / "zone.toml").write_text('timezone = "Mars/Arsia"\n' + NODE)
    (folder / "open.toml").write_text(NODE.replace('page = "127.0.0.1:0"', 'page = "0.0.0.0:80"'))
    (folder / "good.toml").write_text(NODE)
    (folder / "number.toml").write_text(NODE.replace("number = 20", 'number = "twenty"'))
    (folder / "deep.toml").write_text("a = " + "[" * 100_000)
    (folder / "record.jsonl").write_text('{"starlight_record": 99, "config": {"number": 1}}\n')
    return folder


WRONG: list[tuple[str, list[str]]] = [
    # the command, and words that the error must have: where, what, what is right
    ("launch", ["'launch'", "starlight --help"]),
    ("demo --fast", ["--fast", "starlight demo --help"]),
    ("demo mars --no-browser --data d", ["mars", "lost-in-starlight"]),
    ("demo photos --no-browser --data d", ["photos", "directory", "lost-in-starlight"]),
    ("demo words.txt --no-browser --data d", ["words.txt", "not TOML"]),
    ("demo --no-browser --speed 0 --data d", ["--speed", "0.0", "0.001"]),
    ("demo --no-browser --speed fast --data d", ["--speed", "'fast'"]),
    ("demo --no-browser --port 70000 --data d", ["--port", "70000 is out of bounds. It is 0 to 65535"]),
    ("demo --no-browser --port 8e3 --data d", ["--port", "'8e3' is no whole number. It is 0 to 65535"]),
    ("demo --no-browser --speed nan --data d", ["--speed", "nan is out of bounds. It is 0.001 to 100000"]),
    ("demo --no-browser --port -1 --data d", ["--port", "-1", "65535"]),
    ("demo --no-browser --at tomorrow --data d", ["--at", "'tomorrow'", "2051-04-02T10:00:00Z"]),
    ("demo --no-browser --at 2051-02-30 --data d", ["--at", "'2051-02-30'", "no calendar has it"]),
    ("demo --no-browser --at 2100-01-01 --data d", ["2100-01-01", "ephemeris", "2053"]),
    ("demo --no-browser --data words.txt", ["words.txt", "can't be used"]),
    ("demo --no-browser --data photos", ["photos", "'dog.jpg'", "empty folder"]),
    ("demo --no-browser --data half", ["demo.json", "is not what the demo writes"]),
    ("demo --no-browser --data d --record words.txt", ["words.txt", "--record"]),
    ("rehearse mars", ["mars", "lost-in-starlight"]),
    ("rehearse --seed x", ["--seed", "'x'"]),
    ("rehearse --loss x", ["--loss", "'x'", "0 to 1"]),
    ("rehearse --loss nan", ["--loss", "'nan'", "0 to 1"]),
    ("rehearse --duplication 1.5", ["--duplication", "'1.5'", "0 to 1"]),
    ("rehearse --reordering -0.1", ["--reordering", "'-0.1'", "0 to 1"]),
    ("rehearse --links carrier-pigeon", ["--links", "carrier-pigeon", "udpcl"]),
    ("rehearse --from 2051-13-01", ["--from", "'2051-13-01'", "no calendar has it"]),
    ("rehearse --from 2051-05-01 --until 2051-04-01", ["--until", "2051-05-01", "2051-04-01", "2053-02-01"]),
    ("rehearse --from 2051-05-01 --until 2051-05-01", ["--until", "2051-05-01"]),
    ("rehearse --from 2060-01-01", ["--from", "2060-01-01", "2053-02-01"]),
    ("rehearse --until 2020-01-01", ["--until", "2020-01-01", "2026-01-01"]),
    ("rehearse --until 2060-01-01", ["2060-01-01", "ephemeris", "2053"]),
    ("rehearse --from 1960-01-01 --until 1961-01-01", ["--from", "1960-01-01", "2000-01-01"]),
    ("rehearse --until 2026-02-01 --record none/r.jsonl", ["none/r.jsonl", "No such file"]),
    ("rehearse --until 2026-02-01 --report none/r.html", ["none/r.html", "No such file"]),
    ("rehearse --until 2026-02-01 --trace photos", ["photos", "directory"]),
    ("rehearse --until 2026-02-01 --record r.jsonl --record-node moon", ["--record-node", "'moon'", "seoul"]),
    ("rehearse --record-node base", ["--record-node", "'base'", "--record FILE"]),
    ("rehearse --ephemeris none.bsp", ["none.bsp", "de440.bsp"]),
    ("rehearse --ephemeris words.txt", ["words.txt", "de440.bsp"]),
    ("replay none.jsonl", ["none.jsonl", "No such file"]),
    ("replay photos", ["photos", "directory"]),
    ("replay photos/dog.jpg", ["dog.jpg", "UTF-8"]),
    ("replay words.txt", ["words.txt", "line 1", "--record"]),
    ("replay record.jsonl", ["record.jsonl", "line 1", "99", "replays format 2"]),
    ("replay", ["FILE", "starlight replay --help"]),
    ("sky mars", ["mars", "lost-in-starlight"]),
    ("sky --at now", ["--at", "'now'", "2051-04-02T10:00:00Z"]),
    ("sky --at 2060-01-01", ["2060-01-01", "ephemeris", "2053"]),
    ("sky --at 9999-01-01", ["--at", "'9999-01-01'", "2292"]),
    ("sky --ephemeris words.txt", ["words.txt", "de440.bsp"]),
    ("sky lost-in-starlihgt", ["lost-in-starlihgt", "Did you mean 'lost-in-starlight'?"]),
    ("sky deep.toml", ["deep.toml", "nested too deep"]),
    ("plan deep.toml", ["deep.toml", "nested too deep"]),
    ("rehearse /dev/zero", ["/dev/zero", "16777216"]),
    ("replay /dev/zero", ["/dev/zero", "line 1"]),
    ("sky --ephemeris /dev/zero", ["/dev/zero", "no regular file"]),
    ("link /dev/zero", ["/dev/zero", "16777216"]),
    ("link lander-1m father-3m --range-au nan", ["--range-au", "nan"]),
    ("status . --watch --interval nan", ["--interval", "nan"]),
    ("plan add . 10 20 --end 2051-04-08 --light-time nan", ["--light-time", "nan"]),
    ("node deep.toml", ["deep.toml", "nested too deep"]),
    ("node /dev/zero", ["/dev/zero", "16777216"]),
    ("node none.toml", ["none.toml", "No such file"]),
    ("node photos", ["photos", "directory"]),
    ("node words.txt", ["words.txt", "not TOML"]),
    ("node key.toml", ["key.toml", "lissen", "Did you mean 'listen'?"]),
    ("node number.toml", ["number.toml", "number = 'twenty'", "a whole number"]),
    ("node peer.toml", ["peer[0].number = 20", "no peer of itself"]),
    ("node zone.toml", ["timezone = 'Mars/Arsia'", "Asia/Seoul"]),
    ("node open.toml", ["page = '0.0.0.0:80'", "127.0.0.1"]),
    ("node good.toml --record none/r.jsonl", ["none/r.jsonl", "No such file"]),
    ("node", ["FILE.toml", "starlight node --help"]),
    ("send photos jay ipn:20.1 Hello", ["photos/access.json", "no running node", "starlight demo"]),
    ("send odd jay ipn:20.1 Hello", ["odd/access.json", "starlight demo"]),
    ("send photos jay", ["ADDRESS", "starlight send --help"]),
    ("inbox none jay", ["none/access.json", "no running node"]),
    ("status none", ["none/access.json", "no running node"]),
    ("status words.txt", ["words.txt/access.json", "no running node"]),
]


def failed(
    arguments: list[str], capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
) -> tuple[int, str]:
    """Return the status of a command that fails in this process, and its one line."""
    patch.setattr(sys, "argv", ["starlight", *arguments])
    with pytest.raises(SystemExit) as left:
        command_line.main()
    err = capsys.readouterr().err
    assert err.startswith("starlight: ")
    assert err.count("\n") == 1, err
    assert isinstance(left.value.code, int)
    return left.value.code, err


@pytest.mark.parametrize(("line", "words"), WRONG, ids=[line for line, _ in WRONG])
def test_wrong_input_is_told_in_one_line(
    line: str,
    words: list[str],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was asked was wrong: status 2, and one line that names where, what, and what is right."""
    monkeypatch.chdir(folder)
    status, err = failed(line.split(), capsys, monkeypatch)
    assert status == 2
    assert [word for word in words if word not in err] == [], err


def test_a_data_folder_belongs_to_one_node(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of another node, or of something else, is refused and left as it was."""
    file, data = tmp_path / "node.toml", tmp_path / "base-data"
    data.mkdir()
    file.write_text(NODE.replace("number = 20", "number = 30"))
    for name, content, words in (
        ("node", "20", ["base-data", "is of node 20, not of 30", "data"]),
        ("node", "words", ["base-data/node", "not what a node writes"]),
        ("demo.json", "{}", ["base-data", "'demo.json'", "not of a node"]),
    ):
        (data / name).write_text(content)
        status, err = failed(["node", str(file)], capsys, monkeypatch)
        assert status == 2
        assert [word for word in words if word not in err] == [], err
        assert [entry.name for entry in data.iterdir()] == [name]
        (data / name).unlink()


def test_a_refused_folder_is_left_as_it_was(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo writes nothing into a folder of something else."""
    failed(["demo", "--no-browser", "--data", str(folder / "photos")], capsys, monkeypatch)
    assert [entry.name for entry in (folder / "photos").iterdir()] == ["dog.jpg"]


def test_a_node_that_does_not_answer_is_a_failure(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that died without a word: status 1, since nothing that was asked is wrong."""
    status, err = failed(["status", str(folder / "gone")], capsys, monkeypatch)
    assert status == 1
    assert "does not answer at http://127.0.0.1:1" in err


# At a running demo.


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a demo in real time."""
    with demo(tmp_path_factory.mktemp("live") / "data", "--speed", "1") as running:
        running.serving()
        yield running


ASKED_WRONG: list[tuple[list[str], list[str]]] = [
    (["demo", "--no-browser", "--data", "DATA"], ["runs on it", "http://127.0.0.1:"]),
    (["send", "DATA", "ares", "ipn:20.1", "Hello"], ["'ares'", "jay", "nan-young"]),
    (["send", "DATA", "jay", "base", "Hello"], ["ADDRESS", "'base'", "ipn:NODE.SERVICE"]),
    (["send", "DATA", "jay", "dtn:none", "Hello"], ["to", "dtn:none", "ipn:7.1"]),
    (["send", "DATA", "jay", "ipn:20.1", ""], ["text", "empty"]),
    (["send", "DATA", "jay", "ipn:20.1", " \n"], ["text", "empty"]),
    (["send", "DATA", "jay", "ipn:20.1", "x" * 100_000 + "길" * 60_000], ["text", "too long", "256 kB"]),
    (["send", "DATA", "jay", "ipn:20.1", "Hello", "--reply-to", "none"], ["reply_to", "'none'"]),
    (["inbox", "DATA", "ares"], ["'ares'", "jay", "nan-young"]),
    (["inbox", "DATA", "jay", "--with", "base"], ["--with", "'base'", "ipn:NODE.SERVICE"]),
]


@pytest.mark.parametrize(
    ("arguments", "words"), ASKED_WRONG, ids=[" ".join(each)[:50] for each, _ in ASKED_WRONG]
)
def test_a_running_node_is_asked_wrongly(
    arguments: list[str],
    words: list[str],
    live: Running,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was asked of a running node was wrong: status 2 and one line, in the node's own words."""
    given = [str(live.folder) if part == "DATA" else part for part in arguments]
    status, err = failed(given, capsys, monkeypatch)
    assert status == 2
    assert [word for word in words if word not in err] == [], err


def test_standard_input_must_be_a_letter(live: Running) -> None:
    """TEXT of "-" is read from standard input, which must be UTF-8 text, and not too long."""
    to = ("send", live.folder, "jay", "ipn:20.1", "-")
    status, _, err = starlight(*to, stdin=b"caf\xe9")
    assert (status, err) == (2, "starlight: standard input: byte 3 is not UTF-8 text. A letter is words\n")
    status, _, err = starlight(*to, stdin=b"x" * (client.BODY_MAX_BYTES + 1))
    assert (status, err.partition(". ")[0]) == (2, "starlight: text: the letter is too long")
    assert starlight(*to, stdin="카페".encode()).status == 0


def test_the_client_knows_the_pages_limit() -> None:
    """What the page would refuse for its size is refused before it is sent."""
    assert client.BODY_MAX_BYTES == body.MAX_BODY_BYTES


def test_status_tells_of_every_node(live: Running) -> None:
    """`status` says how each node of a demo is doing, with --json for a program."""
    told = json.loads(command("status", live.folder, "--json").out)
    assert [each["node"] for each in told] == [node.number for node in load("lost-in-starlight").node]
    for each in told:
        assert {"time", "stored", "received", "sent", "refused", "up", "syncs", "plan_version"} <= set(each)
        assert dtntime.from_text(each["time"]) > dtntime.from_text("2051-04-07T10:00:00Z")
    lines = command("status", live.folder).out.splitlines()
    assert sum(line.startswith("node ") for line in lines) == len(told)
    assert sum(line.startswith("  peer ") for line in lines) == sum(len(each["links"]) for each in told)


def test_inbox_shows_every_correspondent_or_one(live: Running) -> None:
    """`inbox` lists letters both ways; --with only those of one correspondent."""
    own = json.loads(command("inbox", live.folder, "nan-young", "--json").out)
    assert len({letter["id"] for letter in own}) == len(own)

    def other_end(letter: dict[str, Any]) -> str:
        return str(letter["group"] or letter["to_address" if letter["mine"] else "from_address"])

    correspondents = set(map(other_end, own))
    assert {"ipn:10.2"} <= correspondents
    assert any(other.startswith("group:") for other in correspondents)
    for other in correspondents:
        some = json.loads(command("inbox", live.folder, "nan-young", "--with", other, "--json").out)
        assert some == [each for each in own if other_end(each) == other]
    assert command("inbox", live.folder, "jay", "--with", "ipn:20.99").out == "No letters.\n"


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_read_the_token(live: Running) -> None:
    """The local API's token is in a file that only its user can read."""
    assert mode(live.folder / "access.json") == 0o600
    assert mode(live.folder / "token") == 0o600
    assert mode(live.folder) == 0o700
    token = json.loads((live.folder / "access.json").read_text())["token"]
    assert token == (live.folder / "token").read_text()
    assert token in live.said


# The end.


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_ends_in_order_and_keeps_its_letters(
    number: signal.Signals, begun: Path, tmp_path: Path
) -> None:
    """Ctrl-C and SIGTERM end the demo cleanly; the next start goes on where it stopped."""
    data = begun
    with demo(data, "--speed", "60") as running:
        api = running.serving()
        letter = api.write("jay", "ipn:20.1", "Keep this.")
        before = api.mission_time()
        assert running.end(number) == 0
    assert not (data / "access.json").exists()
    assert (tmp_path / "data.err").read_text() == ""
    with demo(data, "--speed", "60") as running:
        api = running.serving()
        assert letter in [each["id"] for each in api.letters("jay", "ipn:20.1")]
        after = dtntime.from_text(api.mission_time()) - dtntime.from_text(before)
        assert 0 < after < 60 * 60 * dtntime.SECOND  # the mission stood still while nothing ran
        assert "Living through" not in running.said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_node_ends_in_order_and_keeps_its_letters(number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM end a node cleanly; what it has accepted is there at the next start."""
    file, data = tmp_path / "base.toml", tmp_path / "base-data"
    file.write_text(NODE)
    with running("node", file, folder=data) as node:
        node.serving()
        assert mode(data) == 0o700
        assert mode(data / "access.json") == mode(data / "token") == 0o600
        sent = json.loads(starlight("send", data, "nan-young", "ipn:10.2", "Keep this.", "--json").out)
        again = starlight("node", file)
        assert again.status == 2
        assert "runs on it" in again.err
        assert node.end(number) == 0
    assert not (data / "access.json").exists()
    logged = (tmp_path / "base-data.err").read_text().splitlines()
    assert {line.split()[1] for line in logged} <= {"info", "warning"}
    with running("node", file, folder=data) as node:
        node.serving()
        (kept,) = json.loads(starlight("inbox", data, "nan-young", "--json").out)
        assert (kept["id"], kept["text"]) == (sent["id"], "Keep this.")
        assert "set aside" not in starlight("inbox", data, "nan-young").out


def test_the_inbox_tells_of_what_is_set_aside(tmp_path: Path) -> None:
    """A letter that can't be read is told of with the command that lists it, and that command does."""
    file, data = tmp_path / "base.toml", tmp_path / "base-data"
    file.write_text(NODE)
    with running("node", file, folder=data) as node:
        node.serving()
        starlight("send", data, "nan-young", "ipn:10.2", "Damage this.")
        node.end()
    with contextlib.closing(apsw.Connection(str(data / "store" / "starlight.db"))) as store:
        store.execute("update saves set data = x'c1' where key like 'letter/%'")
    with running("node", file, folder=data) as node:
        node.serving()
        assert starlight("inbox", data, "nan-young").out.startswith("No letters.")
        lines = starlight("inbox", data, "nan-young").out.splitlines()
        (told,) = [line for line in lines if f"starlight store list {data} --quarantined lists" in line]
        count = int(told.partition(" ")[0])
    listed = json.loads(starlight("store", "list", data, "--quarantined", "--json").out)
    assert json.dumps(listed).count('"ipn:20.1"') == count > 0


def test_where_the_demo_keeps_its_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default folder follows the XDG base directory rules: a relative path there is ignored."""
    from starlight.cli.demo import default_folder

    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert default_folder() == Path("/somewhere/starlight/demo")
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", value)
        assert default_folder() == Path(os.path.expanduser("~")) / ".local/share/starlight/demo"


def test_half_a_request_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """A client that has sent half of a letter is told to send it again; the node ends at once, without a
    traceback."""
    file, data = tmp_path / "base.toml", tmp_path / "base-data"
    file.write_text(NODE)
    with running("node", file, folder=data) as node:
        node.serving()
        access = json.loads((data / "access.json").read_text())
        host, _, port = access["url"].removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), DEADLINE_S) as half:
            head = (
                f"POST /api/people/nan-young/letters HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n"
                f"Authorization: Bearer {access['token']}\r\nContent-Type: application/json\r\n"
                "Expect: 100-continue\r\n\r\n"
            )
            half.sendall(head.encode())
            assert half.recv(1024).startswith(b"HTTP/1.1 100")  # the body is waited for now
            half.sendall(b'{"to": ')
            assert node.end(signal.SIGTERM) == 0
            assert b" 503 " in half.recv(1024)
    assert "Traceback" not in (tmp_path / "base-data.err").read_text()
