"""Facts on which nodes disagree, in words: the fact, both values, which file says what."""

from __future__ import annotations

import pytest

from starlight.contacts.mission_facts import FactDisagreement, Said
from starlight.words.mission_facts import differs

NAMES = {10: "Seoul", 20: "the base"}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            FactDisagreement("mars_longitude_deg", Said(239.9, "file"), Said(12.5, "file"), 20),
            "The longitude of the clock on Mars (mars_longitude_deg) is 239.9 in this node's file, "
            "and 12.5 in the file of the base. "
            "Here 239.9 holds, until both say the same.",
        ),
        (
            FactDisagreement("light_time_s.10.20", Said(0.0, "default"), Said(2.5, "plan"), 20),
            "The light time in seconds from Seoul to the base (light_time_s) is 0.0 here, "
            "as this node's file says nothing, and 2.5 by the plan of the base. "
            "Here 0.0 holds, until both say the same.",
        ),
        (
            FactDisagreement(
                "landing", Said("2051-02-01", "peer 10"), Said("2051-02-02", "amendment 10:3"), 20
            ),
            "The day of sol 0 on Mars (landing) is 2051-02-01 here as Seoul tells it, "
            "and 2051-02-02 at the base by an amendment of Seoul. "
            "Here 2051-02-01 holds, until both say the same.",
        ),
        (
            FactDisagreement(
                "timezone", Said("UTC", "file"), Said("Asia/Seoul", "amendment 10:3"), holds=False
            ),
            "The time zone on Earth (timezone) is UTC in this node's file, "
            "and Asia/Seoul by an amendment of Seoul. "
            "The amendment holds; let this node's file say the same.",
        ),
        (
            FactDisagreement("clock.rate", Said(1.0, "file"), Said(30, "amendment 10:3")),
            "The rate of mission time (clock.rate) is 1.0 in this node's file, "
            "and 30 by an amendment of Seoul. "
            "An amendment can't change that while a node runs; the file holds.",
        ),
        (
            FactDisagreement("address.ipn:20.1.name", Said("Joo", "file"), Said("Joo Nan-young", "file"), 20),
            "The name of ipn:20.1 is Joo in this node's file, and Joo Nan-young in the file of the base. "
            "Here Joo holds, until both say the same.",
        ),
        (
            FactDisagreement("node.20.world", Said("mars", "file"), Said("moon", "file"), 20),
            "The world of node 20 is mars in this node's file, and moon in the file of the base. "
            "Here mars holds, until both say the same.",
        ),
        (
            FactDisagreement("world.ship", Said("a", "file"), Said("b", "file"), 20),
            "The clock of the world ship (world) is a in this node's file, and b in the file of the base. "
            "Here a holds, until both say the same.",
        ),
    ],
)
def test_a_disagreement_names_the_fact_both_values_and_their_files(
    found: FactDisagreement, told: str
) -> None:
    """Each kind of fact and of source has words, and what holds is said."""
    assert differs(found, NAMES).text() == told
