"""What needs a library that is not there says which extra brings it."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from starlight import extras
from starlight.errors import InputError


def test_what_is_missing_is_named_with_how_it_comes() -> None:
    """The error names the library, what needs it and the command; where it is there, nothing is said."""
    extras.require("scipy", "expedition", "search")
    with patch.object(extras, "find_spec", return_value=None), pytest.raises(InputError) as refused:
        extras.require("scipy", "expedition", "search")
    assert str(refused.value) == (
        'search: scipy is not installed, which this needs. pip install "starlight-dtn[expedition]"'
    )
