"""A contact plan as JSON."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan, Notice
from starlight.contacts.plan_json import from_json, names_of, to_json
from starlight.dtntime import HOUR, SECOND, from_text
from starlight.errors import InputError

START = from_text("2051-04-02T10:00:00Z")


def document() -> dict[str, Any]:
    """Return a plan as a person would write it."""
    return {
        "contacts": [
            {
                "id": 1,
                "from": 7,
                "to": 4294967296 * 977000 + 8,
                "start": "2051-04-02T10:00:00Z",
                "end": "2051-04-02T18:00:00Z",
                "rates": [["2051-04-02T10:00:00Z", 256000], ["2051-04-02T12:00Z", "unlimited"]],
                "light": [
                    {"start": "2051-04-02", "span_ns": 3600 * SECOND, "coefficients_s": [751.25, 0.08]}
                ],
            },
            {
                "id": 0,
                "from": 8,
                "to": 7,
                "start": START - 1,
                "end": START - 1,
                "rates": [[START - 1, 8]],
                "light": [{"start": START - 1, "span_ns": SECOND, "coefficients_s": [3]}],
                "one_way": True,
            },
        ],
    }


def read(value: object) -> ContactPlan:
    """Read a document that was made of Python values."""
    return from_json(json.dumps(value).encode())


def test_reads_what_a_person_writes() -> None:
    """Times are text or ns, rates numbers or unlimited, contacts in any order."""
    plan = from_json(json.dumps(document()).encode())
    second, first = plan.contacts[1], plan.contacts[0]
    assert (first.id, first.start, first.end, first.one_way) == (0, START - 1, START - 1, True)
    assert (second.to_node, second.rates[1]) == (4294967296 * 977000 + 8, (START + 2 * HOUR, UNLIMITED_BPS))
    assert second.light_time(START) == round((751.25 + 0.8) * SECOND)
    assert not second.one_way
    assert plan.version == 0


def test_writes_what_it_reads() -> None:
    """Every plan comes back as it was, to the nanosecond and the last bit of a coefficient."""
    rng = random.Random(3)
    contacts = []
    for id in range(50):
        start = START + rng.randrange(10**18)
        rates = ((start, rng.choice((0, 1, UNLIMITED_BPS))), (start + 5, 17))
        light = (LightPiece(start - rng.randrange(3), HOUR, (rng.uniform(400, 1200), rng.uniform(-1, 1))),)
        contacts.append(
            Contact(id, 1, 2, start, start + rng.randrange(10**15), rates, light, rng.random() < 0.5)
        )
    plan = ContactPlan.of(contacts, [Notice(START, START + 7, (1, 2), "dust over Arsia Mons")], 12)
    assert from_json(to_json(plan)) == plan
    assert to_json(from_json(to_json(plan))) == to_json(plan)


def test_a_time_outside_the_calendar_is_kept_as_a_number() -> None:
    """Plans of others count from 0, or before it."""
    contact = Contact(0, 1, 2, -5 * SECOND, 2**61, ((-5 * SECOND, 1),), constant_light(-5 * SECOND, 0))
    assert from_json(to_json(ContactPlan.of([contact]))).contacts == (contact,)


@pytest.mark.parametrize(
    ("change", "where", "value"),
    [
        ({"end": "2051-04-02T09:00:00Z"}, "contacts[0].end", "2051-04-02T09:00:00Z"),
        ({"end": "soon"}, "contacts[0].end", "soon"),
        ({"start": 1.5}, "contacts[0].start", "1.5"),
        ({"start": True}, "contacts[0].start", "True"),
        ({"id": "one"}, "contacts[0].id", "one"),
        ({"id": -1}, "contacts[0].id", "-1"),
        ({"id": 0}, "contacts[1].id", "0"),
        ({"from": 2**64}, "contacts[0].from", str(2**64)),
        ({"to": 7}, "contacts[0].to", "7"),
        ({"rates": []}, "contacts[0].rates", "[]"),
        ({"rates": 5}, "contacts[0].rates", "5"),
        ({"rates": [["2051-04-02T11:00:00Z", 5]]}, "contacts[0].rates", "11:00"),
        ({"rates": [["2051-04-02T10:00:00Z", -5]]}, "contacts[0].rates[0][1]", "-5"),
        ({"rates": [["2051-04-02T10:00:00Z"]]}, "contacts[0].rates[0]", "10:00"),
        ({"rates": [["2051-04-02T10:00:00Z", 5]] * 2}, "contacts[0].rates[1]", "10:00"),
        ({"light": []}, "contacts[0].light", "[]"),
        (
            {"light": [{"start": START, "span_ns": 0, "coefficients_s": [1]}]},
            "contacts[0].light[0].span_ns",
            "0",
        ),
        ({"light": [{"start": START, "span_ns": 1, "coefficients_s": [-1]}]}, "contacts[0].light", "10:00"),
        (
            {"light": [{"start": 0, "span_ns": 1, "coefficients_s": [1e12] * 32}]},
            "contacts[0].light",
            "10:00",
        ),
        ({"end": "9000-01-01"}, "contacts[0].end", "9000-01-01"),
        (
            {"light": [{"start": START, "span_ns": 1, "coefficients_s": ["x"]}]},
            "contacts[0].light[0].coefficients_s",
            "x",
        ),
        ({"light": [{"start": START, "span_ns": 1}]}, "contacts[0].light[0]", "coefficients_s"),
        ({"one_way": 1}, "contacts[0].one_way", "1"),
        ({"colour": 1}, "contacts[0]", "colour"),
    ],
)
def test_an_error_names_the_key_the_value_and_what_is_allowed(
    change: dict[str, object], where: str, value: str
) -> None:
    """Errors in a plan name the key, the value and what is allowed."""
    bad = document()
    bad["contacts"][0].update(change)
    with pytest.raises(InputError) as caught:
        read(bad)
    assert caught.value.where == f"contact plan: line 1, {where}"
    assert value in caught.value.what
    assert caught.value.right


def test_all_wrong_contacts_are_told_at_once_with_their_lines() -> None:
    """A plan is taken as a whole or not at all, and a person can mend all of it before the next attempt."""
    bad = document()
    bad["contacts"][0]["end"] = "soon"
    del bad["contacts"][1]["rates"]
    text = json.dumps(bad).replace('{"id"', '\n{"id"')
    with pytest.raises(InputError) as caught:
        from_json(text.encode(), "plan.json")
    first, *others = str(caught.value).splitlines()
    assert first == "plan.json: 2 errors"
    assert [line.partition(":")[0] for line in others] == [
        "  line 2, contacts[0].end",
        "  line 3, contacts[1]",
    ]


def test_names_are_kept_and_checked() -> None:
    """`names` says what people call the nodes; an unknown key is asked about."""
    plan = read(document())
    data = to_json(plan, {7: "seoul"})
    assert from_json(data) == plan
    assert names_of(json.loads(data)) == {7: "seoul"}
    wrong: object
    for wrong in ([], {"x": "seoul"}, {"7": ""}, {"7": 5}):
        with pytest.raises(InputError, match="names"):
            read(document() | {"names": wrong})
    with pytest.raises(InputError, match="Did you mean 'notices'"):
        read(document() | {"notice": []})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"contacts": [1,\n 2,, 3]}', "line 2, column 4: from ', 3]}' on it is not JSON"),
        ('{"contacts": [', "its JSON breaks off"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_broken_json_is_told_in_our_own_words(text: str, words: str) -> None:
    """Where JSON breaks is told by line and column, without the words of the decoder."""
    with pytest.raises(InputError) as caught:
        from_json(text.encode())
    assert words in str(caught.value)
    assert "malformed" not in str(caught.value)


@pytest.mark.parametrize("key", ["id", "from", "to", "start", "end", "rates", "light"])
def test_a_missing_key_is_named(key: str) -> None:
    """The key that is missing is named, with the contact that lacks it."""
    bad = document()
    del bad["contacts"][1][key]
    with pytest.raises(InputError, match=rf"contacts\[1\]: the key '{key}' is missing"):
        read(bad)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.data())
def test_damaged_plans_raise_only_input_error(data: st.DataObject) -> None:
    """Whatever a person gives, the error is InputError."""
    text = bytearray(json.dumps(document()).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        plan = from_json(bytes(text))
    except InputError:
        return
    assert isinstance(plan, ContactPlan)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["contacts", "id", "light"]), inner),
        max_leaves=6,
    )
)
def test_other_json_raises_only_input_error(value: object) -> None:
    """JSON of any other shape is no plan."""
    try:
        plan = read(value)
    except InputError:
        return
    assert plan.contacts == ()


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100_000, b"{}", b"[]", b"NaN"])
def test_what_is_no_json_object_raises_only_input_error(data: bytes) -> None:
    """Bytes that are no JSON, or nested without end, are the person's error."""
    with pytest.raises(InputError):
        from_json(data)


@pytest.mark.parametrize(
    "text",
    [
        *("2051-04-02T10:00:00Z", "2051-04-02T23:59:59.999999999Z", "2051-04-02T00:00:00.000000001Z"),
        *("2051-04-02T10:00:00.5Z", "2051-04-02 10:00:00Z", "2051-04-02T10:00:00+00:00", "2051-04-02T10:00Z"),
        *("2051-04-02T24:00:00Z", "2051-04-02T10:60:00Z", "2051-04-02T1:000:00Z", "2051-02-30T10:00:00Z"),
        *(
            "2051-04-02T10:00:00.00000000ZZ",
            "2051-04-02T10:00:00:00000000Z",
            "2051-04-02T10:00:00,123456789Z",
        ),
        *(
            "2051-04-02T10:00:-1Z",
            "2051-04-02T10:00:٠٠Z",
            "205١-04-02T10:00:00Z",
            " 051-04-02T10:00:00Z",
            "T" * 20,
        ),
    ],
)
def test_times_are_those_of_dtntime(text: str) -> None:
    """A time is ISO 8601 text, read as everywhere else."""
    one = document()
    one["contacts"][1] |= {"start": 0, "rates": [[0, 8]], "end": text}
    one["contacts"][1]["light"][0]["start"] = 0
    try:
        expected = from_text(text)
    except InputError:
        with pytest.raises(InputError, match="is not a date and time"):
            read(one)
        return
    assert read(one).contacts[0].end == expected
