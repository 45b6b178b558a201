"""`regime_history`: each date's last regime before 15:00 in Chicago compared with the sessions before it.

The evening belongs to the next session, and afternoon options expire at 15:00. So windows count that end before then, and dates
on which trading only opens (Sundays, closed holidays) have no rows. A session is a date within which trading ends, with a row.
Missing sessions are skipped and counted. A row depends on its own date and on earlier ones only.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.market.expirations import stock_close_ns
from gex_assets.market.sessions import sessions
from gex_assets.schemas.regime_history import REGIME_HISTORY, TRAILING_SESSIONS
from gex_assets.stages.regime.events import RegimeRuns, runs_by_convention
from gex_assets.time_units import SECOND_NS

__all__ = ["SCORES_COLUMNS", "Trail", "ends_a_session", "history_rows"]

Row = dict[str, Any]

FEWEST_SESSIONS: Final = 5
"""Fewest earlier sessions for a percentile or a deviation."""

_LONG_AGO: Final = 5
"""Sessions that `net_gex_change_5` looks back."""

_COMPARABLE: Final = ("convention", "convention_version", "weight_used", "scale")
_COPIED: Final = (
    *_COMPARABLE,
    "ts_window_end",
    "session_date",
    "underlying",
    "regime",
    "magnitude",
    "reference_price",
    "net_gex",
    "gross_gex",
    "hedge_per_sigma",
    "zero_gamma",
)
SCORES_COLUMNS: Final = _COPIED
"""Columns of `regime_scores` that history needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """What later dates need of a session: its date, the source of its scores, and two numbers of its row."""

    day: date
    source: str
    net_gex: float
    net_share: float | None


@dataclass(slots=True)
class Trail:
    """Sessions seen so far; dates are added in their order, each once.

    Attributes
    ----------
    product : whose calendar is used.
    seen : the latest `TRAILING_SESSIONS` sessions by convention, version, weight and scale, oldest first.
    last : the last session's row, by convention.
    """

    product: str
    seen: dict[tuple[Any, ...], deque[_Session]] = field(default_factory=dict)
    last: dict[str, Row] = field(default_factory=dict)

    def remember(self, rows: pa.Table, *, day: date) -> None:
        """Add the rows of a date; a date within which no trading ends is left out."""
        if not ends_a_session(self.product, day):
            return
        for row in rows.to_pylist():
            seen = self.seen.setdefault(_comparable(row), deque(maxlen=TRAILING_SESSIONS))
            seen.append(_Session(day=day, source=row["inputs"][-1], net_gex=row["net_gex"], net_share=row["net_share"]))
            self.last[row["convention"]] = row


def ends_a_session(product: str, day: date) -> bool:
    """Whether trading ends within the UTC date; on Sundays it only opens.

    Examples
    --------
    >>> ends_a_session("ES", date(2026, 1, 9)), ends_a_session("ES", date(2026, 1, 11))
    (True, False)
    """
    stretches = sessions(product=product, day=day)
    if not stretches:
        return False
    tomorrow = sessions(product=product, day=day + timedelta(days=1))
    # Stretches are cut at midnight: the first one goes on tomorrow only where tomorrow's first begins at its end.
    return not tomorrow or tomorrow[0].open_ns > stretches[0].close_ns


def history_rows(scores: pa.Table, *, day: date, sha256: str, trail: Trail, tally: Counter[str]) -> pa.Table:
    """The rows of one date.

    Parameters
    ----------
    scores : the date's `regime_scores` in their order (at least `SCORES_COLUMNS`).
    sha256 : hash of the file that the scores were read from.
    trail : the sessions before this date; it is not changed.
    tally : counts `without_regime`: conventions without a regime in any window that counts.

    Returns
    -------
    A row of `REGIME_HISTORY` for every convention with a regime in at least one window that ends before 15:00 in Chicago.
    """
    conventions = len(scores["convention"].unique())
    scores = scores.filter(pc.less(scores["ts_window_end"], stock_close_ns(day)))
    made = [_row(scores, runs, day=day, sha256=sha256, trail=trail) for _, runs in runs_by_convention(scores)]
    tally["without_regime"] += conventions - len(made)
    return pa.Table.from_pylist(made, schema=REGIME_HISTORY.arrow_schema())


def _row(scores: pa.Table, runs: RegimeRuns, *, day: date, sha256: str, trail: Trail) -> Row:
    at, begun = (int(runs.windows[place[-1]]) for place in (runs.last, runs.first))
    row: Row = scores.select(_COPIED).slice(at, 1).to_pylist()[0]
    seen = tuple(trail.seen.get(_comparable(row), ()))
    net, price, zero_gamma = row["net_gex"], row["reference_price"], row["zero_gamma"]
    share = abs(net) / row["gross_gex"] if row["gross_gex"] else None
    deviation = _deviation([one.net_gex for one in seen])
    before = trail.last.get(row["convention"])
    stands = before is not None and before["regime"] == row["regime"]
    away = price - zero_gamma if price is not None and zero_gamma is not None else None
    return row | {
        "net_share": share,
        "distance_to_flip": away,
        "distance_to_flip_pct": 100.0 * away / price if away is not None and price else None,
        "sessions_seen": len(seen),
        "sessions_missing": _sessions_between(trail.product, seen[0].day, day) - len(seen) if seen else 0,
        "net_gex_percentile": _percentile(net, [one.net_gex for one in seen]),
        "net_share_percentile": _percentile(share, [one.net_share for one in seen if one.net_share is not None]),
        "net_gex_deviation": deviation,
        "magnitude_adjusted": abs(net) / deviation if deviation else None,
        "net_gex_change_1": net - seen[-1].net_gex if seen else None,
        "net_gex_change_5": net - seen[-_LONG_AGO].net_gex if len(seen) >= _LONG_AGO else None,
        "sessions_in_regime": before["sessions_in_regime"] + 1 if before is not None and stands else 0,
        "regime_start_seen": before is not None and (not stands or before["regime_start_seen"]),
        "seconds_in_regime": (row["ts_window_end"] - scores["ts_window_end"][begun].as_py()) // SECOND_NS,
        "changes_in_day": len(runs.regimes) - 1,
        "inputs": [*(one.source for one in seen), f"{day.isoformat()} {sha256}"],
    }


def _comparable(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _COMPARABLE)


def _percentile(value: float | None, others: Sequence[float]) -> float | None:
    if value is None or len(others) < FEWEST_SESSIONS:
        return None
    return sum(other <= value for other in others) / len(others)


def _deviation(values: Sequence[float]) -> float | None:
    if len(values) < FEWEST_SESSIONS:
        return None
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _sessions_between(product: str, first: date, last: date) -> int:
    """Dates in [first, last) within which trading ends."""
    return sum(ends_a_session(product, first + timedelta(days=n)) for n in range((last - first).days))
