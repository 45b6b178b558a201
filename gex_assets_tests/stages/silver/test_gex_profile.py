from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.conventions import BUILT_IN, Convention, conventions
from gex_assets.schemas.silver_gex_profile import SILVER_GEX_PROFILE
from gex_assets.stages.silver.gex_profile import CHAIN_COLUMNS, gex_profile
from gex_assets_tests.stages.silver.made_up_levels import (
    PUBLISHED,
    RATE,
    STRIKES,
    SUCCESSOR,
    TODAY,
    F,
    Row,
    chain_of,
    chain_row,
    end_of,
    few_strikes,
    forward_row,
    groups_of,
    levels_of,
    row_of,
    rows_of_day,
    statistics_of,
    wandering_day,
    years_between,
)
from gex_assets_tests.twins import gamma_profile as twin

MINUTE = 11
"""The first window that ends on a full minute."""


run = partial(rows_of_day, gex_profile, SILVER_GEX_PROFILE)


def profile(table: pa.Table, convention: str = "field", scope: str = "selected", window: int = MINUTE) -> dict[float, float]:
    wanted = (convention, scope, end_of(window))
    return {
        row["price"]: row["net_gex"]
        for row in table.to_pylist()
        if (row["convention"], row["scope"], row["ts_window_end"]) == wanted
    }


SCALES: dict[str, Callable[[float], float]] = {
    "usd_per_1pct": lambda price: price**2 * 0.01,
    "usd_per_point": lambda price: price,
    "delta_per_point": lambda _: 1.0,
    "contracts_per_1pct": lambda price: price * 0.01 / 50.0,
}


def slow(rows: Sequence[Row], price: float, *, reference: float = F, scale: str = "usd_per_1pct", call: int = 1) -> float:
    """Every strike's gamma at the shifted forward by the book, one after another."""
    parts = []
    for row in rows:
        moved = row["forward"] * price / reference
        years = years_between(row["ts_window_end"], row["ts_expiration"])
        gamma = float(
            twin.gamma(
                F=np.float64(moved),
                K=np.float64(row["strike"]),
                s=np.float64(row["total_vol"]),
                discount=math.exp(-RATE * years),
            )
        )
        contracts = call * (row["call_open_interest"] - row["put_open_interest"])
        parts.append(gamma * contracts * 50.0 * SCALES[scale](moved))
    return math.fsum(parts)


def test_the_grid_is_multiples_of_ten_within_a_fifth_of_the_price() -> None:
    prices = list(profile(run([chain_of(few_strikes(MINUTE))], [forward_row(MINUTE, reference_price=6_903.0)])))
    assert prices == [float(price) for price in range(5_530, 8_281, 10)]


def test_only_windows_that_end_on_a_full_minute_have_rows() -> None:
    rows = [row for window in range(30) for row in few_strikes(window)]
    table = run([chain_of(rows)], [forward_row(window) for window in range(30)])
    assert sorted(set(table["ts_window_end"].to_pylist())) == [end_of(11), end_of(23)]


def test_each_price_is_the_slow_twins_under_either_scale() -> None:
    rows = [
        *few_strikes(MINUTE),
        *(chain_row(MINUTE, strike, call=put, put=call, ts_expiration=SUCCESSOR, forward=6_970.0, sigma=0.2)
          for strike, call, put in STRIKES),
    ]  # fmt: skip
    table = run([chain_of(rows)], [forward_row(MINUTE)])
    field, magic8 = profile(table), profile(table, "magic8")
    for price in field:
        gross = slow([{**row, "put_open_interest": -row["put_open_interest"]} for row in rows], price)
        assert field[price] == pytest.approx(slow(rows, price), abs=1e-12 * gross)
        assert magic8[price] == pytest.approx(slow(rows, price, scale="usd_per_point", call=-1), abs=1e-12 * gross)


@pytest.mark.parametrize("scale", SCALES)
def test_away_from_the_reference_price_it_moves_by_the_power_of_its_scale(scale: str) -> None:
    of = conventions([{"name": "mine", "scale": scale}])[-1]
    rows = [*few_strikes(MINUTE), *few_strikes(MINUTE, ts_expiration=SUCCESSOR, forward=6_950.0)]
    table = run([chain_of(rows)], [forward_row(MINUTE)], only=[of])
    assert set(table["scale"].to_pylist()) == {scale}
    found = profile(table, "mine")
    for price in (5_600.0, 6_700.0, 6_900.0, 7_100.0, 8_200.0):
        gross = slow([{**row, "put_open_interest": -row["put_open_interest"]} for row in rows], price, scale=scale)
        assert found[price] == pytest.approx(slow(rows, price, scale=scale), abs=1e-12 * gross)


@pytest.mark.parametrize("scale", SCALES)
def test_at_the_reference_price_it_is_the_levels_net(scale: str) -> None:
    of = conventions([{"name": "mine", "scale": scale}])[-1]
    rows, forward = [*few_strikes(MINUTE), *few_strikes(MINUTE, ts_expiration=SUCCESSOR, forward=6_950.0)], [forward_row(MINUTE)]
    table = run([chain_of(rows)], forward, only=[of])
    levels = levels_of([chain_of(rows)], forward, only=[of])
    for scope in ("selected", "exp:2026-03-20", "exp:2026-06-18"):
        row = row_of(levels, "mine", scope, MINUTE)
        assert profile(table, "mine", scope)[F] == pytest.approx(row["net_gex"], abs=1e-12 * row["gross_gex"])


def test_the_levels_roots_lie_where_the_sign_changes() -> None:
    rows, forward = wandering_day(60)
    profiles = {
        key: [(row["price"], row["net_gex"]) for row in found]
        for key, found in groupby(
            run(groups_of(rows, windows_per_group=240), forward).to_pylist(),
            key=lambda row: (row["ts_window_end"], row["convention"], row["scope"]),
        )
    }
    levels = levels_of(groups_of(rows, windows_per_group=240), forward).to_pylist()
    changes = 0
    for level in levels:
        if level["convention"] == "magic8" or level["zero_gamma_roots"] is None:
            continue
        found = profiles.get((level["ts_window_end"], level["convention"], level["scope"]), [])
        for (low, left), (high, right) in pairwise(found):
            between = sum(low < root < high for root in level["zero_gamma_roots"])
            assert between % 2 == int((left > 0) != (right > 0))
            changes += between
    assert changes > 20


def test_rows_are_there_exactly_where_the_levels_have_a_price_and_an_exposure() -> None:
    rows, forward = wandering_day(120, seed=8)
    rows += [row for window in range(70, 90) for row in few_strikes(window, ts_expiration=TODAY)]
    tally: Counter[str] = Counter()
    table = run([chain_of(rows)], forward, tally=tally)
    expected = {
        (row["ts_window_end"], row["convention"], row["scope"])
        for row in levels_of([chain_of(rows)], forward).to_pylist()
        if row["ts_window_end"] % 60_000_000_000 == 0 and row["reference_price"] is not None and row["strikes"] > 0
    }
    keys = [(row["ts_window_end"], row["convention"], row["scope"]) for row in table.to_pylist()]
    assert {key for key, _ in groupby(keys)} == expected
    assert any(scope == "0dte" for _, _, scope in expected)
    priced = tally["minutes"] - tally["minutes_without_reference_price"]
    assert priced == len({end for end, *_ in expected})
    for name in BUILT_IN:
        with_exposure = sum((convention, scope) == (name, "selected") for _, convention, scope in expected)
        assert tally[f"minutes_without_exposure_{name}"] == priced - with_exposure


def test_minutes_are_counted_by_what_they_lack() -> None:
    rows = [*few_strikes(MINUTE), chain_row(MINUTE + 12, 6_900.0, call=None, put=None)]

    def counted(convention: Convention, statistics: pa.Table = PUBLISHED, **given: Any) -> dict[str, int]:
        tally: Counter[str] = Counter()
        forward = [forward_row(window, **given) for window in (MINUTE, MINUTE + 12)]
        run([chain_of(rows)], forward, only=[convention], statistics=statistics, tally=tally)
        return dict(+tally)

    assert counted(BUILT_IN["field"]) == {"minutes": 2, "minutes_without_exposure_field": 1}
    assert counted(BUILT_IN["field"], reference_price=None) == {"minutes": 2, "minutes_without_reference_price": 2}
    of = conventions([{"name": "mine", "weights": ["oi_plus_flow"]}])[-1]
    assert counted(of, statistics_of()) == {"minutes": 2, "minutes_without_exposure_mine": 2}


def test_rows_come_in_the_order_of_their_key_and_say_how_they_were_made() -> None:
    rows, forward = wandering_day(30)
    table = run([chain_of(rows)], forward)
    keys = [tuple(row[name] for name in SILVER_GEX_PROFILE.key) for row in table.to_pylist()]
    assert keys == sorted(set(keys))
    said = {(row["convention"], row["weight_used"], row["scale"], row["underlying"]) for row in table.to_pylist()}
    assert said == {
        ("field", "open_interest", "usd_per_1pct", "ESH6"),
        ("flow", "flow_inventory", "usd_per_1pct", "ESH6"),
        ("magic8", "open_interest", "usd_per_point", "ESH6"),
    }


def test_without_a_price_an_exposure_a_weight_or_a_chain_there_are_no_rows() -> None:
    def rows_of(rows: Sequence[Row], **given: Any) -> int:
        return int(run([chain_of(rows)], [forward_row(MINUTE, **given)]).num_rows)

    assert rows_of(few_strikes(MINUTE)) > 0
    assert rows_of(few_strikes(MINUTE), reference_price=None) == 0
    assert rows_of([chain_row(MINUTE, 6_900.0, call=5.0, put=1.0, sigma=None)]) == 0
    assert rows_of([chain_row(MINUTE, 6_900.0, call=None, put=None)]) == 0
    assert run([], []).num_rows == run([], [forward_row(MINUTE)]).num_rows == 0
    of = conventions([{"name": "mine", "weights": ["oi_plus_flow"]}])[-1]
    nothing = statistics_of()
    assert run([chain_of(few_strikes(MINUTE))], [forward_row(MINUTE)], only=[of], statistics=nothing).num_rows == 0


def test_a_weight_of_zero_is_a_profile_of_zeros() -> None:
    net = profile(run([chain_of([chain_row(MINUTE, 6_900.0, call=0.0, put=0.0)])], [forward_row(MINUTE)]))
    assert set(net.values()) == {0.0}


def test_neither_grouping_nor_what_comes_later_changes_a_row() -> None:
    rows, forward = wandering_day(40)
    whole = run(groups_of(rows, windows_per_group=240), forward)
    assert run(groups_of(rows, windows_per_group=7), forward).to_pylist() == whole.to_pylist()
    early = [row for row in rows if row["ts_window_end"] <= end_of(25)]
    part = run(groups_of(early, windows_per_group=240), forward[:26])
    assert 0 < part.num_rows < whole.num_rows
    assert part.to_pylist() == whole.slice(0, part.num_rows).to_pylist()


def test_the_columns_named_are_all_that_is_needed() -> None:
    rows = chain_of(few_strikes(MINUTE))
    assert run([rows.select(CHAIN_COLUMNS)], [forward_row(MINUTE)]).equals(run([rows], [forward_row(MINUTE)]))


def test_chain_rows_outside_the_windows_are_counted() -> None:
    tally: Counter[str] = Counter()
    assert run([chain_of(few_strikes(MINUTE))], [forward_row(0)], tally=tally).num_rows == 0
    assert tally["chain_rows_without_window"] == 5
