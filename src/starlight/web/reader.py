"""The reader of a page: a person, and how moments read on the clocks around them.

What is shown while somebody writes, a prediction or a lateness, needs no more than that: neither the
mailbox nor what is in transit is looked at for it.
"""

from __future__ import annotations

from functools import partial

from starlight import dtntime
from starlight.dtntime import MINUTE, SECOND
from starlight.messages.settings import AT_FIRST, Settings
from starlight.views.forecasts import LatenessView, PredictionView
from starlight.views.mailbox import Person, Recipient
from starlight.views.sky import Clock
from starlight.web import localtime, wire
from starlight.web.navigation import views_for
from starlight.web.render import render
from starlight.words import flight, later, letters, parts
from starlight.words.sentence import Moment, Sentence

FEW_MINUTES = 2 * MINUTE
"""Below so much between departure and arrival, times are told to the second."""

RACING = 30.0
"""Mission seconds a second from which on the seconds of a clock only flicker."""


class TimeTag:
    """A moment for a template, in the three forms that a ``<time>`` has.

    Attributes:
        words: as the reader's wall tells it.
        utc: the same in UTC, for who points at it.
        iso: for the page's script.
    """

    def __init__(
        self, clock: Clock, world: str, at: int, *, seconds: bool = False, beside: int | None = None
    ) -> None:
        self.words = localtime.when(clock, world, at, seconds=seconds, beside=beside)
        self.utc = localtime.utc_words(at)
        self.iso = dtntime.to_text(at, 3)


class Countdown:
    """The time that is left until a moment, for an element with ``role="timer"``.

    Attributes:
        words: such as ``in 15 min``.
        iso: the moment, for the page's script, which counts on.
    """

    def __init__(self, clock: Clock, at: int) -> None:
        self.words = localtime.until_words(at - clock.now)
        self.iso = dtntime.to_text(at, 3)


class Reader:
    """Someone who reads a page at one moment.

    Args:
        person: who it is.
        clock: mission time, and how both worlds read it.
        settings: what the person has chosen.
        told: programs of an expedition have told the person something.
    """

    def __init__(
        self, person: Person, clock: Clock, settings: Settings = AT_FIRST, *, told: bool = False
    ) -> None:
        self.person = person
        self._views = views_for(told=told)
        self.clock = clock
        self.settings = settings

    @property
    def base(self) -> str:
        """Return the address of the person's page."""
        return f"/people/{self.person.id}"

    def moment(
        self, at: int, world: str | None = None, *, seconds: bool = False, beside: int | None = None
    ) -> TimeTag:
        """Return a moment as it reads on the person's world, or on another; `beside` as in `told`."""
        return TimeTag(self.clock, world or self.person.world, at, seconds=seconds, beside=beside)

    def foreseen(
        self, at: int, world: str | None = None, *, seconds: bool = False, beside: int | None = None
    ) -> TimeTag:
        """Return a predicted moment: rounded up, so that nothing comes before it was said to.

        Args:
            at: in ns.
            world: by whose clock; None is the person's.
            seconds: tell it to the second, as where light takes less than minutes.
            beside: as in `told`.
        """
        if seconds:
            return self.moment(-(-at // SECOND) * SECOND, world, seconds=True, beside=beside)
        shown = localtime.up_to_minute(self.clock, world or self.person.world, at)
        return self.moment(shown, world, beside=beside)

    def told(
        self,
        sentence: Sentence,
        *,
        seconds: bool = False,
        predicted: bool = False,
        beside: int | None = None,
    ) -> list[str | TimeTag]:
        """Return the parts of a sentence: text as it is, and its moments as the wall tells them.

        Args:
            sentence: what is said.
            seconds: tell the time to the second, as of a route, which is decided by seconds.
            predicted: its moments are foreseen.
            beside: a moment, in ns, of the day that stands above; None is now.
        """
        tell = self.foreseen if predicted else self.moment
        return [
            part if isinstance(part, str) else tell(part.at, seconds=seconds, beside=beside)
            for part in sentence.parts
        ]

    def countdown(self, sentence: Sentence) -> Countdown | None:
        """Return the way to the first moment of a sentence that is yet to come; None where none is."""
        ahead = (part.at for part in sentence.parts if isinstance(part, Moment) and part.at > self.clock.now)
        return next((Countdown(self.clock, at) for at in ahead), None)

    def prediction(self, found: PredictionView, to: Recipient | None, address: str) -> str:
        """Return the prediction under the letter being written.

        Args:
            found: what is foreseen.
            to: who it goes to, if anybody knows.
            address: where it goes.
        """
        return render("prediction.html", self.context(prediction=found, other=to, address=address))

    def lateness(self, found: LatenessView) -> str:
        """Return why a letter is late, for its disclosure."""
        return render("why.html", self.context(lateness=found))

    def lateness_page(self, found: LatenessView, back: str) -> str:
        """Return why a letter is late as a page of its own; `back` is the address of the letters."""
        return render("why_page.html", self.context(lateness=found, back=back))

    def view(self, name: str, *, unread: int = 0, **more: object) -> str:
        """Return one of the views (`navigation.VIEWS`) as a whole page.

        Args:
            name: of the view, and so of its template.
            unread: letters that nobody has read yet, for the navigation and the title.
            more: what its template needs besides.
        """
        return render(f"{name}.html", self.context(view=name, unread=unread, **more))

    def in_seconds(self, leaves: int | None, arrives: int | None) -> bool:
        """Return whether what crosses between two moments is told to the second: minutes would hide it."""
        if leaves is None or arrives is None:
            return False
        # Where light takes no time at all, or the clock races, nobody counts seconds.
        return 0 < arrives - leaves < FEW_MINUTES and 0 < self.clock.rate <= RACING

    def context(self, **more: object) -> dict[str, object]:
        """Return what every template may use, and more."""
        # StrictUndefined makes a template name what it needs, so all of them get the same.
        return {
            "person": self.person,
            "clock": self.clock,
            "base": self.base,
            "settings": self.settings,
            # For the page's script: what sounds, and when it is quiet by which clock.
            "settings_told": lambda: wire.dumps(self.settings).decode(),
            "clock_told": lambda: wire.dumps(self.clock).decode(),
            "view": "",
            "views": self._views,
            "unread": 0,
            "moment": self.moment,
            "foreseen": self.foreseen,
            "countdown": self.countdown,
            "until": partial(Countdown, self.clock),
            "in_seconds": self.in_seconds,
            "foretold": partial(self.told, predicted=True),
            "instant": partial(self.moment, seconds=True),
            "bits": self.told,
            "exact": partial(self.told, seconds=True),
            "opens_text": lambda letter: later.opens(letter, self.clock.now),
            "part_text": lambda part: parts.part_text(part, self.clock.now),
            "premiere_text": lambda premiere: parts.premiere_text(premiere, self.clock.now),
            "state_text": lambda letter: letters.state_text(letter, self.clock.now),
            "track_text": lambda track, names: flight.state(track, self.clock.now, names),
            **more,
        }
