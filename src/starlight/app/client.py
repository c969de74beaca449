"""Speak with a running node of the same user over its local API."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from starlight.app.access import read_access
from starlight.bundle import EndpointID
from starlight.errors import InputError, StarlightError

BODY_MAX_BYTES = 256 * 1024
"""What the local API takes at most (`web.app.MAX_BODY_BYTES`; not imported, because that takes long)."""

ON_ITS_WAY = ("written", "queued", "departed", "in_flight")
"""States of a letter of which it can be asked why it is not there sooner."""

TIMEOUT_S = 30.0
"""A node on this machine answers within a disk's worst commit; longer means that it hangs."""


class Client:
    """The local API of the node that runs on a data folder.

    Raises:
        InputError: none runs there.
    """

    def __init__(self, folder: Path) -> None:
        self._access = read_access(folder)
        self._folder = folder

    def get(self, path: str, **query: str) -> Any:
        """Return the JSON at a path of the API."""
        text = urllib.parse.urlencode(query)
        return self._ask(urllib.request.Request(self._url(path) + (f"?{text}" if text else "")))

    def post(self, path: str, body: dict[str, object]) -> Any:
        """Send JSON to a path of the API and return its answer."""
        data = json.dumps(body, ensure_ascii=False).encode()
        if len(data) > BODY_MAX_BYTES:
            right = f"A letter has at most {BODY_MAX_BYTES // 1024} kB with all that belongs to it"
            raise InputError("the letter is too long", where="text", right=right)
        request = urllib.request.Request(self._url(path), data=data, method="POST")
        request.add_header("Content-Type", "application/json")
        return self._ask(request)

    def person(self, name: str) -> dict[str, Any]:
        """Return one of the people of the node, by id.

        Raises:
            InputError: there is nobody of that name.
        """
        people: list[dict[str, Any]] = self.get("/people")
        for person in people:
            if person["id"] == name:
                return person
        names = ", ".join(person["id"] for person in people)
        raise InputError(
            f"nobody here is called {name!r}", where=str(self._folder), right=f"There are: {names}"
        )

    def why_late(self, person: str, letter: dict[str, Any]) -> dict[str, Any] | None:
        """Return why a letter that a person wrote is not there sooner; None when it is on its way no more.

        Args:
            letter: as the API returned it.
        """
        if not letter["mine"] or letter["state"] not in ON_ITS_WAY:
            return None
        try:
            found: dict[str, Any] = self.get(
                f"/people/{person}/letters/{urllib.parse.quote(letter['id'], safe='')}/why"
            )
        except InputError:
            return None  # It has come to its end in the meantime.
        return found

    def address(self, text: str, *, where: str) -> str:
        """Return an address as it is, if it is one.

        Raises:
            InputError: it is none; the message names the argument `where`.
        """
        try:
            EndpointID.parse(text)
        except InputError as error:
            raise InputError(error.what, where=where, right=error.right) from None
        return text

    def _url(self, path: str) -> str:
        return f"{self._access.url}/api{path}"

    def _ask(self, request: urllib.request.Request) -> Any:
        request.add_header("Authorization", f"Bearer {self._access.token}")
        request.add_header("Accept", "application/json")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback needs no proxy
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise _refused(error) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            text = f"the node of {self._folder} does not answer at {self._access.url} ({reason})"
            raise StarlightError(text) from None


def _refused(error: urllib.error.HTTPError) -> StarlightError:
    """Return the error that the node explained in its own words."""
    try:
        told = json.load(error)
        if not isinstance(told, dict):
            raise ValueError("not an object")
    except ValueError:
        return StarlightError(f"the node answered {error.code} {error.reason}")
    if error.code >= 500:
        return StarlightError(str(told.get("error", error.reason)))
    return InputError(
        str(told.get("error", error.reason)),
        where=str(told.get("where") or ""),
        right=str(told.get("right") or ""),
    )
