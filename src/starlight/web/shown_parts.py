"""The parts of a letter as its page shows them: a picture once, in the largest step that is here."""

from __future__ import annotations

import msgspec

from starlight.messages.letter_view import LetterView
from starlight.messages.part_view import PartView


class ShownPart(msgspec.Struct, frozen=True):
    """A part as it is shown, with the smaller versions of it.

    Attributes:
        part: the part itself, of a picture in steps the largest.
        steps: of a picture in steps all that there are, the smallest first; else the part alone.
        picture: the number of the picture that is drawn; None for none.
        preview: the number of the part whose preview is drawn, while no picture is here; None for none.
    """

    part: PartView
    steps: tuple[PartView, ...]
    picture: int | None = None
    preview: int | None = None

    @property
    def waiting(self) -> tuple[PartView, ...]:
        """Return the steps that people are told about: those under way that are not surpassed yet."""
        here = [n for n, each in enumerate(self.steps) if each.is_here and each.state is None]
        return self.steps[here[-1] + 1 :] if here else self.steps


def shown_parts(letter: LetterView, *, decoded: bool) -> list[ShownPart]:
    """Return the parts of a letter as its page shows them.

    Args:
        letter: whose parts.
        decoded: pictures can be drawn here; else each part is a file.
    """
    if not decoded:
        return [ShownPart(part, (part,)) for part in letter.parts]
    smaller: dict[int, list[PartView]] = {}
    for part in letter.parts:
        # A number that is not there, or leads in a circle, joins nothing: the part is shown by itself.
        larger = part.smaller_of
        if larger is not None and larger < len(letter.parts) and letter.parts[larger].smaller_of is None:
            smaller.setdefault(larger, []).append(part)
    joined = {part.number for group in smaller.values() for part in group}
    return [_shown(part, smaller.get(part.number, [])) for part in letter.parts if part.number not in joined]


def _shown(part: PartView, smaller: list[PartView]) -> ShownPart:
    steps = (*sorted(smaller, key=lambda each: each.size_bytes), part)
    if part.kind != "picture":
        return ShownPart(part, steps)
    here = [each.number for each in steps if each.is_here and each.kind == "picture"]
    previews = [each.number for each in steps if each.preview_bytes]
    return ShownPart(part, steps, here[-1] if here else None, None if here or not previews else previews[0])
