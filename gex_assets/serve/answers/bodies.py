"""Bodies of requests: JSON, within bounds of size and time. A route that takes a body reads it here, never by its signature."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from gex_assets.serve.answers.problems import ProblemError

__all__ = ["BODY_STATUSES", "json_body", "read_model", "request_body"]

BODY_STATUSES: Final = {
    408: "The body takes too long to arrive.",
    413: "The body is too large.",
    415: "The body is no JSON.",
}
"""What a request with a body can be refused for, next to what others are."""

_LONGEST_SECONDS: Final = 30
"""How long a body may take to arrive: who sends a letter a minute holds nothing for longer."""

_PACKED: Final = (b"\x1f\x8b", b"PK\x03\x04")
"""How gzip and zip begin. Files of chains may be packed; a body may not, because its bound counts what arrives."""

_KIB: Final = 1 << 10

Model = TypeVar("Model", bound=BaseModel)


async def json_body(request: Request, *, most_bytes: int) -> bytes:
    """The body of a request that sends JSON, as it arrived.

    Raises
    ------
    ProblemError
        It is said to be something else, is packed, too large, takes too long, or its sender went away; then nobody reads the
        answer.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Expected application/json, was {kind or 'nothing'}: say it in Content-Type"
        )
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Expected a body that is not packed, was {encoding} in Content-Encoding: send it as it is",
            {"Accept-Encoding": "identity"},
        )
    body = await _arrived(request, most_bytes)
    if body.startswith(_PACKED):
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Expected JSON, was a packed file: unpack it")
    return body


async def _arrived(request: Request, most_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > most_bytes:
                    raise ProblemError(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Expected at most {most_bytes // _KIB:,} KiB, was more: send less"
                    )
                parts.append(part)
    except TimeoutError:
        raise ProblemError(
            HTTPStatus.REQUEST_TIMEOUT,
            f"Expected a whole body within {_LONGEST_SECONDS} s, was a part: send it at once",
            {"Connection": "close"},
        ) from None
    except ClientDisconnect:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "Expected a whole body, was a part: send it again") from None
    return b"".join(parts)


async def read_model(request: Request, model: type[Model], *, most_bytes: int) -> Model:
    """The body as a model.

    Raises
    ------
    ProblemError
        As `json_body`.
    RequestValidationError
        It is no JSON, or not what the model says.
    """
    body = await json_body(request, most_bytes=most_bytes)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]) from None


def request_body(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    """What the API's documentation says of a body."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
