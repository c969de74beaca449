"""A robot's answer to a letter: what it found, what waits, when the next contact is; runs asked for."""

from __future__ import annotations

import re

from starlight.dtntime import to_text
from starlight.laboratory.contact_share import HERE, ways_to
from starlight.laboratory.kept_runs import KeptRun, KeptRuns
from starlight.laboratory.robot_file import Robot
from starlight.laboratory.robot_words import instrument_words
from starlight.laboratory.run_inbox import NAME_MAX_CHARS
from starlight.messages.correspondent import Desk
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.messages.urgency import Priority
from starlight.visible_text import visible

FINDS_TOLD = 5
"""Finds that an answer lists, the latest first."""

ASKED_MAX = 16
"""Runs that one letter can ask for."""


def answer(letter: Letter, robot: Robot, kept: KeptRuns, to_judge: int, desk: Desk) -> str:
    """Return the answer to a letter; runs that it names wait to be sent again, whole.

    Args:
        letter: of one who is told.
        robot: that answers.
        kept: its runs.
        to_judge: how many runs wait to be judged.
        desk: what may be asked.
    """
    about = _asked(letter, kept)
    return "\n\n".join(each for each in (about, _found(letter.sender, robot, kept, to_judge, desk)) if each)


def _asked(letter: Letter, kept: KeptRuns) -> str:
    """Have the runs that a letter names wait again; return what becomes of each."""
    runs = _named(letter.text, kept)
    lines = [
        f"{run.name}: the whole run waits to be sent."
        if kept.ask_again(run.number, letter.sender)
        else f"{run.name}: the whole run is kept no more."
        for run in runs
    ]
    known = {word for run in runs for word in run.name.casefold().split()}
    wanted = [each.strip(".,;!?\"'") for each in re.findall(r"\bsend\s+(\S+)", letter.text, re.IGNORECASE)]
    unknown = [visible(each)[:NAME_MAX_CHARS] for each in wanted if each and each.casefold() not in known]
    return "\n".join([*lines, *(f"{name}: no such run is kept." for name in unknown[:ASKED_MAX])])


def _named(text: str, kept: KeptRuns) -> list[KeptRun]:
    """Return the runs whose names are words of a text; of several with one name the latest."""
    named: dict[str, KeptRun] = {}
    for run in reversed(kept.runs):
        name = run.name.casefold()
        if name not in named and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text.casefold()):
            named[name] = run
    return list(named.values())[:ASKED_MAX]


def _found(to: str, robot: Robot, kept: KeptRuns, to_judge: int, desk: Desk) -> str:
    finds = [run for run in reversed(kept.runs) if run.found][:FINDS_TOLD]
    older = kept.found - len(finds)
    waiting = kept.waiting(to)
    size = sum(part.link_bytes for part in waiting)
    lines = [
        f"{instrument_words(robot)}: {_count(kept.judged, 'run')} judged, {kept.found} with an organic "
        f"marker above background, {kept.unanswered} without an answer.",
        *(f"{run.name}: {run.statement}." for run in finds),
        f"Finds before these: {older}." if older and finds else "",
        f"{_count(to_judge, 'run')} to be judged." if to_judge else "",
        f"To be sent to you: {_count(len(waiting), 'part')}, {size} bytes with their letters."
        if waiting
        else "Nothing is left to be sent to you.",
        _contact(to, robot, desk),
    ]
    return "\n".join(line for line in lines if line)


def _contact(to: str, robot: Robot, desk: Desk) -> str:
    if any(way.ends == HERE for way in ways_to(desk, to, urgent=False)):
        return ""
    room = desk.room(Draft(to, "", priority=Priority.BULK))
    if room is None:
        return "No way to you is known."
    return (
        f"The next contact: {to_text(room.leaves)} to {to_text(room.ends)}, {room.bytes} bytes free. "
        f"Parts of runs take at most {robot.share:.0%} of what is free in a contact."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
