"""Durations for people, with the units of the language that is spoken."""

from __future__ import annotations

import re

from starlight.dtntime import duration_text
from starlight.words.language import _

FORMS = {
    ("s",): "{seconds} s",
    ("min", "s"): "{minutes} min {seconds} s",
    ("h", "min"): "{hours} h {minutes} min",
    ("d", "h"): "{days} d {hours} h",
}
"""By the units that a duration is told in."""

_NAMES = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def duration_words(duration: int) -> str:
    """Return a duration, in ns, in words; `dtntime.duration_text` decides how exactly."""
    english = duration_text(duration)
    told = re.findall(r"(\S+) (s|min|h|d)\b", english)
    form = FORMS.get(tuple(unit for _number, unit in told))
    return english if form is None else _(form, **{_NAMES[unit]: number for number, unit in told})
