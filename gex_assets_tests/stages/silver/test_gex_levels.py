from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gex_assets.conventions import BUILT_IN, conventions
from gex_assets.stages.silver.chain_weights import chosen_weight, open_interest_is_known
from gex_assets_tests.stages.silver.made_up_levels import (
    SECOND,
    SESSION,
    START,
    SUCCESSOR,
    TODAY,
    WINDOW,
    F,
    Row,
    chain_of,
    chain_row,
    end_of,
    few_strikes,
    forward_row,
    levels_of,
    row_of,
    statistic,
    statistics_of,
)
from gex_assets_tests.twins import gamma_profile as twin


def one_window(rows: Sequence[Row], **given: Any) -> Row:
    """The field's row, scope selected, of a chain of one window."""
    return row_of(levels_of([chain_of(rows)], [forward_row(0)], **given))


def test_without_windows_there_are_no_rows() -> None:
    assert levels_of([], []).num_rows == 0


def test_windows_without_chain_have_rows_that_say_nothing() -> None:
    tally: Counter[str] = Counter()
    table = levels_of([], [forward_row(window) for window in range(500)], tally=tally)
    assert table.num_rows == 500 * 3 * 2
    assert tally["windows_without_chain"] == 500
    row = row_of(table, "magic8", "0dte", 499)
    assert row["zero_gamma_reason"] == "no_exposure"
    assert (row["strikes"], row["net_gex"], row["call_wall"], row["coverage"], row["dex"]) == (0, None, None, None, None)
    assert (row["zero_gamma_roots"], row["high_gamma_strikes"]) == (None, None)
    assert (row["reference_price"], row["session_date"], row["underlying"]) == (F, SESSION, "ESH6")


def test_rows_come_in_the_order_of_their_key() -> None:
    rows = [*few_strikes(0), *few_strikes(1), *few_strikes(1, ts_expiration=SUCCESSOR)]
    table = levels_of([chain_of(rows)], [forward_row(0), forward_row(1)])
    keys = [(row["ts_window_end"], row["convention"], row["scope"]) for row in table.to_pylist()]
    assert keys == sorted(set(keys))
    assert {scope for _, _, scope in keys[:9]} == {"selected", "0dte", "exp:2026-03-20"}
    assert {scope for _, _, scope in keys[9:]} == {"selected", "0dte", "exp:2026-03-20", "exp:2026-06-18"}


def test_totals_and_walls_by_hand() -> None:
    rows = [
        chain_row(0, 6_800.0, call=2.0, put=7.0, gamma=0.001),
        chain_row(0, 6_950.0, call=5.0, put=1.0, gamma=0.002),
        chain_row(0, 7_000.0, call=9.0, put=6.0, gamma=0.001),
    ]
    unit = 0.001 * 50 * F * F * 0.01
    row = one_window(rows)
    assert row["total_call_gex"] == pytest.approx((2 + 10 + 9) * unit)
    assert row["total_put_gex"] == pytest.approx(-(7 + 2 + 6) * unit)
    assert row["net_gex"] == pytest.approx(6 * unit)
    assert row["gross_gex"] == pytest.approx(36 * unit)
    assert (row["strikes"], row["call_wall"], row["put_wall"]) == (3, 6_950.0, 6_800.0)
    assert row["call_wall_gex"] == pytest.approx(8 * unit)
    assert row["call_wall_share"] == pytest.approx(8 / 11)
    assert row["put_wall_gex"] == pytest.approx(-5 * unit)
    assert row["abs_gamma_strike"] == 7_000.0
    assert row["high_gamma_strikes"] == [6_950.0, 6_800.0, 7_000.0]
    assert (row["coverage"], row["quoted_share"]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("sign_model", "call", "put"),
    [("long_call_short_put", 1, -1), ("short_call_long_put", -1, 1), ("gross", 1, 1), ("flow_signed", -1, 1)],
)
def test_sign_models(sign_model: str, call: int, put: int) -> None:
    of = conventions([{"name": "mine", "sign_model": sign_model, "weights": ["resting_size"]}])[-1]
    rows = [chain_row(0, 6_900.0, call=3.0, put=2.0, gamma=0.001, call_flow_inventory=-8.0, put_flow_inventory=1.0)]
    row = row_of(levels_of([chain_of(rows)], [forward_row(0)], only=[of]), "mine")
    unit = 0.001 * 50 * F * F * 0.01
    assert row["total_call_gex"] == pytest.approx(call * 3 * unit)
    assert row["total_put_gex"] == pytest.approx(put * 2 * unit)
    assert row["gross_gex"] == pytest.approx(5 * unit)


@pytest.mark.parametrize(
    ("scale", "factor"),
    [("usd_per_1pct", 50 * F * F * 0.01), ("usd_per_point", 50 * F), ("delta_per_point", 50.0), ("contracts_per_1pct", F * 0.01)],
)
def test_scales(scale: str, factor: float) -> None:
    of = conventions([{"name": "mine", "scale": scale}])[-1]
    rows = [chain_row(0, 6_900.0, call=3.0, put=2.0, gamma=0.001), chain_row(0, 7_000.0, call=1.0, put=4.0, gamma=0.002)]
    row = row_of(levels_of([chain_of(rows)], [forward_row(0)], only=[of]), "mine")
    assert row["scale"] == scale
    assert row["net_gex"] == pytest.approx((0.001 * 1 - 0.002 * 3) * factor)
    # zero gamma is a price, whatever the unit
    field = one_window(rows)
    assert row["zero_gamma"] == pytest.approx(field["zero_gamma"], abs=1e-6)


def test_flow_is_signed_by_what_was_measured() -> None:
    rows = [chain_row(0, 6_900.0, call=-3.0, put=2.0, gamma=0.001)]
    row = row_of(levels_of([chain_of(rows)], [forward_row(0)]), "flow")
    unit = 0.001 * 50 * F * F * 0.01
    assert (row["total_call_gex"], row["total_put_gex"]) == (pytest.approx(-3 * unit), pytest.approx(2 * unit))
    assert row["weight_used"] == "flow_inventory"
    # gross_side: magnitudes, whatever their signs
    assert row["put_wall"] == 6_900.0


def test_magic8_interpolates_between_strikes_and_walls_are_magnitudes() -> None:
    rows = [
        chain_row(0, 6_800.0, call=2.0, put=7.0, gamma=0.001),
        chain_row(0, 6_900.0, call=5.0, put=4.0, gamma=0.001),
        chain_row(0, 7_000.0, call=9.0, put=6.0, gamma=0.001),
    ]
    row = row_of(levels_of([chain_of(rows)], [forward_row(0)]), "magic8")
    unit = 0.001 * 50 * F
    assert row["net_gex"] == pytest.approx((5 - 1 - 3) * unit)
    assert row["zero_gamma"] == pytest.approx(6_800 + 100 * 5 / 6)
    assert row["zero_gamma_roots"] == [row["zero_gamma"]]
    assert (row["call_wall"], row["put_wall"], row["secondary_put_wall"]) == (7_000.0, 6_800.0, None)
    assert row["put_wall_gex"] == pytest.approx(7 * unit)


def test_zero_gamma_is_measured_in_days_deviations_of_the_front() -> None:
    """0.15 a year is 0.785 % a day; the successor's 0.4 does not count."""
    rows = [*few_strikes(), *few_strikes(ts_expiration=SUCCESSOR, sigma=0.4)]
    table = levels_of([chain_of(rows)], [forward_row(0), forward_row(0, ts_expiration=SUCCESSOR, is_front=False)])
    for convention in ("field", "flow", "magic8"):
        for scope in ("selected", "exp:2026-06-18"):
            row = row_of(table, convention, scope)
            assert row["one_day_sigma"] == pytest.approx(0.15 / 365**0.5)
            away = None if row["zero_gamma"] is None else abs(row["zero_gamma"] - F) / (F * 0.15 / 365**0.5)
            assert row["zero_gamma_sigmas"] == (None if away is None else pytest.approx(away))
    assert row_of(table)["zero_gamma_sigmas"] > 0.0


def test_without_a_volatility_at_the_money_there_is_no_distance() -> None:
    rows = [row for row in few_strikes() if row["strike"] > F] + few_strikes(ts_expiration=SUCCESSOR)
    row = one_window(rows)
    assert row["zero_gamma"] is not None
    assert (row["one_day_sigma"], row["zero_gamma_sigmas"]) == (None, None)


def test_zero_gamma_is_the_slow_twins() -> None:
    rows = few_strikes()
    row = one_window(rows)
    twins = twin.roots(
        lambda price: twin.net_exposure(
            price,
            reference=F,
            forward=np.full(len(rows), F),
            strike=np.array([each["strike"] for each in rows]),
            total_vol=np.array([each["total_vol"] for each in rows]),
            signed_weight=np.array([each["call_open_interest"] - each["put_open_interest"] for each in rows]),
        ),
        reference=F,
    )
    assert row["zero_gamma_roots"] == pytest.approx(twins, abs=1e-6)
    assert row["zero_gamma"] == pytest.approx(min(twins, key=lambda root: abs(root - F)), abs=1e-6)
    assert row["zero_gamma_reason"] is None


def test_missing_is_not_zero_and_zero_is_not_missing() -> None:
    nothing = one_window([chain_row(0, 6_900.0, call=0.0, put=0.0)])
    assert (nothing["net_gex"], nothing["gross_gex"], nothing["strikes"]) == (0.0, 0.0, 1)
    assert nothing["zero_gamma_reason"] == "no_crossing"
    assert nothing["zero_gamma_roots"] == []
    assert (nothing["coverage"], nothing["abs_gamma_strike"]) == (None, None)
    missing = one_window([chain_row(0, 6_900.0, call=None, put=None)])
    assert (missing["net_gex"], missing["gross_gex"], missing["strikes"]) == (None, None, 0)
    assert missing["zero_gamma_reason"] == "no_exposure"
    calls = one_window([chain_row(0, 6_900.0, call=4.0, put=None)])
    assert calls["total_put_gex"] is None
    assert calls["net_gex"] == calls["total_call_gex"] > 0


def test_windows_are_counted_by_why_they_have_no_zero_gamma() -> None:
    rows = [
        *few_strikes(0),
        *few_strikes(1),
        chain_row(2, 6_900.0, call=None, put=None),
        chain_row(3, 6_900.0, call=4.0, put=1.0),
        chain_row(4, 6_900.0, call=4.0, put=1.0),
    ]
    forward = [forward_row(0), forward_row(1, reference_price=None), *(forward_row(window) for window in (2, 3, 4))]
    tally: Counter[str] = Counter()
    table = levels_of([chain_of(rows)], forward, only=[BUILT_IN["field"]], tally=tally)
    reasons = [row_of(table, window=window)["zero_gamma_reason"] for window in range(5)]
    assert reasons == [None, "no_reference_price", "no_exposure", "no_crossing", "no_crossing"]
    assert {name: count for name, count in tally.items() if name.startswith("zero_gamma")} == {
        f"zero_gamma_{reason}_field": reasons.count(reason) for reason in ("no_reference_price", "no_exposure", "no_crossing")
    }


def test_without_a_reference_price_there_are_totals_only() -> None:
    row = row_of(levels_of([chain_of(few_strikes())], [forward_row(0, reference_price=None)]))
    assert row["net_gex"] is not None
    assert row["zero_gamma_reason"] == "no_reference_price"
    assert row["forward_quality"] == "none"
    for name in ("call_wall", "put_wall", "zero_gamma", "zero_gamma_roots", "zero_gamma_low", "reference_price"):
        assert row[name] is None


def test_a_chain_that_is_all_long_has_no_crossing() -> None:
    row = one_window([chain_row(0, 6_900.0, call=4.0, put=1.0)])
    assert (row["zero_gamma"], row["zero_gamma_roots"], row["zero_gamma_reason"]) == (None, [], "no_crossing")
    assert (row["zero_gamma_low"], row["zero_gamma_high"]) == (None, None)


def test_coverage_and_quoted_share_count_weight() -> None:
    rows = [
        chain_row(0, 6_800.0, call=10.0, put=20.0, quote_age_ns=60 * SECOND),
        chain_row(0, 6_900.0, call=5.0, put=5.0, quote_age_ns=60 * SECOND + 1),
        chain_row(0, 7_000.0, call=50.0, put=10.0, sigma=None, quote_age_ns=None),
    ]
    row = one_window(rows)
    assert row["coverage"] == pytest.approx(0.4)
    assert row["quoted_share"] == pytest.approx(0.3)
    assert row["strikes"] == 2


def test_delta_vanna_and_charm_exposure_by_hand() -> None:
    rows = [chain_row(0, 6_850.0, call=10.0, put=20.0), chain_row(0, 7_000.0, call=30.0, put=None, forward=6_901.0)]
    first, second = rows
    row = one_window(rows)
    assert row["dex"] == pytest.approx(
        50 * F * (10 * first["call_delta"] - 20 * first["put_delta"]) + 50 * 6_901.0 * 30 * second["call_delta"]
    )
    assert row["vanna_exposure"] == pytest.approx(0.01 * (50 * F * -10 * first["vanna"] + 50 * 6_901.0 * 30 * second["vanna"]))
    assert row["charm_exposure"] == pytest.approx(
        (50 * F * (10 * first["call_charm"] - 20 * first["put_charm"]) + 50 * 6_901.0 * 30 * second["call_charm"]) / 365
    )


def test_expirations_accumulate_at_their_strikes() -> None:
    rows = [*few_strikes(), *few_strikes(ts_expiration=SUCCESSOR, forward=6_960.0)]
    table = levels_of([chain_of(rows)], [forward_row(0)])
    selected, front, back = (row_of(table, scope=scope) for scope in ("selected", "exp:2026-03-20", "exp:2026-06-18"))
    assert selected["net_gex"] == pytest.approx(front["net_gex"] + back["net_gex"])
    assert selected["gross_gex"] == pytest.approx(front["gross_gex"] + back["gross_gex"])
    assert selected["strikes"] == front["strikes"] == back["strikes"] == 5
    assert front["zero_gamma"] != back["zero_gamma"]


def test_expirations_of_one_date_share_a_scope() -> None:
    evening = int(datetime(2026, 3, 20, 20, 0, tzinfo=UTC).timestamp()) * SECOND
    table = levels_of([chain_of([*few_strikes(), *few_strikes(ts_expiration=evening)])], [forward_row(0)])
    assert sorted({row["scope"] for row in table.to_pylist()}) == ["0dte", "exp:2026-03-20", "selected"]


def test_0dte_is_the_session_date_in_chicago_not_the_utc_date() -> None:
    # a window of Monday evening in Chicago belongs to Tuesday's session; Tuesday's options are its 0dte
    rows = [*few_strikes(), *few_strikes(ts_expiration=TODAY)]
    table = levels_of([chain_of(rows)], [forward_row(0)])
    assert row_of(table, scope="0dte")["net_gex"] == row_of(table, scope="exp:2026-03-17")["net_gex"]
    monday = [{**row, "session_date": date(2026, 3, 16)} for row in [forward_row(0)]]
    assert row_of(levels_of([chain_of(rows)], monday), scope="0dte")["net_gex"] is None


@pytest.mark.parametrize(
    ("statistics", "weight"),
    [
        ([], "resting_size"),
        ([statistic(ts_recv=START + WINDOW - 1)], "open_interest"),
        ([statistic(ts_recv=START + WINDOW)], "resting_size"),
        ([statistic(ts_recv=START - 86_400 * SECOND)], "open_interest"),
        ([statistic(ts_recv=START - 1, quantity=None)], "resting_size"),
        ([statistic(ts_recv=START - 1, stat_type=3)], "resting_size"),
        ([statistic(ts_recv=START - 1, quantity=0)], "open_interest"),
        ([statistic(ts_recv=START - 2), statistic(ts_recv=START - 1, is_deleted=True)], "resting_size"),
        ([statistic(ts_recv=START - 2), statistic(ts_recv=START + WINDOW, is_deleted=True)], "open_interest"),
    ],
)
def test_the_weight_is_chosen_once_from_what_was_known_in_the_first_window(statistics: list[Row], weight: str) -> None:
    table = statistics_of(*statistics)
    known = open_interest_is_known(table, first_window_start_ns=START)
    assert chosen_weight(BUILT_IN["field"], has_open_interest=known) == weight
    assert chosen_weight(BUILT_IN["flow"], has_open_interest=known) == "flow_inventory"
    found = levels_of([chain_of(few_strikes(5))], [forward_row(window) for window in range(6)], statistics=table)
    assert set(found.filter(pc.equal(found["convention"].cast(pa.string()), "field"))["weight_used"].to_pylist()) == {weight}


def test_a_convention_whose_only_weight_does_not_exist_says_nothing() -> None:
    of = conventions([{"name": "mine", "weights": ["oi_plus_flow"]}])[-1]
    row = row_of(levels_of([chain_of(few_strikes())], [forward_row(0)], only=[of], statistics=statistics_of()), "mine")
    assert (row["weight_used"], row["net_gex"], row["zero_gamma_reason"]) == (None, None, "no_exposure")


def test_the_band_is_found_on_the_minute_and_carried() -> None:
    # windows 0…30 end at 0:05 … 2:35; whole minutes end at windows 11 and 23
    rows = [row for window in range(31) for row in few_strikes(window, sigma=0.15 + 0.001 * window)]
    table = levels_of([chain_of(rows)], [forward_row(window) for window in range(31)])
    found = [row_of(table, window=window) for window in range(31)]
    assert [row["band_ts"] for row in found] == [None] * 11 + [end_of(11)] * 12 + [end_of(23)] * 8
    assert all(row["zero_gamma_low"] is None for row in found[:11])
    assert {row["zero_gamma_low"] for row in found[11:23]} == {found[11]["zero_gamma_low"]}
    for row in (found[11], found[23]):
        assert row["zero_gamma_low"] <= row["zero_gamma"] <= row["zero_gamma_high"]
        assert 0.01 < row["zero_gamma_high"] - row["zero_gamma_low"] < 60.0


def test_the_band_holds_zero_gamma_at_the_bids_and_at_the_asks_volatility() -> None:
    spread = 0.02
    row = row_of(levels_of([chain_of(few_strikes(11, spread=spread))], [forward_row(11)]), window=11)
    others = [
        row_of(levels_of([chain_of(few_strikes(11, sigma=sigma))], [forward_row(11)]), window=11)
        for sigma in (0.15 - spread, 0.15 + spread)
    ]
    for other in others:
        assert row["zero_gamma_low"] - 1e-6 <= other["zero_gamma"] <= row["zero_gamma_high"] + 1e-6
