"""Standard errors of net exposure and of the flip: from rows of the chain to columns of the levels.

The formulas are in `kernels.exposure.net_error`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows, Scope, SignedChain
from gex_assets.analytics.zero_gamma import Profile
from gex_assets.kernels.exposure.exposure import power_of_price
from gex_assets.kernels.exposure.net_error import ChainErrors, NetError, RepricedRows, net_error, smile_errors
from gex_assets.kernels.pricing.parity_forward import STORED_ERRORS
from gex_assets.stages.forward_lookup import ForwardLookup

__all__ = ["QUOTED_VOLATILITIES", "LevelErrors", "standard_errors_of_forwards"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

QUOTED_VOLATILITIES: Final = ("iv_bid", "iv_mid", "iv_ask", "iv_fit")
"""Columns of `silver_gex_chain` that say how wide quotes are and where the smile's volatility is gamma's."""


def standard_errors_of_forwards(chain: pa.Table, prices: ForwardLookup) -> Float:
    """(n,) errors [index points] of the forward of each row's expiration in its window; NaN where there is none."""
    ends, expirations = chain["ts_window_end"].to_numpy(), chain["ts_expiration"].to_numpy()
    found = np.full(ends.size, np.nan)
    for expiration in np.unique(expirations).tolist():
        rows = expirations == expiration
        found[rows] = prices.at("forward_se", expiration, ends[rows]) / STORED_ERRORS
    return found


class LevelErrors:
    """What is known of the errors of one chain's rows, whatever the convention.

    Parameters
    ----------
    rows : of W windows.
    quotes : `QUOTED_VOLATILITIES`, (n,) each; NaN where missing.
    forward_error : (n,) standard error of the row's forward. [index points]
    reference : (W,) reference price; an error where it is one of the chain's forwards, else taken as exact. [index points]
    """

    def __init__(self, rows: ChainRows, quotes: dict[str, Float], *, forward_error: Float, reference: Float) -> None:
        window = np.repeat(np.arange(rows.windows), np.diff(rows.first))
        self._rows = rows
        self._forward_error = forward_error
        self._reference = reference
        self._reference_error = np.zeros(rows.windows)
        own = np.flatnonzero(rows.forward == reference[window])
        self._reference_error[window[own]] = forward_error[own]
        self._smiles = smile_errors(
            first=rows.series,
            strike=rows.strikes[rows.place],
            F=rows.forward,
            T=rows.years,
            total_vol=rows.total_vol,
            gamma=rows.gamma,
            call_delta=rows.call_delta,
            put_delta=rows.put_delta,
            **quotes,
        )

    def columns(self, chain: SignedChain, profile: Profile, *, scope: Scope, net: Float, flip: Float) -> dict[str, Float]:
        """Standard errors in one scope.

        Parameters
        ----------
        chain : the rows under a convention.
        profile : of the same. Rows whose volatility is their neighbours' have no part in the net; at the flip they go wrong with
            these.
        net, flip : (W,) what the errors are of; there is no error without it. `flip` is that of the profile; for another rule it
            is NaN.

        Returns
        -------
        (W,) columns by name; NaN where there is none.
        """
        power = power_of_price(scale=chain.convention.scale) - 1.0
        is_own = profile.filled.before == np.arange(profile.rows.size)
        of_net = replace(profile, coefficient=np.where(is_own, profile.coefficient, 0.0))
        at_net = self._errors(of_net, scope, shift=np.where(np.isnan(net), np.nan, 0.0), power=power, at_price=False)
        at_flip = self._errors(profile, scope, shift=np.log(flip / self._reference), power=power, at_price=True)
        slope = np.where(at_flip.slope == 0.0, np.nan, np.abs(at_flip.slope) / flip)
        return {
            "net_gex_se": np.hypot(at_net.quotes, at_net.forward),
            "net_gex_se_quotes": at_net.quotes,
            "net_gex_se_forward": at_net.forward,
            "zero_gamma_se": np.hypot(at_flip.quotes, at_flip.forward) / slope,
        }

    def _errors(self, profile: Profile, scope: Scope, **where: Any) -> NetError:
        within = profile.within(scope)
        return net_error(
            first=within["first"],
            stop=within["stop"],
            repriced=RepricedRows(
                row=profile.rows,
                expiration=profile.smile,
                moneyness=profile.moneyness,
                total_vol=profile.total_vols[0],
                coefficient=profile.coefficient,
                filled=profile.filled,
            ),
            chain=ChainErrors(
                years=self._rows.years,
                forward=self._rows.forward,
                forward_error=self._forward_error,
                volatility=self._smiles,
            ),
            reference=self._reference,
            reference_error=self._reference_error,
            **where,
        )
