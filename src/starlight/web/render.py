"""Templates as HTML text.

Jinja's autoescape is on for every template, so what people write is text and never markup. Only what a
template has made itself is let through as it is, where a part is set into the page (`embedded`).
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from starlight import dtntime
from starlight.formatted_text import formatted, unmarked
from starlight.messages.letter_view import LetterView
from starlight.views.sky import Crossing
from starlight.visible_text import visible_in_html
from starlight.web import localtime
from starlight.web.shown_parts import shown_parts
from starlight.words import calls, doubt, flight, lateness, letters, links, mission_facts, pace, plan, silence
from starlight.words.durations import duration_words
from starlight.words.language import _, is_provisional, ngettext, spoken, texts_of
from starlight.words.storm import storm_cut

HERE = Path(__file__).parent


def render(template: str, context: dict[str, object]) -> str:
    """Return a template filled in; a name that the context lacks is an error."""
    return _environment.get_template(template).render(context)


def error_page(status: int, error: str, where: str, right: str) -> str:
    """Return a page that tells what went wrong, and what would be right."""
    return render("error.html", {"status": status, "error": error, "where": where, "right": right})


def closed_page() -> str:
    """Return the page for someone who has not opened Starlight by its whole address."""
    return render("closed.html", {})


def new_draft_key() -> str:
    """Return a key for the next letter that a page writes, unlike any other."""
    return secrets.token_hex(16)


def next_draft_key() -> str:
    """Return the hidden field with the next letter's key, to take the place of the one that was used."""
    return render("draft_key.html", {"swap": "true"})


def element_id(letter: LetterView | str) -> str:
    """Return an id for HTML: a letter's own may have any characters."""
    # Twelve hexadecimal digits: among a million ids on one page two would meet once in 560 pages.
    own = letter if isinstance(letter, str) else letter.id
    return "l" + hashlib.sha256(own.encode()).hexdigest()[:12]


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


def _svg_path(points: tuple[tuple[float, float], ...]) -> str:
    """Return a closed orbit as SVG path data; the ecliptic's y grows upwards, SVG's down."""
    return "M" + "L".join(f"{x:.4f} {-y:.4f}" for x, y in points) + "Z"


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.3f}° {positive if value >= 0 else negative}"


def _under_way(crossings: tuple[Crossing, ...], now: int) -> list[Crossing]:
    return [crossing for crossing in crossings if crossing.departed <= now < crossing.arrives]


def _first_part(letter: LetterView) -> str:
    """Return what stands for a letter without words: the name of its first part, or its kind."""
    return next((part.name or part.kind.capitalize() for part in letter.parts), "")


def _size(count: int) -> str:
    """Return a size as people say it, in three digits at most; `attachments.js` says it likewise."""
    if count < 1000:
        return f"{count} bytes"
    number, unit = (count / 1e3, "kB") if count < 999_500 else (count / 1e6, "MB")
    return f"{number:.{1 if number < 9.95 else 0}f} {unit}"


def _played(duration_ms: int) -> str:
    """Return how long something plays: minutes and seconds."""
    seconds = round(duration_ms / 1000)
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def _verbatim(text: str) -> Markup:
    """Return text for an attribute that programs read, where each character counts."""
    return escape(text)


def _shown(value: object) -> object:
    """Return what a template sets in, with a sign for each character that commands, turns or hides."""
    return visible_in_html(value) if type(value) is str else value


def _embedded(part: str) -> Markup:
    """Return a part that was rendered here, to stand in the page as it is."""
    return Markup(part)


# StrictUndefined: a misspelt name in a template fails a test instead of showing nothing to a person.
_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    # Everywhere, so that no template can forget it; only what is marked as HTML or `verbatim` passes by.
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {
    "key": element_id,
    "initials": _initials,
    "quoted": lambda text: quote(text, safe=""),
    "query": urlencode,
    "svg_path": _svg_path,
    "degrees": _degrees,
    "under_way": _under_way,
    "embedded": _embedded,
    "first_part": _first_part,
    "formatted": formatted,
    "unmarked": unmarked,
    "shown_parts": lambda letter, decoded: shown_parts(letter, decoded=decoded),
    "size": _size,
    "played": _played,
    "urgency": letters.urgency,
    "distress": letters.distress,
    "place_words": calls.place_words,
    "reading_name": calls.reading_name,
    "verbatim": _verbatim,
    # A narrow no-break space, so that no line ends inside a number (SI Brochure, 5.4.4).
    "number": lambda value, digits=0: f"{value:,.{digits}f}".replace(",", "\u202f"),
    "lasting": duration_words,
    "duration": lambda seconds: duration_words(round(seconds * dtntime.SECOND)),
}
_environment.globals |= {
    "storm_cut": storm_cut,
    "_": _,
    "ngettext": ngettext,
    "spoken": spoken,
    "is_provisional": is_provisional,
    "texts_of": texts_of,
    "step_text": letters.step_text,
    "TIMES_IN_DOUBT": letters.TIMES_IN_DOUBT,
    "SILENCE": silence,
    "PLAN": plan,
    "LINKS": links,
    "PACE": pace,
    "note": doubt.note,
    "content": letters.content,
    "facts_differ": mission_facts.summary,
    "set_aside": letters.set_aside,
    "refused": letters.refused,
    "in_fragments": lateness.in_fragments,
    "group_words": flight.group,
    "not_knowable": flight.not_knowable,
    "reading": localtime.reading,
    "new_draft_key": new_draft_key,
}
