"""`starlight node`, `send`: run a network node, and speak with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from starlight import dtntime
from starlight.cli.group import group_of
from starlight.cli.named import topic_to_write_in
from starlight.cli.options import as_json, collected, data_folder, media_moment, moment
from starlight.cli.output import echo, print_json
from starlight.cli.sent_parts import PartFiles, show_parts, uploaded
from starlight.errors import InputError
from starlight.visible_text import visible

if TYPE_CHECKING:
    from starlight.client.client import Client, LatenessView, PredictionView, ReachView
    from starlight.messages.delivery import DeliveryState
    from starlight.messages.draft import Draft
    from starlight.messages.letter import MediaTime
    from starlight.messages.letter_view import LetterView


def client_of(folder: Path) -> Client:
    """Return a client of the node that runs on a data folder."""
    from starlight.client.client import Client  # here, so that --help need not wait for it

    return Client(folder)


@click.command()
@click.argument("file", metavar="FILE.toml", type=click.Path(path_type=Path))
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Record events and actions for `starlight replay`.",
)
@click.option("--log", is_flag=True, help="Log requests to the page.")
@click.option(
    "--trust-clock",
    is_flag=True,
    help="Take this machine's time, though the node has recorded a later one, or none for a month.",
)
def node(file: Path, record: Path | None, log: bool, trust_clock: bool) -> None:
    """Run the network node that FILE.toml describes, with its page and local API.

    docs/reference/node-file.md explains the file. End it with Ctrl-C; what it has accepted is safe.
    """
    import asyncio

    from starlight.app.single_node import run_node

    asyncio.run(run_node(file, echo, record=record, log=log, trust_clock=trust_clock))


class SendOptions(NamedTuple):
    """The arguments of `starlight send`."""

    folder: Path
    person: str
    to: str
    text: str | None
    to_group: str | None
    to_name: str | None
    reply_to: str | None
    at_media: MediaTime | None
    replaces: str | None
    topic: str | None
    announce: bool
    priority: str
    critical: bool
    voices: tuple[Path, ...]
    voice_as: str
    pictures: tuple[Path, ...]
    keep_camera_data: bool
    files: tuple[Path, ...]
    bulk_parts: bool
    key: str | None
    plain: bool
    leave_at: int | None
    after_read: str | None
    hold: bool
    open_at: int | None
    open_on: str
    unless_back: int | None
    premiere: int | None
    one_light_time_later: bool
    explain: bool
    json_output: bool


@click.command()
@data_folder
@click.argument("person")
@click.argument("to", metavar="ADDRESS")
@click.argument("text", required=False)
@click.option("--to-group", metavar="NAME", help="Write to a group, by its name or id; without ADDRESS then.")
@click.option(
    "--to-name",
    metavar="NAME",
    help="Record for somebody without an address yet; without ADDRESS then (`starlight address`).",
)
@click.option("--reply-to", metavar="LETTER", help="The id of the letter that this one answers.")
@media_moment("--at-media", "Pin it to that moment of a part (0 is the first) of the letter it answers.")
@click.option("--replaces", metavar="LETTER", help="The id of your letter in whose place this one stands.")
@click.option(
    "--topic", metavar="NAME", help="The topic that it belongs to, by its name or id; a new name begins one."
)
@click.option(
    "--announce", is_flag=True, help="Keep it at the top of its readers' page until they have read it."
)
@click.option(
    "--priority",
    metavar="P",
    default="normal",
    show_default=True,
    help="Priority: bulk, normal or expedited.",
)
@click.option(
    "--critical",
    is_flag=True,
    help="Send a copy by every neighbour, before everything else: for what must not be lost.",
)
@click.option(
    "--voice",
    "voices",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="Send a recording with it, made as small as the way there asks for; may be given several times.",
)
@click.option(
    "--voice-as",
    metavar="NAME",
    default="",
    help="Encode recordings by codec2-700c, -1200 or -2400, opus-6, -12, -24, or -64 for songs.",
)
@click.option(
    "--picture",
    "pictures",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="Send a picture with it: a preview, a small one, then the whole; may be given several times.",
)
@click.option("--keep-camera-data", is_flag=True, help="Send pictures with their place and camera data.")
@click.option(
    "--file",
    "--attach",
    "files",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="Send a file with it as it is; may be given several times.",
)
@click.option(
    "--bulk-parts",
    is_flag=True,
    help="Let what goes with it fill what room nothing else needs, behind all letters.",
)
@click.option(
    "--key",
    metavar="KEY",
    help="A name for this letter, such as a UUID: sent again with the same one it stays one letter.",
)
@click.option(
    "--plain",
    is_flag=True,
    help="Send the words alone, as UTF-8 text that any other software reads.",
)
@moment("--leave-at", "Hold it here until then.")
@click.option(
    "--after-read",
    metavar="LETTER",
    help="Hold it here until all whom another of your letters went to have read that.",
)
@click.option("--hold", is_flag=True, help="Hold it here until you let it go (`starlight queue`).")
@moment("--open-at", "Hide it from its reader, at the reader's end, until then.")
@click.option(
    "--open-on",
    metavar="EVENT",
    default="",
    help="Open it as soon as the amended plan there has a fact of this name, such as landed.",
)
@moment("--unless-back", "As --open-at, for a letter that you take back if you are back by then.")
@moment("--premiere", "Let the voice or song that goes with it begin at both ends then.")
@click.option(
    "--one-light-time-later",
    is_flag=True,
    help="With --premiere: let it begin there when they could have heard it begin here.",
)
@click.option("--explain", is_flag=True, help="Explain why it will not arrive sooner.")
@as_json
@collected(SendOptions)
def send(asked: SendOptions) -> None:
    """Write a letter as PERSON to ADDRESS through the node that runs on the folder DATA.

    When the command returns, the letter is stored. TEXT of "-" is read from standard input.

    \b
    Example: starlight send ./seoul-data jay ipn:20.1 "Are you there?"
             starlight send ./seoul-data jay --to-group Family "Are you all there?"
             starlight send ./seoul-data jay --to-name Ada "For when you are born"
    """
    from starlight.client.client import plain_values
    from starlight.messages.awaited_name import is_name

    client, person = client_of(asked.folder), asked.person
    # Before the text is read: whoever mistypes a name need not write a letter first.
    client.person(person)
    draft = _draft(client, asked)
    if is_name(draft.to):
        _show_recorded(client.write(person, draft), as_json_text=asked.json_output)
        return
    # Asked before it is sent: afterwards the letter itself would be among what is booked.
    foreseen = client.predict(person, draft)
    way = client.reach(person, draft.to)
    if way.code == "no_route" and not asked.json_output:
        # Said before it is sent: whoever mistyped the address can still stop here.
        _show_way(way)
    letter = client.write(person, draft)
    lateness = client.why_late(person, letter) if asked.explain else None
    if asked.json_output:
        print_json(letter_told(letter, lateness, asked.explain) | {"doubts": plain_values(foreseen.doubts)})
        return
    _show_sent(letter, foreseen, way if way.code == "no_route" else client.reach(person, draft.to))
    if way.code == "no_route":
        echo(f"  `starlight hide {asked.folder} {person} {draft.to} --withdraw` withdraws it again.")
    if lateness is not None:
        show_lateness(lateness)


def _draft(client: Client, asked: SendOptions) -> Draft:
    """Return the letter that is asked for; its words are read and its files uploaded."""
    from starlight.messages.draft import Draft
    from starlight.messages.urgency import priority_of

    address, text = _addressed(client, asked)
    topic = None if asked.topic is None else topic_to_write_in(client, asked.person, asked.topic, address)
    urgency = priority_of(asked.priority)
    if asked.open_at is not None and asked.unless_back is not None:
        right = "Give one of --open-at and --unless-back"
        raise InputError("a letter opens at one moment", where="--unless-back", right=right)
    if asked.one_light_time_later and asked.premiere is None:
        raise InputError("there is no --premiere", where="--one-light-time-later", right="Give both, or none")
    parts_asked = PartFiles(asked.voices, asked.voice_as, asked.pictures, asked.keep_camera_data, asked.files)
    parts = uploaded(client, asked.folder, asked.person, address, parts_asked)
    return Draft(
        address,
        text,
        asked.reply_to,
        urgency,
        asked.critical,
        parts,
        asked.key,
        asked.plain or None,
        act="announcement" if asked.announce else "words",
        topic=topic,
        topic_name=asked.topic if asked.topic is not None and topic is None else "",
        replaces=asked.replaces,
        leave_at=asked.leave_at,
        after=asked.after_read,
        hold=asked.hold,
        open_at=asked.open_at if asked.unless_back is None else asked.unless_back,
        open_on=asked.open_on,
        unless_back=asked.unless_back is not None,
        bulk_parts=asked.bulk_parts,
        media_time=asked.at_media,
        premiere_at=asked.premiere,
        premiere_mode="one_light_time_later" if asked.one_light_time_later else "each_clock",
    )


def _addressed(client: Client, asked: SendOptions) -> tuple[str, str]:
    """Return where a letter goes and its words, which are read only once that is known.

    Raises:
        InputError: it goes nowhere, to two, or has no words.
    """
    from starlight.messages.awaited_name import PREFIX, awaited

    if asked.to_group is None and asked.to_name is None:
        if asked.text is None:
            raise InputError("there is no TEXT", where="TEXT", right="Give ADDRESS and TEXT")
        address, text = client.address(asked.to, where="ADDRESS"), asked.text
    elif asked.to_group is not None and asked.to_name is not None:
        right = "Give one of them"
        raise InputError("both --to-group and --to-name are given", where="--to-name", right=right)
    elif asked.text is not None:
        option = "--to-group" if asked.to_name is None else "--to-name"
        right = "Give TEXT alone with it"
        raise InputError(f"both ADDRESS and {option} are given", where=option, right=right)
    elif asked.to_group is not None:
        # Without an address the words are what comes first.
        address, text = group_of(client, asked.person, asked.to_group).id, asked.to
    else:
        address, text = awaited(PREFIX + (asked.to_name or "")), asked.to
    return address, _standard_input() if text == "-" else text


def _show_sent(letter: LetterView, foreseen: PredictionView, way: ReachView) -> None:
    """Print a letter that is stored, what is predicted for it, and what speaks against that."""
    echo(f"{letter.id}  {state_words(letter.state)}")
    for fact in letter.facts:
        if fact.certainty == "predicted":
            echo(f"  {state_words(fact.state):<10}{dtntime.to_text(fact.time, 3)}  (predicted)")
    show_parts(letter, foreseen)
    if letter.thread_name:
        echo(f"  It begins the topic {letter.thread_name!r}.")
    if way.code not in (*OPEN_WAYS, "no_route"):
        _show_way(way)
    if way.code == "no_route" and letter.expires is not None:
        echo(f"  It is kept until {dtntime.to_text(letter.expires)}.")
    if foreseen.plain_text is not None:
        echo(f"  {foreseen.plain_text.text()}")
    elif not letter.receipt_can_come:
        echo("  No receipt can come from there: that it arrived will never be confirmed.")
    for doubt in foreseen.doubts:
        if way.code in OPEN_WAYS or doubt.code not in TOLD_BY_REACH:
            echo(f"  {doubt.text.text()}")


def _show_recorded(letter: LetterView, *, as_json_text: bool) -> None:
    """Print a letter that was written to a name: where it is, and what sends it."""
    if as_json_text:
        print_json(letter_told(letter, None, False))
        return
    echo(f"{letter.id}  {state_words(letter.state)}")
    if letter.held is not None and letter.held.awaits is not None:
        echo(f"  It stays here until {visible(letter.to_name)} has an address (`starlight address`).")


def _show_way(way: ReachView) -> None:
    echo(f"  {way.headline.text()}. {way.detail.text()}".rstrip())


OPEN_WAYS = ("open", "here")
"""The codes of a way by which a letter leaves, or need not leave, now."""

TOLD_BY_REACH = ("link_down", "not_heard", "never_heard", "no_route", "unknown_node")
"""The doubts that the state of a way which is not open has told already."""


def letter_told(letter: LetterView, lateness: LatenessView | None, explained: bool) -> dict[str, object]:
    """Return a letter as JSON; where it was asked why it is late, with the answer."""
    from starlight.client.client import plain_values

    told = plain_values(letter)
    assert isinstance(told, dict)
    # Null where nothing is to be explained, so that a program that asked always finds the key.
    return told | ({"lateness": plain_values(lateness)} if explained else {})


def state_words(state: DeliveryState) -> str:
    """Return what a state is called, in words."""
    return state.replace("_", " ")


def show_lateness(lateness: LatenessView, indent: str = "") -> None:
    """Print why a letter is not there sooner; what was refused as `starlight route --explain` prints it."""
    for sentence in lateness.first:
        echo(indent + sentence.text())
    for reason in lateness.reasons:
        echo(indent + reason.headline.text())
        for sentence in reason.sentences:
            echo(f"{indent}  {sentence.text()}")


def _standard_input() -> str:
    """Return what comes on standard input, up to a little more than any letter may have."""
    from starlight.client.client import BODY_MAX_BYTES

    try:
        # One byte too many, so that what is too long is refused, not cut off.
        # From the buffer, because the terminal's encoding must not decide what a letter says.
        return sys.stdin.buffer.read(BODY_MAX_BYTES + 1).decode()
    except UnicodeDecodeError as error:
        text = f"byte {error.start} is not UTF-8 text"
        raise InputError(text, where="standard input", right="A letter is words") from None
