"""The links of a node as the page shows them, to an engineer who opens them."""

from __future__ import annotations

from starlight.live.daemon import Daemon
from starlight.views.page_status import LinkView
from starlight.words import links
from starlight.words.sentence import Names, name_of


def link_views(daemon: Daemon, names: Names) -> tuple[LinkView, ...]:
    """Return how a node's links stand, in words; names are those of the nodes."""
    found = []
    for link in daemon.link_status():
        facts = {
            "over": links.over(link.protocol, link.address),
            "heard": links.heard(link.heard),
            "carries": links.carries(link.sent_bytes_per_s, link.received_bytes_per_s),
            "waits": links.waits(link.queued, link.queued_bytes),
            "error": links.error(link.error, link.error_at),
        }
        told = tuple((links.LABELS[name], said) for name, said in facts.items() if said)
        found.append(LinkView(name_of(link.peer, names), link.up, links.state(link.since, up=link.up), told))
    return tuple(found)
