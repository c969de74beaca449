"""Codes, with their facts, for what makes a prediction about a letter uncertain, and what went wrong with it.

`words.doubt` has the sentences. The values of the codes stand in stored records, so they stay as they are.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class DoubtCode(StrEnum):
    """The kinds of `Doubt`."""

    NOTICE = "notice"  # the plan was changed on its route, and says why
    CUT = "cut"  # the plan was changed on its route, and does not say why
    NO_ONWARD_ROUTE = "no_onward_route"
    SENT_AGAIN = "sent_again"  # its receipt was overdue
    WAITS_FOR_RETURN = "waits_for_return"  # its receipt is overdue, and no route there and back is planned
    GIVEN_UP = "given_up"  # its receipt is overdue, and it was sent often enough
    OLDER = "older"  # in words, as earlier versions kept it


class Doubt(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A reason for which the prediction about a letter is uncertain.

    Attributes:
        code: the reason.
        at: of `SENT_AGAIN`, when, in ns.
        times: of `GIVEN_UP`, how often it was sent in all.
        texts: of `NOTICE`, the plan's notices; of `OLDER`, what was kept.
    """

    code: DoubtCode
    at: int = 0
    times: int = 0
    texts: tuple[str, ...] = ()


class TroubleCode(StrEnum):
    """The kinds of `Trouble`."""

    NOT_KEPT = "not_kept"  # the node refused it or lost it; it is offered again
    DELETED = "deleted"  # another node reported that it has deleted it; it is offered again
    NOT_WITHDRAWN = "not_withdrawn"  # it had left already
    DAMAGED = "damaged"  # what this node has kept of it can't be read
    NO_ROOM = "no_room"  # whom it is for has no room for it now, and asks for it later
    OLDER = "older"  # in words, as earlier versions kept it


class Trouble(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Something that went wrong with a letter.

    Attributes:
        code: what happened.
        reason: of `NOT_KEPT`, a `NotKept` of the node; of `OLDER`, what was kept.
        reporter: of `DELETED`, who says so.
        report_reason: of `DELETED`, the reason code of the status report (RFC 9171, 6.1.1).
    """

    code: TroubleCode
    reason: str = ""
    reporter: str = ""
    report_reason: int = 0
