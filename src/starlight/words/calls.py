"""The place and the air that a distress call tells, in words."""

from __future__ import annotations


def place_words(position: tuple[float, float]) -> str:
    """Return a latitude and a longitude in degrees, such as ``6.546° S 239.504° E``."""
    latitude, longitude = position
    return f"{abs(latitude):.3f}° {'S' if latitude < 0 else 'N'} {longitude % 360:.3f}° E"


def reading_name(key: str) -> str:
    """Return the name of a reading for people: ``oxygen_left_min`` is ``Oxygen left (min)``."""
    name, _, unit = key.replace("-", "_").rpartition("_")
    units = {"percent": "%", "min": "min", "h": "h", "s": "s", "kpa": "kPa", "kg": "kg", "bar": "bar"}
    if unit not in units or not name:
        name, shown = key, ""
    else:
        shown = f" ({units[unit]})"
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:] + shown
