"""Forecasts as the page shows them: a prediction, a silence, a lateness, in sentences for people.

What a node foresees are codes and facts (`messages`); `words` makes sentences of them. Here both are put
together for one reader. The moments in a sentence stay values, so the page tells them by the clock of the
person, and JSON in UTC.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from starlight.json_time import Time
from starlight.messages.forecast import Prediction
from starlight.messages.lateness import Lateness
from starlight.messages.letter_view import UNTOLD
from starlight.messages.reach import Reach, ReachCode
from starlight.messages.silence import Silence
from starlight.words import forecasts, lateness, reach, routes, silence
from starlight.words.sentence import Names, Sentence, name_of


class SilenceView(msgspec.Struct, frozen=True):
    """The reason for which nothing gets across, for people.

    Attributes:
        why: one or a few sentences.
        since: when it began, or None when unknown.
        until: when the plan opens again, or None when no end is planned.
        safe: what is safe and where, a sentence each.
    """

    why: Sentence
    since: Time | None = None
    until: Time | None = None
    safe: tuple[Sentence, ...] = ()


class ReachView(msgspec.Struct, frozen=True):
    """The state of the way to a correspondent, for people.

    Attributes:
        code: for programs, as in `ReachCode`.
        headline: in a line, such as ``Open, 209 bit/s until`` and a moment.
        detail: what that means for what is written, in a few sentences.
        since: of no contact, or of a shut way, since when.
        until: of an open way, when it closes; of a shut one, when it opens; of no contact, until when
            the plan has it open.
        letters_here: how many letters to the correspondent are safe here and have not left.
        light_time_s: one way, by the plan; None without a route.
        rate_bps: of the narrowest link of an open way; None for any, and where it is not open.
        leaves, arrives, answer_at: of a short letter that is written now; None where none is planned.
    """

    code: str
    headline: Sentence
    detail: Sentence
    since: Time | None = None
    until: Time | None = None
    letters_here: int = 0
    light_time_s: float | None = None
    rate_bps: int | None = None
    leaves: Time | None = None
    arrives: Time | None = None
    answer_at: Time | None = None


class Window(msgspec.Struct, frozen=True):
    """An interval in which letters can cross between the worlds, measured at the transmitter.

    Attributes:
        start, end: `start` in the past means that it is open now.
        via: the neighbour or the place that it leads over, for people; may be empty.
    """

    start: Time
    end: Time
    via: str = ""


class DoubtView(msgspec.Struct, frozen=True):
    """A reason for which what is predicted may not come.

    Attributes:
        code: for programs, as in `ForecastDoubtCode`.
        text: a sentence.
    """

    code: str
    text: Sentence


class PartPrediction(msgspec.Struct, frozen=True):
    """The times at which a part of a letter sent now would leave and be whole at the other end.

    Attributes:
        leaves, arrives: None where the plan knows no route for all of it.
    """

    leaves: Time | None = None
    arrives: Time | None = None


class PredictionView(msgspec.Struct, frozen=True):
    """The times at which a letter sent now would leave and arrive, and an answer could come.

    Attributes:
        leaves, arrives, answer_at: None where the plan knows no route.
        route: one sentence a hop.
        silence: why it has to wait, if it has to.
        size_bytes: the size of the letter as it will be sent.
        fragments: in how many it travels, because no contact carries it whole; `route` is that of the last.
        doubts: what speaks against it.
        unhurried_at: as `answer_at`, if they take five minutes.
        plain_text: what it leaves out, where it goes as its words alone; None where it does not.
        parts: of each part of the draft, in order.
        stays: why it stays here until nobody knows when, after the words that it does; None where it leaves
            by itself.
    """

    leaves: Time | None
    arrives: Time | None
    answer_at: Time | None
    route: tuple[Sentence, ...] = ()
    silence: SilenceView | None = None
    size_bytes: int = 0
    # The API's key is older than the name, and programs read it; so it is with a letter's.
    fragments: int = msgspec.field(default=1, name="pieces")
    doubts: tuple[DoubtView, ...] = ()
    unhurried_at: Annotated[Time | None, UNTOLD] = None
    plain_text: Sentence | None = None
    parts: tuple[PartPrediction, ...] = ()
    stays: Sentence | None = None


class RefusalView(msgspec.Struct, frozen=True):
    """A route that looks faster than the one that was chosen, and what it fails at.

    Attributes:
        looked_like: when it seemed to arrive.
        contacts: the ids of its contacts.
        headline: which route it is, in a line.
        sentences: one a contact, up to the one that decides.
    """

    looked_like: Time
    contacts: tuple[int, ...]
    headline: Sentence
    sentences: tuple[Sentence, ...]


class LatenessView(msgspec.Struct, frozen=True):
    """The reasons for which a letter is not there sooner.

    Attributes:
        now: as of when.
        size_bytes: the size of the letter as it is sent.
        first: sentences that come before all others: why it is silent, what the time is spent on, and
            whether nothing looks faster.
        reasons: routes that look faster; may be empty.
    """

    now: Time
    size_bytes: int
    first: tuple[Sentence, ...] = ()
    reasons: tuple[RefusalView, ...] = ()


def silence_view(found: Silence, names: Names) -> SilenceView:
    """Return a silence for people; names are those of the nodes."""
    return SilenceView(silence.why(found, names), found.since, found.until, silence.safe(found, names))


def reach_view(found: Reach, names: Names) -> ReachView:
    """Return the state of the way to a correspondent for people; names are those of the nodes."""
    return ReachView(
        code=found.code.value,
        headline=reach.headline(found, names),
        detail=reach.detail(found, names),
        since=found.since,
        until=found.until,
        letters_here=found.letters_here,
        light_time_s=found.light_time_s,
        rate_bps=found.rate_bps,
        leaves=found.leaves,
        arrives=found.arrives,
        answer_at=found.answer_at,
    )


def silence_of(found: ReachView) -> SilenceView | None:
    """Return why nothing gets across to a correspondent now; None while letters do."""
    if found.code in (ReachCode.HERE, ReachCode.OPEN):
        return None
    return SilenceView(found.detail or found.headline, found.since, found.until)


def window_of(found: Reach, names: Names) -> Window | None:
    """Return the interval in which letters cross by a way, now or next; None while none is foreseen."""
    if found.code is ReachCode.OPEN and found.leaves is not None and found.until is not None:
        return Window(found.leaves, found.until, name_of(found.peer, names))
    if found.code is ReachCode.SHUT and found.until is not None and found.closes is not None:
        return Window(found.until, found.closes, name_of(found.waits_at, names))
    return None


def prediction_view(found: Prediction, names: Names) -> PredictionView:
    """Return a prediction for people; names are those of the nodes."""
    return PredictionView(
        leaves=found.leaves,
        arrives=found.arrives,
        answer_at=found.answer_at,
        route=routes.hops(found.route, names) if found.route else (),
        silence=silence_view(found.silence, names) if found.silence else None,
        size_bytes=found.size_bytes,
        fragments=found.fragments,
        doubts=tuple(DoubtView(each.code.value, forecasts.doubt(each, names)) for each in found.doubts),
        unhurried_at=found.unhurried_at,
    )


def lateness_view(found: Lateness, names: Names, reach: Reach | None) -> LatenessView:
    """Return a lateness for people; names are those of the nodes, `reach` is of what waits here."""
    reasons = tuple(
        RefusalView(
            looked_like=refusal.looked_like,
            contacts=tuple(contact.id for contact in refusal.contacts),
            headline=routes.headline(refusal),
            sentences=routes.refused(refusal, names),
        )
        for refusal in found.refusals
    )
    first = lateness.opening_sentences(found, names, reach)
    return LatenessView(found.now, found.size_bytes, first, reasons)
