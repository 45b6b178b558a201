"""The page about the API names what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gex_assets.serve.answers.parameters import ByConventionAndScope, ByLevel, ByStrike
from gex_assets_tests.serve.servers import Client

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_path_of_the_api_is_on_the_page(served: Client) -> None:
    named = set(re.findall(r"`(?:POST )?(/v1[^`]*)`", PAGE))
    there: dict[str, Any] = served.json("/v1/openapi.json")["paths"]
    expected = {path for path in there if path not in ("/v1", "/v1/replay-sessions/{session}")}
    assert {path for path in named if path != "/v1/openapi.json"} == expected
    assert "localhost:8474/v1/replay-sessions/SESSION" in PAGE


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
