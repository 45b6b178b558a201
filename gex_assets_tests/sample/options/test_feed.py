from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import numpy as np
import pytest

from gex_assets.sample.market_day import MarketDay
from gex_assets_tests.sample.made_up_samples import Made
from gex_assets_tests.sample.plain_book import PlainBook, event_shapes, live, plain_rows

NS = 10**9
UNDEFINED = 2**63 - 1


def outrights(made: Made, records: np.ndarray) -> np.ndarray:
    ids = np.array([option.instrument_id for option in made.market.listing.options])
    return records[np.isin(records["instrument_id"], ids)]


def test_every_record_refers_to_what_rests_and_no_book_is_crossed_in_session(busy: Made) -> None:
    book = PlainBook()
    book.apply_all(busy.records("option_mbo"))
    assert book.complaints == {}
    assert book.crossed == []


def test_pre_open_books_are_crossed_and_the_open_uncrosses_them(pre_open: Made) -> None:
    book = PlainBook()
    records = pre_open.records("option_mbo")
    book.apply_all(records)
    assert book.complaints == {}
    opens = pre_open.market.path.start_ns + 20 * 60 * NS
    assert len(book.crossed) > 10
    assert max(moment for moment, _ in book.crossed) < opens
    auctions = records[(records["action"] == b"T") & (records["side"] == b"N")]
    assert len(auctions) > 3
    assert np.all(auctions["order_id"] == 0)
    assert np.all((auctions["ts_recv"] >= opens) & (auctions["ts_recv"] < opens + NS))
    fills = records[(records["action"] == b"F") & (records["side"] == b"N")]
    assert len(fills) >= 2 * len(auctions)


def test_an_auction_fill_may_state_more_than_rested(pre_open: Made) -> None:
    book = PlainBook()
    more = 0
    for row in plain_rows(pre_open.records("option_mbo")):
        if row["action"] == "F" and row["side"] == "N":
            more += row["size"] > book.orders[row["instrument_id"], row["order_id"]].size
        book.apply(row)
    assert more > 0


def test_nothing_rests_of_the_makers_while_the_market_is_closed(pre_open: Made) -> None:
    records = live(pre_open.records("option_mbo"))
    assert records["ts_recv"].min() >= pre_open.market.path.start_ns + 5 * 60 * NS


def test_the_file_begins_with_the_snapshot_in_the_vendors_form(busy: Made) -> None:
    records = busy.records("option_mbo")
    shot = records[(records["flags"] & 32) > 0]
    assert np.array_equal(shot, records[: len(shot)])
    assert np.all(shot["ts_recv"] == busy.market.path.start_ns)
    assert set(np.unique(shot["flags"]).tolist()) == {40, 168}
    starts = np.flatnonzero(shot["action"] == b"R")
    ends = np.flatnonzero(shot["flags"] == 168)
    assert np.array_equal(starts, np.append(0, ends[:-1] + 1))
    assert set(np.unique(shot["action"]).tolist()) == {b"R", b"A"}
    clears = shot[starts]
    assert np.all((clears["order_id"] == 0) & (clears["price"] == UNDEFINED) & (clears["side"] == b"N"))
    assert len(np.unique(clears["instrument_id"])) == len(clears)
    orders = shot[shot["action"] == b"A"]
    age = orders["ts_recv"].astype(np.int64) - orders["ts_event"].astype(np.int64)
    assert age.min() > 0
    assert age.max() > 86_400 * NS


@pytest.mark.parametrize("day", [date(2026, 1, 6), date(2026, 1, 9)])
def test_a_whole_days_snapshot_is_received_at_midnight(make: Callable[..., Made], day: date) -> None:
    made = make(start=day, session=(time(0, 0), time(0, 1)))
    first = made.records("option_mbo")[0]
    assert first["ts_recv"] == made.market.path.start_ns
    assert first["ts_recv"] % (86_400 * NS) == 0


def test_a_sunday_begins_with_the_weekly_start_up(make: Callable[..., Made]) -> None:
    made = make(start=date(2026, 1, 11), session=None)
    records = made.records("option_mbo")
    shot = records[(records["flags"] & 32) > 0]
    midnight = made.market.path.start_ns
    assert np.all(shot["ts_recv"] == midnight + 13 * 3600 * NS)
    orders = shot[shot["action"] == b"A"]
    assert 0.5 < len(orders) / len(made.market.listing.options) < 2.5
    assert live(records)["ts_recv"].min() >= midnight + 22 * 3600 * NS
    book = PlainBook()
    book.apply_all(records)
    assert book.complaints == {}
    assert max(moment for moment, _ in book.crossed) < midnight + 23 * 3600 * NS


def test_event_shapes_have_their_shares(busy: Made) -> None:
    shapes = event_shapes(outrights(busy, live(busy.records("option_mbo"))))
    total = sum(shapes.values())
    assert {"A", "C", "M", "TFC", "TFM", "R"} <= set(shapes)
    assert any(shape.startswith("TFF") and shape.count("C") >= 1 for shape in shapes)
    assert 0.15 < shapes["A"] / total < 0.5
    assert 0.15 < shapes["C"] / total < 0.5
    assert 0.2 < shapes["M"] / total < 0.7
    trades = sum(count for shape, count in shapes.items() if "T" in shape)
    assert 0.0003 < trades / total < 0.004


def test_reductions_come_in_the_packet_after_the_trade(busy: Made) -> None:
    records = live(busy.records("option_mbo"))
    trades = np.flatnonzero(records["action"] == b"T")
    followed = 0
    for place in trades.tolist():
        event = records[place : place + 12]
        event = event[event["ts_event"] == records["ts_event"][place]]
        reductions = event[np.isin(event["action"], [b"C", b"M"])]
        followed += bool(len(reductions)) and bool(np.all(reductions["ts_recv"] > records["ts_recv"][place]))
    assert followed == len(trades)


def test_windows_end_inside_events(busy: Made) -> None:
    records = live(busy.records("option_mbo"))
    window = records["ts_recv"] // np.uint64(5 * NS)
    ends = np.flatnonzero(np.diff(window.astype(np.int64)) > 0)
    assert np.any(records["flags"][ends] & 128 == 0)


def test_times_flags_and_channel_are_the_venues(busy: Made) -> None:
    records = busy.records("option_mbo")
    assert np.all(np.diff(records["ts_recv"].astype(np.int64)) >= 0)
    own = live(records)
    latency = own["ts_recv"].astype(np.int64) - own["ts_event"].astype(np.int64)
    assert 95_000 < np.median(latency) < 160_000
    assert latency.min() > 50_000
    assert np.any(np.diff(own["sequence"].astype(np.int64)) < 0)
    assert np.any(np.diff(own["sequence"].astype(np.int64)) == 0)
    assert 0.05 < np.mean(np.diff(own["ts_event"].astype(np.int64)) == 0) < 0.35
    assert set(np.unique(own["flags"]).tolist()) == {0, 130}
    assert set(np.unique(records["channel_id"]).tolist()) == {1}
    assert set(np.unique(records["publisher_id"]).tolist()) == {1}
    assert own["ts_recv"].max() < busy.market.path.end_ns


def test_a_clear_comes_in_mid_file_and_the_book_is_quoted_again(busy: Made) -> None:
    records = live(busy.records("option_mbo"))
    clears = np.flatnonzero(records["action"] == b"R")
    assert len(clears) > 0
    place = clears[0]
    after = records[place + 1 :]
    after = after[after["instrument_id"] == records["instrument_id"][place]]
    assert set(after["action"][:2].tolist()) == {b"A"}


def test_prices_are_on_the_venues_grid(busy: Made) -> None:
    records = outrights(busy, busy.records("option_mbo"))
    price = records["price"][np.isin(records["action"], [b"A", b"M", b"T"])]
    assert np.all(price % 50_000_000 == 0)
    dear = price[price > 10 * NS]
    assert np.mean(dear % 250_000_000 == 0) > 0.999


def quotes_at(market: MarketDay, records: np.ndarray, moments: list[int]) -> np.ndarray:
    """Best bid and ask of every outright at each moment: (moments, options, 2), NaN where a side is empty."""
    book, out = PlainBook(), np.full((len(moments), len(market.listing.options), 2), np.nan)
    ids = [option.instrument_id for option in market.listing.options]
    done = 0
    for row in [*plain_rows(records), None]:
        while done < len(moments) and (row is None or row["ts_recv"] >= moments[done]):
            for k, number in enumerate(ids):
                out[done, k] = [np.nan if price is None else price / 1e9 for price in book.best(number)]
            done += 1
        if row is not None:
            book.apply(row)
    return out


@pytest.fixture(scope="module")
def sampled(busy: Made) -> tuple[list[int], np.ndarray]:
    start = busy.market.path.start_ns
    moments = [start + k * 5 * NS for k in range(40, 81)]
    return moments, quotes_at(busy.market, busy.records("option_mbo"), moments)


def near_the_money(made: Made, *, pairs: int) -> np.ndarray:
    strikes = np.array([option.strike for option in made.market.listing.options], float)
    front = made.market.listing.contracts[0]
    is_front = np.array([option.contract == front for option in made.market.listing.options])
    return np.flatnonzero(is_front)[np.argsort(np.abs(strikes[is_front] - made.market.reference), kind="stable")[: 2 * pairs]]


def test_near_the_money_quotes_stand_around_the_true_price(busy: Made, sampled: tuple[list[int], np.ndarray]) -> None:
    moments, quotes = sampled
    near = near_the_money(busy, pairs=31)
    steps = [(moment - busy.market.path.start_ns) // 250_000_000 - 1 for moment in moments]
    fair = busy.market.option_prices(
        index=busy.market.path.index[steps],
        ts_ns=np.array(moments),
        drift=busy.market.path.drift[np.array(steps) // 20],
    )[:, near]
    bid, ask = quotes[:, near, 0], quotes[:, near, 1]
    assert np.mean(np.isnan(bid) | np.isnan(ask)) < 0.01
    assert np.mean((bid <= fair + 0.05) & (fair - 0.05 <= ask)) > 0.98
    spread = (ask - bid)[(fair > 20) & ~np.isnan(bid) & ~np.isnan(ask)]
    assert 0.5 <= np.median(spread) <= 0.75
    assert np.percentile(spread, 99) <= 1.5
    assert abs(np.nanmean((bid + ask) / 2 - fair)) < 0.01


def test_the_true_forward_can_be_measured_from_the_quotes(busy: Made, sampled: tuple[list[int], np.ndarray]) -> None:
    moments, quotes = sampled
    near = near_the_money(busy, pairs=31)
    calls, puts = near[near % 2 == 0], near[near % 2 == 1]
    calls, puts = np.sort(calls), np.sort(puts)
    strikes = np.array([busy.market.listing.options[k].strike for k in calls], float)
    truth = busy.truth("windows").to_pandas()
    front = busy.market.listing.contracts[0].symbol
    truth = truth[truth["underlying"] == front].set_index("ts_window_end")
    errors = []
    for row, moment in enumerate(moments):
        years = truth.loc[moment, "years"]
        middle = quotes[row].mean(axis=1)
        implied = strikes + np.exp(0.04 * years) * (middle[calls] - middle[puts])
        errors.append(np.nanmedian(implied) - truth.loc[moment, "forward"])
    assert np.sqrt(np.mean(np.square(errors))) < 0.08
    assert abs(np.mean(errors)) < 0.04


def test_sizes_at_the_best_price_are_realistic(busy: Made) -> None:
    book = PlainBook()
    records = busy.records("option_mbo")
    for row in plain_rows(records[: len(records) // 2]):
        book.apply(row)
    sizes, counts = [], []
    for k in near_the_money(busy, pairs=31):
        number = busy.market.listing.options[k].instrument_id
        bid, _ = book.best(number)
        own = [
            one for (instrument, _), one in book.orders.items() if instrument == number and one.side == "B" and one.price == bid
        ]
        sizes.append(sum(one.size for one in own))
        counts.append(len(own))
    assert 1 <= np.median(counts) <= 3
    assert max(counts) <= 8
    assert 12 <= np.median(sizes) <= 131


def test_books_are_one_sided_or_empty_deep_in_the_money_and_cheap_puts_have_no_bid(busy: Made) -> None:
    book = PlainBook()
    records = busy.records("option_mbo")
    for row in plain_rows(records[(records["flags"] & 32) > 0]):
        book.apply(row)
    kinds = {(bid is None, ask is None) for bid, ask in (book.best(one.instrument_id) for one in busy.market.listing.options)}
    assert kinds == {(False, False), (False, True), (True, False), (True, True)}


def test_near_the_money_is_requoted_every_second_or_two_in_the_busy_stretch(busy: Made) -> None:
    records = live(busy.records("option_mbo"))
    start = busy.market.path.start_ns
    stretch = records[(records["ts_recv"] >= start + 150 * NS) & (records["ts_recv"] < start + 450 * NS)]
    ids = [busy.market.listing.options[k].instrument_id for k in near_the_money(busy, pairs=31)]
    per_second = np.array([np.sum(stretch["instrument_id"] == number) for number in ids]) / 300
    assert 1.5 < per_second.mean() < 8.0
    assert np.mean(per_second > 0.2) > 0.9
    quiet = np.sum((records["ts_recv"] >= start) & (records["ts_recv"] < start + 150 * NS)) / 150
    assert quiet < 0.1 * len(stretch) / 300


def test_user_defined_spreads_trade_between_the_others(busy: Made) -> None:
    records = live(busy.records("option_mbo"))
    spreads = {spread.instrument_id for spread in busy.market.listing.spreads}
    trades = records[(records["action"] == b"T") & np.isin(records["instrument_id"], list(spreads))]
    assert len(trades) > 0
    assert set(np.unique(trades["side"]).tolist()) <= {b"A", b"B"}
    shapes = event_shapes(records[np.isin(records["instrument_id"], list(spreads))])
    assert set(shapes) <= {"A", "C", "TFC", "TFM"}


def test_expired_options_keep_stale_orders_and_say_nothing(make: Callable[..., Made]) -> None:
    made = make(start=date(2026, 3, 20), session=(time(13, 25), time(13, 35)))
    expiration = made.market.listing.contracts[0].ts_expiration
    assert expiration == made.market.path.start_ns + 5 * 60 * NS
    records = made.records("option_mbo")
    book = PlainBook()
    book.apply_all(records)
    assert book.complaints == {}
    front = {option.instrument_id for option in made.market.listing.options if option.contract.ts_expiration == expiration}
    late = records[(records["ts_recv"] > expiration + NS) & np.isin(records["instrument_id"], list(front))]
    assert len(late) == 0
    assert sum(instrument in front for instrument, _ in book.orders) > 50
    following = records[(records["ts_recv"] > expiration + NS) & ~np.isin(records["instrument_id"], list(front))]
    assert len(following) > 1000


def test_from_mid_2026_on_some_events_end_in_a_record_of_their_own(make: Callable[..., Made]) -> None:
    made = make(start=date(2026, 7, 7), session=BUSY_JULY)
    records = made.records("option_mbo")
    ends = records[records["action"] == b"N"]
    assert len(ends) > 0
    assert np.all((ends["price"] == UNDEFINED) & (ends["flags"] & 128 > 0) & (ends["order_id"] == 0))
    book = PlainBook()
    book.apply_all(records)
    assert book.complaints == {}


BUSY_JULY = (time(14, 30), time(14, 40))
