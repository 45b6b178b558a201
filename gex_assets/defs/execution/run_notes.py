"""What only the instance keeps of a day, for its page: verdicts of checks, and what the latest runs of its tables took."""

from collections.abc import Iterable, Iterator
from datetime import date

import dagster as dg
from dagster import AssetCheckKey, AssetRecordsFilter, DagsterInstance
from dagster._core.event_api import PartitionKeyFilter  # public methods take it, and it has no public name

from gex_assets.defs.checks import JUDGES
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.escaping import from_markdown
from gex_assets.pages.day_tables import CheckNote, RunNotes
from gex_assets.schemas.check_guide import said_of
from gex_assets.schemas.checks import BLOCKING, Verdict
from gex_assets.schemas.registry import DAY_TABLES

__all__ = ["check_note", "run_notes"]


def run_notes(instance: DagsterInstance, assets: ProductAssets, day: date, *, latest: Iterable[CheckNote] = ()) -> RunNotes:
    """The latest verdict of each check and the latest materialization of each table of the day; nothing where none is kept.

    A table that was reused says what reusing took, which is what its latest run did.

    Parameters
    ----------
    latest : verdicts that the instance has not heard of yet; they take the place of those it keeps.
    """
    seconds: dict[str, float] = {}
    speeds: dict[str, float] = {}
    memory: dict[str, float] = {}
    for table in DAY_TABLES:
        wanted = AssetRecordsFilter(asset_key=assets.key(table), asset_partitions=[day.isoformat()])
        for record in instance.fetch_materializations(wanted, limit=1).records:
            metadata = record.asset_materialization.metadata if record.asset_materialization is not None else {}
            for name, found in (("seconds", seconds), ("records_per_second", speeds), ("peak_memory_mb", memory)):
                value = metadata[name].value if name in metadata else None
                if isinstance(value, int | float):
                    found[table] = float(value)
    verdicts = {(one.table, one.name): one for one in (*_verdicts(instance, assets, day), *latest)}
    return RunNotes(checks=tuple(verdicts.values()), seconds=seconds, rows_per_second=speeds, peak_memory_mb=memory)


def check_note(table: str, verdict: Verdict) -> CheckNote:
    """A verdict as a page shows it."""
    said = "ok" if verdict.passed else "warn" if verdict.severity == "warn" else "failed"
    return CheckNote(table=table, name=verdict.name, verdict=said, text=said_of(verdict))


def _verdicts(instance: DagsterInstance, assets: ProductAssets, day: date) -> Iterator[CheckNote]:
    names = {name: tables for name, _, tables, _ in JUDGES} | {name: tuple(DAY_TABLES) for name in BLOCKING}
    tables = {assets.key(table): table for table in DAY_TABLES}
    keys = [AssetCheckKey(assets.key(table), name) for table in DAY_TABLES for name in names if table in names[name]]
    wanted = PartitionKeyFilter(key=day.isoformat())
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys, partition_filter=wanted)
    for key, record in latest.items():
        found = record.evaluation
        if isinstance(found, dg.AssetCheckEvaluation):  # not of one that is only planned, as in the run that asks
            is_warning = found.severity == dg.AssetCheckSeverity.WARN
            yield CheckNote(
                table=tables[key.asset_key],
                name=key.name,
                verdict="ok" if found.passed else "warn" if is_warning else "failed",
                text=from_markdown(found.description or ""),
            )
