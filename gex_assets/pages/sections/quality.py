"""How good the day's numbers are, minute by minute: coverage, share quoted, the net's relative error, windows without a price."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup
from numpy.typing import NDArray

from gex_assets.market.sessions import sessions
from gex_assets.pages.charts import Mark, Plot, figure, hours_axis
from gex_assets.pages.charts.scale import Axis
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import Section, Text, joined, paragraph, table
from gex_assets.pages.words import clock, count, share, window_clock
from gex_assets.time_units import DAY_NS, MINUTE_NS, SECOND_NS, WINDOW_NS

__all__ = ["quality"]

_SHARES: Final = Axis(0.0, 1.0, tuple((at / 4, f"{25 * at} %") for at in range(5)))
_COLUMNS: Final = (
    *("ts_window_end", "convention", "scope", "reference_price", "coverage", "quoted_share", "net_gex", "net_gex_se"),
    "gross_gex",
)
_GAP_NS: Final = 3 * MINUTE_NS
_MOST_STRETCHES: Final = 10

Stretch = tuple[int, int]
"""Its begin and end. [UNIX ns UTC]"""


def quality(day: DayTables) -> Section:
    """Shares over the day by the convention `field`, and what is missing, in words."""
    title = "Quality over the day"
    levels = day.read("silver_gex_levels", _COLUMNS)
    wanted = pc.and_(pc.equal(levels["convention"], "field"), pc.equal(levels["scope"], "selected"))
    rows = levels.filter(wanted) if levels.num_rows else levels
    if not rows.num_rows:
        return Section("quality", title, paragraph("No levels are published for this day."))
    ends = rows["ts_window_end"].to_numpy()
    parts: list[Text] = [paragraph(sentence) for sentence in _missing(day, rows, ends)]
    parts.append(_figure(rows, ends))
    return Section("quality", title, joined(parts))


def _missing(day: DayTables, rows: pa.Table, ends: NDArray[np.int64]) -> list[str]:
    """What is not there, a sentence each."""
    without = int(rows["reference_price"].null_count)
    said = [
        f"{count(len(ends))} windows of 5 s; " + (f"{count(without)} of them have no price." if without else "all have a price.")
    ]
    closed, missing = _stretches_without_windows(day, ends)
    for stretches, why in (
        (closed, "Without windows, because the market is closed"),
        (missing, "Without windows, although the market is open"),
    ):
        if stretches:
            listed = [f"{_moment(begin)}–{_moment(end)} UTC" for begin, end in stretches[:_MOST_STRETCHES]]
            more = len(stretches) - len(listed)
            said.append(f"{why}: {', '.join(listed)}{f' and {count(more)} more' if more else ''}.")
    first, last = int(ends[0]) - WINDOW_NS, int(ends[-1])
    midnight = day.midnight_ns
    if first > midnight or last < midnight + DAY_NS:
        said.append(f"Windows reach from {clock(first, seconds=True)} to {_end(last, midnight)} UTC.")
    futures = day.stored("silver_future_quotes")
    if futures is None or not futures.num_rows:
        said.append("No futures were delivered: vacuum, the comparison with the future and outcomes of triggers are missing.")
    statistics = day.stored("bronze_option_statistics")
    if statistics is None or not statistics.num_rows:
        said.append("No statistics were delivered: open interest is not known, and other weights take its place.")
    return said


def _stretches_without_windows(day: DayTables, ends: NDArray[np.int64]) -> tuple[list[Stretch], list[Stretch]]:
    """Stretches between the first and the last window without any: while the market is closed, and while it is open."""
    trading = sessions(product=day.product, day=day.day)
    closed: list[Stretch] = []
    missing: list[Stretch] = []
    for at in np.flatnonzero(np.diff(ends) > WINDOW_NS):
        begin, end = int(ends[at]), int(ends[at + 1] - WINDOW_NS)
        for session in trading:
            opens, closes = max(session.open_ns, begin), min(session.close_ns, end)
            if opens < closes:
                closed += [(begin, opens)] if begin < opens else []
                missing.append((opens, closes))
                begin = closes
        closed += [(begin, end)] if begin < end else []
    return closed, missing


def _moment(moment_ns: int) -> str:
    """To the second where it is not a full minute."""
    return clock(moment_ns, seconds=moment_ns % MINUTE_NS != 0)


def _end(last: int, midnight: int) -> str:
    return "24:00:00" if last == midnight + DAY_NS else clock(last, seconds=True)


def _figure(rows: pa.Table, ends: NDArray[np.int64]) -> Markup:
    chosen = ends % MINUTE_NS == 0 if (ends % MINUTE_NS == 0).any() else np.ones(len(ends), dtype=bool)
    at = ends[chosen]
    coverage, quoted, net, error = (
        _numbers(rows, name)[chosen] for name in ("coverage", "quoted_share", "net_gex", "net_gex_se")
    )
    gross = _numbers(rows, "gross_gex")[chosen]
    relative = np.divide(error, gross, out=np.full(len(at), np.nan), where=gross > 0)
    plot = Plot(hours_axis(int(ends[0]), int(ends[-1])), _SHARES)
    unsure = np.abs(net) < 2 * error
    plot.columns(((end - MINUTE_NS, end) for end in at[unsure]), "band flip")
    plot.columns(((end - MINUTE_NS, end) for end in at[np.isnan(net)]), "missing")
    plot.line(at, coverage, "accent", gap=_GAP_NS)
    plot.line(at, quoted, "muted thin", gap=_GAP_NS)
    plot.line(at, np.minimum(relative, 1.0), "put thin", gap=_GAP_NS)
    title = (
        "field, all selected expirations: coverage, share of the weight quoted within 60 s, and error of net as a share of gross"
    )
    about = (
        f"Median coverage {share(_median(coverage))}, median share quoted {share(_median(quoted))}, median error of net "
        f"{share(_median(relative))} of gross. Net is within two errors of "
        f"zero in {count(int(unsure.sum()))} of {count(len(at))} minutes."
    )
    marks = [
        Mark("line accent", "coverage"),
        Mark("line muted thin", "quoted within 60 s"),
        Mark("line put thin", "standard error of net ÷ gross"),
        Mark("band flip", "net within two errors of zero", filled=True),
        Mark("missing", "no exposure", filled=True),
    ]
    hours = [place for place in range(len(at)) if at[place] % (3600 * SECOND_NS) == 0]
    cells = [
        [window_clock(int(at[one])), *(share(float(column[one])) for column in (coverage, quoted, relative))] for one in hours
    ]
    numbers = table(["UTC", ">coverage", ">quoted", ">error ÷ gross"], cells, caption="At full hours")
    return figure(plot, title=title, about=about, marks=marks, numbers=numbers)


def _median(values: NDArray[np.float64]) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _numbers(rows: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(rows[name].to_numpy(), dtype=np.float64)
