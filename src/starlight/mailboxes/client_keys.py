"""The keys under which programs and pages wrote letters to one mailbox, so that to ask again is safe.

An answer can be lost after the letter was kept: the connection breaks, or the node's process ends. Who then
asks again with the key of the first time is told of the letter that there is. So a key is committed with its
letter, and is kept for longer than anybody asks again.

Each key has a record in a slot of its own, and a slot is used again once its key has lapsed: a store only
grows with how many keys are remembered at a time.
"""

from __future__ import annotations

from collections import OrderedDict

from starlight.dtntime import DAY
from starlight.errors import InputError, StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import KEY
from starlight.mailboxes.stored_format import ClientKey
from starlight.node.application import Save

KEPT_FOR = 30 * DAY
"""Longer than a program tries again, or a page stays open; in ns of mission time."""

KEYS_MAX = 65_536
"""Keys that one mailbox remembers: a letter every 40 s for all of that time; some 10 MB of records."""


class ClientKeys:
    """The keys of one mailbox.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
        most: how many it remembers.
    """

    def __init__(self, address: str, records: DecodedRecords, most: int = KEYS_MAX) -> None:
        self._address = address
        self._decoded = records
        self._most = most
        self._slots: OrderedDict[str, tuple[int, ClientKey]] | None = None  # by key, the oldest first
        self._next = 0  # the first slot that was never used

    def find(self, key: str, now: int) -> ClientKey | None:
        """Return what was written under a key, at a time in ns; None where nothing is remembered."""
        _, found = self._loaded().get(key, (0, None))
        return found if found is not None and now < found.at + KEPT_FOR else None

    def put(self, key: ClientKey) -> Save:
        """Remember a key; return the save, which is to be committed with its letter.

        Raises:
            InputError: there are too many of the last 30 days.
        """
        slots = self._loaded()
        slot = self._free(slots, key)
        slots[key.key] = (slot, key)
        save = Save(self._address, f"{KEY}{slot}", stored_format.CLIENT_KEY.encode(key))
        self._decoded.records.put(save)
        return save

    def _free(self, slots: OrderedDict[str, tuple[int, ClientKey]], key: ClientKey) -> int:
        """Return a slot for a key: its own of earlier, that of one that has lapsed, or an unused one."""
        if key.key in slots:
            return slots.pop(key.key)[0]
        oldest = next(iter(slots.values()), None)
        if oldest is not None and key.at >= oldest[1].at + KEPT_FOR:
            return slots.popitem(last=False)[1][0]
        if len(slots) >= self._most:
            right = "Write without a key"
            raise InputError(f"{self._most} keys of the last 30 days are kept", where="key", right=right)
        # After the highest: where a damaged record was set aside, its slot may be filled again one day.
        self._next += 1
        return self._next - 1

    def _loaded(self) -> OrderedDict[str, tuple[int, ClientKey]]:
        if self._slots is None:
            found: list[tuple[int, ClientKey]] = []
            for name, data in self._decoded.records.of_kind(self._address, KEY):
                slot = name.removeprefix(KEY)
                try:
                    found.append((int(slot), stored_format.CLIENT_KEY.decode(data)))
                except (StoreError, ValueError) as error:
                    self._decoded.set_aside(self._address, name, str(error))
            found.sort(key=lambda each: each[1].at)
            self._slots = OrderedDict((each.key, (slot, each)) for slot, each in found)
            self._next = max((slot for slot, _ in found), default=-1) + 1
        return self._slots
