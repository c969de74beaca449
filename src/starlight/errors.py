"""Every exception that Starlight raises on purpose, drawn as a tree.

::

    StarlightError
    ├── InputError            a person gave us something wrong: a file, an argument, a letter
    │   └── InputErrors       several such things in one file, told together
    ├── PeerError             the other end, or the bytes that it sent, misbehaved
    │   ├── CborError         not the subset of CBOR that RFC 9171 allows
    │   ├── BundleError       not a bundle by RFC 9171
    │   ├── LetterError       a payload that is no letter, receipt or telemetry of ours
    │   ├── AmendmentError    a payload that tells of no amendments as ours do
    │   └── LinkError         a convergence layer's peer broke its protocol
    ├── RangeError            a time that the ephemeris, or another table, does not cover
    ├── StoreError            the disk refused, or holds what we did not write
    │   └── DiskFullError     it refused for want of room, and may take the same once there is some
    └── DefectError           a node of ours broke while it was rehearsed

The family says whose fault it is. `InputError` is shown to the person, whole;
`PeerError` is counted, traced and answered on the wire with its code; the
others end an operation, never silently. Anything else that escapes is a defect
of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class StarlightError(Exception):
    """Whatever Starlight raises on purpose."""


class InputError(StarlightError):
    """A person's input is wrong.

    Args:
        what: what is wrong, with the offending value.
        where: the file, key or argument that holds it.
        right: what would be right instead.
    """

    def __init__(self, what: str, *, where: str = "", right: str = "") -> None:
        self.what = what
        self.where = where
        self.right = right
        text = f"{where}: {what}" if where else what
        super().__init__(f"{text}. {right}" if right else text)


class InputErrors(InputError):
    """Several things are wrong in one input, so that a person can mend them all before the next attempt.

    Args:
        errors: two or more, in the order of the file; their `where` is the place within it.
        where: the file.
    """

    TOLD = 20
    """Errors that are told; of more than these most follow from one cause."""

    def __init__(self, errors: Sequence[InputError], where: str) -> None:
        self.errors = tuple(errors)
        lines = [f"  {error}" for error in self.errors[: self.TOLD]]
        if len(self.errors) > self.TOLD:
            lines.append(f"  ... and {len(self.errors) - self.TOLD} more")
        super().__init__("\n".join((f"{len(self.errors)} errors", *lines)), where=where)


def together(errors: Sequence[InputError], where: str) -> InputError:
    """Return what is wrong in one file as one error.

    Args:
        errors: one or more, in the order of the file; their `where` is the place within it.
        where: the file.
    """
    if len(errors) > 1:
        return InputErrors(errors, where)
    only = errors[0]
    return InputError(only.what, where=f"{where}: {only.where}" if only.where else where, right=only.right)


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is nearest to a wrong one; None where none is near."""
    # Loaded by whoever made a slip, and by no command that goes well.
    import difflib

    lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word[:60].lower(), lower, n=1, cutoff=0.6)
    return lower[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question that names the known word nearest to a wrong one; empty where none is near."""
    near = nearest_word(word, known)
    return "" if near is None else f"Did you mean {near!r}?"


class PeerError(StarlightError):
    """A peer, or bytes that came from one, broke a rule."""


class _OffsetError(PeerError):
    """Bytes that break a rule at an offset.

    Args:
        offset: the byte at which the rule is broken, from the start of the input.
        rule: the rule, in the words of its standard, with the section.
    """

    def __init__(self, offset: int, rule: str) -> None:
        self.offset = offset
        self.rule = rule
        super().__init__(f"at byte {offset}: {rule}")


class CborError(_OffsetError):
    """Bytes that are not the subset of CBOR (RFC 8949) that RFC 9171 allows, or pass a limit."""


class BundleError(_OffsetError):
    """Bytes that are not a bundle by RFC 9171."""


class LetterError(_OffsetError):
    """A payload that is no letter, receipt or telemetry record of ours."""


class AmendmentError(_OffsetError):
    """A payload that tells of no amendments, or of one that no plan could take."""


class LinkError(PeerError):
    """A convergence layer's peer broke its protocol.

    Args:
        rule: the rule that was broken, with the section of its standard.
        code: the reason code that the protocol answers with.
    """

    def __init__(self, rule: str, code: int = 0) -> None:
        self.rule = rule
        self.code = code
        super().__init__(rule)


class RangeError(StarlightError):
    """A time outside what a table covers; the message says how to extend it."""


class StoreError(StarlightError):
    """The durable store can't do what was asked."""


class DiskFullError(StoreError):
    """There is no room on the disk: nothing is damaged, and what was refused may be tried again."""


class DefectError(StarlightError):
    """A node broke in virtual time; the message says which, when, told of what, and where in the code."""
