"""`silver_forward`: the forward that each selected expiration's options imply, its standard error, and the future's prices.

The estimate is `kernels.pricing.parity_forward`. Here pairs are made of quotes, and the reference price is chosen by the setting.
Where the chosen reference price is not known it is NULL, never another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.errors import SettingsError
from gex_assets.kernels.pricing.parity_forward import FEWEST_USED, parity_forward
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES, SILVER_FORWARD
from gex_assets.settings import ReferencePrice
from gex_assets.stages.expirations_in_force import (
    HowMany,
    expirations_in_force,
    first_of_each_window,
    listed_and_unexpired,
    years_to_expiration,
)
from gex_assets.stages.future_prices import FuturePrices, future_prices
from gex_assets.stages.ladders import Ladder, Ladders, ladders_of
from gex_assets.stages.quote_grid import GRID_KEYS, STATE, QuoteGrid, quote_grids
from gex_assets.stages.row_block import category, row_block

__all__ = ["QUOTE_COLUMNS", "forward"]

Float = NDArray[np.float64]

QUOTE_COLUMNS: Final = (*GRID_KEYS, "book_state", "bid_price", "ask_price")
"""Columns of `silver_option_quotes` from which the forward is estimated."""

_FEWEST_USED_FOR_OK: Final = 15
_REFERENCES: Final = ("parity", "future_mid", "future_vwap", "future_last")


def forward(
    groups: Iterable[pa.Table],
    *,
    instruments: pa.Table,
    future_quotes: pa.Table | None,
    rate: float,
    reference_price: ReferencePrice,
    expirations: HowMany,
    sure_se: float = 0.15,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Forward of every selected expiration in every window.

    An expiration that has expired by the window's end, or is not listed yet, has quality `none`.

    Parameters
    ----------
    groups : row groups of `silver_option_quotes` (at least `QUOTE_COLUMNS`).
    instruments : `bronze_option_instruments` of the day.
    future_quotes : `silver_future_quotes` of the day, or None without futures.
    rate : continuously compounded interest rate. [1/year]
    reference_price : setting; "parity" takes the forward of the underlying's earliest listed, unexpired expiration.
    expirations : setting; `is_front` marks the first expiration in force.
    sure_se : largest `forward_se` of a forward that is `ok`, from `Product.sure_forward_se`. [index points]
    tally : counts `forward_none`, `forward_weak` and `forward_ok` rows of listed, unexpired expirations, and what
        `ladders_of` and `future_prices` count.

    Yields
    ------
    One table of `SILVER_FORWARD` per row group.

    Raises
    ------
    SettingsError
        `reference_price` or `expirations` has an unusable value.
    """
    if reference_price not in _REFERENCES:
        raise SettingsError(f"Expected a reference_price of {_REFERENCES}, was {reference_price!r}")
    ladders = ladders_of(instruments, tally=tally)
    futures = future_prices(future_quotes, tally=tally)
    columns = [name for name in QUOTE_COLUMNS if name not in GRID_KEYS]
    for grid in quote_grids(groups, instrument_ids=ladders.instrument_ids, columns=columns):
        yield _forward_of_grid(
            grid,
            ladders,
            futures,
            rate=rate,
            reference_price=reference_price,
            expirations=expirations,
            sure_se=sure_se,
            tally=tally,
        )


def _forward_of_grid(
    grid: QuoteGrid,
    ladders: Ladders,
    futures: FuturePrices,
    *,
    rate: float,
    reference_price: ReferencePrice,
    expirations: HowMany,
    sure_se: float,
    tally: Counter[str],
) -> pa.Table:
    by_expiration = ladders.by_expiration
    shape = (grid.ends.size, len(by_expiration))
    live = listed_and_unexpired(ladders, ends=grid.ends)
    front = first_of_each_window(expirations_in_force(ladders, ends=grid.ends, expirations=expirations))

    numbers = {name: np.full(shape, np.nan) for name in ("forward", "forward_se", "forward_lower", "forward_upper")}
    counts = {name: np.zeros(shape, dtype=np.int32) for name in ("n_pairs", "n_used")}
    years = np.zeros(shape)
    for place, ladder in enumerate(by_expiration):
        years[:, place] = years_to_expiration(ends=grid.ends, ts_expiration=ladder.ts_expiration)
        windows = np.flatnonzero(live[:, place])
        if windows.size == 0:
            continue
        found = _parity(grid, ladder, windows, discount=np.exp(-rate * years[windows, place]))
        for name, values in found.items():
            (numbers if name in numbers else counts)[name][windows, place] = values

    known = (counts["n_used"] >= FEWEST_USED) & ~np.isnan(numbers["forward"])
    for name in ("forward", "forward_se"):
        numbers[name][~known] = np.nan
    sure = known & (counts["n_used"] >= _FEWEST_USED_FOR_OK) & (numbers["forward_se"] <= sure_se)
    quality = np.where(known, np.where(sure, 2, 1), 0)
    for code, name in enumerate(FORWARD_QUALITIES):
        tally[f"forward_{name}"] += int(np.count_nonzero(live & (quality == code)))

    future_columns = {name: np.full(shape, np.nan) for name in ("future_mid", "future_vwap", "future_last")}
    reference = np.full(shape, np.nan)
    for underlying in ladders.underlyings:
        members = np.array([ladder.underlying == underlying for ladder in by_expiration])
        of_future = futures.at(underlying, grid.ends)
        for name, values in of_future.items():
            future_columns[name][:, members] = values[:, None]
        if reference_price == "parity":
            nearest = first_of_each_window(live & members)
            chosen = np.where(nearest >= 0, numbers["forward"][np.arange(shape[0]), np.maximum(nearest, 0)], np.nan)
        else:
            chosen = of_future[reference_price]
        reference[:, members] = chosen[:, None]

    names = [ladder.underlying for ladder in by_expiration]
    places = np.broadcast_to(np.arange(shape[1], dtype=np.int32), shape)
    return row_block(
        SILVER_FORWARD,
        {
            "ts_window_end": np.repeat(grid.ends, shape[1]),
            "ts_expiration": np.tile(np.array([ladder.ts_expiration for ladder in by_expiration], dtype=np.int64), shape[0]),
            "session_date": np.repeat(grid.session_date, shape[1]),
            "underlying": category(places, names),
            "is_front": places == front[:, None],
            **numbers,
            **counts,
            "method": category(np.where(known, 0, 1), ("parity_biweight", "none")),
            "quality": category(quality, FORWARD_QUALITIES),
            "discount_factor": np.exp(-rate * years),
            "years": years,
            **future_columns,
            "reference_price": reference,
        },
    )


def _parity(grid: QuoteGrid, ladder: Ladder, windows: NDArray[np.int64], *, discount: Float) -> dict[str, NDArray[np.generic]]:
    paired = (ladder.call >= 0) & (ladder.put >= 0)
    sides: dict[str, Float] = {}
    for right, positions in (("call", ladder.call[paired]), ("put", ladder.put[paired])):
        usable = grid.at("book_state", positions, windows=windows) == STATE["ok"]
        for side in ("bid", "ask"):
            sides[f"{right}_{side}"] = np.where(usable, grid.at(f"{side}_price", positions, windows=windows), np.nan)
    found = parity_forward(
        strikes=ladder.strikes[paired],
        call_bid=sides["call_bid"],
        call_ask=sides["call_ask"],
        put_bid=sides["put_bid"],
        put_ask=sides["put_ask"],
        discount=discount,
    )
    return {
        "forward": found.forward,
        "forward_se": found.se,
        "forward_lower": found.lower,
        "forward_upper": found.upper,
        "n_pairs": found.n_pairs,
        "n_used": found.n_used,
    }
