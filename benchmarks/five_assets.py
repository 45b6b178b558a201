"""`gex` with five chained empty assets in place of the graph: the cost of a run that has nothing to do."""

import dagster as dg

from gex_assets.cli.main import main
from gex_assets.defs import run
from gex_assets.defs.progress import progress_logger
from gex_assets.settings import Settings

NAMES = ("one", "two", "three", "four", "five")


def empty_assets(_: Settings) -> dg.Definitions:
    """Five partitioned assets in a chain; each does nothing."""
    daily = dg.DailyPartitionsDefinition(start_date="2017-05-21")
    before: list[dg.AssetsDefinition] = []
    for name in NAMES:
        before.append(_asset(name, before[-1:], daily))
    return dg.Definitions(assets=before, loggers={"progress": progress_logger})


def _asset(name: str, deps: list[dg.AssetsDefinition], daily: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(name=name, deps=deps, partitions_def=daily)
    def nothing() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"rows": 0})

    return nothing


if __name__ == "__main__":
    vars(run)["build_defs"] = empty_assets
    main()
