"""The first plan's cache file in, its keys out: a chain that a program keeps is analysed as `gex chain` does.

An answer is kept for the plan's minute, by the content of file and request: who asks again with the same file waits for nothing.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gex_assets.analytics.seed_keys import seed_keys, strike_keys
from gex_assets.conventions import MAGIC8_LITERAL, Convention
from gex_assets.serve.answers.bodies import json_body, request_body
from gex_assets.serve.answers.formats import convention_facts
from gex_assets.serve.answers.json_rows import plain_json
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.routes.latest import ScoreAnswer
from gex_assets.serve.routes.tables import BODY_PROBLEMS
from gex_assets.serve.service import Service

__all__ = ["KEPT_SECONDS", "MOST_BYTES", "KeptAnswers", "score_routes"]

MOST_BYTES: Final = 8 << 20
"""Size of a cache file, at most."""

KEPT_SECONDS: Final = 60.0
"""How long an answer is kept: the plan's `cache_ttl`. [seconds]"""

_MOST_KEPT: Final = 64
_LARGEST_KEPT: Final = 1 << 20

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


class KeptAnswers:
    """Answers by a hash of what was asked, for a while. The bodies that they are made of are not kept.

    Parameters
    ----------
    clock : seconds, ascending.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def answer(self, body: bytes, asked: CacheQuery, make: Callable[[], bytes]) -> bytes:
        """The answer of the last minute, else the one that `make` gives. An error is not kept."""
        key = hashlib.sha256(asked.model_dump_json().encode() + b"\n" + body).hexdigest()
        with self._lock:
            found = self._kept.get(key)
        now = self._clock()
        if found is not None and now - found[0] < KEPT_SECONDS:
            return found[1]
        made = make()
        if len(made) <= _LARGEST_KEPT:
            with self._lock:
                self._kept[key] = now, made
                self._kept.move_to_end(key)
                while len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
        return made


def score_routes(service: Service) -> APIRouter:
    """The endpoint of this module."""
    router = APIRouter(prefix="/v1", tags=["now"])
    kept = KeptAnswers()

    async def scored(request: Request, asked: Annotated[CacheQuery, Query()]) -> Response:
        known = _known(service)
        if asked.convention not in known:  # "all" is one for programs that take several answers
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"convention: Expected one of {', '.join(known)}, was {asked.convention}: ask for one at a time",
            )
        body = await json_body(request, most_bytes=MOST_BYTES)

        def make() -> bytes:
            return plain_json(_answer(service, body, asked)).encode()

        answer = await service.workers.run(lambda _deadline: kept.answer(body, asked, make))
        return Response(answer, media_type="application/json", headers={"Cache-Control": "no-store"})

    router.add_api_route(
        "/score",
        scored,
        methods=["POST"],
        summary="The first plan's cache file in, its keys out",
        description="The body is the first plan's cached option chain. It is not stored; an answer is kept for a minute.",
        response_class=Response,
        response_model=None,
        responses={
            200: {"model": ScoreAnswer, "description": "The keys."},
            **BODY_PROBLEMS,
        },
        openapi_extra=request_body({"type": "object"}, _EXAMPLE),
    )
    return router


def _known(service: Service) -> dict[str, Convention]:
    """The installation's conventions by name, and the first plan's as it is written."""
    return {**service.conventions, MAGIC8_LITERAL.name: MAGIC8_LITERAL}


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
    (found,) = documents(chain, request)
    known = _known(service)
    used = known[found["convention"]]
    return {
        "symbol": found["symbol"],
        "spot_price": found["spot"],
        "as_of": found["as_of"],
        **seed_keys(net=found, levels=found["levels"] or {}, regime=found["regime_analysis"] or {}, scores=found["scores"]),
        "strike_gex": strike_keys(found["strikes"]),
        "convention": convention_facts(
            {"convention": used.name, "convention_version": used.version, "weight_used": found["weight_used"]}, known
        ),
        "known_since": {
            "column": "as_of",
            "about": "The chain could be known from the file's moment, or the close of its day; null where it gives neither.",
            "latest": found["as_of"],
        },
        "reason": found["reason"],
        "warnings": found["warnings"],
    }
