"""A future's options at one moment, read from published tables, for an index chain to stand next to.

They are those of a window. At the close of the stock exchanges, where the lake has no window, they are those of the settlements,
which the venue takes at the same moment.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.chain.two_markets.future_side import FutureSide
from gex_assets.errors import GexError
from gex_assets.kernels.pricing.black76 import chain_greeks
from gex_assets.lake.ranges.latest import last_known_window, rows_at
from gex_assets.lake.tables import Lake
from gex_assets.market.expirations import chicago_date, settlement_ns
from gex_assets.market.products import product as product_of
from gex_assets.stages.categories import codes_of
from gex_assets.stages.silver.chain_scopes import chain_rows
from gex_assets.stages.silver.gex_levels import CHAIN_COLUMNS
from gex_assets.stages.silver.level_windows import LevelWindows
from gex_assets.time_units import MINUTE_NS, SECOND_NS

__all__ = ["MOST_AGE_NS", "future_side"]

MOST_AGE_NS: Final = MINUTE_NS
"""How long before the moment the last window with levels may end. [ns]"""

_MOST_DAYS: Final = 5
_OPEN_CHAIN: Final = (
    "ts_expiration",
    "strike",
    "underlying",
    "multiplier",
    "forward",
    "years",
    "iv",
    "gamma",
    "call_open_interest",
    "put_open_interest",
)


def future_side(lake: Lake, *, product: str, until_ns: int, rate: float) -> FutureSide:
    """The options on a future in the last window with levels that ends by a moment, else by the settlements of that moment.

    Parameters
    ----------
    product : of `market.products`.
    until_ns : the moment. [UNIX ns UTC]
    rate : continuously compounded; gives delta, vanna and charm of settlements. [1/year]

    Raises
    ------
    GexError
        The lake has neither a window with levels in the minute before the moment nor settlements of it.
    LakeError
        A table cannot be read.
    """
    moment = datetime.fromtimestamp(until_ns // SECOND_NS, tz=UTC)
    days = lake.days("silver_gex_levels", product)
    end = None
    if moment.date() in days:
        stored = lake.open("silver_gex_levels", product=product, day=moment.date())
        end = last_known_window(stored, "net_gex", until=until_ns)
    if end is not None and until_ns - end <= MOST_AGE_NS:
        return _of_window(lake, product=product, day=moment.date(), end=end)
    settled = _of_settlements(lake, product=product, until_ns=until_ns, rate=rate)
    if settled is not None:
        return settled
    if moment.date() not in days:
        known = ", ".join(str(day) for day in days[-_MOST_DAYS:]) or "none"
        raise GexError(
            f"Expected {product} of {moment.date()} in the lake, when the chain was quoted or its index last computed "
            f"({moment:%H:%M:%S} UTC), was {known}{' as the last' if len(days) > _MOST_DAYS else ''}: run that day first"
        )
    last = "none" if end is None else f"{datetime.fromtimestamp(end // SECOND_NS, tz=UTC):%H:%M:%S}"
    raise GexError(
        f"Expected a window of {product} with levels that ends in the minute to {moment:%Y-%m-%d %H:%M:%S} UTC, was {last}"
    )


def _of_window(lake: Lake, *, product: str, day: date, end: int) -> FutureSide:
    """Every row of a window, with the weights of the day."""
    levels, chain, forward = (
        rows_at(lake.open(name, product=product, day=day), end, columns)
        for name, columns in (
            ("silver_gex_levels", ["convention", "weight_used"]),
            ("silver_gex_chain", CHAIN_COLUMNS),
            ("silver_forward", None),
        )
    )
    window = LevelWindows.of(forward)
    rows, _ = chain_rows(chain, np.zeros(chain.num_rows, dtype=np.int64), 1)
    reference, front_forward = float(window.reference_price[0]), float(window.forward[0])
    return FutureSide(
        product=product,
        about=f"in the window to {datetime.fromtimestamp(end // SECOND_NS, tz=UTC):%H:%M:%S} UTC",
        ts=end,
        reference=reference,
        multiplier=product_of(product).multiplier,
        rows=rows,
        ts_expiration=np.array(chain["ts_expiration"].to_numpy(), dtype=np.int64),
        futures=tuple(window.underlyings),
        future=codes_of(chain["underlying"], window.underlyings),
        front=int(window.underlying[0]),
        # a reference price that is the future's own needs no forward
        front_forward=reference if np.isnan(front_forward) else front_forward,
        weights=_weights(levels),
    )


def _of_settlements(lake: Lake, *, product: str, until_ns: int, rate: float) -> FutureSide | None:
    """Every strike of `open_chain` by the settlements of a moment; None where they are of another, or there are none."""
    day = chicago_date(until_ns)
    if until_ns != settlement_ns(day) or day not in lake.days("open_chain", product):
        return None
    levels = lake.open("open_levels", product=product, day=day).read(
        ["convention", "scope", "weight_used", "settlement_date", "reference_price"]
    )
    of_all: list[dict[str, Any]] = [row for row in levels.to_pylist() if row["scope"] == "all"]
    if not of_all or of_all[0]["settlement_date"] != day or of_all[0]["reference_price"] is None:
        return None
    chain = lake.open("open_chain", product=product, day=day).read(list(_OPEN_CHAIN))
    chain = chain.filter(pc.and_(pc.is_valid(chain["forward"]), pc.is_valid(chain["years"]))).combine_chunks()
    names = sorted(pc.unique(chain["underlying"].cast(pa.string())).to_pylist())
    future = codes_of(chain["underlying"], names)
    rows, _ = chain_rows(chain, np.zeros(chain.num_rows, dtype=np.int64), 1)
    total_vol = chain["iv"].to_numpy() * np.sqrt(rows.years)
    greeks = chain_greeks(F=rows.forward, K=rows.strikes[rows.place], T=rows.years, total_vol=total_vol, r=rate)
    reference = float(of_all[0]["reference_price"])
    return FutureSide(
        product=product,
        about=f"by the settlements of {day}",
        ts=until_ns,
        reference=reference,
        multiplier=product_of(product).multiplier,
        rows=replace(
            rows,
            total_vol=total_vol,
            vanna=greeks.vanna,
            call_delta=greeks.call_delta,
            put_delta=greeks.put_delta,
            call_charm=greeks.call_charm,
            put_charm=greeks.put_charm,
        ),
        ts_expiration=np.array(chain["ts_expiration"].to_numpy(), dtype=np.int64),
        futures=tuple(names),
        future=future,
        front=int(future[0]),
        front_forward=float(rows.forward[0]),
        weights=_weights(levels),
    )


def _weights(levels: pa.Table) -> dict[str, str | None]:
    """Convention -> the weight of the day, which is one for all scopes."""
    return {row["convention"]: row["weight_used"] for row in levels.to_pylist()}
