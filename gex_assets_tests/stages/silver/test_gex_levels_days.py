"""Days of windows through the levels: grouping, cuts, and what holds in every row."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from gex_assets.stages.silver.gex_levels import CHAIN_COLUMNS
from gex_assets_tests.stages.silver.made_up_levels import (
    FRONT,
    F,
    Row,
    chain_of,
    chain_row,
    end_of,
    forward_row,
    groups_of,
    years_between,
)
from gex_assets_tests.stages.silver.test_gex_levels import SUCCESSOR, few_strikes, row_of, run


def made_up_day(windows: int, seed: int = 3) -> tuple[list[Row], list[Row]]:
    """Strikes of two expirations with holes of every kind, and a wandering forward that is sometimes missing."""
    dice = random.Random(seed)
    rows, forward, price = [], [], F
    for window in range(windows):
        price += dice.gauss(0, 2)
        known = dice.random() > 0.1
        forward.append(forward_row(window, reference_price=price if known else None))
        if dice.random() < 0.1:
            continue
        for ts_expiration in (FRONT, SUCCESSOR):
            for strike in range(6_500, 7_301, 50):
                if dice.random() < 0.05:
                    continue
                rows.append(
                    chain_row(
                        window,
                        float(strike),
                        call=None if dice.random() < 0.1 else float(dice.randrange(500)),
                        put=None if dice.random() < 0.1 else float(dice.randrange(500)),
                        ts_expiration=ts_expiration,
                        forward=price if known else None,
                        sigma=None if dice.random() < 0.1 else 0.12 + dice.random() / 10,
                        call_flow_inventory=float(dice.randrange(-50, 50)),
                    )
                )
    return rows, forward


def test_rows_do_not_depend_on_how_windows_are_grouped() -> None:
    rows, forward = made_up_day(40)
    whole = run(groups_of(rows, windows_per_group=240), forward)
    for windows_per_group in (1, 7):
        assert run(groups_of(rows, windows_per_group=windows_per_group), forward).to_pylist() == whole.to_pylist()


def test_a_cut_leaves_every_earlier_row_as_it_was() -> None:
    rows, forward = made_up_day(40)
    whole = run(groups_of(rows, windows_per_group=240), forward)
    for cut in (1, 12, 25):
        early = [row for row in rows if row["ts_window_end"] <= end_of(cut - 1)]
        part = run(groups_of(early, windows_per_group=240), forward[:cut])
        assert part.to_pylist() == whole.slice(0, part.num_rows).to_pylist()


def test_chain_rows_outside_the_windows_are_counted_and_dropped() -> None:
    tally: Counter[str] = Counter()
    table = run([chain_of([*few_strikes(0), *few_strikes(1)]), chain_of(few_strikes(9))], [forward_row(0)], tally=tally)
    assert tally["chain_rows_without_window"] == 10
    assert set(table["ts_window_end"].to_pylist()) == {end_of(0)}


def test_the_columns_named_are_all_that_is_needed() -> None:
    rows = chain_of(few_strikes())
    assert run([rows.select(CHAIN_COLUMNS)], [forward_row(0)]).equals(run([rows], [forward_row(0)]))


def test_walls_stand_on_their_side_of_the_price_all_day() -> None:
    rows, forward = made_up_day(40)
    for row in run(groups_of(rows, windows_per_group=240), forward).to_pylist():
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
    row = row_of(run([chain_of(few_strikes())], rows))
    assert (row["reference_price"], row["forward_quality"]) == (6_890.0, "weak")
    nobody = [{**each, "is_front": False} for each in rows]
    row = row_of(run([chain_of(few_strikes())], nobody))
    assert (row["reference_price"], row["forward_quality"], row["zero_gamma_reason"]) == (None, "none", "no_reference_price")


def test_years_of_the_made_up_rows_are_those_of_the_calendar() -> None:
    assert years_between(end_of(0), FRONT) * 365 == pytest.approx(3.5625, abs=1e-3)
