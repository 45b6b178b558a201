"""The first plan's cache file in, its keys out: a chain that a program keeps is analysed as `gex chain` does."""

from __future__ import annotations

import asyncio
import json
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gex_assets.conventions import SCALE_UNITS
from gex_assets.serve.answers.json_rows import plain_json
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.routes.latest import ScoreAnswer, seed_keys
from gex_assets.serve.routes.tables import PROBLEMS
from gex_assets.serve.service import Service

__all__ = ["MOST_BYTES", "score_routes"]

MOST_BYTES: Final = 8 << 20
"""Size of a cache file, at most."""

_LONGEST_SECONDS: Final = 30
"""How long a body may take to arrive: who sends a letter a minute holds nothing for longer."""

_PACKED: Final = (b"\x1f\x8b", b"PK\x03\x04")
"""How gzip and zip begin. Files of chains may be packed; a body may not, because its bound counts what arrives."""

_EXAMPLE: Final = {
    "data": {
        "SPY": {
            "spot_price": 500.0,
            "option_chain": [{"strike": 500, "call_gamma": 0.01, "call_oi": 1000, "put_gamma": 0.01, "put_oi": 500}],
        }
    }
}


class CacheQuery(BaseModel):
    """How a cache file is analysed."""

    model_config = ConfigDict(extra="forbid")

    symbol: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9^$._-]{1,20}$", description="Which symbol of several.", examples=["SPY"]
    )
    convention: str = Field(
        default="magic8", pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Convention, magic8_literal too.", examples=["magic8"]
    )
    spot: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="Price, in place of the file's.")
    multiplier: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="Value of a point. [USD]")


def score_routes(service: Service) -> APIRouter:
    """The endpoint of this module."""
    router = APIRouter(prefix="/v1", tags=["now"])

    async def scored(request: Request, asked: Annotated[CacheQuery, Query()]) -> Response:
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
        body = await _body(request)
        if body.startswith(_PACKED):
            raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Expected JSON, was a packed file: unpack it")
        answer = await service.workers.run(lambda _deadline: _answer(service, body, asked))
        return Response(plain_json(answer).encode(), media_type="application/json", headers={"Cache-Control": "no-store"})

    router.add_api_route(
        "/score",
        scored,
        methods=["POST"],
        summary="The first plan's cache file in, its keys out",
        description="The body is the cached option chain of the project's first plan. Nothing of it is stored.",
        response_class=Response,
        response_model=None,
        responses={
            200: {"model": ScoreAnswer, "description": "The keys."},
            408: {**PROBLEMS[422], "description": "The body takes too long to arrive."},
            413: {**PROBLEMS[422], "description": "The body is too large."},
            415: {**PROBLEMS[422], "description": "The body is no JSON."},
            **PROBLEMS,
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLE}},
            }
        },
    )
    return router


async def _body(request: Request) -> bytes:
    """The body, within bounds of size and time.

    Raises
    ------
    ProblemError
        It is too large, takes too long, or its sender went away; then nobody reads the answer.
    """
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > MOST_BYTES:
                    raise ProblemError(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Expected at most {MOST_BYTES >> 20} MiB, was more: send one symbol"
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


def _answer(service: Service, body: bytes, asked: CacheQuery) -> dict[str, Any]:
    """Analyse the body.

    Raises
    ------
    ChainError
        It is no chain, or something is missing.
    """
    from gex_assets.chain.files.reader import FileRequest, read_chain_file
    from gex_assets.chain.summary import documents, request_of

    with tempfile.TemporaryDirectory(prefix="gex-serve-") as folder:
        path = Path(folder) / "the body"
        path.write_bytes(body)
        chain = read_chain_file(path, FileRequest(symbol=asked.symbol))
    settings = service.settings
    request = request_of(
        names=(asked.convention,),
        extra=settings.conventions,
        spot=asked.spot,
        multiplier=asked.multiplier,
        multipliers=settings.multipliers,
        rate=settings.rate,
        base_scores=settings.base_scores,
        min_strikes_required=settings.min_strikes_required,
    )
    found = documents(chain, request)[0]
    return {
        "symbol": found["symbol"],
        "spot_price": found["spot"],
        "as_of": found["as_of"],
        **seed_keys(net=found, levels=found["levels"] or {}, regime=found["regime_analysis"] or {}, scores=found["scores"]),
        "strike_gex": {
            json.dumps(row["strike"]).removesuffix(".0"): {name: row[name] for name in ("call_gex", "put_gex", "net_gex")}
            for row in found["strikes"]
        },
        "convention": _facts(service, found),
        "known_since": {
            "column": "as_of",
            "about": "The chain could be known from the moment that the file gives; null where it gives none.",
            "latest": found["as_of"],
        },
        "reason": found["reason"],
        "warnings": found["warnings"],
    }


def _facts(service: Service, found: dict[str, Any]) -> dict[str, Any]:
    from gex_assets.conventions import MAGIC8_LITERAL, SIGN_MODELS

    mine = {**service.conventions, MAGIC8_LITERAL.name: MAGIC8_LITERAL}[found["convention"]]
    return {
        "convention": mine.name,
        "version": mine.version,
        "weight": found["weight_used"],
        "scale": mine.scale,
        "unit": SCALE_UNITS[mine.scale],
        "sign_model": mine.sign_model,
        "signs": SIGN_MODELS[mine.sign_model],
    }
