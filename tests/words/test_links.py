"""A link in words, for engineers."""

from __future__ import annotations

from starlight.dtntime import from_text
from starlight.words import links

AT = from_text("2051-04-02T05:21:00Z")


def test_since_when_and_whether_a_link_is_up() -> None:
    """Up and down since a moment; one that never was up has none."""
    said = [links.state(AT, up=True), links.state(AT, up=False), links.state(None, up=False)]
    assert [each.text() for each in said] == [
        "Up since 2051-04-02T05:21:00Z",
        "Down since 2051-04-02T05:21:00Z",
        "Never up",
    ]


def test_what_there_is_to_know_of_a_link() -> None:
    """Octets become bits, counts have their nouns, and what is not there is said or left out."""
    assert links.over("tcpcl", "tcpcl://127.0.0.1:4556").text() == "tcpcl://127.0.0.1:4556"
    assert links.over("tcpcl", "").text() == "TCPCL, it calls us"
    assert not links.over("", "")
    assert links.heard(None).text() == "Never"
    assert links.carries(1250.0, 0.0).text() == "10 kbit/s out, 0 bit/s in"
    assert links.waits(1, 640).text() == "1 bundle of 640 B"
    assert links.waits(0, 0).text() == "Nothing"
    assert links.error("connection refused", AT).text() == "2051-04-02T05:21:00Z: connection refused"
    assert not links.error("", None)
