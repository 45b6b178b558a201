"""The result of a day's run, as one line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex_assets.schemas.pages import PAGES
from gex_assets.wording import counted

if TYPE_CHECKING:
    from gex_assets.defs.run import DayRun

__all__ = ["day_run_line"]


def day_run_line(done: DayRun) -> str:
    """The result of a day's run in one line."""
    made, kept = (sum(name.rpartition("/")[2] not in PAGES for name in names) for names in (done.materialized, done.reused))
    reused = f", {kept} of them reused" if kept else ""
    tables = f"{made} tables published{reused}"
    if done.without_files:
        tables = f"no files: {made} tables published empty{reused}"
    said = f", {counted(len(done.warnings), 'warning')}" if done.warnings else ""
    failed = f", {counted(len(done.failed_checks), 'failed check')}" if done.failed_checks else ""
    renewed = f", {' and '.join(done.renewed)} of the day before made again" if done.renewed else ""
    partial = f", {done.partial}" if done.partial else ""
    if done.success:
        return f"  {tables}{said}{failed}{renewed}{partial} (run {done.run_id[:8]})"
    if not done.run_id:
        return f"  FAILED: {done.failure}"
    return f"  FAILED: {done.failure or 'see the run'}; {tables}{said}{failed} (run {done.run_id[:8]})"
