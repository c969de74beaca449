"""The correspondents of a node's file, checked and made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from starlight import dtntime
from starlight.app.node_links import check_address
from starlight.correspondents import makers
from starlight.messages.correspondent import Maker
from starlight.messages.draft import destination
from starlight.scenario.file_errors import FileErrors
from starlight.scenario.programs import CorrespondentSpec


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
        if each.since and each.kind != "greenhouse":
            what = f"{key}.since = {each.since!r} is of a {each.kind}"
            errors.add(f"{key}.since", what, "Only a greenhouse begins at a moment; leave it out")


def makers_of(node: int, correspondents: Sequence[CorrespondentSpec], base: Path) -> list[Maker]:
    """Return what makes the correspondents of a node.

    Args:
        node: its number.
        correspondents: of its file, checked.
        base: the folder of that file.

    Raises:
        InputError: the file of one is wrong, or a library that it needs is not installed.
    """
    return makers.makers_of(
        [
            makers.Program(
                each.kind,
                each.name,
                each.address(node),
                base / each.file,
                tuple(map(destination, each.tells)),
                tuple(map(destination, each.hears)),
                dtntime.from_text(each.since) if each.since else None,
            )
            for each in correspondents
        ]
    )
