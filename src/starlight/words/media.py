"""The text of voices and pictures before they are sent: how each sounds, and what was done to a picture."""

from __future__ import annotations

from starlight.words.sentence import Sentence, fill

VOICES = {
    "codec2-700c": "Thinnest",
    "codec2-1200": "Thinner",
    "codec2-2400": "Thin",
    "opus-6": "In your voice",
    "opus-12": "Clear",
    "opus-24": "Clearest",
    "opus-64": "For songs",
}
"""By the name of a choice: Codec2 keeps the words and loses who speaks; from 6 kbit/s on a voice is known."""

REMOVED = {
    "place": "The place where it was taken has been taken out.",
    "camera": "What the camera wrote into it has been taken out.",
}
KEPT = "It is sent as it is, with all that the camera wrote into it."
FIRST_FRAME = "It moves in {count} pictures, of which the first is sent; attach it as a file to send it all."


def picture_notes(removed: tuple[str, ...], frames: int, *, kept: bool) -> tuple[Sentence, ...]:
    """Return what is told of a picture that was made smaller.

    Args:
        removed: what was taken out, as in `REMOVED`.
        frames: how many it had.
        kept: whether the file is sent as it is.
    """
    told = [fill(KEPT)] if kept else [fill(REMOVED[each]) for each in removed]
    if frames > 1:
        told.append(fill(FIRST_FRAME, count=str(frames)))
    return tuple(told)
