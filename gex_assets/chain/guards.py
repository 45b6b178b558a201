"""What must fit together in a chain before and after it is computed: the spot price, the strikes, the quotes, and the profile."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.zero_gamma import Profile
from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.pricing.priced_chain import PricedChain
from gex_assets.errors import ChainError
from gex_assets.kernels.exposure.profile_grid import profile_at
from gex_assets.market.expirations import chicago_date

__all__ = ["check_spot_within_strikes", "warn_of_profile_apart_from_net", "warn_of_spot_off_forward"]

Float = NDArray[np.float64]

_BEYOND: Final = 0.01
"""How far outside the strikes a spot price may be, as a share of itself: chains are handed in cut to few strikes."""

_APART: Final = 0.001
"""Spot price and forward may differ by this share on top of the carry: quotes and index are not of one millisecond."""

_LEAST_CARRY: Final = -0.10
_CARRY_ABOVE_RATE: Final = 0.03
"""Growth of the forward per year that a chain may have: dividends of up to 10 %, or hard borrowing; 3 % above the rate."""

_PROFILE_APART: Final = 0.05
"""Net exposure and the re-priced profile at the spot price may differ by this share."""

_OF_GROSS: Final = 0.001
"""Differences below this share of the gross exposure are none: a net close to zero is small, not wrong."""


_LARGEST_UNIT: Final = 12
"""Powers of ten between prices beyond which nobody has only chosen other units."""


def check_spot_within_strikes(strike: Float, *, spot: float) -> None:
    """Refuse a spot price that the strikes do not surround: it is another underlying's, or another scale's.

    Parameters
    ----------
    strike : (n,) of all options, not empty. [index points]
    spot : [index points]

    Raises
    ------
    ChainError
        The spot price is more than 1 % of itself below the lowest or above the highest strike.
    """
    low, high = float(strike.min()), float(strike.max())
    if low - _BEYOND * spot <= spot <= high + _BEYOND * spot:
        return
    nearest = low if spot < low else high
    # The quotient of the two may be no finite number.
    power = round(math.log10(nearest) - math.log10(spot)) if nearest > 0.0 else 0
    is_unit = 1 <= abs(power) <= _LARGEST_UNIT
    hint = f"; the strikes may be in other units, as they are about {10.0**power:g} times the price" if is_unit else ""
    raise ChainError(
        f"Expected a spot price within the strikes {low:,.10g} to {high:,.10g}, was {spot:,.10g}: "
        f"check the price and what the chain is of{hint}"
    )


def warn_of_spot_off_forward(priced: PricedChain, *, spot: float, rate: float, warnings: Warnings) -> None:
    """Say where the quotes of the earliest expiration imply a forward that carry does not explain: the spot price may be stale.

    Expected is ln(forward/spot) between −10 % and rate + 3 % a year, and 0.1 % and twice the forward's standard error more.

    Parameters
    ----------
    priced : as `price_chain` made it.
    spot : [index points]
    rate : continuously compounded. [1/year]
    warnings : told of the two prices.
    """
    slices = priced.slices
    known = np.flatnonzero((slices.pairs > 0) & (slices.years > 0.0))
    if not known.size:
        return
    first = int(known[0])
    forward, years, se = float(slices.forward[first]), float(slices.years[first]), float(slices.forward_se[first])
    growth, slack = math.log(forward / spot), _APART + se / spot
    if _LEAST_CARRY * years - slack <= growth <= (max(rate, 0.0) + _CARRY_ABOVE_RATE) * years + slack:
        return
    day = "the earliest expiration" if slices.ts_expiration is None else f"{chicago_date(int(slices.ts_expiration[first]))}"
    warnings.add(
        "spot_off_forward",
        f"the spot price is {spot:,.2f}, and the quotes of {day}, {years * 365.0:,.1f} days out, imply a forward of "
        f"{forward:,.2f} ({growth:+.2%}): one of them is stale or of another moment, so walls may stand on the wrong side",
    )


def warn_of_profile_apart_from_net(profile: Profile | None, *, net: float, gross: float, spot: float, warnings: Warnings) -> None:
    """Say where the re-priced profile at the spot price is not the net exposure: zero gamma then belongs to other gammas.

    Parameters
    ----------
    profile : of all rows in one window; None where zero gamma is not found by re-pricing.
    net, gross : of the same chain. [scale of the convention]
    spot : [index points]
    warnings : told of both where they differ by more than 5 %, and by more than 0.1 % of the gross.
    """
    if profile is None or not profile.rows.size:
        return
    at_spot = float(
        profile_at(
            first=np.array([0]),
            stop=np.array([profile.rows.size]),
            moneyness=profile.moneyness,
            total_vol=profile.total_vols[0],
            coefficient=profile.coefficient,
            F=np.array([spot]),
            price=np.array([spot]),
            first_price=np.array([0, 1]),
            power=profile.power,
        )[0]
    )
    apart = abs(at_spot - net)
    if apart > max(_PROFILE_APART * max(abs(net), abs(at_spot)), _OF_GROSS * gross):
        warnings.add(
            "profile_apart_from_net",
            f"the re-priced profile at the spot price is {at_spot:,.0f}, the net exposure {net:,.0f}: gammas and volatilities of "
            "the chain do not fit together, gammas are rounded, or options without a volatility weigh much; zero gamma is the "
            "profile's",
        )
