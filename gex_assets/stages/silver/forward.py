"""`silver_forward`: the forward that each selected expiration's options imply, its standard error, and the future's prices.

The estimate is `kernels.pricing.parity_forward`. Here pairs are made of quotes, and the reference price is chosen by the setting.
Where the chosen reference price is not known it is NULL, never another one.
`ForwardStage` gives the rows of a block of windows, `forward` those of a day, block by block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.errors import SettingsError
from gex_assets.kernels.pricing.parity_forward import FEWEST_USED, parity_forward
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES, SILVER_FORWARD
from gex_assets.settings import ReferencePrice
from gex_assets.stages.chain_grid import InStep
from gex_assets.stages.expirations_in_force import (
    HowMany,
    expirations_in_force,
    first_of_each_window,
    listed_and_unexpired,
    years_to_expiration,
)
from gex_assets.stages.future_prices import FUTURE_COLUMNS, FUTURE_PRICES, future_prices
from gex_assets.stages.ladders import Ladder, Ladders, ladders_of
from gex_assets.stages.quote_grid import GRID_KEYS, STATE, QuoteGrid, last_end, quote_grid
from gex_assets.stages.row_block import category, row_block

__all__ = ["FUTURE_COLUMNS", "QUOTE_COLUMNS", "ForwardStage", "forward"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

QUOTE_COLUMNS: Final = (*GRID_KEYS, "book_state", "is_complete", "bid_price", "ask_price")
"""Columns of `silver_option_quotes` from which the forward is estimated."""

_FEWEST_USED_FOR_OK: Final = 15
_REFERENCES: Final = ("parity", "future_mid", "future_vwap", "future_last")


class ForwardStage:
    """Rows of `silver_forward`, one block of whole windows after the other.

    A row depends on its own window alone, so grouping does not matter.

    Parameters
    ----------
    rate : continuously compounded interest rate. [1/year]
    reference_price : setting; "parity" takes the forward of the underlying's earliest listed, unexpired expiration.
    expirations : setting; `is_front` marks the first expiration in force.
    sure_se : largest `forward_se` of a forward that is `ok`, from `Product.sure_forward_se`. [index points]
    tally : counts `forward_none`, `forward_weak` and `forward_ok` rows of listed, unexpired expirations, and what
        `future_prices` counts.

    Raises
    ------
    SettingsError
        `reference_price` has an unusable value.
    """

    def __init__(
        self, *, rate: float, reference_price: ReferencePrice, expirations: HowMany, sure_se: float, tally: Counter[str]
    ) -> None:
        if reference_price not in _REFERENCES:
            raise SettingsError(f"Expected a reference_price of {_REFERENCES}, was {reference_price!r}")
        self._rate = rate
        self._reference_price = reference_price
        self._expirations = expirations
        self._sure_se = sure_se
        self._tally = tally

    def rows(self, quotes: pa.Table, *, ladders: Ladders, futures: pa.Table | None) -> pa.Table:
        """Rows of some windows: one per window and expiration of `ladders`.

        An expiration that has expired by the window's end, or is not listed yet, has quality `none`.

        Parameters
        ----------
        quotes : `silver_option_quotes` of these windows (at least `QUOTE_COLUMNS`).
        ladders : the options known so far.
        futures : `silver_future_quotes` of these windows (at least `FUTURE_COLUMNS`), or None without futures.

        Raises
        ------
        SettingsError
            `expirations` has an unusable value.
        """
        columns = [name for name in QUOTE_COLUMNS if name not in GRID_KEYS]
        grid = quote_grid(quotes, instrument_ids=ladders.instrument_ids, columns=columns)
        shape = (grid.ends.size, len(ladders.by_expiration))
        live = listed_and_unexpired(ladders, ends=grid.ends)
        front = first_of_each_window(expirations_in_force(ladders, ends=grid.ends, expirations=self._expirations))
        found = _estimates(grid, ladders, live=live, rate=self._rate)
        counts = found.counts
        known = (counts["n_used"] >= FEWEST_USED) & ~np.isnan(found.numbers["forward"])
        for name in ("forward", "forward_se"):
            found.numbers[name][~known] = np.nan
        sure = known & (counts["n_used"] >= _FEWEST_USED_FOR_OK) & (counts["n_incomplete"] == 0)
        sure &= found.numbers["forward_se"] <= self._sure_se
        quality = np.where(known, np.where(sure, 2, 1), 0)
        for code, name in enumerate(FORWARD_QUALITIES):
            self._tally[f"forward_{name}"] += int(np.count_nonzero(live & (quality == code)))
        underlyings = [ladder.underlying for ladder in ladders.by_expiration]
        places = np.broadcast_to(np.arange(shape[1], dtype=np.int32), shape)
        expirations = np.array([ladder.ts_expiration for ladder in ladders.by_expiration], dtype=np.int64)
        return row_block(
            SILVER_FORWARD,
            {
                "ts_window_end": np.repeat(grid.ends, shape[1]),
                "ts_expiration": np.tile(expirations, shape[0]),
                "session_date": np.repeat(grid.session_date, shape[1]),
                "underlying": category(places, underlyings),
                "is_front": places == front[:, None],
                **found.numbers,
                **counts,
                "method": category(np.where(known, 0, 1), ("parity_biweight", "none")),
                "quality": category(quality, FORWARD_QUALITIES),
                "discount_factor": np.exp(-self._rate * found.years),
                "years": found.years,
                **self._prices(ladders, futures, ends=grid.ends, live=live, forwards=found.numbers["forward"]),
            },
        )

    def _prices(self, ladders: Ladders, futures: pa.Table | None, *, ends: Int, live: Bool, forwards: Float) -> dict[str, Float]:
        """(W, E) the future's prices and the reference price of each row's underlying."""
        of_futures = future_prices(futures, tally=self._tally)
        columns = {name: np.full(live.shape, np.nan) for name in (*FUTURE_PRICES, "reference_price")}
        for underlying in ladders.underlyings:
            members = np.array([ladder.underlying == underlying for ladder in ladders.by_expiration])
            of_future = of_futures.at(underlying, ends)
            if self._reference_price == "parity":
                nearest = first_of_each_window(live & members)
                chosen = np.where(nearest >= 0, forwards[np.arange(ends.size), np.maximum(nearest, 0)], np.nan)
            else:
                chosen = of_future[self._reference_price]
            for name, values in {**of_future, "reference_price": chosen}.items():
                columns[name][:, members] = values[:, None]
        return columns


def forward(
    groups: Iterable[pa.Table],
    *,
    instruments: pa.Table,
    future_quotes: Iterable[pa.Table],
    rate: float,
    reference_price: ReferencePrice,
    expirations: HowMany,
    sure_se: float,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Forward of every selected expiration in every window of a day.

    Parameters
    ----------
    groups : row groups of `silver_option_quotes` (at least `QUOTE_COLUMNS`).
    instruments : `bronze_option_instruments` of the day.
    future_quotes : row groups of `silver_future_quotes` (at least `FUTURE_COLUMNS`); they are matched with the quotes by time.
    rate, reference_price, expirations, sure_se, tally : as for `ForwardStage`; `tally` also counts what `ladders_of` counts.

    Yields
    ------
    One table of `SILVER_FORWARD` per row group.

    Raises
    ------
    SettingsError
        `reference_price` or `expirations` has an unusable value.
    """
    stage = ForwardStage(rate=rate, reference_price=reference_price, expirations=expirations, sure_se=sure_se, tally=tally)
    ladders = ladders_of(instruments, tally=tally)
    futures = InStep(future_quotes)
    for quotes in groups:
        yield stage.rows(quotes, ladders=ladders, futures=futures.until(last_end(quotes)))


class _Estimates(NamedTuple):
    """What the quotes imply, (W, E) each: years to expiration, prices [index points] and numbers of pairs, by column."""

    years: Float
    numbers: dict[str, Float]
    counts: dict[str, NDArray[np.int32]]


def _estimates(grid: QuoteGrid, ladders: Ladders, *, live: Bool, rate: float) -> _Estimates:
    years = np.zeros(live.shape)
    numbers = {name: np.full(live.shape, np.nan) for name in ("forward", "forward_se", "forward_lower", "forward_upper")}
    counts = {name: np.zeros(live.shape, dtype=np.int32) for name in ("n_pairs", "n_used", "n_incomplete")}
    for place, ladder in enumerate(ladders.by_expiration):
        years[:, place] = years_to_expiration(ends=grid.ends, ts_expiration=ladder.ts_expiration)
        windows = np.flatnonzero(live[:, place])
        if windows.size == 0:
            continue
        found = _parity(grid, ladder, windows, discount=np.exp(-rate * years[windows, place]))
        for name, values in found.items():
            (numbers if name in numbers else counts)[name][windows, place] = values
    return _Estimates(years, numbers, counts)


def _parity(grid: QuoteGrid, ladder: Ladder, windows: Int, *, discount: Float) -> dict[str, NDArray[np.generic]]:
    paired = (ladder.call >= 0) & (ladder.put >= 0)
    sides: dict[str, Float] = {}
    incomplete = np.zeros((windows.size, int(np.count_nonzero(paired))), np.bool_)
    for right, positions in (("call", ladder.call[paired]), ("put", ladder.put[paired])):
        usable = grid.at("book_state", positions, windows=windows) == STATE["ok"]
        incomplete |= ~grid.at("is_complete", positions, windows=windows)
        for side in ("bid", "ask"):
            sides[f"{right}_{side}"] = np.where(usable, grid.at(f"{side}_price", positions, windows=windows), np.nan)
    found = parity_forward(
        strikes=ladder.strikes[paired],
        call_bid=sides["call_bid"],
        call_ask=sides["call_ask"],
        put_bid=sides["put_bid"],
        put_ask=sides["put_ask"],
        discount=discount,
        incomplete=incomplete,
    )
    return {
        "forward": found.forward,
        "forward_se": found.se,
        "forward_lower": found.lower,
        "forward_upper": found.upper,
        "n_pairs": found.n_pairs,
        "n_used": found.n_used,
        "n_incomplete": found.n_incomplete,
    }
