"""The columns that describe an order book at a window's end and the flow within the window, for options and futures alike."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import category, count, flag, moment_ns, price
from gex_assets.schemas.table import Column

__all__ = ["BOOK_AND_FLOW", "BOOK_STATES", "FLOW_NAMES", "SIDES"]

BOOK_STATES: Final = ("expired", "unseen", "suspect", "empty", "one_sided", "crossed", "ok")
"""The first that holds. Their positions are the codes that the order-book kernel writes."""

SIDES: Final = ("bid", "ask")

FLOW_NAMES: Final = (
    ("add_size", "size added by new orders, growth at the same price and modifies of unknown orders."),
    ("add_count", "records that added size."),
    ("pull_size", "size withdrawn without a fill."),
    ("pull_count", "records that withdrew size."),
    ("pull_rest_size", "withdrawn size that had rested for at least 500 ms."),
    ("exec_size", "size lost to fills."),
    ("exec_count", "records that lost size to fills."),
    ("reprice_toward_size", "new size of orders that moved towards the other side."),
    ("reprice_away_size", "new size of orders that moved away from the other side."),
)


def _contracts(name: str, about: str) -> Column:
    return count(name, about, "contracts", kind=pa.int64())


def _book() -> tuple[Column, ...]:
    columns: list[Column] = []
    for side in SIDES:
        columns += [
            price(f"{side}_price", f"Best {side} price; NULL without one."),
            _contracts(f"{side}_size", f"Size at the best {side}."),
            count(f"{side}_orders", f"Orders at the best {side}.", "orders"),
            _contracts(f"{side}_depth", f"Size of the whole {side} side."),
            count(f"{side}_levels", f"Prices of the {side} side with size.", "prices"),
        ]
    return tuple(columns)


def _flow() -> tuple[Column, ...]:
    return tuple(
        count(f"{side}_{name}", f"{side.capitalize()} side: {about}", "records")
        if name.endswith("_count")
        else _contracts(f"{side}_{name}", f"{side.capitalize()} side: {about}")
        for side in SIDES
        for name, about in FLOW_NAMES
    )


BOOK_AND_FLOW: Final = (
    *_book(),
    category(
        "book_state",
        "State of the book, the first that holds: expired, unseen (no record yet), suspect (a gap, or a hole in the claims), "
        "empty, one_sided, crossed (bid >= ask), ok.",
        one_of=BOOK_STATES,
    ),
    flag("mid_event", "Whether the last record applied left its event open."),
    flag(
        "is_complete",
        "Whether all that rests is known: a snapshot, a clear or the start of the week stands behind the book. "
        "Else its depth is only what has come since.",
    ),
    price("last_trade_price", "Price of the latest trade since the instrument's claims began; NULL before the first."),
    moment_ns(
        "last_trade_ts", "ts_recv of the latest trade since the instrument's claims began; NULL before the first.", nullable=True
    ),
    Column(
        name="quote_age_ns",
        type=pa.int64(),
        about="Time since either best price or its size last changed; NULL before the first change.",
        unit="ns",
        nullable=True,
        at_least=0,
    ),
    *_flow(),
    _contracts("trade_buy_size", "Size traded with a buying aggressor."),
    _contracts("trade_sell_size", "Size traded with a selling aggressor."),
    _contracts("trade_none_size", "Size traded without an aggressor (auctions)."),
    Column(
        name="aggressor_net",
        type=pa.int64(),
        about="Aggressors' buys less sells since the instrument's claims began.",
        unit="contracts",
    ),
)
