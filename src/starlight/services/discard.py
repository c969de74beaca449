"""Discard: takes whatever comes and keeps nothing of it, so that a path can be filled."""

from __future__ import annotations

from collections.abc import Sequence

from starlight.node.application import Claim, Request
from starlight.services.service import Service


class Discard(Service):
    """A service that takes what comes to an endpoint.

    Args:
        endpoint: where it is, as text.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def resume(self, now: int) -> Sequence[Request]:
        """Claim its endpoint."""
        return (Claim(self._endpoint),)
