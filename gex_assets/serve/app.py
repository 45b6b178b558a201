"""The application: routes, what guards them, and the thread that looks for what is published."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gex_assets.errors import ChainError, GexError
from gex_assets.escaping import visible
from gex_assets.lake.tables import Lake
from gex_assets.serve.answers.answer_cache import AnswerCache
from gex_assets.serve.answers.parameters import refuse_unknown
from gex_assets.serve.answers.problems import ProblemError, problem_response
from gex_assets.serve.answers.row_pages import ReplacedError
from gex_assets.serve.catalogue import Catalogue
from gex_assets.serve.live.hub import Hub
from gex_assets.serve.live.replay import Replays
from gex_assets.serve.routes.charts import chart_routes
from gex_assets.serve.routes.index import index_routes
from gex_assets.serve.routes.latest import latest_routes
from gex_assets.serve.routes.pages import page_routes
from gex_assets.serve.routes.replay import replay_routes
from gex_assets.serve.routes.scores import score_routes
from gex_assets.serve.routes.stream import stream_routes
from gex_assets.serve.routes.tables import table_routes
from gex_assets.serve.security import Guard
from gex_assets.serve.service import Service
from gex_assets.serve.table_specs import SERVED
from gex_assets.settings import Settings

__all__ = ["Application", "make_app"]

_ABOUT: Final = """Gamma exposure, levels and regimes from order-by-order options data: what is published in the lake, read-only.

Every answer says what its numbers mean: the convention, its weight, scale and assumption of signs, each column's unit, and since
when the rows could be known. Missing values are null. Moments are ISO 8601 in UTC, or UNIX nanoseconds with `times=ns`."""


_log = logging.getLogger(__name__)


class Application(NamedTuple):
    """The application as a server runs it, and its parts.

    Attributes
    ----------
    asgi : with guards.
    api : without; it has the API's documentation.
    """

    asgi: ASGIApp
    api: FastAPI
    hub: Hub

    def close(self) -> None:
        """End all streams."""
        self.hub.close()


def make_app(
    lake: Lake,
    settings: Settings,
    *,
    hosts: Collection[str] = (),
    any_address: bool = False,
    token: str | None = None,
    poll_seconds: float = 1.0,
    started: Callable[[], object] = lambda: None,
) -> Application:
    """The server's application.

    Parameters
    ----------
    lake : whose published tables and pages are served.
    settings : the installation's; conventions and products are read.
    hosts, any_address, token : as in `security.Guard`.
    poll_seconds : how often the lake is looked at for what was published.
    started : called when it is ready to answer.
    """
    catalogue = Catalogue(lake, SERVED)
    service = Service(catalogue, settings)
    hub = Hub(catalogue, seconds=poll_seconds)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            async with hub.running():
                started()
                yield
        finally:
            service.workers.close()

    app = FastAPI(
        title="gex_assets",
        version=version("gex-assets"),
        description=_ABOUT,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    replays = Replays()
    hub.ends_with_it.append(replays.close)
    of_service = (routes(service) for routes in (index_routes, latest_routes, chart_routes, score_routes, table_routes))
    for router in (*of_service, stream_routes(hub), replay_routes(service, replays)):
        app.include_router(router, dependencies=[Depends(refuse_unknown)])
    app.include_router(page_routes(service))
    _add_problems(app)
    app.openapi = _openapi(app)  # type: ignore[method-assign]
    guarded = Guard(AnswerCache(app, catalogue), hosts=hosts, any_address=any_address, token=token)
    return Application(guarded, app, hub)


def _add_problems(app: FastAPI) -> None:
    """Every error as problem details; what is no error of ours is logged by the server and not shown."""

    async def of_ours(request: Request, error: ProblemError) -> Response:
        return problem_response(error.status, error.detail, path=request.url.path, headers=error.headers)

    async def of_http(request: Request, error: HTTPException) -> Response:
        words = {
            404: "Expected a path of this server, was another: /v1 names them",
            405: "Expected a method that this path has, was another: the API is read-only",
        }
        return problem_response(
            error.status_code,
            words.get(error.status_code, str(error.detail)),
            path=request.url.path,
            headers=dict(error.headers or {}),
        )

    async def of_parameters(request: Request, error: RequestValidationError) -> Response:
        said = "; ".join(_said(one) for one in error.errors())
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, said, path=request.url.path)

    async def of_gex(request: Request, error: GexError) -> Response:
        if isinstance(error, ChainError):
            return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), path=request.url.path)
        # it has a handler, so the server does not log it by itself
        _log.error("%s %s: %s", request.method, visible(request.url.path), error, exc_info=error)
        return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, str(error), path=request.url.path)

    async def of_replacing(request: Request, _error: ReplacedError) -> Response:
        return problem_response(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Expected a day that stays while it is read, was published again several times: ask again",
            path=request.url.path,
            headers={"Retry-After": "1"},
        )

    async def of_any(request: Request, _error: Exception) -> Response:
        return problem_response(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "Expected an answer, was an error of the server: its log has it",
            path=request.url.path,
        )

    handlers: list[tuple[Any, Callable[..., Any]]] = [
        (ProblemError, of_ours),
        (HTTPException, of_http),
        (RequestValidationError, of_parameters),
        (GexError, of_gex),
        (ReplacedError, of_replacing),
        (Exception, of_any),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)


def _said(error: dict[str, Any]) -> str:
    """One of pydantic's errors as "name: Expected …, was …: what to do"."""
    name = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][-1])
    if error["type"] == "json_invalid":
        return f"{name}: Expected JSON, was another text: /v1/openapi.json has examples"
    if error["type"] == "extra_forbidden":
        return f"{name}: Expected a parameter that this path has, was another: /v1/openapi.json names them"
    if error["type"] == "missing":
        return f"{name}: Expected a value, was none: give it"
    expected = str(error["msg"]).replace("Input should be", "Expected").replace("String should", "Expected text to")
    was = str(error.get("input"))[:100]
    return f"{name}: {expected}, was {was!r}: /v1/openapi.json has examples"


def _openapi(app: FastAPI) -> Callable[[], dict[str, Any]]:
    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            for path in found["paths"].values():
                for operation in path.values():
                    # FastAPI describes its own form of errors, which no answer here has
                    problems = operation.get("responses", {})
                    if "application/json" in problems.get("422", {}).get("content", {}):
                        problems["422"]["content"].pop("application/json")
            app.openapi_schema = found
        return app.openapi_schema

    return made
