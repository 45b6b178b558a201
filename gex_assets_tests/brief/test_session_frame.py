"""A session read up to a moment, against a slow reading of the same tables, and what is refused."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from gex_assets.brief.session_frame import SessionFrame, session_frame
from gex_assets.errors import GexError
from gex_assets.lake.tables import Lake
from gex_assets.market.expirations import chicago_ns
from gex_assets.schemas.regime_scores import REGIME_SCORES
from gex_assets.time_units import MINUTE_NS, WINDOW_NS
from gex_assets_tests.conftest import DAY
from gex_assets_tests.lake.made_up_tables import publish

OPENS = chicago_ns(DAY, time(8, 30))


def read(lake: Path | Lake, clock: time | None = None, day: date = DAY) -> SessionFrame:
    there = lake if isinstance(lake, Lake) else Lake(lake)
    return session_frame(there, product="ES", session_date=day, convention="field", clock=clock)


@pytest.mark.parametrize("clock", [None, time(14, 29, 30), time(14, 31)])
def test_ranges_and_flows_are_those_of_a_slow_reading(published: Path, clock: time | None) -> None:
    lake = Lake(published)
    frame = read(lake, clock)
    scores = [
        row
        for row in lake.open("regime_scores", product="ES", day=DAY).read().to_pylist()
        if row["convention"] == "field" and (clock is None or row["ts_window_end"] <= frame.moment_ns)
    ]
    assert frame.moment_ns is not None
    assert frame.moment_ns == max(row["ts_window_end"] for row in scores)
    quotes = lake.open("silver_future_quotes", product="ES", day=DAY).read().to_pylist()
    trades = lake.open("bronze_option_trades", product="ES", day=DAY).read().to_pylist()
    assert [one.name for one in frame.stretches] == ["overnight", "regular hours"][: 1 if clock == time(14, 29, 30) else 2]
    for one in frame.stretches:
        inside = [row for row in scores if one.begin_ns < row["ts_window_end"] <= one.end_ns]
        prices = [row["reference_price"] for row in inside if row["reference_price"] is not None]
        assert one.windows == len(inside)
        assert one.prices is not None
        assert (one.prices.low, one.prices.high, one.prices.last) == (min(prices), max(prices), prices[-1])
        of_future = [row for row in quotes if row["symbol"] == one.future and one.begin_ns < row["ts_window_end"] <= one.end_ns]
        assert one.future_flow is not None
        assert one.future_flow.bought == sum(row["trade_buy_size"] for row in of_future)
        assert one.future_flow.sold == sum(row["trade_sell_size"] for row in of_future)
        assert one.future_flow.unsigned == sum(row["trade_none_size"] for row in of_future)
        for right, flow in (("C", one.calls), ("P", one.puts)):
            own = [
                row
                for row in trades
                if not row["is_spread"]
                and one.begin_ns <= row["ts_recv"] + row["ts_recv_behind"] < one.end_ns
                and row["raw_symbol"].split()[1].startswith(right)
            ]
            assert flow is not None
            assert flow.bought == sum(row["size"] for row in own if row["side"] == "B")
            assert flow.sold == sum(row["size"] for row in own if row["side"] == "A")
            assert flow.traded == sum(row["size"] for row in own)
    traded = sum(one.calls.traded for one in frame.stretches if one.calls is not None)
    assert traded > 0 or clock == time(14, 29, 30)


def test_the_regime_is_that_of_the_last_window(published: Path) -> None:
    frame = read(published, time(14, 31))
    assert frame.regime is not None
    assert frame.quality is not None
    assert frame.regime.ts_window_end == frame.quality.ts_window_end == OPENS + MINUTE_NS
    (row,) = [
        one
        for one in Lake(published).open("regime_scores", product="ES", day=DAY).read().to_pylist()
        if (one["ts_window_end"], one["convention"]) == (OPENS + MINUTE_NS, "field")
    ]
    assert (frame.regime.regime, frame.regime.net_gex, frame.regime.confidence) == (
        row["regime"],
        row["net_gex"],
        row["confidence"],
    )
    assert frame.quality.complete_share is not None
    assert 0.0 <= frame.quality.complete_share <= 1.0


def test_what_was_not_delivered_is_said(published: Path) -> None:
    assert read(published).missing[:2] == (
        f"no windows of {DAY - timedelta(days=1)} UTC are published",
        "overnight: 24 of 11,160 windows are published",
    )


def test_nothing_after_the_moment_is_looked_at(published: Path, tmp_path: Path) -> None:
    """The same rows with other ones after the moment give the same answer."""
    rows = Lake(published).open("regime_scores", product="ES", day=DAY).read()
    moment = OPENS + MINUTE_NS
    late = pa.compute.greater(rows["ts_window_end"], moment)
    spoiled = pa.compute.if_else(late, 1.0, rows["reference_price"])
    found = []
    for name, column in (("as it is", rows["reference_price"]), ("spoiled", spoiled)):
        lake = Lake(tmp_path / name)
        place = rows.column_names.index("reference_price")
        publish(lake, REGIME_SCORES, rows.set_column(place, rows.schema.field(place), column), day=DAY)
        found.append(read(lake, time(14, 31)))
    assert found[0] == found[1]
    assert found[0].missing[-2:] == (
        "no futures are published, so no flow of futures",
        "no option trades are published, so no flow of options",
    )


def test_a_moment_after_the_last_window_says_how_old_the_regime_is(published: Path) -> None:
    frame = read(published, time(15, 0))
    assert frame.regime is not None
    seconds = (chicago_ns(DAY, time(9, 0)) - frame.regime.ts_window_end) // 1_000_000_000
    assert f"regime and quality are as of {seconds:,} seconds before the moment" in frame.missing


def test_a_session_without_windows_is_empty(tmp_path: Path) -> None:
    frame = read(tmp_path)
    assert (frame.moment_ns, frame.stretches, frame.regime, frame.quality) == (None, (), None, None)
    assert frame.missing == ("nothing of the session is published: no range, flow or regime",)
    assert frame.regular_open_ns == OPENS
    assert frame.session.open_ns == OPENS - (15 * 60 + 30) * MINUTE_NS


@pytest.mark.parametrize(
    ("day", "clock", "said"),
    [
        (date(2026, 1, 19), None, "Expected a trade date, was 2026-01-19: the next one is 2026-01-20"),
        (DAY, time(22, 30), "Expected a moment of the session, from 23:00 to 22:00 UTC, was 22:30"),
    ],
)
def test_what_no_session_has_is_refused(tmp_path: Path, day: date, clock: time | None, said: str) -> None:
    with pytest.raises(GexError, match=said):
        read(tmp_path, clock, day)


def test_an_evening_is_part_of_the_next_date(tmp_path: Path) -> None:
    """23:30 UTC of the session of a Tuesday is on Monday; a session after a holiday has the clock of its last day."""
    assert read(tmp_path, time(23, 30)).moment_ns == chicago_ns(DAY - timedelta(days=1), time(17, 30))
    assert read(tmp_path, time(14, 0), date(2026, 1, 20)).moment_ns == chicago_ns(date(2026, 1, 20), time(8, 0))
    assert WINDOW_NS == 5_000_000_000
