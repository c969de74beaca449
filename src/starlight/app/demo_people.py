"""The people of a demo: who has a mailbox where, and whom the page can be."""

from __future__ import annotations

from starlight import dtntime
from starlight.app.address_book import AddressBook, Entry
from starlight.app.correspondence import Inhabitant
from starlight.rehearsal import script
from starlight.rehearsal.programs import program_names
from starlight.scenario.network import NodeSpec
from starlight.scenario.scenario import MailboxSpec, PersonSpec, Scenario
from starlight.views.mailbox import Person


class DemoPeople:
    """A scenario's people as they are when a demo begins; later openings and closings belong to the story.

    Args:
        begun: mission time, in ns.
    """

    def __init__(self, scenario: Scenario, begun: int) -> None:
        self._scenario = scenario
        self._begun = begun

    def staying(self, node: str) -> list[PersonSpec]:
        """Return who has an open mailbox at a node, by the node's name, that the story does not close."""
        return [
            person
            for person in self._scenario.person
            for box in person.mailbox
            if box.node == node and self._is_open(box) and not box.closes
        ]

    def inhabitants(self) -> list[Inhabitant]:
        """Return everyone whom the page can be: those with an open mailbox."""
        found = []
        for person in self._scenario.person:
            if any(self._is_open(box) for box in person.mailbox):
                node = self._home(person)
                found.append(
                    Inhabitant(
                        Person(person.id, person.name, _address(node, person), node.title, node.world),
                        node.number,
                    )
                )
        return found

    def address_book(self) -> AddressBook:
        """Return everyone who can be written to, and the names at every address that anyone has at any time.

        Who has no open mailbox can be written to all the same: the letter waits for whoever comes.
        """
        homes = {person.id: self._home(person) for person in self._scenario.person}
        entries = {
            _address(node, person): Entry(person.name, node.title, node.world)
            for person in self._scenario.person
            for node in [homes[person.id]]
        }
        # A program that answers is someone to write to.
        answering = {spec.from_ for spec in self._scenario.answer}
        entries |= {
            script.vehicle_address(node.number): Entry(node.title, "", node.world)
            for node in self._scenario.node
            if node.name in answering
        }
        for address, (name, home) in program_names(self._scenario).items():
            node = self._scenario.node_named(home)
            entries[address] = Entry(name, node.title, node.world)
        elsewhere = {
            _address(node, person): Entry(person.name, node.title, node.world)
            for person in self._scenario.person
            for box in person.mailbox
            for node in [self._scenario.node_named(box.node)]
        }
        return AddressBook(entries, elsewhere)

    def _home(self, person: PersonSpec) -> NodeSpec:
        """Return the node of a person's first open mailbox, or of the first when none is open."""
        open_ones = [box for box in person.mailbox if self._is_open(box)]
        return self._scenario.node_named((open_ones or person.mailbox)[0].node)

    def _is_open(self, box: MailboxSpec) -> bool:
        opens = dtntime.from_text(box.opens) if box.opens else self._begun
        # A mailbox without an end is open at any date.
        closes = dtntime.from_text(box.closes) if box.closes else self._begun + 1
        return opens <= self._begun < closes


def _address(node: NodeSpec, person: PersonSpec) -> str:
    return f"ipn:{node.number}.{person.service}"
