"""`bronze_option_mbo`, `bronze_option_trades` and `bronze_future_mbo`: the day's stream of orders, read once, kept verbatim.

Records of outrights are kept, all others are counted by reason. A row group holds one underlying (or one future) and a stretch of
the stream. `record_stretches` sorts the records, `trades` makes the rows of trades. No order book is built here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import closing
from itertools import pairwise
from typing import Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.records.id_table import id_table
from gex_assets.kernels.records.scan import Roles, StreamFacts
from gex_assets.market.symbols import FutureSymbol, OptionSymbol, Refusal
from gex_assets.schemas.bronze_mbo import BRONZE_FUTURE_MBO, BRONZE_OPTION_MBO
from gex_assets.schemas.vendor_shapes import MergedBlock
from gex_assets.stages.bronze.instrument_names import InstrumentNames
from gex_assets.stages.bronze.record_stretches import (
    Prefetch,
    Stretch,
    category,
    count_oddities,
    stretches,
    vendor_columns,
)
from gex_assets.stages.bronze.trades import Instrument, TradeRows

__all__ = ["OptionOrderTable", "future_orders", "option_orders"]

OptionOrderTable = Literal["bronze_option_mbo", "bronze_option_trades"]

_REASONS: Final = (*(reason.value for reason in Refusal), "unknown_instrument", "unclaimed", "superseded")
"""Reasons to leave records out, in the order of their codes. Spreads whose trades are kept have codes after these."""


def _directly(made: Generator[Stretch]) -> Generator[Stretch]:
    """Make each stretch in the caller's thread when it is wanted."""
    return made


def option_orders(
    blocks: Iterable[MergedBlock],
    *,
    instruments: pa.Table,
    names: InstrumentNames[OptionSymbol],
    definitions: pa.Table | None,
    stretch_records: int,
    tally: Counter[str],
    prefetch: Prefetch = _directly,
) -> Generator[tuple[OptionOrderTable, pa.Table]]:
    """Make the options' order table and their trade table in one pass.

    Parameters
    ----------
    blocks : the day's merged stream.
    instruments : `bronze_option_instruments` of the day, the options whose records are kept.
    names : the symbols of all ids, refused ones included.
    definitions : rows of `vendor_shapes.DEFINITIONS`, for the legs of spreads.
    stretch_records : raw records of a stretch of time.
    tally : counts `records`; of them those left out by reason (`user_defined_spread`, `calendar_spread`, `other_root`,
        `other_family`, `unparseable`, `unknown_instrument`, `unclaimed`, `superseded`), `odd_action`, `odd_side`, `odd_flag`,
        `maybe_bad_book`, `ts_recv_backstep`; and of trades `spread_trade_without_legs`.
    prefetch : how stretches are made ahead of their use. `process.prefetch.prefetched` reads and sorts `blocks` in a thread of
        its own; the default uses the caller's. Only the caller's thread changes `tally`.

    Yields
    ------
    A table's name and one row group of it, in the order of the table's schema: orders of each stretch by underlying, trades when
    there are enough, and the rest at the end.
    """
    order = np.lexsort([instruments["instrument_id"].to_numpy(), _strings(instruments["underlying"])])
    kept = instruments.take(pa.array(order))
    ids = kept["instrument_id"].to_numpy()
    spreads = {one: refused for one, refused in names.refused.items() if refused.reason is Refusal.USER_DEFINED_SPREAD}
    traded = [Instrument(one, symbol) for one, symbol in zip(ids.tolist(), kept["raw_symbol"].to_pylist(), strict=True)]
    roles = _roles(ids, {one: refused.reason.value for one, refused in names.refused.items()}, spread_ids=sorted(spreads))
    traded += [Instrument(one, spreads[one].raw_symbol, is_spread=True) for one in sorted(spreads)]
    trades = TradeRows(traded, first_spread=len(ids) + len(_REASONS), kept=len(ids), definitions=definitions, tally=tally)
    facts = StreamFacts.start(len(ids) + len(_REASONS) + len(spreads))
    groups = _groups(_strings(kept["underlying"]))
    made = stretches(blocks, roles=roles, kept=len(ids), stretch_records=stretch_records, facts=facts)
    with closing(prefetch(made)) as ready:
        for stretch in ready:
            for group in groups:
                rows = _option_rows(stretch, group, kept, ids)
                if rows.num_rows:
                    yield "bronze_option_mbo", rows
            for table in trades.add(stretch):
                yield "bronze_option_trades", table
    for table in trades.rest():
        yield "bronze_option_trades", table
    _count(facts, len(ids), tally)


def future_orders(
    blocks: Iterable[MergedBlock],
    *,
    names: InstrumentNames[FutureSymbol],
    stretch_records: int,
    tally: Counter[str],
    prefetch: Prefetch = _directly,
) -> Generator[pa.Table]:
    """Make the futures' order table, one row group per stretch and future; parameters and counts as in `option_orders`."""
    order = sorted(names.outrights, key=lambda one: (names.outrights[one].raw_symbol, one))
    ids = np.array(order, dtype=np.uint32)
    symbols = [names.outrights[one].raw_symbol for one in order]
    roles = _roles(ids, {one: refused.reason.value for one, refused in names.refused.items()}, spread_ids=[])
    facts = StreamFacts.start(len(ids) + len(_REASONS))
    made = stretches(blocks, roles=roles, kept=len(ids), stretch_records=stretch_records, facts=facts)
    with closing(prefetch(made)) as ready:
        for stretch in ready:
            for at, symbol in enumerate(symbols):
                rows = _rows_of(stretch, slice(at, at + 1))
                count = rows.stop - rows.start
                if count:
                    columns = vendor_columns(stretch, rows, np.full(count, ids[at], dtype=np.uint32))
                    columns["symbol"] = category(np.zeros(count, dtype=np.int32), [symbol])
                    yield pa.table(
                        {name: columns[name] for name in BRONZE_FUTURE_MBO.column_names}, BRONZE_FUTURE_MBO.arrow_schema()
                    )
    _count(facts, len(ids), tally)


def _roles(ids: NDArray[np.uint32], refused: dict[int, str], *, spread_ids: list[int]) -> Roles:
    """Codes: the instruments kept, the reasons, then every spread whose trades are kept."""
    kept = len(ids)
    codes = {int(one): code for code, one in enumerate(ids)}
    spreads = {one: kept + len(_REASONS) + at for at, one in enumerate(spread_ids)}
    codes = {one: kept + _REASONS.index(reason) for one, reason in refused.items() if one not in codes} | codes
    codes |= {one: code for one, code in spreads.items() if codes[one] >= kept}
    asked = np.zeros(kept + len(_REASONS) + len(spread_ids), dtype=np.bool_)
    asked[:kept] = True
    asked[kept + len(_REASONS) :] = True
    table = id_table(ids=np.array(list(codes), dtype=np.uint32), codes=np.array(list(codes.values()), dtype=np.int32))
    unknown, unclaimed, superseded = (kept + _REASONS.index(name) for name in ("unknown_instrument", "unclaimed", "superseded"))
    return Roles(table, unknown, unclaimed, superseded, asked)


def _count(facts: StreamFacts, kept: int, tally: Counter[str]) -> None:
    """Count records, and those left out by reason. Spreads have codes of their own."""
    if records := int(facts.counts.sum()):
        tally["records"] += records
    counts = facts.counts[kept:].tolist()
    for reason, count in zip(_REASONS, counts, strict=False):
        if count:
            tally[reason] += count
    if spreads := sum(counts[len(_REASONS) :]):
        tally[Refusal.USER_DEFINED_SPREAD.value] += spreads
    count_oddities(facts, tally)


def _strings(column: pa.ChunkedArray) -> NDArray[np.object_]:
    return np.array(column.cast(pa.string()).to_pylist(), dtype=object)


def _groups(underlyings: NDArray[np.object_]) -> list[slice]:
    """Runs of codes that share an underlying."""
    starts = [0, *(np.flatnonzero(underlyings[1:] != underlyings[:-1]) + 1).tolist(), len(underlyings)]
    return [slice(start, stop) for start, stop in pairwise(starts) if stop > start]


def _rows_of(stretch: Stretch, codes: slice) -> slice:
    """Rows of a run of codes."""
    start = int(stretch.counts[: codes.start].sum())
    return slice(start, start + int(stretch.counts[codes].sum()))


def _option_rows(stretch: Stretch, group: slice, kept: pa.Table, ids: NDArray[np.uint32]) -> pa.Table:
    """One row group: the records of a stretch whose options share an underlying."""
    rows = _rows_of(stretch, group)
    if rows.start == rows.stop:
        return BRONZE_OPTION_MBO.empty()
    counts = stretch.counts[group]
    here = np.flatnonzero(counts)
    counts = counts[here]
    options = kept.slice(group.start, group.stop - group.start).take(pa.array(here))
    columns = vendor_columns(stretch, rows, np.repeat(ids[group][here], counts))
    columns["underlying"] = category(
        np.zeros(rows.stop - rows.start, dtype=np.int32), options["underlying"].slice(0, 1).cast(pa.string()).to_pylist()
    )
    columns["raw_symbol"] = category(np.repeat(np.arange(len(here), dtype=np.int32), counts), options["raw_symbol"].to_pylist())
    is_put = (_strings(options["right"]) == "P").astype(np.int32)
    columns["right"] = category(np.repeat(is_put, counts), ["C", "P"])
    for name in ("strike", "ts_expiration"):
        columns[name] = pa.array(np.repeat(options[name].to_numpy(), counts))
    return pa.table({name: columns[name] for name in BRONZE_OPTION_MBO.column_names}, BRONZE_OPTION_MBO.arrow_schema())
