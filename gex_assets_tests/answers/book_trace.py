"""A worked trace of one instrument's book and flow: records in, rows out.

Source: a trace of quotes and flow (27 records, four windows), worked out by hand and checked by a second computation. Seconds
count from `START`; quote ages and the moments of the last trades were worked out by hand from the same records.
"""

from __future__ import annotations

from typing import Any, Final

NS: Final = 1_000_000_000
MIDNIGHT: Final = 1_767_657_600 * NS
START: Final = 1_767_709_800 * NS
INSTRUMENT: Final = 1001
NO_PRICE: Final = 2**63 - 1

_FROM_MIDNIGHT: Final = (MIDNIGHT - START) / NS

# seconds, action, order_id, side, price [index points], size, flags
STEPS: Final = (
    (_FROM_MIDNIGHT, "R", 0, "N", None, 0, 40),
    (_FROM_MIDNIGHT, "A", 1, "B", 100.00, 10, 40),
    (_FROM_MIDNIGHT, "A", 2, "A", 101.00, 8, 168),
    (0.5, "A", 3, "B", 100.25, 5, 130),
    (1.0, "M", 3, "B", 100.25, 9, 130),
    (1.2, "M", 3, "B", 100.25, 7, 130),
    (2.0, "T", 9001, "B", 101.00, 3, 0),
    (2.0, "F", 2, "A", 101.00, 3, 0),
    (2.0, "M", 2, "A", 101.00, 5, 130),
    (3.0, "C", 1, "B", 100.00, 10, 130),
    (5.0, "A", 4, "A", 100.75, 4, 130),
    (6.0, "M", 4, "A", 101.25, 4, 130),
    (6.5, "M", 4, "A", 100.75, 6, 130),
    (7.0, "T", 9002, "A", 100.25, 7, 0),
    (7.0, "F", 3, "B", 100.25, 7, 0),
    (7.0, "C", 3, "B", 100.25, 7, 130),
    (8.0, "C", 99, "B", 100.00, 1, 130),
    (9.0, "A", 5, "B", 99.50, 2, 130),
    (11.0, "M", 77, "B", 99.75, 3, 130),
    (12.0, "T", 9003, "B", 101.00, 2, 0),
    (12.0, "F", 2, "A", 101.00, 2, 0),
    (12.0, "M", 2, "A", 101.00, 2, 130),
    (13.0, "N", 0, "N", None, 0, 130),
    (14.0, "A", 5, "B", 99.25, 6, 130),
    (16.0, "R", 0, "N", None, 0, 130),
    (17.0, "A", 6, "B", 98.00, 1, 130),
    (19.0, "T", 9004, "N", 98.00, 4, 0),
)


def records() -> list[dict[str, Any]]:
    """The vendor's fields of each record."""
    return [
        {
            "ts_recv": START + round(seconds * NS),
            "instrument_id": INSTRUMENT,
            "order_id": order_id,
            "action": action,
            "side": side,
            "price": NO_PRICE if price is None else round(price * NS),
            "size": size,
            "flags": flags,
        }
        for seconds, action, order_id, side, price, size, flags in STEPS
    ]


def _row(seconds: int, bid: tuple[Any, ...], ask: tuple[Any, ...], **others: Any) -> dict[str, Any]:
    """A row; the flow that is not named is 0."""
    names = ("price", "size", "orders", "depth", "levels")
    flow = dict.fromkeys(
        [f"{side}_{what}_{unit}" for side in ("bid", "ask") for what in ("add", "pull", "exec") for unit in ("size", "count")]
        + [f"{side}_{what}_size" for side in ("bid", "ask") for what in ("pull_rest", "reprice_toward", "reprice_away")]
        + ["trade_buy_size", "trade_sell_size", "trade_none_size"],
        0,
    )
    row = {"ts_window_end": START + seconds * NS, "instrument_id": INSTRUMENT, "book_state": "ok", "mid_event": False}
    row["is_complete"] = True
    book = {
        f"{side}_{name}": value for side, best in (("bid", bid), ("ask", ask)) for name, value in zip(names, best, strict=True)
    }
    others["last_trade_ts"] = START + others["last_trade_ts"] * NS
    others["quote_age_ns"] = others["quote_age_ns"] * NS
    return row | book | flow | others


ROWS: Final = (
    _row(
        5,
        bid=(100.25, 7, 1, 7, 1),
        ask=(101.0, 5, 1, 5, 1),
        bid_add_size=9,
        bid_add_count=2,
        bid_pull_size=12,
        bid_pull_count=2,
        bid_pull_rest_size=10,
        ask_exec_size=3,
        ask_exec_count=1,
        trade_buy_size=3,
        aggressor_net=3,
        last_trade_price=101.0,
        last_trade_ts=2,
        quote_age_ns=3,
    ),
    _row(
        10,
        bid=(99.5, 2, 1, 2, 1),
        ask=(100.75, 6, 1, 11, 2),
        bid_add_size=2,
        bid_add_count=1,
        bid_exec_size=7,
        bid_exec_count=1,
        ask_add_size=4,
        ask_add_count=1,
        ask_reprice_toward_size=6,
        ask_reprice_away_size=4,
        trade_sell_size=7,
        aggressor_net=-4,
        last_trade_price=100.25,
        last_trade_ts=7,
        quote_age_ns=1,
    ),
    _row(
        15,
        bid=(99.75, 3, 1, 9, 2),
        ask=(100.75, 6, 1, 8, 2),
        bid_add_size=9,
        bid_add_count=2,
        bid_pull_size=2,
        bid_pull_count=1,
        bid_pull_rest_size=2,
        ask_exec_size=2,
        ask_exec_count=1,
        ask_pull_size=1,
        ask_pull_count=1,
        ask_pull_rest_size=1,
        trade_buy_size=2,
        aggressor_net=-2,
        last_trade_price=101.0,
        last_trade_ts=12,
        quote_age_ns=4,
    ),
    _row(
        20,
        bid=(98.0, 1, 1, 1, 1),
        ask=(None, 0, 0, 0, 0),
        bid_add_size=1,
        bid_add_count=1,
        trade_none_size=4,
        book_state="one_sided",
        mid_event=True,
        aggressor_net=-2,
        last_trade_price=98.0,
        last_trade_ts=19,
        quote_age_ns=3,
    ),
)

COUNTS: Final = {"unknown_cancel": 1, "unknown_modify": 1, "duplicate_add": 1}
