"""Volumes by session and hour from published windows: which sessions, which windows, in Chicago's hours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.analytics.usual_volume import UsualVolume, usual_volumes
from gex_assets.errors import LakeError
from gex_assets.lake.ranges.traded_hours import traded_hours
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets.time_units import SECOND_NS, WINDOW_NS
from gex_assets_tests.lake.made_up_tables import nulls, publish

QUOTES = TABLES["silver_future_quotes"]
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 1, day) for day in (5, 6, 7))


def windows(
    start: datetime, session: date, *, size: int, count: int = 720, number: int = 1, symbol: str = "ESH6", state: str = "ok"
) -> pa.Table:
    """Windows in a row, each with the same buys, one sale and one trade without an aggressor."""
    first = int(start.timestamp()) * SECOND_NS
    one: dict[str, Any] = nulls(QUOTES).to_pylist()[0]
    one |= {"instrument_id": number, "symbol": symbol, "session_date": session, "book_state": state}
    one |= {"trade_buy_size": size, "trade_sell_size": 1, "trade_none_size": 1}
    rows = [one | {"ts_window_end": first + (place + 1) * WINDOW_NS} for place in range(count)]
    return pa.Table.from_pylist(rows, schema=QUOTES.arrow_schema())


def utc(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def put(lake: Lake, day: date, *parts: pa.Table) -> None:
    rows = pa.concat_tables(parts).sort_by([("ts_window_end", "ascending"), ("instrument_id", "ascending")])
    publish(lake, QUOTES, rows.unify_dictionaries(), day=day)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Monday's session at 09:00 Chicago; in Monday's UTC date Tuesday's evening too; then Tuesday, with a next future."""
    found = Lake(tmp_path)
    put(found, MONDAY, windows(utc(MONDAY, 15), MONDAY, size=8), windows(utc(MONDAY, 23), TUESDAY, size=1))
    put(
        found,
        TUESDAY,
        windows(utc(TUESDAY, 15), TUESDAY, size=18),
        windows(utc(TUESDAY, 15), TUESDAY, size=3, number=2, symbol="ESM6"),
        windows(utc(TUESDAY, 23), WEDNESDAY, size=5),
    )
    return found


def test_hours_are_chicagos_and_belong_to_the_session(lake: Lake) -> None:
    found = usual_volumes(traded_hours(lake, product="ES", before=WEDNESDAY))
    assert found == {9: UsualVolume((10 + 20) / 2 * 60, 2), 17: UsualVolume(3.0 * 60, 1)}


def test_the_session_asked_for_and_later_ones_say_nothing(lake: Lake) -> None:
    found = traded_hours(lake, product="ES", before=TUESDAY)
    assert {(one.session_date, one.hour, one.contracts, one.windows) for one in found} == {(MONDAY, 9, 7_200, 720)}
    assert traded_hours(lake, product="ES", before=MONDAY) == []
    assert traded_hours(lake, product="NQ", before=WEDNESDAY) == []


def test_only_so_many_sessions_are_read(lake: Lake) -> None:
    found = traded_hours(lake, product="ES", before=WEDNESDAY, sessions=1)
    assert {one.session_date for one in found} == {TUESDAY}
    assert {one.hour for one in found} == {9, 17}


def test_windows_with_a_gap_in_their_records_are_left_out(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    put(
        lake,
        MONDAY,
        windows(utc(MONDAY, 15), MONDAY, size=8, count=400),
        windows(utc(MONDAY, 16), MONDAY, size=99, state="suspect"),
    )
    (only,) = traded_hours(lake, product="ES", before=TUESDAY)
    assert (only.contracts, only.windows) == (4_000, 400)


def test_a_date_without_rows_is_passed_over(lake: Lake) -> None:
    publish(lake, QUOTES, QUOTES.empty(), day=WEDNESDAY)
    assert {one.session_date for one in traded_hours(lake, product="ES", before=WEDNESDAY)} == {MONDAY, TUESDAY}


def test_a_file_that_cannot_be_read_is_said(lake: Lake, tmp_path: Path) -> None:
    (path,) = tmp_path.glob(f"silver_future_quotes/*/date={MONDAY}/data.parquet")
    path.write_bytes(b"no parquet")
    with pytest.raises(LakeError):
        traded_hours(lake, product="ES", before=WEDNESDAY)
