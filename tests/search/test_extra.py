"""A search without its library says which extra brings it."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from starlight.errors import InputError
from starlight.search import extra


def test_what_is_missing_is_named_with_how_it_comes() -> None:
    """The error has the command that installs it; where it is there, nothing is said."""
    extra.require()
    with patch.object(extra, "find_spec", return_value=None), pytest.raises(InputError) as refused:
        extra.require()
    assert refused.value.right == 'pip install "starlight-dtn[expedition]"'
