"""What the instance keeps of a day's runs is what its page shows."""

from datetime import timedelta
from pathlib import Path

import dagster as dg

from gex_assets.defs.build import build_defs
from gex_assets.defs.execution.run_notes import run_notes
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.conftest import DAY, settings_for


def test_verdicts_and_timings_are_those_of_the_days_runs(fresh: Path) -> None:
    settings = settings_for(fresh)
    assets = ProductAssets(product="ES", settings=settings, partitions=daily(settings.start_date))
    with dg.DagsterInstance.ephemeral() as instance:
        assert run_notes(instance, assets, DAY).checks == ()
        job = build_defs(settings).resolve_job_def("raw_to_bronze")
        assert job.execute_in_process(
            partition_key=DAY.isoformat(), instance=instance, run_config={"loggers": {"progress": {}}}
        ).success
        notes = run_notes(instance, assets, DAY)
        other = run_notes(instance, assets, DAY + timedelta(days=1))
    made = {name for name, table in DAY_TABLES.items() if table.layer in {"raw", "bronze"}}
    assert set(notes.seconds) == set(notes.rows_per_second) == set(notes.peak_memory_mb) == made
    verdicts = {(one.table, one.name): one for one in notes.checks}
    assert {table for table, name in verdicts if name == "matches_schema"} == made
    assert verdicts["bronze_option_mbo", "matches_schema"].verdict == "ok"
    assert "rows match the schema" in verdicts["bronze_option_mbo", "matches_schema"].text
    assert {one.verdict for one in notes.checks} <= {"ok", "warn", "failed"}
    assert not other.checks
    assert not other.seconds
