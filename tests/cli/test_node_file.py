"""The file of a node: its document has every key, and a wrong one is told by key, value and what is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from starlight import dtntime
from starlight.app.node_file import load, plan_of, silent_plan
from starlight.app.node_links import address_of, read_listen
from starlight.app.single_node import config_of
from starlight.contacts.contact import UNLIMITED_BPS, Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.neighbours.address import LinkAddress
from starlight.node.admission import Admission

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "node-file.md"
SEOUL, BASE, POLICY, DATAGRAMS, SERVICES, CLOCK = re.findall(
    r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL
)

ADDRESS = 'address = "tcpcl://127.0.0.1:4556"'


def written(folder: Path, text: str) -> Path:
    """Write a node's file."""
    path = folder / "node.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_is_what_it_says(tmp_path: Path) -> None:
    """Two nodes on one machine, two light seconds apart."""
    seoul, base = (load(written(tmp_path, text)) for text in (SEOUL, BASE))
    assert (seoul.number, base.number) == (10, 20)
    assert [peer.number for peer in seoul.peer] == [base.number]
    assert [peer.number for peer in base.peer] == [seoul.number]
    assert base.peer[0].address == seoul.listen
    plans = [plan_of(node, tmp_path) for node in (seoul, base)]
    assert plans[0].contacts == plans[1].contacts
    for contact in plans[0].contacts:
        assert contact.light_time(dtntime.from_text("2051-04-02")) == 2 * SECOND
        assert contact.rates[0][1] == UNLIMITED_BPS


def test_the_datagrams_example_is_read(tmp_path: Path) -> None:
    """The document's links over UDP fit into a node's file, once it listens for the peer's kind of
    address."""
    listen, _, peer = DATAGRAMS.partition("\n\n")
    listen = listen.replace("]", ', "udpcl://[::1]:4556"]')
    node = load(written(tmp_path, BASE.replace('listen = ""', listen) + peer))
    udp, over_ipv6 = LinkAddress("udpcl", "127.0.0.1", 4556), LinkAddress("udpcl", "::1", 4556)
    assert read_listen(node.listen) == (LinkAddress("tcpcl", "127.0.0.1", 4556), udp, over_ipv6)
    assert [address_of(each) for each in node.peer] == [LinkAddress("tcpcl", "127.0.0.1", 4556), over_ipv6]
    assert str(over_ipv6) == "udpcl://[::1]:4556"


def test_the_policy_example_is_read(tmp_path: Path) -> None:
    """A table of rules, or the list that older files have: the engine is told of both."""
    node = load(written(tmp_path, BASE + POLICY))
    rules = Admission(30, ("ipn:30.*",), ("ipn:10.*", "ipn:20.1"), 1_000_000, None, critical=False)
    config = config_of(node, tmp_path, tmp_path).node
    assert (config.admission, config.without_crc) == ((rules,), ())
    for policy in ('["missing_primary_crc"]', "{ missing_primary_crc = true }"):
        config = config_of(load(written(tmp_path, with_policy(policy))), tmp_path, tmp_path).node
        assert (config.admission, config.without_crc) == ((), (10,))


def with_policy(policy: str) -> str:
    """Return the file of the base with a policy for its peer."""
    base: str = BASE  # what `re` finds is Any to mypy
    return base.replace(ADDRESS, f"{ADDRESS}\npolicy = {policy}")


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ('["everything"]', "Allowed: missing_primary_crc"),
        ('"everything"', "It is a list of 'missing_primary_crc' or a table"),
        ("{ destination = ['ipn:10.1'] }", "Did you mean 'destinations'?"),
        (
            "{ everything = true }",
            "The keys there are missing_primary_crc, sources, destinations, bundle_bytes",
        ),
        ("{ bundle_bytes = 0 }", ">= 1 and <= 67108864"),
        ("{ lifetime_s = 'long' }", "It is a number"),
        ("{ sources = ['ipn:20.*', 'ipn:20'] }", r"policy.sources[1]: 'ipn:20' is no pattern of endpoints"),
        ("{ destinations = 'ipn:20.*' }", "It is a list"),
    ],
)
def test_a_policy_that_is_wrong_is_told_with_what_is_allowed(policy: str, words: str, tmp_path: Path) -> None:
    """Which key, and what may stand there; a pattern by its place in its list."""
    with pytest.raises(InputError) as error:
        load(written(tmp_path, with_policy(policy)))
    assert words in str(error.value)
    assert "peer[0].policy" in str(error.value)


def test_older_files_are_read(tmp_path: Path) -> None:
    """`connect` and `listen` as host:port are of TCPCL, as they were before there was another protocol."""
    text = BASE.replace(ADDRESS, 'connect = "[::1]:4556"').replace('listen = ""', 'listen = "127.0.0.1:0"')
    node = load(written(tmp_path, text))
    assert read_listen(node.listen) == (LinkAddress("tcpcl", "127.0.0.1", 0),)
    assert address_of(node.peer[0]) == LinkAddress("tcpcl", "::1", 4556)
    assert read_listen(load(written(tmp_path, BASE)).listen) == ()


def test_without_contacts_every_peer_can_be_heard(tmp_path: Path) -> None:
    """With neither `plan` nor contacts, every peer can always be heard, both ways."""
    node = load(written(tmp_path, BASE.partition("[[contact]]")[0]))
    pairs = [(contact.from_node, contact.to_node) for contact in plan_of(node, tmp_path).contacts]
    assert sorted(pairs) == [(10, 20), (20, 10)]


def test_the_clocks_example_is_read(tmp_path: Path) -> None:
    """The document's clock fits into a node's file."""
    node = load(written(tmp_path, BASE + CLOCK))
    assert (node.clock.rate, node.clock.mission) == (30.0, "2051-04-07T10:00:00Z")


def test_the_services_example_is_read(tmp_path: Path) -> None:
    """The document's services fit into a node's file; an echo has a number of its own accord."""
    node = load(written(tmp_path, BASE + SERVICES))
    assert [(each.kind, each.service) for each in node.service] == [
        ("echo", 2047),
        ("source", 70),
        ("sink", 9),
    ]


@pytest.mark.parametrize(
    ("services", "words"),
    [
        ('kind = "ecko"', ["service[0].kind = 'ecko'", "Allowed: discard, echo, sink, source"]),
        ('kind = "discard"', ["service[0].number is missing", "'discard' are kind, number"]),
        ('kind = "echo"\nnumber = 0', ["service[0].number = 0", ">= 1"]),
        ('kind = "echo"\nnumber = 4294967296', ["service[0].number", "<= 4294967295"]),
        ('kind = "echo"\nnumber = 1', ["service[0].number = 1", "taken by person 'nan-young'"]),
        ('kind = "echo"\n[[service]]\nkind = "discard"\nnumber = 2047', ["service[1]", "by service[0]"]),
        ('kind = "echo"\nfolder = "came"', ["service[0].folder is no key of 'echo'"]),
        ('kind = "sink"\nnumber = 9', ["service[0].folder is missing"]),
        (
            'kind = "source"\nnumber = 9\nto = "Jay"\nbytes = 1\nevery_s = 1',
            ["service[0].to", "'Jay'", "ipn:"],
        ),
        ('kind = "source"\nnumber = 9\nto = "ipn:1.1"\nbytes = 1', ["service[0].every_s is missing"]),
        (
            'kind = "source"\nnumber = 9\nto = "ipn:1.1"\nbytes = 1\nevery_s = 0',
            ["service[0].every_s = 0", ">= 0.001"],
        ),
        (
            'kind = "source"\nnumber = 9\nto = "ipn:1.1"\nbytes = 10_000_001\nevery_s = 1',
            ["service[0].bytes = 10000001", "<= 10000000"],
        ),
    ],
)
def test_a_wrong_service_is_named_with_what_is_right(services: str, words: list[str], tmp_path: Path) -> None:
    """An unknown kind with those allowed, a key of another kind, a number that is taken, and by whom."""
    with pytest.raises(InputError) as caught:
        load(written(tmp_path, f"{BASE}\n[[service]]\n{services}\n"))
    text = str(caught.value)
    assert [word for word in words if word not in text] == [], text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("number = 20", "number = 0", ["number = 0", ">= 1"]),
        ('name = "Base', 'nam = "Base', ["nam"]),
        ('world = "mars"', 'world = "venus"', ["world = 'venus'"]),
        ('data = "base-data"', 'data = ""', ["data = ''"]),
        ('listen = ""', 'listen = "4556"', ["listen", "'4556'", "127.0.0.1:4556"]),
        ('listen = ""', 'listen = "127.0.0.1:70000"', ["listen", "70000"]),
        ('listen = ""', 'listen = "127.0.0.1:²"', ["listen"]),
        ('page = "127.0.0.1:8422"', 'page = ""', ["page", "host:port"]),
        ('page = "127.0.0.1:8422"', 'page = "0.0.0.0:80"', ["page = '0.0.0.0:80'", "localhost"]),
        ("mars_longitude_deg = 239.9", "mars_longitude_deg = 400", ["mars_longitude_deg = 400", "360"]),
        ('landing = "2051-02-01"', 'landing = "soon"', ["landing", "'soon'"]),
        ('landing = "2051-02-01"', 'timezone = "Moon"', ["timezone = 'Moon'", "Asia/Seoul"]),
        ("number = 10\n", "number = 20\n", ["peer[0].number = 20", "no peer of itself"]),
        (ADDRESS, 'connect = "seoul"', ["peer[0].connect", "'seoul'"]),
        (
            ADDRESS,
            'address = "127.0.0.1:4556"',
            ["peer[0].address", "'127.0.0.1:4556'", "tcpcl://", "udpcl://"],
        ),
        (ADDRESS, 'address = "ltp://a:1"', ["peer[0].address", "'ltp'", "It is one of tcpcl, udpcl"]),
        (ADDRESS, 'address = "tcpcl://a:0"', ["peer[0].address", "port 0", "from 1 to 65535"]),
        (ADDRESS, 'address = "tcpcl://a:65536"', ["peer[0].address", "port 65536", "from 1 to 65535"]),
        (ADDRESS, 'address = "tcpcl://::1:4556"', ["peer[0].address", "'tcpcl://::1:4556'"]),
        (ADDRESS, ADDRESS + '\nconnect = "a:1"', ["peer[0].address", "connect", "tcpcl://a:1"]),
        (ADDRESS, ADDRESS + "\nkeepalive_s = 15", ["peer[0]: keepalive_s = 15", "It is of udpcl"]),
        (ADDRESS, 'address = "udpcl://a:1"', ["peer[0].address", "udpcl", "`listen`"]),
        (ADDRESS, 'address = "udpcl://a:1"\nkeepalive_s = 14', ["keepalive_s = 14", "at least 15"]),
        (ADDRESS, 'address = "udpcl://a:1"\ndatagram_max = 255', ["peer[0].datagram_max = 255", ">= 256"]),
        (ADDRESS, 'address = "udpcl://a:1"\ndatagram_rate_bps = 0', ["datagram_rate_bps = 0", ">= 1"]),
        (ADDRESS, f"{ADDRESS}\n[[peer]]\nnumber = 30\n{ADDRESS}", ["peer[1].address", "twice"]),
        ('listen = ""', 'listen = ["tcpcl://a:1", "x"]', ["listen[1]", "'x'"]),
        ('listen = ""', 'listen = ["tcpcl://a:1", "tcpcl://a:1"]', ["listen[1]", "twice"]),
        ('listen = ""', "listen = 4556", ["listen = 4556"]),
        (ADDRESS, 'node_id = "seoul"', ["peer[0].node_id", "'seoul'", "dtn://"]),
        (ADDRESS, "light_time_s = -1", ["peer[0].light_time_s = -1", ">= 0"]),
        ("service = 1", "service = 0", ["person[0].service = 0", ">= 1"]),
        ("service = 1", "service = 22434", ["person[0].service = 22434", "changes of the plan"]),
        ("number = 20\n", "number = 20\nplanners = [10, 10]\n", ["planners[1] = 10", "twice"]),
        ("number = 20\n", "number = 20\nplanners = [0]\n", ["planners[0] = 0", ">= 1"]),
        ('id = "nan-young"', 'id = "Nan Young"', ["person[0].id = 'Nan Young'"]),
        ('address = "ipn:10.2"', 'address = "Jay"', ["address[0].address", "'Jay'", "ipn:"]),
        ('address = "ipn:10.2"', 'address = "dtn:none"', ["address[0].address", "nobody"]),
        ("from = 10\nto = 20", "from = 10\nto = 10", ["contact[0]", "between two nodes"]),
        ("from = 10\nto = 20", 'from = 10\nto = 20\nend = "1999-01-01"', ["contact[0].end", "2000-01-01"]),
        (
            "from = 10\nto = 20",
            'from = 10\nto = 20\nstart = "2200-01-01"',
            ["contact[0].start", "2100-01-01"],
        ),
        (
            "from = 10\nto = 20",
            'from = 10\nto = 20\nstart = "2051-02-01"\nend = "2051-01-01"',
            ["contact[0]", "2051-01-01", "later than 2051-02-01"],
        ),
        ("from = 10\nto = 20", "from = 10\nto = 20\nrate_bps = 0", ["contact[0].rate_bps = 0", ">= 1"]),
        ("[[person]]", '[clock]\nmission = "2051-01-01"\n[[person]]', ["clock.mission", "clock.wall"]),
        ("[[person]]", "[clock]\nrate = 0\n[[person]]", ["clock.rate = 0", "> 0"]),
        (
            "[[person]]",
            '[[person]]\nid = "jay"\nname = "J"\nservice = 1\n[[person]]',
            ["person[1].service = 1", "twice"],
        ),
    ],
)
def test_a_wrong_key_is_named_with_its_value_and_what_is_right(
    old: str, new: str, words: list[str], tmp_path: Path
) -> None:
    """Errors in a node's file name the file, the key, the value and what is allowed."""
    assert old in BASE
    path = written(tmp_path, BASE.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert [word for word in words if word not in text] == [], text


def test_all_errors_of_a_nodes_file_are_told_at_once(tmp_path: Path) -> None:
    """Misspelt keys, wrong values and what does not fit together, each with its line."""
    wrong = 'timezon = "UTC"\npage = "0.0.0.0:80"\nworld = "mras"\nnumber = 10\nname = "N"\ndata = "data"\n'
    path = written(tmp_path, wrong)
    with pytest.raises(InputError) as caught:
        load(path)
    first, *told = str(caught.value).splitlines()
    assert first == f"{path}: {len(told)} errors"
    assert "line 1: timezon: there is no key 'timezon'. Did you mean 'timezone'?" in told[0]
    assert "line 2: page = '0.0.0.0:80' does not fit. The page is for this machine alone" in told[1]
    assert "line 3: world = 'mras' does not fit. Did you mean 'mars'?" in told[2]


def test_a_plan_without_contacts_means_that_nobody_can_be_heard(tmp_path: Path) -> None:
    """Only a file that names no plan and no contact means always; the start of a node says so."""
    (tmp_path / "plan.json").write_text('{"version": 0, "contacts": [], "notices": []}')
    text = 'number = 10\nname = "N"\ndata = "data"\n{}[[peer]]\nnumber = 20\n'
    assert len(plan_of(load(written(tmp_path, text.format(""))), tmp_path).contacts) == 2
    plan = plan_of(load(written(tmp_path, text.format('plan = "plan.json"\n'))), tmp_path)
    assert plan.contacts == ()
    assert "the plan has no contacts: nobody can be heard" in silent_plan(plan, 10)
    others = ContactPlan.of([Contact(1, 3, 4, 0, 9, ((0, 8),), constant_light(0, 0))])
    assert "no contact of node 10" in silent_plan(others, 10)
    assert "nodes 3, 4" in silent_plan(others, 10)
    assert silent_plan(others, 3) == ""


@pytest.mark.parametrize(
    ("plan", "words"),
    [(None, ["No such file"]), ("words", ["it is not JSON"]), ("{}", ["'contacts' is missing"])],
)
def test_a_wrong_plan_is_named_by_its_file(plan: str | None, words: list[str], tmp_path: Path) -> None:
    """A contact plan that can't be read is named, with what is wrong in it."""
    node = load(written(tmp_path, 'plan = "plan.json"\n' + BASE))
    if plan is not None:
        (tmp_path / "plan.json").write_text(plan)
    with pytest.raises(InputError) as caught:
        plan_of(node, tmp_path)
    text = str(caught.value)
    assert text.startswith(str(tmp_path / "plan.json"))
    assert [word for word in words if word not in text] == [], text


def test_what_is_missing_hides_no_other_error(tmp_path: Path) -> None:
    """Keys that must be there and are not are told in one message with all else that is wrong."""
    wrong = """
name = "x"
listen = "4556"
planners = [0]
[[peer]]
nam = "x"
light_time_s = -1
[[contact]]
from = 1
start = "soon"
[[person]]
id = "a"
"""
    with pytest.raises(InputError) as caught:
        load(written(tmp_path, wrong))
    _, *told = str(caught.value).splitlines()
    assert [line.partition(". ")[0].strip() for line in told] == [
        "line 1: the file: the key number is missing",
        "line 1: the file: the key data is missing",
        "line 3: listen: '4556' is not host:port",
        "line 4: planners[0] = 0 does not fit",
        "line 5: peer[0]: the key number is missing",
        "line 6: peer[0].nam: there is no key 'nam'",
        "line 7: peer[0].light_time_s = -1 does not fit",
        "line 8: contact[0]: the key to is missing",
        "line 10: contact[0].start: 'soon' is not a date and time",
        "line 11: person[0]: the key name is missing",
        "line 11: person[0]: the key service is missing",
    ]


def test_a_call_for_help_goes_to_people_and_groups(tmp_path: Path) -> None:
    """An address, a group's id, and the name of a group of the file; anything else says what is right."""
    group = '\n[[group]]\nname = "Crew"\nmembers = ["ipn:20.1"]\n'
    start = f'distress_to = ["ipn:7.1", "group:{"0a" * 16}", "Crew"]\n' + SEOUL + group
    assert load(written(tmp_path, start)).distress_to == ["ipn:7.1", "group:" + "0a" * 16, "Crew"]
    for wrong in ("Crews", "group:1", "ipn:"):
        with pytest.raises(InputError, match=r"distress_to\[2\]: .*no address and no group.*Crew"):
            load(written(tmp_path, start.replace('"Crew"]', f'"{wrong}"]')))
