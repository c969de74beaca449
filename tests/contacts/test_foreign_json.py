"""HDTN's and tvgutil's JSON: what it means, and what is said about what can't be meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from starlight.contacts import formats
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.contacts.report import Imported
from starlight.dtntime import HOUR, POSIX_EPOCH_OFFSET_S, SECOND, from_posix, from_text
from starlight.errors import InputError

ONE = {
    "contact": 5,
    "source": 1,
    "dest": 2,
    "startTime": 10,
    "endTime": 60,
    "rateBitsPerSec": 1000,
    "owlt": 3,
}
GRAPH = {
    "contact_type": "PredictedContact_v2",
    "vertices": {"gs0": ["SAT"], "SAT": ["gs0"]},
    "edges": [
        {
            "vertices": ["gs0", "SAT"],
            "contacts": [
                [
                    "gs0",
                    "SAT",
                    1751625737.75,
                    1751626233.88,
                    [[0.0, 1.0, [[1751625737.75, 9600.0, 0.0]]]],
                ]
            ],
        }
    ],
}


def read(document: object, form: str | None = None, epoch: int | None = None) -> Imported:
    """Read a document, a contact a line."""
    text = json.dumps(document).replace('{"contact"', '\n{"contact"')
    return formats.read(text.encode(), name="plan.json", format=form, epoch=epoch)


def hdtn(*changes: dict[str, Any], epoch: int | None = None) -> Imported:
    """Read HDTN contacts that differ in some keys from `ONE`; a value of None leaves the key out."""
    contacts = [{k: v for k, v in (ONE | change).items() if v is not None} for change in changes]
    return read({"contacts": contacts}, epoch=epoch)


def graph(*contacts: list[Any], kind: str = "PredictedContact_v2", epoch: int | None = 0) -> Imported:
    """Read a graph of these contacts."""
    return read(
        {"contact_type": kind, "vertices": {}, "edges": [{"vertices": [], "contacts": list(contacts)}]},
        epoch=epoch,
    )


def kinds(imported: Imported) -> dict[str, tuple[str, int]]:
    """Return what was done about each kind of thing, and how often."""
    return {each.kind: (each.act, each.count) for each in imported.counts}


# HDTN.


def test_a_contact_of_hdtn() -> None:
    """Times in s, rates in bit/s, owlt in s; the contact's number is its id."""
    imported = hdtn({})
    light = (LightPiece(10 * SECOND, SECOND, (3.0,)),)
    assert imported.plan.contacts == (
        Contact(5, 1, 2, 10 * SECOND, 60 * SECOND, ((10 * SECOND, 1000),), light),
    )
    assert (imported.format, imported.counts, imported.epoch) == ("hdtn", (), 0)


def test_rates_of_hdtn() -> None:
    """The older `rate` is Mbit/s; 0 means unlimited; without one it is unlimited, as HDTN takes it."""
    imported = hdtn(
        {"rateBitsPerSec": 0},
        {"rateBitsPerSec": None, "rate": 2, "startTime": 70, "endTime": 80, "contact": 6},
        {"rateBitsPerSec": None, "startTime": 90, "endTime": 99, "contact": 7},
    )
    assert [contact.rates[0][1] for contact in imported.plan.contacts] == [
        UNLIMITED_BPS,
        2_000_000,
        UNLIMITED_BPS,
    ]
    assert kinds(imported) == {
        "older rate in Mbit/s": ("kept", 1),
        "contact without a rate, which HDTN takes for unlimited": ("repaired", 1),
    }
    assert [(remark.line, remark.place) for remark in imported.report] == [
        (3, "contacts[1]"),
        (4, "contacts[2]"),
    ]


def test_times_of_hdtn_are_relative_or_unix() -> None:
    """Times too large for anything else are Unix time; an epoch that is named decides."""
    posix = 2_569_831_200
    assert hdtn({"startTime": posix, "endTime": posix + 1}).plan.contacts[0].start == from_posix(posix)
    assert hdtn({"startTime": posix, "endTime": posix + 1}).epoch is None
    zero = from_text("2051-04-02")
    assert hdtn({}, epoch=zero).plan.contacts[0].start == zero + 10 * SECOND


HDTN_REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"endTime": 10}, "contact without length", "1 to 2 from 10 to 10 s"),
    ({"endTime": 9}, "contact that ends before it starts", "from 10 to 9 s"),
    ({"startTime": "noon"}, "time that is none", "startTime is 'noon'"),
    ({"endTime": 1e300}, "time that is none", "endTime is 1e+300"),
    ({"source": 2**64}, "node number that is none", "source is 18446744073709551616"),
    ({"source": -1}, "node number that is none", "source is -1"),
    ({"dest": 2.5}, "node number that is none", "dest is 2.5"),
    ({"dest": [1]}, "node number that is none", "dest is [1]"),
    ({"dest": True}, "node number that is none", "dest is True"),
    ({"dest": None}, "entry that is no contact", "it has no dest"),
    ({"rateBitsPerSec": -1}, "rate that is none", "rateBitsPerSec is -1; a rate is a number, 0 or more"),
    ({"owlt": -1}, "light time that is none", "owlt is -1; light takes 0 s or more"),
]


@pytest.mark.parametrize(("change", "kind", "text"), HDTN_REFUSED, ids=str)
def test_what_hdtn_can_not_mean_is_refused(change: dict[str, Any], kind: str, text: str) -> None:
    """Errors name line, key, value and what is right; the other contacts are read."""
    imported = hdtn({"source": 8}, change, {"source": 9, "contact": 1})
    assert kinds(imported) == {kind: ("refused", 1)}
    (remark,) = imported.report
    assert text in remark.text
    assert (remark.line, remark.place) == (3, "contacts[1]")
    assert len(imported.plan.contacts) == 2


def test_what_is_odd_in_hdtn_is_said() -> None:
    """Duplicates are one contact; overlaps are kept; order is repaired; numbers in quotes are numbers."""
    imported = hdtn(
        {"startTime": 100, "endTime": "200", "source": "1"},
        {"startTime": 100, "endTime": 200, "contact": 6},
        {"colour": "red", "owlt": None},
        {"contact": 7, "startTime": 150, "endTime": 160, "owlt": 0.5},
        {"contact": 8, "dest": 1},
    )
    assert kinds(imported) == {
        "contact that starts before another of its direction above it": ("repaired", 1),
        "contact without owlt, which HDTN takes for 0 s": ("repaired", 1),
        "contact numbers that are not distinct": ("repaired", 1),
        "contact that is listed twice": ("ignored", 1),
        "unknown key": ("ignored", 1),
        "contact of a node with itself": ("ignored", 1),
        "contact at the same time as another of the same direction": ("kept", 1),
        "fraction of a second of light time": ("kept", 1),
    }
    assert sorted(contact.id for contact in imported.plan.contacts) == [1, 2, 3]


def test_hdtn_is_written_in_whole_seconds() -> None:
    """Unlimited is 0; what carries nothing is left out, because 0 would be unlimited; times are Unix time."""
    rates = ((0, 8), (10 * SECOND, 0), (20 * SECOND, UNLIMITED_BPS))
    plan = ContactPlan.of([Contact(9, 1, 2, 0, 30 * SECOND, rates, constant_light(0, 1.25))])
    done = formats.write(plan, "hdtn")
    rows = json.loads(done.data)["contacts"]
    assert rows[0] == {
        "contact": 0,
        "source": 1,
        "dest": 2,
        "startTime": POSIX_EPOCH_OFFSET_S,
        "endTime": POSIX_EPOCH_OFFSET_S + 10,
        "rateBitsPerSec": 8,
        "owlt": 2,
    }
    assert [(row["startTime"] - POSIX_EPOCH_OFFSET_S, row["rateBitsPerSec"]) for row in rows] == [
        (0, 8),
        (20, 0),
    ]
    assert {loss.text: loss.count for loss in done.losses} == {
        "light times rounded up to steps of 1 s, by up to 0.75 s": 1,
        "times without a rate are left out, because 0 means unlimited": 1,
    }


@pytest.mark.parametrize("document", [{"contacts": 5}, {"contacts": {}}, {}, [], 5, None])
def test_what_is_no_plan_of_hdtn(document: object) -> None:
    """A document without a list of contacts is an error of one line."""
    with pytest.raises(InputError, match=r"plan\.json: it has no list contacts"):
        read(document, form="hdtn")


# tvgutil.


def test_a_graph_of_tvgutil() -> None:
    """A contact is [tx, rx, start, end, generations]; names get numbers, in their order."""
    imported = read(GRAPH)
    (contact,) = imported.plan.contacts
    assert imported.names == {1: "SAT", 2: "gs0"}
    assert (contact.from_node, contact.to_node, contact.start) == (2, 1, from_posix(1751625737) + 750_000_000)
    assert contact.rates == ((contact.start, 9600),)
    assert contact.light_time(contact.start) == 0
    assert kinds(imported) == {"node with a name, which got a number": ("kept", 2)}
    back = json.loads(formats.write(imported.plan, "tvgutil", names=imported.names).data)
    assert back["vertices"] == {"gs0": ["SAT"], "SAT": []}
    assert back["edges"][0]["contacts"][0][:4] == ["gs0", "SAT", 1751625737.75, 1751626233.88]


def test_names_that_are_numbers() -> None:
    """`7` and `ipn:7.0` are node 7; others get the lowest numbers that are free."""
    rows = [[0, 1.0, [[0, 8, 0]]]]
    imported = graph(
        ["1", "gs", 0, 9, rows], ["ipn:2.0", "ipn:18446744073709551616.0", 0, 9, rows], ["07", 7, 0, 9, rows]
    )
    assert imported.names == {3: "07", 4: "gs", 5: "ipn:18446744073709551616.0"}
    assert {(c.from_node, c.to_node) for c in imported.plan.contacts} == {(1, 4), (2, 5), (3, 7)}


def test_characteristics_hold_until_the_next() -> None:
    """ "Subsequent entries override each other. The validity period is defined by starting_at." (tvgutil)"""
    rows = [[-5, 8, 0], [0, 16, 1.5], [10, 32, 1.5], [20, 32, 2.5], [99, 64, 9]]
    (contact,) = graph(["1", "2", 0, 30, [[0, 0.5, rows]]]).plan.contacts
    assert contact.rates == ((0, 16), (10 * SECOND, 32))
    assert [(piece.start // SECOND, piece.coefficients_s) for piece in contact.light] == [
        (0, (1.5,)),
        (20, (2.5,)),
    ]
    assert contact.confidence == 0.5


def test_factual_contacts() -> None:
    """A factual plan has characteristics with a bit error rate, which contacts here have not."""
    imported = graph(["1", "2", 0, 30, [[0, 16, 1e-5, 1.5]]], kind="Contact_v2")
    assert imported.plan.contacts[0].light_time(0) == 1_500_000_000
    assert kinds(imported) == {"bit error rate, which contacts here have not": ("ignored", 1)}


def test_what_is_odd_in_a_graph_is_said() -> None:
    """The latest prediction is used; characteristics are put in order, and held from the start."""
    imported = graph(
        ["1", "2", 0, 30, [[5, 1.0, [[0, 8, 0]]], [2, 1.0, [[0, 16, 0]]]]],
        ["1", "2", 50, 60, [[0, 1.0, [[55, 8, 0], [52, 16, 1]]]]],
    )
    assert [contact.rates[0][1] for contact in imported.plan.contacts] == [8, 0]
    assert kinds(imported) == {
        "contact predicted several times, of which the latest is used": ("kept", 1),
        "characteristics that are not in order": ("repaired", 1),
        "characteristics that begin after their contact": ("repaired", 1),
    }


ROWS = [[0, 1.0, [[0, 8, 0]]]]
GRAPH_REFUSED: list[tuple[object, str]] = [
    (["1", "2", 30, 30, ROWS], "contact without length"),
    (["1", "2", 30, 20, ROWS], "contact that ends before it starts"),
    (["1", "2", "x", 20, ROWS], "time that is none"),
    (["1", "2", 0, 20], "entry that is no contact"),
    (["1", "2", 0, 20, []], "entry that is no contact"),
    (["1", "2", 0, 20, [[0, 1.0]]], "entry that is no contact"),
    (["1", "2", 0, 20, [[0, 1.0, []]]], "entry that is no contact"),
    (["1", "2", 0, 20, [[0, 1.0, [[0, 8]]]]], "entry that is no contact"),
    (["1", "2", 0, 20, [[0, 2.0, [[0, 8, 0]]]]], "probability that is none"),
    (["1", "2", 0, 20, [[0, 0, [[0, 8, 0]]]]], "probability that is none"),
    (["1", "2", 0, 20, [[0, 1.0, [[0, -8, 0]]]]], "rate that is none"),
    (["1", "2", 0, 20, [[0, 1.0, [[0, 8, -1]]]]], "light time that is none"),
    ([None, "2", 0, 20, ROWS], "node number that is none"),
    ("contact", "entry that is no contact"),
]


@pytest.mark.parametrize(("contact", "kind"), GRAPH_REFUSED, ids=str)
def test_what_a_graph_can_not_mean_is_refused(contact: Any, kind: str) -> None:
    """Each is refused with its place; the other contacts are read."""
    imported = graph(["3", "4", 0, 9, ROWS], contact, ["4", "3", 0, 9, ROWS])
    assert kinds(imported)[kind] == ("refused", 1)
    assert imported.count("refused") == 1
    assert next(r for r in imported.report if r.act == "refused").place == "edges[0].contacts[1]"
    assert len(imported.plan.contacts) == 2


@pytest.mark.parametrize("kind", ["PredictedContact_v3", 5])
def test_other_versions_are_named(kind: object) -> None:
    """Unknown types are an error that says which are read."""
    with pytest.raises(InputError, match=r"contact_type is .*PredictedContact_v2, Contact_v2, Predicted"):
        read(GRAPH | {"contact_type": kind})


def test_plans_of_pydtnsim_in_its_oldest_form() -> None:
    """Contacts `[start, end, probability]` hold both ways; what the form has not can be given."""
    document = {
        "vertices": ["node1", "node2", "node3"],
        "edges": [
            {"contacts": [[0.0, 10.0, 1.0], [20.0, 30.0, 0.5]], "vertices": ["node1", "node2"]},
            {"contacts": [[30.0, 40.0, 1.0]], "vertices": ["node2", "node3"]},
        ],
    }
    imported = read(document)
    assert imported.names == {1: "node1", 2: "node2", 3: "node3"}
    assert [(c.from_node, c.to_node, c.start // SECOND, c.end // SECOND) for c in imported.plan.contacts] == [
        (1, 2, 0, 10), (2, 1, 0, 10), (1, 2, 20, 30), (2, 1, 20, 30), (2, 3, 30, 40), (3, 2, 30, 40),
    ]  # fmt: skip
    assert imported.plan.contacts[2].confidence == 0.5
    assert imported.plan.contacts[0].rates == ((0, UNLIMITED_BPS),)
    assert imported.count("repaired") == 6
    given = formats.Assumed(light=2 * SECOND, rate_bps=8)
    contact = formats.read(json.dumps(document).encode(), assumed=given).plan.contacts[0]
    assert (contact.rates, contact.light_time(0)) == (((0, 8),), 2 * SECOND)


def test_plans_of_pydtnsim_in_version_1() -> None:
    """A prediction is a volume in bits, which the contact just carries; delays are s."""
    first = ["gs1", "SAT", 1531165614, 1531165714, [[0.0, 1000.0]], 1.0, 0.0]
    imported = read({"contact_type": "PredictedContact", "edges": [{"vertices": [], "contacts": [first]}]})
    (contact,) = imported.plan.contacts
    assert (contact.rates[0][1], contact.start) == (10, from_posix(1531165614))
    factual = ["1", "2", 0, 9, 16, 0.0, 1.5]
    (contact,) = graph(factual, kind="Contact").plan.contacts
    assert (contact.rates, contact.light_time(0)) == (((0, 16),), 1_500_000_000)


@pytest.mark.parametrize(
    "entry",
    [
        [0, 1],
        "x",
        [0, 1, 2],
        ["1", "2", 0, 9, [[0, 1, 2]], 1, 0],
        ["1", "2", 0, 9, [], 1, 0],
        ["1", "2", 0, 9, 16, 0, "x"],
        [None, "2", 0, 9, 16, 0, 0],
    ],
)
def test_what_no_older_graph_means_is_refused(entry: object) -> None:
    """A malformed contact of an older form is refused; the others are read."""
    document = {"edges": [{"vertices": ["1", "2"], "contacts": [[0, 1, 1], entry]}]}
    imported = read(document, epoch=0)
    assert (len(imported.plan.contacts), imported.count("refused")) == (2, 1)
    assert "None" not in imported.names.values()


def test_nodes_with_names_in_hdtns_json() -> None:
    """Names get numbers that the plan does not use, in their order; slips in numbers are no names."""
    imported = hdtn({"source": "Seoul", "dest": 1}, {"source": "base", "dest": "Seoul"}, {"dest": "1o"})
    assert imported.names == {2: "Seoul", 3: "base"}
    assert {(c.from_node, c.to_node) for c in imported.plan.contacts} == {(2, 1), (3, 2)}
    assert kinds(imported)["node number that is none"] == ("refused", 1)


def test_moving_light_becomes_steps() -> None:
    """Light time that moves is written in steps of 0.1 s, never below it; a rate beyond all is unlimited."""
    light = (LightPiece(0, HOUR, (750.0, 0.25)),)
    plan = ContactPlan.of([Contact(1, 1, 2, 0, HOUR, ((0, UNLIMITED_BPS),), light)])
    done = formats.write(plan, "tvgutil", epoch=0)
    (row,) = json.loads(done.data)["edges"][0]["contacts"]
    assert [delay for _, _, delay in row[4][0][2]] == [750.1, 750.2, 750.3]
    assert formats.read(done.data, epoch=0).plan.contacts[0].rates == ((0, UNLIMITED_BPS),)
    (loss,) = done.losses
    assert str(loss).startswith("light times rounded up to steps of 0.1 s, by up to 0.1")
