"""The mailboxes of a running node, as those need them who do in them what people ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from starlight.node.application import Request
from starlight.postoffice.postoffice import PostOffice


class OpenOffice(NamedTuple):
    """A post office, and how what is asked of it becomes durable.

    Attributes:
        office: the mailboxes.
        moment: handles what has happened so far, so that what a person asks comes after it; returns
            mission time, in ns. Raises StoreError where the node does not run.
        carry_out: carries out requests made at a mission time, in ns; done once they are durable.
    """

    office: PostOffice
    moment: Callable[[], int]
    carry_out: Callable[[Sequence[Request], int], Awaitable[None]]
