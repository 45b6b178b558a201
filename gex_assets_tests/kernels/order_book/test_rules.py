"""The rules of book and flow one by one, with numbers worked out by hand."""

from __future__ import annotations

import pytest

from gex_assets_tests.kernels.order_book.runs import GAP, LAST, NS, START, TINY, counts, record, rows, said
from gex_assets_tests.twins.dict_book import Record


def test_a_cancel_above_what_rests_removes_what_rests() -> None:
    cancel = (record(0, "A", size=5), record(1, "C", size=9))
    said(rows(*cancel)[0], bid_add_size=5, bid_add_count=1, bid_pull_size=5, bid_pull_count=1, bid_pull_rest_size=5, bid_depth=0)
    assert counts(*cancel)["excess_cancel"] == 1


def test_a_partial_cancel_keeps_the_orders_age() -> None:
    (row,) = rows(record(0, "A", size=5), record(0.4, "C", size=1), record(0.5, "C", size=2))
    said(row, bid_add_size=5, bid_add_count=1, bid_pull_size=3, bid_pull_count=2, bid_pull_rest_size=2, bid_depth=2, bid_orders=1)


def test_a_growth_or_a_new_price_restarts_the_orders_age_and_a_smaller_size_does_not() -> None:
    grown = rows(record(0, "A", size=5), record(1, "M", size=6), record(1.4, "C", size=6))[0]
    said(grown, bid_add_size=6, bid_add_count=2, bid_pull_size=6, bid_pull_count=1)
    moved = rows(record(0, "A", size=5), record(1, "M", price=99.0), record(1.4, "C"))[0]
    said(moved, bid_add_size=5, bid_add_count=1, bid_reprice_away_size=5, bid_pull_size=5, bid_pull_count=1)
    shrunk = rows(record(0, "A", size=5), record(0.4, "M", size=4), record(0.5, "C", size=4))[0]
    said(shrunk, bid_add_size=5, bid_add_count=1, bid_pull_size=5, bid_pull_count=2, bid_pull_rest_size=4)


def test_an_unknown_cancel_changes_nothing_and_an_unknown_modify_adds() -> None:
    stream = (record(0, "C", 7), record(1, "M", 8, "A", 101.0, 3))
    said(rows(*stream)[0], ask_add_size=3, ask_add_count=1, ask_price=101.0)
    assert counts(*stream) == {"records": 2, "unknown_cancel": 1, "unknown_modify": 1}


def test_a_duplicate_add_pulls_the_old_size_also_from_the_other_side() -> None:
    stream = (record(0, "A", size=5), record(1, "A", side="A", price=101.0, size=2))
    said(
        rows(*stream)[0],
        bid_add_size=5,
        bid_add_count=1,
        bid_pull_size=5,
        bid_pull_count=1,
        bid_pull_rest_size=5,
        ask_add_size=2,
        ask_add_count=1,
        bid_depth=0,
        ask_depth=2,
        book_state="one_sided",
    )
    assert counts(*stream)["duplicate_add"] == 1


def test_a_modify_to_the_other_side_is_a_pull_here_and_an_add_there() -> None:
    stream = (record(0, "A", size=5), record(0.1, "M", side="A", price=101.0, size=7))
    said(
        rows(*stream)[0],
        bid_add_size=5,
        bid_add_count=1,
        bid_pull_size=5,
        bid_pull_count=1,
        ask_add_size=7,
        ask_add_count=1,
        ask_size=7,
    )
    assert counts(*stream)["odd_side"] == 1


def test_reprices_count_the_new_size_toward_or_away_from_the_other_side() -> None:
    bid = rows(record(0, "A"), record(1, "M", price=100.5, size=9), record(2, "M", price=99.0, size=4))[0]
    said(bid, bid_add_size=5, bid_add_count=1, bid_reprice_toward_size=9, bid_reprice_away_size=4, bid_price=99.0)
    ask = rows(
        record(0, "A", side="A"), record(1, "M", side="A", price=100.5, size=9), record(2, "M", side="A", price=99.0, size=4)
    )[0]
    said(ask, ask_add_size=5, ask_add_count=1, ask_reprice_away_size=9, ask_reprice_toward_size=4, ask_price=99.0)


def test_a_size_of_zero_never_rests() -> None:
    stream = (record(0, "A", 1, size=0), record(1, "A", 2), record(2, "M", 2, size=0), record(3, "C", 3, size=0))
    said(rows(*stream)[0], bid_add_size=5, bid_add_count=1, bid_pull_size=5, bid_pull_count=1, bid_pull_rest_size=5, bid_levels=0)
    assert counts(*stream) == {"records": 4, "odd_size": 2, "unknown_cancel": 1}
    said(rows(record(0, "A"), record(1, "C", size=0))[0], bid_add_size=5, bid_add_count=1, bid_depth=5)
    said(rows(record(0, "A"), record(0.1, "M", price=99.0, size=0))[0], bid_add_size=5, bid_add_count=1, bid_depth=0)


def test_without_a_side_an_order_cannot_rest_but_a_known_one_changes_without_flow() -> None:
    stream = (
        record(0, "A", 1, "N"),
        record(1, "A", 2, "B", size=5),
        record(2, "M", 2, "N", 99.0, 4),
        record(3, "C", 2, "N", size=1),
    )
    said(rows(*stream)[0], bid_add_size=5, bid_add_count=1, bid_price=99.0, bid_depth=3, ask_depth=0)
    assert counts(*stream) == {"records": 4, "odd_side": 3}


def test_an_undefined_price_does_not_rest_and_leaves_a_known_order_as_it_is() -> None:
    stream = (
        record(0, "A", 1, price=None),
        record(1, "A", 2),
        record(2, "M", 2, price=None, size=9),
        record(3, "A", 2, price=None),
    )
    said(rows(*stream)[0], bid_add_size=5, bid_add_count=1, bid_depth=5, bid_price=100.0)
    assert counts(*stream) == {"records": 4, "undefined_price": 3}
    said(
        rows(record(0, "A"), record(1, "C", price=None))[0],
        bid_add_size=5,
        bid_add_count=1,
        bid_pull_size=5,
        bid_pull_count=1,
        bid_pull_rest_size=5,
    )


def test_prices_off_the_grid_are_counted_and_used() -> None:
    stream = (record(0, "A", price=100.0301), record(1, "M", price=-3.07, size=5), record(2, "M", price=-3.05, size=5))
    assert rows(*stream)[0]["bid_price"] == -3.05
    assert counts(*stream)["off_tick"] == 2


@pytest.mark.parametrize("price", [0, 1, -1, 2**62, -(2**63), 2**63 - 2, -(2**62)])
def test_any_price_sorts_rightly(price: int) -> None:
    near = [price - 1 if price > -(2**63) else price + 1, price]
    for side, best in (("B", max(near)), ("A", min(near))):
        stream = [Record(START + k, 1, k, "A", side, value, 1, 128) for k, value in enumerate(near)]
        (row,) = rows(*stream)
        assert row["bid_price" if side == "B" else "ask_price"] == best / 1e9
        assert row["bid_levels" if side == "B" else "ask_levels"] == 2


def test_order_ids_may_be_anything_and_belong_to_their_instrument() -> None:
    both = {1: (START - 1, None), 2: (START - 1, None)}
    stream = [
        record(0, "A", order_id, size=2, instrument=instrument) for order_id in (0, 2**64 - 1, 2**63) for instrument in both
    ]
    one, two = rows(*stream, record(1, "C", 0, instrument=2), record(1, "C", 2**64 - 1, instrument=2), instruments=both, **TINY)
    assert (one["bid_orders"], two["bid_orders"]) == (3, 1)


def test_what_fills_of_the_event_explain_is_executed_and_the_rest_is_pulled() -> None:
    event = (record(1, "F", size=2, flags=0), record(1, "F", 9, size=9, flags=0), record(1, "F", size=1, flags=0))
    (row,) = rows(record(0, "A", size=10), *event, record(1, "C", size=5))
    said(
        row,
        bid_add_size=10,
        bid_add_count=1,
        bid_exec_size=3,
        bid_exec_count=1,
        bid_pull_size=2,
        bid_pull_count=1,
        bid_pull_rest_size=2,
    )


def test_a_fill_explains_only_once() -> None:
    (row,) = rows(
        record(0, "A", size=10), record(0, "F", size=3, flags=0), record(0, "M", size=8, flags=0), record(0, "C", size=8)
    )
    said(row, bid_add_size=10, bid_add_count=1, bid_exec_size=3, bid_exec_count=2, bid_pull_size=7, bid_pull_count=1)


def test_a_larger_size_at_a_new_price_uses_up_no_fill() -> None:
    moved = record(1, "M", price=100.5, size=12, flags=0)
    (row,) = rows(record(0, "A", size=10), record(1, "F", size=3, flags=0), moved, record(1, "C", size=12))
    said(
        row,
        bid_add_size=10,
        bid_add_count=1,
        bid_reprice_toward_size=12,
        bid_exec_size=3,
        bid_exec_count=1,
        bid_pull_size=9,
        bid_pull_count=1,
    )


def test_a_fill_is_forgotten_when_its_event_ends() -> None:
    (row,) = rows(record(0, "A"), record(1, "F"), record(1, "C"))
    said(row, bid_add_size=5, bid_add_count=1, bid_pull_size=5, bid_pull_count=1, bid_pull_rest_size=5)
    (row,) = rows(record(0, "A"), record(1, "F", flags=0), record(1, "N", 0, "N", None, 0), record(1, "C"))
    assert row["bid_exec_size"] == 0


def test_an_event_is_its_instruments_own() -> None:
    both = {1: (START - 1, None), 2: (START - 1, None)}
    stream = [record(0, "A", instrument=1), record(0, "A", instrument=2)]
    stream += [record(1, "F", flags=0, instrument=1), record(1, "F", flags=LAST, instrument=2)]
    stream += [record(1, "C", instrument=2), record(1, "C", instrument=1)]
    one, two = rows(*stream, instruments=both)
    assert (one["bid_exec_size"], one["bid_pull_size"]) == (5, 0)
    assert (two["bid_exec_size"], two["bid_pull_size"]) == (0, 5)


def test_a_clear_ends_what_fills_explain() -> None:
    (row,) = rows(record(0, "A"), record(1, "F", flags=0), record(1, "R", flags=0), record(1, "A", flags=0), record(1, "C"))
    said(row, bid_add_size=10, bid_add_count=2, bid_pull_size=5, bid_pull_count=1)


def test_after_a_fill_a_new_price_executes_the_lost_size_and_reprices_the_new() -> None:
    (row,) = rows(record(0, "A", size=10), record(1, "F", size=3, flags=0), record(1, "M", price=100.5, size=4))
    said(row, bid_add_size=10, bid_add_count=1, bid_exec_size=3, bid_exec_count=1, bid_reprice_toward_size=4)


def test_after_a_fill_the_same_size_changes_nothing_and_a_larger_one_adds() -> None:
    (row,) = rows(record(0, "A"), record(1, "F", size=3, flags=0), record(1, "M", flags=0), record(1, "M", size=6))
    said(row, bid_add_size=6, bid_add_count=2)


def test_fills_and_trades_never_change_the_book() -> None:
    (row,) = rows(record(0, "A"), record(1, "T", 0, "A", size=4, flags=0), record(1, "F", size=4))
    said(row, bid_add_size=5, bid_add_count=1, trade_sell_size=4, bid_depth=5, aggressor_net=-4)


def test_trades_by_the_aggressors_side() -> None:
    stream = [record(k, "T", 0, side, 100.0 + k, 2 + k) for k, side in enumerate("BAN")]
    row, later = rows(*stream, windows=2)
    said(row, trade_buy_size=2, trade_sell_size=3, trade_none_size=4, aggressor_net=-1, last_trade_price=102.0)
    assert row["vwap"] == (100 * 2 + 101 * 3 + 102 * 4) / 9
    assert row["last_trade_ts"] == START + 2 * NS
    said(later, aggressor_net=-1, last_trade_price=102.0, vwap=None)


def test_a_trade_without_a_price_counts_by_size_only() -> None:
    (row,) = rows(record(0, "T", price=99.0, size=1), record(1, "T", price=None, size=4))
    said(row, trade_buy_size=5, last_trade_price=99.0, last_trade_ts=START, vwap=99.0)


def test_the_vwap_of_a_busy_window_is_exact() -> None:
    (row,) = rows(*[record(1, "T", price=6000.25, size=4_000_000_000) for _ in range(100)])
    assert row["vwap"] == 6000.25


NO_SIZE = 2**32 - 1


@pytest.mark.parametrize("action", "AMCTF")
def test_a_size_that_is_the_vendors_word_for_none_is_ignored_and_counted(action: str) -> None:
    """No 4.3 billion contracts rest, trade or are withdrawn; what the record says of its event and of gaps still counts."""
    stream = (record(0, "A", 1), record(1, action, 1, size=NO_SIZE), record(2, "C", 1))
    said(rows(*stream)[0], bid_add_size=5, bid_add_count=1, bid_pull_size=5, bid_pull_count=1, bid_pull_rest_size=5, bid_depth=0)
    assert counts(*stream) == {"records": 3, "undefined_size": 1}
    (gap,) = rows(*stream[:1], record(1, action, 1, size=NO_SIZE, flags=GAP))
    assert (gap["book_state"], gap["mid_event"], gap["bid_depth"]) == ("suspect", True, 5)


def test_an_order_without_a_size_is_not_known_afterwards_and_the_largest_size_is_one() -> None:
    assert counts(record(0, "A", 1, size=NO_SIZE), record(1, "C", 1)) == {"records": 2, "undefined_size": 1, "unknown_cancel": 1}
    (row,) = rows(record(0, "A", 1, size=NO_SIZE - 1), record(1, "T", 0, size=NO_SIZE - 1))
    assert (row["bid_depth"], row["trade_buy_size"], row["aggressor_net"]) == (NO_SIZE - 1, NO_SIZE - 1, NO_SIZE - 1)


def test_clears_and_other_letters_do_not_count_as_without_a_size() -> None:
    stream = (
        record(0, "A", 1),
        record(1, "R", 0, "N", None, NO_SIZE),
        record(2, "N", 0, size=NO_SIZE),
        record(3, "X", 0, size=NO_SIZE),
    )
    assert rows(*stream)[0]["bid_depth"] == 0
    assert counts(*stream) == {"records": 4, "odd_action": 1}
