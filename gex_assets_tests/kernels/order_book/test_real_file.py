"""Two real hours of an ES future with its opening auction, replayed: known facts, and the twin in every field."""

from __future__ import annotations

import numpy as np
import pytest

from gex_assets.kernels.order_book.books import BookRows, OrderBooks
from gex_assets_tests.kernels.order_book.real_file import ENDS, FUTURE, OPEN, columns, file
from gex_assets_tests.kernels.order_book.runs import differences, rows_of, twin
from gex_assets_tests.twins.dict_book import Record


def replayed() -> tuple[OrderBooks, list[BookRows]]:
    books = OrderBooks(window_ends=np.array(ENDS))
    books.list_instruments(instrument_ids=np.array([FUTURE], np.uint32))
    return books, [*books.apply(columns()), *books.finish()]


def test_the_book_at_the_end_is_the_one_that_is_known() -> None:
    books, groups = replayed()
    last = rows_of(groups, ends=ENDS)[-1]
    assert (last["bid_price"], last["ask_price"], last["book_state"]) == (4810.00, 4810.25, "ok")
    assert books.resting_orders == 11_217
    assert books.counts["records"] == 68_792


def test_only_the_pre_open_is_crossed() -> None:
    _, groups = replayed()
    crossed = [row["ts_window_end"] for row in rows_of(groups, ends=ENDS) if row["book_state"] == "crossed"]
    assert crossed
    assert max(crossed) <= OPEN


@pytest.mark.long
def test_the_twin_says_the_same_in_every_field() -> None:
    books, groups = replayed()
    packed = file()
    names = ("ts_recv", "instrument_id", "order_id", "action", "side", "price", "size", "flags")
    lists = [packed[name].tolist() for name in names]
    records = [Record(*fields[:3], fields[3].decode(), fields[4].decode(), *fields[5:]) for fields in zip(*lists, strict=True)]
    expected, counts = twin(records, ends=ENDS, instruments={FUTURE: (None, None)})
    assert not differences(rows_of(groups, ends=ENDS), expected)
    assert books.counts == counts
