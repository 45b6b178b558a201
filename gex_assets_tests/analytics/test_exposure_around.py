"""Exposure above and below the price against a plain walk over the strikes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.analytics.chain_levels import Scope, signed
from gex_assets.analytics.exposure_around import exposure_around
from gex_assets.analytics.strike_axis import StrikeAxis
from gex_assets.conventions import BUILT_IN
from gex_assets_tests.analytics.made_up_books import Held, book_rows, chain_of, rows_of

ONLY = np.array([0])


def plain(book: list[Held], reference: float, per_side: int) -> dict[str, float]:
    """The same in words, from the rows' own exposures."""
    rows = rows_of([book])
    chain = chain_of(rows)
    by_strike: dict[float, list[tuple[float, float]]] = {}
    for k, place in enumerate(rows.place.tolist()):
        parts = by_strike.setdefault(rows.strikes[place], [])
        for magnitude, exposure in (
            (chain.call_magnitude[k], chain.call_exposure[k]),
            (chain.put_magnitude[k], chain.put_exposure[k]),
        ):
            if not math.isnan(magnitude):
                parts.append((exposure, magnitude))
    above = sorted(strike for strike in by_strike if strike > reference)[:per_side]
    below = sorted((strike for strike in by_strike if strike <= reference), reverse=True)[:per_side]
    found = {}
    for name, chosen in (("above", above), ("below", below)):
        parts = [part for strike in chosen for part in by_strike[strike]]
        for kind, place in (("net", 0), ("gross", 1)):
            found[f"{kind}_{name}"] = sum(part[place] for part in parts) if parts else math.nan
    return found


@given(book_rows, st.sampled_from([6_700.0, 6_850.0, 6_903.12, 7_100.0]), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_it_is_the_sum_over_the_nearest_strikes(book: list[Held], reference: float, per_side: int) -> None:
    found = exposure_around(chain_of(rows_of([book])), reference=np.array([reference]), front=ONLY, per_side=per_side)
    for name, value in plain(book, reference, per_side).items():
        assert getattr(found, name)[0] == pytest.approx(value, rel=1e-12, abs=1e-6, nan_ok=True)


def test_without_a_price_a_weight_or_rows_there_is_none() -> None:
    rows = rows_of([[(6_900.0, 0.01, 0.12, 500.0, 20.0)]])
    assert np.isnan(np.array(exposure_around(chain_of(rows), reference=np.array([np.nan]), front=ONLY))).all()
    nothing = signed(rows, convention=BUILT_IN["field"], weight=None)
    assert np.isnan(np.array(exposure_around(nothing, reference=np.array([6_890.0]), front=ONLY))).all()
    empty = Scope(np.array([0]), np.array([0]))
    assert np.isnan(np.array(exposure_around(chain_of(rows), reference=np.array([6_890.0]), front=ONLY, scope=empty))).all()


def test_strikes_of_another_future_count_only_where_they_stand_at_one_of_the_fronts() -> None:
    book = [(6_900.0, 0.01, 0.12, 500.0, 20.0), (6_950.0, 0.01, 0.12, 10.0, 2.0), (6_950.0, 0.2, 0.12, 30.0, 5.0)]
    rows = rows_of([book])
    axis = StrikeAxis(
        first=np.array([0, 3]),
        price=np.array([6_890.0, 6_900.0, 6_950.0]),
        strike=np.array([6_950.0, 6_900.0, 6_950.0]),
        future=np.array([1, 0, 0]),
        place=np.array([1, 2, 0]),
    )
    object.__setattr__(rows, "axis", axis)
    chain = chain_of(rows)
    found = exposure_around(chain, reference=np.array([6_895.0]), front=ONLY)
    assert found.gross_above[0] == pytest.approx(np.sum(chain.call_magnitude[:2] + chain.put_magnitude[:2]))
    assert np.isnan(found.gross_below[0])
