"""The reader of a page: a person, and how moments read on the clocks around them.

What is shown while somebody writes, a prediction or a lateness, needs no more than that: neither the
mailbox nor what is in transit is looked at for it.
"""

from __future__ import annotations

from functools import partial

from starlight import dtntime
from starlight.web import localtime
from starlight.web.forecast_view import LatenessView, PredictionView
from starlight.web.render import render
from starlight.web.views import Clock, Person, Recipient
from starlight.words import letters
from starlight.words.sentence import Sentence


class TimeTag:
    """A moment for a template, in the three forms that a ``<time>`` has.

    Attributes:
        words: as the reader's wall tells it.
        utc: the same in UTC, for who points at it.
        iso: for the page's script.
    """

    def __init__(self, clock: Clock, world: str, at: int, *, seconds: bool) -> None:
        self.words = localtime.when(clock, world, at, seconds=seconds)
        self.utc = localtime.utc_words(at)
        self.iso = dtntime.to_text(at, 3)


class Reader:
    """Someone who reads a page at one moment.

    Args:
        person: who it is.
        clock: mission time, and how both worlds read it.
    """

    def __init__(self, person: Person, clock: Clock) -> None:
        self.person = person
        self.clock = clock

    @property
    def base(self) -> str:
        """Return the address of the person's page."""
        return f"/people/{self.person.id}"

    def moment(self, at: int, world: str | None = None, *, seconds: bool = False) -> TimeTag:
        """Return a moment as it reads on the person's world, or on another."""
        return TimeTag(self.clock, world or self.person.world, at, seconds=seconds)

    def told(self, sentence: Sentence, *, seconds: bool = False) -> list[str | TimeTag]:
        """Return the parts of a sentence: text as it is, and its moments as the wall tells them.

        Args:
            sentence: what is said.
            seconds: tell the time to the second, as of a route, which is decided by seconds.
        """
        return [
            part if isinstance(part, str) else self.moment(part.at, seconds=seconds)
            for part in sentence.parts
        ]

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

    def context(self, **more: object) -> dict[str, object]:
        """Return what every template may use, and more."""
        # StrictUndefined makes a template name what it needs, so all of them get the same.
        return {
            "person": self.person,
            "clock": self.clock,
            "base": self.base,
            "moment": self.moment,
            "instant": partial(self.moment, seconds=True),
            "bits": self.told,
            "exact": partial(self.told, seconds=True),
            "state_text": lambda letter: letters.state_text(letter, self.clock.now),
            **more,
        }
