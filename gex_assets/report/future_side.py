"""A future's options at one moment, read from published tables, for an index chain to stand next to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa

from gex_assets.chain.two_markets.future_side import FutureSide
from gex_assets.errors import GexError
from gex_assets.lake.ranges.latest import last_known_window, rows_at
from gex_assets.lake.tables import Lake
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


def future_side(lake: Lake, *, product: str, until_ns: int) -> FutureSide:
    """The options on a future in the last window with levels that ends by a moment.

    Parameters
    ----------
    product : of `market.products`.
    until_ns : the moment. [UNIX ns UTC]

    Raises
    ------
    GexError
        The day is not published, or has no window with levels in the minute before the moment.
    LakeError
        One of its tables cannot be read.
    """
    moment = datetime.fromtimestamp(until_ns // SECOND_NS, tz=UTC)
    days = lake.days("silver_gex_levels", product)
    if moment.date() not in days:
        known = ", ".join(str(day) for day in days[-_MOST_DAYS:]) or "none"
        raise GexError(
            f"Expected {product} of {moment.date()} in the lake, when the chain was quoted or its index last computed "
            f"({moment:%H:%M:%S} UTC), was {known}{' as the last' if len(days) > _MOST_DAYS else ''}: run that day first"
        )
    tables = {
        name: lake.open(name, product=product, day=moment.date())
        for name in ("silver_gex_levels", "silver_gex_chain", "silver_forward")
    }
    end = last_known_window(tables["silver_gex_levels"], "net_gex", until=until_ns)
    if end is None or until_ns - end > MOST_AGE_NS:
        last = "none" if end is None else f"{datetime.fromtimestamp(end // SECOND_NS, tz=UTC):%H:%M:%S}"
        raise GexError(
            f"Expected a window of {product} with levels that ends in the minute to {moment:%Y-%m-%d %H:%M:%S} UTC, was {last}"
        )
    chain = rows_at(tables["silver_gex_chain"], end, CHAIN_COLUMNS)
    window = LevelWindows.of(rows_at(tables["silver_forward"], end))
    rows, _ = chain_rows(chain, np.zeros(chain.num_rows, dtype=np.int64), 1)
    reference = float(window.reference_price[0])
    front_forward = float(window.forward[0])
    levels = rows_at(tables["silver_gex_levels"], end, ["convention", "weight_used"])
    return FutureSide(
        product=product,
        ts_window_end=end,
        reference=reference,
        multiplier=product_of(product).multiplier,
        rows=rows,
        ts_expiration=np.array(chain["ts_expiration"].to_numpy(), dtype=np.int64),
        futures=tuple(window.underlyings),
        future=np.array(codes_of(chain["underlying"], window.underlyings), dtype=np.int64),
        front=int(window.underlying[0]),
        # a reference price that is the future's own needs no forward
        front_forward=reference if np.isnan(front_forward) else front_forward,
        weights={row["convention"]: row["weight_used"] for row in _plain(levels).to_pylist()},
    )


def _plain(rows: pa.Table) -> pa.Table:
    """Texts in place of categories."""
    return rows.cast(pa.schema([pa.field(name, pa.string()) for name in rows.column_names]))
