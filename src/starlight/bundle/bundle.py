"""A bundle as a value: its blocks, its identity, and what they mean to a node."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from starlight.bundle import blocks, primary
from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.crc import CRC16, CRC32C
from starlight.bundle.eid import NULL, EndpointID
from starlight.bundle.policy import TOLERANT
from starlight.bundle.primary import PrimaryBlock
from starlight.bundle.quality_of_service import USUAL, QualityOfService, read_service, service_data

_MILLISECOND = 1_000_000
NEVER = 2**63 - 1  # ns: the year 2292, the last moment that a signed column of 64 bits can hold


class Bundle(msgspec.Struct, frozen=True, gc=False):
    """A bundle (RFC 9171, 4.1).

    Attributes:
        primary: the primary block.
        blocks: all others in their order; the last is the payload block.
        raw: the bytes that it was decoded from; None when it was built here. A block's
            byte range refers to them, so keep them when replacing other blocks.
    """

    primary: PrimaryBlock
    blocks: tuple[CanonicalBlock, ...]
    raw: bytes | None = None

    @property
    def id(self) -> str:
        """Return its identity as text, which no other bundle has: ``ipn:7.1/725846400000/3``.

        A fragment's ends with its offset and payload length (RFC 9171, 4.3.1), ``/0+1000``.
        An anonymous bundle is not uniquely identifiable (4.2.3); its id ends with a digest
        of primary block and payload, so that two of them are never taken for one.
        """
        block = self.primary
        if block.source.is_null:
            # Encoded anew, not the bytes that came: a relay that wrote the same values otherwise must not
            # make another bundle of it.
            digest = hashlib.blake2b(primary.encode(block), digest_size=8)
            digest.update(self.blocks[-1].data)
            return f"{self.adu_id}/~{digest.hexdigest()}"
        if block.fragment_offset is None:
            return self.adu_id
        return f"{self.adu_id}/{block.fragment_offset}+{len(self.blocks[-1].data)}"

    @property
    def adu_id(self) -> str:
        """The identity of the data unit that it carries all or part of: the same for all fragments."""
        block = self.primary
        return f"{block.source.text}/{block.creation_ms}/{block.sequence}"

    @property
    def payload(self) -> bytes:
        """The application data unit, or this fragment's part of it."""
        return self.blocks[-1].data

    @property
    def is_admin(self) -> bool:
        """Its payload is an administrative record."""
        return bool(self.primary.flags & primary.ADMIN_RECORD)

    @property
    def is_fragment(self) -> bool:
        """Its payload is a part of a data unit."""
        return bool(self.primary.flags & primary.FRAGMENT)

    @property
    def may_be_fragmented(self) -> bool:
        """It may be replaced by fragments: neither forbidden, nor anonymous (RFC 9171, 4.2.3 and 5.8)."""
        return not self.primary.flags & primary.MUST_NOT_FRAGMENT and not self.primary.source.is_null

    @property
    def wants_reports(self) -> int:
        """The status report request flags that count.

        None do in an anonymous bundle or an administrative record (RFC 9171, 4.2.3), nor
        where reports would go to the null endpoint.
        """
        head = self.primary
        if head.source.is_null or head.report_to.is_null or self.is_admin:
            return 0
        return head.flags & primary.REPORTS

    @property
    def previous_node(self) -> EndpointID | None:
        """The node that forwarded it here; None where no previous node block says so."""
        block = self.extension(blocks.PREVIOUS_NODE)
        return None if block is None else blocks.read_previous_node(block, TOLERANT)

    @property
    def age_ms(self) -> int | None:
        """Its age in ms when it was last forwarded; None without bundle age block."""
        block = self.extension(blocks.BUNDLE_AGE)
        return None if block is None else blocks.read_bundle_age(block, TOLERANT)

    @property
    def hop_count(self) -> tuple[int, int] | None:
        """Its hop limit and hop count; None without hop count block."""
        block = self.extension(blocks.HOP_COUNT)
        return None if block is None else blocks.read_hop_count(block, TOLERANT)

    @property
    def service(self) -> QualityOfService:
        """Return how urgent it is; normal without a quality-of-service block that can be read."""
        return read_service(self.extension(blocks.QUALITY_OF_SERVICE))

    def extension(self, kind: int) -> CanonicalBlock | None:
        """Return the first block of a type whose content is not encrypted, or None."""
        for block in self.blocks:
            if block.type == kind:
                # Ciphertext may happen to decode: what is encrypted for another says nothing here (RFC
                # 9172, 3.8).
                return None if block.number in self.encrypted else block
        return None

    @property
    def encrypted(self) -> frozenset[int]:
        """The numbers of blocks that a block confidentiality block (RFC 9172, 3.8) has encrypted."""
        return encrypted_numbers(self.blocks)

    def expires_at(
        self, received: int, age_ms: int | None = None, *, left: int | None = None, ahead: int = 0
    ) -> int:
        """Return when its lifetime ends here, in ns since 2000-01-01T00:00:00Z (RFC 9171, 4.3.1 and 5.5).

        RFC 9171, 5.5 lets a bundle's age be counted from its creation time where the clock here is known to
        be accurate, and else asks for its bundle age block. No node knows that of its clock, nor of the
        source's. So where a block tells the age, that alone counts; where none does, creation time and
        lifetime do, unless they can't be right: the creation has not come yet, or the lifetime had ended
        before the bundle left its sender, who still held it to be alive. Then it counts from when it came.
        A lifetime that ended on the way is over.

        Args:
            received: when it came here, in ns since 2000-01-01T00:00:00Z.
            age_ms: its age then, in ms; None takes what its bundle age block says.
            left: when it left the node that sent it here, in ns; None for when it came.
            ahead: by how much the source's clock is known to be ahead of ours, in ns.
        """
        block = self.primary
        lifetime = block.lifetime_ms * _MILLISECOND
        age = self.age_ms if age_ms is None else age_ms
        if age is not None or not block.creation_ms:
            return min(received + lifetime - (age or 0) * _MILLISECOND, NEVER)
        # Any peer may write 64 bits into both; the sum must still fit a column of the store.
        ends = block.creation_ms * _MILLISECOND - ahead + lifetime
        latest = received + lifetime
        could_be = (received if left is None else left) < ends < latest
        return min(ends if could_be else latest, NEVER)

    def is_misdated(self, left: int, received: int, tolerance: int) -> bool:
        """Tell whether its creation time can't be right by the clock that says when it came.

        Args:
            left: when it left the node that sent it here, in ns.
            received: when it came, in ns.
            tolerance: by how much clocks that agree may differ, in ns.
        """
        block = self.primary
        created = block.creation_ms * _MILLISECOND
        ended = self.age_ms is None and created + block.lifetime_ms * _MILLISECOND <= left
        return block.creation_ms > 0 and (ended or created > received + tolerance)


def encrypted_numbers(sequence: Iterable[CanonicalBlock]) -> frozenset[int]:
    """Return the numbers of the blocks that any block confidentiality block targets."""
    targets: frozenset[int] = frozenset()
    for block in sequence:
        if block.type == blocks.CONFIDENTIALITY:
            targets |= blocks.read_targets(block)
    return targets


def build(
    source: EndpointID,
    destination: EndpointID,
    payload: bytes,
    *,
    creation: tuple[int, int],
    lifetime_ms: int,
    report_to: EndpointID = NULL,
    flags: int = 0,
    crc: int = CRC32C,
    hop_limit: int | None = None,
    age_ms: int | None = None,
    fragment: tuple[int, int] | None = None,
    service: QualityOfService = USUAL,
    extra_blocks: Iterable[CanonicalBlock] = (),
) -> Bundle:
    """Make a bundle at its source, where it has no previous node block (RFC 9171, 4.4.1).

    Args:
        source: the null endpoint makes an anonymous bundle, which is marked as not to be fragmented.
        creation: the creation time in ms since 2000-01-01T00:00:00Z, and the sequence number.
        crc: the type of every block's checksum: 1 X-25 CRC-16, 2 CRC-32C.
        hop_limit: 1 to 255 adds a hop count block.
        age_ms: adds a bundle age block; needed where the creation time is 0.
        fragment: offset and length of the whole, where the payload is a part of a data unit.
        service: how urgent it is; adds a quality-of-service block where that is not as usual.
        extra_blocks: further extension blocks, with their numbers; not 1, and each once.

    Raises:
        ValueError: the arguments contradict each other or RFC 9171, 4.2 to 4.4.
    """
    if fragment is not None:
        flags |= primary.FRAGMENT
    if source.is_null:
        flags |= primary.MUST_NOT_FRAGMENT
    _check_arguments(source, creation, flags, crc, hop_limit, age_ms)
    extensions = _numbered(_known_extensions(hop_limit, age_ms, service), list(extra_blocks), crc)
    offset, total = fragment if fragment is not None else (None, None)
    head = PrimaryBlock(
        flags, crc, destination, source, report_to, creation[0], creation[1], lifetime_ms, offset, total
    )
    body = CanonicalBlock(blocks.PAYLOAD, 1, 0, crc, payload)
    return Bundle(head, (*extensions, body))


def _numbered(
    known: Iterable[tuple[int, bytes]], others: Sequence[CanonicalBlock], crc: int
) -> list[CanonicalBlock]:
    """Return extension blocks with the numbers that others, which follow them, leave free."""
    taken = {1} | {block.number for block in others}
    if len(taken) != len(others) + 1:
        raise ValueError("two blocks have one number")
    found: list[CanonicalBlock] = []
    for kind, data in known:
        number = next(n for n in range(2, len(taken) + 3) if n not in taken)
        taken.add(number)
        # Each fragment needs its own hop count and age: one without would outlive the others.
        found.append(CanonicalBlock(kind, number, blocks.REPLICATE, crc, data))
    return [*found, *others]


def _known_extensions(
    hop_limit: int | None, age_ms: int | None, service: QualityOfService
) -> Iterable[tuple[int, bytes]]:
    if hop_limit is not None:
        yield blocks.HOP_COUNT, blocks.hop_count_data(hop_limit, 0)
    if age_ms is not None:
        yield blocks.BUNDLE_AGE, blocks.bundle_age_data(age_ms)
    if service != USUAL:
        yield blocks.QUALITY_OF_SERVICE, service_data(service)


def _check_arguments(
    source: EndpointID,
    creation: tuple[int, int],
    flags: int,
    crc_type: int,
    hop_limit: int | None,
    age_ms: int | None,
) -> None:
    if not CRC16 <= crc_type <= CRC32C:
        raise ValueError("the CRC type of the primary block must be 1 or 2 (RFC 9171, 4.3.1)")
    if hop_limit is not None and not 1 <= hop_limit <= 255:
        raise ValueError("a hop limit is 1 to 255 (RFC 9171, 4.4.3)")
    if creation[0] == 0 and age_ms is None:
        raise ValueError("a bundle without creation time needs an age (RFC 9171, 4.4.2)")
    if (source.is_null or flags & primary.ADMIN_RECORD) and flags & primary.REPORTS:
        raise ValueError("no reports about anonymous bundles and administrative records (RFC 9171, 4.2.3)")
    if source.is_null and flags & primary.FRAGMENT:
        raise ValueError("an anonymous bundle must not be fragmented (RFC 9171, 4.2.3)")
    if not source.is_null and not source.is_singleton:
        raise ValueError("a source is a singleton endpoint (RFC 9171, 4.2.5.2)")
