"""Standard errors of net exposure and of zero gamma: from rows under a convention to columns of the levels.

The formulas are in `kernels.exposure.net_error` and `kernels.exposure.smile_errors`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows, Scope
from gex_assets.analytics.zero_gamma import Profile
from gex_assets.kernels.exposure.net_error import ChainErrors, NetError, RepricedRows, net_error
from gex_assets.kernels.exposure.smile_errors import smile_errors

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

    Attributes
    ----------
    smiles : how the rows' volatilities respond to errors.
    forward_error, reference : as given.
    reference_error : (W,) standard error of the reference price, 0 where it is exact. [index points]
    """

    def __init__(self, rows: ChainRows, quotes: QuotedVolatilities, *, forward_error: Float, reference: Float) -> None:
        window = np.repeat(np.arange(rows.windows), np.diff(rows.first))
        self._rows = rows
        self.forward_error = forward_error
        self.reference = reference
        self.reference_error = np.zeros(rows.windows)
        own = np.flatnonzero(rows.forward == reference[window])
        self.reference_error[window[own]] = forward_error[own]
        self.smiles = smile_errors(
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
        profile : of the same. A row with its neighbours' volatility has no part in the net, which it makes less sure;
            at zero gamma it shares their errors.
        net, zero_gamma : (W,) the values whose errors are wanted; NaN has no error. `zero_gamma` is that of the profile, and NaN
            under another rule.

        Returns
        -------
        (W,) columns by name; NaN where there is none.
        """
        at_net = self._errors(profile, scope, shift=np.where(np.isnan(net), np.nan, 0.0), at_price=False, borrowed=False)
        shift = np.log(zero_gamma / self.reference)
        at_zero = self._errors(profile, scope, shift=shift, at_price=True, borrowed=True)
        slope = np.where(at_zero.slope == 0.0, np.nan, np.abs(at_zero.slope) / zero_gamma)
        return {
            "net_gex_se": np.sqrt(at_net.quotes**2 + at_net.forward**2 + at_net.shape**2),
            "net_gex_se_quotes": at_net.quotes,
            "net_gex_se_forward": at_net.forward,
            "net_gex_se_shape": at_net.shape,
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
                forward_error=self.forward_error,
                volatility=self.smiles,
            ),
            power=profile.power,
            reference=self.reference,
            reference_error=self.reference_error,
            **where,
        )
