"""Days of windows through the levels: grouping, cuts, and what holds in every row."""

from __future__ import annotations

from collections import Counter

import pytest

from gex_assets.stages.silver.gex_levels import CHAIN_COLUMNS
from gex_assets_tests.stages.silver.made_up_levels import (
    FRONT,
    SUCCESSOR,
    chain_of,
    end_of,
    few_strikes,
    forward_row,
    groups_of,
    levels_of,
    row_of,
    wandering_day,
    years_between,
)


def test_rows_do_not_depend_on_how_windows_are_grouped() -> None:
    rows, forward = wandering_day(40)
    whole = levels_of(groups_of(rows, windows_per_group=240), forward)
    for windows_per_group in (1, 7):
        assert levels_of(groups_of(rows, windows_per_group=windows_per_group), forward).to_pylist() == whole.to_pylist()


def test_a_cut_leaves_every_earlier_row_as_it_was() -> None:
    rows, forward = wandering_day(40)
    whole = levels_of(groups_of(rows, windows_per_group=240), forward)
    for cut in (1, 12, 25):
        early = [row for row in rows if row["ts_window_end"] <= end_of(cut - 1)]
        part = levels_of(groups_of(early, windows_per_group=240), forward[:cut])
        assert part.to_pylist() == whole.slice(0, part.num_rows).to_pylist()


def test_chain_rows_outside_the_windows_are_counted_and_dropped() -> None:
    tally: Counter[str] = Counter()
    table = levels_of([chain_of([*few_strikes(0), *few_strikes(1)]), chain_of(few_strikes(9))], [forward_row(0)], tally=tally)
    assert tally["chain_rows_without_window"] == 10
    assert set(table["ts_window_end"].to_pylist()) == {end_of(0)}


def test_rows_of_a_window_that_is_missing_between_others_are_dropped_alone() -> None:
    tally: Counter[str] = Counter()
    chain = chain_of([row for window in (0, 1, 2) for row in few_strikes(window)])
    table = levels_of([chain], [forward_row(0), forward_row(2)], tally=tally)
    assert (tally["chain_rows_without_window"], tally["windows_without_chain"]) == (5, 0)
    first, last = row_of(table, window=0), row_of(table, window=2)
    assert first["strikes"] == last["strikes"] == 5
    assert (first["net_gex_change"], last["net_gex_change"]) == (None, None)


def test_the_columns_named_are_all_that_is_needed() -> None:
    rows = chain_of(few_strikes())
    assert levels_of([rows.select(CHAIN_COLUMNS)], [forward_row(0)]).equals(levels_of([rows], [forward_row(0)]))


def test_walls_stand_on_their_side_of_the_price_all_day() -> None:
    rows, forward = wandering_day(40)
    for row in levels_of(groups_of(rows, windows_per_group=240), forward).to_pylist():
        if row["reference_price"] is not None:
            assert row["call_wall"] is None or row["call_wall"] > row["reference_price"]
            assert row["put_wall"] is None or row["put_wall"] <= row["reference_price"]
        if row["zero_gamma"] is not None:
            assert row["zero_gamma"] in row["zero_gamma_roots"]


def test_the_front_of_an_expiration_day_decides_the_price() -> None:
    rows = [
        forward_row(0, reference_price=6_910.0, ts_expiration=SUCCESSOR, is_front=False),
        forward_row(0, reference_price=6_890.0, quality="weak"),
    ]
    row = row_of(levels_of([chain_of(few_strikes())], rows))
    assert (row["reference_price"], row["forward_quality"]) == (6_890.0, "weak")
    nobody = [{**each, "is_front": False} for each in rows]
    row = row_of(levels_of([chain_of(few_strikes())], nobody))
    assert (row["reference_price"], row["forward_quality"], row["zero_gamma_reason"]) == (None, "none", "no_reference_price")


def test_years_of_the_made_up_rows_are_those_of_the_calendar() -> None:
    assert years_between(end_of(0), FRONT) * 365 == pytest.approx(3.5625, abs=1e-3)
