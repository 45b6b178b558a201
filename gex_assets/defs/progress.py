"""What `gex run` shows while Dagster works: a line per published table, and a line per failed check or warning."""

import logging
import re
import sys
from typing import Any, Final

import dagster as dg

from gex_assets.escaping import from_markdown, visible
from gex_assets.process.terminal import folded, width_of
from gex_assets.wording import counted

__all__ = ["failure_of", "is_interruption", "progress_logger"]

_OWN_ERROR: Final = re.compile(r"^gex_assets\.errors\.\w+: ")
_MARKS: Final = {True: "✓", False: "✗"}


def _facts(event: dg.DagsterEvent) -> dict[str, Any]:
    materialization = event.step_materialization_data.materialization
    return {name: value.value for name, value in materialization.metadata.items()}


def _published(name: str, facts: dict[str, Any]) -> str:
    """The line for a table that was published, a page, or a table of many days."""
    if "days_made" in facts:
        made, reused, removed = (facts[f"days_{what}"] for what in ("made", "reused", "removed"))
        since = f" from {facts['earliest_changed']} on" if "earliest_changed" in facts else ""
        return f"  {_MARKS[True]} {name:<28} {counted(made, 'date'):>12} made{since}, {reused:,} reused, {removed:,} removed"
    what = (
        f"{facts['size_bytes'] / 1e6:>12,.2f} MB  "
        if "page" in facts
        else f"{facts.get('dagster/partition_row_count', 0):>12,} rows"
    )
    if facts.get("reused"):
        return f"  {_MARKS[True]} {name:<28} {what}     reused"
    seconds, peak = (facts.get(name, 0) for name in ("seconds", "peak_memory_mb"))
    return f"  {_MARKS[True]} {name:<28} {what} {seconds:>8.2f} s {peak:>8.0f} MB peak"


def _line(event: dg.DagsterEvent) -> str | None:
    """The line for an event; None where it has none."""
    kind = event.event_type_value
    if kind == "ASSET_MATERIALIZATION":
        return _published("/".join(event.step_materialization_data.materialization.asset_key.path), _facts(event))
    if kind == "ASSET_CHECK_EVALUATION":
        check = event.asset_check_evaluation_data
        if check.passed:
            return None
        word = "warning" if check.severity == dg.AssetCheckSeverity.WARN else "failed "
        return f"    {word} {'/'.join(check.asset_key.path)}.{check.check_name}: {from_markdown(check.description or '')}"
    if kind == "STEP_FAILURE":
        return f"  {_MARKS[False]} {failure_of(event)}"
    return None


def is_interruption(event: dg.DagsterEvent) -> bool:
    """Whether a failed step was ended by Ctrl-C or a termination."""
    source = event.step_failure_data.error_source
    return source is not None and source.name == "INTERRUPT"


def failure_of(event: dg.DagsterEvent) -> str:
    """The step that failed and why: what the step said of it, else the message of this package's error or of the first cause."""
    if is_interruption(event):
        return f"{event.step_key}: interrupted, what it was writing is discarded"
    said = event.step_failure_data.user_failure_data
    if said is not None and said.description:
        return f"{event.step_key}: {said.description}"
    error = event.step_failure_data.error
    while error is not None and error.cause is not None and not _OWN_ERROR.match(error.message):
        error = error.cause
    return f"{event.step_key}: {_OWN_ERROR.sub('', error.message.strip()) if error is not None else 'failed'}"


class _Lines(logging.Formatter):
    """Lines that fit the terminal; for a parent that shows them itself, whole ones."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(folded(str(record.getMessage()), width=width_of(sys.stdout)))


class _OnlyLines(logging.Filter):
    """Pass only the events that have a line, as that line."""

    def filter(self, record: logging.LogRecord) -> bool:
        meta = getattr(record, "dagster_meta", None)
        event = meta.get("dagster_event") if isinstance(meta, dict) else getattr(meta, "dagster_event", None)
        line = _line(event) if event is not None else None
        if line is None:
            return False
        record.msg, record.args = visible(line), ()
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
