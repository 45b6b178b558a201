from __future__ import annotations

import math
import random

import numpy as np
import pytest

from gex_assets.kernels.exposure.weighted_sums import GreeksOfRows, Holdings, WeightedSums, weighted_sums

NUMBERS = (
    "call_sign",
    "call_size",
    "put_sign",
    "put_size",
    "dollars",
    "gamma",
    "call_delta",
    "put_delta",
    "vanna",
    "call_charm",
    "put_charm",
)


def twin(rows: list[dict[str, float]]) -> WeightedSums:
    """One window, as a person would add it up."""

    def known(values: list[float]) -> list[float]:
        return [value for value in values if not math.isnan(value)]

    def size(row: dict[str, float]) -> float:
        return sum(known([row["call_size"], row["put_size"]]))

    def share(counted: list[dict[str, float]]) -> float:
        whole = sum(size(row) for row in rows)
        return sum(size(row) for row in counted) / whole if whole > 0 else math.nan

    def exposure(call: str, put: str) -> float:
        parts = known(
            [
                row[f"{right}_sign"] * row[f"{right}_size"] * row["dollars"] * row[greek]
                for row in rows
                for right, greek in (("call", call), ("put", put))
            ]
        )
        return sum(parts) if parts else math.nan

    return WeightedSums(
        share([row for row in rows if not math.isnan(row["gamma"])]),
        share([row for row in rows if row["quoted"]]),
        exposure("call_delta", "put_delta"),
        exposure("vanna", "vanna"),
        exposure("call_charm", "put_charm"),
    )


@pytest.mark.parametrize("seed", range(6))
def test_sums_are_those_of_the_twin_in_any_range_of_rows(seed: int) -> None:
    dice = random.Random(seed)
    rows = [
        {
            name: math.nan
            if dice.random() < 0.3
            else float(dice.choice([-1, 0, 1]))
            if name.endswith("sign")
            else dice.uniform(0, 9)
            if name.endswith("size")
            else dice.gauss(0, 1)
            for name in NUMBERS
        }
        | {"quoted": dice.random() < 0.5}
        for _ in range(60)
    ]
    columns = {name: np.array([row[name] for row in rows]) for name in (*NUMBERS, "quoted")}
    ranges = [(0, 60), (0, 1), (5, 5), (7, 20), (20, 60)]
    found = weighted_sums(
        first=np.array([first for first, _ in ranges]),
        stop=np.array([stop for _, stop in ranges]),
        held=Holdings(**{name: columns[name] for name in Holdings._fields}),
        greeks=GreeksOfRows(**{name: columns[name] for name in GreeksOfRows._fields}),
        quoted=columns["quoted"],
    )
    for window, (first, stop) in enumerate(ranges):
        assert [column[window] for column in found] == pytest.approx(list(twin(rows[first:stop])), rel=1e-12, nan_ok=True)
    assert all(math.isnan(column[2]) for column in found)
