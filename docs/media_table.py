"""Write the table of docs/guides/families.md anew: what a voice, a song and a photograph cost.

Run it with the environment: ``.venv/bin/python docs/media_table.py``. It plans the built-in
scenario from two days on, on which the worlds are near and far, and asks a node of it, as the page does, when
each would be there.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from starlight import dtntime
from starlight.app.media_desk import voice_chunk_size
from starlight.bundle import EndpointID
from starlight.contacts import ContactPlan
from starlight.dtntime import DAY, MILLISECOND, from_text
from starlight.engine.node import Node
from starlight.media.voice import CHOICES
from starlight.messages.forecast import MessageForecaster
from starlight.messages.parts import CHUNK_BYTES
from starlight.node.config import NodeConfig
from starlight.node.forecast import Outgoing
from starlight.planner.planner import Planned, make_plan
from starlight.postoffice.part_forecasts import PartForecasts, PartSize
from starlight.scenario import kernels, reading

GUIDE = Path(__file__).parent / "guides" / "families.md"
BEGIN, END = "<!-- media table: docs/media_table.py -->\n", "<!-- end of the media table -->\n"
SCENARIO = "lost-in-starlight"
DAYS = (("0.5 au", "2052-09-24T00:00:00Z"), ("2.5 au", "2051-06-21T00:00:00Z"))
PLANNED_FOR = 20 * DAY
"""What comes later than that is told as such."""

SEOUL, MOUNTAIN, BASE, FACILITY = "seoul", "mountain", "base", "facility"
WAYS = (("by relay, to the base", BASE, False), ("by the father's radio, to the facility", FACILITY, True))
WORDS_BYTES = 1300
"""A letter of two sentences and a preview, which goes before its part."""

VOICES = (
    ("voice, 30 s: thinnest (Codec2 700C)", "codec2-700c", 30_000),
    ("voice, 30 s: thin (Codec2 2400)", "codec2-2400", 30_000),
    ("voice, 30 s: in your voice (Opus 6 kbit/s)", "opus-6", 30_000),
    ("voice, 30 s: clear (Opus 12 kbit/s)", "opus-12", 30_000),
    ("song, 4 min: as speech (Opus 24 kbit/s)", "opus-24", 240_000),
    ("song, 4 min: as a song (Opus 64 kbit/s)", "opus-64", 240_000),
)
PICTURES = (
    ("photograph of 12 megapixels: 320 pixels of it", 4_000),
    ("photograph: the smaller step", 20_000),
    ("photograph: the whole", 1_000_000),
)


def rows() -> list[tuple[str, int, int]]:
    """Return what is sent, its size in bytes, and that of its chunks."""
    sizes = [(what, CHOICES[choice].estimate(duration_ms)) for what, choice, duration_ms in VOICES]
    voices = [(what, size, voice_chunk_size(size)) for what, size in sizes]
    return [*voices, *((what, size, CHUNK_BYTES) for what, size in PICTURES)]


def plan_of(planned: Planned, *, by_radio: bool) -> ContactPlan:
    """Return the contacts of a plan but for those of the relays, or but for those of the father's radio."""
    channels = tuple(
        each for each in planned.channels if (MOUNTAIN in (each.from_node, each.to_node)) == by_radio
    )
    return replace(planned, channels=channels).plan()


def arrivals(plan: ContactPlan, numbers: dict[str, int], to: str, start: int) -> list[int | None]:
    """Return how long after it begins to leave each of `rows()` is whole at the other end, in ns.

    It is sent when the way there first opens, so that no row waits for a window that others have at once.
    """
    node = Node(NodeConfig(number=numbers[SEOUL], plan=plan))

    def node_of(address: str) -> int | None:
        return EndpointID.parse(address).node_number

    forecasts = PartForecasts(MessageForecaster(node.forecaster, node_of))
    letter = Outgoing(
        f"ipn:{numbers[SEOUL]}.1", f"ipn:{numbers[to]}.1", WORDS_BYTES, 400 * DAY // MILLISECOND
    )
    found = node.forecaster.forecast(letter, start)
    assert found.route is not None, "there is a way there"
    sent = max(start, *(hop.contact.start for hop in found.route.hops))
    told = []
    for _, size, chunk in rows():
        (part,) = forecasts.arrivals(letter, [PartSize(size, chunk)], sent)
        told.append(None if part.arrives is None else part.arrives - sent)
    return told


def in_words(duration: int | None) -> str:
    """Return how long something takes, rounded up to what people plan by."""
    if duration is None:
        return f"over {PLANNED_FOR // DAY} d"
    seconds = -(-duration // dtntime.SECOND)
    if seconds < 3600:
        return f"{-(-seconds // 60)} min"
    minutes = -(-seconds // 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    hours = -(-seconds // 3600)
    return f"{hours // 24} d {hours % 24} h"


def table() -> str:
    """Return the table in Markdown."""
    scenario = reading.load(SCENARIO)
    # The expedition goes home before Mars is near again; its links are taken to go on as they were.
    links = [replace(each, until="" if each.until[:4] == "2052" else each.until) for each in scenario.link]
    scenario = replace(scenario, link=links)
    numbers = {node.name: node.number for node in scenario.node}
    columns, heads = [], []
    for distance, day in DAYS:
        start = from_text(day)
        planned = make_plan(scenario, kernels.open_sky(), start, start + PLANNED_FOR)
        for way, to, by_radio in WAYS:
            columns.append(arrivals(plan_of(planned, by_radio=by_radio), numbers, to, start))
            heads.append(f"{distance}, {way}")
    lines = [_line("what", "bytes", *heads), _line(*["---"] * (2 + len(heads)))]
    for number, (what, size, _) in enumerate(rows()):
        cells = [in_words(column[number]) for column in columns]
        lines.append(_line(what, f"{size:,}".replace(",", " "), *cells))
    return "".join(lines)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |\n"


def main(arguments: Sequence[str]) -> None:
    """Write the table into the guide; with --print, on standard output."""
    made = table()
    if "--print" in arguments:
        sys.stdout.write(made)
        return
    text = GUIDE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    GUIDE.write_text(before + BEGIN + made + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
