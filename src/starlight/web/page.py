"""Views as HTML: the whole page, and the parts of it that are swapped while it is open.

Jinja's autoescape is on for every template; only what a template has made is let through as it
is, where a part is set into the page.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from starlight import dtntime
from starlight.messages.letter_view import LetterView
from starlight.web import localtime, wire
from starlight.web.views import (
    Clock,
    Conversation,
    Crossing,
    LatenessView,
    MailboxView,
    Orbits,
    PageStatus,
    Person,
    PredictionView,
)
from starlight.words import doubt, lateness, letters, silence
from starlight.words.sentence import Sentence

HERE = Path(__file__).parent
PARTS = ("conversations", "letters", "silence", "flights", "telemetry", "storm")
"""The parts of the page that change while it is open, each in a template of its own."""

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class PageView:
    """One person's page at one moment, ready to be rendered.

    Args:
        people: everyone to choose from.
        mailbox: the person's, opened at a correspondent.
        status: what else moves.
        before: the letter id that the shown letters are before, or None for the latest.
    """

    def __init__(
        self, people: tuple[Person, ...], mailbox: MailboxView, status: PageStatus, before: str | None = None
    ) -> None:
        self.people = people
        self.mailbox = mailbox
        self.status = status
        self.before = before

    def page(self, orbits: Orbits, prediction: PredictionView | None) -> str:
        """Return the whole page."""
        parts = {name: self.part(name) for name in PARTS}
        return _render(
            "page.html",
            self._context(orbits=orbits, prediction=prediction, parts=parts, message=_wire_status),
        )

    def parts(self) -> str:
        """Return every part, each marked to take the place of the one with its id."""
        return "\n".join(self.part(name, swap=True) for name in PARTS)

    def part(self, name: str, *, swap: bool = False) -> str:
        """Return one part; `data-version` tells the page whether it differs from what is there."""
        context = self._context(swap="", version="")
        version = hashlib.sha256(_render(f"{name}.html", context).encode()).hexdigest()[:12]
        return _render(f"{name}.html", context | {"swap": "true" if swap else "", "version": version})

    def prediction(self, prediction: PredictionView) -> str:
        """Return the prediction under the letter being written."""
        return _render("prediction.html", self._context(prediction=prediction))

    def lateness(self, lateness: LatenessView, *, whole: bool = False) -> str:
        """Return why a letter is late, for its disclosure, or as a page of its own."""
        return _render("why_page.html" if whole else "why.html", self._context(lateness=lateness))

    def _context(self, **more: object) -> dict[str, object]:
        person, clock = self.mailbox.person, self.status.sky.clock
        base = f"/people/{person.id}"
        shown = {"with": self.mailbox.correspondent} | ({"before": self.before} if self.before else {})
        return {
            "people": self.people,
            "person": person,
            "mailbox": self.mailbox,
            "status": self.status,
            "clock": clock,
            "sides": _sides(clock, person.world, _other(self.mailbox)),
            "base": base,
            "parts_url": f"{base}/parts?{urlencode(shown)}",
            "shown": urlencode(shown),
            "before": self.before,
            "other": _other(self.mailbox),
            "next_moment": next_moment(self.mailbox, self.status),
            "moment": lambda at, world=person.world: _Moment(clock, world, at),
            "instant": lambda at: _Moment(clock, person.world, at, seconds=True),
            "bits": lambda sentence: _bits(clock, person.world, sentence),
            "exact": lambda sentence: _bits(clock, person.world, sentence, seconds=True),
            "state_text": lambda letter: letters.state_text(letter, clock.now),
            **more,
        }


def _sides(clock: Clock, world: str, other: Conversation | None) -> list[str]:
    """Return the names of the two worlds whose clocks are shown, in the order of the mission's.

    They are the person's own and the correspondent's; where both are one world, the first other one.
    """
    far = [other.world] if other and other.world in clock.worlds else []
    far += clock.worlds
    shown = {world, next((name for name in far if name != world), world)}
    return [name for name in clock.worlds if name in shown]


class _Moment:
    """A time for a template: its three ways of being written."""

    def __init__(self, clock: Clock, world: str, at: int, *, seconds: bool = False) -> None:
        self.words = localtime.when(clock, world, at, seconds=seconds)
        self.utc = localtime.utc_words(at)
        self.iso = dtntime.to_text(at, 3)


def _bits(clock: Clock, world: str, sentence: Sentence, *, seconds: bool = False) -> list[str | _Moment]:
    """Return a sentence for a template: its text, and its moments as the page tells them.

    Args:
        clock, world: by which the reader tells the time.
        sentence: what is said.
        seconds: tell the time to the second, as of a route, which is decided by seconds.
    """
    return [
        part if isinstance(part, str) else _Moment(clock, world, part.at, seconds=seconds)
        for part in sentence.parts
    ]


def next_moment(mailbox: MailboxView, status: PageStatus) -> int | None:
    """Return when what is shown will next read differently by the passing of time alone, in ns."""
    moments = [fact.time for letter in mailbox.letters for fact in letter.facts]
    moments += [letter.receipt_at for letter in mailbox.letters if letter.receipt_at is not None]
    moments += [at for flight in status.flights for at in (flight.departed, flight.arrives)]
    if status.sky.window is not None:
        moments += [status.sky.window.start, status.sky.window.end]
    if status.silence is not None and status.silence.until is not None:
        moments.append(status.silence.until)
    if status.conjunction is not None:
        near = status.conjunction
        moments += [near.enter, near.leave, near.last_departure]
    return min((at for at in moments if at > status.sky.clock.now), default=None)


def error_page(status: int, error: str, where: str, right: str) -> str:
    """Return a page that tells what went wrong, and what would be right."""
    return _render("error.html", {"status": status, "error": error, "where": where, "right": right})


def closed() -> str:
    """Return the page for someone who has not opened Starlight by its whole address."""
    return _render("closed.html", {})


def _other(mailbox: MailboxView) -> Conversation | None:
    return next((one for one in mailbox.conversations if one.address == mailbox.correspondent), None)


def _wire_status(status: PageStatus) -> str:
    return wire.dumps(status).decode()


def _letter_key(letter: LetterView | str) -> str:
    """Return an id for HTML: a letter's own may have any characters."""
    own = letter if isinstance(letter, str) else letter.id
    return "l" + hashlib.sha256(own.encode()).hexdigest()[:12]


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


def _svg_path(points: tuple[tuple[float, float], ...]) -> str:
    """Return a closed orbit as SVG path data; the ecliptic's y grows upwards, SVG's down."""
    return "M" + "L".join(f"{x:.4f} {-y:.4f}" for x, y in points) + "Z"


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.3f}° {positive if value >= 0 else negative}"


def _in_flight(flights: tuple[Crossing, ...], now: int) -> list[Crossing]:
    return [flight for flight in flights if flight.departed <= now < flight.arrives]


def _embedded(part: str) -> Markup:
    """Return a part that this module has rendered, to stand in the page as it is."""
    return Markup(part)


def _render(template: str, context: dict[str, object]) -> str:
    return _environment.get_template(template).render(context)


_environment.filters |= {
    "key": _letter_key,
    "initials": _initials,
    "quoted": lambda text: quote(text, safe=""),
    "query": urlencode,
    "svg_path": _svg_path,
    "degrees": _degrees,
    "in_flight": _in_flight,
    "embedded": _embedded,
    "urgency": letters.urgency,
    "number": lambda value, digits=0: f"{value:,.{digits}f}".replace(",", "\u202f"),
    "duration": lambda seconds: dtntime.duration_text(round(seconds * dtntime.SECOND)),
}
_environment.globals |= {
    "STEPS": letters.STEPS,
    "SILENCE": silence,
    "note": doubt.note,
    "in_fragments": lateness.in_fragments,
    "reading": localtime.reading,
}
