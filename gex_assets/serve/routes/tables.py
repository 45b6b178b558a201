"""Endpoints of rows: one path per table, the same parameters, and a page that says what its numbers mean."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gex_assets.lake.names import PRODUCT
from gex_assets.serve.answers.bodies import BODY_STATUSES
from gex_assets.serve.answers.formats import page_bytes
from gex_assets.serve.answers.negotiation import accepted_format
from gex_assets.serve.answers.parameters import FORMATS, RowParameters
from gex_assets.serve.answers.problems import PROBLEM_TYPE, ProblemDetails
from gex_assets.serve.answers.row_pages import Deadline, plan_rows, read_page
from gex_assets.serve.routes.row_models import page_model
from gex_assets.serve.service import Made, Service
from gex_assets.serve.table_specs import SPECS, TableSpec

__all__ = ["BODY_PROBLEMS", "PROBLEMS", "ProductPath", "table_routes"]

ProductPath = Annotated[str, Path(pattern=f"^{PRODUCT}$", description="Product, in capitals.", examples=["ES"])]

_WHAT: Final = {
    400: "A cursor that is none, or that belongs to another request.",
    401: "The server wants its token.",
    404: "Nothing of it is published.",
    406: "None of the accepted formats is offered.",
    409: "The day was published again since the page before.",
    421: "Another name than this server's was asked for.",
    422: "A parameter cannot be used.",
    503: "Too many requests, or an answer that takes too long.",
}


def _documented(statuses: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    content = {PROBLEM_TYPE: {"schema": ProblemDetails.model_json_schema()}}
    return {status: {"description": about, "content": content} for status, about in statuses.items()}


PROBLEMS: Final = _documented(_WHAT)
"""Problems of any endpoint, for the documentation."""

BODY_PROBLEMS: Final = _documented(_WHAT | BODY_STATUSES)
"""Problems of endpoints that take a body."""

_NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "The reader's copy, by its ETag, is the present one."}
}


def table_routes(service: Service) -> APIRouter:
    """The endpoints of all tables."""
    router = APIRouter(prefix="/v1", tags=["tables"])
    for spec in SPECS:
        router.add_api_route(
            f"/{spec.path}/{{product}}",
            _endpoint(service, spec),
            methods=["GET"],
            summary=spec.summary,
            description=_description(spec),
            operation_id=f"{spec.path.replace('-', '_')}_rows",
            response_class=Response,
            response_model=None,
            responses={200: _success(spec), **_NOT_MODIFIED, **PROBLEMS},
        )
    return router


def _endpoint(service: Service, spec: TableSpec) -> Callable[..., Awaitable[Response]]:
    table = spec.table

    async def rows(request: Request, product: ProductPath, asked: RowParameters) -> Response:
        form = accepted_format(asked.format, request.headers.get("accept", ""))

        def make(deadline: Deadline) -> tuple[str, Callable[[], Made]]:
            plan = plan_rows(service.catalogue, table, product, asked)

            def body() -> Made:
                page = read_page(service.catalogue, plan, deadline=deadline)
                content = page_bytes(page, service.conventions, form=form, times=asked.times, notes=asked.notes)
                return Made(content, _links(request, table.name, page.next))

            return f"{plan.identity[:24]}{form[0]}{asked.times[0]}{int(asked.notes)}", body

        return await service.answer(request, make, media=FORMATS[form] + _CHARSET.get(form, ""))

    # The parameters' type differs by table, so it cannot stand in the signature above.
    rows.__annotations__["asked"] = Annotated[spec.parameters, Query()]
    return rows


_CHARSET: Final = {"csv": "; charset=utf-8; header=present"}


def _links(request: Request, table: str, following: str | None) -> str:
    """The value of Link: where columns are described, and the next page."""
    found = f'</v1/schema/{table}>; rel="describedby"'
    if following is None:
        return found
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'{found}, <{quote(request.url.path)}?{urlencode([*kept, ("cursor", following)])}>; rel="next"'


def _description(spec: TableSpec) -> str:
    key = ", ".join(spec.table.key)
    name = spec.table.name
    return f"{spec.table.about} Rows of `{name}`, by date and {key}. `/v1/schema/{name}` has every column's unit."


def _success(spec: TableSpec) -> dict[str, Any]:
    example = {
        "product": "ES",
        "table": spec.name,
        "about": spec.table.about,
        "days": [{"date": "2026-01-06", "sha256": "0" * 64, "published_at": "2026-01-07T06:00:00Z"}],
        "conventions": [],
        "known_since": {"column": "ts_window_end", "about": "…", "latest": "2026-01-06T14:30:05Z"},
        "columns": [],
        "next": None,
        "rows": [dict(spec.example)],
    }
    return {
        "model": page_model(spec.table),
        "description": "A page of rows.",
        "content": {
            "application/json": {"example": example},
            FORMATS["csv"]: {"schema": {"type": "string"}},
            FORMATS["arrow"]: {"schema": {"type": "string", "format": "binary"}},
        },
        "headers": {
            "ETag": {
                "description": "Hash of the data and the request; give it back in If-None-Match.",
                "schema": {"type": "string"},
            },
            "Link": {
                "description": "rel=describedby: the table's columns; rel=next: the next page.",
                "schema": {"type": "string"},
            },
        },
    }
