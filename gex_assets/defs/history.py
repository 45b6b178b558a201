"""`regime_history`, the one table whose rows depend on other days, and its job.

The run of a day does not wait for the day before. After days have been run, in any order, this job walks over the published
days from the first to the last. It reuses dates that are up to date and recomputes all dates from the earliest changed one on.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import dagster as dg

from gex_assets.defs.execution.run_tags import FORCE
from gex_assets.defs.execution.shown import check_result
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import HeldDay, LakeResource
from gex_assets.defs.table_day import LOCK_SECONDS, Results
from gex_assets.errors import LakeError
from gex_assets.lake.audit import judge
from gex_assets.lake.filesystem import NO_WAITING, Waiting
from gex_assets.lake.freshness import HISTORY_SOURCE, Freshness, is_partial
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.tables import Lake, StoredTable
from gex_assets.process.interruption import stop_if_asked
from gex_assets.schemas.check_guide import CHECK_GUIDE
from gex_assets.schemas.checks import matches_schema
from gex_assets.schemas.registry import TABLES

__all__ = ["HISTORY", "HistoryDay", "history_asset", "rewritten"]

HISTORY: Final = "regime_history"

_LOG: Final = logging.getLogger("gex_assets")
_LISTED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryDay:
    """The result for one date: `stored` is None where it was removed; `failures` say why a rejected one breaks its contract."""

    day: date
    what: Literal["made", "reused", "removed", "rejected"]
    stored: StoredTable | None = None
    failures: Sequence[str] = ()


def history_asset(assets: ProductAssets) -> dg.AssetsDefinition:
    """The asset of one product. It has no partitions: one run covers all dates."""
    key = assets.key(HISTORY)
    prefix = "" if assets.product == assets.settings.default_product else f"{assets.product}__"

    @dg.multi_asset(
        name=f"{prefix}{HISTORY}_of_published_days",  # an asset may have the name of its job, an op may not
        specs=[assets.spec(HISTORY, deps=[HISTORY_SOURCE])],
        check_specs=[
            dg.AssetCheckSpec(
                name="matches_schema",
                asset=key,
                blocking=True,
                description=f"{CHECK_GUIDE['matches_schema'].description} It judges every date that was recomputed.",
            )
        ],
    )
    def regime_history(context: dg.AssetExecutionContext, lake: LakeResource, held_day: HeldDay) -> Results:
        waiting = Waiting(LOCK_SECONDS, context.log.info)
        done = list(rewritten(assets, lake.lake(), force=FORCE in context.run.tags, waiting=waiting))
        failures = [f"{one.day}: {failure}" for one in done for failure in one.failures]
        rows = sum(one.stored.num_rows for one in done if one.stored is not None and one.what == "made")
        result = check_result(matches_schema(failures=failures, rows=rows), asset_key=key)
        if failures:
            yield result
        else:
            yield dg.MaterializeResult(
                asset_key=key,
                metadata=_metadata(done),
                check_results=[result],
                data_version=dg.DataVersion(_digest(done)),
            )

    return regime_history


def rewritten(assets: ProductAssets, lake: Lake, *, force: bool = False, waiting: Waiting = NO_WAITING) -> Iterator[HistoryDay]:
    """Bring the history of one product up to date, from the first published day of `regime_scores` to the last.

    A date is recomputed where one of its inputs changed: its own scores, those of a session it looks back on, the date before
    it, the code or the settings. It is removed where its scores are gone or of a partial day. The walk ends at a date that
    breaks its contract: that date is rejected, and all later ones depend on it.

    Parameters
    ----------
    force : whether dates are recomputed that are up to date.
    waiting : how long to wait for another process.

    Raises
    ------
    LakeBusyError
        Another process still updates the same product's history after waiting.
    """
    from gex_assets.stages.regime.history import Trail

    table, product = TABLES[HISTORY], assets.product
    with lake.fs.lock(f"{lake.folder(HISTORY, product=product)}/history", waiting):
        # Percentiles are over whole days: one that was still running is left out until it is run again.
        published = [day for day in lake.days(HISTORY_SOURCE, product) if not is_partial(lake, HISTORY_SOURCE, product, day)]
        is_first = not lake.days(HISTORY, product)
        for day in sorted(set(lake.days(HISTORY, product)) - set(published)):
            lake.remove(table, product=product, day=day)
            yield HistoryDay(day=day, what="removed")
        trail = Trail(product=product)
        freshness = Freshness(lake, TABLES, lambda one: assets.settings.digest(one.settings))
        before: StoredTable | None = None
        for day in published:
            stop_if_asked()
            stored = _published(lake, product, day)
            if force or stored is None or freshness.why_recompute(stored, table, product, day) or not stored.is_as_published:
                one = _made(assets, lake, day, trail=trail, before=before)
            else:
                one = HistoryDay(day=day, what="reused", stored=lake.reuse(table, product=product, day=day))
            yield one
            if one.stored is None or one.what == "rejected":
                break
            before = one.stored
            trail.remember(before.read(), day=day)
    if is_first:
        from gex_assets.lake.views import renew_views

        renew_views(lake, _LOG)


def _published(lake: Lake, product: str, day: date) -> StoredTable | None:
    try:
        return lake.find(HISTORY, product=product, day=day)
    except LakeError:
        return None  # it cannot be read: recompute it


def _made(assets: ProductAssets, lake: Lake, day: date, *, trail: Any, before: StoredTable | None) -> HistoryDay:
    from gex_assets.stages.regime.history import SCORES_COLUMNS, history_rows

    table, product = TABLES[HISTORY], assets.product
    scores = lake.open(HISTORY_SOURCE, product=product, day=day)
    tally: Counter[str] = Counter()
    rows = history_rows(scores.read(SCORES_COLUMNS), day=day, sha256=scores.sha256(), trail=trail, tally=tally)
    read = dict(text.split() for inputs in rows["inputs"].to_pylist() for text in inputs)
    inputs = {lake.key(HISTORY_SOURCE, product=product, day=date.fromisoformat(text)): sha256 for text, sha256 in read.items()}
    inputs[scores.key] = scores.sha256()
    if before is not None:
        inputs[before.key] = before.sha256()
    lineage = Lineage(
        table=HISTORY,
        product=product,
        day=day,
        code_version=table.version,
        settings_hash=assets.settings.digest(table.settings),
        inputs=inputs,
    )
    with lake.replace(table, product=product, day=day, lineage=lineage) as staged:
        staged.write(rows)
        staged.note(tally)
        judgement = judge(staged.finish(), table)
        if judgement.passed:
            return HistoryDay(day=day, what="made", stored=staged.publish())
        rejected = staged.reject("; ".join(judgement.failures), judgement.failures)
        return HistoryDay(day=day, what="rejected", stored=rejected, failures=judgement.failures)


def _metadata(done: Sequence[HistoryDay]) -> dict[str, Any]:
    days = {what: [one.day.isoformat() for one in done if one.what == what] for what in ("made", "reused", "removed")}
    changed = days["made"] + days["removed"]
    return {
        "dagster/row_count": sum(one.stored.num_rows for one in done if one.stored is not None),
        **{f"days_{what}": len(names) for what, names in days.items()},
        **({"earliest_changed": min(changed)} if changed else {}),
        **({"removed": dg.MetadataValue.json(days["removed"][:_LISTED])} if days["removed"] else {}),
    }


def _digest(done: Sequence[HistoryDay]) -> str:
    """One hash for all dates: what depends on the history is up to date where no date changed."""
    text = "\n".join(f"{one.day} {one.stored.sha256()}" for one in done if one.stored is not None)
    return hashlib.sha256(text.encode()).hexdigest()
