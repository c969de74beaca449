"""The checks of a scenario's story: letters, answers, reports, storms, beats."""

from __future__ import annotations

from starlight.scenario.file_errors import FileErrors
from starlight.scenario.happenings import AnswerSpec, OutlookSpec, StormSpec
from starlight.scenario.network_checks import Known, one_of
from starlight.scenario.programs import VEHICLE_SERVICE
from starlight.scenario.scenario import Scenario
from starlight.worlds import BUILTIN


def check_script(scenario: Scenario, known_node: Known, errors: FileErrors) -> None:
    """Check what no single key of the story can know."""
    time = errors.time
    places = _places(scenario)
    _check_groups(scenario, places, errors)
    _check_letters(scenario, places, errors)
    _check_distress(scenario, places, errors)
    people = [person.id for person in scenario.person]
    vehicles = [report.from_ for report in scenario.telemetry]
    for index, answer in enumerate(scenario.answer):
        _check_answer(f"answer[{index}]", answer, people, vehicles, errors)
    for index, outlook in enumerate(scenario.outlook):
        _check_outlook(f"outlook[{index}]", outlook, people, errors)
    for index, report in enumerate(scenario.telemetry):
        known_node(f"telemetry[{index}].from", report.from_)
        for place in report.to:
            _check_place(places, f"telemetry[{index}].to", place, errors)
        _check_series(f"telemetry[{index}]", report.at, report.every_min, report.last, errors)
    for index, read in enumerate(scenario.read):
        _check_place(places, f"read[{index}].mailbox", read.mailbox, errors)
        time(f"read[{index}].at", read.at)
    for index in range(len(scenario.correspondent)):
        _check_program(f"correspondent[{index}]", index, scenario, known_node, errors)
    pairs = {frozenset(link.between) for link in scenario.link}
    worlds = list(dict.fromkeys((*BUILTIN, *(spec.name for spec in scenario.world))))
    for index, storm in enumerate(scenario.storm):
        _check_storm(f"storm[{index}]", storm, pairs, worlds, known_node, errors)
    for index, beat in enumerate(scenario.beat):
        time(f"beat[{index}].after", beat.after, empty=True)
        if beat.node:
            known_node(f"beat[{index}].node", beat.node)


def _places(scenario: Scenario) -> list[str]:
    """Return all mailboxes that letters and reports can name."""
    people = [f"{person.id}@{box.node}" for person in scenario.person for box in person.mailbox]
    return [*people, *(f"{each.id}@{each.node}" for each in scenario.correspondent)]


def _check_program(key: str, index: int, scenario: Scenario, known_node: Known, errors: FileErrors) -> None:
    """Check that a program has a number of its own at its node, and that there are those whom it names."""
    program = scenario.correspondent[index]
    known_node(f"{key}.node", program.node)
    taken = {person.service: f"person {person.id!r}" for person in scenario.person}
    taken[VEHICLE_SERVICE] = "what a node itself sends"
    before = [each for each in scenario.correspondent[:index] if each.node == program.node]
    taken |= {each.service: f"correspondent {each.name!r}" for each in before}
    if program.service in taken:
        right = f"It is taken by {taken[program.service]}; each has a number of its own"
        errors.fail(f"{key}.service", program.service, right)
    ids = [person.id for person in scenario.person]
    if program.id in [*ids, *(each.id for each in scenario.correspondent[:index])]:
        errors.fail(f"{key}.id", program.id, "Each person and program has an id of its own")
    places = _places(scenario)
    senders = [*places, *dict.fromkeys(report.from_ for report in scenario.telemetry)]
    for number, place in enumerate(program.tells):
        _check_place(places, f"{key}.tells[{number}]", place, errors)
    for number, place in enumerate(program.hears):
        if place not in senders:
            told = one_of(place, senders, " the mailboxes and the nodes that send telemetry")
            errors.fail(f"{key}.hears[{number}]", place, told)
    errors.time(f"{key}.since", program.since, empty=True)
    if program.since and program.kind != "greenhouse":
        errors.fail(f"{key}.since", program.since, "Only a greenhouse begins at a moment; leave it out")
    if not program.since and program.kind == "greenhouse":
        errors.missing(f"{key}.since", "Say when the room is as its file says")


def _check_groups(scenario: Scenario, places: list[str], errors: FileErrors) -> None:
    for index, group in enumerate(scenario.group):
        key = f"group[{index}]"
        if group.name in [each.name for each in scenario.group[:index]]:
            errors.fail(f"{key}.name", group.name, "Each name must be there once")
        for number, member in enumerate(group.members):
            _check_place(places, f"{key}.members[{number}]", member, errors)

    names = [group.name for group in scenario.group]
    for index, change in enumerate(scenario.membership):
        key = f"membership[{index}]"
        errors.time(f"{key}.at", change.at)
        if change.group not in names:
            errors.fail(f"{key}.group", change.group, one_of(change.group, names, " the groups"))
        _check_place(places, f"{key}.by", change.by, errors)
        for where, members in (("add", change.add), ("remove", change.remove)):
            for number, member in enumerate(members):
                _check_place(places, f"{key}.{where}[{number}]", member, errors)


def _check_letters(scenario: Scenario, places: list[str], errors: FileErrors) -> None:
    readers = [*places, *(group.name for group in scenario.group)]
    for index, letter in enumerate(scenario.letter):
        _check_place(places, f"letter[{index}].from", letter.from_, errors)
        _check_place(readers, f"letter[{index}].to", letter.to, errors)
        _check_series(f"letter[{index}]", letter.at, letter.every_days, letter.last, errors)
    for index, letter in enumerate(scenario.pulse):
        _check_place(places, f"pulse[{index}].from", letter.from_, errors)
        _check_place(readers, f"pulse[{index}].to", letter.to, errors)
        _check_span(f"pulse[{index}]", letter.at, letter.last, errors)
        if letter.every_days is None:
            errors.missing(f"pulse[{index}].every_days", "A letter that goes on needs its interval")


def _check_distress(scenario: Scenario, places: list[str], errors: FileErrors) -> None:
    members = {group.name: group.members for group in scenario.group}
    for index, call in enumerate(scenario.distress):
        key = f"distress[{index}]"
        _check_place(places, f"{key}.from", call.from_, errors)
        for number, place in enumerate(call.to):
            _check_place([*places, *members], f"{key}.to[{number}]", place, errors)
        begin = errors.time(f"{key}.at", call.at)
        finish = errors.time(f"{key}.ended_at", call.ended_at, empty=True)
        if begin is not None and finish is not None and finish < begin:
            errors.fail(f"{key}.ended_at", call.ended_at, f"It must not be before at = {call.at!r}")
        called = [person for each in call.to for person in members.get(each, [each])]
        if call.answered_by and call.answered_by not in called:
            told = one_of(call.answered_by, called, " those it goes to")
            errors.fail(f"{key}.answered_by", call.answered_by, told)


def _check_place(places: list[str], key: str, place: str, errors: FileErrors) -> None:
    """Check that a place, such as ``jay@seoul``, is a mailbox."""
    if place not in places:
        errors.fail(key, place, one_of(place, places, " the mailboxes"))


def _check_series(key: str, first: str, interval: float | None, last: str, errors: FileErrors) -> None:
    # Without an end a series would never stop; an end without an interval is half of one.
    if (interval is None) != (not last):
        errors.fail(key, last or interval, "A series needs both its interval and `last`")
    _check_span(key, first, last, errors)


def _check_span(key: str, first: str, last: str, errors: FileErrors) -> None:
    begin, finish = errors.time(f"{key}.at", first), errors.time(f"{key}.last", last, empty=True)
    if begin is not None and finish is not None and finish < begin:
        errors.fail(f"{key}.last", last, f"It must not be before at = {first!r}")


def _check_answer(
    key: str, answer: AnswerSpec, people: list[str], vehicles: list[str], errors: FileErrors
) -> None:
    if answer.from_ not in (*people, *vehicles):
        who = [*people, *dict.fromkeys(vehicles)]
        errors.fail(f"{key}.from", answer.from_, one_of(answer.from_, who, " the people and vehicles"))
    for id in answer.to:
        if id not in people:
            errors.fail(f"{key}.to", id, one_of(id, people, " the people"))
    for text in (*answer.text, *answer.about):
        if not text.strip():
            errors.fail(key, text, "Every answer, and every word of `about`, is a text")


def _check_outlook(key: str, outlook: OutlookSpec, people: list[str], errors: FileErrors) -> None:
    for id in outlook.people:
        if id not in people:
            errors.fail(f"{key}.people", id, one_of(id, people, " the people"))
    known = errors.time(f"{key}.known", outlook.known, empty=True)
    comes = errors.time(f"{key}.at", outlook.at)
    if known is not None and comes is not None and comes <= known:
        errors.fail(f"{key}.at", outlook.at, f"It must be later than known = {outlook.known!r}")
    if not outlook.text.strip():
        errors.fail(f"{key}.text", outlook.text, "Say what is to come")


def _check_storm(
    key: str,
    storm: StormSpec,
    pairs: set[frozenset[str]],
    worlds: list[str],
    known_node: Known,
    errors: FileErrors,
) -> None:
    time, fail = errors.time, errors.fail
    begin, finish = time(f"{key}.start", storm.start), time(f"{key}.end", storm.end)
    time(f"{key}.forecast_end", storm.forecast_end, empty=True)
    if begin is not None and finish is not None and finish <= begin:
        fail(f"{key}.end", storm.end, f"It must be later than start = {storm.start!r}")
    if storm.world and storm.world not in worlds:
        fail(f"{key}.world", storm.world, one_of(storm.world, worlds))
    for pair in storm.links:
        if frozenset(pair) not in pairs:
            fail(f"{key}.links", pair, "Name two nodes that a link joins")
    if not storm.links:
        errors.missing(f"{key}.links", "Name the links that it cuts")
    for name in storm.noticed_by:
        known_node(f"{key}.noticed_by", name)
