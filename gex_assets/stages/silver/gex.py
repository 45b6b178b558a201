"""`silver_gex`: exposure and order flow at the five strikes above and below the reference price, and how they change.

`gex_strikes` gives the values of each strike. This module picks the strikes around the price in every window, adds them up and
compares them with the windows before. `GexStage` keeps the values of earlier windows from block to block (`stages.look_back`).
So rows do not depend on how windows are grouped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.features.runs import LOOK_BACK
from gex_assets.kernels.features.strike_slots import (
    at_slots,
    differences,
    imbalance,
    nearest_strikes,
    pull_add_log,
    rank_weighted_mean,
    sum_of_known,
)
from gex_assets.kernels.features.triggers import APPROACH_WINDOWS, approach_direction
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES, SILVER_FORWARD
from gex_assets.schemas.silver_gex import (
    AGGREGATES,
    DERIVATIVE_ORDERS,
    GEX_FAMILIES,
    SILVER_GEX,
    SLOTS,
    derivative_column,
    direction_columns,
    slot_column,
)
from gex_assets.stages.chain_grid import ChainGrid, InStep, chain_grid
from gex_assets.stages.expirations_in_force import first_of_each_window, listed_and_unexpired
from gex_assets.stages.forward_lookup import ForwardLookup
from gex_assets.stages.ladders import Ladders, ladders_of
from gex_assets.stages.look_back import Remembered, WindowRuns, before, with_differences
from gex_assets.stages.quote_grid import GRID_KEYS, QuoteGrid, quote_grids, whole_groups
from gex_assets.stages.row_block import category, float_columns, row_block
from gex_assets.stages.silver.gex_strikes import (
    CHAIN_COLUMNS,
    FEATURES,
    QUOTE_COLUMNS,
    StrikeValues,
    UnionOfStrikes,
    strike_values,
    trade_net,
)
from gex_assets.time_units import WINDOW_NS

__all__ = ["CHAIN_COLUMNS", "QUOTE_COLUMNS", "GexStage", "gamma_exposure"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_PER_SIDE: Final = len(SLOTS) // 2
_FEATURE_PLACE: Final = {feature: place for place, feature in enumerate(FEATURES)}
_AGGREGATE_PLACE: Final = {name: place for place, name in enumerate(AGGREGATES)}
_GRID_COLUMNS: Final = [name for name in QUOTE_COLUMNS if name not in GRID_KEYS]


def gamma_exposure(
    chain_groups: Iterable[pa.Table],
    quote_groups: Iterable[pa.Table],
    *,
    instruments: pa.Table,
    forward: pa.Table,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Strike-slot features of every window and underlying: `GexStage` over the blocks of a day.

    Parameters
    ----------
    chain_groups : row groups of `silver_gex_chain` (at least `CHAIN_COLUMNS`); they are matched with the quotes by time.
    quote_groups : row groups of `silver_option_quotes` (at least `QUOTE_COLUMNS`).
    instruments, forward : the day's `bronze_option_instruments` and `silver_forward`.
    tally : as for `GexStage`, and what `ladders_of` counts.

    Yields
    ------
    One table of `SILVER_GEX` per `whole_groups` of the quotes.
    """
    ladders = ladders_of(instruments, tally=tally)
    stage = GexStage(tally=tally)
    chain_rows, forward_rows = InStep(chain_groups), InStep([forward])
    for quotes in whole_groups(quote_groups):
        last = quotes["ts_window_end"][-1].as_py() if quotes.num_rows else 0
        yield stage.rows(quotes, chain=chain_rows.until(last), forward=forward_rows.until(last), ladders=ladders)


class GexStage:
    """Rows of `silver_gex`, one block of whole windows after another; how windows are grouped into blocks does not matter.

    Parameters
    ----------
    tally : counts `windows_without_reference_price`, `windows_without_expiration` and `slots_empty`.
    """

    def __init__(self, *, tally: Counter[str]) -> None:
        self._tally = tally
        self._ladders: Ladders | None = None
        self._by_underlying: dict[str, _Underlying] = {}
        self._before = _WindowsBefore()

    def rows(self, quotes: pa.Table, *, chain: pa.Table | None, forward: pa.Table | None, ladders: Ladders) -> pa.Table:
        """Strike-slot features of every window of the block and every underlying.

        An underlying has a row where the chain has one of its strikes. A window in which no expiration is in force has one row
        with NULL features. Its underlying is that of the earliest expiration to come that `ladders` has, else of the last.
        After a gap, and before an underlying's first row, there are no windows to look back on.

        Parameters
        ----------
        quotes : rows of `silver_option_quotes` (at least `QUOTE_COLUMNS`) in the block, later than all before.
        chain, forward : rows of `silver_gex_chain` (at least `CHAIN_COLUMNS`) and `silver_forward` in these windows; None where
            there are none.
        ladders : the selected options known so far. A later block may bring an object with more of them.
        """
        slots = self._of_ladders(ladders)
        (grid,) = quote_grids([quotes], instrument_ids=ladders.instrument_ids, columns=_GRID_COLUMNS)
        if grid.ends.size == 0:
            return SILVER_GEX.empty()
        cells = chain_grid(chain, ends=grid.ends, ladders=ladders)
        prices = ForwardLookup.of(SILVER_FORWARD.empty() if forward is None else forward)
        run, depth_at_start = self._before.advance(grid, ladders)
        live = listed_and_unexpired(ladders, ends=grid.ends)
        stand_in = _stand_ins(grid, cells, ladders, live=live)
        self._tally["windows_without_expiration"] += int(np.count_nonzero(stand_in >= 0))
        blocks = [
            own.rows(
                grid,
                cells,
                run=run,
                depth_at_start=depth_at_start,
                in_any_case=stand_in == place,
                reference=_reference(prices, ladders, own.union, grid.ends),
                quality=_quality(prices, ladders, own.union, grid.ends, live=live),
            )
            for place, own in enumerate(slots)
        ]
        return _table_of(grid, blocks, ladders, tally=self._tally)

    def _of_ladders(self, ladders: Ladders) -> list[_Underlying]:
        """Slots of each underlying; what they remember is moved to the places of new ladders."""
        if ladders is not self._ladders:
            for name in ladders.underlyings:
                if name in self._by_underlying:
                    self._by_underlying[name].move(ladders)
                else:
                    self._by_underlying[name] = _Underlying(ladders, name)
            self._ladders = ladders
        return [self._by_underlying[name] for name in ladders.underlyings]


def _stand_ins(grid: QuoteGrid, chain: ChainGrid, ladders: Ladders, *, live: Bool) -> Int:
    """(W,) position of the underlying that has the row of a window without a chain; -1 in windows with one."""
    has_rows = np.zeros(grid.ends.size, dtype=np.bool_)
    for member in range(len(ladders.by_expiration)):
        has_rows |= chain.listed(member).any(axis=1)
    to_come = np.array([ladder.ts_expiration for ladder in ladders.by_expiration]) > grid.ends[:, None]
    first_live, first_to_come = first_of_each_window(live), first_of_each_window(to_come)
    last = len(ladders.by_expiration) - 1
    chosen = np.where(first_live >= 0, first_live, np.where(first_to_come >= 0, first_to_come, last))
    of_ladder = np.array([ladders.underlyings.index(ladder.underlying) for ladder in ladders.by_expiration])
    return np.where(has_rows, -1, of_ladder[chosen]) if of_ladder.size else np.full(grid.ends.size, -1)


def _reference(prices: ForwardLookup, ladders: Ladders, union: UnionOfStrikes, ends: Int) -> Float:
    """(W,) reference price, the same for all expirations of the underlying that have a row; NaN where none has one."""
    found = np.full(ends.size, np.nan)
    for member in union.members:
        missing = np.isnan(found)
        if not missing.any():
            break
        found = np.where(missing, prices.at("reference_price", ladders.by_expiration[member].ts_expiration, ends), found)
    return found


def _quality(prices: ForwardLookup, ladders: Ladders, union: UnionOfStrikes, ends: Int, *, live: Bool) -> Int:
    """(W,) quality of the forward of the underlying's earliest listed, unexpired expiration; `none` without one."""
    first = first_of_each_window(live[:, list(union.members)])
    quality = np.zeros(ends.size, dtype=np.int64)
    for place, member in enumerate(union.members):
        own = prices.at("quality", ladders.by_expiration[member].ts_expiration, ends)
        quality = np.where(first == place, np.nan_to_num(own, nan=0.0).astype(np.int64), quality)
    return quality


class _WindowsBefore:
    """The windows before: how many without a gap, and each option's depth at the end of the last."""

    def __init__(self) -> None:
        self._runs = WindowRuns()
        self._ids = np.empty(0, dtype=np.uint32)
        self._depth: Float = np.empty(0)

    def advance(self, grid: QuoteGrid, ladders: Ladders) -> tuple[Int, Float]:
        """Go on to the windows of a grid.

        Returns
        -------
        (W,) windows without a gap before each, and (W, I) the depth at each window's start [contracts]. That is 0 for an option
        that was not listed yet. It is NaN after a gap, where the option had no row, and where its book was not complete.
        """
        instrument_ids = ladders.instrument_ids
        if instrument_ids is not self._ids:
            before = np.full(instrument_ids.size, np.nan)
            _, old, new = np.intersect1d(self._ids, instrument_ids, assume_unique=True, return_indices=True)
            before[new] = self._depth[old]
            self._ids, self._depth = instrument_ids, before
        run = self._runs.advance(grid.ends)
        depth = np.where(grid.columns["is_complete"], grid.columns["bid_depth"] + grid.columns["ask_depth"], np.nan)
        at_start = np.concatenate([self._depth[None, :], depth[:-1]])
        at_start[np.isnan(at_start) & (ladders.listed[None, :] >= grid.ends[:, None] - WINDOW_NS)] = 0.0
        at_start[run == 0] = np.nan
        self._depth = depth[-1]
        return run, at_start


class _Rows(NamedTuple):
    """Rows of one underlying: window (n,), relabel (n, 10), quality (n,), and numbers (n, C) in the order of `_NUMBERS`."""

    window: Int
    relabel: Int
    quality: Int
    numbers: Float


class _Underlying:
    """Slots of one underlying, and the values of its last windows."""

    def __init__(self, ladders: Ladders, underlying: str) -> None:
        self._name = underlying
        self._ladders = ladders
        self.union = UnionOfStrikes.of(ladders, underlying)
        self._features = Remembered((self.union.strikes.size, len(FEATURES)))
        self._aggregates = Remembered((len(AGGREGATES),))
        self._reference = Remembered(())
        self._trade_net = Remembered(())
        self._slot_strikes = Remembered((len(SLOTS),))

    def move(self, ladders: Ladders) -> None:
        """Go over to other ladders; what is remembered by strike stays at its strike."""
        union = UnionOfStrikes.of(ladders, self._name)
        _, old, new = np.intersect1d(self.union.strikes, union.strikes, assume_unique=True, return_indices=True)
        self._features.move(old, new, count=union.strikes.size)
        self._ladders, self.union = ladders, union

    def rows(
        self,
        grid: QuoteGrid,
        chain: ChainGrid,
        *,
        run: Int,
        depth_at_start: Float,
        in_any_case: Bool,
        reference: Float,
        quality: Int,
    ) -> _Rows:
        """Rows of the windows in which the chain has strikes of the underlying, and of those `in_any_case`."""
        listed = self.union.listed(chain)
        present = listed.any(axis=1) | in_any_case
        reference = np.where(present, reference, np.nan)
        slots = nearest_strikes(strikes=self.union.strikes, listed=listed, reference=reference, per_side=_PER_SIDE)

        strikes = at_slots(values=np.broadcast_to(self.union.strikes, listed.shape), slots=slots)
        strikes_before = before(self._slot_strikes.with_present(strikes), 1)
        relabel = np.where(strikes == strikes_before, 0, 1)
        relabel[np.isnan(strikes) | np.isnan(strikes_before) | (run < 1)[:, None]] = -1

        # Values are computed only for strikes in a slot of these windows. In the last windows they are computed for all
        # strikes, because later windows may look back at any of them.
        near = np.unique(slots[slots >= 0])
        seen = self._strike_values(grid, chain, depth_at_start, strikes=near)
        last = min(LOOK_BACK, grid.ends.size)
        to_remember = self._strike_values(grid.last(last), chain.last(last), depth_at_start[-last:]).features
        slots = np.where(slots >= 0, np.searchsorted(near, slots), -1)
        joined = np.concatenate([self._features.last[:, near], seen.features])
        self._features.add(to_remember)
        at_slot = [at_slots(values=before(joined, ago), slots=slots) for ago in range(LOOK_BACK + 1)]
        slot_steps = differences(present=at_slot[0], before=(at_slot[1], at_slot[2], at_slot[3]), run=run)

        traded = trade_net(grid, chain, ladders=self._ladders, union=self.union)
        traded = np.where(listed.any(axis=1), traded, np.nan)
        aggregates = self._aggregate(seen, at_slot[0], slots, run=run, reference=reference, traded=traded)
        joined = self._aggregates.with_present(np.where(present[:, None], aggregates, np.nan))
        of_slots, of_sums = (at_slot[0], *slot_steps), with_differences(joined, run=run)
        direction = aggregates[:, _AGGREGATE_PLACE["approach_dir"]]
        for sums in of_sums:
            _fill_by_direction(sums, direction)
        numbers = [reference[:, None], strikes, strikes - reference[:, None]]
        for values, sums in zip(of_slots, of_sums, strict=True):
            numbers += [values.reshape(run.size, -1), sums]
        return _Rows(
            window=np.flatnonzero(present),
            relabel=relabel[present],
            quality=quality[present],
            numbers=np.concatenate(numbers, axis=1)[present],
        )

    def _strike_values(
        self, grid: QuoteGrid, chain: ChainGrid, depth_at_start: Float, *, strikes: Int | None = None
    ) -> StrikeValues:
        return strike_values(grid, chain, ladders=self._ladders, union=self.union, depth_at_start=depth_at_start, strikes=strikes)

    def _aggregate(self, seen: StrikeValues, at_slot: Float, slots: Int, *, run: Int, reference: Float, traded: Float) -> Float:
        """(W, len(AGGREGATES)) the aggregates, in their order; NaN where `_fill_by_direction` chooses among them."""
        values: dict[str, Float] = dict.fromkeys(AGGREGATES, np.full(run.size, np.nan))
        for family in GEX_FAMILIES:
            both = at_slot[:, :, [_FEATURE_PLACE[family, "call"], _FEATURE_PLACE[family, "put"]]]
            above, below = (sum_of_known(side.reshape(side.shape[0], -1)) for side in (both[:, :_PER_SIDE], both[:, _PER_SIDE:]))
            values[f"{family}_above"], values[f"{family}_below"] = above, below
            values[f"{family}_imbalance"] = imbalance(one=above, other=below)
            values[f"{family}_net_total"] = sum_of_known(at_slot[:, :, _FEATURE_PLACE[family, "net"]])
        values["flow_imbalance_near"] = rank_weighted_mean(at_slot[:, :, _FEATURE_PLACE["flow", "imbalance"]], per_side=_PER_SIDE)
        pulled, added = (sum_of_known(at_slots(values=side, slots=slots)) for side in (seen.gamma_pulled, seen.gamma_added))
        values["gamma_pull_add_log"] = pull_add_log(pulled=pulled, added=added)

        reference_before = before(self._reference.with_present(reference), APPROACH_WINDOWS)
        values["approach_dir"] = approach_direction(price=reference, price_before=reference_before, run=run)
        nets = self._trade_net.with_present(traded)
        values["trade_dir"] = np.where(run >= 2, np.sign(before(nets, 2) + before(nets, 1) + traded), np.nan)
        return np.stack([values[name] for name in AGGREGATES], axis=1)


def _fill_by_direction(sums: Float, direction: Float) -> None:
    """Fill in the columns ahead and behind from those above and below, in place.

    Values and differences are chosen alike. So a difference compares one side of the price with itself, and a turn of the price
    makes no jump.

    Parameters
    ----------
    sums : (W, len(AGGREGATES)) aggregates, or their differences of one order.
    direction : (W,) `approach_dir` now; at 0 and NaN nothing is ahead.
    """
    rises, falls = (direction > 0.0), (direction < 0.0)
    for family in GEX_FAMILIES:
        above, below = (sums[:, _AGGREGATE_PLACE[f"{family}_{side}"]] for side in ("above", "below"))
        ahead, behind = (_AGGREGATE_PLACE[name] for name in direction_columns(family))
        sums[:, ahead] = np.select([rises, falls], [above, below], default=np.nan)
        sums[:, behind] = np.select([rises, falls], [below, above], default=np.nan)


def _names() -> tuple[str, ...]:
    """Names of the columns of `_Rows.numbers`, in their order."""
    names = ["reference_price", *(slot_column(kind, slot, "") for kind in ("strike", "distance") for slot in SLOTS)]
    bases = [*(slot_column(family, slot, part) for slot in SLOTS for family, part in FEATURES), *AGGREGATES]
    names += bases
    for order in DERIVATIVE_ORDERS:
        names += [derivative_column(order, base) for base in bases]
    return tuple(names)


_NUMBERS: Final = _names()
_REFERENCE_PRICE: Final = _NUMBERS.index("reference_price")
_SLOT_STRIKES: Final = [_NUMBERS.index(slot_column("strike", slot, "")) for slot in SLOTS]


def _table_of(grid: QuoteGrid, blocks: list[_Rows], ladders: Ladders, *, tally: Counter[str]) -> pa.Table:
    if not blocks:
        return SILVER_GEX.empty()
    underlying = np.repeat(np.arange(len(blocks)), [block.window.size for block in blocks])
    window, relabel, quality, numbers = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    if len(blocks) > 1:
        order = np.lexsort((underlying, window))
        underlying, window, relabel, quality, numbers = (
            values[order] for values in (underlying, window, relabel, quality, numbers)
        )
    no_price = np.isnan(numbers[:, _REFERENCE_PRICE])
    empty = np.isnan(numbers[:, _SLOT_STRIKES])
    tally["windows_without_reference_price"] += int(np.count_nonzero(no_price))
    tally["slots_empty"] += int(np.count_nonzero(empty & ~no_price[:, None]))
    relabels = {
        slot_column("relabel", slot, ""): pa.array(relabel[:, place] == 1, mask=relabel[:, place] < 0)
        for place, slot in enumerate(SLOTS)
    }
    return row_block(
        SILVER_GEX,
        {
            **dict(zip(_NUMBERS, float_columns(np.ascontiguousarray(numbers.T)), strict=True)),
            **relabels,
            "ts_window_end": grid.ends[window],
            "session_date": grid.session_date[window],
            "underlying": category(underlying, ladders.underlyings),
            "forward_quality": category(quality, FORWARD_QUALITIES),
        },
    )
