"""Values as people read them: moments in UTC, digits by the error."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.report.cells import cells_of, number, plain, rounded

NS = 1_767_709_800_000_000_000


def cells(**columns: object) -> list[list[str]]:
    return cells_of(pa.table(columns))


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (pa.array([NS, None], pa.int64()), ["2026-01-06 14:30:00Z", "NULL"]),
        (pa.array([NS + 123_456_789], pa.int64()), ["2026-01-06 14:30:00.123456789Z"]),
        (pa.array([0, NS], pa.int64()), ["0", str(NS)]),  # a moment and something else: neither is guessed
        (pa.array([5_000_000_000], pa.int64()), ["5000000000"]),
        (pa.array([NS], pa.uint64()), [str(NS)]),  # ids of orders are large, too
        (pa.array([NS], pa.timestamp("ns")), ["2026-01-06 14:30:00"]),
        (pa.array([NS + 1], pa.timestamp("ns", tz="UTC")), ["2026-01-06 14:30:00.000000001Z"]),
        (pa.array([NS // 1000, None], pa.timestamp("us", tz="Etc/UTC")), ["2026-01-06 14:30:00Z", "NULL"]),
        (pa.array([2**62], pa.timestamp("us")), ["4611686018427 s"]),
    ],
)
def test_moments_are_shown_in_utc(values: pa.Array, shown: list[str]) -> None:
    assert cells(ts_window_end=values) == [shown]


def test_moments_under_another_name_are_found_where_they_fit_a_microsecond() -> None:
    assert cells(last=[NS, NS + 5 * 10**9])[0][0] == "2026-01-06 14:30:00Z"
    assert cells(order_id=[NS + 1])[0] == [str(NS + 1)]
    assert cells(**{"max(ts_recv)": [NS + 1]})[0] == ["2026-01-06 14:30:00.000000001Z"]


def test_a_number_has_the_digits_of_the_error_next_to_it() -> None:
    shown = cells(net_gex=[252_403_112.4, -0.25, None, 12.5], net_gex_se=[1_234_567.0, 0.031, 1.0, None])
    assert shown == [["252,400,000", "-0.250", "NULL", "12.5"], ["1,200,000", "0.031", "1.0", "NULL"]]


def test_zero_gamma_has_the_digits_of_its_band_where_that_is_wider() -> None:
    shown = cells(zero_gamma=[8_032.81], zero_gamma_se=[0.6], zero_gamma_low=[8_010.2], zero_gamma_high=[8_068.4])
    assert shown == [["8,033"], ["1"], ["8,010"], ["8,068"]]


def test_an_error_below_the_digits_that_a_price_has_adds_none() -> None:
    assert cells(flip=[6_947.0512], flip_error=[0.00092]) == [["6,947.05"], ["0.00092"]]


def test_two_columns_of_one_name_are_left_alone() -> None:
    table = pa.Table.from_arrays([pa.array([1.5]), pa.array([2.5]), pa.array([10.0])], names=["a", "a", "a_se"])
    assert cells_of(table) == [["1.5"], ["2.5"], ["10"]]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_never_off_by_more_than_its_sixth_digit(value: float) -> None:
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=1e-5)


@given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e9))
def test_rounding_moves_a_number_by_less_than_a_tenth_of_its_error(value: float, error: float) -> None:
    assert abs(float(rounded(value, error).replace(",", "")) - value) <= 0.06 * error + 1e-5 * abs(value)


def test_odd_values_have_a_text() -> None:
    assert cells(a=[float("nan")])[0] == ["nan"]
    assert cells(a=[True], b=[[1.5, None]], c=[{"x": "a\nb", "y": 2}], d=[b"\x00\xff"], e=[Decimal("1.50")]) == [
        ["true"],
        ["[1.5, NULL]"],
        ["{x: a\\nb, y: 2}"],
        ["00ff"],
        ["1.5"],
    ]
    assert cells(a=pa.array([[NS + 1]], pa.list_(pa.timestamp("ns"))))[0][0].startswith("[")


def test_values_for_programs_are_json() -> None:
    row = {
        "nan": float("nan"),
        "d": Decimal("2.5"),
        "n": Decimal(10**30),
        "t": datetime(2026, 1, 6, tzinfo=UTC),
        "day": date(2026, 1, 6),
        "span": timedelta(seconds=5),
        "in": [{"x": float("inf")}],
        "b": b"\x01",
    }
    assert json.loads(json.dumps(plain(row), allow_nan=False)) == {
        "nan": None,
        "d": 2.5,
        "n": 10**30,
        "t": "2026-01-06T00:00:00+00:00",
        "day": "2026-01-06",
        "span": "0:00:05",
        "in": [{"x": None}],
        "b": "01",
    }
