import pytest

from gex_assets.schemas.silver_gex import SILVER_GEX, base_features, derivative_column, slot_features
from gex_assets.schemas.silver_quotes import SILVER_OPTION_QUOTES
from gex_assets.stages.silver.gex import QUOTE_COLUMNS
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, WINDOW, MadeUpDay, Series, date_of, made_up_day, windows
from gex_assets_tests.stages.rows_agree import assert_rows_agree
from gex_assets_tests.stages.silver.made_up_ladders import features, ladder_day, made_up_chain, made_up_forward
from gex_assets_tests.twins.gex import gex_rows

SWITCH = MIDNIGHT + 14 * WINDOW
FRONT = Series(SWITCH, "ESH6", tuple(range(5900, 6101, 25)))
SAME = Series(MIDNIGHT + 3 * DAY, "ESH6", tuple(range(5900, 6105, 10)))
NEXT = Series(MIDNIGHT + 40 * DAY, "ESM6", tuple(range(5960, 6041, 20)))


def day_of(*series, count=24, seed=2):
    return made_up_day(ends=windows(count, gap_after=[17]), series=series, seed=seed)


def twin_of(day, chain, forward):
    underlyings = sorted({row["underlying"] for row in chain})
    inputs = {"chain": chain, "quotes": day.quotes, "instruments": day.instruments, "forward": forward}
    rows = [row for name in underlyings for row in gex_rows(**inputs, underlying=name)]
    for row in rows:
        row["session_date"] = date_of(row["ts_window_end"])
        own = [
            other
            for other in forward
            if (other["ts_window_end"], other["underlying"]) == (row["ts_window_end"], row["underlying"])
            and other["ts_expiration"] > row["ts_window_end"]
        ]
        row["forward_quality"] = own[0]["quality"]
    return sorted(rows, key=lambda row: (row["ts_window_end"], row["underlying"]))


@pytest.mark.parametrize(("series", "most"), [((FRONT, NEXT), 1), ((FRONT, SAME), 1), ((FRONT, SAME, NEXT), 3)])
def test_every_column_agrees_with_the_twin(series, most):
    day = day_of(*series)
    chain, forward = made_up_chain(day, most=most), made_up_forward(day)
    found, tally = features(day, chain, forward)
    assert_rows_agree(found, twin_of(day, chain, forward), SILVER_GEX)
    assert tally["windows_without_reference_price"] > 0


def test_the_successor_takes_over_when_the_front_expires():
    day = day_of(FRONT, NEXT)
    found, _ = features(day, made_up_chain(day, most=1), made_up_forward(day))
    switch = next(end for end in day.ends if end >= SWITCH)
    assert [row["underlying"] for row in found.to_pylist()] == ["ESH6" if end < switch else "ESM6" for end in day.ends]
    first = next(row for row in found.to_pylist() if row["underlying"] == "ESM6")
    assert first["d1_gex_strike_1_call"] is None
    assert first["flow_1_add_intensity"] is not None


@pytest.mark.parametrize("at_least", [1, 5])
@pytest.mark.parametrize(("per_group", "chain_per_group"), [(1, 1), (2, 2), (3, 5), (7, 240)])
def test_any_grouping_gives_the_same_rows(per_group, chain_per_group, at_least, monkeypatch):
    day = day_of(FRONT, SAME, NEXT)
    chain, forward = made_up_chain(day, most=2), made_up_forward(day)
    whole, _ = features(day, chain, forward)
    monkeypatch.setattr("gex_assets.stages.quote_grid.WINDOWS_PER_GROUP", at_least)
    parts, _ = features(day, chain, forward, per_group=per_group, chain_per_group=chain_per_group)
    assert parts.num_rows == whole.num_rows
    assert parts.equals(whole)


def test_a_row_does_not_know_what_comes_later():
    day = day_of(FRONT, NEXT)
    chain, forward = made_up_chain(day, most=1), made_up_forward(day)
    whole, _ = features(day, chain, forward)
    last = day.ends[12]
    until = [[row for row in rows if row["ts_window_end"] <= last] for rows in (chain, forward, day.quotes)]
    cut = MadeUpDay(ends=day.ends[:13], instruments=day.instruments, quotes=until[2])
    assert features(cut, until[0], until[1])[0].equals(whole.slice(0, 13))


def test_only_the_named_columns_are_needed():
    day = day_of(FRONT)
    chain, forward = made_up_chain(day, most=1), made_up_forward(day)
    projected, _ = features(day, chain, forward, quote_groups=[group.select(QUOTE_COLUMNS) for group in day.groups()])
    assert projected.equals(features(day, chain, forward)[0])


def test_differences_stay_at_the_strike_when_the_price_crosses_one():
    found, _ = features(*ladder_day([6004.0, 6005.0, 6006.0, 6011.0, 6012.0], strikes=range(5950, 6101, 10)))
    rows = found.to_pylist()
    assert [row["strike_1"] for row in rows] == [6010, 6010, 6010, 6020, 6020]
    assert [row["strike_neg1"] for row in rows] == [6000, 6000, 6000, 6010, 6010]
    assert [row["relabel_1"] for row in rows] == [None, False, False, True, False]
    assert [row["gex_strike_1_call"] for row in rows] == [6010 + 0, 6010 + 1000, 6010 + 4000, 6020 + 9000, 6020 + 16000]
    assert [row["d1_gex_strike_1_call"] for row in rows] == [None, 1000, 3000, 5000, 7000]
    assert [row["d2_gex_strike_1_call"] for row in rows] == [None, None, 2000, 2000, 2000]
    assert [row["d3_gex_strike_1_call"] for row in rows] == [None, None, None, 0, 0]
    assert [row["distance_1"] for row in rows] == [6, 5, 4, 9, 8]
    # Sums move with the slots: they differ plainly, with the change of strikes in it.
    above = [row["gex_above"] for row in rows]
    assert rows[3]["d1_gex_above"] == above[3] - above[2] == 5 * 5000 + 6060 - 6010


def test_a_price_at_a_strike_has_it_below():
    found, tally = features(*ladder_day([6010.0]))
    (row,) = found.to_pylist()
    assert (row["strike_1"], row["strike_neg1"], row["distance_neg1"]) == (6020, 6010, 0)
    assert (row["strike_5"], row["gex_strike_5_call"]) == (None, None)
    assert tally["slots_empty"] == 1


def test_directions():
    found, _ = features(*ladder_day([6000.0, 6001.0, 6002.0, 6000.2, 6000.0, 6002.3, 6002.3]))
    assert [row["approach_dir"] for row in found.to_pylist()] == [None, None, None, 0, -1, 1, 1]


def slopes(prices, **exposures):
    """Rows of a day whose exposure at each strike grows by the number of the window: above by 10, below by 1."""
    day, chain, forward = ladder_day(prices, strikes=range(6000, 6111, 10))
    for row in chain:
        number = day.ends.index(row["ts_window_end"])
        per_window = 10.0 if row["strike"] > 6050 else 1.0
        row.update(call_gex_oi=per_window * number, put_gex_oi=0.0, **exposures)
    return features(day, chain, forward)[0].to_pylist()


def test_exposure_ahead_is_above_for_a_rising_price_and_below_for_a_falling_one():
    rows = slopes([6050.0, 6051.0, 6052.0, 6053.0, 6053.0, 6052.9, 6049.9])
    assert [row["approach_dir"] for row in rows] == [None, None, None, 1, 1, 1, -1]
    for row in rows:
        sides = {1: ("above", "below"), -1: ("below", "above")}.get(row["approach_dir"])
        for name, side in zip(("ahead", "behind"), sides or (None, None), strict=True):
            for prefix in ("", "d1_", "d2_", "d3_"):
                expected = None if side is None else row[f"{prefix}gexoi_{side}"]
                assert row[f"{prefix}gexoi_{name}"] == expected
    assert rows[3]["gexoi_ahead"] == 30.0 * rows[3]["gexoi_behind"] / 3.0 > 0.0


def test_a_turn_of_the_price_makes_no_jump_of_what_is_ahead():
    """One window ago the other side was ahead. The difference is that of the side that is ahead now."""
    rows = slopes([6056.0, 6055.0, 6054.0, 6053.0, 6057.0, 6057.0])
    assert [row["approach_dir"] for row in rows] == [None, None, None, -1, 1, 1]
    before, after = rows[3], rows[4]
    assert (before["gexoi_ahead"], after["gexoi_ahead"]) == (before["gexoi_below"], after["gexoi_above"])
    assert after["d1_gexoi_ahead"] == after["gexoi_above"] - before["gexoi_above"] == after["d1_gexoi_above"]
    assert after["d1_gexoi_ahead"] != after["gexoi_ahead"] - before["gexoi_ahead"]


def test_without_a_direction_nothing_is_ahead():
    rows = slopes([6050.0, 6050.0, 6050.0, 6050.2, 6050.2, 6050.2])
    assert [row["approach_dir"] for row in rows] == [None, None, None, 0, 0, 0]
    names = [name for name in rows[0] if name.endswith(("_ahead", "_behind"))]
    assert len(names) == 3 * 2 * 4
    assert {row[name] for row in rows for name in names} == {None}


def test_trade_direction_takes_calls_bought_and_puts_sold_over_three_windows():
    day, chain, forward = ladder_day([6000.0] * 6)
    by_place = {(row["ts_window_end"], row["instrument_id"]): row for row in day.quotes}
    by_place[day.ends[0], 0]["trade_buy_size"] = 5  # a call
    by_place[day.ends[3], 1]["trade_buy_size"] = 2  # a put
    found, _ = features(day, chain, forward)
    assert [row["trade_dir"] for row in found.to_pylist()] == [None, None, 1, -1, -1, -1]


def test_flow_over_the_depth_at_the_windows_start():
    day, chain, forward = ladder_day([6005.0, 6005.0])
    for row in day.quotes:
        first = row["ts_window_end"] == day.ends[0]
        row.update(
            {"bid_depth": 10 if first else 99, "ask_depth": 5} | ({} if first else {"bid_add_size": 31, "ask_pull_size": 62})
        )
    found, _ = features(day, chain, forward)
    before, after = found.to_pylist()
    assert before["flow_1_add_intensity"] is None
    assert after["flow_1_add_intensity"] == 62 / 31
    assert after["flow_1_pull_intensity"] == 124 / 31
    assert after["flow_1_imbalance"] == pytest.approx(1.0)
    assert after["flow_imbalance_near"] == pytest.approx(1.0)
    assert after["gamma_pull_add_log"] == pytest.approx(0.693147, rel=1e-5)


def test_flow_exposures_are_magnitudes_and_only_the_net_is_signed():
    day, chain, forward = ladder_day([6005.0])
    for row in chain:
        row.update(call_gex_flow=7.0, put_gex_flow=3.0, call_flow_inventory=-2.0, put_flow_inventory=9.0)
    found, _ = features(day, chain, forward)
    (row,) = found.to_pylist()
    assert (row["gexflow_strike_1_call"], row["gexflow_strike_1_put"], row["gexflow_strike_1_net"]) == (7, 3, -4)
    assert (row["gexflow_above"], row["gexflow_net_total"]) == (50, -40)
    assert row["gexoi_strike_1_call"] is row["gexoi_above"] is row["gexoi_imbalance"] is row["gexoi_net_total"] is None


def test_without_a_reference_price_the_slots_are_null():
    day, chain, forward = ladder_day([6005.0, None, 6005.0])
    found, tally = features(day, chain, forward)
    row = found.to_pylist()[1]
    assert {row[name] for name in (*slot_features(), *base_features()) if not name.startswith("trade")} == {None}
    after = found.to_pylist()[2]
    assert (after["relabel_1"], after["d1_gex_strike_1_call"], after["d1_gex_above"]) == (None, 3000, None)
    assert tally["windows_without_reference_price"] == 1
    assert tally["slots_empty"] == 0


def test_a_window_without_any_expiration_in_force_has_a_row_all_the_same():
    day, chain, forward = ladder_day([6005.0] * 3)
    chain = [row for row in chain if row["ts_window_end"] != day.ends[1]]
    for row in forward:
        row["reference_price"] = None
    found, tally = features(day, chain, forward)
    assert found.column("ts_window_end").to_pylist() == day.ends
    assert found.column("underlying").to_pylist() == ["ESH6"] * 3
    assert found.to_pylist()[1]["flow_1_imbalance"] is None
    assert tally["windows_without_expiration"] == 1


def test_all_expired_still_covers_the_session():
    day = day_of(FRONT)
    found, _ = features(day, made_up_chain(day, most=1), made_up_forward(day))
    assert found.column("ts_window_end").to_pylist() == day.ends
    assert found.to_pylist()[-1]["forward_quality"] == "none"


def test_after_the_last_expiration_the_row_is_of_the_last_underlying():
    soon = Series(SWITCH + 2 * WINDOW, "ESM6", tuple(range(5960, 6041, 20)))
    day = day_of(FRONT, soon)
    found, tally = features(day, made_up_chain(day, most=2), made_up_forward(day))
    after = [row for row in found.to_pylist() if row["ts_window_end"] >= soon.ts_expiration]
    assert {row["underlying"] for row in after} == {"ESM6"}
    assert tally["windows_without_expiration"] == len(after) > 3


def test_a_trade_direction_needs_three_windows_with_a_chain():
    day, chain, forward = ladder_day([6000.0] * 7)
    for row in day.quotes:
        row["trade_buy_size"] = 1 if row["instrument_id"] == 0 else 0
    chain = [row for row in chain if row["ts_window_end"] != day.ends[3]]
    found, _ = features(day, chain, forward)
    assert [row["trade_dir"] for row in found.to_pylist()] == [None, None, 1, None, None, None, 1]


def test_empty_inputs_give_no_rows():
    nothing = MadeUpDay(ends=[])
    assert features(nothing, [], [])[0] is None
    found, _ = features(nothing, [], [], quote_groups=[SILVER_OPTION_QUOTES.empty()])
    assert (found.num_rows, found.schema) == (0, SILVER_GEX.arrow_schema())


def test_every_feature_has_its_three_differences():
    names = SILVER_GEX.column_names
    assert all(derivative_column(order, base) in names for base in base_features() for order in (1, 2, 3))


FLOWS = ("add_intensity", "pull_intensity", "pull_rest_intensity", "imbalance", "reprice_toward", "reprice_away")


def paused(day, number, missing):
    day.quotes = [row for row in day.quotes if row["instrument_id"] != number or row["ts_window_end"] not in missing]


def test_an_option_whose_claims_pause_leaves_the_flow_of_its_strike_unknown_and_no_derivative_spans_it():
    day, chain, forward = ladder_day([6005.0] * 8)
    call = next(row["instrument_id"] for row in day.instruments if (row["strike"], row["right"]) == (6010.0, "C"))
    paused(day, call, day.ends[3:5])
    rows = features(day, chain, forward)[0].to_pylist()
    unknown = [3, 4]
    for part in FLOWS:
        values = [row[f"flow_1_{part}"] for row in rows]
        # Depth at the start is that of the window before: unknown one window longer, and in the first.
        expected = [*unknown, 0, 5] if part.endswith("intensity") else unknown
        assert [place for place, value in enumerate(values) if value is None] == sorted(expected), part
    slopes = [place for place, row in enumerate(rows) if row["d1_flow_1_reprice_toward"] is None]
    assert slopes == [0, 3, 4, 5]
    assert None not in [row["flow_2_reprice_toward"] for row in rows]
    assert None not in [row["trade_dir"] for row in rows[2:]]


def test_where_no_option_has_a_row_but_another_instrument_keeps_the_window_directions_of_trades_are_unknown():
    day, chain, forward = ladder_day([6005.0] * 7)
    keeper = next(row for row in day.quotes if row["ts_window_end"] == day.ends[3]) | {"instrument_id": 9_999}
    for row in day.instruments:
        paused(day, row["instrument_id"], day.ends[3:4])
    day.quotes = sorted([*day.quotes, keeper], key=lambda row: (row["ts_window_end"], row["instrument_id"]))
    rows = features(day, chain, forward)[0].to_pylist()
    assert [row["trade_dir"] for row in rows] == [None, None, 0, None, None, None, 0]


def test_an_incomplete_book_says_nothing_of_the_depth_at_the_start():
    day, chain, forward = ladder_day([6005.0] * 5)
    for row in day.quotes:
        row["is_complete"] = row["ts_window_end"] >= day.ends[2]
    rows = features(day, chain, forward)[0].to_pylist()
    assert [row["flow_1_add_intensity"] for row in rows] == [None, None, None, 0, 0]
    assert [row["flow_1_imbalance"] for row in rows] == [0] * 5


def test_an_option_that_was_not_listed_yet_had_no_depth():
    day, chain, forward = ladder_day([6005.0] * 5)
    call = next(row for row in day.instruments if (row["strike"], row["right"]) == (6010.0, "C"))
    call["ts_listed"] = day.ends[2]
    paused(day, call["instrument_id"], day.ends[:3])
    rows = features(day, chain, forward)[0].to_pylist()
    assert [row["flow_1_add_intensity"] for row in rows] == [None, 0, 0, 0, 0]
