"""The facts of a mission as one node has them: what holds here, and who says something else.

What holds is, in this order, what a planner amended, what the node's own file says, what a peer's file says,
what a peer has from the file of another, and a default. No word goes further than that, so that none goes
round in a circle after its author took it back. So a peer's word fills a gap and never overrules a file, and
of two peers that tell different things the one with the lower number is taken, whichever came first. Whatever
differs from that is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from starlight.contacts import AmendmentId, Contact, FactDisagreement, FactInForce, Said, facts
from starlight.dtntime import SECOND
from starlight.services.fact_rules import nodes_of, rule_of
from starlight.services.fact_statements import DEFAULT, FILE, PLAN, FactsTold, Statement
from starlight.services.held_amendments import HeldAmendments
from starlight.services.plan_versions import PlanVersions

AMENDED, TAKEN = "amendment ", "peer "
"""How the source of a fact begins that was amended, or taken from a peer."""


class MissionFacts:
    """The facts of a mission at one node.

    Args:
        node: its number.
        own: what its file says, and its defaults, by name, the most important first.
        held: the amendments that it holds.
        told: what its peers have told.
        versions: which amendments other nodes hold.
    """

    def __init__(
        self,
        node: int,
        own: Mapping[str, Said],
        held: HeldAmendments,
        told: FactsTold,
        versions: PlanVersions,
    ) -> None:
        self._node = node
        self._own = own
        self._held = held
        self._told = told
        self._versions = versions

    def in_force(self) -> dict[str, Said]:
        """Return what holds here, by name."""
        return self._in_force(self._amended())

    def stated_to(self, peer: int, now: int) -> dict[str, Said]:
        """Return what a peer is told, by name: what concerns both, and what others' files say of the mission.

        Args:
            peer: its node number.
            now: in ns; light times are of then.
        """
        found = {
            name: said
            for name, said in self.in_force().items()
            if self._concerns(name, peer) and self._is_told(name, said, peer)
        }
        # Light first: what has no room is left out at the end.
        return self._light(peer, now) | found

    def disagreements(self) -> list[FactDisagreement]:
        """Return where sources differ: first this node's file from amendments, then peers, by number."""
        amended = self._amended()
        here = self._in_force(amended)
        found = [
            FactDisagreement(name, self._own[name], said, holds=not _is_amended(name))
            for name, said in amended.items()
            if name in self._own and _differ(name, self._own[name], said)
        ]
        for peer, statement in sorted(self._told.by_peer.items()):
            ours = here | self._light(peer, statement.at)
            for name, theirs in sorted(statement.facts.items()):
                mine = ours.get(name)
                if (
                    mine is not None
                    and self._concerns(name, peer)
                    and mine.source != f"{TAKEN}{peer}"
                    and not (mine.source == theirs.source and mine.source.startswith(TAKEN))
                    and self._comparable(name, mine, theirs, peer, statement)
                    and _differ(name, mine, theirs)
                ):
                    found.append(FactDisagreement(name, mine, theirs, peer))
        return found

    def _in_force(self, amended: Mapping[str, Said]) -> dict[str, Said]:
        own = self._own.items()
        defaults = {name: said for name, said in own if said.source == DEFAULT}
        stated = {name: said for name, said in own if said.source != DEFAULT}
        # In the order of `own`, since what is told a peer may be cut at the end.
        found = dict.fromkeys(self._own, Said("", "")) | defaults | dict(self._taken()) | stated
        return found | {name: said for name, said in amended.items() if _is_amended(name)}

    def _amended(self) -> dict[str, Said]:
        """Return the facts that amendments say on which nodes must agree; what is no value is left out."""
        amended = facts(self._held.amendments())
        return {name: _amended_by(fact) for name, fact in amended.items() if _is_value(name, fact.value)}

    def _taken(self) -> Iterator[tuple[str, Said]]:
        """Yield what peers tell that is taken where nothing else says it, the one that counts last."""
        told = [
            (peer, name, said)
            for peer, statement in sorted(self._told.by_peer.items(), reverse=True)
            for name, said in statement.facts.items()
            if self._is_taken_from(peer, name, said)
        ]
        # Second-hand words first, as the last one counts; they keep their author.
        yield from ((name, said) for _, name, said in told if said.source.startswith(TAKEN))
        for peer, name, said in told:
            if not said.source.startswith(TAKEN):
                yield name, Said(said.value, f"{TAKEN}{peer}")

    def _is_taken_from(self, peer: int, name: str, said: Said) -> bool:
        about = nodes_of(name)
        # Of nodes a peer tells about itself alone, and about its link with this one.
        wanted = not about or (about in ({peer}, {peer, self._node}) and not said.source.startswith(TAKEN))
        # A plan's light time moves, so only one that a file fixes is taken.
        if said.source in (DEFAULT, PLAN, f"{TAKEN}{self._node}") or not wanted:
            return False
        return _is_taken(name) and _is_value(name, said.value)

    def _is_told(self, name: str, said: Said, peer: int) -> bool:
        """Return whether a peer is told what holds; of what was taken, what another's own file says."""
        if not said.source.startswith(TAKEN):
            return True
        author = int(said.source.removeprefix(TAKEN))
        statement = self._told.by_peer.get(author)
        told = statement.facts.get(name) if statement is not None else None
        is_first_hand = told is not None and not told.source.startswith(TAKEN)
        return is_first_hand and author != peer and not nodes_of(name)

    def _light(self, peer: int, at: int) -> dict[str, Said]:
        """Return the light times of the links with a peer, by the plan where nothing fixes them."""
        found: dict[str, Said] = {}
        for link in ((self._node, peer), (peer, self._node)):
            name = light_name(*link)
            light_s = None if name in self._own else _light_s(self._contacts(link), at)
            if light_s is not None:
                found[name] = Said(light_s, PLAN)
        return found

    def _contacts(self, link: tuple[int, int]) -> Iterator[Contact]:
        return (each for each in self._held.plan.contacts if (each.from_node, each.to_node) == link)

    def _concerns(self, name: str, peer: int) -> bool:
        return rule_of(name) is not None and nodes_of(name) <= {self._node, peer}

    def _comparable(self, name: str, ours: Said, theirs: Said, peer: int, statement: Statement) -> bool:
        """Return whether two values can be held against each other."""
        if ours.source == theirs.source == PLAN:
            # Plans that differ by amendments that are under way become one by themselves.
            return statement.digest == self._held.digest()
        if name == "timezone":
            # Two places on Earth may each go by a zone of their own; a base elsewhere shows one Earth.
            there = statement.facts.get(f"node.{peer}.world")
            here = self._own.get(f"node.{self._node}.world")
            return not (there and here and there.value == here.value == "earth")
        if ours.source.startswith(AMENDED) and theirs.source == FILE:
            # It said so before the amendment reached it, and holds that now.
            known = self._versions.known().get(peer)
            author, number = map(int, ours.source.removeprefix(AMENDED).split(":"))
            held = known is not None and AmendmentId(author, number) in known.version
            return known is None or not held or known.as_of <= statement.at
        return True


def light_name(from_node: int, to_node: int) -> str:
    """Return the name of the light time of a directed link."""
    return f"light_time_s.{from_node}.{to_node}"


def _light_s(contacts: Iterator[Contact], at: int) -> float | None:
    """Return the light time of a link in s: now, or else of what comes next where that stays the same."""
    coming = min((each for each in contacts if each.end >= at), key=lambda each: each.start, default=None)
    if coming is None:
        return None
    steady = all(len(piece.coefficients_s) == 1 for piece in coming.light)
    if coming.start > at and not steady:
        return None  # It changes until then, and the peer's plan may begin at another time.
    return coming.light_time(max(at, coming.start)) / SECOND


def _amended_by(fact: FactInForce) -> Said:
    return Said(fact.value, f"{AMENDED}{fact.said_by.author}:{fact.said_by.number}")


def _is_taken(name: str) -> bool:
    rule = rule_of(name)
    return rule is not None and rule.taken


def _is_amended(name: str) -> bool:
    rule = rule_of(name)
    return rule is not None and rule.amended


def _is_value(name: str, value: str | int | float | bool) -> bool:
    rule = rule_of(name)
    return rule is not None and rule.allowed(value)


def _differ(name: str, ours: Said, theirs: Said) -> bool:
    rule = rule_of(name)
    if rule is None or not (rule.allowed(ours.value) and rule.allowed(theirs.value)):
        return False
    if rule.taken and DEFAULT in (ours.source, theirs.source) and PLAN not in (ours.source, theirs.source):
        return False  # Who has only the default takes the other's.
    return not rule.same(ours.value, theirs.value)
