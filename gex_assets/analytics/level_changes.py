"""The change of net exposure since the window before, in parts: from rows under a convention to columns of the levels.

`kernels.exposure.net_change` says what the parts are and why they add up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows, Scope, SignedChain
from gex_assets.kernels.exposure.net_change import Pairs, net_change, pairs_of_windows
from gex_assets.time_units import WINDOW_NS

__all__ = ["NetChanges", "Pairs", "following", "pairs_of"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


def pairs_of(rows: ChainRows, *, rate: float) -> Pairs:
    """Each row's place in the window before and after, even after a gap in time, and the gammas on the way."""
    return pairs_of_windows(
        first=rows.first,
        expiration=rows.expiration,
        strike=rows.strikes[rows.place],
        F=rows.forward,
        T=rows.years,
        total_vol=rows.total_vol,
        gamma=rows.gamma,
        r=rate,
    )


def following(ends: Int) -> Bool:
    """(W,) whether the window before ended 5 s earlier; `ends` are in UNIX ns UTC."""
    return np.concatenate([[False], np.diff(ends) == WINDOW_NS])


class NetChanges:
    """Splits the change of net exposure in any scope of one chain.

    Parameters
    ----------
    chain : rows of W windows under a convention.
    pairs : of its rows.
    follows : (W,) windows that have a change, as from `following`.
    """

    def __init__(self, chain: SignedChain, *, pairs: Pairs, follows: Bool) -> None:
        self._gamma = chain.rows.gamma
        self._factor = chain.factor
        self._calls = chain.call_contracts
        self._puts = chain.put_contracts
        self._pairs = pairs
        self._follows = follows

    def columns(self, *, scope: Scope, net: Float) -> dict[str, Float]:
        """(W,) columns of the change and its parts; NaN where either of the two windows has no net exposure, and after a gap."""
        change = np.concatenate([[np.nan], np.diff(net)])
        change[~self._follows] = np.nan
        parts = net_change(
            first=scope.first,
            stop=scope.stop,
            pairs=self._pairs,
            gamma=self._gamma,
            factor=self._factor,
            call_contracts=self._calls,
            put_contracts=self._puts,
        )
        known = ~np.isnan(change)
        named = {f"net_gex_change_{name}": np.where(known, part, np.nan) for name, part in parts._asdict().items()}
        return {"net_gex_change": change, **named}
