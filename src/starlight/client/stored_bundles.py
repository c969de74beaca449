"""The bundles that a running node stores, for programs beside it: listed, and dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from starlight.client.local_api import LocalApi, Question, as_json
from starlight.live.stored_view import StoredBundle, StoredPage


class StoredBundlesClient:
    """The stored bundles of the node that runs on a data folder.

    Args:
        folder: the data folder.
        node: which node of several, as in a demo; None for the only one.

    Raises:
        InputError: no node runs there.
    """

    def __init__(self, folder: Path, node: int | None = None) -> None:
        self._api = LocalApi(folder)
        self._node = node

    def stored(self, *, stuck: bool = False) -> Iterator[StoredBundle]:
        """Yield what is stored, in the order in which it came, as it is page after page.

        Args:
            stuck: only what nothing that is known there will move on.
        """
        after = ""
        while True:
            query = [("after", after), ("stuck", str(stuck).lower())]
            if self._node is not None:
                query.append(("node", str(self._node)))
            page = self._api.ask(Question("GET", "/bundles", as_json(StoredPage), tuple(query)))
            yield from page.bundles
            after = page.next
            if not after:
                return

    def drop(self, ids: Sequence[str], *, deliverable: bool = False) -> list[StoredBundle]:
        """Drop bundles, all or none; they are durably gone when this returns what they were.

        Args:
            ids: `StoredBundle.id`, or the identity of what is kept in fragments or copies.
            deliverable: also such as may still get to where they go.

        Raises:
            InputError: one is not there, or is not to be dropped.
        """
        asked = {"ids": ids, "deliverable": deliverable, "node": self._node}
        body = msgspec.json.encode(asked)
        question = Question(
            "POST", "/bundles/drop", as_json(list[StoredBundle]), body=body, media="application/json"
        )
        return self._api.ask(question)
