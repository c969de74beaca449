"""Ranges of bytes (RFC 9110, 14): browsers ask for them of a sound, and tell how long it plays only then."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

_ONE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


def ranged(request: Request, data: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """Answer with bytes, or with the one range of them that a request asks for.

    Several ranges, and what is no range, are answered with all, as a server may (RFC 9110, 14.2).
    """
    headers = {**headers, "Accept-Ranges": "bytes"}
    asked = _ONE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if request.method != "GET" or asked is None or asked.group(1) == asked.group(2) == "":
        return Response(data, media_type=media_type, headers=headers)
    first, last = _bounds(asked.group(1), asked.group(2), len(data))
    if first > last:
        headers["Content-Range"] = f"bytes */{len(data)}"
        return Response(status_code=416, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, media_type=media_type, headers=headers)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the first and the last byte of a range; the first is beyond the last where it holds none."""
    if not first:
        # The last so many bytes (RFC 9110, 14.1.2).
        return (max(0, size - int(last)), size - 1) if int(last) else (1, 0)
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    return (start, end) if start < size else (1, 0)
