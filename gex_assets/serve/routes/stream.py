"""The stream of what is published."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gex_assets.serve.answers.moments import day_of
from gex_assets.serve.answers.parameters import Day, Product
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.catalogue import PAGES, Change, Snapshot
from gex_assets.serve.live.events import EVENT_STREAM, EventResponse
from gex_assets.serve.live.hub import Hub
from gex_assets.serve.routes.tables import PROBLEMS

__all__ = ["stream_routes"]

_LONGEST_ID: Final = 40


class StreamQuery(BaseModel):
    """Which days to hear of; all by default."""

    model_config = ConfigDict(extra="forbid")

    product: Product | None = Field(default=None, description="One product.")
    date: Day | None = Field(default=None, description="One day.")
    seen: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{1,64}$",
        description="Which page of that day the reader shows, as the page itself says it: another one is told at once.",
    )


def stream_routes(hub: Hub) -> APIRouter:
    """The endpoint of this module."""
    router = APIRouter(prefix="/v1", tags=["live"])

    async def stream(request: Request, asked: Annotated[StreamQuery, Query()]) -> Response:
        day = None if asked.date is None else day_of(asked.date, what="date")

        def wants(change: Change) -> bool:
            return asked.product in (None, change.product) and day in (None, change.day)

        def news(snapshot: Snapshot) -> Change | None:
            """A page may be published between the moment it was sent and the moment from which it hears of news."""
            if asked.product is None or day is None or snapshot.day(PAGES, asked.product, day) is None:
                return None
            is_shown = snapshot.page_state(asked.product, day) == asked.seen
            return None if is_shown else Change(asked.product, day, (PAGES,), ())

        if hub.is_full:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Expected fewer open streams, was as many as allowed: close some",
                {"Retry-After": "10"},
            )
        last = request.headers.get("last-event-id", "")[:_LONGEST_ID]
        return EventResponse(hub.stream(last, wants, None if asked.seen is None else news))

    router.add_api_route(
        "/stream",
        stream,
        methods=["GET"],
        summary="Server-sent events: what was published, as it happens",
        description=(
            "`published` has product, date, tables, removed, and whether the day's page was published. `hello` begins a stream, "
            "`reset` says that events may have been missed, `dropped` that the reader was too slow. "
            "Last-Event-ID goes on after an event."
        ),
        response_class=Response,
        response_model=None,
        responses={200: {"description": "Events.", "content": {EVENT_STREAM: {"schema": {"type": "string"}}}}, **PROBLEMS},
    )
    return router
