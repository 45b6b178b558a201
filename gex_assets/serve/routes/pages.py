"""Pages over HTTP: the index of days, their history, a day's page, and a day played as if it were now."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, time
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gex_assets.brief.facts import read_brief
from gex_assets.errors import GexError, LakeError
from gex_assets.pages.addresses import brief_address, history_address, index_address, page_address
from gex_assets.pages.brief.latest import latest_brief_page
from gex_assets.pages.brief.page import brief_page
from gex_assets.pages.day_links import with_neighbours
from gex_assets.pages.history import history_of_lake
from gex_assets.pages.index import index_of_lake
from gex_assets.serve.answers.moments import day_of
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.answers.row_pages import Deadline
from gex_assets.serve.catalogue import PAGES
from gex_assets.serve.day_pages import DayPages, live_page, page_policy
from gex_assets.serve.routes.replay import DayPath, Moment, Speed, shown_levels, window_number
from gex_assets.serve.routes.tables import ProductPath
from gex_assets.serve.service import Made, Service
from gex_assets.time_units import WINDOW_NS, midnight_ns

__all__ = ["page_routes"]

_HTML: Final = "text/html; charset=utf-8"
_SHOWN: Final = ("silver_gex_levels", PAGES)
"""A day of which one of these is published has a page here."""


class PageQuery(BaseModel):
    """Whether a day's page plays the day."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    replay: Speed | None = Field(default=None, description="Play the day at this speed.")
    since: Moment | None = Field(default=None, alias="from")


class BriefQuery(BaseModel):
    """Of which convention a brief is, and up to which moment it looks."""

    model_config = ConfigDict(extra="forbid")

    convention: str = Field(default="field", pattern=r"^[A-Za-z0-9_.-]{1,60}$")
    at: str | None = Field(default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$", description="UTC.")


def page_routes(service: Service) -> APIRouter:
    """The pages; they are no part of the API's documentation."""
    router = APIRouter(include_in_schema=False)
    _add_overviews(router, service)
    _add_briefs(router, service)
    _add_days(router, service, DayPages(service))
    return router


def _add_overviews(router: APIRouter, service: Service) -> None:
    """Pages about all days of a product."""

    async def written(request: Request, product: str, write: Callable[..., str], others: list[tuple[str, str]]) -> Response:
        """A page about all days of a product; it changes with whatever is published of it."""
        if product not in products() and product not in service.settings.products:
            raise ProblemError(
                HTTPStatus.NOT_FOUND,
                f"Expected a product of {', '.join(products()) or 'the settings'}, was {product}: / has links",
            )

        def make(_deadline: Deadline) -> tuple[str, Callable[[], Made]]:
            state = service.catalogue.snapshot.state(product)
            identity = hashlib.sha256(
                repr((version("gex-assets"), request.url.path, product, state, others)).encode()
            ).hexdigest()

            def body() -> Made:
                page = write(service.lake, product=product, link=partial(_address, service, product), others=others).encode()
                return Made(page, policy=page_policy(page))

            return identity, body

        return await service.answer(request, make, media=_HTML)

    def products() -> list[str]:
        return service.catalogue.snapshot.products

    async def index_of(request: Request, product: ProductPath) -> Response:
        others = [(name, index_address(name)) for name in products() if name != product]
        return await written(request, product, index_of_lake, [*_about(product)[1:], *others])

    async def index(request: Request) -> Response:
        default = service.settings.default_product
        known = products()
        return await index_of(request, default if default in known or not known else known[0])

    async def history(request: Request, product: ProductPath) -> Response:
        others = [(name, history_address(name)) for name in products() if name != product]
        return await written(request, product, history_of_lake, [_about(product)[0], _about(product)[2], *others])

    router.add_api_route("/", index, methods=["GET"])
    router.add_api_route("/products/{product}", index_of, methods=["GET"])
    router.add_api_route("/history/{product}", history, methods=["GET"])


def _about(product: str) -> list[tuple[str, str]]:
    """Links to the pages about a product: all days, the history, the brief."""
    return [("days", index_address(product)), ("history", history_address(product)), ("brief", brief_address(product))]


def _add_briefs(router: APIRouter, service: Service) -> None:
    """The brief of a session, drawn from what is published now."""

    async def brief(request: Request, product: ProductPath, asked: Annotated[BriefQuery, Query()]) -> Response:
        return await session_brief(request, product, None, asked)

    async def of_session(
        request: Request, product: ProductPath, session: DayPath, asked: Annotated[BriefQuery, Query()]
    ) -> Response:
        return await session_brief(request, product, day_of(session, what="session"), asked)

    async def session_brief(request: Request, product: str, session: date | None, asked: BriefQuery) -> Response:
        def make(_deadline: Deadline) -> tuple[str, Callable[[], Made]]:
            state = service.catalogue.snapshot.state(product)
            identity = hashlib.sha256(repr((version("gex-assets"), request.url.path, repr(asked), state)).encode()).hexdigest()
            return identity, partial(_brief, service, product, session, asked)

        return await service.answer(request, make, media=_HTML)

    router.add_api_route("/briefs/{product}", brief, methods=["GET"])
    router.add_api_route("/briefs/{product}/{session}", of_session, methods=["GET"])


def _brief(service: Service, product: str, session: date | None, asked: BriefQuery) -> Made:
    """The page.

    Raises
    ------
    ProblemError
        No levels are published for the session, or none of the convention; the session has no such moment.
    """
    links = _about(product)[:2]
    try:
        if session is None and asked == BriefQuery():
            text = latest_brief_page(service.lake, product=product, links=links)
        else:
            clock = None if asked.at is None else time.fromisoformat(asked.at)
            made = read_brief(service.lake, product=product, session=session, convention=asked.convention, clock=clock)
            text = brief_page(made, links=links)
    except LakeError:  # the file was replaced or is gone: the service looks again
        raise
    except GexError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    page = text.encode()
    return Made(page, policy=page_policy(page))


def _add_days(router: APIRouter, service: Service, pages: DayPages) -> None:
    """The page of a day."""

    async def latest_day(product: ProductPath) -> Response:
        latest = service.catalogue.latest("silver_gex_levels", product)
        return RedirectResponse("/" if latest is None else page_address(product, latest.day), status_code=307)

    async def day_page(request: Request, product: ProductPath, date: DayPath, asked: Annotated[PageQuery, Query()]) -> Response:
        day = day_of(date, what="date")

        def make(_deadline: Deadline) -> tuple[str, Callable[[], Made]]:
            seen = service.catalogue.snapshot.page_state(product, day)  # taken first: rather told in vain than not at all
            if service.catalogue.snapshot.day(PAGES, product, day) is None or asked.replay is not None:
                shown_levels(service, product, day)
            until = None if asked.replay is None else _first_end(asked, day)
            identity, read = pages.find(product, day, until_ns=until)
            neighbours = service.catalogue.snapshot.neighbours(_SHOWN, product, day)

            def body() -> Made:
                grows = asked.replay is not None
                page = live_page(read(), lambda header: _events(product, day, asked, header, seen), grows=grows)
                page = with_neighbours(page, product, neighbours)
                return Made(page, policy=page_policy(page))

            return hashlib.sha256(f"{identity} {asked!r} {neighbours} {seen}".encode()).hexdigest(), body

        return await service.answer(request, make, media=_HTML)

    router.add_api_route("/days/{product}", latest_day, methods=["GET"])
    router.add_api_route("/days/{product}/{date}", day_page, methods=["GET"])


def _first_end(asked: PageQuery, day: date) -> int:
    """End of the last window that a replay's page has from the start."""
    return midnight_ns(day) + (0 if asked.since is None else window_number(asked.since, day)) * WINDOW_NS


def _events(product: str, day: date, asked: PageQuery, header: dict[str, Any], seen: str) -> str:
    """Where the page's events are: those of the replay, or news of this day since the state that is shown."""
    if asked.replay is None:
        return f"/v1/stream?{urlencode({'product': product, 'date': day.isoformat(), 'seen': seen})}"
    chosen: dict[str, Any] = {"speed": f"{asked.replay:g}", "stride": header.get("stride", 1)}
    if asked.since is not None:
        chosen["from"] = asked.since
    return f"/v1/replay/{product}/{day}?{urlencode(chosen)}"


def _address(service: Service, product: str, day: date) -> str | None:
    """Where a day's page is; None for a day of which nothing can be shown."""
    there = any(service.catalogue.snapshot.day(name, product, day) is not None for name in _SHOWN)
    return page_address(product, day) if there else None
