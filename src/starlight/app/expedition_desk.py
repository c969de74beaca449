"""The word of an expedition's programs to one person, out of the mailbox at their node.

Theory of operation. The mailbox knows which letters brought parts of programs
(`mailboxes/program_letters.py`), so a look costs the latest of those and not the mailbox: `LETTERS_LOOKED_AT`
letters, `PARTS_LOOKED_AT` parts, of which only those that are shown are decoded: the newest outlook of each
room, the newest map of each search, the latest runs. What was decoded is kept, so that the next look reads no
bytes. Decoding is done in a thread, a part at a time: the largest takes a tenth of a second, and the node's
loop goes on.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from msgspec.structs import replace

from starlight.app import expedition_parts
from starlight.app.expedition_parts import RUN_TYPES, Kind, ReadVerdict, Window, kind_of
from starlight.errors import InputError, PeerError
from starlight.mailboxes.mailbox import Mailbox
from starlight.mailboxes.part_reading import whole_part
from starlight.messages.letter import Letter, Reading
from starlight.messages.parts import Part
from starlight.packed_json import PACKED_MAX_BYTES
from starlight.views.expedition import (
    ComingPart,
    ExpeditionView,
    ReadingsView,
    RoomView,
    SearchMapView,
    UnreadPart,
)
from starlight.views.robot_runs import ComingPiece, Piece, RunView, ThumbnailView, VerdictView, WindowView
from starlight.views.told_in import ToldIn

LETTERS_LOOKED_AT, PARTS_LOOKED_AT = 64, 256
"""The latest; more is nobody's picture of now."""

ROOMS_SHOWN, SEARCHES_SHOWN, RUNS_SHOWN, UNREAD_SHOWN, READINGS_SHOWN = 4, 3, 12, 20, 12

TRIES = 3
"""Of a room or a search: where its newest can't be read, the one before is shown, and so on."""

DECODED_KEPT: dict[Kind, int] = {"room": 12, "map": 12, "run": PARTS_LOOKED_AT}
"""All that one look reads, so that the next reads nothing; a map takes a megabyte or two in memory."""

KINDS = ("greenhouse", "search-report", "organics")
"""Of telemetry, in the order to tell."""

READING_CHARS = 200

PIECES: tuple[Piece, ...] = ("verdict", "thumbnail", "window", "run")


class Brought(NamedTuple):
    """A part that a letter brought.

    Attributes:
        letter, correspondent: which letter, and where it stands.
        number, part: which of its parts.
        kind: what it is told as.
        here: its bytes that are here.
        told: the letter, for people; known here since the part is, or where it is not, since the letter is.
        is_here: it is here whole.
    """

    letter: Letter
    correspondent: str
    number: int
    part: Part
    kind: Kind
    here: int
    told: ToldIn
    is_here: bool

    @property
    def piece(self) -> Piece | None:
        """Return which piece of a run it is."""
        return RUN_TYPES.get(self.part.media_type)


class Trouble(NamedTuple):
    """Why a part can't be read, kept as what it was decoded to."""

    why: str


class NodeExpeditionDesk:
    """All that one person was told.

    Args:
        box: returns the mailbox.
        called: returns what people call an address.
        vehicles: names of what sends telemetry, by address.
        now: returns mission time in ns.
    """

    def __init__(
        self,
        box: Callable[[], Mailbox],
        called: Callable[[str], str],
        vehicles: Mapping[str, str],
        now: Callable[[], int],
    ) -> None:
        self._box = box
        self._called = called
        self._vehicles = vehicles
        self._now = now
        # By letter and part; a part never changes once it is here.
        self._decoded: dict[Kind, OrderedDict[tuple[str, int, object], object]] = {
            kind: OrderedDict() for kind in DECODED_KEPT
        }

    async def has_any(self) -> bool:
        """Return whether anything has come."""
        box = self._box()
        return box.telemetry.has_kind(KINDS) or any(box.index.has(each) for each in box.programs.latest())

    async def expedition(self) -> ExpeditionView:
        """Return it as it is known now."""
        box = self._box()
        letters = self._letters(box)
        brought = list(self._brought(box, letters))[:PARTS_LOOKED_AT]
        look = _Look(brought)
        rooms = await self._newest(look, "room", ROOMS_SHOWN)
        searches = await self._newest(look, "map", SEARCHES_SHOWN)
        readings = tuple(self._readings(box))
        made_up = {each.vehicle for each in readings if each.readings.get("synthetic") == 1}
        runs = [replace(each, synthetic=each.from_address in made_up) for each in await self._runs(look)]
        return ExpeditionView(
            now=self._now(),
            rooms=tuple(each for each in rooms if isinstance(each, RoomView)),
            searches=tuple(each for each in searches if isinstance(each, SearchMapView)),
            runs=tuple(runs),
            readings=readings,
            coming=tuple(look.coming),
            unread=tuple(look.unread[:UNREAD_SHOWN]),
            looked_at=len(letters),
        )

    def _letters(self, box: Mailbox) -> list[tuple[Letter, str]]:
        """Return the latest letters with parts of programs that may be seen, and where they stand."""
        found: list[tuple[Letter, str]] = []
        for id in box.programs.latest():
            if len(found) == LETTERS_LOOKED_AT:
                break
            letter = box.letter(id) if box.index.has(id) else None
            if letter is not None and not (entry := box.index.entry(id)).hidden:
                found.append((letter, entry.correspondent))
        return found

    def _brought(self, box: Mailbox, letters: Sequence[tuple[Letter, str]]) -> Iterator[Brought]:
        for letter, correspondent in letters:
            received = box.received(letter.id)
            came = letter.written_at if received is None else received.opened_at or received.arrived_at
            for number, part in enumerate(letter.parts):
                kind = kind_of(part.media_type)
                if kind is None:
                    continue
                state = None if part.data is not None else box.parts.get(letter.id, number)
                is_here = part.data is not None or (state is not None and state.arrived_at is not None)
                if state is not None and state.let_go_at is not None:
                    continue  # Its bytes were here, and were let go on request.
                whole = max(came, state.arrived_at) if state is not None and state.arrived_at else came
                name = self._called(letter.sender)
                told = ToldIn(letter.id, correspondent, letter.sender, name, letter.written_at, whole)
                here = part.size if is_here else state.bytes_here if state is not None else 0
                yield Brought(letter, correspondent, number, part, kind, here, told, is_here)

    async def _newest(self, look: _Look, kind: Kind, most: int) -> list[object]:
        """Return the newest that can be read of each room, or of each search."""
        read = expedition_parts.room if kind == "room" else expedition_parts.search_map
        shown: list[object] = []
        for ones in list(look.alike(kind).values())[:most]:
            for each in [one for one in ones if one.is_here][:TRIES]:
                found = await self._read(look, each, partial(read, told=each.told))
                if found is not None:
                    shown.append(found)
                    break
            look.await_newer(ones, "outlook" if kind == "room" else "map")
        return shown

    async def _runs(self, look: _Look) -> tuple[RunView, ...]:
        """Return the latest runs, each with the pieces of it that are here."""
        verdicts: dict[tuple[str, int], ReadVerdict] = {}
        for each in look.brought:
            if each.piece == "verdict" and each.is_here:
                found = await self._read(look, each, partial(expedition_parts.verdict, told=each.told))
                if isinstance(found, ReadVerdict):
                    verdicts[each.letter.id, each.number] = found
        runs = _by_run(look.brought, verdicts)
        return tuple([await self._run(look, name, ones, verdicts) for name, ones in runs[:RUNS_SHOWN]])

    async def _run(
        self,
        look: _Look,
        name: str,
        pieces: Mapping[Piece, Brought],
        verdicts: Mapping[tuple[str, int], ReadVerdict],
    ) -> RunView:
        any_piece = next(iter(pieces.values()))
        first = pieces.get("verdict")
        judged = verdicts.get((first.letter.id, first.number)) if first else None
        answer = judged.view if judged else None
        where = Window(answer.from_degc, answer.to_degc) if answer and answer.found else None
        small: object = None
        if (one := pieces.get("thumbnail")) and one.is_here:
            small = await self._read(look, one, partial(expedition_parts.thumbnail, told=one.told))
        shown = None
        for piece, read in (
            ("window", expedition_parts.window),
            ("run", expedition_parts.window_of_run),
        ):
            one = pieces.get(piece)  # type: ignore[call-overload]
            if shown is None and one is not None and one.is_here and where is not None:
                shown = await self._read(look, one, partial(read, told=one.told, where=where), where)
        whole = pieces.get("run")
        whole = whole if whole is not None and whole.is_here else None
        return RunView(
            name=name,
            from_name=self._called(any_piece.letter.sender),
            from_address=any_piece.letter.sender,
            verdict=answer,
            thumbnail=small if isinstance(small, ThumbnailView) else None,
            window=shown if isinstance(shown, WindowView) else None,
            run_letter=whole.letter.id if whole else None,
            run_part=whole.number if whole else None,
            coming=tuple(_coming(pieces, answer)),
        )

    async def _read(
        self, look: _Look, one: Brought, decode: Callable[[bytes], object], by: object = None
    ) -> object:
        """Return what a part says; None where it can't be read, which the look then tells.

        Args:
            look: what is being looked at.
            one: the part.
            decode: reads its bytes. Raises PeerError.
            by: what else the reading depends on.
        """
        key, kept = (one.letter.id, one.number, by), self._decoded[one.kind]
        found: Any = kept.get(key)
        if found is None:
            try:
                data = whole_part(self._box(), one.letter.id, one.number, PACKED_MAX_BYTES)
                found = await asyncio.to_thread(decode, data)
            except (InputError, PeerError) as error:
                found = Trouble(str(error)[:READING_CHARS])
            kept[key] = found
        kept.move_to_end(key)
        while len(kept) > DECODED_KEPT[one.kind]:
            kept.popitem(last=False)
        if not isinstance(found, Trouble):
            return found
        look.tell(one, found.why)
        return None

    def _readings(self, box: Mailbox) -> Iterator[ReadingsView]:
        """Give the latest telemetry of each vehicle and kind, those that came last of each kind."""
        latest: dict[tuple[str, str], ReadingsView] = {}
        for vehicle in box.telemetry.vehicles():
            for received_at, each in box.telemetry.readings(vehicle):
                if each.kind in KINDS:
                    name = self._vehicles.get(vehicle) or self._called(vehicle)
                    told = {key: _short(value) for key, value in each.readings.items()}
                    view = ReadingsView(each.kind, vehicle, name, each.time, received_at, told)
                    latest[each.kind, vehicle] = view
        for kind in KINDS:
            ones = [each for each in latest.values() if each.kind == kind]
            yield from sorted(ones, key=lambda each: -each.here_since)[:READINGS_SHOWN]


class _Look:
    """One look at what came: the parts, and what can't be read or is not here of them.

    Args:
        brought: the parts, what came last first.
    """

    def __init__(self, brought: Sequence[Brought]) -> None:
        self.brought = brought
        self.unread: list[UnreadPart] = []
        self.coming: list[ComingPart] = []

    def alike(self, kind: Kind) -> dict[tuple[str, str], list[Brought]]:
        """Return the parts of a kind by their author and name, the newest of each first."""
        found: dict[tuple[str, str], list[Brought]] = {}
        for each in self.brought:
            if each.kind == kind:
                found.setdefault((each.letter.sender, each.part.name), []).append(each)
        for ones in found.values():
            ones.sort(key=lambda one: -one.letter.written_at)
        return found

    def await_newer(self, ones: Sequence[Brought], what: str) -> None:
        """Tell of the newest of some parts, where it is not here whole."""
        one = ones[0]
        if not one.is_here:
            told = one.told
            self.coming.append(
                ComingPart(
                    told.letter,
                    told.correspondent,
                    told.from_name,
                    "map" if what == "map" else "outlook",
                    told.written_at,
                    one.here,
                    one.part.size,
                )
            )

    def tell(self, one: Brought, why: str) -> None:
        """Tell that a part can't be read."""
        told = one.told
        self.unread.append(
            UnreadPart(told.letter, told.correspondent, told.from_name, one.number, one.part.media_type, why)
        )


def _by_run(
    brought: Sequence[Brought], verdicts: Mapping[tuple[str, int], ReadVerdict]
) -> list[tuple[str, dict[Piece, Brought]]]:
    """Return the runs with the newest of each of their pieces, the run of which something came last first.

    Robots name a piece ``RUN.PIECE``; one that is named otherwise is of the run that its letter's only
    verdict is of.
    """
    of_letter: dict[str, set[str]] = {}
    for (letter, _), each in verdicts.items():
        of_letter.setdefault(letter, set()).add(each.run)
    runs: dict[tuple[str, str], dict[Piece, Brought]] = {}
    for one in brought:
        if (piece := one.piece) is None:
            continue
        read = verdicts.get((one.letter.id, one.number))
        here = of_letter.get(one.letter.id, set())
        name, _, ending = one.part.name.rpartition(".")
        if ending != piece:
            name = read.run if read else next(iter(here)) if len(here) == 1 else ""
        runs.setdefault((one.letter.sender, name), {}).setdefault(piece, one)
    return [(name, pieces) for (_, name), pieces in runs.items()]


def _coming(pieces: Mapping[Piece, Brought], answer: VerdictView | None) -> Iterator[ComingPiece]:
    """Give the pieces of a run that are not here; a run without a find has no window."""
    for piece in PIECES:
        one = pieces.get(piece)
        if one is not None and not one.is_here:
            yield ComingPiece(piece, one.here, one.part.size)
        elif one is None and not (piece == "window" and answer is not None and not answer.found):
            yield ComingPiece(piece)


def _short(value: Reading) -> Reading:
    return value[:READING_CHARS] if isinstance(value, str) else value
