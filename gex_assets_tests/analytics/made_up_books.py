"""Made-up books: a few strikes with volatilities and contracts, as rows of a chain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from gex_assets.analytics.chain_levels import ChainRows, SignedChain, signed
from gex_assets.conventions import BUILT_IN, Convention
from gex_assets.kernels.pricing.black76 import chain_greeks

FIELD = BUILT_IN["field"]
RATE = 0.04
MULTIPLIER = 50.0

Held = tuple[float, float, float, float, float]
"""Strike, years, volatility, calls, puts; NaN where not known."""


def rows_of(windows: Sequence[Sequence[Held]], *, forward: float = 6_903.12, multiplier: float = MULTIPLIER) -> ChainRows:
    flat = [one for window in windows for one in sorted(window, key=lambda one: (one[1], one[0]))]
    strike, years, sigma, calls, puts = (np.array(column) for column in (zip(*flat, strict=True) if flat else [()] * 5))
    strikes, place = np.unique(strike, return_inverse=True)
    _, expiration = np.unique(years, return_inverse=True)
    total = sigma * np.sqrt(years)
    F = np.full(strike.size, forward)
    greeks = chain_greeks(F=F, K=strike, T=years, total_vol=total, r=RATE)
    return ChainRows(
        first=np.cumsum([0, *(len(window) for window in windows)]),
        strikes=strikes,
        place=place,
        expiration=expiration,
        forward=F,
        price=F,
        years=years,
        multiplier=np.full(strike.size, multiplier),
        total_vol=total,
        total_vol_bid=np.full(strike.size, np.nan),
        total_vol_ask=np.full(strike.size, np.nan),
        quoted=np.ones(strike.size, dtype=np.bool_),
        weights={"open_interest": (calls, puts)},
        **greeks._asdict(),
    )


def chain_of(rows: ChainRows, convention: Convention = FIELD) -> SignedChain:
    return signed(rows, convention=convention, weight="open_interest")


book_rows = st.lists(
    st.tuples(
        st.sampled_from([6_800.0, 6_850.0, 6_900.0, 6_905.0, 6_950.0, 7_000.0]),
        st.sampled_from([0.0025, 0.01, 0.3]),
        st.floats(0.05, 0.4),
        st.integers(0, 5_000).map(float),
        st.integers(0, 5_000).map(float),
    ),
    unique_by=lambda one: one[:2],
    min_size=1,
    max_size=12,
)
