"""The table of a node's links: what was told of each, and when its peer was heard."""

from __future__ import annotations

from starlight.dtntime import HOUR, SECOND
from starlight.node.links import HEARD_STEPS, PASSERS_BY, KnownLink, Links, LinkState


def test_a_link_of_which_nothing_was_told_is_down() -> None:
    """Nothing is known of it, and to ask for it keeps nothing."""
    links = Links()
    assert links.state(7, 5) == LinkState(7)
    assert links._links == {}


def test_since_tells_of_the_last_rise_or_fall() -> None:
    """Told again while it is up, a link takes what has changed and is no younger."""
    link = KnownLink(2)
    link.rise(None, True, 10)
    link.rise(1000, False, 20)
    assert link.state(20) == LinkState(2, True, 10, None, 1000, False)
    link.fall(30)
    link.fall(40)
    assert link.state(50) == LinkState(2, False, 30, None, 1000, False)


def test_a_peer_is_heard_when_light_brings_it() -> None:
    """What a driver tells of before light has brought it counts for nothing until then."""
    links = Links()
    links.hear(None, 5, 5)
    links.hear(2, 5, 5)
    links.hear(2, 9 * SECOND, 6)
    links.hear(2, 3, 7)
    assert links.state(2, 9 * SECOND - 1).last_heard == 5
    assert links.state(2, 9 * SECOND).last_heard == 9 * SECOND
    assert set(links._links) == {2}


def test_a_stream_from_afar_takes_little_memory() -> None:
    """Of a million bundles that are under way for an hour few moments are kept, none much too old."""
    link = KnownLink(2)
    light, step = HOUR, HOUR // 100_000
    for now in range(0, 3 * HOUR, step):
        link.hear(now + light, now)
    assert len(link._coming) <= HEARD_STEPS + 1
    now = 3 * HOUR
    heard = link.last_heard(now)
    assert heard is not None
    assert 0 <= now - heard <= light // HEARD_STEPS + step


def test_peers_that_pass_by_take_little_memory() -> None:
    """Of peers that were let go the last ones are remembered; one that is held never is forgotten."""
    links = Links()
    held = links.to(1)
    links.let_go(1)
    assert links.to(1) is held
    for peer in range(2, 2 * PASSERS_BY):
        links.to(peer).rise(1000, True, peer)
        links.let_go(peer)
        links.hear(10**6 + peer, peer, peer)
    assert len(links._links) == PASSERS_BY + 1
    assert links.to(1) is held
    last = 2 * PASSERS_BY - 1
    assert links.state(2, last) == LinkState(2)
    assert links.state(last, last) == LinkState(last, True, last, None, 1000)
    assert links.state(10**6 + last, last).last_heard == last


def test_who_was_let_go_longest_ago_is_forgotten_first() -> None:
    """A peer that is met again and let go again is the last of them."""
    links = Links()
    for peer in range(PASSERS_BY):
        links.hear(peer, 1, 1)
    links.to(0)
    links.let_go(0)
    links.hear(PASSERS_BY, 1, 1)
    assert links.state(0, 1).last_heard == 1
    assert links.state(1, 1) == LinkState(1)
