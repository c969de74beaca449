"""`starlight inbox`: list letters, search in them, follow those that come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from starlight import dtntime
from starlight.cli.named import correspondent_named, topic_named
from starlight.cli.node import OPEN_WAYS, client_of, letter_told, show_lateness, state_words
from starlight.cli.options import as_json, collected, data_folder
from starlight.cli.output import echo, print_json
from starlight.cli.sent_parts import played_words, premiere_words
from starlight.errors import InputError

if TYPE_CHECKING:
    from starlight.client.client import Client, FoundLetter, LatenessView, SearchView
    from starlight.messages.letter_view import LetterView


class InboxOptions(NamedTuple):
    """The arguments of `starlight inbox`."""

    folder: Path
    person: str
    address: str | None
    topic: str | None
    search: str | None
    before: str | None
    follow: bool
    explain: bool
    json_output: bool


@click.command()
@data_folder
@click.argument("person")
@click.option(
    "--with",
    "address",
    metavar="WHOM",
    help="Only the letters with this one: an address or a name.",
)
@click.option("--topic", metavar="NAME", help="Only the letters of this topic, by its name or id.")
@click.option("--search", metavar="WORDS", help="Only letters with all these words; phrases in quotes.")
@click.option("--before", metavar="N", help="With --search: those after the last that were found.")
@click.option("--follow", is_flag=True, help="Print each letter as it comes, until Ctrl-C.")
@click.option("--explain", is_flag=True, help="Explain why letters on their way do not arrive sooner.")
@as_json
@collected(InboxOptions)
def inbox(asked: InboxOptions) -> None:
    """List the letters of PERSON, both ways, at the node that runs on the folder DATA.

    With --search it finds letters by their words, the newest first. With --follow it prints those that come
    from now on, also after a restart of the node; with --json each is one line.
    """
    client, person, address = client_of(asked.folder), asked.person, asked.address
    client.person(person)
    if address is not None:
        address = correspondent_named(client, person, address, where="--with")
        asked = asked._replace(address=address)
    if asked.search is None and asked.before is not None:
        raise InputError("it goes on with a search", where="--before", right="Give --search too")
    if asked.follow and (asked.search is not None or asked.explain):
        right = "Leave out --search and --explain, or --follow"
        raise InputError("letters that come are printed as they are", where="--follow", right=right)
    if asked.search is not None and asked.topic is not None:
        right = "Leave out one of them"
        raise InputError("a search is in all topics", where="--topic", right=right)
    if asked.topic is not None:
        topic = topic_named(client, person, asked.topic, address)
        asked = asked._replace(topic=topic.id, address=topic.correspondent)
    if asked.follow:
        _follow(asked)
    elif asked.search is not None:
        _search(client, asked)
    else:
        _list(client, asked)


def _follow(asked: InboxOptions) -> None:
    """Print letters as they come, each at once; what becomes of the node goes to standard error."""
    from starlight.client.arrivals import Arrivals

    arrivals = Arrivals(asked.folder, asked.person, lambda line: echo(line, err=True))
    echo("Letters are printed as they come, until Ctrl-C.", err=True)
    for letter in arrivals.letters():
        if asked.address not in (None, letter.group or letter.from_address):
            continue
        if asked.topic not in (None, letter.topic):
            continue
        if asked.json_output:
            print_json(letter_told(letter, None, explained=False), indent=None)
        else:
            _show_letter(letter, None, {}, letter.written_at)
        # Else a program at the other end of a pipe would see it only with the next few kilobytes.
        sys.stdout.flush()


def _search(client: Client, asked: InboxOptions) -> None:
    """Print the letters that have all that was looked for."""
    from starlight.client.client import plain_values

    query = {"q": asked.search or "", "with": asked.address or "", "before": asked.before or ""}
    found = client.search(asked.person, {key: value for key, value in query.items() if value})
    if asked.json_output:
        print_json(plain_values(found))
    else:
        _show_found(found)


def _list(client: Client, asked: InboxOptions) -> None:
    """Print all letters, or those with one correspondent."""
    from starlight.words.letters import refused, set_aside

    folder, person, address, explain = asked.folder, asked.person, asked.address, asked.explain
    letters = client.letters(person, address, asked.topic)
    # A search in the plan for each letter, so only where it is asked for.
    why = {letter.id: client.why_late(person, letter) for letter in letters} if explain else {}
    if asked.json_output:
        print_json([letter_told(letter, why.get(letter.id), explain) for letter in letters])
        return
    now, mailbox = max(entry.time for entry in client.nodes()), client.mailbox(person)
    names = client.called(mailbox.conversations)
    for letter in letters:
        _show_letter(letter, why.get(letter.id), names, now)
    if not letters:
        echo("No letters.")
    for line in shut_ways(client, person):
        echo(line)
    for one in (each for each in mailbox.hidden if each.letters):
        count = "1 letter" if one.letters == 1 else f"{one.letters} letters"
        echo(f"{one.name} is not in the list ({count}, by --with {one.address}).")
    for told in (set_aside(mailbox.set_aside, str(folder)), refused(mailbox.refused, str(folder))):
        if told:
            echo(told)


def shut_ways(client: Client, person: str) -> Iterator[str]:
    """Return a line for each correspondent whom a letter does not leave for now, and why."""
    conversations = client.mailbox(person).conversations
    names = client.called(conversations)
    for one in conversations:
        if one.reach is not None and one.reach.code not in OPEN_WAYS:
            yield f"{names[one.address]}: {one.reach.headline.text()}. {one.reach.detail.text()}".rstrip()


def _state(letter: LetterView, now: int) -> str:
    """Return the state of a letter at a mission time, in ns: where it waits, where it does."""
    stop = letter.stop_at(now) if letter.on_its_way else None
    if stop is not None:
        return f"waiting at {stop.place}, leaves {dtntime.to_text(stop.leaves)} (predicted)"
    lost = [fact for fact in letter.facts if fact.certainty == "in_doubt" and fact.doubt is None]
    if lost and letter.state == "departed":
        return f"departed, was expected there {dtntime.to_text(lost[-1].time)} (in doubt: no contact)"
    if letter.certainty == "in_doubt":
        return f"{state_words(letter.state)} (at a time that can't be right)"
    if letter.certainty != "predicted":
        return state_words(letter.state)
    return (
        f"{state_words(letter.state)} (predicted{'' if letter.receipt_can_come else '; no receipt can come'})"
    )


def _show_letter(letter: LetterView, lateness: LatenessView | None, names: dict[str, str], now: int) -> None:
    """Print a letter; names are those of the correspondents, by address."""
    from starlight.words.letters import in_answer

    mark = "*" if letter.unread else " "
    state = _state(letter, now)
    if letter.critical or letter.priority.name != "NORMAL":
        state += ", critical" if letter.critical else f", {letter.priority.name.lower()}"
    written = dtntime.to_text(letter.written_at)
    sender = names.get(letter.from_address, letter.from_name)
    echo(f"{mark} {written}  {sender} to {names.get(letter.to_address, letter.to_name)}  [{state}]")
    if letter.answers is not None:
        echo(f"    > {in_answer(letter.answers)}")
    for line in letter.text.split("\n") if letter.text else ():
        echo("    " + line)
    for part in letter.parts:
        here = "" if part.is_here else f", {part.here_bytes} here"
        lasts = f", {played_words(part.duration_ms)}" if part.duration_ms else ""
        echo(f"    [{part.kind}] {part.name or part.media_type}{lasts}, {part.size_bytes} bytes{here}")
        if part.premiere is not None:
            echo(f"      {premiere_words(part.premiere)}")
    if letter.note:
        echo(f"    ({letter.note})")
    if lateness is not None:
        show_lateness(lateness, "      ")


def _show_found(found: SearchView) -> None:
    """Print the letters that were found, by conversation, and who is called so."""
    names = {each.address: each.name for each in found.people}
    for address in found.named:
        echo(f"{names[address]} ({address})")
    for address in dict.fromkeys(each.with_address for each in found.letters):
        echo(f"With {names.get(address, address)} ({address}):")
        for letter in found.letters:
            if letter.with_address == address:
                _show_hit(letter)
    if not found.letters and not found.named:
        echo("Nothing was found.")
    if found.more is not None:
        echo(f"There are more: --before {found.more}")
    if found.note is not None:
        echo(found.note.text())


def _show_hit(letter: FoundLetter) -> None:
    mark = "*" if letter.unread else " "
    where = {"text": "", "topic": "[topic] ", "name": "[file] ", "transcript": "[said] "}[letter.place]
    words = "".join(f"«{piece.text}»" if piece.marked else piece.text for piece in letter.excerpt)
    echo(f"{mark} {dtntime.to_text(letter.written_at)}  {letter.from_name}  {letter.id}")
    echo(f"    {where}{' '.join(words.split())}")
