"""Standard errors of net exposure and of zero gamma: from rows under a convention to columns of the levels.

The formulas are in `kernels.exposure.net_error`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows, Scope
from gex_assets.analytics.zero_gamma import Profile
from gex_assets.kernels.exposure.net_error import ChainErrors, NetError, RepricedRows, net_error, smile_errors

__all__ = ["LevelErrors", "QuotedVolatilities"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class QuotedVolatilities(NamedTuple):
    """Volatilities of n rows, (n,) each: implied by bid, midpoint and ask, and the smile's; NaN where there is none."""

    iv_bid: Float
    iv_mid: Float
    iv_ask: Float
    iv_fit: Float


class LevelErrors:
    """Standard errors of one chain's volatilities and forwards, from which those of a convention's levels follow.

    Parameters
    ----------
    rows : of W windows.
    quotes : of the same rows. Bid and ask say how wide a quote is, `iv_fit` where the smile's volatility is gamma's.
    forward_error : (n,) standard error of the row's forward. [index points]
    reference : (W,) reference price. It has the error of the chain's forward that it equals; without one it is taken as exact.
        [index points]
    """

    def __init__(self, rows: ChainRows, quotes: QuotedVolatilities, *, forward_error: Float, reference: Float) -> None:
        window = np.repeat(np.arange(rows.windows), np.diff(rows.first))
        self._rows = rows
        self._forward_error = forward_error
        self._reference = reference
        self._reference_error = np.zeros(rows.windows)
        own = np.flatnonzero(rows.forward == reference[window])
        self._reference_error[window[own]] = forward_error[own]
        self._smiles = smile_errors(
            first=rows.expiration_starts,
            strike=rows.strikes[rows.place],
            F=rows.forward,
            T=rows.years,
            total_vol=rows.total_vol,
            gamma=rows.gamma,
            call_delta=rows.call_delta,
            put_delta=rows.put_delta,
            **quotes._asdict(),
        )

    def columns(self, profile: Profile, *, scope: Scope, net: Float, zero_gamma: Float) -> dict[str, Float]:
        """Standard errors in one scope.

        Parameters
        ----------
        profile : of the same. A row with its neighbours' volatility has no part in the net; at zero gamma it shares their errors.
        net, zero_gamma : (W,) the values whose errors are wanted; NaN has no error. `zero_gamma` is that of the profile, and NaN
            under another rule.

        Returns
        -------
        (W,) columns by name; NaN where there is none.
        """
        is_own = profile.filled.before == np.arange(profile.rows.size)
        of_net = replace(profile, coefficient=np.where(is_own, profile.coefficient, 0.0))
        at_net = self._errors(of_net, scope, shift=np.where(np.isnan(net), np.nan, 0.0), at_price=False)
        at_zero = self._errors(profile, scope, shift=np.log(zero_gamma / self._reference), at_price=True)
        slope = np.where(at_zero.slope == 0.0, np.nan, np.abs(at_zero.slope) / zero_gamma)
        return {
            "net_gex_se": np.hypot(at_net.quotes, at_net.forward),
            "net_gex_se_quotes": at_net.quotes,
            "net_gex_se_forward": at_net.forward,
            "zero_gamma_se": np.hypot(at_zero.quotes, at_zero.forward) / slope,
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
            power=profile.power,
            reference=self._reference,
            reference_error=self._reference_error,
            **where,
        )
