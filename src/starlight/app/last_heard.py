"""The latest that a place has heard from each vehicle and suit, as the page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.letter import Telemetry
from starlight.views.page_status import TelemetryView
from starlight.words import silence

FINDINGS_SHOWN = 3
"""The latest findings of a vehicle; the whole list belongs on a page of its own."""

Heard = tuple[int, Telemetry]
"""When something was known here, in ns, and what was measured."""


def last_heard(
    mailboxes: Iterable[Mailbox], names: Mapping[str, str], now: int, *, silent: bool
) -> tuple[TelemetryView, ...]:
    """Return the latest that any of some mailboxes has heard from each vehicle.

    Args:
        mailboxes: those of one node.
        names: of the vehicles, by address.
        now: in ns.
        silent: nothing gets across now, so it is said how long there has been no word.
    """
    heard: dict[str, dict[int, Heard]] = {}
    for box in mailboxes:
        for vehicle in box.telemetry.vehicles():
            reports = heard.setdefault(vehicle, {})
            for received_at, report in box.telemetry.readings(vehicle):
                # The same report goes to several mailboxes; the first that has it will do.
                reports.setdefault(report.time, (received_at, report))
    return tuple(
        _view(vehicle, names, [reports[time] for time in sorted(reports)], now, silent)
        for vehicle, reports in sorted(heard.items())
    )


def _view(
    vehicle: str, names: Mapping[str, str], reports: list[Heard], now: int, silent: bool
) -> TelemetryView:
    received_at, latest = reports[-1]
    # A vehicle may report anything under a name, also a foreign one; only a number can be shown on a meter.
    oxygen = latest.readings.get("oxygen_percent")
    # Of all reports, not of the latest alone, which need not bring a finding.
    findings = [str(report.readings["finding"]) for _, report in reports if "finding" in report.readings]
    return TelemetryView(
        vehicle=vehicle,
        name=names.get(vehicle, vehicle),
        measured_at=latest.time,
        received_at=received_at,
        latitude_deg=latest.position[0] if latest.position else None,
        longitude_deg=latest.position[1] if latest.position else None,
        oxygen_percent=float(oxygen) if isinstance(oxygen, int | float) else None,
        findings=tuple(findings[-FINDINGS_SHOWN:]),
        note=silence.no_word(now - received_at).text() if silent else "",
    )
