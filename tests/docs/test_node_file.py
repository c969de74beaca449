"""docs/reference/node-file.md and the reader of a node's file are the same, both ways."""

from __future__ import annotations

import msgspec
import pytest
from tests.docs.documents import REFERENCE, ROOT, Block, blocks, section, text_of
from tests.docs.file_types import Struct, wrong_rows

from starlight.app import node_file as nodes
from starlight.app.node_links import PeerSpec, PolicySpec
from starlight.app.node_services import SOURCE_LIFETIME_S, ServiceSpec
from starlight.links import SHORTEST_KEEPALIVE_S, UdpclConfig
from starlight.live.node_log import LogConfig
from starlight.neighbours.kinds import DATAGRAM_RATE_BPS
from starlight.node.admission import AdmissionRule
from starlight.scenario.programs import CorrespondentSpec
from starlight.scenario.worlds import WorldSpec
from starlight.services.announcements import SERVICE
from starlight.services.echo import ECHO

DOCUMENT = REFERENCE / "node-file.md"
NAME = DOCUMENT.relative_to(ROOT)
TEXT = text_of(DOCUMENT)
TABLES: dict[str, Struct] = {
    # The key of a table in the file: the struct of what stands in it; the file itself is first.
    "": nodes.NodeFile,
    "other_world": WorldSpec,
    "peer": PeerSpec,
    "contact": nodes.ContactSpec,
    "person": nodes.ResidentSpec,
    "service": ServiceSpec,
    "address": nodes.AddressSpec,
    "group": nodes.GroupSpec,
    "correspondent": CorrespondentSpec,
    "log": LogConfig,
    "clock": nodes.ClockSpec,
}
MADE = 'number = 10\nname = "Seoul"\ndata = "seoul-data"\n'  # What a part of a file needs to be one.


@pytest.mark.parametrize("table", TABLES)
def test_each_key_is_told(table: str) -> None:
    """Each table of the file has a table of its keys, with type, bounds and default, and no other key."""
    heading = next((each for each in (f"`[[{table}]]`", f"`[{table}]`") if f"### {each}" in TEXT), "Keys")
    assert not table or heading != "Keys", f"{NAME}: write a section with the heading ### `[[{table}]]`"
    elsewhere = frozenset() if table else frozenset(TABLES)
    wrong = wrong_rows(TABLES[table], section(TEXT, heading), f"{NAME}: {heading}", elsewhere)
    assert not wrong, "\n".join(wrong)


def test_each_rule_of_a_policy_is_told() -> None:
    """The table below a peer has each of its keys in a table of its own."""
    heading = "`[peer.policy]`"
    wrong = wrong_rows(PolicySpec, section(TEXT, heading), f"{NAME}: {heading}", frozenset())
    assert not wrong, "\n".join(wrong)
    keys = {field.name for field in msgspec.structs.fields(PolicySpec)}
    assert {rule.value for rule in AdmissionRule} < keys


def test_each_table_of_the_file_is_here() -> None:
    """Whatever is a table in a node's file is in TABLES, so that its keys are held to the page."""
    found = set()
    for field in msgspec.structs.fields(nodes.NodeFile):
        kind = msgspec.inspect.type_info(field.type)
        each = kind.item_type if isinstance(kind, msgspec.inspect.ListType) else kind
        if isinstance(each, msgspec.inspect.StructType):
            found.add(field.name)
    assert found == set(TABLES) - {""}, f"add the struct of each table to TABLES of {__name__}, and a section"


@pytest.mark.parametrize("block", blocks(TEXT, "toml"), ids=lambda block: f"line {block.line}")
def test_an_example_is_read(block: Block, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each example is a node's file, or a part that makes one with the keys that must be there."""
    path = tmp_path_factory.mktemp("node") / "node.toml"
    path.write_text(block.text if "number = " in block.text.split("[[")[0] else MADE + block.text, "utf-8")
    nodes.load(path)


TOLD: dict[str, bool] = {
    # What the page says beside the types, and whether the code says it too.
    "| 1232 |": UdpclConfig().datagram_max == 1232,
    "| 15; 0 with a foreign peer |": UdpclConfig().keepalive_s == 15,
    "in seconds, 15 or more; 0: never": SHORTEST_KEEPALIVE_S == 15,
    "| 10000000 |": DATAGRAM_RATE_BPS == 10_000_000,
    "and not 22434 (amendments of the plan)": SERVICE == 22434,
    "| of an echo 2047 |": ECHO == 2047,
    "| 3600 of a source |": SOURCE_LIFETIME_S == 3600,
    "`127.0.0.1`, `localhost` or `[::1]`": nodes.LOOPBACK == ("127.0.0.1", "localhost", "::1"),
}


@pytest.mark.parametrize("words", TOLD)
def test_what_holds_without_a_key_is_told(words: str) -> None:
    """Defaults that depend on other keys, and limits that no type has, are those of the code."""
    assert words in " ".join(TEXT.split()), f"{NAME} no longer says {words!r}: mend it, or TOLD here"
    assert TOLD[words], f"{NAME}: {words!r} is no longer so; tell what holds now there and here"
