"""A listed chain made up of a future's own rows: the same surface at S = part * F, as Cboe's site would give it for download."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from gex_assets.analytics.chain_levels import ChainRows
from gex_assets.chain import read_chain_file
from gex_assets.chain.files.file_request import FileRequest
from gex_assets.chain.summary import request_of
from gex_assets.chain.two_markets.documents import documents_with_future
from gex_assets.chain.two_markets.future_side import FutureSide
from gex_assets.kernels.pricing import black76
from gex_assets.market.expirations import chicago_date
from gex_assets.time_units import MINUTE_NS, YEAR_NS

RATE = 0.04
PART = 0.99
"""Strikes times this are whole thousandths, as symbols have them."""
_CLOSE_OF_AM = 15
"""Expirations before this hour of UTC settle at the opening."""


def cboe_quotes(
    side: FutureSide,
    *,
    part: float = PART,
    root: str = "SPX",
    oi: float = 1.0,
    quoted_ns: int | None = None,
    delay_minutes: int = 15,
    rate: float = RATE,
) -> str:
    """The JSON of the delayed quotes: every option of the future at strike and prices times `part`, with `oi` times its interest.

    Parameters
    ----------
    side : options on a future with volatilities; calls and puts of a strike stand in one row.
    quoted_ns : when it was quoted; by default at the moment of the side. The file's moment is `delay_minutes` later.
    """
    rows = side.rows
    at = side.ts if quoted_ns is None else quoted_ns
    options = []
    for row in np.flatnonzero(rows.total_vol > 0.0).tolist():
        strike, ts = float(rows.strikes[rows.place[row]]) * part, int(side.ts_expiration[row])
        moment = datetime.fromtimestamp(ts / 1e9, tz=UTC)
        years = (ts - at) / YEAR_NS
        vol = float(rows.total_vol[row]) / float(np.sqrt(rows.years[row]))
        named = root if moment.hour < _CLOSE_OF_AM or root != "SPX" else "SPXW"
        for right, interest in zip("CP", rows.weights["open_interest"], strict=True):
            market: Any = {"F": float(rows.forward[row]) * part, "K": strike, "T": years, "sigma": vol, "r": rate}
            price = float(black76.price(**market, is_call=right == "C"))
            day = chicago_date(ts)
            options.append(
                {
                    "option": f"{named}{day:%y%m%d}{right}{round(strike * 1000):08d}",
                    "bid": price,
                    "ask": price,
                    "iv": vol,
                    "open_interest": float(np.nan_to_num(interest[row])) * oi,
                    "volume": 0.0,
                    "delta": 0.1,
                    "gamma": float(black76.greeks(**market, is_call=right == "C").gamma),
                }
            )
    stamp = datetime.fromtimestamp((at + delay_minutes * MINUTE_NS) / 1e9, tz=UTC)
    data = {"symbol": root, "current_price": side.reference * part, "options": options}
    return json.dumps({"timestamp": f"{stamp:%Y-%m-%d %H:%M:%S}", "symbol": f"_{root}", "data": data})


AS_OF = datetime(2026, 1, 6, 16, 0, tzinfo=UTC)
"""10:00 in Chicago."""
EXPIRATIONS = (datetime(2026, 1, 9, 21, 0, tzinfo=UTC), datetime(2026, 1, 16, 14, 30, tzinfo=UTC))
REFERENCE = 6_950.0
STRIKES = np.arange(6_600.0, 7_301.0, 25.0)


def made_up_side(*, seed: int = 1, reference: float = REFERENCE, as_of: datetime = AS_OF, product: str = "ES") -> FutureSide:
    """Options on one future at two expirations, with a skewed smile and made-up open interest."""
    dice = np.random.default_rng(seed)
    ts_end = int(as_of.timestamp()) * 10**9
    size = STRIKES.size
    ts = np.repeat([int(moment.timestamp()) * 10**9 for moment in EXPIRATIONS], size)
    strike = np.tile(STRIKES, len(EXPIRATIONS)) * reference / REFERENCE
    years = (ts - ts_end) / YEAR_NS
    total_vol = (0.14 - 0.5 * np.log(strike / reference)) * np.sqrt(years)
    forward = np.full(strike.size, reference)
    greeks = black76.chain_greeks(F=forward, K=strike, T=years, total_vol=total_vol, r=RATE)
    strikes, place = np.unique(strike, return_inverse=True)
    call, put = (dice.integers(0, 3_000, strike.size).astype(np.float64) for _ in "CP")
    # more puts below and more calls above, as on a real day
    call, put = np.where(strike > reference, 2.0 * call, call), np.where(strike > reference, put, 2.0 * put)
    rows = ChainRows(
        first=np.array([0, strike.size]),
        strikes=strikes,
        place=place,
        expiration=np.repeat(np.arange(len(EXPIRATIONS)), size),
        forward=forward,
        price=forward,
        years=years,
        multiplier=np.full(strike.size, 50.0),
        total_vol=total_vol,
        total_vol_bid=total_vol,
        total_vol_ask=total_vol,
        quoted=np.ones(strike.size, dtype=np.bool_),
        weights={"open_interest": (call, put)},
        gamma=greeks.gamma,
        vanna=greeks.vanna,
        call_delta=greeks.call_delta,
        put_delta=greeks.put_delta,
        call_charm=greeks.call_charm,
        put_charm=greeks.put_charm,
    )
    return FutureSide(
        product=product,
        about="on a made-up surface",
        ts=ts_end,
        reference=reference,
        multiplier=50.0,
        rows=rows,
        ts_expiration=ts,
        futures=(f"{product}H6",),
        future=np.zeros(strike.size, dtype=np.int64),
        front=0,
        front_forward=reference,
        weights={"field": "open_interest", "magic8": "open_interest", "flow": None},
    )


def documents_of(
    folder: Path,
    text: str,
    side: FutureSide,
    *,
    product: str = "ES",
    name: str = "index.json",
    as_of: str | None = None,
    **asked: Any,
) -> list[dict[str, Any]]:
    """A chain file next to a side that is asked for at the moment of the ratio."""
    path = folder / name
    path.write_text(text)
    wanted = FileRequest(symbol=asked.get("symbol")).quoted_at(as_of)
    request = replace(request_of(rate=RATE, **{"names": ("field",), **asked}), as_of=wanted.as_of)
    asked_for = []

    def future_at(ts_ns: int) -> FutureSide:
        asked_for.append(ts_ns)
        return side

    found = documents_with_future(read_chain_file(path, wanted), request, product=product, future_at=future_at)
    for one in found:
        assert [int(datetime.fromisoformat(one["ratio_at"]).timestamp() * 1e9)] == asked_for
    return found
