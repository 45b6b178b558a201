"""What `gex run` shows while Dagster works: a line per published table, and a line per failed check or warning."""

import logging
import re
import sys
from typing import Any, Final

import dagster as dg

__all__ = ["failure_of", "progress_logger"]

_OWN_ERROR: Final = re.compile(r"^gex_assets\.errors\.\w+: ")
_MARKS: Final = {True: "✓", False: "✗"}


def _facts(event: dg.DagsterEvent) -> dict[str, Any]:
    materialization = event.step_materialization_data.materialization
    return {name: value.value for name, value in materialization.metadata.items()}


def _line(event: dg.DagsterEvent) -> str | None:
    """The line for an event; None where it has none."""
    kind = event.event_type_value
    if kind == "ASSET_MATERIALIZATION":
        facts = _facts(event)
        name = "/".join(event.step_materialization_data.materialization.asset_key.path)
        if "days_made" in facts:
            made, reused, removed = (facts[f"days_{what}"] for what in ("made", "reused", "removed"))
            since = f" from {facts['earliest_changed']} on" if "earliest_changed" in facts else ""
            return f"  {_MARKS[True]} {name:<28} {made:>6,} date(s) made{since}, {reused:,} reused, {removed:,} removed"
        if facts.get("reused"):
            return f"  {_MARKS[True]} {name:<28} {facts['dagster/partition_row_count']:>12,} rows     reused"
        rows, seconds, peak = (facts.get(name, 0) for name in ("dagster/partition_row_count", "seconds", "peak_memory_mb"))
        return f"  {_MARKS[True]} {name:<28} {rows:>12,} rows {seconds:>8.2f} s {peak:>8.0f} MB peak"
    if kind == "ASSET_CHECK_EVALUATION":
        check = event.asset_check_evaluation_data
        if check.passed:
            return None
        word = "warning" if check.severity == dg.AssetCheckSeverity.WARN else "failed "
        return f"    {word} {'/'.join(check.asset_key.path)}.{check.check_name}: {check.description}"
    if kind == "STEP_FAILURE":
        return f"  {_MARKS[False]} {failure_of(event)}"
    return None


def failure_of(event: dg.DagsterEvent) -> str:
    """The step that failed and why: the message of the error of this package, else of the first cause."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None and not _OWN_ERROR.match(error.message):
        error = error.cause
    return f"{event.step_key}: {_OWN_ERROR.sub('', error.message.strip()) if error is not None else 'failed'}"


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return str(record.getMessage())


class _OnlyLines(logging.Filter):
    """Pass only the events that have a line, as that line."""

    def filter(self, record: logging.LogRecord) -> bool:
        meta = getattr(record, "dagster_meta", None)
        event = meta.get("dagster_event") if isinstance(meta, dict) else getattr(meta, "dagster_event", None)
        line = _line(event) if event is not None else None
        if line is None:
            return False
        record.msg, record.args = line, ()
        return True


@dg.logger({}, description="A line per table, for a person at a terminal.")
def progress_logger(_: dg.InitLoggerContext) -> logging.Logger:
    """Make the logger of one run."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Lines())
    handler.addFilter(_OnlyLines())
    logger = logging.Logger("gex_assets.progress", level=logging.DEBUG)
    logger.addHandler(handler)
    return logger
