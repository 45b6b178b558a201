from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pyarrow as pa

from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.vendor_shapes import STATISTICS
from gex_assets.stages.bronze.statistics import option_statistics
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT
from gex_assets_tests.stages.bronze.made_up_bronze import reference

YESTERDAY = date(2026, 1, 5)


def said(symbol: str | None = "ESH6 C6900", **row: Any) -> dict[str, Any]:
    return {
        "instrument_id": 11,
        "raw_symbol": symbol,
        "ts_recv": MIDNIGHT,
        "ts_event": MIDNIGHT - 5,
        "ts_recv_behind": 0,
        "ts_ref": -1,
        "stat_type": 9,
        "sequence": 0,
        "stat_flags": 0,
        "update_action": 1,
        "file_date": DAY,
        "price": None,
        "quantity": 10,
        **row,
    }


def made(*tables: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    tally: Counter[str] = Counter()
    _, instruments = reference()
    parts = [pa.Table.from_pylist(rows, schema=STATISTICS) for rows in tables]
    table = option_statistics(parts, instruments=instruments, tally=tally)
    assert table.schema == BRONZE_OPTION_STATISTICS.arrow_schema()
    return table.to_pylist(), dict(+tally)


def test_open_interest_and_settlements_are_kept_others_counted() -> None:
    rows, tally = made(
        [
            said(),
            said(stat_type=3, price=5.25, quantity=None, stat_flags=1),
            said(stat_type=6, quantity=700),
            said(stat_type=19, quantity=30),
            said(stat_type=7),
            said(update_action=2, sequence=1),
            said(None, instrument_id=99),
            said("UD:1V: GN 3067770", instrument_id=31),
        ]
    )
    assert [(row["stat_type"], row["price"], row["quantity"], row["stat_flags"], row["is_deleted"]) for row in rows] == [
        (3, 5.25, None, 1, False),
        (6, None, 700, 0, False),
        (9, None, 10, 0, True),
        (19, None, 30, 0, False),
    ]
    assert tally == {
        "records": 8,
        "other_statistic": 1,
        "deleted_statistic": 1,
        "repeated_statistic": 1,
        "unmapped_statistic": 1,
        "other_instrument": 1,
    }


def test_a_withdrawal_is_a_row_of_its_own_moment() -> None:
    rows, tally = made([said(ts_ref=5), said(ts_ref=5, update_action=2, quantity=None, ts_recv=MIDNIGHT + 7)])
    assert [(row["ts_recv"] - MIDNIGHT, row["quantity"], row["is_deleted"]) for row in rows] == [(0, 10, False), (7, None, True)]
    assert tally["deleted_statistic"] == 1


def test_what_cannot_be_is_no_value() -> None:
    rows, tally = made([said(quantity=-1), said("ESH6 P6900", quantity=0), said(ts_recv=-1, quantity=9)])
    assert [row["quantity"] for row in rows] == [None, 0]
    assert (tally["negative_quantity"], tally["undated_statistic"]) == (1, 1)


def test_instruments_of_earlier_files_are_found_by_their_symbol() -> None:
    rows, tally = made(
        [said("ESH6 P6900", instrument_id=11, file_date=YESTERDAY, ts_recv=MIDNIGHT - 9)], [said(instrument_id=11)]
    )
    assert [(row["instrument_id"], row["raw_symbol"], row["file_date"]) for row in rows] == [
        (11, "ESH6 C6900", DAY),
        (12, "ESH6 P6900", YESTERDAY),
    ]
    assert tally == {"records": 2}


def test_the_last_of_a_key_is_kept() -> None:
    rows, tally = made(
        [said(quantity=1, file_date=YESTERDAY, sequence=9)],
        [said(quantity=2, sequence=5), said(quantity=3, sequence=7), said(quantity=4, sequence=7), said(quantity=5, sequence=6)],
        [said(quantity=6, ts_ref=5)],
    )
    assert [(row["ts_ref"], row["quantity"]) for row in rows] == [(-1, 4), (5, 6)]
    assert tally == {"records": 6, "repeated_statistic": 4}


def test_rows_are_in_the_order_of_the_key() -> None:
    rows, _ = made(
        [said("ESH6 P6900"), said(ts_recv=MIDNIGHT + 3), said(ts_recv=MIDNIGHT + 1), said(stat_type=3), said(ts_ref=-4)],
    )
    keys = [tuple(row[name] for name in BRONZE_OPTION_STATISTICS.key) for row in rows]
    assert keys == sorted(keys)
    assert len(keys) == 5


def test_nothing_delivered_is_no_row() -> None:
    assert made() == ([], {})
    assert made([]) == ([], {})
