"""What holds now: the last known levels of a product with their regimes, and the project's first output layer of them.

Both are small and asked for often. They are made once per published state and then answered from memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gex_assets.analytics.seed_keys import seed_keys
from gex_assets.conventions import no_such_convention
from gex_assets.lake.lineage import while_running
from gex_assets.lake.ranges.latest import last_known_window, rows_at
from gex_assets.lake.stored import StoredTable
from gex_assets.schemas.availability import availability
from gex_assets.schemas.regime_scores import REGIME_SCORES, STRATEGIES
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets.serve.answers.formats import convention_facts
from gex_assets.serve.answers.json_rows import json_rows, plain_json
from gex_assets.serve.answers.moments import day_of
from gex_assets.serve.answers.parameters import Day
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.answers.row_pages import Deadline, ReplacedError, moment_text
from gex_assets.serve.catalogue import PublishedDay
from gex_assets.serve.routes.row_models import ConventionFacts, KnownSince
from gex_assets.serve.routes.tables import PROBLEMS, ProductPath
from gex_assets.serve.service import Made, Service

__all__ = ["LatestQuery", "ScoreAnswer", "latest_routes"]

_WORD: Final = r"^[A-Za-z0-9_:.-]{1,60}$"
_REGIME_COLUMNS: Final = ("regime", "magnitude", "bias", "confidence", "expected_behavior", "position_in_range", "reason")
_JSON: Final = "application/json"
_FORM: Final = 2


class LatestQuery(BaseModel):
    """What is asked of the latest levels."""

    model_config = ConfigDict(extra="forbid")

    convention: str | None = Field(default=None, pattern=_WORD, description="One convention; all by default.", examples=["field"])
    scope: str | None = Field(default=None, pattern=_WORD, description="One scope; all by default.", examples=["selected"])
    date: Day | None = Field(default=None, description="Of another day than the last one: the last that was known on it.")


class LatestLevels(BaseModel):
    """The last known levels."""

    product: str
    date: str
    window_end: str = Field(description="End of the last window with a reference price, in UTC.")
    published_at: str = Field(description="When the data were published, in UTC.")
    sha256: str = Field(description="Hash of the table that the levels come from.")
    partial: str | None = Field(description="Of a day that was still running: that it was, and until when. Null for whole days.")
    known_since: KnownSince
    conventions: list[ConventionFacts]
    levels: list[dict[str, Any]] = Field(
        description="A row per convention and scope: the columns of silver_gex_levels; with scope selected also the regime's."
    )


class SeedLevels(BaseModel):
    """Levels under the names of the project's first plan."""

    call_wall: float | None
    put_wall: float | None
    zero_gamma: float | None = Field(description="The flip.")
    high_gamma_strikes: list[float]


class SeedRegime(BaseModel):
    """Regime under the names of the project's first plan."""

    regime: str | None
    magnitude: str | None
    bias: str | None
    net_gex_billions: float | None
    expected_behavior: str | None


class ScoreAnswer(BaseModel):
    """The output layer of the project's first plan: its keys, and what they mean."""

    symbol: str
    spot_price: float | None
    as_of: str | None
    net_gex: float | None
    total_call_gex: float | None
    total_put_gex: float | None
    strike_gex: dict[str, dict[str, float | None]] = Field(
        description="Strike -> call_gex, put_gex, net_gex: signed. Empty for the lake's latest: /v1/chain has strikes."
    )
    regime: str | None
    levels: SeedLevels
    regime_analysis: SeedRegime
    scores: dict[str, float | None]
    convention: ConventionFacts
    known_since: KnownSince
    reason: str | None = Field(description="Why there are no numbers; null where there are.")
    warnings: list[dict[str, str]]


class ScoreQuery(BaseModel):
    """Which convention's scores."""

    model_config = ConfigDict(extra="forbid")

    convention: str = Field(default="magic8", pattern=_WORD, description="Convention.", examples=["magic8"])


def latest_routes(service: Service) -> APIRouter:
    """The endpoints of this module."""
    router = APIRouter(prefix="/v1", tags=["now"])

    async def latest(request: Request, product: ProductPath, asked: Annotated[LatestQuery, Query()]) -> Response:
        def make(_deadline: Deadline) -> tuple[str, Callable[[], Made]]:
            day = None if asked.date is None else day_of(asked.date, what="date")
            levels, regimes = _published(service, product, day)
            identity = _identity("latest", levels, regimes, asked.model_dump())
            return identity, lambda: Made(_latest_bytes(service, product, asked, levels, regimes))

        return await service.answer(request, make, media=_JSON)

    async def score(request: Request, product: ProductPath, asked: Annotated[ScoreQuery, Query()]) -> Response:
        def make(_deadline: Deadline) -> tuple[str, Callable[[], Made]]:
            levels, regimes = _published(service, product, None)
            identity = _identity("score", levels, regimes, asked.model_dump())
            return identity, lambda: Made(_score_bytes(service, product, asked.convention, levels, regimes))

        return await service.answer(request, make, media=_JSON)

    for path, endpoint, model, summary in (
        ("/levels/{product}/latest", latest, LatestLevels, "The last known levels and regimes, from memory"),
        (
            "/score/{product}",
            score,
            ScoreAnswer,
            "The first plan's keys of the last known window: net, walls, flip, regime, scores",
        ),
    ):
        router.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            summary=summary,
            response_class=Response,
            response_model=None,
            responses={200: {"model": model, "description": "What holds now."}, 304: {"description": "Unchanged."}, **PROBLEMS},
        )
    return router


_Published = tuple[PublishedDay, str]


def _published(service: Service, product: str, day: date | None) -> tuple[_Published, _Published | None]:
    snapshot = service.catalogue.snapshot
    name = SILVER_GEX_LEVELS.name
    found = service.catalogue.latest(name, product) if day is None else snapshot.day(name, product, day)
    if found is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"Expected published levels of {product}{'' if day is None else f' on {day}'}, was none:"
            f" products are {snapshot.products}, /v1/days names the days",
        )
    regimes = snapshot.day(REGIME_SCORES.name, product, found.day)
    return (found, service.catalogue.sha256(found)), None if regimes is None else (regimes, service.catalogue.sha256(regimes))


def _identity(what: str, levels: _Published, regimes: _Published | None, asked: Mapping[str, Any]) -> str:
    parts = [_FORM, what, levels[1], None if regimes is None else regimes[1], asked]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _opened(service: Service, published: PublishedDay) -> StoredTable:
    stored = StoredTable(service.lake.fs, published.key)
    if stored.tag != published.tag:
        raise ReplacedError
    return stored


def _window(service: Service, product: str, levels: PublishedDay) -> tuple[StoredTable, int]:
    stored = _opened(service, levels)
    end = last_known_window(stored, "reference_price")
    if end is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"Expected a reference price of {product} on {levels.day}, was none in any window: ask another date",
        )
    return stored, end


def _partial(stored: StoredTable) -> str | None:
    return None if stored.partial_until_ns is None else while_running(stored.partial_until_ns)


def _known_since(end: int) -> dict[str, Any]:
    rule = availability(SILVER_GEX_LEVELS)
    return {"column": rule.column, "about": rule.about, "latest": moment_text(end)}


def _latest_bytes(service: Service, product: str, asked: LatestQuery, levels: _Published, regimes: _Published | None) -> bytes:
    stored, end = _window(service, product, levels[0])
    rows = _words(rows_at(stored, end), asked)
    units = {column.name: column.unit for column in SILVER_GEX_LEVELS.columns}
    found = json.loads(json_rows(rows, units=units, times="iso"))
    judged = {} if regimes is None else _regimes_at(service, regimes[0], end)
    for row in found:
        if row["scope"] == "selected" and row["convention"] in judged:
            row |= {name: judged[row["convention"]].get(name) for name in _REGIME_COLUMNS}
    seen = {row["convention"]: row for row in found}
    return plain_json(
        {
            "product": product,
            "date": levels[0].day.isoformat(),
            "window_end": moment_text(end),
            "published_at": moment_text(levels[0].published_ns),
            "sha256": levels[1],
            "partial": _partial(stored),
            "known_since": _known_since(end),
            "conventions": [convention_facts(row, service.conventions) for row in seen.values()],
            "levels": found,
        }
    ).encode()


def _words(rows: Any, asked: LatestQuery) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in ("convention", "scope"):
        wanted = getattr(asked, name)
        if wanted is not None:
            there = sorted(set(rows[name].to_pylist()))
            rows = rows.filter(pc.is_in(rows[name], value_set=pa.array([wanted])))
            if not rows.num_rows:
                said = f"Expected a scope of {', '.join(there)}, was {wanted}: ask one of them"
                raise ProblemError(HTTPStatus.NOT_FOUND, said if name == "scope" else no_such_convention(wanted, there))
    return rows


def _regimes_at(service: Service, regimes: PublishedDay, end: int) -> dict[str, dict[str, Any]]:
    rows = rows_at(_opened(service, regimes), end)
    return {row["convention"]: row for row in rows.to_pylist()}


def _score_bytes(service: Service, product: str, convention: str, levels: _Published, regimes: _Published | None) -> bytes:
    stored, end = _window(service, product, levels[0])
    rows = [row for row in rows_at(stored, end).to_pylist() if row["scope"] == "selected"]
    row = next((one for one in rows if one["convention"] == convention), None)
    if row is None:
        names = sorted(one["convention"] for one in rows)
        raise ProblemError(HTTPStatus.NOT_FOUND, no_such_convention(convention, names))
    judged = {} if regimes is None else _regimes_at(service, regimes[0], end).get(convention, {})
    scores = {name: judged.get(f"score_{name}") for name in STRATEGIES}
    partial = _partial(stored)
    answer = {
        "symbol": product,
        "spot_price": row["reference_price"],
        "as_of": moment_text(end),
        **seed_keys(net=row, levels=row, regime=judged, scores=scores),
        "strike_gex": {},
        "convention": convention_facts(row, service.conventions),
        "known_since": _known_since(end),
        "reason": judged.get("reason"),
        "warnings": [] if partial is None else [{"code": "partial_day", "text": partial}],
    }
    return plain_json(answer).encode()
