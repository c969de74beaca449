"""Answers over HTTP: JSON to programs, HTML to people, and errors told to each in their own form."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from starlight.errors import InputError
from starlight.web import wire
from starlight.web.render import error_page


def wants_json(request: Request) -> bool:
    """Return whether a request is to be answered as JSON: by its address, or because it says so."""
    path = request.url.path
    return (
        path == "/api" or path.startswith("/api/") or "application/json" in request.headers.get("accept", "")
    )


def json_answer(value: object, status: int = 200) -> Response:
    """Return the JSON twin of a value as an answer."""
    return Response(wire.dumps(value), status, media_type="application/json")


def refusal(status: int, error: str, where: str, right: str) -> Response:
    """Return an error as JSON: what is wrong, where, and what would be right."""
    return json_answer({"error": error, "where": where, "right": right}, status)


async def tell(request: Request, error: Exception) -> Response:
    """Answer what Starlight raised on purpose: 422 when the person can mend it, else 503."""
    if isinstance(error, InputError):
        # Where no field is named, the whole of what was asked at the address is meant.
        return _told(request, 422, error.what, error.where or request.url.path, error.right)
    return _told(request, 503, str(error), type(error).__name__, "Try again later")


async def tell_http(request: Request, error: Exception) -> Response:
    """Answer what HTTP itself refuses: an address that is none, a method that it does not have."""
    assert isinstance(error, HTTPException)
    answer = _told(request, error.status_code, error.detail, request.url.path, "")
    answer.headers.update(error.headers or {})
    return answer


async def tell_nobody(request: Request, error: Exception) -> Response:
    """Answer a request whose client went away, or whose server ends, before it was here whole."""
    return refusal(503, "the request broke off before it was here whole", "body", "Send it again")


def _told(request: Request, status: int, error: str, where: str, right: str) -> Response:
    """Return an error as JSON to programs and to the page's script, as a page to a person."""
    # The page's script shows an error beside the form, so it needs the words and not a page.
    if wants_json(request) or request.headers.get("hx-request"):
        return refusal(status, error, where, right)
    return HTMLResponse(error_page(status, error, where, right), status)
