"""A draft as the page's own form and script send it: with days and times by the clock of who writes.

The API takes moments in UTC alone. A form without a script can't convert them, so a page's address takes what
is read from the wall, and this node, which knows that clock, makes moments of it.
"""

from __future__ import annotations

from starlight.errors import InputError
from starlight.messages.draft import Draft
from starlight.views.sky import Clock
from starlight.web.answers import is_of_api
from starlight.web.body import read_body
from starlight.web.local_moment import moment_of, require_ahead
from starlight.web.visit import Visit
from starlight.words.language import _


class DraftForm(Draft, frozen=True, forbid_unknown_fields=True):
    """A draft, and the fields that only a page has.

    Attributes:
        leave_day, leave_time: when it leaves, by the writer's clock (`local_moment.py`), in the place of
            `leave_at`.
        open_day, open_time: the same for `open_at`.
        premiere_day, premiere_time: the same for `premiere_at`.
        not_back: it is not to be read if its author is back by `open_day`.
    """

    leave_day: str = ""
    leave_time: str = ""
    open_day: str = ""
    open_time: str = ""
    not_back: bool = False
    premiere_day: str = ""
    premiere_time: str = ""

    def draft(self, clock: Clock, world: str) -> Draft:
        """Return the draft that it is on a world's clock.

        Raises:
            InputError: a day or a time is none, or is missing.
        """
        leave = moment_of(clock, world, self.leave_day, self.leave_time, "leave_day")
        opens = moment_of(clock, world, self.open_day, self.open_time, "open_day")
        begins = moment_of(clock, world, self.premiere_day, self.premiere_time, "premiere_day")
        if self.not_back and opens is None:
            what = _("the day by which you may be back is missing")
            raise InputError(what, where="open_day", right=_("Say when it opens"))
        if leave is not None and opens is not None and opens <= leave:
            what = _("it would open before it leaves")
            raise InputError(what, where="open_day", right=_("Let it leave earlier, or open later"))
        said = {name: getattr(self, name) for name in Draft.__struct_fields__}
        said |= {} if leave is None else {"leave_at": leave}
        said |= {} if opens is None else {"open_at": opens}
        said |= {} if begins is None else {"premiere_at": begins}
        return Draft(**said | ({"unless_back": True} if self.not_back else {}))


async def read_draft(visit: Visit) -> Draft:
    """Return the draft in the body of a request.

    Raises:
        InputError: it is none.
        HTTPException: as of `read_body`.
    """
    request = visit.request
    if is_of_api(request):
        return await read_body(request, Draft)
    form, clock = await read_body(request, DraftForm), await visit.backend.clock()
    draft = form.draft(clock, visit.person.world)
    # What was written once is asked for again, though its moment has passed since.
    if draft.key is None or not await visit.letters.is_written(draft.key):
        require_ahead(clock, draft.leave_at, "leave_day")
        require_ahead(clock, draft.open_at, "open_day")
        require_ahead(clock, draft.premiere_at, "premiere_day")
    return draft
