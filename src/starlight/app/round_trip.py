"""The expected round trip of a bundle to an echo and back, by a node's forecast and its plan."""

from __future__ import annotations

from starlight.dtntime import SECOND
from starlight.node.forecast import Forecast, ForecastDoubtCode, Forecaster, Outgoing
from starlight.services.ping import RoundTrip, Wait
from starlight.words.forecasts import doubt

LEAST_WAIT = SECOND
"""Shorter waits are a matter of course: of a slot, or of the rounding of a plan's times."""


def round_trip(forecaster: Forecaster, outgoing: Outgoing, now: int, rate: float) -> RoundTrip:
    """Return what to expect of a bundle that is sent now and echoed.

    Args:
        forecaster: the node's.
        outgoing: the question.
        now: in ns.
        rate: of mission time.

    Raises:
        InputError: no application may ask for that.
    """
    there = forecaster.forecast(outgoing, now)
    doubts = tuple(doubt(each, {}).text() for each in there.doubts if each.code in _TOLD)
    if there.arrives is None or there.destination is None:
        return RoundTrip(now, rate, None, None, None, (), doubts)
    waits = _waits(there, back=False)
    if there.destination == forecaster.number:
        return RoundTrip(now, rate, there.leaves, there.arrives, there.arrives, waits, doubts)
    answer = Outgoing(outgoing.destination, outgoing.source, outgoing.payload_bytes, outgoing.lifetime_ms)
    back = forecaster.elsewhere(there.destination, answer, there.arrives, None, may_fragment=True)
    waits += _waits(back, back=True)
    return RoundTrip(now, rate, there.leaves, there.arrives, back.arrives, waits, doubts)


def _waits(found: Forecast, *, back: bool) -> tuple[Wait, ...]:
    route = found.route
    hops = () if route is None else route.hops
    return tuple(
        Wait(hop.contact.from_node, hop.waits_until, back)
        for hop in hops
        if hop.waits_until - hop.ready > LEAST_WAIT
    )


_TOLD = frozenset(ForecastDoubtCode) - {ForecastDoubtCode.UNACKNOWLEDGED}
"""All that speaks against an answer; a link that does not acknowledge carries one all the same."""
