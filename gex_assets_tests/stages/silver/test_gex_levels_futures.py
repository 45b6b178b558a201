"""Levels of expirations on several futures: their strikes stand on the axis of the front's future."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from gex_assets_tests.stages.silver.made_up_levels import (
    SUCCESSOR,
    F,
    Row,
    chain_of,
    chain_row,
    few_strikes,
    forward_row,
    groups_of,
    levels_of,
    row_of,
)

CARRY = 50.0
NEXT = F + CARRY
"""Forward of the June future."""


def on_june(strike: float, *, window: int = 0, **given: Any) -> Row:
    """A strike of the successor, whose options are on the June future."""
    return chain_row(window, strike, **{"ts_expiration": SUCCESSOR, "forward": NEXT, "underlying": "ESM6", **given})


def of_june(window: int = 0, **given: Any) -> Row:
    """The successor's row of `silver_forward`."""
    own = {"reference_price": NEXT, "ts_expiration": SUCCESSOR, "is_front": False, "underlying": "ESM6"}
    return forward_row(window, **(own | given))


def levels_of_both(rows: Sequence[Row], **given: Any) -> pa.Table:
    return levels_of([chain_of(rows)], [forward_row(0), of_june()], **given)


def test_a_wall_of_june_is_a_price_of_march_and_its_strike_stands_beside() -> None:
    rows = [
        chain_row(0, 6_950.0, call=2.0, gamma=0.001),
        on_june(7_050.0, call=9.0, gamma=0.001),
        chain_row(0, 6_850.0, put=9.0, gamma=0.001),
        on_june(6_850.0, put=2.0, gamma=0.001),
    ]
    row = row_of(levels_of_both(rows))
    assert row["call_wall"] == pytest.approx(7_050.0 * F / NEXT, rel=1e-15)
    assert (row["call_wall_strike"], row["call_wall_underlying"]) == (7_050.0, "ESM6")
    assert (row["put_wall"], row["put_wall_strike"], row["put_wall_underlying"]) == (6_850.0, 6_850.0, "ESH6")
    assert row["high_gamma_strikes"][:2] == [row["call_wall"], 6_850.0]
    assert (row["strikes"], row["reference_price"], row["underlying"]) == (4, F, "ESH6")


def test_a_strike_between_the_two_forwards_is_on_the_side_of_its_own() -> None:
    """6,920 is above March's 6,900 but below June's 6,950: as an option on June it is no call wall."""
    rows = [on_june(6_920.0, call=9.0, put=1.0, gamma=0.001), on_june(6_920.0 + 100.0, call=1.0, gamma=0.001)]
    row = row_of(levels_of_both(rows))
    assert row["call_wall_strike"] == 7_020.0
    assert row["abs_gamma_strike"] == pytest.approx(6_920.0 * F / NEXT)
    assert row["abs_gamma_strike"] < F


def test_equal_strikes_of_two_futures_are_two_prices() -> None:
    """Summed at face value the two of 7,000 would be the wall."""
    rows = [
        chain_row(0, 7_000.0, call=4.0, gamma=0.001),
        on_june(7_000.0, call=4.0, gamma=0.001),
        chain_row(0, 7_100.0, call=5.0, gamma=0.001),
    ]
    row = row_of(levels_of_both(rows))
    assert (row["call_wall"], row["strikes"]) == (7_100.0, 3)
    assert row["secondary_call_wall"] in (7_000.0, pytest.approx(7_000.0 * F / NEXT))


def test_a_change_of_sign_between_two_futures_is_interpolated_on_the_axis() -> None:
    rows = [chain_row(0, 6_900.0, call=1.0, put=4.0, gamma=0.001), on_june(7_000.0, call=6.0, put=3.0, gamma=0.001)]
    row = row_of(levels_of_both(rows), "magic8")
    share = F / (F + NEXT)  # usd_per_point: exposures of equal gamma are as the two forwards
    assert row["zero_gamma"] == pytest.approx(F + share * (7_000.0 * F / NEXT - F))


@pytest.mark.parametrize(("convention", "power"), [("field", 2), ("flow", 2), ("magic8", 1)])
def test_levels_do_not_depend_on_how_far_june_stands_above_march(convention: str, power: int) -> None:
    """All strikes of June and its forward scaled together, gamma the other way: the exposures and the axis are the same."""
    tables = []
    for factor in (1.0, 1.03125):
        strikes = {"forward": NEXT * factor}
        rows = [
            *few_strikes(),
            *(
                on_june(strike * factor, call=call, put=put, gamma=0.001 / factor**power, **strikes)
                for strike, call, put in ((6_820.0, 20.0, 600.0), (6_940.0, 80.0, 90.0), (7_060.0, 9_000.0, 30.0))
            ),
        ]
        table = levels_of([chain_of(rows)], [forward_row(0), of_june(reference_price=NEXT * factor)])
        tables.append(row_of(table, convention))
    one, other = tables
    for name in ("call_wall", "put_wall", "secondary_call_wall", "abs_gamma_strike", "strikes", "call_wall_underlying"):
        assert one[name] == (other[name] if not isinstance(other[name], float) else pytest.approx(other[name], rel=1e-12)), name
    assert one["high_gamma_strikes"] == pytest.approx(other["high_gamma_strikes"], rel=1e-12)
    assert one["call_wall_underlying"] == "ESM6"
    assert other["call_wall_strike"] == pytest.approx(one["call_wall_strike"] * 1.03125)


def test_other_expirations_of_the_fronts_future_stand_at_their_strikes() -> None:
    """Whatever their parity forwards are: both are prices of one future."""
    rows = [*few_strikes(), *few_strikes(ts_expiration=SUCCESSOR, forward=NEXT)]
    row = row_of(levels_of([chain_of(rows)], [forward_row(0), of_june(underlying="ESH6")]))
    assert (row["call_wall"], row["call_wall_strike"], row["call_wall_underlying"]) == (7_000.0, 7_000.0, "ESH6")
    assert row["strikes"] == 5


def test_without_the_fronts_forward_strikes_of_other_futures_have_no_place_and_stay_in_the_totals() -> None:
    rows = [*few_strikes(), on_june(7_050.0, call=9_999.0, gamma=0.001)]
    forward = [forward_row(0, forward=None), of_june()]
    row, alone = row_of(levels_of([chain_of(rows)], forward)), row_of(levels_of([chain_of(few_strikes())], forward))
    assert row["net_gex"] > alone["net_gex"] + 1e8
    assert (row["call_wall"], row["strikes"]) == (alone["call_wall"], 5)
    (only,) = [row_of(levels_of([chain_of(rows[-1:])], forward))]
    assert (only["net_gex"], only["strikes"]) == (pytest.approx(9_999.0 * 0.001 * 50 * NEXT * NEXT * 0.01), 0)
    assert (only["call_wall"], only["call_wall_strike"], only["call_wall_underlying"]) == (None, None, None)
    assert only["call_wall_reason"] == "no_strike_of_its_kind"


def test_when_the_front_expires_june_is_the_axis() -> None:
    forward = [forward_row(0), of_june(), of_june(1, is_front=True)]
    rows = [*few_strikes(), on_june(7_050.0, call=999.0), on_june(7_050.0, window=1, call=999.0)]
    whole = levels_of([chain_of(rows)], forward)
    before, after = (row_of(whole, window=window) for window in (0, 1))
    assert (before["call_wall"], before["underlying"]) == (pytest.approx(7_050.0 * F / NEXT), "ESH6")
    assert (after["call_wall"], after["call_wall_underlying"], after["underlying"]) == (7_050.0, "ESM6", "ESM6")
    assert levels_of(groups_of(rows, windows_per_group=1), forward).to_pylist() == whole.to_pylist()


def test_the_share_of_draws_follows_a_wall_of_june_whose_price_moves() -> None:
    """Window 11 ends on a full minute; in the next June stands two points lower, and its wall at another price of March."""
    rows, forwards = [], []
    for window, june in ((11, NEXT), (12, NEXT - 2.0)):
        rows += few_strikes(window)
        rows += [
            on_june(7_050.0, window=window, call=1e6, forward=june, iv_fit=None),
            on_june(6_800.0, window=window, put=400.0, forward=june, iv_fit=None),
        ]
        forwards += [forward_row(window, forward_se=0.1), of_june(window, forward=june, forward_se=0.1)]
    table = levels_of([chain_of(rows)], forwards)
    first, second = (row_of(table, window=window) for window in (11, 12))
    assert first["call_wall"] != second["call_wall"]
    assert (first["call_wall_strike"], first["call_wall_underlying"]) == (7_050.0, "ESM6")
    assert first["call_wall_kept"] == second["call_wall_kept"] == 1.0
    assert first["band_ts"] == second["band_ts"] == first["ts_window_end"]
