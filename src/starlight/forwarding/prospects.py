"""The prospects of queued bundles after a change of the plan: which might do better.

Theory of operation. A bundle that is queued over contacts that the plan still has keeps its booking. Only
a route over a contact that came can be better. The router tells how early any such route can arrive, as
if nothing was booked; where that is not before the arrival that a bundle has, the bundle need not be
looked at, and where it is, the search decides. So a bundle that has something to win is never missed,
and the many that have not cost a comparison each.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlight.contacts import Contact
from starlight.node.stored import Stored
from starlight.routing import Router


def improvable(
    queued: Sequence[Stored], router: Router, number: int, came: Sequence[Contact], now: int
) -> list[Stored]:
    """Return the bundles that are to be looked at again, of those that queue over contacts that stayed.

    Args:
        queued: the bundles.
        router: over the plan in force.
        number: of the node.
        came: the contacts that the plan before had not.
        now: mission time in ns.
    """
    projected = [stored.route.projected for stored in queued if stored.route is not None]
    earliest: dict[int, int] = {}
    if came and projected:
        size = min(stored.meta.size for stored in queued)
        earliest = router.earliest_over(came, number, now, size, max(projected))
    return [stored for stored in queued if _is_restless(stored) or _may_arrive_sooner(stored, earliest)]


def _is_restless(stored: Stored) -> bool:
    """Tell whether a bundle is looked at again whatever the change is.

    A critical one with a single route gets a copy by any other neighbour, however late that arrives. What
    was refused or has failed rests; with a new plan it may go at once, and by whom it likes.
    """
    return (stored.meta.critical and not stored.meta.copied) or bool(stored.refused_by or stored.failures)


def _may_arrive_sooner(stored: Stored, earliest: dict[int, int]) -> bool:
    if stored.node not in earliest or stored.route is None:
        return False
    return earliest[stored.node] < stored.route.projected
