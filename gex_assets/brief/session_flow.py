"""What aggressors bought and sold in a session: of the future that is traded most, and of outright options."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.analytics.stretches import AggressorFlow, aggressor_flow
from gex_assets.lake.tables import Lake

__all__ = ["flow_of_futures", "flow_of_options", "flow_reached"]

_SIZES: Final = ("trade_buy_size", "trade_sell_size", "trade_none_size")
_FUTURES: Final = ("ts_window_end", "symbol", "session_date", *_SIZES)
_TRADES: Final = ("ts_recv", "ts_recv_behind", "raw_symbol", "side", "size", "is_spread")
_FLOW: Final = pa.schema([("ts", pa.int64()), *((name, pa.int64()) for name in ("bought", "sold", "unsigned"))])


def flow_of_futures(lake: Lake, product: str, days: Sequence[date], session_date: date) -> tuple[str, pa.Table] | None:
    """Windows of the future that is traded most on these days; None where no future is published.

    Returns
    -------
    Its symbol, and a row per window in the session: its end `ts` [UNIX ns UTC], `bought`, `sold` and `unsigned` [contracts].
    """
    parts = []
    for day in days:
        stored = lake.find("silver_future_quotes", product=product, day=day)
        if stored is not None and stored.num_rows:
            rows = stored.read(_FUTURES)
            parts.append(rows.filter(pc.equal(rows["session_date"], pa.scalar(session_date))))
    rows = pa.concat_tables(parts).unify_dictionaries() if parts else None
    if rows is None or not rows.num_rows:
        return None
    names = rows["symbol"].cast(pa.string())
    traded = pc.add(pc.add(rows["trade_buy_size"], rows["trade_sell_size"]), rows["trade_none_size"])
    sums = pa.table({"symbol": names, "traded": traded}).group_by("symbol").aggregate([("traded", "sum")]).to_pylist()
    most = max(sums, key=lambda one: (one["traded_sum"], one["symbol"]))["symbol"]
    own = rows.filter(pc.equal(names, most))
    return most, pa.table([own["ts_window_end"], *(own[name] for name in _SIZES)], schema=_FLOW)


def flow_of_options(lake: Lake, product: str, days: Sequence[date]) -> pa.Table | None:
    """Trades of outright options on these days; None where no trades are published.

    User-defined spreads are left out: what crosses their spread crosses none of the legs'.

    Returns
    -------
    A row per trade: when it came `ts` [UNIX ns UTC, the clock that windows follow], `bought`, `sold`, `unsigned` [contracts],
    `right` (C or P).
    """
    parts = []
    for day in days:
        stored = lake.find("bronze_option_trades", product=product, day=day)
        if stored is not None:
            rows = stored.read(_TRADES)
            parts.append(rows.filter(pc.invert(rows["is_spread"])))
    if not parts:
        return None
    rows = pa.concat_tables(parts).unify_dictionaries()
    side, size = rows["side"].cast(pa.string()), rows["size"].cast(pa.int64())
    of_side = [pc.if_else(pc.equal(side, letter), size, 0) for letter in "BAN"]
    # the venue's symbol ends with right and strike: "ESH6 C6000"
    right = pc.utf8_slice_codeunits(pc.list_element(pc.split_pattern(rows["raw_symbol"].cast(pa.string()), " "), 1), 0, 1)
    moments = pc.add(rows["ts_recv"], rows["ts_recv_behind"])
    return pa.table([moments, *of_side], schema=_FLOW).append_column("right", right)


def flow_reached(rows: pa.Table, begin: int, end: int, *, right: str | None = None) -> AggressorFlow:
    """Sums of what `flow_of_futures` or `flow_of_options` gives, over a stretch [UNIX ns UTC].

    Parameters
    ----------
    right : C or P for trades, which count from the begin on and before the end. None for windows, which count where they lie
        within the stretch.
    """
    if right is None:
        inside = pc.and_(pc.greater(rows["ts"], begin), pc.less_equal(rows["ts"], end))
    else:
        within = pc.and_(pc.greater_equal(rows["ts"], begin), pc.less(rows["ts"], end))
        inside = pc.and_(within, pc.equal(rows["right"], right))
    own = rows.filter(inside)
    return aggressor_flow(*(own[name].to_numpy() for name in ("bought", "sold", "unsigned")))
