"""What a person chose is kept with their mailbox, over restarts, and goes nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.live.helpers import run
from tests.live.test_daemon import JAY, NAN_YOUNG, two

from starlight.errors import InputError
from starlight.messages.settings import AT_FIRST, Settings

CHOSEN = Settings(language="ko", theme="dark", quiet_from="22:00", quiet_to="06:00", urgent_sound=True)


def test_settings_outlive_a_restart_and_are_never_sent(tmp_path: Path) -> None:
    """Durable on return, each mailbox's own, and no bundle leaves for them."""

    async def scene() -> None:
        async with two(tmp_path) as (here, there):
            assert here.settings.settings(JAY) == AT_FIRST
            await here.settings.choose(JAY, CHOSEN)
            assert here.settings.settings(JAY) == CHOSEN
            await here.settled()
            assert list(here.departures) == []
            assert there.settings.settings(NAN_YOUNG) == AT_FIRST
            with pytest.raises(InputError):
                await here.settings.choose("ipn:1.77", CHOSEN)
        async with two(tmp_path) as (here, _there):
            assert here.settings.settings(JAY) == CHOSEN
            assert here.mail.mailbox(JAY).set_aside == 0

    run(scene())
