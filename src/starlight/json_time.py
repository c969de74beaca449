"""A moment as a field of a struct that is also told as JSON.

It stands apart from `dtntime`, which every command imports for its options and which so must not wait for
msgspec to be loaded.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Time = Annotated[int, msgspec.Meta(extra={"time": True})]
"""Nanoseconds since 2000-01-01T00:00:00Z; in JSON it is ISO 8601 text (`web/wire.py`), because a number of
JavaScript holds only 53 bits."""
