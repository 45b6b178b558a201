"""`gex demo`: generate a sample market, run every asset once, show the results and where to look next."""

from __future__ import annotations

import contextlib
import shlex
import time
from datetime import date
from typing import TYPE_CHECKING, Final

from gex_assets.conventions import SCALE_UNITS
from gex_assets.errors import LakeError
from gex_assets.escaping import visible
from gex_assets.process.garbage import loading
from gex_assets.settings import lake_file, load
from gex_assets.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from gex_assets.lake.tables import Lake
    from gex_assets.settings import Settings

__all__ = ["commands_to_go_on", "keep_settings", "page_to_open", "refuse_foreign_files", "run_demo"]

_UNITS: Final = " ".join(f"WHEN '{scale}' THEN '{unit}'" for scale, unit in SCALE_UNITS.items()).replace(" per ", "/")

_LEVELS: Final = """
    SELECT strftime(make_timestamp_ns(ts_window_end), '%H:%M') AS "UTC", scope, convention AS "by",
           round(reference_price, 2) AS price, round(net_gex / 1e6, 1) AS "net (M)",
           printf('%.2g', net_gex_se / 1e6) AS "± (M)", CASE scale {units} END AS unit,
           put_wall AS "put wall", call_wall AS "call wall",
           zero_gamma, zero_gamma_se, zero_gamma_low, zero_gamma_high, zero_gamma_sigmas, flip_rule
    FROM silver_gex_levels
    WHERE date = DATE '{day}' AND scope IN ('selected', '0dte') AND net_gex IS NOT NULL AND ts_window_end IN (
        SELECT max(ts_window_end) FROM silver_gex_levels
        WHERE date = DATE '{day}' AND forward_quality = 'ok' GROUP BY (ts_window_end - 1) // 10_800_000_000_000)
    ORDER BY ts_window_end, scope DESC, convention
"""

_REGIMES: Final = """
    SELECT convention, coalesce(regime, 'unknown') AS regime, count(*) AS windows,
           round(avg(confidence), 3) AS "mean confidence", mode(magnitude) AS magnitude, mode(bias) AS "most frequent bias"
    FROM regime_scores WHERE date = DATE '{day}' GROUP BY ALL ORDER BY convention, windows DESC
"""


_FIRST_QUERY: Final = "SELECT scope, convention, flip FROM latest_levels"

SETTINGS: Final = """\
# Settings of this lake, written by gex demo: its sample market lists dailies next to quarterlies.
# What stands in the environment or in the gex.toml of the working folder wins.
option_families = ["quarterly", "weekly", "daily", "eom"]
max_dte = 100
expirations = "all"
"""
"""All that expires within 100 days: the day's own options, those of the next session, and the front quarterly."""


def keep_settings(lake: Path) -> str:
    """Write the demo's settings into the lake's own file, unless it has one.

    Returns
    -------
    What to say about it.
    """
    file = lake_file(lake)
    if file.exists():
        return f"settings: {file} was there and stays"
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_name(f".{file.name}.new")
    scratch.write_text(SETTINGS, encoding="utf-8")
    scratch.replace(file)
    return f"settings: every series that expires within 100 days, by {file}; elsewhere quarterlies alone are the default"


def run_demo(
    settings: Settings, *, start: date, days: int, seed: int, console: Console, shared: bool = True, given: str = ""
) -> bool:
    """Generate the sample, run every asset, show levels, regimes, checks and timings.

    Parameters
    ----------
    shared : whether the runs are kept in the instance that the UI shows, as for `defs.run.run_days`.
    given : options that name the lake, as they would be typed again.

    Returns
    -------
    Whether every day was published.

    Raises
    ------
    KeyboardInterrupt
        The process was asked to end. Once the sample is there, what is done and how to go on is said before.
    """
    from gex_assets.defs.run import run_history
    from gex_assets.lake.queries import query
    from gex_assets.lake.tables import Lake
    from gex_assets.report.compiling import shown_compiling
    from gex_assets.report.lake import sample_lines
    from gex_assets.report.text import answer_lines
    from gex_assets.report.zero_gamma import with_zero_gamma_text
    from gex_assets.sample.files.defects import RECORD_FAULTS
    from gex_assets.sample.market import make_sample
    from gex_assets.warm_up.compilation import is_compiled

    began = time.perf_counter()
    lake = Lake(settings.lake)
    refuse_foreign_files(lake, settings.default_product)
    # The sample begins when its kernels are there, while those of the graph are still compiled.
    with contextlib.nullcontext() if is_compiled() else shown_compiling(console) as compiling:
        if compiling is not None:
            compiling.wait_for("sample")
        console.rule("A sample market, as the vendor delivers it")
        report = make_sample(
            settings.lake,
            start=start,
            days=days,
            profile="lively",
            seed=seed,
            defects=RECORD_FAULTS,
            dbn_version=3,
            product=settings.default_product,
            overwrite=True,
            progress=lambda line: console.print(line, markup=False),
        )
    made = time.perf_counter()
    dates = report.days
    for line in sample_lines(report):
        console.print(line, markup=False)
    console.print(keep_settings(settings.lake), markup=False)
    settings = load(lake=settings.lake)
    console.rule("Every asset, through Dagster")
    success = _published(settings, dates, console=console, shared=shared, given=given)
    if success:
        try:
            success = run_history(settings, shared=shared).success
        except KeyboardInterrupt:
            console.print(visible(f"interrupted; every day is done\nresume: gex history{given}", line_breaks=True), markup=False)
            raise
    ran = time.perf_counter()
    if success:
        levels = with_zero_gamma_text(query(lake, _LEVELS.format(day=dates[-1], units=_UNITS)))
        regimes = query(lake, _REGIMES.format(day=dates[-1]))
        for title, answer in (("Levels, every three hours", levels), ("Regimes of the day", regimes)):
            console.rule(f"{title}: {dates[-1]}")
            for line in answer_lines(answer, style="table", width=console.width):
                console.print(line, markup=False)
    console.rule("Where to look next")
    kernels = " with its kernels" if compiling is not None else ""
    console.print(
        f"sample{kernels} {made - began:.1f} s, {counted(len(dates), 'day')} through the graph {ran - made:.1f} s\n", markup=False
    )
    page = page_to_open(settings.lake, product=settings.default_product, day=dates[-1])
    console.print(f"  {page}\n      the day's page: open it in a browser", markup=False, soft_wrap=True)
    for command, what in commands_to_go_on(given, lake=settings.lake, day=dates[-1]):
        console.print(f"  {command}\n      {what}", markup=False, soft_wrap=True)
    return success


def page_to_open(lake: Path, *, product: str, day: date) -> Path:
    """The file of the day's page, which a browser opens without a server."""
    from gex_assets.lake.keys import page_key
    from gex_assets.schemas.pages import DAY_PAGE

    return lake / page_key(DAY_PAGE.name, product=product, day=day)


def commands_to_go_on(given: str, *, lake: Path, day: date) -> tuple[tuple[str, str], ...]:
    """What to type after the demo, and what it is for: commands of the lake that the demo was given, if it was given one."""
    of_lake = f"GEX_LAKE={shlex.quote(str(lake))} " if given else ""
    return (
        (f".venv/bin/gex serve{given}", "the picture of the day, its page, days and history in the browser"),
        (f"{of_lake}.venv/bin/dg dev", "the asset graph, these runs and their checks in the browser"),
        (f".venv/bin/gex status{given}", "what is published, rejected, missing or stale"),
        (f".venv/bin/gex status{given} --date {day}", "one day, table by table"),
        (f".venv/bin/gex query{given} '{_FIRST_QUERY}'", "ask DuckDB; TABLES.md names every column"),
        (".venv/bin/gex ingest PATH… --lake DIR", "your own Databento files, into a lake of their own"),
    )


def _published(settings: Settings, days: Sequence[date], *, console: Console, shared: bool, given: str) -> bool:
    """Run the days, say each, and say at the end what is not done. Whether all were published."""
    with loading():
        from gex_assets.defs.run import DayRun, run_days
    from gex_assets.process.interruption import was_asked
    from gex_assets.report.day_range import DayRange
    from gex_assets.report.day_run import day_run_line

    done: list[DayRun] = []
    interrupted = False
    try:
        for one in run_days(settings, days, shared=shared, announce=lambda day: console.print(str(day), style="bold")):
            done.append(one)
            console.print(visible(day_run_line(one)), markup=False)
    except KeyboardInterrupt:
        interrupted = True
    interrupted = interrupted or was_asked()
    ended = DayRange(days=days, done=done, interrupted=interrupted, command=f"gex run{given}")
    for line in ended.lines():
        console.print(visible(line), markup=False)
    if interrupted:
        raise KeyboardInterrupt
    return not ended.failed


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
