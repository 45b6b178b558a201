"""The one table that looks back: `regime_history`, made by a job of its own over whatever days are published.

No day's run waits for the day before. When days have been run, in whatever order, this walks over the published ones from the
first to the last, keeps what is current and makes every date anew from the earliest changed one on.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import dagster as dg

from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.table_day import AGAIN, LOCK_SECONDS, Results, check_result
from gex_assets.errors import LakeError
from gex_assets.lake.audit import judge
from gex_assets.lake.filesystem import NO_WAITING, Waiting
from gex_assets.lake.freshness import HISTORY_SOURCE, Freshness
from gex_assets.lake.keys import VIEWS_KEY
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.tables import Lake, StoredTable
from gex_assets.schemas.checks import matches_schema
from gex_assets.schemas.registry import TABLES

__all__ = ["HISTORY", "HistoryDay", "history_asset", "rewritten"]

HISTORY: Final = "regime_history"

_LISTED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryDay:
    """What became of one date: `stored` is None where it was removed; `failures` are breaches of contract of a rejected one."""

    day: date
    what: Literal["made", "kept", "removed", "rejected"]
    stored: StoredTable | None = None
    failures: Sequence[str] = ()


def history_asset(assets: ProductAssets) -> dg.AssetsDefinition:
    """The asset of one product: without partitions, as one run settles all dates."""
    key = assets.key(HISTORY)
    prefix = "" if assets.product == assets.settings.default_product else f"{assets.product}__"

    @dg.multi_asset(
        name=f"{prefix}{HISTORY}_of_published_days",  # an asset may be called as its job is, an op may not
        specs=[assets.spec(HISTORY, deps=[HISTORY_SOURCE])],
        check_specs=[
            dg.AssetCheckSpec(
                name="matches_schema",
                asset=key,
                blocking=True,
                description="Every column has the type, range and order that the schema states, on every date made anew.",
            )
        ],
    )
    def regime_history(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        done = list(
            rewritten(assets, lake.lake(), again=AGAIN in context.run.tags, waiting=Waiting(LOCK_SECONDS, context.log.info))
        )
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


def rewritten(assets: ProductAssets, lake: Lake, *, again: bool = False, waiting: Waiting = NO_WAITING) -> Iterator[HistoryDay]:
    """Walk over the published days of `regime_scores` in order, and leave the history that they have.

    A date is made anew where its own scores, those of a session that it looks back on, the date before it, the code or the
    settings changed, and removed where its scores are gone. A date that breaks its contract is rejected and the last one
    looked at: all later ones would stand on it.

    Parameters
    ----------
    again : whether dates are made anew that are current.
    waiting : how long to wait for another process.

    Raises
    ------
    LakeBusyError
        Another process is still computing the same product's history after waiting.
    """
    from gex_assets.stages.regime.history import Trail

    table, product = TABLES[HISTORY], assets.product
    with lake.fs.lock(f"{lake.folder(HISTORY, product=product)}/history", waiting):
        published = lake.days(HISTORY_SOURCE, product)
        is_first = not lake.days(HISTORY, product)
        for day in sorted(set(lake.days(HISTORY, product)) - set(published)):
            lake.remove(table, product=product, day=day)
            yield HistoryDay(day=day, what="removed")
        trail = Trail(product=product)
        freshness = Freshness(lake, TABLES, lambda one: assets.settings.digest(one.settings))
        before: StoredTable | None = None
        for day in published:
            stored = _published(lake, product, day)
            if again or stored is None or freshness.why_recompute(stored, table, product, day) or not stored.is_as_published:
                one = _made(assets, lake, day, trail=trail, before=before)
            else:
                one = HistoryDay(day=day, what="kept", stored=lake.reuse(table, product=product, day=day))
            yield one
            if one.stored is None or one.what == "rejected":
                break
            before = one.stored
            trail.remember(before.read(), day=day)
    if is_first and lake.fs.duckdb_path(VIEWS_KEY) is not None:  # DuckDB reads files only
        from gex_assets.lake.views import write_views

        write_views(lake)


def _published(lake: Lake, product: str, day: date) -> StoredTable | None:
    try:
        return lake.find(HISTORY, product=product, day=day)
    except LakeError:
        return None  # it cannot be read: made anew


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
    days = {what: [one.day.isoformat() for one in done if one.what == what] for what in ("made", "kept", "removed")}
    changed = days["made"] + days["removed"]
    return {
        "dagster/row_count": sum(one.stored.num_rows for one in done if one.stored is not None),
        **{f"days_{what}": len(names) for what, names in days.items()},
        **({"earliest_changed": min(changed)} if changed else {}),
        **({"removed": dg.MetadataValue.json(days["removed"][:_LISTED])} if days["removed"] else {}),
    }


def _digest(done: Sequence[HistoryDay]) -> str:
    """One hash for all dates: what is made of the history need not be made anew where no date changed."""
    text = "\n".join(f"{one.day} {one.stored.sha256()}" for one in done if one.stored is not None)
    return hashlib.sha256(text.encode()).hexdigest()
