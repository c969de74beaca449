"""The pace of a demo in words."""

from __future__ import annotations

from starlight.words.language import _

HEADING = "Pace of the demo"
NEXT = "Next:"
NOTHING_KNOWN = "nothing is announced here"
GO_ON = "Go on to what comes next"
GOES_ON = "Going on to what comes next…"
AN_HOUR, HOURS = "A second is an hour of the mission", "A second is {number} hours of the mission"
A_MINUTE, MINUTES = "A second is a minute of the mission", "A second is {number} minutes of the mission"
A_SECOND, SECONDS = "A second is a second of the mission", "A second is {number} seconds of the mission"
SLOWER = "A second of the mission takes {number} seconds"


def label(rate: float) -> str:
    """Return a rate in a few characters."""
    return _("Pause") if rate == 0 else f"{rate:g}×"


def meaning(rate: float) -> str:
    """Return what a rate means, as a sentence without its full stop."""
    if rate == 0:
        return _("Mission time stands")
    if rate == 1:
        return _("As fast as life")
    for length, one, many in (
        (3600, AN_HOUR, HOURS),
        (60, A_MINUTE, MINUTES),
        (1, A_SECOND, SECONDS),
    ):
        if rate >= length:
            number = rate / length
            return _(one) if number == 1 else _(many, number=f"{number:g}")
    return _(SLOWER, number=f"{1 / rate:g}")
