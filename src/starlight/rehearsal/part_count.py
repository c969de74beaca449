"""The parts of letters in a rehearsal, counted: those that are whole where they went, and those to come."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from starlight.bundle import EndpointID
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.letter import Letter
from starlight.messages.parts import Part
from starlight.postoffice.postoffice import PostOffice
from starlight.rehearsal.outcome import RehearsalReport


def count_parts(
    offices: Mapping[int, PostOffice], held: Collection[str], end: int, report: RehearsalReport
) -> None:
    """Count the parts of all letters that arrived; one that is neither whole nor to come is lost.

    Args:
        offices: by node number.
        held: the keys of the bundles that some node or link has at the end.
        end: in ns.
        report: takes the counts and what is wrong.
    """
    for office in offices.values():
        for box in office.mailboxes.values():
            for letter in box.inbox():
                for number, part in enumerate(letter.parts):
                    report.parts += 1
                    if _is_whole(box, letter, number, part):
                        report.parts_whole += 1
                    elif _is_to_come(offices, letter, number, held):
                        report.parts_waiting += 1
                    else:
                        told = f"part {number} of {letter.id} is lost: nobody has it, and nobody will send it"
                        report.tell(end, office.node, letter.id, "lost", told)


def _is_whole(box: Mailbox, letter: Letter, number: int, part: Part) -> bool:
    if part.data is not None:
        return True
    state = box.parts.get(letter.id, number)
    return state is not None and state.arrived_at is not None


def _is_to_come(
    offices: Mapping[int, PostOffice], letter: Letter, number: int, held: Collection[str]
) -> bool:
    """Return whether a bundle of a part is somewhere, or its author's mailbox will act on it yet."""
    office = offices.get(EndpointID.parse(letter.sender).node_number or 0)
    box = None if office is None else office.mailboxes.get(letter.sender)
    sent = None if box is None else box.sent(letter.id)
    if sent is None:
        return False
    courses = [dispatch for dispatch in sent.parts if dispatch.part == number]
    # Open alone says little: what vanished on its way is open for ever, if nothing ever sends it again.
    return any(
        each.attempts.due is not None or any(copy.key in held for copy in each.copies) for each in courses
    )
