"""Twin of `regime_history`: every date is computed from all dates before it; nothing is kept from one date to the next."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]

COPIED = [
    "convention", "ts_window_end", "session_date", "convention_version", "weight_used", "scale", "underlying", "regime",
    "magnitude", "reference_price", "net_gex", "gross_gex", "hedge_per_sigma", "zero_gamma",
]  # fmt: skip


def history(days: Mapping[date, list[Row]], shas: Mapping[date, str]) -> dict[date, list[Row]]:
    """Rows of `regime_history` by date, from rows of `regime_scores` by date; weekends are the only holidays."""
    return {day: _of_day(day, days, shas) for day in sorted(days)}


def last_rows(rows: list[Row], convention: str) -> list[Row]:
    """The windows with a regime, in order."""
    known = [
        row
        for row in rows
        if row["convention"] == convention and row["regime"] is not None and is_before_the_close(row["ts_window_end"])
    ]
    return sorted(known, key=lambda row: row["ts_window_end"])


def is_before_the_close(end: int) -> bool:
    """Whether Chicago's clock, of the date that the window began on in UTC, has not come to 15:00."""
    began = datetime.fromtimestamp(end // 1_000_000_000 - 5, tz=UTC)
    ends = datetime.fromtimestamp(end // 1_000_000_000, tz=UTC).astimezone(ZoneInfo("America/Chicago"))
    return ends.date() < began.date() or (ends.date() == began.date() and ends.hour < 15)


def comparable(row: Row) -> tuple[Any, ...]:
    return row["convention_version"], row["weight_used"], row["scale"]


def _of_day(day: date, days: Mapping[date, list[Row]], shas: Mapping[date, str]) -> list[Row]:
    found = []
    for convention in sorted({row["convention"] for row in days[day]}):
        windows = last_rows(days[day], convention)
        if not windows:
            continue
        row = windows[-1]
        sessions = [
            (earlier, last_rows(days[earlier], convention)[-1])
            for earlier in sorted(days)
            if earlier < day and earlier.weekday() < 5 and last_rows(days[earlier], convention)
        ]
        seen = [(earlier, other) for earlier, other in sessions if comparable(other) == comparable(row)][-20:]
        nets = [other["net_gex"] for _, other in seen]
        share = abs(row["net_gex"]) / row["gross_gex"]
        shares = [abs(other["net_gex"]) / other["gross_gex"] for _, other in seen]
        alike = 0
        for _, other in reversed(sessions):
            if other["regime"] != row["regime"]:
                break
            alike += 1
        start = len(windows) - 1
        while start and windows[start - 1]["regime"] == row["regime"]:
            start -= 1
        enough = len(seen) >= 5
        first = seen[0][0] if seen else day
        weekdays = sum((first + timedelta(days=n)).weekday() < 5 for n in range((day - first).days))
        away = None if row["zero_gamma"] is None else row["reference_price"] - row["zero_gamma"]
        found.append(
            {name: row[name] for name in COPIED}
            | {
                "net_share": share,
                "distance_to_flip": away,
                "distance_to_flip_pct": None if away is None else away / row["reference_price"] * 100,
                "sessions_seen": len(seen),
                "sessions_missing": weekdays - len(seen),
                "net_gex_percentile": sum(net <= row["net_gex"] for net in nets) / len(nets) if enough else None,
                "net_share_percentile": sum(other <= share for other in shares) / len(shares) if enough else None,
                "net_gex_deviation": statistics.stdev(nets) if enough else None,
                "magnitude_adjusted": abs(row["net_gex"]) / statistics.stdev(nets) if enough else None,
                "net_gex_change_1": row["net_gex"] - nets[-1] if nets else None,
                "net_gex_change_5": row["net_gex"] - nets[-5] if enough else None,
                "sessions_in_regime": alike,
                "regime_start_seen": alike < len(sessions),
                "seconds_in_regime": (row["ts_window_end"] - windows[start]["ts_window_end"]) // 1_000_000_000,
                "changes_in_day": sum(a["regime"] != b["regime"] for a, b in pairwise(windows)),
                "inputs": [f"{each} {shas[each]}" for each in (*(earlier for earlier, _ in seen), day)],
            }
        )
    return found
