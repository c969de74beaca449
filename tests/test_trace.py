"""The trace: typed events, and their lines of JSON."""

from __future__ import annotations

from types import ModuleType

import msgspec
import pytest
from tests.engine.helpers import T

from starlight.errors import InputError
from starlight.medium import trace_events as of_medium
from starlight.messages import trace_events as of_messages
from starlight.messages.trace_events import (
    AboutLetter,
    CorrespondentTrouble,
    LetterDeparted,
    TelemetryArrived,
)
from starlight.neighbours import trace_events as of_neighbours
from starlight.node import trace_events as of_node
from starlight.node.trace_events import BundleSent
from starlight.services import trace_events as of_services
from starlight.sim import trace_events as of_sim
from starlight.trace import Record, TraceEvent, read_line

MODULES = (of_node, of_messages, of_services, of_neighbours, of_medium, of_sim)
ALL = tuple(kind for module in MODULES for kind in module.EVENTS)

SAMPLES: dict[object, object] = {
    int: 7,
    float: 2.5,
    bool: True,
    str: "ipn:1.1",
    int | None: None,
    str | int | float | bool: 7,
    float | None: None,
    type(None): None,
    tuple[int, ...]: (1, 2),
    tuple[str, ...]: ("a", "b"),
    tuple[int | None, ...]: (2, None),
    tuple[float, float] | None: (-6.21, 239.88),
}


def sample(kind: type[TraceEvent]) -> TraceEvent:
    """Return an event of a kind, with a value in each field."""
    fields = msgspec.structs.fields(kind)
    values = [{"a": 1, "b": 2.5, "c": "d"} if f.name == "readings" else SAMPLES[f.type] for f in fields]
    return kind(*values)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_a_line_reads_back_as_the_record_that_it_was(kind: type[TraceEvent]) -> None:
    """For every kind of every room."""
    record = Record(T + 1, 20, sample(kind))
    line = record.line()
    assert read_line(line, ALL) == record
    assert read_line(line, ALL).line() == line


def test_a_line_begins_with_when_where_and_what_and_goes_on_by_name() -> None:
    """So that lines can be compared, and read by eye."""
    event = BundleSent("ipn:1.1/9/0", 5, leaves=3, last_byte=4, peer=2, reaches=6)
    assert Record(0, 1, event).line() == (
        '{"time":"2000-01-01T00:00:00.000000000Z","node":1,"what":"bundle.sent",'
        '"bundle":"ipn:1.1/9/0","contact":5,"last_byte":4,"leaves":3,"peer":2,"reaches":6}'
    )
    about = "ipn:1.1/9/1", "ipn:1.1", "ipn:2.1", 8
    departed = LetterDeparted(*about, peer=2, leaves=3, reaches=4, arrives=None, resends=0)
    assert departed.facts()["from"] == "ipn:1.1"
    heard = TelemetryArrived("ipn:1.1", "ipn:2.9", "rover", 3, (1.5, 2.0), {"finding": "ice"})
    assert (
        Record(0, 1, heard)
        .line()
        .endswith(
            '"kind":"rover","mailbox":"ipn:1.1","measured_at":3,"position":[1.5,2.0],'
            '"readings":{"finding":"ice"},"vehicle":"ipn:2.9"}'
        )
    )


def test_every_kind_is_listed_with_a_name_of_its_own() -> None:
    """A kind that is missing in its room's list could not be read back; two of one name neither."""
    tags = [kind.__struct_config__.tag for kind in ALL]
    assert len(set(tags)) == len(tags)
    for module in MODULES:
        assert set(declared(module)) == set(module.EVENTS)
    for kind in ALL:
        names = [field.encode_name for field in msgspec.structs.fields(kind)]
        assert not {"time", "node", "what"} & set(names), kind


def declared(module: ModuleType) -> list[type[TraceEvent]]:
    """Return the kinds that a module declares, without what they share."""
    found = [
        each for each in vars(module).values() if isinstance(each, type) and issubclass(each, TraceEvent)
    ]
    return [each for each in found if each not in (TraceEvent, AboutLetter, CorrespondentTrouble)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not a line of a trace"),
        ("[1]", "not a line of a trace"),
        ('{"node": 1, "what": "link.cut"}', "not a line of a trace"),
        ('{"time": "2050-01-01", "node": 1, "what": "tea.made"}', "'tea.made' is no kind of event"),
        ('{"time": "soon", "node": 1, "what": "link.cut", "peer": 2}', "soon"),
        ('{"time": "2050-01-01", "node": 1, "what": "link.cut", "peer": "two"}', "not what link.cut says"),
    ],
)
def test_what_is_no_record_is_refused(line: str, told: str) -> None:
    """With the line's fault, or with the kind that nobody here knows."""
    with pytest.raises(InputError, match=told) as caught:
        read_line(line, ALL)
    for foreign in ("Expected `", "malformed", "truncated", "$."):
        assert foreign not in str(caught.value), "the decoder's words are not passed through"
