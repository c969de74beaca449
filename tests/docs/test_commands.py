"""docs/reference/commands.md and the command line are the same, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from tests.docs.documents import PAGES, REFERENCE, ROOT, Row, blocks, quotes, rows, sections, text_of

from starlight.cli import main as command_line
from starlight.cli.main import COMMANDS

DOCUMENT = REFERENCE / "commands.md"
NAME = DOCUMENT.relative_to(ROOT)
TEXT = text_of(DOCUMENT)
OTHERS = {"help", "version"}
"""Options that every command has, which the page's beginning explains."""


def subcommands(command: click.Command) -> dict[str, click.Command]:
    """Return the commands below a command, by their word; `plan` is a command and has some as well."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        found = {name: command.get_command(context, name) for name in command.list_commands(context)}
        return {name: each for name, each in found.items() if each is not None}
    more: dict[str, click.Command] = getattr(command, "files", {})
    return more


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield each command with all its words, those above before those below."""
    if path != "starlight":
        yield path, command
    for name, below in subcommands(command).items():
        yield from commands(below, f"{path} {name}")


KNOWN = dict(commands(command_line.starlight, "starlight"))
WORKING = {path: each for path, each in KNOWN.items() if not isinstance(each, click.Group)}
HEADINGS = {title: body for title, body in sections(TEXT).items() if title.startswith("starlight ")}


def options(command: click.Command) -> list[click.Option]:
    """Return the options of a command, in the order of its help."""
    return [each for each in command.params if isinstance(each, click.Option)]


def option_rows(path: str) -> dict[str, Row]:
    """Return the rows of the table of a command, by the option that each is about."""
    body = HEADINGS.get(path, "")
    return {row.quoted()[0].split()[0]: row for row in rows(body) if row.cells[0].startswith("`-")}


def long_name(option: click.Option) -> str:
    """Return the long name of an option."""
    return next((name for name in option.opts if name.startswith("--")), option.opts[0])


def spelling(option: click.Option) -> str:
    """Return how the table writes an option: its long name with a word for its value, then the short one."""
    long = long_name(option)
    word = "" if option.is_flag else f" {option.metavar or 'WORD'}"
    return ", ".join([f"`{long}{word}`", *(f"`{name}`" for name in option.opts if name != long)])


def told_default(option: click.Option) -> str | None:
    """Return the default as the table tells it; None where the help only describes it, "" without one."""
    if "[default:" in (option.help or ""):
        return None
    if option.is_flag or not isinstance(option.default, int | float | str):
        return ""
    return option.default if isinstance(option.default, str) else f"{option.default:g}"


def test_each_command_has_a_section() -> None:
    """Each command has a section `starlight NAME`, each below one `starlight NAME WORD`, and no other has."""
    missing = [path for path in KNOWN if path not in HEADINGS]
    invented = [path for path in HEADINGS if path not in KNOWN]
    assert not missing, f"{NAME}: write a section with the heading `## {missing[0]}` for each of {missing}"
    assert not invented, f"{NAME}: there is no command {invented}; take its section out"
    top = [path for path in HEADINGS if path.count(" ") == 1]
    assert top == [f"starlight {name}" for name in COMMANDS], f"{NAME}: keep the order of `starlight --help`"


@pytest.mark.parametrize("path", WORKING)
def test_a_section_opens_with_the_usage(path: str) -> None:
    """The first code of a section is its command with all its arguments, as the help writes them."""
    command = WORKING[path]
    context = click.Context(command)
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    wanted = " ".join([path, *(each.make_metavar(context) for each in arguments)])
    found = next((each for each in quotes(HEADINGS[path]) if each.startswith("starlight ")), "nothing")
    assert found == wanted, f"{NAME}: let the section {path!r} begin with `{wanted}`, not with `{found}`"


@pytest.mark.parametrize("path", WORKING)
def test_each_option_has_a_row(path: str) -> None:
    """A command's table has a row for each option, in the order of the help, and for no other."""
    wanted = {long_name(option): option for option in options(WORKING[path])}
    found = option_rows(path)
    for name, option in wanted.items():
        right = f"| {spelling(option)} | {(option.help or '').partition(' [default')[0]} |"
        assert name in found, f"{NAME}: the table of {path!r} needs a row such as: {right}"
    invented = [name for name in found if name not in wanted]
    assert not invented, f"{NAME}: {path!r} has no option {invented}; take its row out"
    assert list(found) == list(wanted), f"{NAME}: {path!r}: let the rows stand in the order of --help"


@pytest.mark.parametrize("path", WORKING)
def test_a_row_tells_all_of_its_option(path: str) -> None:
    """A row names its option as the help does, its default, what may be chosen, its bounds, and whether it
    must or may be there more than once."""
    for option in options(WORKING[path]):
        row = option_rows(path)[long_name(option)]
        at = f"{NAME}: {path} {long_name(option)}"
        # Where the help lists what may be chosen in place of a word for it, the page has any word.
        cell = row.cells[0] if option.metavar else re.sub(r" [A-Z]+`", " WORD`", row.cells[0], count=1)
        assert cell == spelling(option), (
            f"{at}: let its row begin with {spelling(option)}, not {row.cells[0]}"
        )
        default, cell = told_default(option), row.under("default").strip("`")
        if default is None:
            assert cell, f"{at}: tell its default in the last column, as the help does: {option.help}"
        else:
            assert cell == default, f"{at}: its default is {default or 'none'}, and the row says {cell!r}"
        told = row.under("what it does")
        for word in option.type.choices if isinstance(option.type, click.Choice) else ():
            assert f"`{word}`" in told, f"{at}: name what may be chosen, `{word}` too"
        low, high = getattr(option.type, "min", None), getattr(option.type, "max", None)
        if low is not None and high is not None:
            bounds = f"{_number(low)} to {_number(high)}"
            assert bounds in told, f"{at}: tell its bounds, `{bounds}`"
        assert option.multiple == ("several times" in told), (
            f"{at}: say whether it may be given several times"
        )
        assert option.required == ("Must be given" in told), (
            f"{at}: say `Must be given.` where, and only where, it must"
        )


def _number(bound: float) -> str:
    """Return a bound as the page writes it."""
    if bound >= 10_000_000:
        power = round(bound).bit_length()
        return f"2^{power} - 1" if bound == 2**power - 1 else f"10^{len(str(round(bound))) - 1}"
    return f"{bound:f}".rstrip("0").rstrip(".")


@pytest.mark.parametrize("path", WORKING)
def test_an_exit_status_is_told_by_page_and_help(path: str) -> None:
    """Where a command's exit status says more than that it failed, its help and its section both tell it."""
    told = ["Exit status:" in " ".join(text.split()) for text in (WORKING[path].help or "", HEADINGS[path])]
    assert told[0] == told[1], f"{path}: tell `Exit status:` in its help and in {NAME}, or in neither"


def test_the_beginning_tells_the_argument_that_may_be_left_out() -> None:
    """What `SCENARIO` is without one stands at the beginning, as it holds for several commands."""
    beginning = TEXT.partition("\n## ")[0]
    found = {
        each.default
        for command in WORKING.values()
        for each in command.params
        if isinstance(each, click.Argument) and isinstance(each.default, str)
    }
    assert found
    for default in found:
        assert f"`{default}`" in beginning, f"{NAME}: say at its beginning that {default} is what is taken"


def quoted_commands() -> Iterator[tuple[str, str]]:
    """Yield each command of ours that any document quotes, with the name of the document."""
    for page in PAGES:
        text = text_of(page)
        name = str(page.relative_to(ROOT))
        if name in ("CHANGELOG.md", "ARCHITECTURE.md"):
            continue  # They tell of what was as well.
        yield from ((name, each) for each in quotes(text) if each.startswith("starlight "))
        for block in blocks(text, "console"):
            whole = block.text.replace("\\\n", " ")
            yield from ((name, line[2:]) for line in whole.splitlines() if line.startswith("$ starlight "))


@pytest.mark.parametrize(("page", "quoted"), sorted(set(quoted_commands())))
def test_no_document_invents_a_command(page: str, quoted: str) -> None:
    """Each command that a document quotes is there, and has the options that it is quoted with."""
    words = quoted.split()
    if words[1].startswith("-") or words[1] in ("COMMAND", "..."):
        return
    path = " ".join(words[:2])
    for alternative in words[1].split("|") if words[1] not in COMMANDS else [words[1]]:
        assert alternative in COMMANDS, f"{page}: `{quoted}`: there is no command {alternative!r}"
    below = subcommands(KNOWN[path]) if path in KNOWN else {}
    chosen = [KNOWN[path]]
    if len(words) > 2 and any(word in below for word in words[2].split("|")):
        unknown = [word for word in words[2].split("|") if word not in below]
        assert not unknown, f"{page}: `{quoted}`: `{path}` has no {unknown}"
        chosen = [below[word] for word in words[2].split("|")]
    elif isinstance(KNOWN[path], click.Group):
        assert len(words) == 2, f"{page}: `{quoted}`: `{path}` has no {words[2]!r}"
    known = {name for command in chosen for option in options(command) for name in option.opts}
    known |= {f"--{each}" for each in OTHERS} | {"-h"}
    for name in re.findall(r"(?<=\s)--?[a-z][a-z-]*", re.sub(r'"[^"]*"', '""', quoted)):
        assert name in known, f"{page}: `{quoted}`: there is no option {name}"
