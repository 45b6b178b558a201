"""Levels in the forms that charts read: the bytes that `gex levels --format` writes, for programs that ask again and again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import time
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gex_assets.errors import GexError, LakeError
from gex_assets.report.levels.formats import as_text
from gex_assets.report.levels.named import LevelSet
from gex_assets.report.levels.stored import levels_before, levels_within
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets.serve.answers.moments import day_of
from gex_assets.serve.answers.parameters import Day
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.answers.row_pages import Deadline
from gex_assets.serve.routes.tables import PROBLEMS, ProductPath
from gex_assets.serve.service import Made, Service

__all__ = ["MEDIA", "SHEET_SUFFIX", "ChartQuery", "chart_routes"]

ChartFormat = Literal["csv", "json", "tradingview", "ninjatrader", "sierra"]

MEDIA: Final[dict[str, str]] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/json",
    "tradingview": "text/plain; charset=utf-8",
    "ninjatrader": "text/plain; charset=utf-8",
    "sierra": "text/csv; charset=utf-8; header=present",
}
"""Name of a form -> media type of its answer."""

SHEET_SUFFIX: Final = "/gviz/tq?tqx=out:csv"
"""What Sierra Chart's study puts behind the address of a Google sheet, and so behind ours."""

_WORDS: Final = r"^[A-Za-z0-9_:.,-]{1,400}$"
_LATEST: Final = "latest"
_MOST_CONVENTIONS: Final = 20

_EXAMPLES: Final = {
    "tradingview": '//@version=6\nindicator("gex_assets: ES 2026-01-06 20:55:00 UTC, field, selected, by open_interest", …)\n…',
    "ninjatrader": '01/06/2026\n7000.00 7000.00 @100 #0072B2 "call wall 7,000.00"\n',
    "sierra": '"Price","Price 2","Note","Color","Line Type","Line Width","Text Alignment"\n'
    '"7000.00","0","call wall 7000.00","blue","0","2","1"\n',
    "csv": "product,session_date,convention,scope,weight_used,ts_known,level,price,error,kept\n"
    "ES,2026-01-06,field,selected,open_interest,1767732900000000000,call wall,7000,,0.97\n",
}


class ChartQuery(BaseModel):
    """Which levels, and in which form."""

    model_config = ConfigDict(extra="forbid")

    format: ChartFormat = Field(default="json", description="Form of the levels.", examples=["sierra"])
    session: str | None = Field(
        default=None,
        pattern=rf"^({_LATEST}|\d{{4}}-\d{{2}}-\d{{2}})$",
        description="Levels before this session, or before the latest one that has some: latest.",
        examples=["2026-01-07"],
    )
    date: Day | None = Field(default=None, description="Levels within this UTC day, in place of the latest published one.")
    at: str | None = Field(
        default=None,
        pattern=r"^\d{2}:\d{2}(:\d{2})?$",
        description="With date: the last window that ends by then, in UTC. The day's last one by default.",
        examples=["14:35"],
    )
    convention: list[Annotated[str, Field(pattern=_WORDS)]] = Field(
        default=["field"],
        min_length=1,
        max_length=_MOST_CONVENTIONS,
        description="Conventions, separated by commas or given several times.",
        examples=[["field"]],
    )
    scope: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_:.-]{1,60}$",
        description="all, selected, 0dte or exp:YYYY-MM-DD; all before a session, selected within a day by default.",
        examples=["0dte"],
    )
    sheet: str | None = Field(
        default=None,
        pattern=r"^/gviz/tq\?tqx=out:csv$",
        description="Last in the address that Sierra Chart's study gets: it takes up what the study puts behind. Nothing else.",
        examples=[SHEET_SUFFIX],
    )

    @property
    def conventions(self) -> list[str]:
        """Each once, in the order given."""
        return list(dict.fromkeys(name for given in self.convention for name in given.split(",") if name))


def chart_routes(service: Service) -> APIRouter:
    """The endpoint of this module."""
    router = APIRouter(prefix="/v1", tags=["now"])

    async def chart(request: Request, product: ProductPath, asked: Annotated[ChartQuery, Query()]) -> Response:
        def make(_deadline: Deadline) -> tuple[str, Callable[[], Made]]:
            body = as_text(_levels(service, product, asked), asked.format).encode()
            return hashlib.sha256(asked.format.encode() + body).hexdigest(), lambda: Made(body)

        return await service.answer(request, make, media=MEDIA[asked.format])

    router.add_api_route(
        "/levels/{product}/chart",
        chart,
        methods=["GET"],
        summary="Levels with their errors in the form that a chart reads",
        description="The bytes of `gex levels --format`. Without `session` or `date`: the latest window that is published.",
        response_class=Response,
        response_model=None,
        responses={200: _success(), 304: {"description": "Unchanged."}, **PROBLEMS},
    )
    return router


def _success() -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    return {
        "description": "The levels.",
        "content": {
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            "text/csv": {**text, "examples": {name: {"value": _EXAMPLES[name]} for name in ("csv", "sierra")}},
            "text/plain": {**text, "examples": {name: {"value": _EXAMPLES[name]} for name in ("tradingview", "ninjatrader")}},
        },
        "headers": {
            "ETag": {"description": "Hash of the levels; give it back in If-None-Match.", "schema": {"type": "string"}},
        },
    }


def _levels(service: Service, product: str, asked: ChartQuery) -> tuple[LevelSet, ...]:
    """Levels as they are published now.

    Raises
    ------
    ProblemError
        What was asked excludes itself, or nothing of it is published.
    """
    if asked.session is not None and asked.date is not None:
        raise _unusable("Expected session or date, was both: one asks for levels before a session, the other within a day")
    if asked.at is not None and asked.date is None:
        raise _unusable("Expected date with at, was at alone: say of which day")
    if not asked.conventions:
        raise _unusable("convention: Expected names of conventions, was none: leave it out for field")
    try:
        if asked.session is not None:
            session = None if asked.session == _LATEST else day_of(asked.session, what="session")
            return levels_before(
                service.lake, product=product, session=session, conventions=asked.conventions, scope=asked.scope or "all"
            )
        return _within(service, product, asked)
    except LakeError:  # the file was replaced or is gone: the service looks again
        raise
    except GexError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{error}: /v1/days names what is published") from error


def _within(service: Service, product: str, asked: ChartQuery) -> tuple[LevelSet, ...]:
    name, catalogue = SILVER_GEX_LEVELS.name, service.catalogue
    if asked.date is None:
        found = catalogue.latest(name, product)
    else:
        found = catalogue.snapshot.day(name, product, day_of(asked.date, what="date"))
    if found is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"Expected published levels of {product}{'' if asked.date is None else f' on {asked.date}'}, was none:"
            f" products are {catalogue.snapshot.products}, /v1/days names the days; session=latest needs no orders",
        )
    return levels_within(
        service.lake,
        product=product,
        day=found.day,
        clock=None if asked.at is None else _clock(asked.at),
        conventions=asked.conventions,
        scope=asked.scope or "selected",
    )


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise _unusable(f"at: Expected a time of day, was {text}: write it as 14:35 or 14:35:05") from None


def _unusable(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
