"""Telling the forms apart, files of all kinds, and bytes that are no plan."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contacts.hostile import SEEDS, WORDS, check, mutated

from starlight.contacts import formats, report
from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.contacts.report import Imported
from starlight.dtntime import SECOND
from starlight.errors import InputError

PLANS = Path(__file__).parent.parent / "authorities" / "plans"
ION = b"a range +0 +99 1 2 5\na contact +0 +9 1 2 8\n"
often = settings(deadline=None, derandomize=True, max_examples=150)


def imported(name: str) -> Imported:
    """Read a plan that others made."""
    return formats.read((PLANS / name).read_bytes(), name=name)


def kinds(found: Imported) -> dict[str, tuple[str, int]]:
    """Return what was done about each kind of thing, and how often."""
    return {each.kind: (each.act, each.count) for each in found.counts}


# Plans of others (tests/authorities/plans/README.md).


def test_six_contacts_of_hdtns_ten_nodes_have_no_length() -> None:
    """hdtn_10_nodes.json: 368 contacts, of which 6 have zero or negative length."""
    found = imported("hdtn_10_nodes.json")
    assert len(found.plan.contacts) == 362
    refused = [remark for remark in found.report if remark.act == "refused"]
    listed = json.loads((PLANS / "hdtn_10_nodes.json").read_text())["contacts"]
    bad = [index for index, item in enumerate(listed) if item["endTime"] <= item["startTime"]]
    assert [remark.place for remark in refused] == [f"contacts[{index}]" for index in bad]
    lines = (PLANS / "hdtn_10_nodes.json").read_text().splitlines()
    for remark, index in zip(refused, bad, strict=True):
        around = "".join(lines[remark.line - 1 : remark.line + 7])
        assert f'"contact": {index},' in around, "the line is the one on which the contact begins"
    assert {contact.id for contact in found.plan.contacts} == set(range(368)) - set(bad)
    assert kinds(found)["contact that ends before it starts"] == ("refused", 6)


def test_order_and_overlaps_of_hdtns_ten_nodes_are_counted() -> None:
    """Each contact that begins before one above it, or while another of its direction lasts, is counted."""
    listed = json.loads((PLANS / "hdtn_10_nodes.json").read_text())["contacts"]
    good = [item for item in listed if item["endTime"] > item["startTime"]]
    unordered = overlapping = 0
    for link in {(item["source"], item["dest"]) for item in good}:
        spans = [(i["startTime"], i["endTime"]) for i in good if (i["source"], i["dest"]) == link]
        unordered += sum(after < before for (before, _), (after, _) in pairwise(spans))
        spans.sort()
        overlapping += sum(any((s, e) < (start, end) and start < e for s, e in spans[:i])
                           for i, (start, end) in enumerate(spans))  # fmt: skip
    found = kinds(imported("hdtn_10_nodes.json"))
    assert found["contact that starts before another of its direction above it"] == ("repaired", unordered)
    assert found["contact at the same time as another of the same direction"] == ("kept", overlapping)


@pytest.mark.parametrize(
    ("name", "contacts", "nodes", "overlaps"),
    [("hdtn_cgr_tutorial.json", 16, 5, 0), ("hdtn_routing_test.json", 8, 6, 2)],
)
def test_hdtns_small_plans(name: str, contacts: int, nodes: int, overlaps: int) -> None:
    """hdtn_cgr_tutorial.json has 16 contacts and 5 nodes, hdtn_routing_test.json 8 contacts."""
    found = imported(name)
    assert (len(found.plan.contacts), len(found.plan.nodes())) == (contacts, nodes)
    expected = {"contact at the same time as another of the same direction": ("kept", overlaps)}
    assert kinds(found) == (expected if overlaps else {})


def test_ions_asymmetric_range() -> None:
    """A range given lower node first also holds for the reverse direction unless the reverse is given."""
    found = imported("ion_asymmetric_range.ionrc")
    lights = {(c.from_node, c.to_node): c.light_time(c.start) // SECOND for c in found.plan.contacts}
    assert lights == {(9, 5): 1, (5, 9): 5, (5, 6): 20, (6, 5): 20, (6, 9): 1, (9, 6): 1}
    assert {c.rates[0][1] for c in found.plan.contacts} == {8 * 16384}
    assert kinds(found) == {"command that is not about contacts": ("ignored", 2)}


def test_ions_duplicate_contacts() -> None:
    """Duplicates are one contact, and said: ION's test loads this file twice."""
    found = imported("ion_duplicate_contacts.ionrc")
    assert len(found.plan.contacts) == 1
    assert kinds(found) == {"command that is not about contacts": ("ignored", 4)}
    data = (PLANS / "ion_duplicate_contacts.ionrc").read_bytes()
    twice = formats.read(data + data, name="twice.ionrc")
    assert twice.plan == found.plan
    assert kinds(twice)["contact that is listed twice"] == ("ignored", 1)


@pytest.mark.parametrize("form", formats.FORMATS)
@pytest.mark.parametrize("name", [path.name for path in sorted(PLANS.glob("*.*")) if path.suffix != ".md"])
def test_plans_of_others_come_back(name: str, form: str) -> None:
    """What was read is written in each form and read as the same contacts, but for the losses named."""
    found = imported(name)
    done = formats.write(found.plan, form, epoch=found.epoch)
    back = formats.read(done.data, name="plan", format=form, epoch=found.epoch).plan
    lost = sum(loss.count for loss in done.losses if "left out" in loss.text)
    assert len(back.contacts) == len(found.plan.contacts) - lost
    if not done.losses:
        assert sorted(map(meaning, back.contacts)) == sorted(map(meaning, found.plan.contacts))


def meaning(contact: Contact) -> tuple[int, ...]:
    """Return what a contact with one rate and one light time means."""
    assert len(contact.rates) == len(contact.light) == 1
    light = contact.light_time(contact.start)
    return contact.from_node, contact.to_node, contact.start, contact.end, contact.rates[0][1], light


# Files.


@pytest.mark.parametrize(
    ("data", "name", "form"),
    [
        (ION, "plan", "ion"),
        (b"\n# words\n" + ION, "plan.txt", "ion"),
        (b"", "plan.ionrc", "ion"),
        (b"# from,to,start,end,rate_bps,light_time_s\n" + ION, "plan.txt", "ion"),
        (b"to,from,start,end,light_time_s,rate_bps\n", "plan.ionrc", "csv"),
        (b"# x\n\na contact +0 +9 1 2 8\n", "plan.txt", "ion"),
        (b"#" * 5000 + b"\n \n# y\na contact +0 +9 1 2 8\n", "plan.txt", "ion"),
        (b"# a table\n,,,,,\n\nto,from,start,end,light_time_s,rate_bps\n", "plan", "csv"),
        (b"node 0 seoul\n", "plan", "asabr"),
        (b'{"contacts": []}', "plan", "json"),
        (b'{"contacts": [{"dest": 1}]}', "plan.json", "hdtn"),
        (b'{"contacts": [5, {"to": 1}]}', "plan.json", "json"),
        (b' {"edges": []}', "plan.csv", "tvgutil"),
    ],
)
def test_forms_are_told_apart(data: bytes, name: str, form: str) -> None:
    """The content decides, then the ending of the name."""
    assert formats.detect(data, name) == form


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"These are words.\n", "words.txt", "words.txt: it is in none of the forms"),
        (b"", "plan", "Name the form: ion, hdtn, tvgutil, csv, json, asabr"),
        (b'{"contacts": 5}', "plan.json", "it is JSON, but no plan"),
        (b"[1, 2]", "plan.json", "it is JSON, but no plan"),
        (b'{"contacts": [', "plan.json", "plan.json: its JSON breaks off"),
        (b"\xff\xfea\x00 \x00", "plan.ionrc", "UTF-16"),
        (b"a contact\0", "plan.ionrc", "byte 9 is 0: it is no text"),
        (b'{"contacts": [], "notices": 5}', "plan.json", "plan.json: notices: 5 is not allowed"),
    ],
)
def test_what_is_no_plan_is_an_error_of_one_line(data: bytes, name: str, words: str) -> None:
    """A file of which nothing can be made says where, what, and what would be right."""
    with pytest.raises(InputError) as caught:
        formats.read(data, name=name)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_of_forms_are_checked() -> None:
    """A form that there is not is an error that names those there are."""
    with pytest.raises(InputError, match=r"'xml' is no form of a plan\. The forms are ion, hdtn"):
        formats.read(b"", format="xml")
    with pytest.raises(InputError, match="'xml' is no form of a plan"):
        formats.write(ContactPlan(), "xml")


def test_marks_line_ends_and_other_alphabets() -> None:
    """A byte order mark, Windows line ends and comments in Latin-1 do no harm, and are said."""
    text = b"\xef\xbb\xbf" + ION.replace(b"\n", b"\r\n") + b"# M\xfcnchen \x85\r\n"
    found = formats.read(text, name="plan.ionrc")
    assert len(found.plan.contacts) == 1
    assert kinds(found) == {
        "byte order mark": ("ignored", 1),
        "text that is not UTF-8, read as Latin-1": ("repaired", 1),
    }
    assert [remark.line for remark in found.report] == [1, 3]
    old = formats.read(ION.replace(b"\n", b"\r"), name="plan.ionrc")
    assert old.plan == found.plan
    hangul = formats.read("# 별빛\na contact +0 +9 1 별 8\n".encode(), name="plan.ionrc")
    assert "'별'" in hangul.report[0].text


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than any plan is refused before it fills the memory."""
    monkeypatch.setattr(formats, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="it has 43 bytes"):
        formats.read(ION, name="plan.ionrc")


def test_remarks_are_counted_beyond_those_that_are_kept() -> None:
    """A broken file of a million lines does not fill the memory; its faults are counted all the same."""
    count = report.MAX_REMARKS_OF_A_KIND + 7
    found = formats.read(ION + b"zzz\n" * count, name="plan.ionrc")
    assert found.count("refused") == count
    assert len(found.report) == report.MAX_REMARKS_OF_A_KIND


def test_long_words_are_cut() -> None:
    """A word of a megabyte is not shown whole."""
    found = formats.read(b"a contact +0 +9 1 " + b"9" * 1_000_000 + b" 8\n", name="plan.ionrc")
    assert len(found.report[0].text) < 200


def test_our_own_json_says_what_may_not_be_meant() -> None:
    """Contacts without length, out of order or overlapping are kept in Starlight's JSON, and said."""
    light = constant_light(0, 1)
    contacts = [
        Contact(1, 1, 2, 0, 9 * SECOND, ((0, 8),), light),
        Contact(2, 1, 2, 5 * SECOND, 5 * SECOND, ((5 * SECOND, 8),), light),
    ]
    data = json.loads(formats.write(ContactPlan.of(contacts), "json").data)
    data["contacts"].reverse()
    found = formats.read(json.dumps(data).encode())
    assert found.plan.contacts == tuple(contacts)
    assert kinds(found) == {
        "contact that starts before another of its direction above it": ("repaired", 1),
        "contact without length": ("kept", 1),
        "contact at the same time as another of the same direction": ("kept", 1),
    }


def test_wrong_contacts_of_our_own_json_are_refused_one_by_one() -> None:
    """Each is refused with its line, its key and what is allowed; the others are read."""
    good = json.loads(SEEDS["json"])["contacts"]
    changes: list[dict[str, object]] = [
        {"end": "1999-01-01"}, {"to": 7}, {"id": 1}, {"rates": []}, {"colour": 1},
    ]  # fmt: skip
    bad = [good[1] | change for change in changes]
    text = json.dumps({"contacts": [*good, *bad, 5]}).replace('{"id"', '\n{"id"')
    found = formats.read(text.encode(), name="plan.json")
    assert len(found.plan.contacts) == 2
    assert kinds(found) == {
        "contact that ends before it starts": ("refused", 1),
        "contact that is none": ("refused", 5),
    }
    assert [remark.line for remark in found.report] == [4, 5, 6, 7, 8, 8]
    assert str(found.report[2]).startswith(
        "line 6, contacts[4]: id: 1 is not allowed. contacts[0] has it already"
    )


def test_the_document_describes_every_form() -> None:
    """docs/reference/plan-formats.md has a section about each form of ours, whose examples are read clean."""
    text = (Path(__file__).parents[2] / "docs" / "reference" / "plan-formats.md").read_text(encoding="utf-8")
    for form in formats.READ_FORMATS:
        # What it holds, and where it is written, what it loses.
        assert text.count(f"| `{form}` |") == (2 if form in formats.FORMATS else 1)
    blocks = text.split("```")[1::2]
    assert [block.partition("\n")[0] for block in blocks] == ["json", "csv", "", ""]
    for block, form in zip(blocks, ("json", "csv", "asabr", "ion"), strict=True):
        found = formats.read(block.partition("\n")[2].encode(), name="example")
        assert (found.format, found.counts) == (form, ())
        assert len(found.plan.contacts) == (2 if form == "asabr" else 1)


# Hostile bytes.


@often
@given(st.sampled_from(formats.FORMATS), st.binary(max_size=200))
def test_random_bytes_raise_only_input_error(form: str, data: bytes) -> None:
    """Nothing panics: random bytes are a plan or an InputError."""
    check(data, form)
    check(data, None)


@often
@given(st.sampled_from(formats.FORMATS), st.integers(0, 2**32))
def test_damaged_plans_raise_only_input_error(form: str, seed: int) -> None:
    """Nothing panics: plans with bytes changed, moved, repeated or taken out."""
    check(mutated(SEEDS[form], seed), form)


@often
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=9), max_size=8))
def test_lines_of_odd_words_raise_nothing(lines: list[list[str]]) -> None:
    """ION's words in any order give a plan and a report."""
    check("\n".join(" ".join(line) for line in lines).encode(), "ion")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, 1, 2**63, 2**64, 1e300, -1, "7"]),
    lambda inner: st.lists(inner, max_size=5)
    | st.dictionaries(st.sampled_from(["contacts", "edges", "source", "dest", "startTime", "owlt"]), inner),
    max_leaves=12,
)  # fmt: skip


@often
@given(VALUES, VALUES)
def test_json_of_any_shape_raises_only_input_error(one: object, other: object) -> None:
    """Values of any type anywhere in a foreign document are refused, not trusted."""
    rows = [
        one,
        other,
        [one, other, 0, 9, [[0, 1.0, [[0, 8, 0]]]]],
        ["1", "2", one, other, [[0, 1, [[0, one, 0]]]]],
    ]
    for document in (
        {"contacts": rows, "x": other},
        {
            "contacts": [
                {"source": 1, "dest": one, "startTime": other, "endTime": 5, "owlt": one, "contact": other}
            ]
        },
        {"contact_type": "PredictedContact_v2", "vertices": one, "edges": [{"contacts": rows}, other]},
        {"contact_type": "Contact_v2", "edges": [{"contacts": [["1", "2", 0, 9, [[0, 8, one, other]]]]}]},
    ):
        data = json.dumps(document).encode()
        check(data, "hdtn" if "contacts" in document else "tvgutil")
        check(data, None)
