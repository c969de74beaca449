"""The telemetry that a mailbox keeps: the last readings of each vehicle."""

from __future__ import annotations

from collections.abc import Collection

from starlight.errors import InputError, LetterError, StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import TELEMETRY
from starlight.mailboxes.stored_format import KeptTelemetry
from starlight.messages.format import decode_message
from starlight.messages.letter import Telemetry
from starlight.messages.wire_values import Envelope
from starlight.node.application import Save


class TelemetryLog:
    """The last readings of the vehicles that report to one mailbox, all in memory: their number is bounded.

    Args:
        mailbox: its address.
        records: where they are kept.
        vehicles: of how many at most.
        readings: of one vehicle at most.
    """

    def __init__(self, mailbox: str, records: DecodedRecords, vehicles: int, readings: int) -> None:
        self._mailbox = mailbox
        self._decoded = records
        self._records = records.records
        self._most_vehicles = vehicles
        self._most_readings = readings
        # By vehicle and slot. A reading takes the slot of the vehicle's oldest, in the store as well.
        self._kept: dict[str, dict[int, tuple[KeptTelemetry, Telemetry]]] = {}

    def load(self) -> None:
        """Take up what the records hold; one that is no telemetry is set aside."""
        for key, data in self._records.of_kind(self._mailbox, TELEMETRY):
            try:
                slot, _, vehicle = key.removeprefix(TELEMETRY).partition("/")
                record = stored_format.TELEMETRY.decode(data)
                created = record.received_at if record.created is None else record.created
                telemetry = decode_message(record.payload, Envelope(vehicle, self._mailbox, created))
                if not isinstance(telemetry, Telemetry):
                    raise StoreError("not telemetry")
                self._kept.setdefault(vehicle, {})[int(slot)] = (record, telemetry)
            except (StoreError, LetterError, ValueError) as error:
                self._decoded.set_aside(self._mailbox, key, str(error))

    def put(self, telemetry: Telemetry, payload: bytes, created: int, now: int) -> Save | None:
        """Keep telemetry in place of the vehicle's oldest; None when it is here already.

        Args:
            telemetry: what came.
            payload: the same as it came.
            created: when its bundle was made, in ns.
            now: in ns.

        Raises:
            InputError: no room for another vehicle.
        """
        kept = self._kept.get(telemetry.vehicle, {})
        if any((t.time, t.kind) == (telemetry.time, telemetry.kind) for _, t in kept.values()):
            return None
        if not kept and len(self._kept) >= self._most_vehicles:
            raise InputError(f"telemetry of {self._most_vehicles} vehicles is kept, not of more")
        number = max((k.number for k, _ in kept.values()), default=0) + 1
        record = KeptTelemetry(number, now, payload, created)
        slot = number % self._most_readings
        self._kept.setdefault(telemetry.vehicle, {})[slot] = (record, telemetry)
        key = f"{TELEMETRY}{slot}/{telemetry.vehicle}"
        save = Save(self._mailbox, key, stored_format.TELEMETRY.encode(record))
        self._records.put(save)
        return save

    def vehicles(self) -> list[str]:
        """Return the vehicles whose telemetry is here."""
        return sorted(self._kept)

    def readings(self, vehicle: str) -> list[tuple[int, Telemetry]]:
        """Return what is kept of a vehicle, by time of measurement, each with when it was known here."""
        kept = self._kept.get(vehicle, {}).values()
        return sorted(
            ((record.received_at, telemetry) for record, telemetry in kept),
            key=lambda pair: (pair[1].time, pair[0]),
        )

    def has_kind(self, kinds: Collection[str]) -> bool:
        """Return whether telemetry of one of some kinds is here."""
        return any(t.kind in kinds for kept in self._kept.values() for _, t in kept.values())

    def latest(self, vehicle: str) -> tuple[int, Telemetry] | None:
        """Return the newest measurement of a vehicle and when it was known here; None if there is none."""
        readings = self.readings(vehicle)
        return readings[-1] if readings else None
