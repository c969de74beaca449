"""The views of a person's page, as the navigation lists them.

A view is a route module `web/NAME.py`, a template `templates/NAME.html` that extends ``view.html``, a
stylesheet `static/NAME.css`, and a line in `VIEWS`: it stands in the navigation once it stands here. Its
routes answer ``/people/PERSON/NAME``. Its module renders with `Reader.view`, which gives the template all
that the frame needs; the template fills the block ``view`` with a heading and what follows it.

Text for people is marked with ``_("English, with {values}", values=...)`` or ``ngettext``, in templates as in
Python (`words/language.py`); in `words/`, `fill` and the templates in capitals are enough. ``make texts``
takes what is new into the catalogues.
"""

from __future__ import annotations

import msgspec


class View(msgspec.Struct, frozen=True):
    """One of the views of a person's page.

    Attributes:
        name: the last part of its address, and the name of its template; empty for the conversations.
        title: in English, what it is called; the navigation has little room.
        icon: its sign among ``symbols.html``.
        holds: the name of a view that is reached through it, so that it stands for that too.
        where_told: it stands there only for a person whom programs of an expedition have told something.
    """

    name: str
    title: str
    icon: str
    holds: str = ""
    where_told: bool = False

    @property
    def path(self) -> str:
        """Return what follows a person's address."""
        return f"/{self.name}" if self.name else ""


VIEWS = (
    View("", "Letters", "letters"),
    View("topics", "Topics", "topics"),
    View("queue", "Queue", "queue"),
    View("flight", "Flight", "flight"),
    View("expedition", "Expedition", "expedition", where_told=True),
    View("contacts", "Contacts", "people"),
    View("search", "Search", "find"),
    View("settings", "Settings", "settings", holds="storage"),
)
"""All that there are, in the order to show."""


def views_for(*, told: bool) -> tuple[View, ...]:
    """Return the views that the navigation of a person lists.

    Args:
        told: programs of an expedition have told the person something.
    """
    return tuple(view for view in VIEWS if told or not view.where_told)
