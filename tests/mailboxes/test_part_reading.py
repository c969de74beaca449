"""The beginning of a part that has not come whole, and the preview that came with its words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.messages.helpers import JAY, LIGHT, NANYOUNG, FakeSky
from tests.postoffice.test_parts import number_of, read_back

from starlight.dtntime import HOUR, MINUTE
from starlight.errors import InputError
from starlight.mailboxes.part_reading import beginning, part_bytes, preview_of
from starlight.messages.draft import Attachment, Draft
from starlight.node.application import Submit

VOICE = bytes(range(256)) * 40
"""Ten chunks of a kilobyte."""
CHUNK = 1024


def upload(sky: FakeSky, data: bytes) -> str:
    """Upload bytes of Jay's in small chunks; return the reference."""
    office = sky.earth.office
    reference, begun = office.uploads.begin(office.mailbox(JAY), sky.now, CHUNK)
    sky.earth.ask([*begun, *office.uploads.add(reference, data), *office.uploads.finish(reference, sky.now)])
    return reference


def write(sky: FakeSky, *parts: Attachment) -> str:
    """Send a letter of Jay's; return its id."""
    letter, requests = sky.earth.office.outbox.write(JAY, Draft(NANYOUNG, "Look.", parts=parts), sky.now)
    sky.earth.ask(requests)
    return letter.id


@pytest.fixture
def sky() -> FakeSky:
    """Return a sky with both mailboxes open."""
    sky = FakeSky()
    sky.open_all()
    return sky


@pytest.mark.parametrize("missing", [0, 3, 9])
def test_what_has_come_without_a_gap_can_be_played(sky: FakeSky, missing: int) -> None:
    """Of a part whose chunk is missing, all bytes before that can be read; then, whole, all of them."""
    held: list[Submit] = []

    def hold(post: Submit) -> bool:
        waits = post.token.startswith("part/") and number_of(post) == missing and not held
        held.extend([post] if waits else [])
        return waits

    sky.lose = hold
    id = write(sky, Attachment(upload(sky, VOICE), kind="voice"))
    sky.run(LIGHT + MINUTE)
    box = sky.mars.office.mailbox(NANYOUNG)
    if missing:
        assert beginning(box, id, 0, len(VOICE))[1] == VOICE[: missing * CHUNK]
    else:
        with pytest.raises(InputError, match="nothing of the beginning"):
            beginning(box, id, 0, len(VOICE))
    with pytest.raises(InputError, match="bytes are here"):
        part_bytes(box, id, 0)
    sky.lose = lambda post: False
    sky.run(40 * HOUR)
    assert beginning(box, id, 0, len(VOICE))[1] == VOICE == read_back(sky, id)


def test_what_is_too_large_to_decode_is_not_read(sky: FakeSky) -> None:
    """A part larger than may stand in memory is refused before a byte of it is read."""
    id = write(sky, Attachment(upload(sky, VOICE)))
    with pytest.raises(InputError, match="the part has 10240 bytes"):
        beginning(sky.earth.office.mailbox(JAY), id, 0, 10_000)


def test_a_preview_comes_with_the_words(sky: FakeSky) -> None:
    """A preview travels in the letter, and a smaller version says of which part it is one."""
    small = Attachment(upload(sky, VOICE[:900]), kind="picture", preview=upload(sky, b"tiny"), smaller_of=1)
    full = replace(small, upload=upload(sky, VOICE), preview="", smaller_of=None)
    id = write(sky, replace(small, preview_type="image/webp"), full)
    sky.run(LIGHT + MINUTE)
    box = sky.mars.office.mailbox(NANYOUNG)
    assert preview_of(box, id, 0) == b"tiny"
    smaller, larger = box.letter_view(id, sky.now).parts
    assert (smaller.smaller_of, smaller.preview_bytes, larger.smaller_of) == (1, 4, None)
    with pytest.raises(InputError, match="has no preview"):
        preview_of(box, id, 1)
    with pytest.raises(InputError, match="no part 2"):
        preview_of(box, id, 2)


def test_a_preview_is_small_and_was_uploaded(sky: FakeSky) -> None:
    """A preview that would hold up the words, or that nobody uploaded, is refused."""
    reference = upload(sky, VOICE)
    with pytest.raises(InputError, match="no upload 'nothing' is here"):
        write(sky, Attachment(reference, preview="nothing"))
    with pytest.raises(InputError, match="a preview of 20480 bytes"):
        write(sky, Attachment(reference, preview=upload(sky, VOICE * 2)))
