"""Where a day's numbers come from: checks, what was refused, what the run took, tables with their hashes and versions."""

from __future__ import annotations

from typing import Final

from gex_assets.lake.raw.refusals import what_to_do
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import Section, Text, details, joined, note, paragraph, table, tag, with_code
from gex_assets.pages.words import NONE, count, number
from gex_assets.schemas.check_guide import CHECK_GUIDE
from gex_assets.schemas.checks import BLOCKING
from gex_assets.schemas.count_registry import dropped_and_counted, entry_of
from gex_assets.schemas.pages import PAGE_CHECKS
from gex_assets.schemas.registry import DAY_TABLES

__all__ = ["checks", "lineage", "refused", "timings"]

_SIZES: Final = ("records", "rows", "crossed_rows", "resting_orders")
"""Counts in a tally that say how much there was, not what was odd."""

_NOT_ASKED: Final = (
    "The lake does not keep what only Dagster knows, and this page was made without asking it: see the day's runs in its UI."
)


def checks(day: DayTables) -> Section:
    """Verdicts of the checks, what failed first."""
    title = "Checks"
    blocking = ", ".join(BLOCKING)
    published = paragraph(
        f"{len(day.published)} tables of the day are published, so each passed its blocking checks ({blocking}). "
        f"A page is published after checks of its own ({', '.join(PAGE_CHECKS)})."
    )
    parts: list[Text] = [published] if day.published else [paragraph("No table of this day is published.")]
    if day.run is None or not day.run.checks:
        parts.append(note(_NOT_ASKED))
        return Section("checks", title, joined(parts))
    ordered = sorted(day.run.checks, key=lambda one: ("failed", "warn", "ok").index(one.verdict))
    loud = [one for one in ordered if one.verdict != "ok"]
    quiet = [one for one in ordered if one.verdict == "ok"]
    columns = ("check", "table", "verdict", "~what it found", "~what it means")
    for found, caption in ((loud, "Warnings and failures"), (quiet, f"{len(quiet)} checks that passed")):
        if found:
            rows = [[one.name, one.table, _status(one.verdict), one.text, _about(one.name)] for one in found]
            whole = table(columns, rows, caption=caption)
            parts.append(whole if found is loud else details(caption, whole))
    if not loud:
        parts.append(paragraph("No check warned or failed."))
    return Section("checks", title, joined(parts))


def refused(day: DayTables) -> Section:
    """Deliveries that were refused, and records that are in no table or odd, with what their reasons mean."""
    parts: list[Text] = []
    for name, rejection in day.rejections:
        kept = "what was published before stays" if day.stored(name) is not None else "nothing is published"
        what = what_to_do(day.day) if rejection.files else "; ".join(rejection.failures)
        parts.append(
            tag(
                "p",
                tag("strong", f"{name}: the latest delivery was refused ({kept})."),
                f" {rejection.reason} {what}",
                class_="warn",
            )
        )
    left_out: list[list[Text]] = []
    odd: list[list[Text]] = []
    for name in day.published:
        stored = day.stored(name)
        tally = {reason: n for reason, n in ({} if stored is None else stored.tally).items() if reason not in _SIZES}
        dropped, counted = dropped_and_counted(tally)
        left_out += [_reason(name, reason, n) for reason, n in dropped.items()]
        odd += [_reason(name, reason, n) for reason, n in counted.items()]
    columns = ("table", "reason", ">count", "~what it is", "~when to worry")
    if left_out:
        parts.append(table(columns, left_out, caption="Left out of the tables"))
    else:
        parts.append(paragraph("Nothing was left out of the tables."))
    if odd:
        parts.append(
            details(f"{len(odd)} further counts: odd records and rows by kind", table(columns, odd, caption="Counted, and kept"))
        )
    return Section("refused", "Refused deliveries and records", joined(parts))


def _reason(name: str, reason: str, n: int) -> list[Text]:
    try:
        entry = entry_of(reason)
    except KeyError:  # written by an older version, whose list of counts had it
        return [name, reason, count(n), "This version does not know the reason.", ""]
    return [name, reason, count(n), with_code(entry.about), with_code(entry.worry)]


def timings(day: DayTables) -> Section:
    """What the latest run of each table took."""
    title = "Timings of the run"
    if day.run is None or not day.run.seconds:
        return Section("timings", title, note(_NOT_ASKED))
    rows = [
        [
            name,
            number(seconds, 1),
            count(day.run.rows_per_second[name]) if name in day.run.rows_per_second else NONE,
            count(day.run.peak_memory_mb[name]) if name in day.run.peak_memory_mb else NONE,
        ]
        for name, seconds in day.run.seconds.items()
    ]
    total = sum(day.run.seconds.values())
    caption = f"Latest materialization of each table; together {number(total, 1)} s"
    return Section(
        "timings", title, table(("table", ">seconds", ">records per second", ">peak memory (MB)"), rows, caption=caption)
    )


def lineage(day: DayTables) -> Section:
    """Every published table of the day: rows, size, hash, version of its code, digest of its settings; then delivered files."""
    rows: list[list[Text]] = []
    delivered: dict[str, str] = {}
    for name in day.published:
        stored = day.stored(name)
        if stored is None:
            continue
        made = stored.lineage
        settings = made.settings_hash[:12] if DAY_TABLES[name].settings else "none"
        rows.append(
            [
                name,
                count(stored.num_rows),
                count(stored.size_bytes),
                tag("code", stored.sha256()),
                made.code_version,
                tag("code", settings),
            ]
        )
        delivered |= {key: digest for key, digest in made.inputs.items() if key.startswith("raw/") and "#" not in key}
    if not rows:
        return Section("lineage", "Lineage", paragraph("No table of this day is published."))
    columns = ("table", ">rows", ">bytes", "sha256", "code version", "settings")
    parts: list[Text] = [table(columns, rows, caption="Published tables that this page could draw on", wide=True)]
    if delivered:
        files = [[tag("code", key), tag("code", digest)] for key, digest in sorted(delivered.items())]
        parts.append(
            details(f"{len(files)} delivered files", table(("file", "sha256"), files, caption="Delivered files behind them"))
        )
    return Section("lineage", "Lineage", joined(parts))


def _status(verdict: str) -> Text:
    return tag("span", verdict, class_=f"status {verdict}")


def _about(name: str) -> Text:
    return with_code(CHECK_GUIDE[name].about) if name in CHECK_GUIDE else ""
