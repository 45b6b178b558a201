"""The page about the API names what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gex_assets.defaults import SERVE_PORT
from gex_assets.lake.tables import Lake
from gex_assets.serve.answers.parameters import MOST_ROWS, ByConventionAndScope, ByLevel, ByStrike, RowParameters
from gex_assets.serve.catalogue import Catalogue
from gex_assets.serve.routes.pages import page_routes
from gex_assets.serve.routes.scores import MOST_BYTES
from gex_assets.serve.service import Service
from gex_assets.settings import load
from gex_assets_tests.serve.servers import Client

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_path_is_on_the_page(served: Client, tmp_path: Path) -> None:
    """The table of paths is the documentation's, with methods, and of pages those that the application has."""
    table = "".join(line for line in PAGE.splitlines(keepends=True) if line.startswith(("| `/", "| `POST /")))
    named = {(method.strip() or "GET", path) for method, path in re.findall(r"`(POST )?(/[^`]*)`", table)}
    there: dict[str, Any] = served.json("/v1/openapi.json")["paths"]
    documented = {(method.upper(), path) for path, methods in there.items() for method in methods}
    assert {(method, path) for method, path in named if path.startswith("/v1")} == documented | {("GET", "/v1/openapi.json")}
    pages = {route.path for route in page_routes(Service(Catalogue(Lake(tmp_path), ()), load(lake=tmp_path))).routes}  # type: ignore[attr-defined]
    assert {path for _, path in named if not path.startswith("/v1")} == pages


def test_limits_on_the_page_are_those_of_the_parameters() -> None:
    limit = RowParameters.model_fields["limit"]
    assert f"{limit.default:,} rows by default, at most {MOST_ROWS:,}" in PAGE
    assert f"rows of a page, {limit.default:,} by default" in PAGE
    assert f"at most {MOST_BYTES >> 10:,} KiB" in PAGE
    assert f"at port {SERVE_PORT}" in PAGE


def test_every_parameter_is_on_the_page() -> None:
    fields = {**ByConventionAndScope.model_fields, **ByLevel.model_fields, **ByStrike.model_fields}
    names = {field.alias or name for name, field in fields.items()}
    assert names <= set(re.findall(r"`([a-z_]+)(?:=\w+)?`", PAGE))


def test_its_requests_are_answered(served: Client) -> None:
    asked = re.findall(r"'localhost:8474(/v1/(?:levels|chain)/[^']*)'", PAGE) + re.findall(
        r"localhost:8474(/v1/levels/ES/latest)", PAGE
    )
    assert len(asked) >= 3
    for path in asked:
        assert served.ask(path).status == 200, path
