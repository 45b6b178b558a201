"""The third step of `analyze`: a priced chain under a convention, with every option's exposure and what they sum to."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import SignedChain, levels, signed
from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.exposure_tables import by_strike
from gex_assets.chain.pricing.priced_chain import PricedChain
from gex_assets.chain.reading import Options
from gex_assets.conventions import WEIGHTS, Convention
from gex_assets.errors import ChainError
from gex_assets.kernels.exposure.levels import StrikeLevels

__all__ = ["ExposedChain", "Exposures", "choose_weight", "expose", "known_or_none"]


class Exposures(NamedTuple):
    """Exposures of a whole chain, in the convention's scale.

    Attributes
    ----------
    net, gross : sum of the signed exposures, and of their magnitudes.
    call, put : signed exposure of one right; None where no option of it has one.
    strikes : strike, call_gex, put_gex, net_gex: signed, summed over expirations; NULL where unknown.
    """

    net: float
    gross: float
    call: float | None
    put: float | None
    strikes: pa.Table


class ExposedChain(NamedTuple):
    """A chain with signed exposures (one window), its expirations, and the totals and walls of its strikes."""

    signed: SignedChain
    priced: PricedChain
    sums: StrikeLevels

    @property
    def reason(self) -> str | None:
        """Why there is no exposure: every weight is 0, or no option has both a weight and a gamma; None where there is one."""
        sizes = np.where(np.isnan(self.signed.call_size), self.signed.put_size, self.signed.call_size)
        if (sizes == 0.0).any() and not (sizes > 0.0).any():
            return "no_weight"
        return "no_exposure" if self.sums.strikes[0] == 0 else None

    def totals(self) -> Exposures:
        """The sums over a chain that has an exposure."""
        return Exposures(
            net=float(self.sums.net[0]),
            gross=float(self.sums.gross[0]),
            call=known_or_none(self.sums.call),
            put=known_or_none(self.sums.put),
            strikes=by_strike(self.signed),
        )


def choose_weight(options: Options, convention: Convention) -> str:
    """The first of the convention's weights that the chain has values of; without any, the first that it has a column of.

    Raises
    ------
    ChainError
        The chain has no column of any of them.
    """
    there = [name for name in convention.weights if name in options.numbers]
    if not there:
        has = [name for name in WEIGHTS if name in options.numbers]
        raise ChainError(
            f"Expected a column {' or '.join(convention.weights)} for the convention {convention.name}, "
            f"was {', '.join(has) or 'no weight'}"
        )
    return next((name for name in there if not np.isnan(options.numbers[name]).all()), there[0])


def expose(priced: PricedChain, *, convention: Convention, weight: str, spot: float, warnings: Warnings) -> ExposedChain:
    """Multiply gammas by a weight, and sum by strike.

    Parameters
    ----------
    priced : as `price_chain` made it.
    convention : gives scale, signs and the rule of the walls.
    weight : of `conventions.WEIGHTS`.
    spot : price around which walls are sought. [index points]
    warnings : told of options without a weight or a gamma.
    """
    chain = signed(priced.rows, convention=convention, weight=weight)
    size = np.where(np.isnan(chain.call_size), chain.put_size, chain.call_size)
    no_gamma = np.isnan(chain.rows.gamma)
    warnings.count("missing_weight", np.isnan(size), f"have no {weight} and are left out")
    warnings.count("missing_gamma", no_gamma & ~(size == 0.0) & ~np.isnan(size), "have a weight but no gamma and are left out")
    return ExposedChain(chain, priced, levels(chain, reference=np.array([spot])))


def known_or_none(values: NDArray[np.float64]) -> float | None:
    """The single value of an array; None for NaN."""
    value = float(values[0])
    return None if math.isnan(value) else value
