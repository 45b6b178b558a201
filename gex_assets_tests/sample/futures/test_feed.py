from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import numpy as np

from gex_assets_tests.sample.made_up_samples import Made
from gex_assets_tests.sample.plain_book import PlainBook, event_shapes, live, plain_rows

NS = 10**9


def test_every_record_refers_to_what_rests_and_no_book_is_crossed_in_session(busy: Made) -> None:
    book = PlainBook()
    book.apply_all(busy.records("future_mbo"))
    assert book.complaints == {}
    assert book.crossed == []


def test_the_spread_follows_the_true_price(busy: Made) -> None:
    front = busy.market.listing.contracts[0].instrument_id
    course = busy.market.course()
    book, errors, spreads = PlainBook(), [], []
    moment = busy.market.path.start_ns + 200 * NS
    for row in plain_rows(busy.records("future_mbo")):
        while row["ts_recv"] >= moment and moment <= busy.market.path.start_ns + 400 * NS:
            bid, ask = book.best(front)
            assert bid is not None
            assert ask is not None
            price = course.price[(moment - busy.market.path.start_ns) // 250_000_000 - 1]
            errors.append((bid + ask) / 2e9 - price)
            spreads.append((ask - bid) / 1e9)
            moment += 5 * NS
        book.apply(row)
    assert np.max(np.abs(errors)) < 0.5
    assert np.median(spreads) == 0.25


def test_the_ladder_is_deep_around_the_price_all_the_time(busy: Made) -> None:
    front = busy.market.listing.contracts[0].instrument_id
    book = PlainBook()
    book.apply_all(busy.records("future_mbo"))
    sides = book.sides(front)
    bid, ask = book.best(front)
    assert bid is not None
    assert ask is not None
    for k in range(12):
        assert sides["B"].get(bid - k * 250_000_000, 0) > 0
        assert sides["A"].get(ask + k * 250_000_000, 0) > 0
    assert len(sides["B"]) > 30
    assert all(price % 250_000_000 == 0 for side in sides.values() for price in side)


def test_a_request_for_the_parent_brings_the_next_future_and_the_calendar_spread(busy: Made) -> None:
    symbols = {mapping.raw_symbol: int(mapping.intervals[0].symbol) for mapping in busy.header("future_mbo").mappings}
    assert set(symbols) == {"ESH6", "ESM6", "ESH6-ESM6"}
    records = busy.records("future_mbo")
    counts = {symbol: int(np.sum(records["instrument_id"] == number)) for symbol, number in symbols.items()}
    assert counts["ESH6"] > 4 * counts["ESM6"] > 0
    assert counts["ESH6-ESM6"] > 0
    assert set(np.unique(records["channel_id"]).tolist()) == {0}


def test_event_shapes_are_those_of_a_futures_day(busy: Made) -> None:
    shapes = event_shapes(live(busy.records("future_mbo")))
    assert {"A", "C", "M", "TFC", "TFM", "TFFCC"} <= set(shapes)
    records = live(busy.records("future_mbo"))
    shares = {action: float(np.mean(records["action"] == action)) for action in (b"A", b"C", b"M", b"F", b"T")}
    assert 0.25 < shares[b"A"] < 0.45
    assert 0.25 < shares[b"C"] < 0.45
    assert 0.03 < shares[b"M"] < 0.3
    assert 0.05 < shares[b"F"] < 0.25
    assert 0.02 < shares[b"T"] < 0.12


def test_the_open_uncrosses_the_book_in_an_auction(pre_open: Made) -> None:
    records = pre_open.records("future_mbo")
    book = PlainBook()
    book.apply_all(records)
    assert book.complaints == {}
    opens = pre_open.market.path.start_ns + 20 * 60 * NS
    assert len(book.crossed) > 0
    assert max(moment for moment, _ in book.crossed) < opens
    auctions = records[(records["action"] == b"T") & (records["side"] == b"N")]
    assert len(auctions) > 0
    assert np.all(auctions["order_id"] == 0)


def test_an_expired_future_trades_no_more(make: Callable[..., Made]) -> None:
    made = make(start=date(2026, 3, 20), session=(time(13, 25), time(13, 35)))
    front, following = made.market.listing.contracts[:2]
    records = made.records("future_mbo")
    late = records[records["ts_recv"] > front.ts_expiration + NS]
    assert np.sum(late["instrument_id"] == front.instrument_id) == 0
    assert np.sum(late["instrument_id"] == following.instrument_id) > 1000
