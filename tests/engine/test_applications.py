"""Several applications on one node: whose endpoint, whose token, whose news; and what one of them breaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.engine.helpers import ROAD, SECOND, T, came, made, plan
from tests.engine.office import POST, Office

from starlight.dtntime import DAY, MINUTE
from starlight.engine.applications import MAIL, Applications
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.errors import InputError, StoreError
from starlight.node.application import (
    Application,
    ChangePlan,
    Claim,
    DataUnit,
    Request,
    Save,
    Submit,
    Take,
    Unclaim,
    Untaken,
)
from starlight.node.config import NodeConfig
from starlight.node.events import LinkUp, PlanChanged


class House:
    """A node with a post office and two services, and what broke."""

    def __init__(self, number: int = 3) -> None:
        self.mail, self.echo, self.count = Office(), Office(), Office()
        self.broken: list[tuple[str, Exception]] = []
        self.members = Applications(
            {MAIL: self.mail, "echo": self.echo, "count": self.count},
            lambda what, error: self.broken.append((what, error)),
        )
        self.bodies: dict[str, bytes] = {}
        self.host = Host(Node(NodeConfig(number, ROAD)), self.members, self.bodies.__getitem__)

    def ask(self, name: str, *requests: Request) -> None:
        """Let an application ask for something on its own."""
        self.host.ask(self.members.asked(name, requests), T)


def names(office: Office) -> list[object]:
    """Return what an application was told of, by name."""
    return [told[0] for told in office.told]


def test_a_data_unit_goes_to_whoever_claimed_its_endpoint() -> None:
    """Endpoints belong to the application that claimed them."""
    house = House()
    house.ask(MAIL, Claim("ipn:3.1"))
    house.ask("echo", Claim("ipn:3.2"))
    house.host.step([came(made(to="ipn:3.2")), came(made(to="ipn:3.1", sequence=2))], T)
    assert names(house.echo) == names(house.mail) == ["delivered"]
    assert names(house.count) == []


def test_an_endpoint_has_one_holder_until_it_is_given_back() -> None:
    """A claim of what another application holds is refused, and the error names the holder."""
    house = House()
    house.ask(MAIL, Claim("ipn:3.1"))
    house.ask("echo", Claim("ipn:3.2"), Claim("ipn:3.2"))
    with pytest.raises(InputError, match=r"ipn:3\.1 is taken by a mailbox\. Choose another service number"):
        house.members.asked("count", [Claim("ipn:3.1")])
    with pytest.raises(InputError, match="taken by the application 'echo'"):
        house.members.asked("count", [Claim("ipn:3.7"), Claim("ipn:3.2")])
    with pytest.raises(InputError, match="taken by the application 'echo'"):
        house.members.asked("count", [Unclaim("ipn:3.2")])
    house.members.asked("echo", [Claim("ipn:3.7")])  # the refused list claimed nothing of it
    house.ask("echo", Unclaim("ipn:3.2"))
    house.ask("count", Claim("ipn:3.2"))
    house.host.step([came(made(to="ipn:3.2"))], T)
    assert names(house.count) == ["delivered"]


def test_an_answer_goes_to_whose_token_it_is() -> None:
    """Tokens carry their application's name to the engine, not back; the post office's stay as they are."""
    house = House(1)
    tokens = []
    for name in (MAIL, "echo"):
        (request,) = house.members.asked(name, [POST])
        assert isinstance(request, Submit)
        tokens.append(request.token)
        house.host.ask([request], T)
    assert tokens == ["letter/1", "echo:letter/1"]
    for office in (house.mail, house.echo):
        assert [told[:2] for told in office.told] == [("accepted", "letter/1")]
    house.ask("count", Submit("mine:1", "ipn:2.1", "ipn:3.1", b"x", 1000))
    assert house.count.told[-1][:2] == ("rejected", "mine:1")
    house.ask(MAIL, Submit("letter/ipn:2.1/1", "ipn:2.1", "ipn:3.1", b"x", 1000))
    assert house.mail.told[-1][:2] == ("rejected", "letter/ipn:2.1/1")


def test_news_of_a_bundle_and_of_the_plan_go_to_all() -> None:
    """Each application knows its own bundles by their keys."""
    house = House(1)
    house.ask("echo", POST)
    house.host.step([LinkUp(2), PlanChanged(plan(version=3))], T)
    for office in (house.mail, house.count):
        assert names(office) == ["departed", "plan_changed"]


def test_each_resumes_is_restored_and_is_woken_for_itself() -> None:
    """Records are kept under their application's name; the post office's under addresses."""
    house = House()
    house.echo.answers["resume"] = [Claim("ipn:3.2"), Save("echo", "state", b"1")]
    step = house.host.resume([], T)
    assert step.writes == [Save("echo", "state", b"1")]
    house.members.restore("echo", "state", b"1")
    house.members.restore("ipn:3.1", "card", b"2")
    assert house.echo.told[-1] == ("restore", "echo", "state", b"1")
    assert house.mail.told[-1] == ("restore", "ipn:3.1", "card", b"2")
    with pytest.raises(ValueError, match="echo would keep a record of count"):
        house.members.asked("echo", [Save("count", "state", b"1")])
    house.echo.due, house.count.due = T + SECOND, T + 2 * SECOND
    assert house.host.next_wakeup() == T + SECOND
    house.host.step([], T + SECOND)
    assert names(house.echo)[-1] == "handle_timer"
    assert "handle_timer" not in names(house.count)
    assert house.host.next_wakeup() == T + 2 * SECOND


def test_what_one_breaks_takes_nothing_from_the_others() -> None:
    """A call that raises counts as answered with nothing, and the step goes on for the others."""
    house = House()
    house.ask("echo", Claim("ipn:3.2"))
    house.ask(MAIL, Claim("ipn:3.1"))
    house.echo.defects["delivered"] = defect = RuntimeError("a defect")
    house.mail.answers["delivered"] = [Save("ipn:3.1", "came/1", b"words")]
    lost, kept = came(made(to="ipn:3.2")), came(made(to="ipn:3.1", sequence=2))
    step = house.host.step([lost, kept], T)
    assert Save("ipn:3.1", "came/1", b"words") in step.writes
    assert house.broken == [("the application 'echo' broke over delivered", defect)]
    (stored,) = house.host.node.stored.values()
    assert stored.meta.destination == "ipn:3.2"  # it stays with the node: nobody holds it
    house.mail.defects["plan_changed"] = RuntimeError("another")
    house.host.step([PlanChanged(plan(version=3))], T)
    assert names(house.echo) == names(house.count) == ["plan_changed"]


UNIT = DataUnit("k", ("k",), "ipn:3.2", "ipn:1.9", T, b"x", T + DAY, 1)

CALLS: dict[str, Callable[[Applications], object]] = {
    "resume": lambda house: house.resume(T),
    "accepted": lambda house: house.accepted("echo:1", "k", T, T, T),
    "rejected": lambda house: house.rejected("echo:1", "too large", T),
    "delivered": lambda house: house.delivered(UNIT, T),
    "departed": lambda house: house.departed("k", 2, T, T, T, T),
    "taken": lambda house: house.taken("k", T),
    "returned": lambda house: house.returned("k", T),
    "withdrawn": lambda house: house.withdrawn("k", T),
    "not_withdrawn": lambda house: house.not_withdrawn("k", T),
    "expired": lambda house: house.expired("k", "lifetime expired", T),
    "reported": lambda house: house.reported("k", "ipn:2.0", "delivered", T, 0, T),
    "plan_changed": lambda house: house.plan_changed(T),
    "handle_timer": lambda house: house.handle_timer(T),
    "next_wakeup": lambda house: house.next_wakeup(),
    "restore": lambda house: house.restore("echo", "state", b"1"),
}
"""Each call of the boundary, so made that the echo is among those that it reaches."""


def test_each_call_of_the_boundary_is_tried() -> None:
    """No call is left out of the test below."""
    assert set(CALLS) == {name for name in vars(Application) if not name.startswith("_")} | {"restore"}


@pytest.mark.parametrize("name", CALLS)
def test_no_call_that_raises_gets_past_its_application(name: str) -> None:
    """Whatever one breaks over is named once, the others are told all the same, and work goes on."""
    house = House()
    house.host.resume([], T)
    house.ask("echo", Claim("ipn:3.2"))
    house.count.told.clear()
    house.echo.due = house.count.due = T
    house.echo.defects[name] = defect = RuntimeError("a defect")
    answer = CALLS[name](house.members)
    ((what, error),) = house.broken
    assert what.startswith(f"the application 'echo' broke over {name}")
    assert error is defect
    if name == "delivered":
        assert answer == [Untaken()]
    elif name not in ("accepted", "rejected", "restore", "next_wakeup"):
        assert names(house.count) == [name]
    elif name == "next_wakeup":
        assert answer == T  # the other's deadline
    house.host.step([PlanChanged(plan(version=3))], T)
    assert "plan_changed" in names(house.count)


def test_one_that_cannot_say_when_it_is_due_is_asked_again_ever_more_rarely() -> None:
    """The others' deadlines hold, it is still told of all else, and what was due meanwhile is done late."""
    house = House()
    house.host.resume([], T)
    house.count.due, house.echo.due = T + SECOND, T + 2 * SECOND
    house.echo.defects["next_wakeup"] = RuntimeError("a defect")
    rests, now = [], T
    house.host.step([], T)
    house.host.step([PlanChanged(plan(version=3))], T)
    assert len(house.broken) == 1
    assert "plan_changed" in names(house.echo)
    assert house.host.next_wakeup() == T + SECOND
    house.host.step([], T + SECOND)
    assert names(house.count)[-1] == "handle_timer"
    for _ in range(13):
        due = house.host.next_wakeup()
        assert due is not None
        rests.append(due - now)
        now = due
        house.host.step([], now)
    assert rests[:3] == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert rests[-1] == DAY
    del house.echo.defects["next_wakeup"]
    due = house.host.next_wakeup()
    assert due is not None
    house.host.step([], due)
    assert names(house.echo)[-1] == "handle_timer"
    assert house.host.next_wakeup() is None


def test_one_that_breaks_over_its_records_is_set_aside_with_them() -> None:
    """It is told and asked nothing: it saves nothing over them, and what comes for it waits in the node."""
    house = House()
    house.echo.defects["restore"] = RuntimeError("a defect")
    house.echo.answers["resume"] = [Claim("ipn:3.2"), Save("echo", "state", b"lost")]
    house.echo.due = T
    for key in ("state", "more"):
        house.members.restore("echo", key, b"1")
    assert [what for what, _ in house.broken] == [
        "the application 'echo' broke over restore, and is set aside until the node starts again"
    ]
    assert house.host.resume([], T).writes == []
    house.host.step([came(made(to="ipn:3.2")), PlanChanged(plan(version=3))], T)
    assert names(house.echo) == []
    assert names(house.count) == ["resume", "plan_changed"]
    assert [stored.meta.destination for stored in house.host.node.stored.values()] == ["ipn:3.2"]
    assert house.host.next_wakeup() != T
    with pytest.raises(StoreError, match="the application 'echo' is set aside"):
        house.members.asked("echo", [POST])


def test_what_is_no_request_or_not_its_own_is_broken_too() -> None:
    """Whatever an application asks for that none may costs all of that answer, and no other's."""
    house = House()
    house.ask(MAIL, Claim("ipn:3.1"))
    house.echo.answers["plan_changed"] = [Save("echo", "state", b"1"), Claim("ipn:3.1")]
    house.count.answers["plan_changed"] = [object()]  # type: ignore[list-item]  # none of the requests
    assert house.host.step([PlanChanged(plan(version=3))], T).writes == []
    assert [type(error) for _, error in house.broken] == [InputError, TypeError]


def test_a_node_whose_applications_want_one_endpoint_does_not_start() -> None:
    """Whoever set it up is told; any other defect of one costs itself alone."""
    house = House()
    house.mail.answers["resume"] = [Claim("ipn:3.1")]
    house.count.defects["resume"] = RuntimeError("a defect")
    house.host.resume([], T)
    assert [what for what, _ in house.broken] == ["the application 'count' broke over resume"]
    house.echo.answers["resume"] = [Claim("ipn:3.1")]
    with pytest.raises(InputError, match=r"ipn:3\.1 is taken by a mailbox"):
        house.host.resume([], T)


def test_a_timer_that_breaks_rests_ever_longer() -> None:
    """It is due still, and would else be asked again at once; one that works again starts afresh."""
    house = House()
    house.echo.due = T
    house.echo.defects["handle_timer"] = RuntimeError("a defect")
    now, rests = T, []
    for _ in range(14):
        house.host.step([], now)
        due = house.host.next_wakeup()
        assert due is not None
        rests.append(due - now)
        now = due
    assert rests[:3] == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert rests[-1] == DAY
    del house.echo.defects["handle_timer"]
    house.host.step([], now)
    assert house.host.next_wakeup() is None


def test_without_anyone_to_tell_a_defect_goes_on() -> None:
    """In virtual time a defect ends the world, however many applications there are."""
    office = Office()
    office.defects["resume"] = RuntimeError("a defect")
    host = Host(Node(NodeConfig(3, ROAD)), Applications({MAIL: office}), House().bodies.__getitem__)
    with pytest.raises(RuntimeError, match="a defect"):
        host.resume([], T)


def test_what_the_host_does_is_handed_on() -> None:
    """Plan changes and later takings are requests of any application."""
    house = House()
    house.ask("echo", Claim("ipn:3.2"))
    house.echo.answers["delivered"] = [Untaken()]
    house.host.step([came(made(to="ipn:3.2"))], T)
    (key,) = house.host.node.stored
    house.ask("echo", Take((key,)), ChangePlan(plan(version=7)))
    assert not house.host.node.stored
    assert house.host.node.router.plan.version == 7
