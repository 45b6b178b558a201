"""The fourth step of `analyze`: walls, zero gamma and other levels of a chain with exposures, and those of each expiration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.at_the_money import distance_in_sigmas, one_day_sigma
from gex_assets.analytics.chain_levels import SignedChain, further_exposures
from gex_assets.analytics.regimes import position_in_range
from gex_assets.analytics.zero_gamma import ZeroGamma
from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.exposure_tables import by_expiration, by_strike, zero_gamma_finder
from gex_assets.chain.exposures import ExposedChain, known_or_none
from gex_assets.chain.field_mapping import FieldMapping
from gex_assets.chain.guards import warn_of_profile_apart_from_net

__all__ = ["ChainLevels", "FoundLevels", "find_levels"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ChainLevels(FieldMapping):
    """Levels of the chain; None where there is none.

    Attributes
    ----------
    strikes : strikes with an exposure.
    gross_gex : sum of the magnitudes. [scale of the convention]
    coverage : share of the weight at options with a gamma. [1]
    call_wall, put_wall, secondary_call_wall, secondary_put_wall : by the convention's wall rule. [index points]
    call_wall_strike, put_wall_strike : strike of the options at the wall: that price, unless they are on another future than the
        earliest expiration's. [index points]
    call_wall_underlying, put_wall_underlying : their future, where the chain names several.
    call_wall_reason, put_wall_reason : why there is none: no strike with an exposure on that side ("no_strike_above",
        "no_strike_below"), or none of the kind that the wall rule looks for ("no_positive_net_above", "no_negative_net_below";
        "no_calls_above", "no_puts_below").
    call_wall_gex, put_wall_gex : the value by which the wall was chosen. [scale of the convention]
    call_wall_share, put_wall_share : that value's share of the values on its side. [1]
    zero_gamma : where net exposure changes sign, nearest the spot price. [index points]
    zero_gamma_roots : every such price. [index points]
    zero_gamma_low, zero_gamma_high : how far `zero_gamma` moves under other assumptions: volatilities at the bid and at the
        ask, each staying at its strike or moving along with the price. [index points]
    zero_gamma_sigmas : its distance from the spot price in one day's standard deviations. [1]
    one_day_sigma : that standard deviation as a share of the price, from the volatility at the money. [1]
    zero_gamma_reason : why there is none: "no_crossing", "no_repricing", or "one_right_only": calls alone or puts alone.
    abs_gamma_strike : the largest sum of call and put magnitudes. [index points]
    high_gamma_strikes : the largest net exposures by absolute value, largest first. [index points]
    dex : delta exposure. [USD]
    vanna_exposure : its change per 0.01 of volatility. [USD per vol point]
    charm_exposure : its change per calendar day. [USD per day]
    """

    strikes: int = 0
    gross_gex: float | None = None
    coverage: float | None = None
    call_wall: float | None = None
    call_wall_strike: float | None = None
    call_wall_underlying: str | None = None
    call_wall_reason: str | None = None
    call_wall_gex: float | None = None
    call_wall_share: float | None = None
    secondary_call_wall: float | None = None
    put_wall: float | None = None
    put_wall_strike: float | None = None
    put_wall_underlying: str | None = None
    put_wall_reason: str | None = None
    put_wall_gex: float | None = None
    put_wall_share: float | None = None
    secondary_put_wall: float | None = None
    zero_gamma: float | None = None
    zero_gamma_roots: tuple[float, ...] = ()
    zero_gamma_low: float | None = None
    zero_gamma_high: float | None = None
    zero_gamma_sigmas: float | None = None
    one_day_sigma: float | None = None
    zero_gamma_reason: str | None = None
    abs_gamma_strike: float | None = None
    high_gamma_strikes: tuple[float, ...] = ()
    dex: float | None = None
    vanna_exposure: float | None = None
    charm_exposure: float | None = None


class FoundLevels(NamedTuple):
    """Levels, the position of the spot price between the walls (None without them), and the table of expirations."""

    levels: ChainLevels
    position: float | None
    expirations: pa.Table | None


def find_levels(exposed: ExposedChain, *, spot: float, rate: float, warnings: Warnings) -> FoundLevels:
    """Find the levels of a chain that has exposures.

    Parameters
    ----------
    exposed : as `expose` made it.
    spot : price around which levels are sought. [index points]
    rate : continuously compounded; re-prices the chain. [1/year]
    warnings : told of what cannot be re-priced.
    """
    chain, sums = exposed.signed, exposed.sums
    reference = np.array([spot])
    finder = zero_gamma_finder(chain, chosen=np.ones(1, dtype=np.bool_), rate=rate)
    zero_gamma = finder.find(reference=reference, found=sums)
    alone = _right_alone(exposed)
    if alone is not None:
        warnings.add("one_right_only", f"only {alone} have an exposure: totals are of half a chain, and there is no zero gamma")
        zero_gamma = ZeroGamma(np.array([np.nan]), np.empty(0), np.zeros(2, dtype=np.int64), np.zeros(1))
    low, high = finder.band(reference=reference, zero_gamma=zero_gamma)
    sigma = one_day_sigma(chain.rows)
    reason = _warn_of_not_repriced(chain, warnings)
    if np.isnan(zero_gamma.nearest[0]):
        reason = "one_right_only" if alone is not None else reason or "no_crossing"
    warn_of_profile_apart_from_net(
        finder.profile, net=float(sums.net[0]), gross=float(sums.gross[0]), spot=spot, warnings=warnings
    )
    why_no_call_wall, why_no_put_wall = _wall_reasons(exposed, spot=spot)
    further = further_exposures(chain)
    high_gamma = sums.high_gamma_strikes[0]
    call_strike, call_future = _at_wall(exposed, sums.call_wall)
    put_strike, put_future = _at_wall(exposed, sums.put_wall)
    found = ChainLevels(
        strikes=int(sums.strikes[0]),
        gross_gex=known_or_none(sums.gross),
        coverage=known_or_none(further["coverage"]),
        call_wall=known_or_none(sums.call_wall),
        call_wall_strike=call_strike,
        call_wall_underlying=call_future,
        call_wall_reason=why_no_call_wall,
        call_wall_gex=known_or_none(sums.call_wall_exposure),
        call_wall_share=known_or_none(sums.call_wall_share),
        secondary_call_wall=known_or_none(sums.secondary_call_wall),
        put_wall=known_or_none(sums.put_wall),
        put_wall_strike=put_strike,
        put_wall_underlying=put_future,
        put_wall_reason=why_no_put_wall,
        put_wall_gex=known_or_none(sums.put_wall_exposure),
        put_wall_share=known_or_none(sums.put_wall_share),
        secondary_put_wall=known_or_none(sums.secondary_put_wall),
        zero_gamma=known_or_none(zero_gamma.nearest),
        zero_gamma_roots=tuple(zero_gamma.prices.tolist()),
        zero_gamma_low=known_or_none(low),
        zero_gamma_high=known_or_none(high),
        zero_gamma_sigmas=known_or_none(distance_in_sigmas(zero_gamma.nearest, reference=reference, sigma=sigma)),
        one_day_sigma=known_or_none(sigma),
        zero_gamma_reason=reason,
        abs_gamma_strike=known_or_none(sums.abs_gamma_strike),
        high_gamma_strikes=tuple(high_gamma[~np.isnan(high_gamma)].tolist()),
        dex=known_or_none(further["dex"]),
        vanna_exposure=known_or_none(further["vanna_exposure"]),
        charm_exposure=known_or_none(further["charm_exposure"]),
    )
    return FoundLevels(
        found,
        known_or_none(position_in_range(reference, call_wall=sums.call_wall, put_wall=sums.put_wall)),
        by_expiration(
            chain, exposed.priced.slices, found=sums, zero_gamma=zero_gamma, price=spot, rate=rate, sigma=float(sigma[0])
        ),
    )


def _at_wall(exposed: ExposedChain, wall: NDArray[np.float64]) -> tuple[float | None, str | None]:
    """Strike of the options at a wall, and their future where there are several."""
    axis = exposed.signed.rows.axis
    if axis is None:
        return known_or_none(wall), None
    strike, future = axis.find(wall)
    return known_or_none(strike), exposed.priced.futures[int(future[0])] if future[0] >= 0 else None


def _right_alone(exposed: ExposedChain) -> str | None:
    """The right that alone has an exposure; None where both have one."""
    has_calls, has_puts = (bool((values > 0.0).any()) for values in (exposed.signed.call_magnitude, exposed.signed.put_magnitude))
    return None if has_calls == has_puts else "calls" if has_calls else "puts"


def _wall_reasons(exposed: ExposedChain, *, spot: float) -> tuple[str | None, str | None]:
    """Why there is no call wall and no put wall; None where there is one."""
    walls = (exposed.sums.call_wall[0], exposed.sums.put_wall[0])
    if not np.isnan(walls).any():
        return None, None
    table = by_strike(exposed.signed)
    strikes = table["strike"].to_numpy()[~np.isnan(table["net_gex"].to_numpy())]
    by_net = exposed.signed.convention.wall_rule == "net_side"
    reasons = (
        ("no_positive_net_above" if by_net else "no_calls_above") if (strikes > spot).any() else "no_strike_above",
        ("no_negative_net_below" if by_net else "no_puts_below") if (strikes <= spot).any() else "no_strike_below",
    )
    call, put = (reason if np.isnan(wall) else None for reason, wall in zip(reasons, walls, strict=True))
    return call, put


def _warn_of_not_repriced(chain: SignedChain, warnings: Warnings) -> str | None:
    """Say how much of the exposure re-pricing leaves out; "no_repricing" where it leaves out everything."""
    if chain.convention.flip_rule != "profile_nearest":
        return None
    has_volatility = chain.rows.total_vol > 0.0
    if not has_volatility.any():
        warnings.add("no_repricing", "without volatilities and times to expiration there is no re-pricing and no zero gamma")
        return "no_repricing"
    magnitude = np.nan_to_num(chain.call_magnitude) + np.nan_to_num(chain.put_magnitude)
    left_out = ~has_volatility & (magnitude > 0.0)
    share = float(magnitude[left_out].sum() / max(magnitude.sum(), 1e-300))
    warnings.count(
        "not_repriced",
        left_out,
        f"have a gamma but no volatility: {share:.1%} of the gross exposure is not re-priced for zero gamma",
    )
    return None
