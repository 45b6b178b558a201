"""The columns of an order book at a window's end and of the flow within the window (SPEC of quotes, both products)."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.table import CATEGORY, Column, moment_ns

__all__ = ["BOOK_AND_FLOW", "BOOK_STATES", "FLOW_NAMES", "SESSION_DATE", "SIDES"]

BOOK_STATES: Final = ("expired", "unseen", "suspect", "empty", "one_sided", "crossed", "ok")
"""The first that holds. Their positions are the codes that the order-book kernel writes."""

SIDES: Final = ("bid", "ask")

SESSION_DATE: Final = Column(
    name="session_date", type=pa.date32(), about="the Globex trade date of the session the window belongs to"
)

FLOW_NAMES: Final = (
    ("add_size", "size added: new orders, growth at the same price, modifies of unknown orders"),
    ("add_count", "records that added"),
    ("pull_size", "size withdrawn without a fill"),
    ("pull_count", "records that withdrew"),
    ("pull_rest_size", "withdrawn size that had rested for at least 500 ms"),
    ("exec_size", "size lost to fills"),
    ("exec_count", "records that lost size to fills"),
    ("reprice_toward_size", "size of orders moved towards the other side, by their new size"),
    ("reprice_away_size", "size of orders moved away from the other side, by their new size"),
)


def _book() -> tuple[Column, ...]:
    columns: list[Column] = []
    for side in SIDES:
        columns += [
            Column(name=f"{side}_price", type=pa.float64(), about=f"best {side}", unit="index points", nullable=True),
            Column(name=f"{side}_size", type=pa.int64(), about=f"size at the best {side}", unit="contracts", at_least=0),
            Column(name=f"{side}_orders", type=pa.int32(), about=f"orders at the best {side}", unit="orders", at_least=0),
            Column(name=f"{side}_depth", type=pa.int64(), about=f"size of the whole {side} side", unit="contracts", at_least=0),
            Column(name=f"{side}_levels", type=pa.int32(), about=f"{side} prices with size", unit="prices", at_least=0),
        ]
    return tuple(columns)


def _flow() -> tuple[Column, ...]:
    return tuple(
        Column(
            name=f"{side}_{name}",
            type=pa.int32() if name.endswith("_count") else pa.int64(),
            about=f"{side} side: {about}",
            unit="records" if name.endswith("_count") else "contracts",
            at_least=0,
        )
        for side in SIDES
        for name, about in FLOW_NAMES
    )


BOOK_AND_FLOW: Final = (
    *_book(),
    Column(
        name="book_state",
        type=CATEGORY,
        about="expired, unseen (no record yet), suspect (gap), empty, one_sided, crossed (bid >= ask), ok",
        one_of=BOOK_STATES,
    ),
    Column(name="mid_event", type=pa.bool_(), about="the last record applied did not close its event"),
    Column(
        name="last_trade_price", type=pa.float64(), about="latest trade since the file began", unit="index points", nullable=True
    ),
    moment_ns("last_trade_ts", "ts_recv of the latest trade", nullable=True),
    Column(
        name="quote_age_ns",
        type=pa.int64(),
        about="time since either best price or its size last changed; NULL before the first change",
        unit="ns",
        nullable=True,
        at_least=0,
    ),
    *_flow(),
    Column(name="trade_buy_size", type=pa.int64(), about="traded with a buying aggressor", unit="contracts", at_least=0),
    Column(name="trade_sell_size", type=pa.int64(), about="traded with a selling aggressor", unit="contracts", at_least=0),
    Column(name="trade_none_size", type=pa.int64(), about="traded without an aggressor (auctions)", unit="contracts", at_least=0),
    Column(name="aggressor_net", type=pa.int64(), about="aggressors' buys less sells since the file began", unit="contracts"),
)
