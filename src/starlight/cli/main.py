"""The command `starlight`: finds the subcommand, imports only what that one needs, reports errors."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from keyword import iskeyword

import click

from starlight import __version__
from starlight.cli.output import echo, echo_lines
from starlight.errors import InputError, RangeError, StarlightError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a full or broken disk answers; commands that write files say it with the file's name before."""

COMMANDS = {
    # name: (module under starlight.cli, one line for the list of commands)
    "demo": ("demo", "Open the messenger on the built-in expedition: real nodes, real light time."),
    "rehearse": ("rehearse", "Run a scenario in virtual time: years in seconds."),
    "replay": ("rehearse", "Run the record of a node again and compare what it did."),
    "sky": ("sky", "Show where the worlds are: distance, light time, who sees whom."),
    "plan": ("plan", "Make a contact plan: who hears whom, when, how fast; check and convert plans."),
    "route": ("route", "Find the best routes over a contact plan, and explain why none is faster."),
    "link": ("link", "Compute what a radio link carries: design control table, rate over time."),
    "search": ("search", "Find a lost explorer: where they may be, how long they live, where to look next."),
    "organics": (
        "organics",
        "Judge runs of evolved gas: organic markers above background, what to send first.",
    ),
    "node": ("node", "Run one network node from a TOML file."),
    "send": ("node", "Write a letter through a running node."),
    "inbox": ("inbox", "List the letters of somebody at a running node, search in them, follow what comes."),
    "group": ("group", "List the groups of a person; found one, change who is in it, leave it."),
    "address": ("address", "Give somebody an address whom letters were recorded for, and send them."),
    "queue": ("queue", "Show what of somebody's letters leaves when; hold it, move it, take it back."),
    "distress": ("distress", "Call for help; cancel that; tell a caller that a person has heard."),
    "hide": ("hide", "Take a correspondent off somebody's list, and what was never sent with it."),
    "export": ("archive", "Write somebody's letters to files: JSON with media, and a book to read."),
    "import": ("archive", "Put the letters of an export back into a mailbox."),
    "bundle": ("bundle", "Send and receive bundles of any payload; list and drop those that a node stores."),
    "ping": ("ping", "Send to the echo of a node, and compare its answers with what the plan expects."),
    "status": ("status", "Show the state of a running node."),
    "greenhouse": ("greenhouse", "Solve a sealed room with people and plants: who breathes how long."),
    "store": ("store", "Look into the store of a node: bundles, mailboxes, what is quarantined."),
}


class _Lazy(click.Group):
    """A group that imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        # As they stand above, in the order in which people need them; click would go by the alphabet.
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        # Imported here and not above: numpy, the ephemeris and the page would cost every command half a
        # second.
        module = import_module(f"starlight.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, f"{name}_" if iskeyword(name) else name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # From the table, because click would import every command for its line of help.
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="starlight")
def starlight() -> None:
    """Talk across light-time and silence.

    A messenger for people on different worlds, the delay-tolerant network that
    carries it, and a rehearsal of both in virtual time. Start with: starlight demo
    """


def main() -> None:
    """Run the command line; an expected error is one line on stderr and a status, never a traceback.

    Exit status: 0 done, 1 it failed, 2 what was asked was wrong, 130 interrupted.
    """
    try:
        # Not standalone: click would print usage errors in several lines, and end the process itself.
        starlight(prog_name="starlight", standalone_mode=False)
        # Here, where its failure is told: short output would only be written when the process ends.
        if sys.stdout is not None:  # as it is where a shell has closed it
            sys.stdout.flush()
    # A kind of UsageError, so it comes first: without arguments the help is the answer.
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    # Click's own complaints in the one line that all our errors have, with where to read on.
    except click.UsageError as error:
        # Without a context the mistake was made before any command was found.
        where = error.ctx.command_path if error.ctx else "starlight"
        told = error.format_message()
        told = told if told.endswith((".", "?", "!")) else f"{told}."
        echo(f"starlight: {told} Try: {where} --help", err=True)
        sys.exit(2)
    # Kinds of StarlightError, so they come first: it is for the person to mend what they asked.
    except (InputError, RangeError) as error:
        echo_lines(f"starlight: {error}", err=True)
        sys.exit(2)
    except StarlightError as error:
        echo_lines(f"starlight: {error}", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        echo("starlight: interrupted", err=True)
        # 128 and the number of SIGINT, as shells have it.
        sys.exit(130)
    except BrokenPipeError:
        # Else the interpreter would complain there when it flushes what is left at its end.
        sys.stderr.close()  # the reader of our output went away; there is no one to tell
        sys.exit(1)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        echo(f"starlight: the output can't be written ({error.strerror})", err=True)
        # Else the interpreter would try once more at its end, and complain in lines of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        echo("starlight: what was asked takes more memory than there is", err=True)
        sys.exit(1)
