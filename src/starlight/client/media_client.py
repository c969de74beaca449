"""Have a running node make voices and pictures of files: a program needs no media libraries itself."""

from __future__ import annotations

from pathlib import Path

from starlight.client.attached_file import AttachedFile
from starlight.client.local_api import LocalApi, Question, Streamed, as_json
from starlight.views.media import MadePart, PictureOffer

__all__ = ["MadePart", "MediaClient"]

MAKING_S = 120.0
"""A node may take to encode: half an hour of speech on a slow machine, behind the pictures of others."""


class MediaClient:
    """The media of the node that runs on a data folder.

    Raises:
        InputError: none runs there.
    """

    def __init__(self, folder: Path) -> None:
        self._api = LocalApi(folder)

    def make_voice(self, person: str, file: AttachedFile, to: str, choice: str) -> MadePart:
        """Have a recording encoded; return what a draft says of it.

        Args:
            person: whose letter, by id.
            file: the recording.
            to: the address that it goes to.
            choice: the name of a way to encode it; empty for the one that is suggested for that address.

        Raises:
            InputError: it is no recording, or the node has no media libraries.
        """
        query = ("to", to), ("choice", choice)
        body = Streamed(file.size, file.pieces())
        path = f"/people/{person}/voice"
        return self._api.ask(Question("POST", path, as_json(MadePart), query, body, wait_s=MAKING_S))

    def make_picture(self, person: str, file: AttachedFile, *, keep: bool) -> PictureOffer:
        """Have the steps of a picture made; return what a draft says of them.

        Args:
            person: whose letter, by id.
            file: the picture.
            keep: the last step is the file as it is, with all that the camera wrote into it.

        Raises:
            InputError: it is no picture, or the node has no media libraries.
        """
        query = ("name", file.path.name[-80:]), ("keep", str(keep).lower())
        body = Streamed(file.size, file.pieces())
        path = f"/people/{person}/picture"
        return self._api.ask(Question("POST", path, as_json(PictureOffer), query, body, wait_s=MAKING_S))
