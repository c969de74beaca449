"""The text of what is on its way between the worlds, beside the drawing of it."""

from __future__ import annotations

from starlight.words.language import _

LETTER = "Letter from {sender} to {to}"
OTHERS = {
    "receipt": "Receipt from {sender}",
    "telemetry": "Telemetry from {sender}",
    "report": "Status report from {sender}",
    "amendment": "Word of the plan from {sender}",
}
"""In English, by kind: of these it is enough to know who sent them."""


def letter(sender: str, to: str) -> str:
    """Return what a letter is called while it crosses; never its text. Both are people's names."""
    return _(LETTER, sender=sender, to=to)


def other(kind: str, sender: str) -> str:
    """Return what anything else is called while it crosses, by its kind and the name of who sent it."""
    return _(OTHERS[kind], sender=sender)
