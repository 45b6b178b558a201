"""What is only looked at never keeps a table from being published: where it fails, its place says so and the log has the rest."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.execution.shown import check_result
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.table_day import TableDay
from gex_assets.lake.tables import Lake
from gex_assets.schemas.checks import Verdict
from gex_assets_tests.conftest import DAY, settings_for

TABLE = "regime_scores"
MAKERS = {
    "preview": "gex_assets.defs.table_day.preview",
    "picture": "gex_assets.pages.previews.preview_of",
    "numbers": "gex_assets.defs.table_day.day_numbers",
}


@pytest.mark.parametrize("name", MAKERS)
def test_what_cannot_be_shown_is_said_of_a_published_table(
    name: str, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("of <0>")

    monkeypatch.setattr(MAKERS[name], fails)
    rows = Lake(published).open(TABLE, product="ES", day=DAY).read()
    assets = ProductAssets(product="ES", settings=settings_for(tmp_path), partitions=daily(date(2026, 1, 5)))
    day = TableDay(assets=assets, name=TABLE, day=DAY, lake=Lake(tmp_path))
    results = list(day.publish([rows]))
    assert Lake(tmp_path).open(TABLE, product="ES", day=DAY).num_rows == rows.num_rows
    (made,) = (one for one in results if isinstance(one, dg.MaterializeResult))
    assert made.metadata is not None
    said = made.metadata[name]
    assert isinstance(said, dg.MarkdownMetadataValue)
    assert "could not be made: ZeroDivisionError" in said.value
    assert "<0>" not in said.value
    (record,) = (one for one in caplog.records if "the table is not affected" in one.message)
    assert record.exc_info is not None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("matches_schema", "failed: the day is rejected, what was published before stays"),
        ("page_is_whole", "failed: the page is not published, what was published before stays"),
        ("books_are_sane", "failed: the day is published all the same"),
    ],
)
def test_a_failed_check_says_what_it_means(name: str, said: str) -> None:
    result = check_result(Verdict(name=name, passed=False, text="Expected more, was less"), asset_key=dg.AssetKey("x"))
    assert result.metadata["verdict"].value == said


def test_that_a_table_was_reused_is_the_first_thing_said_of_it(fresh: Path) -> None:
    """Its rows were not made in the seconds that stand below."""
    job = build_defs(settings_for(fresh)).resolve_job_def("raw_to_bronze")
    keys = []
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(2):
            done = job.execute_in_process(
                partition_key=str(DAY), asset_selection=[dg.AssetKey("raw_future_mbo")], instance=instance
            )
            (made,) = done.get_asset_materialization_events()
            keys.append(list(made.materialization.metadata))
    assert "reused" not in keys[0]
    assert keys[1][0] == "reused"
    assert keys[1][1:] == keys[0][: len(keys[1]) - 1]
