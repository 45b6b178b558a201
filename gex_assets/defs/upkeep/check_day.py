"""The job `check_day`: every non-blocking check of a day, evaluated at once, and the sensor that asks for it after a failed run.

Dagster's own jobs of checks have no partitions: no range of days can be checked with them. And a check that runs together with
its tables waits for their steps: where one of these fails, `is_up_to_date` says nothing of the tables below it. So one op judges
what is published, and reports the verdicts to the instance as evaluations of the same checks.
"""

from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg

from gex_assets.defs.checks import JUDGES
from gex_assets.defs.execution.run_tags import DAY, PRODUCT, lake_tags, why_tags
from gex_assets.defs.execution.shown import evaluation_of
from gex_assets.defs.jobs import CHECK_DAY
from gex_assets.defs.partitions import day_of
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.upkeep.up_to_date import up_to_date_verdicts
from gex_assets.errors import LakeError
from gex_assets.escaping import from_markdown
from gex_assets.lake.tables import Lake
from gex_assets.schemas.checks import Verdict
from gex_assets.wording import counted

__all__ = ["check_day_job", "checks_after_failure", "evaluations"]


def evaluations(products: Sequence[ProductAssets], lake: Lake, partition: str) -> Iterator[dg.AssetCheckEvaluation]:
    """Judge what is published of a day: by every non-blocking check of its tables, and whether it is up to date.

    Raises
    ------
    LakeError
        The lake cannot be listed. A table that cannot be read is said by `is_up_to_date` alone.
    """
    day = day_of(partition)
    for assets in products:
        for name, judge, tables, _ in JUDGES:
            for table in tables:
                try:
                    stored = lake.find(table, product=assets.product, day=day)
                except LakeError:
                    continue  # `is_up_to_date` says so
                verdict = _unjudged(name, day) if stored is None else judge(stored, assets.settings_of(table))
                yield evaluation_of(verdict, asset_key=assets.key(table), partition=partition)
        for key, verdict in up_to_date_verdicts(assets, lake, day):
            yield evaluation_of(verdict, asset_key=key, partition=partition)


def check_day_job(products: Sequence[ProductAssets]) -> dg.JobDefinition:
    """The job. It makes nothing, and any range of days can be backfilled with it."""

    @dg.op(name="evaluate_checks", description="Judges what is published of the day, and reports each verdict to its check.")
    def evaluate(context: dg.OpExecutionContext, lake: LakeResource) -> None:
        failed = 0
        for one in evaluations(products, lake.lake(), context.partition_key):
            context.instance.report_runless_asset_event(one)
            if not one.passed:
                failed += 1
                context.log.info(f"{one.asset_key.to_user_string()}.{one.check_name}: {from_markdown(one.description or '')}")
        context.log.info(
            f"{counted(failed, 'check')} of {context.partition_key} did not pass" if failed else "every check passed"
        )

    @dg.job(
        name=CHECK_DAY,
        tags={PRODUCT: ", ".join(assets.product for assets in products), **lake_tags(products[0].settings.lake)},
        partitions_def=products[0].partitions,
        description="Evaluate every non-blocking check of a day that is published, `is_up_to_date` too. Nothing is made.",
    )
    def job() -> None:
        evaluate()

    return job


def checks_after_failure(job: dg.JobDefinition, *, products: Sequence[str]) -> dg.SensorDefinition:
    """The sensor that requests the job. It is on by default: without it, checks of a failed day stay without an answer."""

    @dg.run_failure_sensor(
        name="checks_after_failure",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        request_job=job,
        description="Evaluates the checks of a day whose run failed: they say what is stale or missing now, and what to do.",
    )
    def evaluate(context: dg.RunFailureSensorContext) -> dg.RunRequest | dg.SkipReason:
        run = context.dagster_run
        partition = run.tags.get(DAY)
        if partition is None or run.job_name == CHECK_DAY:
            return dg.SkipReason(f"run {run.run_id[:8]} made no day")
        tags = why_tags(f"run {run.run_id[:8]} failed", products=products)
        return dg.RunRequest(run_key=run.run_id, partition_key=partition, tags=tags)

    return evaluate


def _unjudged(name: str, day: date) -> Verdict:
    """The verdict of a table that is not published: the run that failed left its check without one."""
    return Verdict(
        name=name,
        passed=False,
        text="Expected a published table, was none: there is nothing to judge",
        severity="warn",
        todo=f"See `is_up_to_date`, and `gex status --date {day}`.",
    )
