"""`silver_gex_chain`: volatility, gamma, weights and exposure of every listed strike of the expirations in force.

Volatility comes from `chain_volatility`, open interest and trades from `chain_weights`, the forward from `silver_forward`.
Exposures are magnitudes here; a convention gives them signs. Errors of strikes are by `analytics.gamma_errors`.
`ChainStage` gives the rows of a block of windows, `gex_chain` those of a day, block by block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.conventions import BUILT_IN
from gex_assets.kernels.exposure.exposure import gamma_exposure
from gex_assets.kernels.pricing.black76 import IvStatus
from gex_assets.kernels.pricing.parity_forward import STORED_ERRORS
from gex_assets.schemas.silver_forward import SILVER_FORWARD
from gex_assets.schemas.silver_gex_chain import EXPOSURE_WEIGHTS, IV_STATUSES, RIGHTS, SILVER_GEX_CHAIN, TS_REFS
from gex_assets.stages.chain_grid import InStep
from gex_assets.stages.expirations_in_force import HowMany, expirations_in_force, years_to_expiration
from gex_assets.stages.forward_lookup import ForwardLookup
from gex_assets.stages.ladders import Ladder, Ladders, ladders_of
from gex_assets.stages.quote_grid import GRID_KEYS, UNKNOWN_INT, QuoteGrid, last_end, quote_grid
from gex_assets.stages.row_block import category, row_block
from gex_assets.stages.silver.chain_volatility import volatility
from gex_assets.stages.silver.chain_weights import TradedContracts
from gex_assets.stages.silver.convention_scopes import WeightChoice
from gex_assets.stages.silver.statistic_in_force import UNKNOWN_REF, StatisticInForce, sessions_over
from gex_assets.time_units import WINDOW_NS

__all__ = ["FORWARD_COLUMNS", "QUOTE_COLUMNS", "ChainStage", "gex_chain"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]
Columns = dict[str, NDArray[Any]]

QUOTE_COLUMNS: Final = (
    *GRID_KEYS,
    "book_state",
    "is_complete",
    "bid_price",
    "ask_price",
    "bid_depth",
    "ask_depth",
    "quote_age_ns",
    "aggressor_net",
)
"""Columns of `silver_option_quotes` that the chain needs."""

FORWARD_COLUMNS: Final = ("ts_window_end", "ts_expiration", "forward", "forward_se")
"""Columns of `silver_forward` that the chain needs."""

_CELLS_AT_ONCE: Final = 120_000
"""Most windows · options computed together; it bounds memory where many expirations are selected."""


class ChainStage:
    """Rows of `silver_gex_chain`, one block of whole windows after the other; grouping does not matter.

    What was published and traded before a window is remembered by instrument_id, so the ladders may grow between blocks.
    Adding all statistics and trades to a new stage restores what an earlier one remembered.

    Parameters
    ----------
    product : the future's name, for its sessions.
    rate : continuously compounded interest rate. [1/year]
    open_ratio : share of the flow after open interest's session that is taken to be opening. [1]
    expirations : setting: how many of the earliest expirations count.
    tally : counts rows by `iv_{status}`, `gamma_missing`, `gamma_from_smile`, and what `TradedContracts` counts.
    """

    def __init__(self, *, product: str, rate: float, open_ratio: float, expirations: HowMany, tally: Counter[str]) -> None:
        self._product = product
        self._rate = rate
        self._open_ratio = open_ratio
        self._expirations = expirations
        self._tally = tally
        self._interest = StatisticInForce()
        self._statistics: list[pa.Table] = []
        self._of_field: str | None = None
        self._is_chosen = False
        self._traded = TradedContracts(tally=tally)

    def add_statistics(self, statistics: pa.Table) -> None:
        """Add rows of `bronze_option_statistics`, any time before the windows that end after them."""
        self._interest.add(statistics)
        if not self._is_chosen:
            self._statistics.append(statistics)

    def add_trades(self, trades: pa.Table) -> None:
        """Add rows of `bronze_option_trades`, any time before the windows that end after them."""
        self._traded.add(trades)

    def rows(self, quotes: pa.Table, *, ladders: Ladders, forward: pa.Table | None) -> pa.Table:
        """Rows of some windows, without any where no expiration is in force.

        Parameters
        ----------
        quotes : `silver_option_quotes` of these windows (at least `QUOTE_COLUMNS`), which follow those of the call before.
        ladders : the options known so far.
        forward : `silver_forward` of these windows (at least `FORWARD_COLUMNS`), or None without rows.

        Raises
        ------
        SettingsError
            `expirations` has an unusable value.
        ValueError
            The windows do not follow those of the call before.
        """
        columns = [name for name in QUOTE_COLUMNS if name not in GRID_KEYS]
        grid = quote_grid(quotes, instrument_ids=ladders.instrument_ids, columns=columns)
        if grid.ends.size == 0:
            return SILVER_GEX_CHAIN.empty()
        if forward is not None and forward.num_rows and not self._is_chosen:
            self._choose(pc.min(forward["ts_window_end"]).as_py())
        prices = ForwardLookup.of(SILVER_FORWARD.empty() if forward is None else forward)
        parts = [self._part(part, ladders, prices) for part in grid.parts(cells=_CELLS_AT_ONCE)]
        return pa.concat_tables(parts)

    def _choose(self, first_end: int) -> None:
        """The weight that `field` uses all day, chosen as for its levels: when the first window with a forward has ended."""
        choice = WeightChoice([BUILT_IN["field"]], first_window_start_ns=first_end - WINDOW_NS)
        for statistics in self._statistics:
            choice.add_statistics(statistics)
        self._of_field, self._is_chosen = choice.chosen().weights[0], True
        self._statistics.clear()

    def _part(self, grid: QuoteGrid, ladders: Ladders, prices: ForwardLookup) -> pa.Table:
        in_force = expirations_in_force(ladders, ends=grid.ends, expirations=self._expirations)
        weights = self._weights_by_option(grid, ladders)
        blocks = [
            _block_of_ladder(
                grid,
                ladder,
                weights,
                F=prices.at("forward", ladder.ts_expiration, grid.ends),
                forward_error=prices.at("forward_se", ladder.ts_expiration, grid.ends) / STORED_ERRORS,
                of_field=self._of_field,
                underlying=ladders.underlyings.index(ladder.underlying),
                windows=np.flatnonzero(in_force[:, place]),
                rate=self._rate,
            )
            for place, ladder in enumerate(ladders.by_expiration)
            if in_force[:, place].any()
        ]
        return _table_of(blocks, ladders, windows=grid.ends.size, tally=self._tally)

    def _weights_by_option(self, grid: QuoteGrid, ladders: Ladders) -> _Weights:
        """What is known of each option: an inventory begins with its claims' run, open interest's flow after its session.

        Only a complete book says what rests.
        """
        present, complete, ids = grid.present, grid.columns["is_complete"], ladders.instrument_ids
        interest = self._interest.at(grid.ends, instrument_ids=ids)
        traded = self._traded.at(grid.ends, instrument_ids=ids)
        begun = ladders.runs.at(grid.ends, instrument_ids=ids)
        before = self._traded.before(begun, instrument_ids=ids)
        flow = np.where(present, -(grid.columns["aggressor_net"] + traded.spread_net - before.spread_net), np.nan)
        # Open interest holds what was opened in its own session: only later flow can have opened more.
        since = np.maximum(begun, sessions_over(interest.ts_ref, product=self._product))
        flow_before = before.net - self._traded.before(since, instrument_ids=ids).net
        opening = np.where(since < grid.ends[:, None], np.abs(flow - flow_before), np.where(present, 0.0, np.nan))
        return _Weights(
            by_short={
                "resting": np.where(complete, grid.columns["bid_depth"] + grid.columns["ask_depth"], np.nan),
                "oi": interest.value,
                "flow": flow,
                "volume": traded.volume.astype(np.float64),
                "oi_plus_flow": interest.value + self._open_ratio * opening,
            },
            open_interest_ts_ref=interest.ts_ref,
        )


def gex_chain(
    groups: Iterable[pa.Table],
    *,
    instruments: pa.Table,
    forward: Iterable[pa.Table],
    statistics: pa.Table,
    trades: pa.Table,
    product: str,
    rate: float,
    open_ratio: float,
    expirations: HowMany,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Chain of every window of a day.

    Parameters
    ----------
    groups : row groups of `silver_option_quotes` (at least `QUOTE_COLUMNS`).
    forward : row groups of `silver_forward` (at least `FORWARD_COLUMNS`); they are matched with the quotes by time.
    instruments, statistics, trades : the day's `bronze_option_instruments`, `bronze_option_statistics` and
        `bronze_option_trades`.
    product, rate, open_ratio, expirations, tally : as for `ChainStage`; `tally` also counts what `ladders_of` counts.

    Yields
    ------
    One table of `SILVER_GEX_CHAIN` per row group, without rows where no expiration is in force.

    Raises
    ------
    SettingsError
        `expirations` has an unusable value.
    """
    stage = ChainStage(product=product, rate=rate, open_ratio=open_ratio, expirations=expirations, tally=tally)
    stage.add_statistics(statistics)
    stage.add_trades(trades)
    ladders = ladders_of(instruments, tally=tally)
    forwards = InStep(forward)
    for quotes in groups:
        yield stage.rows(quotes, ladders=ladders, forward=forwards.until(last_end(quotes)))


class _Weights(NamedTuple):
    """(W, I) of each weight, NaN where it is not known, and the moment that open interest is about."""

    by_short: dict[str, Float]
    open_interest_ts_ref: Int


class _Block(NamedTuple):
    """One expiration: windows (w,), whether there is a row (w, S), and the columns, broadcastable to (w, S)."""

    windows: Int
    rows: Bool
    columns: Columns


def _block_of_ladder(
    grid: QuoteGrid,
    ladder: Ladder,
    weights: _Weights,
    *,
    F: Float,
    forward_error: Float,
    of_field: str | None,
    underlying: int,
    windows: Int,
    rate: float,
) -> _Block:
    ends = grid.ends[windows]
    listed = ladder.listed(ends)
    F, forward_error = F[windows], forward_error[windows]
    years = years_to_expiration(ends=ends, ts_expiration=ladder.ts_expiration)
    found = volatility(grid, ladder, windows=windows, listed=listed, F=F, forward_error=forward_error, T=years, rate=rate)
    columns: Columns = {
        "ts_window_end": ends[:, None],
        "ts_expiration": np.array(ladder.ts_expiration, dtype=np.int64),
        "strike": ladder.strikes,
        "underlying": np.array(underlying, dtype=np.int32),
        "session_date": grid.session_date[windows][:, None],
        "multiplier": ladder.multiplier,
        "forward": F[:, None],
        "years": years[:, None],
        "iv_status": found.status,
        "quote_age_ns": found.quote_age_ns,
        **found.columns,
    }
    of_one_contract = gamma_exposure(gamma=found.columns["gamma"], weight=1.0, F=columns["forward"], multiplier=ladder.multiplier)
    for right, positions, is_listed in zip(RIGHTS, (ladder.call, ladder.put), listed, strict=True):
        all_there = bool(is_listed.all())
        ts_ref = np.take(weights.open_interest_ts_ref[windows], np.maximum(positions, 0), axis=1)
        columns[f"{right}_open_interest_ts_ref"] = np.where(is_listed, ts_ref, UNKNOWN_REF)
        for short, (column, _, _) in EXPOSURE_WEIGHTS.items():
            values = weights.by_short[short]
            values = values if windows.size == grid.ends.size else values[windows]
            weight = np.take(values, np.maximum(positions, 0), axis=1)
            if not all_there:
                weight[~is_listed] = np.nan
            columns[f"{right}_{column}"] = weight
            columns[f"{right}_gex_{short}"] = of_one_contract * np.abs(weight)
        columns[f"{right}_volume_over_oi"] = _share_of(columns[f"{right}_volume"], columns[f"{right}_open_interest"])
        columns[f"{right}_premium"] = found.mids[RIGHTS.index(right)] * ladder.multiplier
    shape = found.columns["gamma"].shape
    call, put = (columns.get(f"{right}_{of_field}", np.full(shape, np.nan)) for right in RIGHTS)
    net = np.where(np.isnan(call) & np.isnan(put), np.nan, np.nan_to_num(call) - np.nan_to_num(put))
    columns["net_gex_se"] = gamma_exposure(
        gamma=found.columns["gamma_se"], weight=net, F=columns["forward"], multiplier=ladder.multiplier
    )
    return _Block(windows, listed[0] | listed[1], columns)


def _share_of(part: Float, whole: Float) -> Float:
    """Part / whole; NaN where the whole is 0 or either is unknown."""
    found = np.full(part.shape, np.nan)
    np.divide(part, whole, out=found, where=whole > 0.0)
    return found


def _flat(blocks: list[_Block], *, windows: int) -> Columns:
    """The rows of all expirations, window by window, then by expiration and strike."""
    counts = np.zeros((windows, len(blocks)), dtype=np.int64)
    for number, block in enumerate(blocks):
        counts[block.windows, number] = np.count_nonzero(block.rows, axis=1)
    starts = np.cumsum(counts).reshape(counts.shape) - counts
    total = int(counts.sum())
    flat = {name: np.empty(total, dtype=values.dtype) for name, values in blocks[0].columns.items()}
    regular = all(block.windows.size == windows and block.rows.all() for block in blocks)
    for number, block in enumerate(blocks):
        shape = block.rows.shape
        if regular:
            first = starts[0, number]
            for name, values in block.columns.items():
                flat[name].reshape(windows, -1)[:, first : first + shape[1]] = values
            continue
        rank = np.cumsum(block.rows, axis=1) - 1
        places = (starts[block.windows, number][:, None] + rank)[block.rows]
        for name, values in block.columns.items():
            flat[name][places] = np.broadcast_to(values, shape)[block.rows]
    return flat


def _table_of(blocks: list[_Block], ladders: Ladders, *, windows: int, tally: Counter[str]) -> pa.Table:
    if not blocks:
        return SILVER_GEX_CHAIN.empty()
    flat = _flat(blocks, windows=windows)
    status = flat["iv_status"]
    for code, count in enumerate(np.bincount(status, minlength=len(IvStatus)).tolist()):
        tally[f"iv_{IV_STATUSES[code]}"] += count
    tally["gamma_missing"] += int(np.count_nonzero(np.isnan(flat["gamma"])))
    tally["gamma_from_smile"] += int(np.count_nonzero(flat["iv_filled"]))

    age = flat["quote_age_ns"]
    columns: dict[str, NDArray[Any] | pa.Array] = {
        **flat,
        "underlying": category(flat["underlying"], ladders.underlyings),
        "iv_status": category(status, IV_STATUSES),
        "quote_age_ns": pa.array(age, mask=age == UNKNOWN_INT),
        **{name: pa.array(flat[name], mask=flat[name] == UNKNOWN_REF) for name in TS_REFS},
    }
    return row_block(SILVER_GEX_CHAIN, columns)
