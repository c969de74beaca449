"""The correspondents of a node's file: programs with a mailbox that tell of a place, such as a greenhouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from starlight import dtntime
from starlight.app.node_links import check_address
from starlight.bundle import EndpointID
from starlight.extras import require
from starlight.messages.correspondent import Correspondent, Maker
from starlight.messages.draft import destination
from starlight.scenario.file_errors import FileErrors

TELLS_MAX = 16
"""Those whom a correspondent tells: as many as telemetry goes to."""

Number = Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]


class CorrespondentSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A program that lives at this node, reads what comes to its mailbox, and writes.

    Attributes:
        kind: ``greenhouse`` tells of the air of a sealed room, and warns of the limit that comes first.
        name: by which people know it.
        service: the number of its mailbox.
        file: its own file; relative to the node's.
        since: from when the room is as that file says; empty for the node's first start with it.
        tells: the addresses that it writes to, and answers.
        hears: the addresses of vehicles whose telemetry it takes for measured.
    """

    kind: Literal["greenhouse"]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    service: Number
    file: Annotated[str, msgspec.Meta(min_length=1)]
    tells: Annotated[list[str], msgspec.Meta(min_length=1, max_length=TELLS_MAX)]
    since: str = ""
    hears: Annotated[list[str], msgspec.Meta(max_length=TELLS_MAX)] = []

    def address(self, node: int) -> str:
        """Return the address of its mailbox at a node."""
        return str(EndpointID.ipn(node, self.service))


def check_correspondents(
    correspondents: Sequence[CorrespondentSpec], taken: Mapping[int, str], errors: FileErrors
) -> None:
    """Check that each has a number of its own, and addresses that there can be.

    Args:
        correspondents: of the node.
        taken: what else has which service number, in words.
        errors: takes what is wrong.
    """
    known = dict(taken)
    for index, each in enumerate(correspondents):
        key = f"correspondent[{index}]"
        if each.service in known:
            what = f"{key}.service = {each.service} is taken by {known[each.service]}"
            errors.add(f"{key}.service", what, "Each has a number of its own")
        known[each.service] = key
        for name in ("tells", "hears"):
            for place, address in enumerate(getattr(each, name)):
                errors.guard(f"{key}.{name}[{place}]", partial(check_address, address))
        if each.since:
            errors.guard(f"{key}.since", partial(dtntime.from_text, each.since))


def makers_of(node: int, correspondents: Sequence[CorrespondentSpec], base: Path) -> list[Maker]:
    """Return what makes the correspondents of a node.

    Args:
        node: its number.
        correspondents: of its file, checked.
        base: the folder of that file.

    Raises:
        InputError: the file of one is wrong, or a library that it needs is not installed.
    """
    return [_maker(node, each, base) for each in correspondents]


def _maker(node: int, spec: CorrespondentSpec, base: Path) -> Maker:
    # Loaded here: a node without a greenhouse needs none of its libraries.
    from starlight.app.greenhouse_file import load
    from starlight.greenhouse.correspondent import GreenhouseKeeper

    require("scipy", "expedition", f"correspondent {spec.name!r}")
    facility = load(base / spec.file)
    since = dtntime.from_text(spec.since) if spec.since else None
    tells = [destination(each) for each in spec.tells]
    hears = [destination(each) for each in spec.hears]

    def make() -> Correspondent:
        return GreenhouseKeeper(spec.address(node), facility, since, tells, hears)

    return make
