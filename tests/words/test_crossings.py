"""What crosses between the worlds, in words."""

from __future__ import annotations

from starlight.words import crossings


def test_who_sent_it_is_told() -> None:
    """A letter names both ends, everything else who sent it; names are text, whatever is in them."""
    assert crossings.letter("Jay", "{sender}") == "Letter from Jay to {sender}"
    told = [crossings.other(kind, "Rover") for kind in ("receipt", "telemetry", "report", "amendment")]
    assert told == [
        "Receipt from Rover",
        "Telemetry from Rover",
        "Status report from Rover",
        "Word of the plan from Rover",
    ]
