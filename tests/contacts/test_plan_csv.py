"""Plans as tables."""

from __future__ import annotations

import pytest

from starlight.contacts import formats
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.contacts.report import Imported
from starlight.dtntime import HOUR, SECOND, from_text
from starlight.errors import InputError

HEADER = "from,to,start,end,rate_bps,light_time_s\n"


def read(text: str, epoch: int | None = None) -> Imported:
    """Read a table."""
    return formats.read(text.encode(), name="plan.csv", epoch=epoch)


def test_rows_are_pieces_of_contacts() -> None:
    """Rows with one id without a gap are one contact; light runs evenly over a row."""
    imported = read(
        "id,from,to,start,end,rate_bps,light_time_s,light_time_end_s,confidence,one_way\n"
        "4,7,20,2051-04-02T10:00:00Z,2051-04-02T12:00:00Z,256000,751.2,751.6,0.9,yes\n"
        "4,7,20,2051-04-02T12:00:00Z,2051-04-02T18:00:00Z,unlimited,751.6,752.8,0.9,yes\n"
    )
    (contact,) = imported.plan.contacts
    start = from_text("2051-04-02T10:00:00Z")
    assert (contact.id, contact.start, contact.end) == (4, start, start + 8 * HOUR)
    assert contact.rates == ((start, 256_000), (start + 2 * HOUR, UNLIMITED_BPS))
    assert contact.light_time(start + HOUR) == 751_400_000_000
    assert contact.light_time(start + 5 * HOUR) == 752_200_000_000
    assert (contact.one_way, contact.confidence) == (True, 0.9)
    assert imported.counts == ()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_in_any_order_and_separators(separator: str) -> None:
    """Columns in any order, in capitals; seconds count from the epoch; comments are passed over."""
    text = 'END,start,From,to,light_time_s,rate_bps\n# a comment\n\n"9.5",-1,1,2,0,8\n'.replace(
        ",", separator
    )
    imported = read(text, epoch=HOUR)
    (contact,) = imported.plan.contacts
    assert (contact.start, contact.end, contact.id) == (HOUR - SECOND, HOUR + 9_500_000_000, 1)
    assert imported.epoch == HOUR


def test_comments_and_empty_rows_anywhere() -> None:
    """Comments, with quotes in them too, and empty rows are passed over above the header and below it."""
    text = f"# it's \"Yeoju\n\n  # more\n,,,,,\n{HEADER}\n,,,,,\n# end\n1,2,0,9,8,0\nx\n"
    imported = read(text)
    assert len(imported.plan.contacts) == 1
    assert [(remark.act, remark.line) for remark in imported.report] == [("refused", 10)]


def test_nodes_of_a_table_may_have_names() -> None:
    """Names get numbers that the table does not use; columns of names are read too."""
    imported = read(HEADER + "Seoul,1,0,9,8,0\n1,Seoul,0,9,8,0\n")
    assert imported.names == {2: "Seoul"}
    called = read(HEADER.strip() + ",from_name,to_name\n7,8,0,9,8,0,seoul,\x1b[2Jbase\n")
    assert called.names == {7: "seoul", 8: "\N{REPLACEMENT CHARACTER}[2Jbase"}


REFUSED = [
    ("1,2,0,0,8,0", "contact without length"),
    ("1,2,5,0,8,0", "contact that ends before it starts"),
    ("1,2,noon,9,8,0", "time that is none"),
    ("1,2,0,9999-01-01,8,0", "time that is none"),
    ("1x,2,0,9,8,0", "node number that is none"),
    ("1,18446744073709551616,0,9,8,0", "node number that is none"),
    ("1,2,0,9,8.5,0", "rate that is none"),
    ("1,2,0,9,-8,0", "rate that is none"),
    ("1,2,0,9,8,-1", "light time that is none"),
    ("1,2,0,9,8", "row with more or fewer values than the header"),
]


@pytest.mark.parametrize(("row", "kind"), REFUSED)
def test_what_can_not_be_meant_is_refused(row: str, kind: str) -> None:
    """A wrong row is refused with its line; the others are read."""
    imported = read(f"{HEADER}3,4,0,9,8,0\n{row}\n4,3,0,9,8,0\n")
    assert [(each.act, each.kind, each.count) for each in imported.counts] == [("refused", kind, 1)]
    assert imported.report[0].line == 3
    assert len(imported.plan.contacts) == 2


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("confidence", "2", "confidence that is none"),
        ("confidence", "nan", "confidence that is none"),
        ("one_way", "perhaps", "word that is neither yes nor no"),
        ("light_time_end_s", "near", "light time that is none"),
    ],
)
def test_optional_columns_are_checked_too(column: str, value: str, kind: str) -> None:
    """A wrong value of an optional column refuses its row."""
    imported = read(f"{HEADER.strip()},{column}\n1,2,0,9,8,0,{value}\n")
    assert [(each.act, each.kind) for each in imported.counts] == [("refused", kind)]
    assert column in imported.report[0].text


def test_gaps_and_unknown_columns_are_said() -> None:
    """Rows of one id with a gap are two contacts; a column that is not known is ignored."""
    imported = read("id," + HEADER.strip() + ",colour\n1,1,2,0,9,8,0,red\n1,1,2,10,19,8,0,red\n")
    assert {each.kind: each.act for each in imported.counts} == {
        "contact with a gap between its rows, which became two": "repaired",
        "contact numbers that are not distinct": "repaired",
        "unknown column": "ignored",
    }
    assert [contact.id for contact in imported.plan.contacts] == [1, 2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from,to,start,end,rate_bps\n", "line 1: the column light_time_s is missing"),
        (HEADER.strip() + ",from\n", "line 1: the column 'from' is there twice"),
        (HEADER + '"1,2\n', "line 2: a value in quotes does not end"),
        (HEADER + "1,2,0,9,8," + "0" * 200_000 + "\n", "or is too long"),
    ],
)
def test_a_table_that_is_none(text: str, words: str) -> None:
    """What is wrong with the whole table is an error that says so."""
    with pytest.raises(InputError) as caught:
        formats.read(text.encode(), name="plan.csv", format="csv")
    assert words in str(caught.value)
    assert str(caught.value).startswith("plan.csv: ")


def test_curves_become_lines_within_half_a_millisecond() -> None:
    """Light time that bends is written as straight lines, short enough."""
    light = (LightPiece(0, HOUR, (750.0, 0.25, 0.02, -0.001)),)
    plan = ContactPlan.of([Contact(1, 1, 2, 0, 8 * HOUR, ((0, 8),), light)])
    done = formats.write(plan, "csv", epoch=0)
    back = formats.read(done.data, name="plan.csv", epoch=0).plan.contacts[0]
    assert done.data.count(b"\n") > 5
    worst = max(
        abs(back.light_time(t) - plan.contacts[0].light_time(t)) for t in range(0, 8 * HOUR, HOUR // 100)
    )
    assert 100_000 < worst <= 500_000
    assert [loss.text for loss in done.losses] == [
        "curves of the light time became straight lines, by up to 0.0005 s"
    ]


def test_dates_of_other_centuries() -> None:
    """A contact of long ago has no date in a table; it is left out and counted."""
    long_ago = -(2**61) - 1
    contact = Contact(1, 1, 2, long_ago, 0, ((long_ago, 8),), constant_light(long_ago, 0))
    assert formats.write(ContactPlan.of([contact]), "csv").losses[0].count == 1
    (back,) = formats.read(formats.write(ContactPlan.of([contact]), "csv", epoch=0).data).plan.contacts
    assert (back.start, back.end, back.rates) == (contact.start, contact.end, contact.rates)
