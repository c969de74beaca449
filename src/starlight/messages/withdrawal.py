"""The withdrawal of a letter that has left and has not opened there yet, as a value."""

from __future__ import annotations

import msgspec

from starlight.json_time import Time


class Withdrawal(msgspec.Struct, frozen=True):
    """The withdrawal of a letter that has left, as things stand.

    Attributes:
        opens: when the letter opens there, in ns; None where an event alone opens it.
        arrives: when a withdrawal that is sent now is foreseen there, in ns; None where none can come.
        until: the last moment, to a minute, at which it is still foreseen to come before; None of none.
        offered: it can be sent now, as it is foreseen to be there in time.
        sent: one was sent already.
        heeded: a receipt has told that it came in time.
        late: a receipt has told that it came too late.
    """

    opens: Time | None = None
    arrives: Time | None = None
    until: Time | None = None
    offered: bool = False
    sent: bool = False
    heeded: bool = False
    late: bool = False
