"""What there is: days with their states, tables with their columns."""

from __future__ import annotations

from pathlib import Path

from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets.serve.routes.index import Days, TableFacts
from gex_assets.serve.table_specs import SERVED
from gex_assets_tests.conftest import DAY
from gex_assets_tests.serve.servers import Client


def test_days_have_the_states_of_their_tables(served: Client, with_history: Path) -> None:
    found = served.json("/v1/days")
    Days.model_validate(found)
    (day,) = found["days"]
    assert (day["product"], day["date"]) == ("ES", str(DAY))
    assert set(day["tables"]) == set(SERVED)
    stored = Lake(with_history).open("silver_gex", product="ES", day=DAY)
    assert day["tables"]["silver_gex"]["sha256"] == stored.sha256()
    assert served.json("/v1/days?from=2026-01-07")["days"] == []
    assert served.json("/v1/days?product=NQ")["days"] == []


def test_columns_are_those_of_the_schemas(served: Client) -> None:
    for name in SERVED:
        found = served.json(f"/v1/schema/{name}")
        TableFacts.model_validate(found)
        assert [(one["name"], one["unit"], one["about"]) for one in found["columns"][1:]] == [
            (column.name, column.unit, column.about) for column in TABLES[name].columns
        ]


def test_the_start_says_which_lake_it_is_and_not_where(served: Client, with_history: Path, tmp_path: Path) -> None:
    found = served.json("/v1")
    (tmp_path / "link").symlink_to(with_history)
    assert found["lake"] == Lake(with_history).identity == Lake(tmp_path / "link").identity
    assert found["lake"] != Lake(tmp_path).identity
    assert str(with_history) not in str(found)


def test_the_start_names_paths_that_exist(served: Client) -> None:
    paths = served.json("/v1/openapi.json")["paths"]
    assert set(served.json("/v1")["paths"].values()) - {"/v1/openapi.json"} == set(paths) - {"/v1", "/v1/score"}  # POST
