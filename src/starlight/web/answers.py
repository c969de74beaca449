"""Answers over HTTP: JSON to programs, HTML to people, and errors told to each in their own form."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from starlight.errors import InputError, InputErrors
from starlight.web import wire
from starlight.web.render import error_page
from starlight.web.told_errors import ToldError, told_errors

JSON_TYPE, FORM_TYPE = "application/json", "application/x-www-form-urlencoded"
"""The types of bodies that are read."""


def wants_json(request: Request) -> bool:
    """Return whether a request is to be answered as JSON: by its address, or because it says so."""
    return is_of_api(request) or "application/json" in request.headers.get("accept", "")


def is_of_api(request: Request) -> bool:
    """Return whether a request is to the local API, and not to a page."""
    path = request.url.path
    return path == "/api" or path.startswith("/api/")


def json_answer(value: object, status: int = 200) -> Response:
    """Return the JSON twin of a value as an answer."""
    return Response(wire.dumps(value), status, media_type="application/json")


def refusal(status: int, error: str, where: str, right: str) -> Response:
    """Return an error as JSON: what is wrong, where, and what would be right."""
    told = told_errors([ToldError(error, where, right)])
    return Response(msgspec.json.encode(told), status, media_type=JSON_TYPE)


async def tell(request: Request, error: Exception) -> Response:
    """Answer what Starlight raised on purpose: 422 when the person can mend it, else 503."""
    if isinstance(error, InputErrors):
        return _told(request, 422, *error.errors)
    if isinstance(error, InputError):
        return _told(request, 422, error)
    return _told(request, 503, InputError(str(error), where=type(error).__name__, right="Try again later"))


_RIGHT = {
    # Of what HTTP itself refuses: what would be right.
    404: "docs/reference/local-api.md lists the addresses",
    413: "Send less",
    415: f"Send {JSON_TYPE} in UTF-8, or a form ({FORM_TYPE})",
}


async def tell_http(request: Request, error: Exception) -> Response:
    """Answer what HTTP itself refuses: an address that is none, a method that it does not have."""
    assert isinstance(error, HTTPException)
    headers = error.headers or {}
    what, right = error.detail, _RIGHT.get(error.status_code, "")
    # The library's own words for the two errors that it raises itself.
    if error.status_code == 404 and what == HTTPStatus.NOT_FOUND.phrase:
        what = "there is nothing at this address"
    if error.status_code == 405:
        what, right = f"this address does not take {request.method}", f"It takes {headers.get('Allow', '')}"
    answer = _told(request, error.status_code, InputError(what, right=right))
    answer.headers.update(headers)
    return answer


async def tell_nobody(request: Request, error: Exception) -> Response:
    """Answer a request whose client went away, or whose server ends, before it was here whole."""
    return refusal(503, "the request broke off before it was here whole", "body", "Send it again")


def _told(request: Request, status: int, *errors: InputError) -> Response:
    """Return errors as JSON to programs and to the page's script, as a page to a person."""
    # Where no field is named, the whole of what was asked at the address is meant.
    told = [ToldError(each.what, each.where or request.url.path, each.right) for each in errors]
    # The page's script shows an error beside the form, so it needs the words and not a page.
    if wants_json(request) or request.headers.get("hx-request"):
        return Response(msgspec.json.encode(told_errors(told)), status, media_type=JSON_TYPE)
    words = "; ".join(f"{each.where}: {each.error}" for each in told) if len(told) > 1 else told[0].error
    return HTMLResponse(error_page(status, words, told[0].where, told[0].right), status)
