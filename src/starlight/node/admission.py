"""Admission: what of the bundles that a peer offers is taken, by the rules that the node's file has for it.

A rule keeps out; without one all is taken that the node takes from anybody. What a rule keeps out is refused,
so its sender still has it, and may send it by another neighbour. Each refusal is counted by its rule.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

import msgspec

from starlight.bundle import EndpointID
from starlight.dtntime import MILLISECOND
from starlight.errors import InputError
from starlight.node.stored import Meta


class AdmissionRule(StrEnum):
    """The rules by which a bundle can be kept out; the names are those of the keys in a node's file."""

    SOURCES = "sources"
    DESTINATIONS = "destinations"
    BUNDLE_BYTES = "bundle_bytes"
    LIFETIME_S = "lifetime_s"
    CRITICAL = "critical"


class Admission(msgspec.Struct, frozen=True):
    """The rules for what one peer offers.

    Attributes:
        peer: its node number.
        sources: patterns of the endpoints whose bundles it may bring; None for all.
        destinations: patterns of the endpoints that it may send to, here and elsewhere; None for all.
        bundle_bytes: the largest bundle that is taken from it; None for the node's own limit.
        lifetime_ms: how long a bundle of it may have left at most; None for any.
        critical: critical bundles are taken, which go by every neighbour and before all else.
    """

    peer: int
    sources: tuple[str, ...] | None = None
    destinations: tuple[str, ...] | None = None
    bundle_bytes: int | None = None
    lifetime_ms: int | None = None
    critical: bool = True


class Admissions:
    """The rules of all peers, and how often each has kept something out.

    Args:
        rules: of the peers that have any.
    """

    def __init__(self, rules: tuple[Admission, ...]) -> None:
        self._rules = {each.peer: each for each in rules}
        # Only of peers that are named in the configuration, so strangers can't make it grow.
        self._refused: dict[int, Counter[AdmissionRule]] = {each.peer: Counter() for each in rules}

    def refused(self, peer: int) -> dict[str, int]:
        """Return how many bundles of a peer each rule has kept out since the start."""
        return {rule.value: count for rule, count in sorted(self._refused.get(peer, Counter()).items())}

    def objection(self, peer: int | None, meta: Meta, size: int) -> AdmissionRule | None:
        """Return the rule that keeps a bundle out, which is counted, or None.

        Args:
            peer: who offers it.
            meta: its record.
            size: as it came, in bytes.
        """
        rules = None if peer is None else self._rules.get(peer)
        if rules is None:
            return None
        broken = _broken(rules, meta, size)
        if broken is not None:
            self._refused[rules.peer][broken] += 1
        return broken


def _broken(rules: Admission, meta: Meta, size: int) -> AdmissionRule | None:
    if rules.sources is not None and not _matches(meta.source, rules.sources):
        return AdmissionRule.SOURCES
    if rules.destinations is not None and not _matches(meta.destination, rules.destinations):
        return AdmissionRule.DESTINATIONS
    if rules.bundle_bytes is not None and size > rules.bundle_bytes:
        return AdmissionRule.BUNDLE_BYTES
    if rules.lifetime_ms is not None and meta.expires - meta.arrives > rules.lifetime_ms * MILLISECOND:
        return AdmissionRule.LIFETIME_S
    return AdmissionRule.CRITICAL if meta.critical and not rules.critical else None


def _matches(text: str, patterns: tuple[str, ...]) -> bool:
    # An endpoint is told with one text by one node; `pattern` has brought the patterns to the same form.
    stem = text[: text.rfind("." if text.startswith("ipn:") else "/") + 1]
    return text in patterns or f"{stem}*" in patterns


def pattern(text: str) -> str:
    """Return a pattern of endpoints in its usual form: an endpoint, or all of a node.

    Raises:
        InputError: it is neither.
    """
    right = "Such are ipn:20.1, all of a node: ipn:20.*, or dtn://ground/*"
    every = text.endswith("*")
    stem = text[:-1] if every else text
    try:
        if not every:
            return EndpointID.parse(text).text
        if stem.startswith("dtn://") and stem.endswith("/") and stem.count("/") == 3:
            return EndpointID.parse(stem).text + "*"
        if stem.startswith("ipn:") and stem.endswith("."):
            # Of the node 0 there are no endpoints, and `ipn:*` would be all there are: then there is no rule.
            return EndpointID.parse(f"{stem}1").text[:-1] + "*"
    except InputError as error:
        raise InputError(f"{text!r} is no pattern of endpoints: {error.what}", right=right) from None
    raise InputError(f"{text!r} is no pattern of endpoints", right=right)
