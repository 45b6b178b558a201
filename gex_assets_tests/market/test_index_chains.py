"""Which future an index chain belongs to, and when the index was last computed; moments written out in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gex_assets.errors import SymbolError
from gex_assets.market.index_chains import INDEX_CHAINS, index_chain, last_index_moment_ns
from gex_assets.market.listed_options import is_known
from gex_assets.market.products import PRODUCTS


def ns(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("symbol", "product", "index_price", "future_price"),
    [
        ("SPX", "ES", 6_921.46, 6_960.0),  # closes of early January 2026, rounded
        ("SPXW", "ES", 6_921.46, 6_960.0),
        ("XSP", "ES", 692.15, 6_960.0),
        ("SPY", "ES", 689.58, 6_960.0),
        ("NDXP", "NQ", 25_507.0, 25_680.0),
        ("QQQ", "NQ", 620.5, 25_680.0),
        ("RUTW", "RTY", 2_604.0, 2_615.0),
        ("IWM", "RTY", 258.5, 2_615.0),
        ("DJX", "YM", 492.7, 49_500.0),
        ("DIA", "YM", 492.9, 49_500.0),
    ],
)
def test_a_chain_belongs_to_the_future_on_the_same_stocks(
    symbol: str, product: str, index_price: float, future_price: float
) -> None:
    found = index_chain(symbol)
    assert found.product == product
    assert abs(future_price / index_price / found.ratio - 1.0) < found.slack


def test_every_future_here_is_a_product_and_every_chain_is_known_to_the_calculator() -> None:
    assert {one.product for one in INDEX_CHAINS.values()} == set(PRODUCTS)
    assert all(is_known(symbol) for symbol in INDEX_CHAINS)


@pytest.mark.parametrize("symbol", ["VIX", "AAPL", "ES", ""])
def test_other_symbols_have_no_future(symbol: str) -> None:
    with pytest.raises(SymbolError, match="Expected options on one of SPX, XSP, SPY"):
        index_chain(symbol)


@pytest.mark.parametrize(
    ("moment", "last"),
    [
        ("2026-01-06T14:30", "2026-01-06T14:30"),  # the opening itself
        ("2026-01-06T17:11:03", "2026-01-06T17:11:03"),
        ("2026-01-06T21:00", "2026-01-06T21:00"),
        ("2026-01-06T21:00:01", "2026-01-06T21:00"),  # after the close
        ("2026-01-07T05:00", "2026-01-06T21:00"),  # before midnight in Chicago
        ("2026-01-07T14:29:59", "2026-01-06T21:00"),  # before the opening
        ("2026-01-11T12:00", "2026-01-09T21:00"),  # a Sunday
        ("2026-01-19T18:00", "2026-01-16T21:00"),  # Martin Luther King Jr. Day
        ("2026-11-27T19:30", "2026-11-27T18:00"),  # noon after Thanksgiving
        ("2026-07-07T20:30", "2026-07-07T20:00"),  # summer time
    ],
)
def test_the_index_stands_still_while_the_stock_exchanges_are_closed(moment: str, last: str) -> None:
    assert last_index_moment_ns(ns(moment)) == ns(last)
