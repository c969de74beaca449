"""Several applications on one node, as the one that its host drives.

Theory of operation. The engine knows one application; this one stands for all of them, and keeps them apart
by three marks. A data unit goes to whoever has claimed its endpoint. The answer to a submission goes to whose
name its token begins with. News of a bundle go to all, by the bundle's key, of which each knows its own.

What one of them breaks costs itself alone, as far as that can be held. A call that raises counts as
answered with nothing: the data unit that it was given stays with the node, which offers it again at the
endpoint's next claim; what it was told it is not told again; its timer rests; and the step goes on for the
others. One that breaks over its own records is set aside until the node starts again: it is told nothing and
asked nothing, so that its records, and the data units that wait for it, stay in the store as they are. What
can't be held apart is the engine below: where that breaks over what an application asked for, the step is
undone for all (`Host`), and what an application holds in memory is its own to keep sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from starlight.bundle import EndpointID
from starlight.dtntime import DAY, MINUTE
from starlight.errors import InputError, StoreError
from starlight.node.application import (
    Claim,
    DataUnit,
    Request,
    Restorable,
    Save,
    SetAside,
    Submit,
    Unclaim,
    Untaken,
)

MAIL = "mail"
"""The name of the post office. Its tokens stay as they are, as they stand in recorded runs, and so do its
records, which are kept by address."""

MARK = ":"
"""What parts an application's name from its own token; no name holds it, and no token of the post office
has a name of another application before its first."""

REST_MAX = DAY
"""The longest rest of a timer that keeps breaking: it fills no log, and is still looked at each day."""

Broke = Callable[[str, Exception], object]
"""Told what an application broke over, and how, while the exception is handled."""


class Applications:
    """The applications of one node.

    Each names what it keeps (`Save.mailbox`) by its own name, but for the post office.

    Args:
        applications: by name, in the order in which they are told of things.
        broke: told what one of them broke over; without it the exception goes on, as in virtual time, where
            a defect ends the world.
    """

    def __init__(self, applications: Mapping[str, Restorable], broke: Broke | None = None) -> None:
        self._holders: dict[str, str] = {}
        self._members = {
            name: _Member(name, application, self._holders, broke)
            for name, application in applications.items()
        }

    def asked(self, name: str, requests: Iterable[Request]) -> list[Request]:
        """Return what an application asks for on its own as what its node is asked for.

        Args:
            name: the application's.
            requests: for example, those of a person who writes a letter.

        Raises:
            InputError: it claims an endpoint that another application holds.
            StoreError: it was set aside, and nothing that it asks for would be kept.
            ValueError: it asks for what no application may.
        """
        return self._members[name].ask(requests)

    def named(self, name: str) -> Restorable:
        """Return the application of a name, to be asked what it knows."""
        return self._members[name].application

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Give a record back to the application that saved it; one that breaks over it is set aside."""
        owner = mailbox if mailbox in self._members else MAIL
        self._members[owner].restore(mailbox, key, data)

    def resume(self, now: int) -> list[Request]:
        """Let each say what to ask of a node that has just started.

        Raises:
            InputError: one claims an endpoint that another application holds; whoever set the node up has to
                mend that.
        """
        requests: list[Request] = []
        for member in self._members.values():
            requests += member.resume(now)
        return requests

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        """Tell an application that its bundle was taken."""
        member, own = _of_token(self._members, token)
        return member.call("accepted", own, key, leaves, arrives, now)

    def rejected(self, token: str, reason: str, now: int) -> list[Request]:
        """Tell an application that its bundle was not taken."""
        member, own = _of_token(self._members, token)
        return member.call("rejected", own, reason, now)

    def delivered(self, unit: DataUnit, now: int) -> list[Request]:
        """Give a data unit to the application that has claimed its endpoint."""
        holder = self._holders.get(unit.endpoint)
        if holder is None:
            return [Untaken()]  # The endpoint was given back in this very step.
        return self._members[holder].call("delivered", unit, now, failing=(Untaken(),))

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> list[Request]:
        """Tell all that a bundle leaves."""
        return _tell_all(self._members, "departed", key, peer, leaves, last_byte, reaches, now)

    def taken(self, key: str, now: int) -> list[Request]:
        """Tell all that a link has taken a bundle."""
        return _tell_all(self._members, "taken", key, now)

    def returned(self, key: str, now: int) -> list[Request]:
        """Tell all that a bundle waits again."""
        return _tell_all(self._members, "returned", key, now)

    def withdrawn(self, key: str, now: int) -> list[Request]:
        """Tell all that a bundle was taken back."""
        return _tell_all(self._members, "withdrawn", key, now)

    def not_withdrawn(self, key: str, now: int) -> list[Request]:
        """Tell all that a bundle could not be taken back."""
        return _tell_all(self._members, "not_withdrawn", key, now)

    def expired(self, key: str, reason: str, now: int) -> list[Request]:
        """Tell all that a bundle expired in this node's store."""
        return _tell_all(self._members, "expired", key, reason, now)

    def reported(
        self, key: str, reporter: str, status: str, time: int | None, reason: int, now: int
    ) -> list[Request]:
        """Tell all of a status report."""
        return _tell_all(self._members, "reported", key, reporter, status, time, reason, now)

    def plan_changed(self, now: int) -> list[Request]:
        """Tell all of a new contact plan."""
        return _tell_all(self._members, "plan_changed", now)

    def handle_timer(self, now: int) -> list[Request]:
        """Let those do what is due whose deadline has come."""
        requests: list[Request] = []
        for member in self._members.values():
            requests += member.handle_timer(now)
        return requests

    def next_wakeup(self) -> int | None:
        """Return when one of them has something to do."""
        due = [time for member in self._members.values() if (time := member.next_wakeup()) is not None]
        return min(due, default=None)


class _Member:
    """One of the applications, with what keeps it from harming the others.

    Args:
        name, application: which it is.
        holders: the names of those that have claimed endpoints, of all members.
        broke: as for `Applications`.
    """

    def __init__(self, name: str, application: Restorable, holders: dict[str, str], broke: Broke | None):
        self.application = application
        self._name = name
        self._holders = holders
        self._broke = broke
        self._set_aside = False
        self._now = 0  # when it was last told of anything
        self._rest = _Rest()

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Give it back a record."""
        if self._set_aside:
            return
        try:
            self.application.restore(mailbox, key, data)
        except Exception as error:
            # It must not go on without what it had saved: it would save what it then makes over that.
            self._set_aside = True
            self._note("restore, and is set aside until the node starts again", error)

    def ask(self, requests: Iterable[Request]) -> list[Request]:
        """Return what it asks for on its own; see `Applications.asked`."""
        if self._set_aside:
            raise StoreError(f"the application {self._name!r} is set aside: it can't read what it has saved")
        return self._asked(requests)

    def call(self, call: str, *facts: Any, failing: Sequence[Request] = ()) -> list[Request]:
        """Return the answer to a call, as what its node is asked for.

        Args:
            call: the name of the method.
            facts: its arguments, of which the last is the time, in ns.
            failing: what counts as its answer when it raises.
        """
        if self._set_aside:
            return list(failing)
        self._now = facts[-1]
        try:
            return self._asked(getattr(self.application, call)(*facts))
        except Exception as error:
            self._note(call, error)
            return list(failing)

    def resume(self, now: int) -> list[Request]:
        """Return the answer to the start of the node."""
        if self._set_aside:
            return []
        self._now = now
        try:
            return self._asked(self.application.resume(now))
        except InputError:
            raise  # A person's mistake, which only a person can mend: two services with one number.
        except Exception as error:
            self._note("resume", error)
            return []

    def handle_timer(self, now: int) -> list[Request]:
        """Return the answer to its deadline, if that has come."""
        self._now = now
        due = self.next_wakeup()
        if due is None or due > now:
            return []
        try:
            requests = self._asked(self.application.handle_timer(now))
        except Exception as error:
            # It is due still, so without a rest it would be asked again at once, for ever.
            self._rest.begin(now)
            self._note("handle_timer", error)
            return []
        self._rest.end()
        return requests

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` has something to do."""
        if self._set_aside:
            return None
        rest = self._rest
        if rest.unanswered and self._now < rest.until:
            return rest.until
        try:
            due = self.application.next_wakeup()
            due = None if due is None else max(due, rest.until)
        except Exception as error:
            # Asked after each step of the node, it would fill the log. It is asked again when it has rested,
            # because what it holds may have changed by then: its deadlines are late, and none is lost.
            rest.begin(self._now, unanswered=True)
            self._note("next_wakeup", error)
            return rest.until
        if rest.unanswered:
            rest.end()
        return due

    def _asked(self, requests: Iterable[Request]) -> list[Request]:
        """Return requests as they are put to the node, all of them or, where one is wrong, none."""
        told = [self._named(request) for request in requests]
        if any(isinstance(request, Claim | Unclaim) for request in told):
            self._claim(told)
        return told

    def _named(self, request: Request) -> Request:
        """Return a request with the mark of its application."""
        if not isinstance(request, Request):
            raise TypeError(f"{type(request).__name__} is no request of an application")
        # Recorded runs hold the tokens of the post office as they are.
        if self._name == MAIL:
            return request
        if isinstance(request, Submit):
            return replace(request, token=f"{self._name}{MARK}{request.token}")
        if isinstance(request, Save | SetAside) and request.mailbox != self._name:
            raise ValueError(f"{self._name} would keep a record of {request.mailbox}")
        return request

    def _claim(self, requests: Sequence[Request]) -> None:
        """Note what is claimed and given back, if all of it may be."""
        # On a copy, so that a list of which one claim is refused has claimed nothing.
        holders = dict(self._holders)
        for request in requests:
            if isinstance(request, Claim | Unclaim):
                endpoint = _canonical(request.endpoint)
                holder = holders.get(endpoint, self._name)
                if holder != self._name:
                    raise _held(endpoint, holder)
                if isinstance(request, Claim):
                    holders[endpoint] = self._name
                else:
                    holders.pop(endpoint, None)
        # All members share the one table, so its contents are changed and not the table.
        self._holders.clear()
        self._holders.update(holders)

    def _note(self, call: str, error: Exception) -> None:
        if self._broke is None:
            raise error
        self._broke(f"the application {self._name!r} broke over {call}", error)


class _Rest:
    """The rest of a timer that broke: ever longer while it keeps breaking.

    Attributes:
        until: when it is over, in ns.
        unanswered: it broke over the question when it is due, so that is not known.
    """

    def __init__(self) -> None:
        self.until = 0
        self.unanswered = False
        self._failures = 0  # one after the other

    def begin(self, now: int, *, unanswered: bool = False) -> None:
        """Rest from now on."""
        self.until = now + min(MINUTE << min(self._failures, 20), REST_MAX)
        self.unanswered = unanswered
        self._failures += 1

    def end(self) -> None:
        """Take note that it works again."""
        self.unanswered = False
        self._failures = 0


def _tell_all(members: Mapping[str, _Member], call: str, *facts: object) -> list[Request]:
    requests: list[Request] = []
    for member in members.values():
        requests += member.call(call, *facts)
    return requests


def _of_token(members: Mapping[str, _Member], token: str) -> tuple[_Member, str]:
    """Return the application that submitted with a token, and its own token."""
    name, mark, own = token.partition(MARK)
    return (members[name], own) if mark and name in members else (members[MAIL], token)


def _canonical(endpoint: str) -> str:
    try:
        return str(EndpointID.parse(endpoint))
    except InputError:
        return endpoint  # The engine takes no claim of it.


def _held(endpoint: str, holder: str) -> InputError:
    by = "a mailbox" if holder == MAIL else f"the application {holder!r}"
    return InputError(f"{endpoint} is taken by {by}", where="service", right="Choose another service number")
