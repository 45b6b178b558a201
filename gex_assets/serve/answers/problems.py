"""What goes wrong, as problem details (RFC 9457): one JSON object that says what was expected, what was, and what to do."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, Field
from starlette.responses import Response

from gex_assets.escaping import visible

__all__ = ["PROBLEM_TYPE", "ProblemDetails", "ProblemError", "problem_response"]

PROBLEM_TYPE: Final = "application/problem+json"
_LONGEST: Final = 1_000


class ProblemDetails(BaseModel):
    """A problem, as RFC 9457 describes it."""

    type: str = Field(description="The kind of problem: always about:blank, the status says it.", examples=["about:blank"])
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(
        description="What was expected, what was, and what to do.",
        examples=["Expected a published day of silver_gex_levels, was none on 2026-01-10: ask /v1/days which there are"],
    )
    instance: str = Field(default="", description="The path that was asked for.", examples=["/v1/levels/ES"])


class ProblemError(Exception):
    """An answer that is a problem.

    Parameters
    ----------
    status : of HTTP.
    detail : "Expected X, was Y: what to do".
    headers : further headers, as `Retry-After`.
    """

    def __init__(self, status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


def problem_response(status: int, detail: str, *, path: str = "", headers: dict[str, str] | None = None, **more: Any) -> Response:
    """The answer for a problem; what is quoted from the request is made visible and cut."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": visible(detail)[:_LONGEST],
        "instance": visible(path)[:_LONGEST],
        **more,
    }
    return Response(json.dumps(body).encode(), status_code=status, headers=headers, media_type=PROBLEM_TYPE)
