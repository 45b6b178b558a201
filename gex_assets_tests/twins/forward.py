"""`silver_forward` once more, window by window and pair by pair. The mean itself is the kernel's, of one window at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gex_assets.kernels.pricing.parity_forward import parity_forward

Row = dict[str, Any]

NS_PER_YEAR = 365 * 86_400 * 10**9


def forward_rows(
    *, ends: list[int], quotes: list[Row], instruments: list[Row], futures: list[Row], rate: float, reference: str, most: int
) -> list[Row]:
    selected = [row for row in instruments if row["selected"]]
    by_place = {(row["ts_window_end"], row["instrument_id"]): row for row in quotes}
    rows: list[Row] = []
    for end in ends:
        in_window: list[Row] = []
        for expiration in sorted({row["ts_expiration"] for row in selected}):
            options = [row for row in selected if row["ts_expiration"] == expiration]
            live = expiration > end and any(row["ts_listed"] is not None and row["ts_listed"] < end for row in options)
            in_window.append(
                {"ts_window_end": end, "ts_expiration": expiration, "underlying": options[0]["underlying"], "live": live}
                | _estimate(options if live else [], by_place, end=end, expiration=expiration, rate=rate)
                | _future(futures, end, options[0]["underlying"])
            )
        alive = [row for row in in_window if row["live"]]
        for row in in_window:
            row["is_front"] = bool(alive[:most]) and row is alive[0]
            own = [other for other in alive if other["underlying"] == row["underlying"]]
            row["reference_price"] = (own[0]["forward"] if own else None) if reference == "parity" else row[reference]
        rows += in_window
    for row in rows:
        del row["live"]
    return rows


def _estimate(options: list[Row], by_place: dict[tuple[int, int], Row], *, end: int, expiration: int, rate: float) -> Row:
    years = max(0, expiration - end) / NS_PER_YEAR
    discount = math.exp(-rate * years)
    pairs, incomplete = [], []
    for strike in sorted({row["strike"] for row in options}):
        sides: list[float] = []
        complete = True
        for right in "CP":
            for row in options:
                book = by_place.get((end, row["instrument_id"]))
                if row["strike"] == strike and row["right"] == right and book is not None and book["book_state"] == "ok":
                    sides += [book["bid_price"], book["ask_price"]]
                    complete = complete and book["is_complete"]
        if len(sides) == 4:
            pairs.append([strike, *sides])
            incomplete.append(not complete)
    estimate: Row = {
        "years": years,
        "discount_factor": discount,
        "n_pairs": len(pairs),
        "n_used": 0,
        "n_incomplete": 0,
        "method": "none",
        "quality": "none",
        **dict.fromkeys(("forward", "forward_se", "forward_lower", "forward_upper")),
    }
    if not pairs:
        return estimate
    strikes, call_bid, call_ask, put_bid, put_ask = np.array(pairs).T
    found = parity_forward(
        strikes=strikes,
        call_bid=call_bid[None],
        call_ask=call_ask[None],
        put_bid=put_bid[None],
        put_ask=put_ask[None],
        discount=np.array([discount]),
        incomplete=np.array([incomplete]),
    )
    estimate |= {
        "n_used": int(found.n_used[0]),
        "forward_lower": _or_none(found.lower[0]),
        "forward_upper": _or_none(found.upper[0]),
    }
    if found.n_used[0] < 5:
        return estimate
    doubtful = int(found.n_incomplete[0])
    weak = found.n_used[0] < 15 or not found.se[0] <= 0.15 or doubtful > 0
    return estimate | {
        "n_incomplete": doubtful,
        "forward": float(found.forward[0]),
        "forward_se": _or_none(found.se[0]),
        "method": "parity_biweight",
        "quality": "weak" if weak else "ok",
    }


def _future(futures: list[Row], end: int, symbol: str) -> Row:
    for row in futures:
        if row["ts_window_end"] == end and row["symbol"] == symbol:
            ok = row["book_state"] == "ok"
            return {
                "future_mid": (row["bid_price"] + row["ask_price"]) / 2 if ok else None,
                "future_vwap": row["vwap"],
                "future_last": row["last_trade_price"],
            }
    return dict.fromkeys(("future_mid", "future_vwap", "future_last"))


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
