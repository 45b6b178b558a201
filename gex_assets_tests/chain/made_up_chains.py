"""Chains made up from Black-76, and the files that Cboe's site would make of them, written from the facts of the formats."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from gex_assets.kernels.pricing import black76

SPOT = 6_012.34
AS_OF = datetime(2026, 1, 6, 15, 0, tzinfo=UTC)
RATE = 0.04
GROWTH = 0.028

# the moment each series expires at, written out: the opening of the third Friday, the closes of the others
SERIES = (
    ("SPXW", date(2026, 1, 7), datetime(2026, 1, 7, 21, 0, tzinfo=UTC)),
    ("SPX", date(2026, 1, 16), datetime(2026, 1, 16, 14, 30, tzinfo=UTC)),
    ("SPXW", date(2026, 1, 16), datetime(2026, 1, 16, 21, 0, tzinfo=UTC)),
    ("SPX", date(2026, 6, 18), datetime(2026, 6, 18, 13, 30, tzinfo=UTC)),
)
HEADER = (
    "Expiration Date,Calls,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest,Strike,"
    "Puts,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One option of the made-up chain, exact."""

    root: str
    day: date
    right: str
    strike: float
    years: float
    forward: float
    iv: float
    price: float
    gamma: float
    delta: float
    open_interest: int

    @property
    def symbol(self) -> str:
        return f"{self.root}{self.day:%y%m%d}{self.right}{round(self.strike * 1000):08d}"


def rows(*, seed: int = 3, each: int = 41, step: float = 25.0) -> list[Row]:
    """By series, then strike, call before put."""
    dice = np.random.default_rng(seed)
    made = []
    for root, day, moment in SERIES:
        years = (moment - AS_OF).total_seconds() / (365 * 86_400)
        forward = SPOT * math.exp(GROWTH * years)
        for k in range(each):
            strike = 6_000.0 + step * (k - each // 2)
            z = math.log(strike / forward)
            iv = 0.16 - 0.3 * z + 0.8 * z * z
            for right in "CP":
                market: Any = {"F": forward, "K": strike, "T": years, "sigma": iv, "r": RATE, "is_call": right == "C"}
                greeks = black76.greeks(**market)
                price, gamma, delta = float(black76.price(**market)), float(greeks.gamma), float(greeks.delta)
                side = (strike > SPOT) == (right == "C")
                made.append(
                    Row(
                        root,
                        day,
                        right,
                        strike,
                        years,
                        forward,
                        iv,
                        price,
                        gamma,
                        delta,
                        int(dice.integers(0, 3000 if side else 900)),
                    )
                )
    return made


def quote_table(chain: Sequence[Row], *, half: float = 0.01, digits: int = 4, preamble: Sequence[str] | None = None) -> str:
    """The download: a strike's call and put on one line, in the money without a volatility."""
    lines = list(
        preamble
        if preamble is not None
        else (
            "",
            f"S&P 500 INDEX,Last: {SPOT},Change:  12.1",
            '"Date: January 6, 2026 at 10:00 AM EST",Bid: 6010.9,Ask: 6013.7,Size: 1*1,"Volume: 74,482,292"',
        )
    )
    lines.append(HEADER)
    for call, put in zip(chain[::2], chain[1::2], strict=True):
        lines.append(
            ",".join([f"{call.day:%a %b %d %Y}", *_side(call, half, digits), f"{call.strike:.2f}", *_side(put, half, digits)])
        )
    return "\n".join(lines) + "\n"


def quotes(chain: Sequence[Row], *, half: float = 0.01, digits: int = 4) -> str:
    """The JSON behind it."""
    options = [
        {
            "option": row.symbol,
            "bid": max(row.price - half, 0.0),
            "ask": row.price + half,
            "iv": _published_iv(row),
            "open_interest": float(row.open_interest),
            "volume": 7.0,
            "delta": round(row.delta, 4),
            "gamma": round(row.gamma, digits),
            "last_trade_time": None,
        }
        for row in chain
    ]
    data = {"symbol": "^SPX", "current_price": SPOT, "close": SPOT, "options": options}
    return json.dumps({"timestamp": "2026-01-06 15:00:00", "symbol": "_SPX", "data": data})


def _side(row: Row, half: float, digits: int) -> list[str]:
    iv = _published_iv(row)
    return [
        row.symbol,
        *("0", "0", f"{max(row.price - half, 0.0):.6f}", f"{row.price + half:.6f}", "7", f"{iv:.10g}", f"{row.delta:.4f}"),
        f"{row.gamma:.{digits}f}",
        str(row.open_interest),
    ]


def _published_iv(row: Row) -> float:
    in_the_money = (row.strike < row.forward * 0.98) if row.right == "C" else (row.strike > row.forward * 1.02)
    return 0.0 if in_the_money else row.iv
