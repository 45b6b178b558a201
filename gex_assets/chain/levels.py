"""The fourth step of `analyze`: walls, zero gamma and other levels of a chain with exposures, and those of each expiration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from gex_assets.analytics.chain_levels import SignedChain, further_exposures
from gex_assets.analytics.regimes import position_in_range
from gex_assets.analytics.zero_gamma import ZeroGammaFinder
from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.exposure_tables import by_expiration
from gex_assets.chain.exposures import ExposedChain, known_or_none
from gex_assets.chain.field_mapping import FieldMapping

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
    call_wall_gex, put_wall_gex : the value by which the wall was chosen. [scale of the convention]
    call_wall_share, put_wall_share : that value's share of the values on its side. [1]
    zero_gamma : where net exposure changes sign, nearest the spot price. [index points]
    zero_gamma_roots : every such price. [index points]
    zero_gamma_low, zero_gamma_high : how far `zero_gamma` moves under other assumptions: volatilities at the bid and at the
        ask, each staying at its strike or moving along with the price. [index points]
    zero_gamma_reason : why there is none: "no_crossing" or "no_repricing".
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
    call_wall_gex: float | None = None
    call_wall_share: float | None = None
    secondary_call_wall: float | None = None
    put_wall: float | None = None
    put_wall_gex: float | None = None
    put_wall_share: float | None = None
    secondary_put_wall: float | None = None
    zero_gamma: float | None = None
    zero_gamma_roots: tuple[float, ...] = ()
    zero_gamma_low: float | None = None
    zero_gamma_high: float | None = None
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
    finder = ZeroGammaFinder(chain, chosen=np.ones(1, dtype=np.bool_), rate=rate)
    zero_gamma = finder.find(reference=reference, found=sums)
    low, high = finder.band(reference=reference, zero_gamma=zero_gamma)
    reason = _warn_of_not_repriced(chain, warnings) or ("no_crossing" if np.isnan(zero_gamma.nearest[0]) else None)
    further = further_exposures(chain)
    high_gamma = sums.high_gamma_strikes[0]
    found = ChainLevels(
        strikes=int(sums.strikes[0]),
        gross_gex=known_or_none(sums.gross),
        coverage=known_or_none(further["coverage"]),
        call_wall=known_or_none(sums.call_wall),
        call_wall_gex=known_or_none(sums.call_wall_exposure),
        call_wall_share=known_or_none(sums.call_wall_share),
        secondary_call_wall=known_or_none(sums.secondary_call_wall),
        put_wall=known_or_none(sums.put_wall),
        put_wall_gex=known_or_none(sums.put_wall_exposure),
        put_wall_share=known_or_none(sums.put_wall_share),
        secondary_put_wall=known_or_none(sums.secondary_put_wall),
        zero_gamma=known_or_none(zero_gamma.nearest),
        zero_gamma_roots=tuple(zero_gamma.prices.tolist()),
        zero_gamma_low=known_or_none(low),
        zero_gamma_high=known_or_none(high),
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
        by_expiration(chain, exposed.priced.slices, found=sums, zero_gamma=zero_gamma, price=spot, rate=rate),
    )


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
