"""The story of a rehearsal: each beat with its time and what carried it, told from the trace."""

from __future__ import annotations

import msgspec

from starlight import dtntime
from starlight.messages.trace_events import (
    AboutLetter,
    CorrespondentNoted,
    LetterQueued,
    TelemetryArrived,
)
from starlight.node.stored import identity_of_key
from starlight.node.trace_events import BundleSent
from starlight.scenario.happenings import BeatSpec
from starlight.scenario.scenario import Scenario
from starlight.trace import Record


class Beat(msgspec.Struct):
    """A beat that happened.

    Attributes:
        title: what people are told.
        time: in ns.
        node: where, by its title.
        what: the kind of the trace's record.
        facts: its facts.
        hops: what carried it: one sentence a hop, of the bundle that brought it and its pieces and copies.
        words: what a program noted, or a vehicle found; empty where the beat is of something else.
        remark: of the scenario.
    """

    title: str
    time: int
    node: str
    what: str
    facts: dict[str, object]
    hops: list[str]
    words: str = ""
    remark: str = ""


class Story:
    """Finds the scenario's beats in a trace, as it goes by.

    Args:
        scenario: whose beats they are.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._titles = scenario.titles()
        self._numbers = {node.name: node.number for node in scenario.node}
        self._open = [(beat, dtntime.from_text(beat.after) if beat.after else 0) for beat in scenario.beat]
        self._order = {beat.title: index for index, beat in enumerate(scenario.beat)}
        self._kinds = {beat.what for beat in scenario.beat}
        self._found: list[Beat] = []
        self._sent: dict[str, list[tuple[int, int, int, int]]] = {}  # bundle: node, peer, leaves, reaches
        self._last_delivered: dict[int, str] = {}  # what came to a node at last
        self._of_letter: dict[str, str] = {}  # letter to its bundle

    def take(self, record: Record) -> None:
        """Take the next record of the trace."""
        match record.event:
            case BundleSent(key, _, leaves, _, peer, reaches):
                self._sent.setdefault(identity_of_key(key), []).append((record.node, peer, leaves, reaches))
            case LetterQueued() as queued:
                self._of_letter[queued.letter] = queued.bundle
        if record.kind in self._kinds:
            self._match(record)

    def _match(self, record: Record) -> None:
        facts = record.event.facts()
        for entry in list(self._open):
            beat, after = entry
            if record.kind == beat.what and record.time >= after and self._fits(beat, record.node, facts):
                self._open.remove(entry)
                self._found.append(
                    Beat(
                        title=beat.title,
                        time=record.time,
                        node=self._titles.get(record.node, str(record.node)),
                        what=record.kind,
                        facts=facts,
                        hops=self._carried(record),
                        words=_words(record),
                        remark=beat.remark,
                    )
                )

    def _fits(self, beat: BeatSpec, node: int, facts: dict[str, object]) -> bool:
        if beat.node and self._numbers[beat.node] != node:
            return False
        for name, wanted in beat.facts.items():
            found = facts.get(name)
            # A scenario may write a number of the trace as text.
            if isinstance(wanted, str) and not isinstance(found, str):
                found = str(found)
            if found != wanted and not (
                isinstance(wanted, str) and isinstance(found, str) and wanted in found
            ):
                return False
        return True

    def _carried(self, record: Record) -> list[str]:
        """Return the hops of what brought a record, each with its light time."""
        key = self._brought(record)
        if key is None:
            return []
        return [
            f"{self._titles.get(node, node)} to {self._titles.get(peer, peer)}, "
            f"{dtntime.duration_text(reaches - leaves)} from {dtntime.to_text(leaves)}"
            for node, peer, leaves, reaches in self._sent.get(identity_of_key(key), ())
            if reaches <= record.time
        ]

    def _brought(self, record: Record) -> str | None:
        """Return the bundle that brought what a record tells of, if any did."""
        match record.event:
            case AboutLetter() as told:
                return self._of_letter.get(told.letter)
            case TelemetryArrived() as arrived:
                return self._newest_from(arrived.vehicle, record)
            case event:
                key = getattr(event, "bundle", None)
                return key if isinstance(key, str) else None

    def _newest_from(self, source: str, record: Record) -> str | None:
        """Return the bundle of a source that reached the record's node when the record was made."""
        # From the latest on: a year of telemetry lies before it.
        for key in reversed(self._sent):
            if key.startswith(source + "/") and any(
                peer == record.node and reaches == record.time for _, peer, _, reaches in self._sent[key]
            ):
                return key
        return None

    def beats(self) -> list[Beat]:
        """Return the beats that happened, by time."""
        return sorted(self._found, key=lambda beat: (beat.time, self._order[beat.title]))

    def missing(self) -> list[str]:
        """Return the titles of the beats that did not happen."""
        return [beat.title for beat, _ in self._open]


def _words(record: Record) -> str:
    """Return what a program noted, or what is in the finding of a vehicle, in their own words."""
    match record.event:
        case CorrespondentNoted(_, text):
            return text
        case TelemetryArrived() as arrived:
            return str(arrived.readings.get("finding", ""))
    return ""
