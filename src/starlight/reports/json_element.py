"""Data for a page's scripts: JSON in a script element of its own, which no text in it can end."""

from __future__ import annotations

import json
from typing import Any


def json_element(value: Any) -> str:
    """Return a script element that holds a value as JSON.

    Raises:
        ValueError: a number in it is not finite.
    """
    # A "<" inside JSON could end the script element; escaped, it stays the same JSON.
    text = json.dumps(value, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json">{text}</script>'
