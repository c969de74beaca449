"""Letters that are asked for again under a client's key, because an answer was lost: never written twice.

The key is kept in the commit of its letter, so that after a crash either both are there or neither. A repeat
says the same as the first time; another letter under the same key is a mistake of the client, and is refused.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.mailboxes.stored_format import ClientKey
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.node.application import Save


def written_before(mailbox: Mailbox, draft: Draft, now: int) -> Letter | None:
    """Return the letter that was written under a draft's key, or None where it is the first; time in ns.

    Raises:
        InputError: that letter says something else, or can't be read any more.
    """
    known = None if draft.key is None else mailbox.keys.find(draft.key, now)
    if known is None:
        return None
    if known.digest != _digest(mailbox, draft):
        what = f"another letter was written under the key {draft.key!r}: {known.letter_id}"
        raise InputError(what, where="key", right="Each letter has a key of its own")
    letter = mailbox.letter(known.letter_id)
    if letter is None:
        what = f"the letter {known.letter_id} was written under the key {draft.key!r}, and can't be read now"
        raise InputError(what, where="key", right="Write it again under another key")
    return letter


def remembered(mailbox: Mailbox, draft: Draft, letter: Letter, now: int) -> list[Save]:
    """Return the save of a draft's key, if it has one, to be committed with its letter; time in ns.

    Raises:
        InputError: the mailbox remembers too many.
    """
    if draft.key is None:
        return []
    return [mailbox.keys.put(ClientKey(draft.key, letter.id, _digest(mailbox, draft), now))]


def _digest(mailbox: Mailbox, draft: Draft) -> bytes:
    """Return a digest of all that a draft says; of an upload its bytes, as its name is another each time.

    What has its default is left out, so that a field that a later version adds changes no digest.
    """
    said = {
        field.name: value
        for field in msgspec.structs.fields(draft)
        if (value := getattr(draft, field.name)) != field.default and field.name not in ("key", "parts")
    }
    parts = []
    for each in draft.parts:
        body = mailbox.bodies.body(each.upload)
        about = msgspec.to_builtins(each) | {"upload": each.upload if body is None else body.hash.hex()}
        parts.append(about)
    return sha256(msgspec.json.encode([said, parts], order="sorted")).digest()
