"""What there is: days, tables, columns, and whether the server works."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gex_assets.lake.freshness import day_partial_until
from gex_assets.lake.lineage import while_running
from gex_assets.lake.names import TABLE
from gex_assets.schemas.availability import availability
from gex_assets.schemas.registry import TABLES
from gex_assets.serve.answers.formats import column_facts
from gex_assets.serve.answers.json_rows import plain_json
from gex_assets.serve.answers.moments import day_of
from gex_assets.serve.answers.parameters import Day, Product
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.answers.row_pages import Deadline, moment_text
from gex_assets.serve.catalogue import PAGES
from gex_assets.serve.routes.row_models import ColumnFacts
from gex_assets.serve.routes.tables import PROBLEMS
from gex_assets.serve.service import Made, Service
from gex_assets.serve.table_specs import SERVED, SPECS

__all__ = ["index_routes"]

_JSON: Final = "application/json"


class DaysQuery(BaseModel):
    """Which days."""

    model_config = ConfigDict(extra="forbid")

    product: Product | None = Field(default=None, description="One product; all by default.")
    first: Day | None = Field(default=None, alias="from", description="First day.")
    last: Day | None = Field(default=None, alias="to", description="Last day, included.")
    limit: int = Field(default=1_000, ge=1, le=10_000, description="Days of the answer, the latest first.")


class TableState(BaseModel):
    """A published table of a day."""

    sha256: str = Field(description="Hash of the file: the state of the data.")
    size_bytes: int
    published_at: str


class PublishedDayModel(BaseModel):
    """A day of which something is published."""

    product: str
    date: str
    tables: dict[str, TableState]
    page: str = Field(description="Path of the day's page.")
    partial: str | None = Field(description="Of a day that was still running: that it was, and until when. Null for whole days.")


class Days(BaseModel):
    """Published days, the latest first."""

    days: list[PublishedDayModel]
    more: bool = Field(description="Whether there are earlier ones than the limit allows.")


class KnownSinceRule(BaseModel):
    """Since when rows of a table could be known."""

    column: str | None
    about: str


class TableFacts(BaseModel):
    """A table as its schema describes it."""

    table: str
    about: str
    path: str = Field(description="Where its rows are.")
    key: list[str]
    known_since: KnownSinceRule
    columns: list[ColumnFacts]


def index_routes(service: Service) -> APIRouter:
    """The endpoints of this module."""
    router = APIRouter(prefix="/v1", tags=["what there is"])

    async def days(request: Request, asked: Annotated[DaysQuery, Query()]) -> Response:
        def make(_deadline: Deadline) -> tuple[str, Callable[[], Made]]:
            body = plain_json(_days(service, asked)).encode()
            return hashlib.sha256(body).hexdigest(), lambda: Made(body)

        return await service.answer(request, make, media=_JSON)

    async def schema(table: Annotated[str, Path(pattern=f"^{TABLE}$", examples=["silver_gex_levels"])]) -> Response:
        if table not in SERVED:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"Expected a table of {', '.join(SERVED)}, was {table}: ask one of them")
        return JSONResponse(_facts(table))

    async def start() -> Response:
        tables = {spec.path: f"/v1/{spec.path}/{{product}}" for spec in SPECS}
        further = {
            "days": "/v1/days",
            "schema": "/v1/schema/{table}",
            "latest levels": "/v1/levels/{product}/latest",
            "levels for charts": "/v1/levels/{product}/chart",
            "score": "/v1/score/{product}",
            "stream": "/v1/stream",
            "replay": "/v1/replay/{product}/{date}",
            "replay session": "/v1/replay-sessions/{session}",
            "openapi": "/v1/openapi.json",
        }
        answer = {
            "lake": service.lake.identity,
            "products": service.catalogue.snapshot.products,
            "paths": {**further, **tables},
        }
        return JSONResponse(answer)

    documented: dict[str, Any] = {"response_class": Response, "response_model": None, "methods": ["GET"]}
    router.add_api_route(
        "/days",
        days,
        summary="Published days and the states of their tables, the latest first",
        responses={200: {"model": Days}, 304: {"description": "Unchanged."}, **PROBLEMS},
        **documented,
    )
    router.add_api_route(
        "/schema/{table}",
        schema,
        summary="A table's columns: types, units, sentences",
        responses={200: {"model": TableFacts}, **PROBLEMS},
        **documented,
    )
    router.add_api_route(
        "",
        start,
        summary="The lake that is served, its products, and paths",
        responses={200: {"content": {_JSON: {"schema": {"type": "object"}}}}, **PROBLEMS},
        **documented,
    )
    return router


def _days(service: Service, asked: DaysQuery) -> dict[str, Any]:
    first = None if asked.first is None else day_of(asked.first, what="from")
    last = None if asked.last is None else day_of(asked.last, what="to")
    snapshot = service.catalogue.snapshot
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for (table, product), published in snapshot.tables.items():
        if asked.product in (None, product) and table != PAGES:
            for one in published:
                if (first is None or one.day >= first) and (last is None or one.day <= last):
                    found.setdefault((one.day.isoformat(), product), {})[table] = one
    order = sorted(found, key=lambda key: (key[0], key[1]), reverse=True)
    return {
        "days": [
            {
                "product": product,
                "date": day,
                "tables": {
                    name: {
                        "sha256": service.catalogue.sha256(one),
                        "size_bytes": one.size_bytes,
                        "published_at": moment_text(one.published_ns),
                    }
                    for name, one in sorted(found[day, product].items())
                },
                "page": f"/days/{product}/{day}",
                "partial": _partial(service, found[day, product], product=product, day=day),
            }
            for day, product in order[: asked.limit]
        ],
        "more": len(order) > asked.limit,
    }


def _partial(service: Service, tables: Collection[str], *, product: str, day: str) -> str | None:
    until = day_partial_until(service.lake, tables, product=product, day=date.fromisoformat(day))
    return None if until is None else while_running(until)


def _facts(name: str) -> dict[str, Any]:
    table = TABLES[name]
    rule = availability(table)
    return {
        "table": name,
        "about": table.about,
        "path": next(f"/v1/{spec.path}/{{product}}" for spec in SPECS if spec.name == name),
        "key": ["date", *table.key],
        "known_since": {"column": rule.column, "about": rule.about},
        "columns": column_facts(table),
    }
