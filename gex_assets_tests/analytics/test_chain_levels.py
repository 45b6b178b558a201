from __future__ import annotations

import numpy as np

from gex_assets.analytics.chain_levels import ChainRows, folded, signed
from gex_assets.conventions import BUILT_IN


def test_a_folded_chain_has_a_row_per_strike_and_the_sums_of_its_contracts() -> None:
    """Two windows; in the first a call and a put of one volatility, one of another, and the next strike."""
    size = 6
    ones = np.ones(size)
    rows = ChainRows(
        first=np.array([0, 4, 6]),
        strikes=np.array([95.0, 100.0]),
        place=np.array([0, 0, 0, 1, 1, 1]),
        expiration=np.array([0, 0, 0, 0, 0, 1]),
        forward=100.0 * ones,
        price=100.0 * ones,
        years=ones,
        multiplier=ones,
        gamma=0.1 * ones,
        total_vol=np.array([0.2, 0.2, 0.3, 0.2, 0.2, 0.2]),
        total_vol_bid=0.2 * ones,
        total_vol_ask=0.2 * ones,
        vanna=ones,
        call_delta=ones,
        put_delta=ones,
        call_charm=ones,
        put_charm=ones,
        quoted=np.ones(size, dtype=np.bool_),
        weights={
            "open_interest": (
                np.array([5.0, np.nan, 2.0, np.nan, 1.0, np.nan]),
                np.array([np.nan, 7.0, np.nan, np.nan, np.nan, 3.0]),
            )
        },
    )
    chain = folded(signed(rows, convention=BUILT_IN["field"], weight="open_interest"))
    assert chain.rows.first.tolist() == [0, 3, 5]
    assert chain.rows.place.tolist() == [0, 0, 1, 1, 1]
    assert chain.rows.total_vol.tolist() == [0.2, 0.3, 0.2, 0.2, 0.2]
    assert chain.call_contracts.tolist() == [-2.0, 2.0, 0.0, 1.0, -3.0]
    assert np.isnan(chain.put_contracts).all()
