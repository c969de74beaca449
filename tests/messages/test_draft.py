"""Drafts: what is checked before a mailbox sees them, and what an error names."""

from __future__ import annotations

import pytest

from starlight.errors import InputError
from starlight.messages.draft import Draft


def test_an_address_is_told_in_the_one_text_that_means_it() -> None:
    """Whoever is handed a draft compares and stores its address as it is."""
    assert Draft("ipn:0.7.1", "hello").to == Draft("ipn:7.1", "hello").to == "ipn:7.1"


@pytest.mark.parametrize("to", ["", "nonsense", "ipn:7", "dtn:none", "ipn:0.0"])
def test_a_wrong_address_names_the_field(to: str) -> None:
    """What is nobody's address is refused when the draft is made, with the field and what would be right."""
    with pytest.raises(InputError) as caught:
        Draft(to, "hello")
    assert caught.value.where == "to"
    assert "ipn:" in caught.value.right


@pytest.mark.parametrize("priority", [-1, 3, 7])
def test_a_priority_that_is_none_is_refused(priority: int) -> None:
    """A number out of the range names the field and the numbers that are right."""
    with pytest.raises(InputError, match=r"It is 0 \(bulk\), 1 \(normal\) or 2 \(expedited\)") as caught:
        Draft("ipn:7.1", "hello", priority=priority)  # type: ignore[arg-type]  # as JSON may say
    assert caught.value.where == "priority"


def test_an_empty_field_of_a_form_answers_nothing() -> None:
    """A form sends the field of the letter answered even when there is none."""
    assert Draft("ipn:7.1", "hello", "").reply_to is None


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_draft_can_be_foreseen_but_not_sent(text: str) -> None:
    """What a letter takes is asked for before its first word; only who sends it needs one."""
    draft = Draft("ipn:7.1", text)
    with pytest.raises(InputError, match="the letter is empty") as caught:
        draft.require_text()
    assert (caught.value.where, caught.value.right) == ("text", "Write a word or two")
