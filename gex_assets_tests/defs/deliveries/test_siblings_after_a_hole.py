"""A day of two deliveries with a hole between them, through every asset: what goes on, what begins again and what is NULL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gex_assets.kernels import black76
from gex_assets_tests.defs.deliveries.small_lakes import Given, ends, mbo, rows, run, snapshot, take
from gex_assets_tests.lake.made_up_files import MIDNIGHT, SECOND

FUTURES = {1: "ESH6", 2: "ESM6"}
STRIKES = np.arange(6600.0, 7225.0, 25.0)
NAMES = {
    1_000 + len(STRIKES) * place + number: f"ESH6 {right}{strike:.0f}"
    for place, right in enumerate("CP")
    for number, strike in enumerate(STRIKES)
}
STRETCHES = ((0, 60), (120, 180))


def ladder(seconds: float, forward: float) -> list[Any]:
    """Snapshots of all options around a forward."""
    records = []
    for place, right in enumerate("CP"):
        prices = black76.price(F=forward, K=STRIKES, T=73.56 / 365, sigma=0.2, r=0.04, is_call=right == "C")
        for number, price in enumerate(prices):
            middle = round(price * 20) / 20
            resting = (("B", middle - 0.5, 5 + number, 1), ("A", middle + 0.5, 5, 2))
            records += snapshot(1_000 + len(STRIKES) * place + number, *resting, seconds=seconds)
    return records


def future(seconds: float, middle: float) -> list[Any]:
    """A snapshot of the future, and a trade and an order a few seconds later."""
    return [
        *snapshot(1, ("B", middle - 0.25, 5, 1), ("A", middle + 0.25, 6, 2), seconds=seconds),
        (seconds + 7, 1, "TB", {"price": middle + 0.25, "size": 2}),
        (seconds + 8, 1, "AB", {"price": middle - 1, "size": 3, "order_id": 3}),
        (seconds + 33, 1, "CB", {"price": middle - 1, "size": 3, "order_id": 3}),
    ]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hole")
    bought = 1_000 + 12
    trade = (12, bought, "TB", {"price": 200, "size": 9})
    files = []
    for start, end in STRETCHES:
        times = {"start": start * SECOND, "end": end * SECOND}
        options = [*ladder(start, 6900 + start / 60), *([trade] if not start else [])]
        files += [
            Given("option_mbo", mbo(*options), NAMES, **times),
            Given("future_mbo", mbo(*future(start, 6900 + start / 60)), FUTURES, **times),
        ]
    assert {one.status for one in take(root, files)} == {"added"}
    done = run(root, "gold_trigger_outcomes", "regime_events", "silver_gex_profile", "silver_future_bbo")
    assert done.success, done.failure
    assert not done.failed_checks, done.failed_checks
    return root


def by_end(root: Path, name: str, **where: object) -> dict[int, dict[str, Any]]:
    found = [row for row in rows(root, name) if all(row[key] == value for key, value in where.items())]
    return {(row["ts_window_end"] - MIDNIGHT) // SECOND: row for row in found}


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("silver_forward", {}),
        ("silver_gex", {}),
        ("silver_vacuum", {"symbol": "ESH6"}),
        ("silver_gex_levels", {"convention": "field", "scope": "selected"}),
        ("regime_scores", {"convention": "flow"}),
        ("silver_future_quotes", {"symbol": "ESH6"}),
        ("silver_option_quotes", {"instrument_id": 1_000}),
    ],
)
def test_every_table_has_the_windows_of_both_deliveries_and_none_of_the_hole(
    lake: Path, name: str, where: dict[str, object]
) -> None:
    assert list(by_end(lake, name, **where)) == ends(*STRETCHES)


@pytest.mark.parametrize(("name", "where"), [("silver_gex", {}), ("silver_vacuum", {"symbol": "ESH6"})])
def test_differences_are_null_in_the_first_windows_of_each_stretch(lake: Path, name: str, where: dict[str, object]) -> None:
    found = by_end(lake, name, **where)
    for order in (1, 2, 3):
        columns = [column for column in found[5] if column.startswith(f"d{order}_")]
        assert columns
        for start, _ in STRETCHES:
            early = [found[start + 5 * place] for place in range(1, order + 1)]
            assert {row[column] for row in early for column in columns} == {None}
            assert any(found[start + 5 * (order + 3)][column] is not None for column in columns)


def test_flow_inventory_begins_again_after_the_hole_and_resting_size_does_not_mix(lake: Path) -> None:
    found = {((row["ts_window_end"] - MIDNIGHT) // SECOND, row["strike"]): row for row in rows(lake, "silver_gex_chain")}
    assert (found[60, 6900.0]["call_flow_inventory"], found[125, 6900.0]["call_flow_inventory"]) == (-9.0, 0.0)
    assert {found[end, 6900.0]["call_resting_size"] for end in (5, 60, 125, 180)} == {22.0}
    assert {row["quality"] for row in rows(lake, "silver_forward")} == {"ok"}


def test_the_price_moves_over_the_hole_and_approach_begins_again(lake: Path) -> None:
    found = by_end(lake, "silver_gex")
    assert [abs(found[end]["reference_price"] - price) < 0.2 for end, price in ((60, 6900), (125, 6902))] == [True, True]
    assert {found[end]["approach_dir"] for end in (125, 130, 135)} <= {0, None}
