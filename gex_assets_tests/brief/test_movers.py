"""The largest changes of open interest against a slow sort, and what is no change."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gex_assets.brief.movers import MOVER_COLUMNS, movers
from gex_assets_tests.stages.premarket.made_up_settlements import tables_of, two_days

EXPIRES = 1_769_202_000 * 10**9
CONTRACTS = st.none() | st.integers(0, 5_000).map(float)


def row(strike: float, gex: float | None, *contracts: float | None) -> dict[str, Any]:
    names = ("call_open_interest", "call_open_interest_before", "put_open_interest", "put_open_interest_before")
    return {"ts_expiration": EXPIRES, "strike": strike, "contract_gex": gex, **dict(zip(names, contracts, strict=True))}


@given(st.lists(st.tuples(st.none() | st.floats(0.0, 1e5), *(CONTRACTS for _ in range(4))), max_size=12))
def test_the_largest_come_first_and_unknown_ones_not_at_all(cells: list[tuple[Any, ...]]) -> None:
    chain = [row(6000.0 + 5 * at, *one) for at, one in enumerate(cells)]
    slow: list[tuple[float, float, str, float | None]] = []
    for one in chain:
        for right, name in (("C", "call"), ("P", "put")):
            now, before = one[f"{name}_open_interest"], one[f"{name}_open_interest_before"]
            if now is not None and before is not None and now != before:
                gex = None if one["contract_gex"] is None else (now - before) * one["contract_gex"]
                slow.append((now - before, one["strike"], right, gex))
    found = movers(chain)
    assert sorted((abs(one.change) for one in found.by_contracts), reverse=True) == [
        abs(one.change) for one in found.by_contracts
    ]
    assert [abs(one.change) for one in found.by_contracts] == sorted((abs(one[0]) for one in slow), reverse=True)[:5]
    assert {(one.change, one.strike, one.right, one.gex_change) for one in found.by_contracts} <= set(slow)
    sizes = sorted((abs(one[3]) for one in slow if one[3]), reverse=True)[:5]
    assert [abs(one.gex_change or 0.0) for one in found.by_exposure] == sizes


def test_the_order_of_rows_does_not_matter() -> None:
    chain = [row(6000.0, 2.0, 10.0, 4.0, 3.0, 9.0), row(6005.0, 1.0, 10.0, 4.0, None, 9.0), row(5995.0, None, 0.0, 6.0, 1.0, 1.0)]
    assert len({movers(list(some)) for some in itertools.permutations(chain)}) == 1
    first = movers(chain).by_contracts[0]
    assert (first.expires, first.strike, first.right, first.change, first.gex_change) == (
        date(2026, 1, 23),
        5995.0,
        "C",
        -6.0,
        None,
    )


def test_a_made_evening_is_read_by_the_columns_of_its_table() -> None:
    found = movers(tables_of(two_days())["open_chain"].select(MOVER_COLUMNS).to_pylist())
    assert len(found.by_contracts) == len(found.by_exposure) == 5
    assert not any(one.change == 0.0 for one in found.by_contracts)
