"""Requests made up from the API's own description: whatever comes, an answer is one that the description allows."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from gex_assets.serve.table_specs import SPECS
from gex_assets_tests.serve.servers import Client

STREAMS = {"/v1/stream", "/v1/replay/{product}/{date}"}
"""They have no end; `live/` has their tests."""
OTHERS = {
    ("/v1", "GET"),
    ("/v1/days", "GET"),
    ("/v1/schema/{table}", "GET"),
    ("/v1/levels/{product}/latest", "GET"),
    ("/v1/levels/{product}/chart", "GET"),
    ("/v1/score/{product}", "GET"),
    ("/v1/score", "POST"),
    ("/v1/replay-sessions/{session}", "POST"),
}
OPERATIONS = [(f"/v1/{spec.path}/{{product}}", "GET") for spec in SPECS] + sorted(OTHERS)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # an example that fails is as good unshrunk, and found sooner


@pytest.fixture(scope="session")
def schema(served: Client) -> Any:
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{served.port}/v1/openapi.json")


def test_every_operation_is_tried(schema: Any) -> None:
    found = {(one.ok().path, one.ok().method.upper()) for one in schema.get_all_operations()}
    assert {(path, method) for path, method in found if path not in STREAMS} == set(OPERATIONS)


def tried(schema: Any, operation: tuple[str, str], examples: int) -> None:
    path, method = operation

    @given(case=schema[path][method].as_strategy())
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
    def judge(case: Any) -> None:
        response = case.call(timeout=60)
        assert response.status_code < 500, response.text
        # a pattern knows neither the calendar nor what excludes what: such requests are refused with a reason
        case.validate_response(response, excluded_checks=[positive_data_acceptance])
        if response.status_code >= 400:
            assert response.headers["content-type"] == ["application/problem+json"]
            assert "xpected" in response.json()["detail"]

    judge()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one[1]} {one[0]}")
def test_answers_are_as_described(schema: Any, operation: tuple[str, str]) -> None:
    tried(schema, operation, 8)


@pytest.mark.long
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one[1]} {one[0]}")
def test_many_answers_are_as_described(schema: Any, operation: tuple[str, str]) -> None:
    tried(schema, operation, 300)
