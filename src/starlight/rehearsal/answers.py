"""The answers of a scenario's people and vehicles to what a visitor of the demo writes to them.

A letter whose text stands in the scenario was written by the story, any other by a visitor. Only a
visitor's is answered, and an answer is one of the scenario's texts: so nobody answers an answer, on
whichever node they live. The texts come in turn, those first that are about what the letter says.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlight.dtntime import MINUTE
from starlight.messages.letter import Content, Letter
from starlight.scenario.happenings import AnswerSpec
from starlight.scenario.scenario import Scenario


class Answers:
    """The answers of one person, or of one vehicle.

    Args:
        scenario: whose texts they are.
        author: the person's id, or the name of the vehicle's node.
    """

    def __init__(self, scenario: Scenario, author: str) -> None:
        self._specs = [spec for spec in scenario.answer if spec.from_ == author]
        # Who may have written: a person has one service number and an address at each of their nodes.
        self._people = {scenario.address(place): id for place, id in _places(scenario)}
        self._texts = _texts(scenario)

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self._specs)

    def is_by_hand(self, letter: Letter) -> bool:
        """Return whether a visitor wrote a letter in words, not the story."""
        words = letter.text if letter.content is Content.LETTER else ""
        return bool(words.strip()) and words not in self._texts

    def delay(self, letter: Letter) -> int | None:
        """Return how long after it was read a letter is answered, in ns; None where nothing fits it."""
        fitting = self._fitting(letter)
        return round(fitting[0][1].after_min * MINUTE) if fitting else None

    def choose(self, letter: Letter, used: Mapping[str, int]) -> tuple[str, str] | None:
        """Return an answer to a letter; None where nothing fits it.

        Args:
            letter: what is answered.
            used: how many texts were taken before, by key.

        Returns:
            the key by which this choice is to be counted, and the text.
        """
        fitting = self._fitting(letter)
        if not fitting:
            return None
        # The least used first, so that who writes about one thing often hears other words in between.
        number, spec = min(fitting, key=lambda each: used.get(str(each[0]), 0) // len(each[1].text))
        return str(number), spec.text[used.get(str(number), 0) % len(spec.text)]

    def _fitting(self, letter: Letter) -> list[tuple[int, AnswerSpec]]:
        """Return those that fit a letter, each with its number: the nearest to what it says, and to whom."""
        author, words = self._people.get(letter.sender), letter.text.casefold()
        ranked: dict[tuple[bool, bool], list[tuple[int, AnswerSpec]]] = {}
        for number, spec in enumerate(self._specs):
            if spec.to and author not in spec.to:
                continue
            about = any(word.casefold() in words for word in spec.about)
            if spec.about and not about:
                continue
            ranked.setdefault((about, bool(spec.to)), []).append((number, spec))
        return ranked[max(ranked)] if ranked else []


def _places(scenario: Scenario) -> list[tuple[str, str]]:
    return [(f"{person.id}@{box.node}", person.id) for person in scenario.person for box in person.mailbox]


def _texts(scenario: Scenario) -> frozenset[str]:
    found: set[str] = set()
    for spec in (*scenario.letter, *scenario.pulse):
        found |= {spec.text} if isinstance(spec.text, str) else set(spec.text)
    for answer in scenario.answer:
        found |= set(answer.text)
    return frozenset(found)
