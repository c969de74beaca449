"""The language that people are spoken to in, and what a text is in it.

Texts stand in the code in English, and that English is their key in the catalogues, one for each other
language: ``words/locale/LL/LC_MESSAGES/starlight.po``. A catalogue is read as it stands, without a compiled
form beside it that could be another's: what is in the checkout or the wheel is what is shown.

The language is that of whoever is answered just now. It is chosen where an answer begins (`speak`), and holds
for that answer alone, also across what it awaits; where nobody has chosen, as for the API and on the command
line, it is English. What has no translation yet is told in English.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ENGLISH = "en"
_DOMAIN = "starlight"


class Language(msgspec.Struct, frozen=True):
    """A language that people can be spoken to in.

    Attributes:
        tag: as in BCP 47, such as ``ko``.
        name: what its speakers call it.
        is_provisional: no native reader has read it yet.
    """

    tag: str
    name: str
    is_provisional: bool = False


LANGUAGES = (Language(ENGLISH, "English"), Language("ko", "한국어", is_provisional=True))
"""All there are, in the order to show."""

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


def speak(tag: str) -> None:
    """Let texts be told in a language from here on, in this answer; English where there is no such tag."""
    _spoken.set(tag if any(each.tag == tag for each in LANGUAGES) else ENGLISH)


def spoken() -> str:
    """Return the tag of the language that texts are told in here."""
    return _spoken.get()


def is_provisional() -> bool:
    """Return whether no native reader has read the texts of the language that is spoken."""
    return any(each.tag == spoken() and each.is_provisional for each in LANGUAGES)


def accepted(header: str) -> str:
    """Return which language a browser would have, by its ``Accept-Language`` (RFC 9110, 12.5.4).

    English where it asks for none that there is; what can't be read counts as not asked for.
    """
    best, tag = 0.0, ENGLISH
    # A browser sends a handful; more is somebody's joke, and is not looked at.
    for each in header[:400].split(","):
        name, _semicolon, rest = each.strip().partition(";")
        primary = name.strip().partition("-")[0].lower()
        weight = _weight(rest)
        if weight > best and any(one.tag == primary for one in LANGUAGES):
            best, tag = weight, primary
    return tag


def _(text: str, **values: object) -> str:
    """Return a text in the language that is spoken, its ``{name}`` filled with values.

    Values are set in and never read again, so that a name with braces is text.
    """
    # An empty text is the catalogue's own heading.
    told = _translations(spoken()).gettext(text) if text else ""
    return told.format(**values) if values else told


def ngettext(one: str, several: str, count: int, **values: object) -> str:
    """Return the text for a number of things in the language that is spoken, with its plural of that number.

    Args:
        one, several: in English; ``{count}`` is the number.
        count: how many.
        values: what else is filled in.
    """
    return _translations(spoken()).ngettext(one, several, count).format(count=count, **values)


def texts_of(ending: str) -> dict[str, str]:
    """Return the texts of files with an ending, such as ``.js``, by the English; none in English."""
    if spoken() == ENGLISH:
        return {}
    return _texts_of(spoken(), ending)


@cache
def _texts_of(tag: str, ending: str) -> dict[str, str]:
    found = {}
    for message in _catalogue(tag):
        if isinstance(message.id, str) and any(name.endswith(ending) for name, line in message.locations):
            found[message.id] = str(message.string) or message.id
    return found


@cache
def _translations(tag: str) -> NullTranslations:
    """Return the catalogue of a language, for `gettext`; that of English is empty."""
    if tag == ENGLISH:
        return NullTranslations()
    # Loaded here, so that a command in English does without it.
    from babel.messages.mofile import write_mo
    from babel.support import Translations

    compiled = BytesIO()
    write_mo(compiled, _catalogue(tag))
    compiled.seek(0)
    return Translations(compiled, _DOMAIN)


@cache
def _catalogue(tag: str) -> Catalog:
    from babel.messages.pofile import read_po

    place = files("starlight.words") / "locale" / tag / "LC_MESSAGES" / f"{_DOMAIN}.po"
    return read_po(BytesIO(place.read_bytes()), locale=tag, domain=_DOMAIN)


def _weight(parameters: str) -> float:
    name, _sign, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
