"""`gex demo`: generate a sample market, run every asset once, show the results and where to look next."""

from __future__ import annotations

import contextlib
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gex_assets.errors import LakeError

if TYPE_CHECKING:
    from rich.console import Console

    from gex_assets.lake.tables import Lake
    from gex_assets.settings import Settings

__all__ = ["refuse_foreign_files", "run_demo"]

_LEVELS: Final = """
    SELECT strftime(make_timestamp_ns(ts_window_end), '%H:%M:%S') AS "UTC", convention, weight_used AS weight,
           round(reference_price, 2) AS price, round(net_gex / 1e6, 1) AS "net (M)",
           printf('%.2g', net_gex_se / 1e6) AS "± (M)", put_wall, call_wall,
           round(zero_gamma, 1) AS "zero gamma", printf('%.2g', zero_gamma_se) AS "± points",
           round(coverage, 3) AS coverage
    FROM silver_gex_levels
    WHERE date = DATE '{day}' AND scope = 'selected' AND ts_window_end IN (
        SELECT max(ts_window_end) FROM silver_gex_levels
        WHERE date = DATE '{day}' AND forward_quality = 'ok' GROUP BY (ts_window_end - 1) // 10_800_000_000_000)
    ORDER BY ts_window_end, convention
"""

_REGIMES: Final = """
    SELECT convention, coalesce(regime, 'unknown') AS regime, count(*) AS windows,
           round(avg(confidence), 3) AS "mean confidence", mode(magnitude) AS magnitude, mode(bias) AS "most frequent bias"
    FROM regime_scores WHERE date = DATE '{day}' GROUP BY ALL ORDER BY convention, windows DESC
"""


def run_demo(settings: Settings, *, start: date, days: int, seed: int, console: Console) -> bool:
    """Generate the sample, run every asset, show levels, regimes, checks and timings.

    Returns
    -------
    Whether every day was published.
    """
    from gex_assets.defs.run import run_days, run_history
    from gex_assets.lake.queries import query
    from gex_assets.lake.tables import Lake
    from gex_assets.report.compiling import shown_compiling
    from gex_assets.report.lake import sample_lines
    from gex_assets.report.text import answer_lines, day_run_line
    from gex_assets.sample.files.defects import RECORD_FAULTS
    from gex_assets.sample.market import make_sample
    from gex_assets.warm_up.compilation import is_compiled

    began = time.perf_counter()
    lake = Lake(settings.lake)
    refuse_foreign_files(lake, settings.default_product)
    _write_home(Path.cwd())
    # The sample begins when its kernels are there, while those of the graph are still compiled.
    with contextlib.nullcontext() if is_compiled() else shown_compiling(console) as compiling:
        if compiling is not None:
            compiling.wait_for("sample")
        console.rule("A sample market, as the vendor delivers it")
        report = make_sample(
            settings.lake,
            start=start,
            days=days,
            seed=seed,
            defects=RECORD_FAULTS,
            dbn_version=3,
            product=settings.default_product,
            progress=lambda line: console.print(line, markup=False),
        )
    made = time.perf_counter()
    dates = report.days
    for line in sample_lines(report):
        console.print(line, markup=False)
    console.rule("Every asset, through Dagster")
    success = True
    for done in run_days(settings, dates, announce=lambda day: console.print(str(day), style="bold")):
        console.print(day_run_line(done))
        success = success and done.success
    if success:
        success = run_history(settings).success
    ran = time.perf_counter()
    if success:
        for title, sql in (("Levels, every three hours", _LEVELS), ("Regimes of the day", _REGIMES)):
            console.rule(f"{title}: {dates[-1]}")
            for line in answer_lines(query(lake, sql.format(day=dates[-1])), style="table", width=console.width):
                console.print(line, markup=False)
    console.rule("Where to look next")
    kernels = " with its kernels" if compiling is not None else ""
    console.print(
        f"sample{kernels} {made - began:.1f} s, {len(dates)} day(s) through the graph {ran - made:.1f} s\n", markup=False
    )
    for command, what in (
        (".venv/bin/dg dev", "the asset graph, these runs and their checks in the browser"),
        (".venv/bin/gex status", "what is published, rejected, missing or stale"),
        (f".venv/bin/gex status --date {dates[-1]}", "one day, table by table"),
        ('.venv/bin/gex query "SELECT * FROM regime_scores LIMIT 5"', "ask DuckDB; TABLES.md names every column"),
        (".venv/bin/gex ingest PATH…", "your own Databento files"),
    ):
        console.print(f"  {command:<66} {what}", markup=False)
    return success


def refuse_foreign_files(lake: Lake, product: str) -> None:
    """Refuse a lake that holds files which no sample made: sample days among real ones would be taken for real.

    Statistics files are not looked at. A sample also delivers those of the day before its first, for which it stores no truth.

    Raises
    ------
    LakeError
        Names a file that no sample made.
    """
    from gex_assets.lake.raw.layout import RAW_KINDS, find_files
    from gex_assets.sample.truth import truth_days

    days = truth_days(lake.fs, product=product)
    for kind in RAW_KINDS:
        if kind == "option_statistics":
            continue
        for file in find_files(lake.fs, kind=kind, product=product):
            if file.day not in days:
                raise LakeError(f"Expected a lake of its own for the demo, was one with {file.key}: name another with --lake DIR")


def _write_home(folder: Path) -> None:
    """Give the command line and the UI the same Dagster instance, in the folder of dagster.yaml."""
    import os

    from gex_assets.defs.run import remember_home

    if os.environ.get("DAGSTER_HOME"):
        return
    env = folder / ".env"
    if (folder / "dagster.yaml").is_file() and not (env.is_file() and "DAGSTER_HOME=" in env.read_text()):
        with env.open("a") as out:
            out.write(f"DAGSTER_HOME={folder.resolve()}\n")
    remember_home(folder)
