"""The pace of a demo in words."""

from __future__ import annotations

HEADING = "Pace of the demo"
NEXT = "Next:"
NOTHING_KNOWN = "nothing is announced here"
GO_ON = "Go on to what comes next"
GOES_ON = "Going on to what comes next…"


def label(rate: float) -> str:
    """Return a rate in a few characters."""
    return "Pause" if rate == 0 else f"{rate:g}×"


def meaning(rate: float) -> str:
    """Return what a rate means, as a sentence without its full stop."""
    if rate == 0:
        return "Mission time stands"
    if rate == 1:
        return "As fast as life"
    for length, one, many in (
        (3600, "an hour", "hours"),
        (60, "a minute", "minutes"),
        (1, "a second", "seconds"),
    ):
        if rate >= length:
            number = rate / length
            return f"A second is {one if number == 1 else f'{number:g} {many}'} of the mission"
    return f"A second of the mission takes {1 / rate:g} seconds"
