"""Each console block of the documents runs; where it runs is told here, page by page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from tests.cli.helpers import Api, command, running
from tests.docs.documents import PAGES, REFERENCE, ROOT, blocks, text_of

TRIED = {
    # The pages that have console blocks, and the tests that run them.
    "README.md": "tests/style/test_readme.py",
    "docs/guides/analog-mission.md": "tests/docs/test_analog_guide.py",
    "docs/reference/node-file.md": "tests/docs/test_consoles.py",
    "docs/reference/local-api.md": "tests/docs/test_consoles.py",
}


def lines(page: Path) -> list[str]:
    """Return the commands of a page's consoles, each on one line."""
    text = "\n".join(block.text.replace("\\\n", " ") for block in blocks(text_of(page), "console"))
    found: list[str] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
        elif line.strip():
            found[-1] += " " + line.strip()
    return found


def test_each_console_is_tried() -> None:
    """Every page with a console block is run by a test; another page has to be added to one, and here."""
    found = {str(page.relative_to(ROOT)) for page in PAGES if blocks(text_of(page), "console")}
    assert found == set(TRIED), f"let a test run the consoles of {found ^ set(TRIED)}, and name it in TRIED"
    for test in TRIED.values():
        assert (ROOT / test).exists()


class Pair(NamedTuple):
    """The two nodes of the page about the file of a node, which run, and what its commands printed."""

    folder: Path
    seoul: Api
    base: Api
    printed: dict[str, str]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run the consoles of node-file.md: its files on free ports, and seoul among its own planners."""
    folder = tmp_path_factory.mktemp("pair")
    page = REFERENCE / "node-file.md"
    first, second, *commands = (shlex.split(line)[1:] for line in lines(page))
    assert [first, second] == [["node", "seoul.toml"], ["node", "base.toml"]]
    texts = [block.text for block in blocks(text_of(page), "toml")[:2]]
    seoul_file, base_file = (re.sub(r"127\.0\.0\.1:842\d", "127.0.0.1:0", text) for text in texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        text = "planners = [10]\n" + seoul_file.replace("127.0.0.1:4556", "127.0.0.1:0")
        Path("seoul.toml").write_text(text, encoding="utf-8")
        with running(*first, folder=Path("seoul-data")) as seoul:
            assert seoul.read_until("token=")
            port = re.search(r"listens on tcpcl://127\.0\.0\.1:(\d+)", seoul.said)
            assert port, seoul.said
            text = base_file.replace("127.0.0.1:4556", f"127.0.0.1:{port[1]}")
            Path("base.toml").write_text(text, encoding="utf-8")
            with running(*second, folder=Path("base-data")) as base:
                apis = seoul.serving(), base.serving()
                printed = {}
                for words in commands:
                    done = command(*words)
                    assert done.status == 0, f"{words}: {done.err}"
                    printed[" ".join(words[:2])] = done.out
                yield Pair(folder, *apis, printed)


def test_the_commands_of_the_node_file_print_what_they_are_for(pair: Pair) -> None:
    """A letter is sent, a list of letters and the state of the node are shown."""
    assert set(pair.printed) == {"send seoul-data", "inbox base-data", "status base-data"}
    assert re.match(r"\S+  (queued|in flight|departed)\n", pair.printed["send seoul-data"])
    assert "node 20: " in pair.printed["status base-data"]


@pytest.mark.parametrize("line", lines(REFERENCE / "local-api.md"))
def test_a_request_of_the_local_api_is_answered(line: str, pair: Pair) -> None:
    """Each `curl` of local-api.md, with the token and address of the node, is answered with what there is."""
    words = shlex.split(line)
    assert words[0] == "curl"
    given = list(pairwise(words))
    headers = dict(word.split(": ", 1) for option, word in given if option == "-H")
    body = next((word for option, word in given if option == "-d"), None)
    (url,) = (word for word in words if word.startswith("http://127.0.0.1:8420/"))
    headers["Authorization"] = headers["Authorization"].replace("TOKEN", pair.seoul._token)
    address = url.replace("http://127.0.0.1:8420", f"http://{pair.seoul.address}")
    answer = httpx.request("POST" if body else "GET", address, headers=headers, content=body)
    assert answer.is_success, answer.text
    assert answer.json()
