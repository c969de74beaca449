"""How urgent a bundle is: asked for by an application, read off what comes, kept, and told on."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.engine.helpers import ROAD, SECOND, Fixture, T, came, made, of

from starlight import bundle as bp
from starlight.bundle import BundleFlags, QualityOfService
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.errors import StoreError
from starlight.node.actions import Accepted, Persist, Rejected
from starlight.node.application import Submit
from starlight.node.config import NodeConfig
from starlight.node.events import Wakeup
from starlight.node.stored import Meta, pack, unpack
from starlight.routing import CRITICAL

FIELDS_BEFORE = 19
"""Of a record that was stored before bundles had priorities."""


def meta_of(node: Fixture) -> Meta:
    """Return the record of the only bundle that a node has."""
    ((key, (_, meta)),) = node.bundles.items()
    return unpack(key, meta)


@pytest.mark.parametrize(
    ("asked", "service", "urgency"),
    [
        ({}, QualityOfService(), 1),
        ({"priority": 0}, QualityOfService(0), 0),
        ({"priority": 2}, QualityOfService(2), 2),
        ({"critical": True}, QualityOfService(1, critical=True), CRITICAL),
        ({"priority": 0, "critical": True}, QualityOfService(0, critical=True), CRITICAL),
    ],
)
def test_an_application_says_how_urgent_a_bundle_is(
    asked: dict[str, Any], service: QualityOfService, urgency: int
) -> None:
    """The bundle says it to all nodes on its way; here a critical one goes before all that is not."""
    node = Fixture(1)
    actions = node.submit(**asked)
    assert of(actions, Accepted)
    assert bp.decode(of(actions, Persist)[0].data).service == service
    meta = meta_of(node)
    assert (meta.priority, meta.critical) == (urgency, service.critical)


@pytest.mark.parametrize("priority", [-1, 3, 2**70])
def test_a_priority_that_is_none_is_rejected(priority: int) -> None:
    """There are three, and a number beyond them is a mistake of the application."""
    actions = Fixture(1).submit(priority=priority)
    assert "0 (bulk), 1 (normal), 2 (expedited)" in of(actions, Rejected)[0].reason
    assert not of(actions, Persist)


def test_a_post_has_the_urgency_of_its_letter() -> None:
    """What an application posts through its host is submitted with the same priority."""
    host = Host(Node(NodeConfig(1, ROAD)), None, lambda key: b"")
    post = Submit("t", "ipn:1.1", "ipn:3.1", b"words", 86_400_000, priority=0, critical=True)
    (persist,) = [write for write in host.ask([post], T).writes if isinstance(write, Persist)]
    assert bp.decode(persist.data).service == QualityOfService(0, critical=True)


@pytest.mark.parametrize(
    "service",
    [QualityOfService(0), QualityOfService(1), QualityOfService(2), QualityOfService(1, critical=True)],
)
def test_what_comes_says_how_urgent_it_is(service: QualityOfService) -> None:
    """The priority that its source gave it holds here, after a restart, and at the next node."""
    node = Fixture(2)
    (persist,) = of(node.handle(came(made(service=service))), Persist)
    assert bp.decode(persist.data).service == service
    again = node.restart(T + SECOND)
    again.handle(Wakeup(), T + SECOND)
    (stored,) = again.node.stored.values()
    assert (stored.meta.priority, stored.meta.critical) == (
        CRITICAL if service.critical else service.priority,
        service.critical,
    )


def test_an_older_store_can_still_be_read() -> None:
    """A record from before there were priorities is that of a normal bundle."""
    node = Fixture(1)
    node.submit(priority=2)
    meta = meta_of(node)
    fields = msgspec.msgpack.decode(pack(meta))
    assert fields[FIELDS_BEFORE : FIELDS_BEFORE + 2] == [2, False]
    old = unpack("key", msgspec.msgpack.encode(fields[:FIELDS_BEFORE]))
    assert old == msgspec.structs.replace(meta, priority=1, critical=False)
    with pytest.raises(StoreError, match="not one of ours"):
        unpack("key", msgspec.msgpack.encode(fields[:9]))


@pytest.mark.parametrize(
    ("about", "urgency"), [(QualityOfService(0), 0), (QualityOfService(1), 1), (QualityOfService(2), 1)]
)
def test_a_report_is_not_more_urgent_than_what_it_is_about(about: QualityOfService, urgency: int) -> None:
    """... nor than a letter: it is only a hint."""
    node = Fixture(2)
    asked = BundleFlags.REPORT_RECEPTION.value
    actions = node.handle(came(made(service=about, flags=asked, report_to="ipn:3.0")))
    (report,) = [bp.decode(persist.data) for persist in of(actions, Persist)[1:]]
    assert report.is_admin
    assert report.service == QualityOfService(urgency)
