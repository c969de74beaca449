"""Premieres before they are sent: promised to begin at both ends only where the piece will be there by then.

Theory of operation. The piece goes ahead like any other part; what its letter says more is a moment, and by
how much later its reader's end begins: one light time of the route that letters take, as the plan has it for
that moment, or nothing. Whoever writes it is told at once where it can't be whole by then, and is asked for a
later moment while that costs nothing. A plan that changes afterwards can make it late still: then its page
says so at both ends (`messages/premiere.py`), and it is heard from where it is by then.
"""

from __future__ import annotations

from starlight.dtntime import MILLISECOND, to_text
from starlight.errors import InputError
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.postoffice.letter_forecasts import LetterForecasts


class Premieres:
    """The promises of premieres, at one node.

    Args:
        forecasts: of its letters.
    """

    def __init__(self, forecasts: LetterForecasts) -> None:
        self._forecasts = forecasts

    def require_in_time(self, letter: Letter, draft: Draft, now: int) -> None:
        """Refuse a letter whose piece would not be whole at its reader's end when it begins there.

        Args:
            letter: what was made of the draft.
            draft: what is written.
            now: in ns.

        Raises:
            InputError: it would not be, or nobody can say that it would.
        """
        for number, part in enumerate(letter.parts):
            if part.premiere is None:
                continue
            begins = part.premiere.time + part.premiere.later_ms * MILLISECOND
            whole = self._forecasts.predict_parts(letter.sender, draft, now)[number].arrives
            if whole is None:
                what = f"nobody can say when the piece would be there, and it begins at {to_text(begins)}"
                raise InputError(what, where="premiere_at", right="Send it without a premiere")
            if whole > begins:
                what = f"the piece would be whole there at {to_text(whole)}"
                what += f", after it begins at {to_text(begins)}"
                raise InputError(what, where="premiere_at", right="Let it begin later")
