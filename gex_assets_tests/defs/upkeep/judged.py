"""The check `is_up_to_date`, run alone."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from gex_assets.defs.build import build_defs
from gex_assets.defs.upkeep.up_to_date import IS_UP_TO_DATE
from gex_assets_tests.conftest import DAY, settings_for

__all__ = ["judged"]


def judged(lake: Path, instance: dg.DagsterInstance, **choices: object) -> dict[str, dg.AssetCheckEvaluation]:
    """What the check says of the day, run alone as the UI does it: a run of checks that names a partition by its tag."""
    definitions = build_defs(settings_for(lake, **choices))
    keys = {key for key in definitions.resolve_asset_graph().asset_check_keys if key.name == IS_UP_TO_DATE}
    job = definitions.resolve_implicit_global_asset_job_def().get_subset(asset_check_selection=keys)
    result = job.execute_in_process(tags={"dagster/partition": str(DAY)}, instance=instance)
    assert result.success
    assert not result.get_asset_materialization_events()
    steps = {event.step_key for event in result.all_events if event.event_type_value == "STEP_START"}
    assert len(steps) == 1
    return {one.asset_key.path[-1]: one for one in result.get_asset_check_evaluations()}
