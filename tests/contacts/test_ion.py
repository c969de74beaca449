"""ION's commands: what they mean, and what is said about those that can't be meant."""

from __future__ import annotations

import pytest
from tests.contacts.ion_admin import IonAdmin

from starlight.contacts import formats
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.contacts.report import Imported
from starlight.dtntime import DAY, HOUR, SECOND, from_text

RANGE = "a range +0 +99999 1 2 5\n"


def read(text: str, epoch: int | None = None) -> Imported:
    """Read commands."""
    return formats.read(text.encode(), name="plan.ionrc", format="ion", epoch=epoch)


def lights(imported: Imported) -> dict[tuple[int, int, int], float]:
    """Return start, nodes and light time at the start of each contact, in s."""
    return {
        (c.start // SECOND, c.from_node, c.to_node): c.light_time(c.start) / SECOND
        for c in imported.plan.contacts
    }


def kinds(imported: Imported) -> dict[str, tuple[str, int]]:
    """Return what was done about each kind of thing, and how often."""
    return {each.kind: (each.act, each.count) for each in imported.counts}


def test_rates_are_bytes_per_second() -> None:
    """ "The rate of data transmission will be xmit_data_rate bytes/second." (ionrc(5), a contact)"""
    (contact,) = read(RANGE + "a contact +60 +7260 1 2 10000").plan.contacts
    assert (contact.start, contact.end, contact.rates) == (
        60 * SECOND,
        7260 * SECOND,
        ((60 * SECOND, 80_000),),
    )
    assert contact.confidence == 1.0


def test_the_seventh_word_is_the_confidence() -> None:
    """ "Our confidence in the contact defaults to 1.0." (ionrc(5), a contact)"""
    imported = read(RANGE + "a contact +0 +60 1 2 8 0.75\na contact +60 +90 1 2 8 1\n")
    assert [contact.confidence for contact in imported.plan.contacts] == [0.75, 1.0]
    assert imported.counts == ()


def test_another_dialect_puts_the_range_there() -> None:
    """7th word: confidence in ION; another dialect puts the range there."""
    imported = read("a contact +0 +1200 7 9 16384 20\na contact +0 +1200 9 7 16384 1\n")
    assert lights(imported) == {(0, 7, 9): 20.0, (0, 9, 7): 1.0}
    assert [contact.confidence for contact in imported.plan.contacts] == [1.0, 1.0]
    assert kinds(imported) == {"range in the place of the confidence": ("repaired", 2)}


def test_relative_times_follow_the_reference_time_which_adds_up() -> None:
    """ "The new reference time can be ... an offset beyond the current reference time." (ionrc(5), @)"""
    imported = read(
        "@ 2035/01/01-00:00:00\na range +0 +99999 1 2 5\n"
        "@ +100\na contact +0 +10 1 2 8\n@ +100\na contact +0 +10 1 2 8\n"
    )
    zero = from_text("2035-01-01")
    assert [c.start for c in imported.plan.contacts] == [zero + 100 * SECOND, zero + 200 * SECOND]
    assert imported.epoch is None, "no time depends on when the file is loaded"


def test_relative_times_without_a_reference_count_from_the_epoch() -> None:
    """The reference time defaults to the time of loading, which a plan does not know: it is handed in."""
    zero = from_text("2051-04-02")
    imported = read(RANGE + "a contact +1 +10 1 2 8\n", epoch=zero)
    assert imported.plan.contacts[0].start == zero + SECOND
    assert imported.epoch == zero


def test_absolute_times() -> None:
    """ "Absolute time is expressed as yyyy/mm/dd-hh:mm:ss." (ionrc(5), TIME REPRESENTATION)"""
    imported = read(
        "a range 2009/01/01-00:00:00 2010/01/01-00:00:00 1 2 12\n"
        "a contact 2009/02/28-23:59:59 2009/03/01-00:00:00 1 2 1000\n"
    )
    (contact,) = imported.plan.contacts
    assert (contact.start, contact.end) == (from_text("2009-02-28T23:59:59Z"), from_text("2009-03-01"))


def test_ranges_imply_the_reverse_unless_it_is_given() -> None:
    """Lower node first implies the distance of the reverse direction, unless given; higher first nothing."""
    imported = read(
        "a range +0 +10 2 5 7\na range +0 +10 5 9 20\na range +0 +10 9 5 1\na range +0 +10 6 4 3\n"
        "a contact +0 +10 2 5 8\na contact +0 +10 5 2 8\n"
        "a contact +0 +10 5 9 8\na contact +0 +10 9 5 8\n"
        "a contact +0 +10 6 4 8\na contact +0 +10 4 6 8\n"
    )
    assert lights(imported) == {(0, 2, 5): 7, (0, 5, 2): 7, (0, 5, 9): 20, (0, 9, 5): 1, (0, 6, 4): 3}
    assert kinds(imported) == {"contact without a range, which ION does not use": ("refused", 1)}
    assert imported.report[0].line == 10


def test_an_override_holds_for_its_time() -> None:
    """Where the range with the higher node first has ended, what the other implies holds."""
    imported = read("a range +0 +100 1 2 7\na range +20 +40 2 1 9\na contact +0 +100 2 1 8\n")
    (contact,) = imported.plan.contacts
    assert [contact.light_time(s * SECOND) // SECOND for s in (0, 19, 20, 39, 40, 99)] == [7, 7, 9, 9, 7, 7]
    assert kinds(imported) == {
        "contact over several ranges, of which ION uses the first only": ("kept", 1),
        "range that replaces only a part of the one that implies it, which ION refuses": ("kept", 1),
    }


@pytest.mark.parametrize(
    ("ranges", "kind", "expected"),
    [
        ("a range +50 +99 1 2 5", "contact that begins before its range", 5),
        ("a range +0 +20 1 2 6", "contact that goes on after its range", 6),
    ],
)
def test_ranges_that_are_too_short_are_stretched(ranges: str, kind: str, expected: float) -> None:
    """A range that begins after its contact, or ends before it, is taken to hold on; and that is said."""
    imported = read(f"{ranges}\na contact +10 +60 1 2 8\n")
    assert lights(imported) == {(10, 1, 2): expected}
    assert kinds(imported) == {kind: ("repaired", 1)}
    assert imported.report[0].line == 2


def test_a_range_that_ends_as_its_contact_begins_serves_it() -> None:
    """ION passes over ranges that end before a contact starts; not those that end at that second."""
    imported = read("a range +0 +10 1 2 6\na contact +10 +60 1 2 8\n")
    assert lights(imported) == {(10, 1, 2): 6}


REFUSED = [
    # line, kind, words of the remark: which word, what is right
    ("a contact +60 +60 1 2 8", "contact without length", "1 to 2"),
    ("a contact +60 +0 1 2 8", "contact that ends before it starts", "1 to 2, -60 s long"),
    ("a range +60 +60 1 2 8", "range without length", "1 to 2"),
    ("a range +60 +0 1 2 8", "range that ends before it starts", "1 to 2"),
    ("a contact +0 60 1 2 8", "time that is none", "word 4, '60': write +seconds or yyyy/mm/dd-hh:mm:ss"),
    (
        "a contact +0 2035/02/30-00:00:00 1 2 8",
        "time that is none",
        "word 4, '2035/02/30-00:00:00': no calendar",
    ),
    ("a contact +0 2035/02/03-00:60:00 1 2 8", "time that is none", "word 4"),
    ("a contact +0 +999999999999999 1 2 8", "time that is none", "1854 to 2146"),
    ("a contact +0 +60 0 2 8", "node number that is none", "word 5, '0'"),
    ("a contact +0 +60 1 18446744073709551616 8", "node number that is none", "word 6"),
    ("a contact +0 +60 1 -2 8", "node number that is none", "word 6, '-2'"),
    ("a contact +0 +60 1 ipn:2.0 8", "node number that is none", "word 6, 'ipn:2.0'"),
    ("a contact +0 +60 1 \u0662 8", "node number that is none", "word 6"),
    ("a contact +0 +60 1 2 0", "rate that is none", "word 7, '0': write byte/s, more than 0"),
    ("a contact +0 +60 1 2 -5", "rate that is none", "word 7"),
    ("a contact +0 +60 1 2 fast", "rate that is none", "word 7, 'fast'"),
    ("a contact +0 +60 1 2 089", "rate that is none", "word 7, '089'"),
    ("a contact +0 +60 1 2 8 sure", "confidence that is none", "word 8, 'sure'"),
    ("a contact +0 +60 1 2 8 nan", "confidence that is none", "word 8, 'nan'"),
    ("a contact +0 +60 1 2 8 -0.5", "confidence that is none", "word 8"),
    ("a contact +0 +60 1 2 8 0", "confidence that is none", "word 8, '0'"),
    ("a range +0 +60 1 2 near", "light time that is none", "word 7, 'near'"),
    ("a range +0 +60 1 2 -1", "light time that is none", "word 7"),
    ("a contact +0 +60 1 2", "command with the wrong number of words", "6 words; write a contact START STOP"),
    ("a contact +0 +60 1 2 8 1 1", "command with the wrong number of words", "9 words"),
    ("a range +0 +60 1 2", "command with the wrong number of words", "6 words; write a range START STOP"),
    ("a cotnact +0 +60 1 2 8", "unknown word", "word 2, 'cotnact': write a contact or a range"),
    ("a", "unknown word", "write a contact or a range"),
    ("zontact +0 +60 1 2 8", "unknown word", "word 1, 'zontact'"),
    ("@", "command with the wrong number of words", "write @ TIME"),
    ("@ noon", "time that is none", "word 2, 'noon'"),
    ("@ 0", "time that is none", "write a date"),
    ("c contact +7 1 2 8", "change of what is not there", "no contact from 1 to 2"),
    ("d range +7 1 2", "change of what is not there", "no range from 1 to 2"),
    ("d contact +7 1", "command with the wrong number of words", "write d contact|range START FROM TO"),
]


@pytest.mark.parametrize(("line", "kind", "text"), REFUSED, ids=[line for line, _, _ in REFUSED])
def test_what_can_not_be_meant_is_refused_and_named(line: str, kind: str, text: str) -> None:
    """Errors name line, word and what is right; the lines around it are read."""
    imported = read(f"{RANGE}a contact +100 +200 1 2 8\n{line}\na contact +300 +400 1 2 8\n")
    assert kinds(imported) == {kind: ("refused", 1)}
    (remark,) = imported.report
    assert text in remark.text
    assert (remark.act, remark.line) == ("refused", 3) or kind == "confidence that is none"
    assert [contact.start // SECOND for contact in imported.plan.contacts] == [100, 300]


def test_contacts_that_overlap_are_refused_as_ion_does() -> None:
    """ "The intervals of scheduled contacts are not allowed to overlap." (ionrc(5), a contact)"""
    imported = read(RANGE + "a contact +10 +20 1 2 8\na contact +15 +25 1 2 8\na contact +20 +30 1 2 8\n")
    assert [contact.start // SECOND for contact in imported.plan.contacts] == [10, 20]
    assert "with line 2; ION takes the first" in imported.report[0].text
    assert imported.report[0].line == 3


def test_duplicates_are_one_contact_and_said() -> None:
    """Duplicates are one contact, and said; also of ranges."""
    lines = RANGE + "a contact +10 +20 1 2 8\n"
    imported = read(lines + lines)
    assert len(imported.plan.contacts) == 1
    assert kinds(imported) == {
        "contact that is listed twice": ("ignored", 1),
        "range that is listed twice": ("ignored", 1),
    }
    assert "as on line 2; they are one contact" in imported.report[1].text


def test_contacts_can_be_changed_and_deleted() -> None:
    """c contact revises a rate, d contact and d range take away, * takes all of two nodes."""
    imported = read(
        RANGE + "a range +0 +99 3 4 1\n"
        "a contact +10 +20 1 2 8\na contact +30 +40 1 2 8\na contact +30 +40 3 4 8\na contact +50 +60 3 4 8\n"
        "c contact +10 1 2 16 0.5\nd contact +30 1 2\nd contact * 3 4\nd range +0 3 4\n"
    )
    (contact,) = imported.plan.contacts
    assert (contact.start, contact.rates[0][1], contact.confidence) == (10 * SECOND, 128, 0.5)
    assert imported.counts == ()


def test_what_is_not_about_contacts_is_ignored_and_counted() -> None:
    """m, s, e, 1, l, h, v, i, r, t, x, ? and ^ are ION's business; after q nothing is read."""
    imported = read(
        "1 19 ''\nm horizon +0\ns\ne 1\nl contact\nh\nv\n?\n^ 2\nr 'ls'\nx\n# a contact\n\n   \n"
        + RANGE
        + "a contact +0 +9 1 2 8\nq\na contact +20 +29 1 2 8\n"
    )
    assert kinds(imported) == {
        "command that is not about contacts": ("ignored", 11),
        "command after q, which ends the reading": ("ignored", 1),
    }
    assert len(imported.plan.contacts) == 1


def test_sections_of_other_programs_are_passed_over() -> None:
    """ionscript files have a section for each program; a contact is in that of ionadmin."""
    imported = read(
        f"## begin ionadmin\n{RANGE}a contact +0 +9 1 2 8\nq\n## end ionadmin\n"
        "## begin bpadmin\na scheme ipn 'ipnfw' 'ipnadminep'\n## end bpadmin\n"
        "## begin ionadmin\na contact +20 +29 1 2 8\n## end ionadmin\n"
    )
    assert len(imported.plan.contacts) == 2
    assert kinds(imported) == {"command for another program than ionadmin": ("ignored", 1)}


def test_registrations_and_hypothetical_contacts_carry_nothing() -> None:
    """ "When stop_time is 0, the contact is hypothetical"; a start of -1 is a registration (ionrc(5))."""
    imported = read("a contact -1 -1 7 7 0\na contact 0 0 7 9 0\na contact +0 0 7 9 0\n")
    assert set(kinds(imported).values()) == {("ignored", 1), ("ignored", 2)}
    assert imported.plan.contacts == ()


def test_a_node_with_itself_is_ignored() -> None:
    """Loopback contacts stand in many files; a bundle for its own node needs none."""
    imported = read("a range +0 +9 1 1 0\na contact +0 +9 1 1 100000\n")
    assert kinds(imported) == {"contact of a node with itself": ("ignored", 1)}


def test_fractions_are_kept_and_said() -> None:
    """Fractional ranges, that ION would truncate, are kept as they stand."""
    imported = read("a range +0 +9 1 2 0.25\na contact +0.5 +9 1 2 8.5\n")
    (contact,) = imported.plan.contacts
    assert (contact.start, contact.light_time(0), contact.rates[0][1]) == (SECOND // 2, SECOND // 4, 68)
    assert kinds(imported) == {
        "fraction of a second, which ION would cut off": ("kept", 2),
        "fraction of a byte/s": ("kept", 1),
    }


def test_rates_in_other_bases() -> None:
    """ION reads rates with strtol(word, NULL, 0): 0x is base 16, a leading 0 base 8."""
    imported = read(RANGE + "a contact +0 +9 1 2 0x100\na contact +10 +19 1 2 010\n")
    assert [contact.rates[0][1] for contact in imported.plan.contacts] == [2048, 64]
    assert kinds(imported)["number that begins with 0, which ION reads in base 8 or 16"] == ("kept", 2)


def test_node_numbers_are_64_bits() -> None:
    """Node numbers are 64-bit; they may be written allocator.node (RFC 9758)."""
    imported = read(
        "a range +0 +9 9223372036854775809 18446744073709551615 3\n"
        "a contact +0 +9 9223372036854775809 18446744073709551615 8\n"
        "a range +0 +9 977000.7 7 3\na contact +0 +9 977000.7 7 8\n"
    )
    assert imported.plan.nodes() == [7, 977000 << 32 | 7, 2**63 + 1, 2**64 - 1]
    assert imported.counts == ()


def test_comments_and_backslashes_after_a_command() -> None:
    """What ION would refuse, but can be meant in one way only, is repaired."""
    imported = read(RANGE + "a contact +0 +9 \\\n 1 2 8  # the first\na contact +10 +19 1 2 8 #x\n")
    assert len(imported.plan.contacts) == 2
    assert kinds(imported) == {
        "comment after a command, which ION refuses": ("repaired", 2),
        "line that goes on after a backslash, which ION does not know": ("repaired", 1),
    }
    assert [remark.line for remark in imported.report] == [2, 2, 4]


# Writing.


def test_one_contact_for_each_range() -> None:
    """A moving light time becomes several ranges, rounded up, and a contact for each, a second apart."""
    start = from_text("2051-04-02T10:00:00Z")
    contact = Contact(
        1, 7, 9, start, start + 2 * HOUR, ((start, 8000),), (LightPiece(start, HOUR, (750.5, 1.0)),)
    )
    done = formats.write(ContactPlan.of([contact]), "ion")
    assert done.data.decode().splitlines()[1:] == [
        "a range 2051/04/02-10:00:00 2051/04/02-10:30:00 7 9 751",
        "a range 2051/04/02-10:30:00 2051/04/02-11:30:00 7 9 752",
        "a range 2051/04/02-11:30:00 2051/04/02-12:00:00 7 9 753",
        "a contact 2051/04/02-10:00:00 2051/04/02-10:30:00 7 9 1000",
        "a contact 2051/04/02-10:30:01 2051/04/02-11:30:00 7 9 1000",
        "a contact 2051/04/02-11:30:01 2051/04/02-12:00:00 7 9 1000",
    ]
    assert {loss.text.split(",")[0]: loss.count for loss in done.losses} == {
        "light times rounded up to steps of 1 s": 1,
        "contacts give up a second where the range changes": 2,
        "contacts end after 2038-01-19": 1,
    }
    ion = IonAdmin().load(done.data.decode())
    assert [ion.light_s((7, 9), c) for c in ion.contacts[7, 9]] == [751, 752, 753]


def test_both_directions_share_the_seconds_of_their_ranges() -> None:
    """ION takes a range with the higher node first only where it begins with the one that implies it."""
    contacts = [
        Contact(1, 7, 9, 0, 100 * SECOND, ((0, 8000),), constant_light(0, 5)),
        Contact(2, 9, 7, 30 * SECOND, 200 * SECOND, ((30 * SECOND, 8000),), constant_light(0, 8)),
    ]
    done = formats.write(ContactPlan.of(contacts), "ion", epoch=0)
    assert [line for line in done.data.decode().splitlines() if line.startswith("a range")] == [
        "a range +0 +30 7 9 5",
        "a range +30 +100 7 9 5",
        "a range +30 +100 9 7 8",
        "a range +100 +200 7 9 8",
    ]
    ion = IonAdmin().load(done.data.decode())
    assert [ion.light_s((9, 7), c) for c in ion.contacts[9, 7]] == [8]
    assert read(done.data.decode()).plan.between(9, 7)[0].light_time(150 * SECOND) == 8 * SECOND


def test_rates_become_contacts_of_their_own() -> None:
    """A second in which the rate changes has the lower rate; contacts of one range touch."""
    rates = (
        (0, 8000),
        (2_500_000_000, 16_000),
        (6_500_000_000, 4_000),
        (8 * SECOND, 3),
        (9 * SECOND, UNLIMITED_BPS),
    )
    contact = Contact(1, 7, 9, 0, 10 * SECOND, rates, constant_light(0, 5))
    done = formats.write(ContactPlan.of([contact]), "ion", epoch=0)
    assert done.data.decode().splitlines()[2:] == [
        "a range +0 +8 7 9 5",
        "a range +9 +10 7 9 5",
        "a contact +0 +3 7 9 1000",
        "a contact +3 +6 7 9 2000",
        "a contact +6 +8 7 9 500",
        "a contact +9 +10 7 9 2147483647",
    ]


def test_what_ion_can_not_take_is_left_out_and_counted() -> None:
    """Node 0, times before 1970, contacts within a second, overlaps."""
    light = constant_light(-60 * 365 * DAY, 1)
    contacts = [
        Contact(1, 0, 9, 0, SECOND, ((0, 8),), light),
        Contact(2, 1, 9, -50 * 365 * DAY, -50 * 365 * DAY + SECOND, ((-50 * 365 * DAY, 8),), light),
        Contact(3, 1, 9, 100_000_000, 1_900_000_000, ((100_000_000, 8),), light),
        Contact(4, 2, 9, 0, 10 * SECOND, ((0, 8),), light),
        Contact(5, 2, 9, 2 * SECOND, 5 * SECOND, ((2 * SECOND, 8),), light),
        Contact(6, 2, 9, 8 * SECOND, 12 * SECOND, ((8 * SECOND, 8),), light),
    ]
    done = formats.write(ContactPlan.of(contacts), "ion")
    assert {loss.text: loss.count for loss in done.losses} == {
        "contacts with node 0, which ION has not, are left out": 1,
        "contacts outside the times that can be written are left out": 1,
        "contacts without a whole second are left out": 1,
        "contacts inside another of the same direction are left out": 1,
        "contacts that overlap one of the same direction begin after it": 1,
    }
    assert [(c.start // SECOND, c.end // SECOND) for c in read(done.data.decode()).plan.contacts] == [
        (0, 10),
        (10, 12),
    ]
