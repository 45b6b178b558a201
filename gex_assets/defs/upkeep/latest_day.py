"""The check `latest_day_has_come`: whether yesterday's files have come, of the raw table of options' orders.

Dagster's freshness looks at when an asset was materialized, not at which day: a backfill of 2019 would make it fresh. This check
has no partition. It follows the rule of the notices of missing deliveries, and a sensor keeps it up to date without any run. The
sensor is on by default: in a lake to which nothing is delivered it expects nothing.

A backfill of the graph evaluates it in each of its runs all the same: there, Dagster selects every check of an asset. No job over
days does. So the check lists names and opens nothing, and its words name the day that they are of.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Final

import dagster as dg

from gex_assets.defs.execution.shown import check_result, evaluation_of
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.errors import LakeError
from gex_assets.lake.tables import Lake
from gex_assets.schemas.check_guide import CHECK_GUIDE, said_of
from gex_assets.schemas.checks import Verdict
from gex_assets.schemas.claim_checks import latest_day_has_come
from gex_assets.settings import Settings

__all__ = ["LATEST_DAY_HAS_COME", "latest_day_check", "latest_day_sensor", "latest_day_verdict"]

LATEST_DAY_HAS_COME: Final = "latest_day_has_come"
CHECKED_TABLE: Final = "raw_option_mbo"
TICK_SECONDS: Final = 300

_DUE_UNLESS_SET: Final = time(7, 0)
"""On Chicago's clock, an hour and a half before the regular hours: what has not come then is late for the morning."""


def latest_day_verdict(assets: ProductAssets, lake: Lake, *, now: datetime) -> Verdict:
    """The verdict of now.

    Raises
    ------
    LakeError
        The lake cannot be listed.
    """
    from gex_assets.notices.deliveries import delivery_of, latest_due_day

    due = _due(assets.settings)
    day = latest_due_day(product=assets.product, due=due, now=now)
    expected, there = delivery_of(lake, product=assets.product, day=day)
    return latest_day_has_come(day=day, expected=expected, there=there, due=due)


def latest_day_check(assets: ProductAssets) -> dg.AssetChecksDefinition:
    """The check of one product, for those who run it from the UI."""
    about = CHECK_GUIDE[LATEST_DAY_HAS_COME].description

    @dg.asset_check(asset=assets.key(CHECKED_TABLE), name=LATEST_DAY_HAS_COME, description=about)
    def check(lake: LakeResource) -> dg.AssetCheckResult:
        verdict = latest_day_verdict(assets, lake.lake(), now=datetime.now(UTC))
        return check_result(verdict, asset_key=assets.key(CHECKED_TABLE))

    return check


def latest_day_sensor(products: Sequence[ProductAssets]) -> dg.SensorDefinition:
    """The sensor of all products. It reports a verdict that differs from the one before, and starts nothing."""

    @dg.sensor(
        name=LATEST_DAY_HAS_COME,
        minimum_interval_seconds=TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Keeps the check of the same name up to date: have the files of the last trading day come? It starts no run.",
    )
    def evaluate(context: dg.SensorEvaluationContext, lake: LakeResource) -> dg.SensorResult | dg.SkipReason:
        try:
            opened, now = lake.lake(), datetime.now(UTC)
            found = [(assets, latest_day_verdict(assets, opened, now=now)) for assets in products]
        except LakeError as error:
            return dg.SkipReason(str(error))
        said = [f"{assets.product}: {said_of(verdict)}" for assets, verdict in found]
        cursor = hashlib.sha256("\n".join(said).encode()).hexdigest()
        return dg.SensorResult(
            asset_events=[]
            if cursor == context.cursor
            else [evaluation_of(verdict, asset_key=assets.key(CHECKED_TABLE)) for assets, verdict in found],
            skip_reason=dg.SkipReason("; ".join(said)),
            cursor=cursor,
        )

    return evaluate


def _due(settings: Settings) -> time:
    return settings.notices.due or _DUE_UNLESS_SET
