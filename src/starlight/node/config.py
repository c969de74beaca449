"""The configuration of a node: who it is, what is foreseen, and how much it may take."""

from __future__ import annotations

import msgspec

from starlight.contacts import ContactPlan
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.node.admission import Admission


class NodeLimits(msgspec.Struct, frozen=True):
    """The limits of what a node takes on, each with its reason.

    Attributes:
        bundle_bytes: the largest bundle taken. A body is held whole in memory while it is received
            and while it is sent, so this, times the transfers under way, bounds the memory.
        bundles: how many are stored at most; each costs about 1 kB of memory for its index.
        store_bytes: how much their bodies may fill of the disk.
        fragments: how many fragments of one bundle to this node are kept. A bundle of the largest size
            in fragments of 1 kB, smaller than any link here asks for, is as many; the stretches that
            they cover are kept in one ordered list, into which each is inserted.
        remembered: identities kept of bundles that were delivered here, of copies that were handed
            on, and of transfers given up whose answer may still come, each about 200 B of memory.
            When it overflows the oldest goes first, and a duplicate that comes later still is
            caught by the mailbox, by letter id.
        under_way: transfers that a peer has not answered, on contacts whose rate is unlimited. A
            contact with a rate paces itself; without one only this keeps a link's buffers small.
        answer_margin: how long after the way back is first open, and light has come over it, the answer
            to a transfer may still be out, in ns; then the transfer counts as failed. A link says
            itself when it fails; this is for a peer that keeps it up and never answers. A day: a
            pass that was missed has mostly been made up for by then, and a transfer given up too
            early costs a second one, one given up too late only time. In real time a driver widens
            it by what a stall of its machine is in mission time.
        backoff, backoff_max: how long a bundle rests after its first failed transfer, doubled with
            each further one up to the maximum, in ns. It bounds what a broken link can cost.
        return_max: the same maximum for a bundle that keeps coming back, because nodes whose plans
            disagree pass it between them: with a hop limit of 255 it lasts for months.
        return_gain: how much earlier a bundle must arrive by going straight back to who sent it than by
            any other route, in ns, to be sent there. The sender chose this node; if it knew no less, the
            bundle would only come again. But a window that this node knows to be missed can cost
            years. A day: plans of nodes that differ mostly differ by less, a pass or an hour.
        report_lifetime: how long a status report is worth carrying at most, in ns. Reports are
            hints; they shall not fill the relays that stay without contact for long.
        lifetime_ms: the longest lifetime that an application may ask for; a century, because the
            creation time plus the lifetime must stay well inside 64 bits of ns.
    """

    bundle_bytes: int = 64 << 20
    bundles: int = 1_000_000
    store_bytes: int = 64 << 30
    fragments: int = 65_536
    remembered: int = 100_000
    under_way: int = 1_024
    answer_margin: int = DAY
    backoff: int = SECOND
    backoff_max: int = HOUR
    return_max: int = DAY
    return_gain: int = DAY
    report_lifetime: int = 30 * DAY
    lifetime_ms: int = 100 * 366 * 86_400_000

    def rest(self, failures: int) -> int:
        """Return how long a bundle rests after so many failed transfers, in ns."""
        return min(self.backoff << min(max(failures - 1, 0), 40), self.backoff_max)

    def pause(self, returns: int) -> int:
        """Return how long a bundle rests that came back so often, in ns; the first time not at all."""
        turns = min(returns - 1, 40)
        return min(self.backoff << turns, self.return_max) if turns > 0 else 0


class NodeConfig(msgspec.Struct, frozen=True):
    """A node's identity and rules.

    Attributes:
        number: its fully qualified node number (allocator * 2**32 + node, RFC 9758).
        plan: the contact plan that it starts with.
        limits: how much it takes on.
        names: node numbers of nodes with names of the dtn scheme: ``{"mars": 5}`` for
            ``dtn://mars/...``. A name of this node itself makes it answer to that too.
        reports: whether it makes status reports that others ask for (RFC 9171, 5.1 leaves it to the node).
        hop_limit: of the bundles made here, at most 255 (RFC 9171, 4.4.3). No route of a plan is as
            long, so only loops reach it.
        without_crc: the peers whose bundles are taken without a CRC in the primary block, which RFC 9171,
            4.3.1 asks for: nodes are known that leave it out, and a link may check what it carries.
        admission: what is taken of the bundles that a peer offers, for each that has rules.
    """

    number: int
    plan: ContactPlan = ContactPlan()
    limits: NodeLimits = NodeLimits()
    names: dict[str, int] = {}
    reports: bool = True
    hop_limit: int = 255
    without_crc: tuple[int, ...] = ()
    admission: tuple[Admission, ...] = ()
