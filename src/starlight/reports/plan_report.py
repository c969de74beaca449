"""A plan as a program and a person want it told: links, contacts, hours, bytes, and what gave way."""

from __future__ import annotations

from typing import Any

from starlight import dtntime
from starlight.contacts import UNLIMITED_BPS, Contact, ContactPlan, Exported, formats
from starlight.dtntime import HOUR, SECOND
from starlight.planner.allocation import AllocationChange
from starlight.planner.history import History
from starlight.planner.planner import Planned, PlannedChannel
from starlight.reports.link_report import limit_view
from starlight.reports.page import Bar, Chart, ChartLine, Gantt, Grid, Part, page
from starlight.scenario.scenario import Scenario

SHOWN_CHANGES = 200
"""A page with more rows of what gave way than this is not read."""
RANGE_POINTS = 1_000
CHART_POINTS = 4_000
"""Of a line in a chart; a browser draws that without a pause, and an eye sees no more."""


def in_form(scenario: Scenario, plan: ContactPlan, form: str) -> Exported:
    """Return a plan in one of `contacts.formats.FORMATS`, with what that form can't say."""
    return formats.write(plan, form, names={node.number: node.name for node in scenario.node})


def plan_view(scenario: Scenario, planned: Planned, history: History) -> dict[str, Any]:
    """Return what a plan holds, as plain values.

    Args:
        history: of the plan; its latest version is what is told.
    """
    plan = history.plan()
    return {
        "scenario": scenario.name,
        "start": dtntime.to_text(planned.start),
        "end": dtntime.to_text(planned.end),
        "version": plan.version,
        "contacts": len(plan.contacts),
        "visible": planned.seen,
        "dropped": sum(change.what == "dropped" for change in planned.changes),
        "shortened": sum(change.what == "shortened" for change in planned.changes),
        "links": [_link_row(scenario, plan, channel) for channel in planned.channels],
        "changes": [_change_row(change) for change in planned.changes],
        "notices": [
            {
                "start": dtntime.to_text(n.start),
                "end": dtntime.to_text(n.end),
                "nodes": list(n.nodes),
                "text": n.text,
            }
            for n in plan.notices
        ],
        "history": [revision.sentence() for revision in history.revisions],
    }


def _link_row(scenario: Scenario, plan: ContactPlan, channel: PlannedChannel) -> dict[str, Any]:
    """Return a direction of a link as a plan's view tells it."""
    contacts = plan.between(*_numbers(scenario, channel)) if channel.contacts else []
    return {
        "from": channel.from_node,
        "to": channel.to_node,
        "kind": channel.link.kind,
        "contacts": len(contacts),
        "hours": sum(c.end - c.start for c in contacts) / HOUR,
        "volume_bytes": sum(c.volume(c.start, c.end) for c in contacts),
        "limit": limit_view(channel.limit),
        "decided_hours": _decided(channel, contacts),
        "light_time_s": _light_range(contacts),
        "first": dtntime.to_text(contacts[0].start) if contacts else None,
        "last": dtntime.to_text(contacts[-1].end) if contacts else None,
    }


def _change_row(change: AllocationChange) -> dict[str, Any]:
    """Return what gave way as a plan's view tells it."""
    return {
        "what": change.what,
        "from": change.from_node,
        "to": change.to_node,
        "start": dtntime.to_text(change.start),
        "end": dtntime.to_text(change.end),
        "kept": [[dtntime.to_text(a), dtntime.to_text(b)] for a, b in change.kept],
        "why": list(change.why),
    }


def _decided(channel: PlannedChannel, contacts: list[Contact]) -> dict[str, float]:
    """Return for how many hours of contacts each cause decides their rate, the longest first."""
    hours: dict[str, float] = {}
    for contact in contacts:
        edges = [*(at for at, _ in contact.rates[1:]), contact.end]
        for (start, rate), end in zip(contact.rates, edges, strict=True):
            cause = channel.decides(rate)
            hours[cause] = hours.get(cause, 0.0) + (end - start) / HOUR
    return dict(sorted(hours.items(), key=lambda each: -each[1]))


def decided_text(row: dict[str, Any]) -> str:
    """Return what decides the rates of a link of a plan's view: each cause, and its part of the hours."""
    hours = row["decided_hours"]
    limit = row["limit"]
    told = []
    for cause, part in hours.items():
        most = f" ({limit['rate_bps']:,} bit/s)" if limit and limit["decides"] == cause else ""
        share = f" {part / sum(hours.values()):.0%}" if len(hours) > 1 else ""
        told.append(f"{cause}{share}{most}")
    return ", ".join(told)


def _numbers(scenario: Scenario, channel: PlannedChannel) -> tuple[int, int]:
    return scenario.node_named(channel.from_node).number, scenario.node_named(channel.to_node).number


def _light_range(contacts: list[Contact]) -> list[float] | None:
    lights = [c.light_time(t) / SECOND for c in contacts for t in (c.start, c.end)]
    return [min(lights), max(lights)] if lights else None


def plan_report(scenario: Scenario, planned: Planned, history: History) -> str:
    """Return a page about a plan: windows as a Gantt chart, rate and range over time, what gave way."""
    view, plan = plan_view(scenario, planned, history), history.plan()
    titles = {node.name: node.title for node in scenario.node}
    radio = [c for c in planned.channels if c.link.kind == "radio"]
    shown = {(c.from_node, c.to_node): plan.between(*_numbers(scenario, c)) for c in radio}
    rows = [
        # The chart has a column of fixed width for names.
        (f"{titles[c.from_node]} → {titles[c.to_node]}"[:48], _bars(scenario, planned, c, shown, titles))
        for c in radio
        if shown[c.from_node, c.to_node] or any(_is_of(change, c) for change in planned.changes)
    ]
    far = [c for c in radio if _is_far(shown[c.from_node, c.to_node])]
    parts: list[Part] = [
        Gantt(
            "Windows",
            "When each direction can be transmitted over, in the transmitter's time. Grey: visible, but the "
            "antenna is given to others, or a node's power carries no more. Yellow: dark or changed, as the "
            "plan's notices say.",
            planned.start,
            planned.end,
            rows,
        ),
        _rates(far, shown, titles),
        _ranges(far, shown, titles),
        _links(view, titles),
        _given_way(view, titles),
        Grid("History", "What changed, when, and who asked.", ("change",), [[h] for h in view["history"]]),
    ]
    lead = [
        f"{view['start']} to {view['end']}, version {view['version']}: {view['contacts']} contacts.",
        *(f"{n['start'][:10]} to {n['end'][:10]}: {n['text']}." for n in view["notices"][:20]),
    ]
    return page(f"Contact plan of {scenario.title}", lead, parts)


def _is_far(contacts: list[Contact]) -> bool:
    """Tell whether contacts are between worlds."""
    # More than 2 s of light is between worlds: the Moon is 1.4 s away at most.
    return bool(contacts) and contacts[0].light_time(contacts[0].start) > 2 * SECOND


def _links(view: dict[str, Any], titles: dict[str, str]) -> Grid:
    """Return the links of a plan's view as a table."""
    return Grid(
        "Links",
        "Hours and bytes that the contacts carry in this interval; what decides their rate (the budget, "
        "what the receiver decodes or the transmitter sends at most, a cap or a rate that the scenario "
        "gives); light time from least to greatest.",
        ("from", "to", "contacts", "hours", "gigabytes", "rate decided by", "light time, s"),
        [
            [
                titles[row["from"]],
                titles[row["to"]],
                row["contacts"],
                row["hours"],
                _gigabytes(row["volume_bytes"]),
                decided_text(row),
                "" if row["light_time_s"] is None else " to ".join(f"{s:.3f}" for s in row["light_time_s"]),
            ]
            for row in view["links"]
        ],
    )


def _given_way(view: dict[str, Any], titles: dict[str, str]) -> Grid:
    """Return the contacts that gave way in a plan's view as a table, the first of them."""
    changes = view["changes"][:SHOWN_CHANGES]
    return Grid(
        "What gave way",
        f"{view['dropped']} contacts were dropped and {view['shortened']} shortened, because an antenna "
        f"holds so many at once, or a node's power carries no more. The first {len(changes)} are listed.",
        ("start", "end", "from", "to", "what", "why"),
        [
            [c["start"], c["end"], titles[c["from"]], titles[c["to"]], c["what"], " ".join(c["why"])]
            for c in changes
        ],
    )


def _gigabytes(volume: int) -> str | float:
    return "not limited" if volume >= UNLIMITED_BPS else volume / 1e9


def _is_of(change: AllocationChange, channel: PlannedChannel) -> bool:
    return (change.from_node, change.to_node) == (channel.from_node, channel.to_node)


def _bars(
    scenario: Scenario,
    planned: Planned,
    channel: PlannedChannel,
    shown: dict[tuple[str, str], list[Contact]],
    titles: dict[str, str],
) -> list[Bar]:
    lost = [
        Bar((change.start, change.end), "lost", change.sentence(titles))
        for change in planned.changes
        if _is_of(change, channel)
    ]
    look = "held" if channel.from_node in _near(scenario) else "back"
    held = [
        Bar(
            (c.start, c.end),
            look,
            f"{dtntime.to_text(c.start)} to {dtntime.to_text(c.end)}, {c.rates[0][1]:,} bit/s "
            f"({channel.decides(c.rates[0][1])}), light time {c.light_time(c.start) / SECOND:.3f} s",
        )
        for c in shown[channel.from_node, channel.to_node]
    ]
    dark = [Bar((n.start, n.end), "dark", n.text) for n in channel.notices]
    # Later ones are drawn over earlier ones: what weather darkens is seen on what is held.
    return [*lost, *held, *dark]


def _near(scenario: Scenario) -> set[str]:
    """Return the names of the nodes on the scenario's first world, which is Earth wherever Earth is in it."""
    first = next(iter(scenario.worlds()))
    return {node.name for node in scenario.node if node.world == first}


def _rates(
    far: list[PlannedChannel], shown: dict[tuple[str, str], list[Contact]], titles: dict[str, str]
) -> Chart:
    """Return the rate of each link between worlds; zero where there is no contact."""
    marks: set[int] = set()
    for channel in far:
        for c in shown[channel.from_node, channel.to_node]:
            # The end belongs to a contact, so the line falls to zero a nanosecond after it.
            marks.update([c.start, *(at for at, _ in c.rates), c.end, c.end + 1])
    times = sorted(marks)[:CHART_POINTS]
    lines = []
    for channel in far:
        values: list[float | None] = [0.0] * len(times)
        contacts = shown[channel.from_node, channel.to_node]
        index = 0
        for place, time in enumerate(times):
            while index < len(contacts) and contacts[index].end < time:
                index += 1
            if index < len(contacts) and contacts[index].start <= time:
                values[place] = contacts[index].rate_bps(time) / 1000
        lines.append(
            ChartLine(f"{titles[channel.from_node]} → {titles[channel.to_node]}", values, steps=True)
        )
    cut = " Only the beginning is drawn." if len(marks) > CHART_POINTS else ""
    return Chart(
        "Rate between the worlds",
        f"What each direction carries, in the transmitter's time.{cut}",
        "kbit/s",
        [dtntime.to_posix(time) for time in times],
        lines,
    )


def _ranges(
    far: list[PlannedChannel], shown: dict[tuple[str, str], list[Contact]], titles: dict[str, str]
) -> Chart:
    """Return the range of each link between worlds inside its contacts, in millions of km."""
    ends = [c for channel in far for c in shown[channel.from_node, channel.to_node]]
    first, last = min((c.start for c in ends), default=0), max((c.end for c in ends), default=1)
    times = [first + (last - first) * step // RANGE_POINTS for step in range(RANGE_POINTS + 1)]
    lines = []
    for channel in far:
        contacts = shown[channel.from_node, channel.to_node]
        # Outside contacts the plan does not know the range, so the line breaks there.
        values: list[float | None] = [None] * len(times)
        index = 0
        for place, time in enumerate(times):
            while index < len(contacts) and contacts[index].end < time:
                index += 1
            if index < len(contacts) and contacts[index].start <= time:
                values[place] = contacts[index].light_time(time) / SECOND * 0.299_792_458
        lines.append(ChartLine(f"{titles[channel.from_node]} → {titles[channel.to_node]}", values))
    return Chart(
        "Range between the worlds",
        "How far a signal goes that is transmitted at a time, inside contacts.",
        "million km",
        [dtntime.to_posix(time) for time in times],
        lines,
    )
