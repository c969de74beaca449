"""The sky and the clocks as values for the page: where the worlds are, how far, and what crosses between.

Moments are as in `views.py`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from starlight.json_time import Time
from starlight.views.forecasts import Window
from starlight.worlds import EARTH, MARS


class ConjunctionView(msgspec.Struct, frozen=True):
    """The Sun between the worlds: for days nothing gets past it.

    Attributes:
        enter, leave: when the angle between Sun and the other world is below the limit.
        min_angle_deg: the least of it.
        last_departure: what leaves this person's world by then still gets past the Sun.
    """

    enter: Time
    leave: Time
    min_angle_deg: float
    last_departure: Time


class CivilFace(msgspec.Struct, frozen=True):
    """A clock of civil time: UTC plus an offset.

    Attributes:
        title: of its world, such as ``Earth``.
        place: such as ``Seoul``; may be empty.
        zone: such as ``KST``.
        utc_offset_s: such as 32400.
    """

    title: str
    place: str
    zone: str
    utc_offset_s: int


class CountedFace(msgspec.Struct, frozen=True):
    """A clock that counts days from an instant: sols of local mean solar time on Mars, or elapsed time.

    Linear in UTC while no leap second comes. A day has 24 hours of 60 minutes of 60 seconds, however long.

    Attributes:
        title: of its world, such as ``Mars``.
        place: such as ``Arsia Mons``; may be empty.
        zone: such as ``LMST`` or ``MET``.
        day: what a day is called there, such as ``Sol``.
        day_zero: when day 0 began (on Mars: local mean midnight).
        day_s: the length of a day; of a sol 88775.244 s (Allison and McEwen 2000).
    """

    title: str
    place: str
    zone: str
    day: str
    day_zero: Time
    day_s: float


ClockFace: TypeAlias = CivilFace | CountedFace


class Clock(msgspec.Struct, frozen=True):
    """Mission time and how fast it runs.

    Attributes:
        now: mission time when this was made.
        rate: mission seconds a second of real time; 0 while it stands.
        worlds: how people read it on each world, by its name; one at least, in the order to show.
    """

    now: Time
    rate: float
    worlds: dict[str, ClockFace]


class Position(msgspec.Struct, frozen=True):
    """A heliocentric position in the plane of the ecliptic of J2000.

    Attributes:
        x_au, y_au: in astronomical units; x towards the equinox, y 90 degrees east of it.
    """

    x_au: float
    y_au: float


class SkyPanel(msgspec.Struct, frozen=True):
    """The positions of the worlds, and the distance between two of them.

    Attributes:
        clock: mission time.
        earth, mars: heliocentric positions; None where no sky is shown.
        distance_km: between the two worlds of `between`; None where one of them is no body of the sky, and
            where messages take another time than light does, such as a mission's fixed delay.
        receding_km_s: how fast they part; negative while they approach.
        light_time_s: one way, by the plan; without one, as it is in the sky.
        window: the one that is open, or the next, or None when the plan knows none.
        between: the two worlds by name: the person's own first.
    """

    clock: Clock
    earth: Position | None
    mars: Position | None
    distance_km: float | None
    receding_km_s: float | None
    light_time_s: float
    window: Window | None
    between: tuple[str, str] = (EARTH.name, MARS.name)

    @property
    def is_drawn(self) -> bool:
        """Return whether the drawing, which knows the orbits of Earth and Mars, shows where they are."""
        return set(self.between) == {EARTH.name, MARS.name} and self.distance_km is not None


class Orbits(msgspec.Struct, frozen=True):
    """The two orbits as closed lines of `(x au, y au)`, about a hundred points each."""

    earth: tuple[tuple[float, float], ...]
    mars: tuple[tuple[float, float], ...]


class Crossing(msgspec.Struct, frozen=True):
    """Something on its way between the worlds, or booked to leave soon.

    The page draws it from `departed` to `arrives` by its own clock, so at 600 times life's
    speed, where a crossing takes a second, it is best told before it leaves.

    Attributes:
        id: unique among all that is in transit.
        kind: what it is.
        from_world, to_world: the two sides.
        departed: when its last byte left.
        arrives: when its last byte reaches the other side.
        label: for people, such as ``Letter from Jay to Nan-young``; never the text of a letter.
    """

    id: str
    kind: Literal["letter", "receipt", "telemetry", "report", "amendment"]
    from_world: str
    to_world: str
    departed: Time
    arrives: Time
    # Never the text of a letter: what is in transit is pushed to every page that is open, whoever's it is.
    label: str
