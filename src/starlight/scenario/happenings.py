"""Happenings of a scenario besides letters: reports, storms, calls for help, answers, the story's beats."""

from __future__ import annotations

from typing import Annotated

import msgspec

from starlight.scenario.network import Name


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


Minutes = Annotated[float, msgspec.Meta(ge=0, le=52_596_000)]
"""A century at most, as a lifetime; so that no sum of them leaves the calendar."""


class DistressSpec(_Spec, frozen=True, rename={"from_": "from"}):
    """A call for help that somebody raises in a rehearsal.

    Attributes:
        at: when.
        from_: the mailbox of the caller, ``person@node``.
        to: the mailboxes and groups, by name, that it goes to.
        text: words, if there are any.
        answered_by: who of them answers; nobody when empty.
        answered_after_min: how long after it came there.
        ended_at: when the caller ends it; never when empty.
    """

    at: str
    from_: str
    to: Annotated[list[str], msgspec.Meta(min_length=1, max_length=64)]
    text: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    answered_by: str = ""
    answered_after_min: Minutes = 30.0
    ended_at: str = ""


class AnswerSpec(_Spec, frozen=True, rename={"from_": "from"}):
    """An answer that is given in a demo to what a visitor writes.

    Attributes:
        from_: a person's id, or the name of a node that sends reports.
        text: several answers, which are taken in turn.
        to: the ids of those whose letters they fit; anyone's when there are none.
        about: words, one of which the letter holds that they fit; any letter when there are none.
        after_min: how long after it was read a letter is answered.
    """

    from_: Name
    text: Annotated[list[str], msgspec.Meta(min_length=1)]
    to: list[Name] = []
    about: list[str] = []
    after_min: Minutes = 20.0


class OutlookSpec(_Spec, frozen=True):
    """Something that is to come, as some people of a demo know it.

    Attributes:
        people: their ids.
        known: since when they know; from the start when absent.
        at: when it is to come.
        text: a sentence, for them.
    """

    people: Annotated[list[Name], msgspec.Meta(min_length=1)]
    at: str
    text: str
    known: str = ""


class TelemetrySpec(_Spec, frozen=True, rename={"from_": "from"}):
    """Reports of a vehicle.

    Attributes:
        from_: the node that reports; to: the addresses that it reports to.
        at, every_min, last: the first, the interval, the last.
        readings: name to a value, or to ``[first, last]`` between which the series moves evenly.
        kind: what kind of report it is; the node's name when empty.
    """

    from_: Name
    to: list[str]
    at: str
    readings: dict[str, float | str | tuple[float, float]]
    every_min: Annotated[float, msgspec.Meta(gt=0, le=52_596_000)] | None = None
    last: str = ""
    kind: Annotated[str, msgspec.Meta(max_length=60)] = ""


class StormSpec(_Spec, frozen=True):
    """An interval in which links carry nothing.

    Attributes:
        start, end: when links fall and rise again.
        forecast_end: until when people first believe that it lasts.
        links: pairs of nodes, both directions.
        text: why, for people.
        learned_after_min: how long after the fall, and after the rise, those know who notice it.
        world: over which it blows, where it is noticed first; when absent, the world of an end of its links
            that is not the scenario's first.
        noticed_by: the nodes that notice it so, and amend the plan; when absent, the ends of its links on
            its world. Others learn of it from them, by bundle.
    """

    start: str
    end: str
    links: list[tuple[Name, Name]]
    text: str
    forecast_end: str = ""
    learned_after_min: Minutes = 10.0
    world: str = ""
    noticed_by: list[Name] = []


class ReadSpec(_Spec, frozen=True):
    """A person reads all that lies in a mailbox."""

    at: str
    mailbox: str


class BeatSpec(_Spec, frozen=True):
    """A beat of the story: the first trace record after `after` that matches.

    Attributes:
        title: what people are told.
        what: the kind of the record.
        facts: what its facts must contain (text: as a part).
        after: not before this time.
        remark: what is told with it, such as where a film and physics differ.
    """

    title: str
    what: str
    facts: dict[str, str | int] = {}
    node: str = ""
    after: str = ""
    remark: str = ""
