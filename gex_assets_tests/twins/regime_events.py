"""Twin of `regime_events`: one window after the other, with the last known regime kept."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

COPIED = [
    "ts_window_end", "convention", "session_date", "convention_version", "weight_used", "scale", "underlying", "magnitude",
    "net_gex", "reference_price", "zero_gamma", "confidence",
]  # fmt: skip


def events(scores: list[Row]) -> list[Row]:
    """Rows of `regime_events` from rows of `regime_scores`."""
    found: list[Row] = []
    for name in {row["convention"] for row in scores}:
        last: Row | None = None
        since = number = unknown = 0
        reason = None
        for row in sorted((row for row in scores if row["convention"] == name), key=lambda row: row["ts_window_end"]):
            if row["regime"] is None:
                unknown, reason = unknown + 5, row["reason"]
                continue
            if last is None:
                since = row["ts_window_end"]
            elif last["regime"] != row["regime"]:
                number += 1
                found.append(
                    {name: row[name] for name in COPIED}
                    | {
                        "change_number": number,
                        "regime_from": last["regime"],
                        "regime_to": row["regime"],
                        "net_gex_before": last["net_gex"],
                        "reference_price_before": last["reference_price"],
                        "seconds_since_change": (row["ts_window_end"] - since) // 1_000_000_000,
                        "seconds_unknown": unknown,
                        "unknown_reason": reason,
                    }
                )
                since = row["ts_window_end"]
            last, unknown, reason = row, 0, None
    return sorted(found, key=lambda row: (row["ts_window_end"], row["convention"]))
