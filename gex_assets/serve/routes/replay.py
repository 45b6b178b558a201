"""A stored day as a stream of windows, and what changes it while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.axes import Axes
from gex_assets.pages.picture.windows import window_events
from gex_assets.serve.answers.bodies import read_model, request_body
from gex_assets.serve.answers.moments import DAY_PATTERN, MOMENT_PATTERN, day_of, moment_ns
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.catalogue import PublishedDay
from gex_assets.serve.live.events import EVENT_STREAM, EventResponse
from gex_assets.serve.live.replay import FASTEST, SLOWEST, Replay, Replays, Windows
from gex_assets.serve.routes.tables import BODY_PROBLEMS, PROBLEMS, ProductPath
from gex_assets.serve.service import Service
from gex_assets.time_units import DAY_NS, WINDOW_NS, midnight_ns

__all__ = ["DayPath", "Moment", "Speed", "replay_routes", "shown_levels", "window_number"]

DayPath = Annotated[str, Path(pattern=DAY_PATTERN, description="A UTC date.", examples=["2026-01-06"])]
Speed = Annotated[float, Field(ge=SLOWEST, le=FASTEST, allow_inf_nan=False, description="Seconds of the day per second.")]
Moment = Annotated[
    str, Field(pattern=MOMENT_PATTERN, max_length=40, description="HH:MM[:SS] in UTC, or ISO 8601.", examples=["14:30"])
]

_MOST_STRIDE: Final = 64
_MOST_BYTES: Final = 4 << 10
"""Size of a change, at most."""


class ReplayQuery(BaseModel):
    """How a day is played."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    speed: Speed = 60.0
    since: Moment | None = Field(default=None, alias="from", description="Where it begins; at the first window by default.")
    stride: int = Field(
        default=1, ge=1, le=_MOST_STRIDE, description="Every how many windows the page has one; its header says it."
    )


class ReplayChange(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    speed: Speed | None = None
    pause: bool | None = Field(default=None, description="true stops, false goes on.")
    seek: Moment | None = None


class ReplayState(BaseModel):
    """A replay that runs."""

    session: str
    speed: float
    paused: bool
    k: int = Field(description="Number of the last window sent: it ends (k + 1) * 5 s after midnight UTC.")


def replay_routes(service: Service, replays: Replays) -> APIRouter:
    """The endpoints of this module."""
    router = APIRouter(prefix="/v1", tags=["live"])

    async def replay(request: Request, product: ProductPath, date: DayPath, asked: Annotated[ReplayQuery, Query()]) -> Response:
        day = day_of(date, what="date")
        shown_levels(service, product, day)
        if replays.is_full:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Expected fewer replays, was as many as allowed: close some",
                {"Retry-After": "10"},
            )
        last_seen = request.headers.get("last-event-id", "")
        if last_seen.isascii() and last_seen.isdigit() and len(last_seen) <= len(str(DAY_NS)):
            start = int(last_seen) + 1
        else:
            start = 0 if asked.since is None else window_number(asked.since, day)
        played = Replay(_windows(service, product, day, asked.stride), day=day, start=start, speed=asked.speed)
        return EventResponse(replays.play(played))

    async def change(request: Request, session: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]) -> Response:
        asked = await read_model(request, ReplayChange, most_bytes=_MOST_BYTES)
        found = replays.find(session)
        if found is None:
            raise ProblemError(
                HTTPStatus.NOT_FOUND, "Expected a replay that runs, was none of that name: its first event has the session"
            )
        seek = None if asked.seek is None else window_number(asked.seek, found.day)
        found.change(speed=asked.speed, pause=asked.pause, seek=seek)
        return JSONResponse(found.state)

    router.add_api_route(
        "/replay/{product}/{date}",
        replay,
        methods=["GET"],
        summary="Server-sent events: a stored day, window by window",
        description=(
            "`window` has `k`, `ts_window_end` and `columns`: numbers by column, in the order of the rows of the page's header. "
            "`replay` has the session's state, at the start and after every change; `end` comes last. "
            "Last-Event-ID goes on after a window."
        ),
        response_class=Response,
        response_model=None,
        responses={200: {"description": "Events.", "content": {EVENT_STREAM: {"schema": {"type": "string"}}}}, **PROBLEMS},
    )
    router.add_api_route(
        "/replay-sessions/{session}",
        change,
        methods=["POST"],
        summary="Change a replay while it runs: speed, pause, seek",
        response_class=Response,
        response_model=None,
        responses={200: {"model": ReplayState, "description": "Its state."}, **BODY_PROBLEMS},
        openapi_extra=request_body(ReplayChange.model_json_schema(), {"speed": 600, "seek": "15:00"}),
    )
    return router


def shown_levels(service: Service, product: str, day: date) -> PublishedDay:
    """The published levels of a day, without which nothing can be shown of it.

    Raises
    ------
    ProblemError
        There are none.
    """
    found = service.catalogue.snapshot.day("silver_gex_levels", product, day)
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"Expected a published day of {product}, was none on {day}: /v1/days names them")
    return found


def window_number(moment: str, day: date) -> int:
    """Number of the window in which a moment of a day lies, 0 before it and the last one after it."""
    since_midnight = moment_ns(moment, day=day, what="from") - midnight_ns(day)
    return max(0, min(DAY_NS // WINDOW_NS, since_midnight // WINDOW_NS))


def _windows(service: Service, product: str, day: date, stride: int) -> Windows:
    """Windows of the day from a number on; nothing is read before the first is asked for.

    The tables are opened once for all numbers. A reader who goes to another place sees the same state, and does not wait
    for the day's axes again, which are the greater part of the way to a window.
    """
    opened: list[tuple[DayTables, Axes]] = []

    def windows(number: int) -> Iterator[dict[str, Any]]:
        if not opened:
            tables = DayTables(service.lake, product=product, day=day)
            opened.append((tables, Axes.of(tables, stride=stride)))
        tables, axes = opened[0]
        yield from window_events(tables, since_k=number, axes=axes)

    return windows
