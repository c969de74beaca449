"""An answer for other programs: GeoJSON (RFC 7946) and GPX 1.1, in degrees on the body searched."""

from __future__ import annotations

from math import cos, degrees, radians
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from starlight.errors import InputError
from starlight.search.answer import SearchAnswer
from starlight.search.posterior import region
from starlight.search.search_reading import LostCase


class Anchor:
    """Turns eastings and northings into longitudes and latitudes by a plane at the upper left corner.

    Args:
        loss: whose terrain it is.

    Raises:
        InputError: the file does not tell where the terrain lies.
    """

    def __init__(self, loss: LostCase) -> None:
        table, terrain = loss.file.terrain, loss.terrain
        if table.latitude_deg is None or table.longitude_deg is None:
            right = "Give latitude_deg and longitude_deg of its upper left corner"
            raise InputError("nobody has said where the terrain lies", where="terrain", right=right)
        self._latitude, self._longitude = table.latitude_deg, table.longitude_deg
        self._corner = terrain.west_m, terrain.north_m
        self._radius_m = table.radius_m

    def position(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Return longitude and latitude in degrees, to a centimetre."""
        latitude = self._latitude + degrees((north_m - self._corner[1]) / self._radius_m)
        along = self._radius_m * cos(radians(self._latitude))
        longitude = self._longitude + degrees((east_m - self._corner[0]) / along)
        return round(longitude, 7), round(latitude, 7)

    def plane(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return easting and northing in m of a position in degrees; `position` turned round."""
        north = self._corner[1] + radians(latitude - self._latitude) * self._radius_m
        # The shorter way round: 239 E and 121 W are one meridian.
        along = (longitude - self._longitude + 180) % 360 - 180
        return self._corner[0] + radians(along) * self._radius_m * cos(radians(self._latitude)), north


def geojson(found: SearchAnswer) -> dict[str, Any]:
    """Return sectors of the 90 % region as polygons, and the courses of searchers as lines."""
    anchor, half = Anchor(found.loss), found.grid.cell_m / 2
    east, north = found.grid.middles()
    features: list[dict[str, Any]] = []
    for cell in region(found.probability, 0.9):
        # Counterclockwise, as RFC 7946, 3.1.6 asks of an outer ring.
        corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
        ring = [anchor.position(east[cell] + x, north[cell] + y) for x, y in corners]
        told = {"probability": float(found.probability[cell]), "alive_there": float(found.alive_there[cell])}
        features.append(_feature("Polygon", [ring], told))
    for name, points in _courses(found, anchor).items():
        features.append(_feature("LineString", [place for place, _ in points], {"searcher": name}))
    return {"type": "FeatureCollection", "features": features}


def gpx(found: SearchAnswer) -> str:
    """Return the courses of searchers as routes of GPX."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append('<gpx version="1.1" creator="Starlight" xmlns="http://www.topografix.com/GPX/1/1">')
    for name, points in _courses(found, Anchor(found.loss)).items():
        lines.append(f"<rte><name>{escape(name)}</name>")
        for (longitude, latitude), text in points:
            at = f"lat={quoteattr(str(latitude))} lon={quoteattr(str(longitude))}"
            lines.append(f"<rtept {at}><name>{escape(text)}</name></rtept>")
        lines.append("</rte>")
    return "\n".join([*lines, "</gpx>", ""])


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _courses(found: SearchAnswer, anchor: Anchor) -> dict[str, list[tuple[tuple[float, float], str]]]:
    """Return by searcher the points of their course, each with what is done there."""
    courses = {}
    for searcher in found.loss.searchers:
        points = [(anchor.position(searcher.east_m, searcher.north_m), "start")]
        for each in found.planned:
            if each.searcher == searcher.name:
                told = f"sector {each.cell} from {found.time(each.begin_s)}, coverage {each.coverage:g}"
                points.append((anchor.position(each.east_m, each.north_m), told))
        if len(points) > 1:
            courses[searcher.name] = points
    return courses
