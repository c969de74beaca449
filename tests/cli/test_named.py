"""Correspondents and topics by name: found, or told with what is there."""

from __future__ import annotations

from typing import Any

import pytest

from starlight.cli.named import correspondent_named, topic_named, topic_to_write_in
from starlight.client.client import Client
from starlight.errors import InputError
from starlight.views.groups import GroupView
from starlight.views.mailbox import ConversationView, MailboxView, Person
from starlight.views.topics import TopicView

FAMILY, HAMA, OTHER = f"group:{'a' * 32}", "ipn:10.2", "ipn:20.2"
SOIL, ROOF, SOIL_TOO = "1" * 32, "2" * 32, "3" * 32


class FakeClient(Client):
    """A node with two people called Hama, a group, and three topics."""

    def __init__(self) -> None:
        pass  # It asks no node.

    def mailbox(self, person: str) -> MailboxView:
        people = [("Hama", "Seoul", HAMA), ("hama", "Base", OTHER), ("Ben", "Base", "ipn:20.3")]
        shown = tuple(ConversationView(address, name, place, "") for name, place, address in people)
        return MailboxView(Person("jay", "Jay", "ipn:10.1", "Seoul", "Earth"), shown, HAMA)

    def groups(self, person: str) -> list[GroupView]:
        return [GroupView(FAMILY, "Family", True, "", (), "")]

    def topics(self, person: str) -> list[TopicView]:
        named = [(SOIL, "Soil", HAMA), (ROOF, "Roof", HAMA), (SOIL_TOO, "Soil", FAMILY)]
        return [TopicView(id, name, with_, with_.upper(), 1, 0, 0, 0) for id, name, with_ in named]


@pytest.mark.parametrize(
    ("wanted", "address"),
    [
        (HAMA, HAMA),
        ("ipn:9.9", "ipn:9.9"),
        (FAMILY, FAMILY),
        ("Family", FAMILY),
        ("family", FAMILY),
        ("hama", OTHER),
        ("Ben", "ipn:20.3"),
    ],
)
def test_a_correspondent_is_found_by_address_id_or_name(wanted: str, address: str) -> None:
    """An address need not be known; a name as it is written comes before one in other letters."""
    assert correspondent_named(FakeClient(), "jay", wanted, where="--with") == address


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("HAMA", ["2 correspondents are called 'HAMA'", f"{HAMA} (Seoul)", f"{OTHER} (Base)"]),
        ("Famly", ["no correspondent is called 'Famly'", "Did you mean", "'Family'", "'Ben'"]),
        ("ipn:x", ["--with", "ipn:x"]),
    ],
)
def test_a_name_that_means_none_or_several_is_told(wanted: str, told: list[str]) -> None:
    """The error lists what is there."""
    with pytest.raises(InputError) as caught:
        correspondent_named(FakeClient(), "jay", wanted, where="--with")
    assert all(each in str(caught.value) for each in told), str(caught.value)


def test_topics_are_found_in_one_conversation_or_in_all() -> None:
    """A name that two conversations have is told with both; a new one begins a topic where one is written."""
    client: Any = FakeClient()
    assert topic_named(client, "jay", "Roof", None).id == ROOF
    assert topic_named(client, "jay", "Soil", FAMILY).id == SOIL_TOO
    assert topic_named(client, "jay", SOIL, None).correspondent == HAMA
    with pytest.raises(InputError, match=rf"2 topics are called 'Soil'.*{SOIL} \(with IPN.*{SOIL_TOO}"):
        topic_named(client, "jay", "Soil", None)
    with pytest.raises(InputError, match=r"no topic is called 'Fern'.*There are 'Soil', 'Roof'"):
        topic_named(client, "jay", "Fern", None)
    assert topic_to_write_in(client, "jay", "Soil", HAMA) == SOIL
    assert topic_to_write_in(client, "jay", "Fern", HAMA) is None
    with pytest.raises(InputError, match="no topic"):
        topic_to_write_in(client, "jay", "4" * 32, HAMA)
