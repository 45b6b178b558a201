"""Zero gamma of a chain under one convention, and how far it moves under other assumptions that are as good.

Zero gamma is the price at which net exposure changes sign. `kernels.exposure.gamma_profile` defines the profile, that is net
exposure as a function of price. Totals, walls and crossings between two strikes are in `chain_levels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows, Scope, SignedChain, levels, signed
from gex_assets.kernels.exposure.exposure import power_of_price
from gex_assets.kernels.exposure.gamma_profile import profile_coefficient, profile_roots
from gex_assets.kernels.exposure.levels import StrikeLevels
from gex_assets.kernels.exposure.nearest_root import nearest_roots
from gex_assets.kernels.pricing.black76 import chain_greeks
from gex_assets.kernels.pricing.filled_gaps import Neighbours, neighbours

__all__ = ["Profile", "ZeroGamma", "ZeroGammaFinder", "profile_of"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class ZeroGamma(NamedTuple):
    """Zero gamma of W windows.

    Attributes
    ----------
    nearest : (W,) the price nearest the reference price; NaN where there is none. [index points]
    prices : (R,) all prices, by window, ascending within a window. [index points]
    first : (W + 1,) position of each window's first price in `prices`.
    peak : (W,) largest absolute value of the profile, in its coefficients' unit; 0 without a profile.
    """

    nearest: Float
    prices: Float
    first: Int
    peak: Float


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The m rows of a chain of n rows that can be re-priced.

    Attributes
    ----------
    before : (n + 1,) how many of these rows lie before each row of the chain.
    rows : (m,) their positions in the chain.
    filled : whose volatility each row has, as positions among these rows: its own, or its neighbours' where it has none.
    smile : (m,) number of the row's expiration.
    moneyness : (m,) ln(F/K). [1]
    total_vols : (m,) each: volatility * sqrt(years) of gamma, at the bid and at the ask. [1]
    coefficient : (m,) as in `kernels.exposure.gamma_profile`; 0 where a sign or a weight is missing.
    power : of the price in the exposure of a row, gamma's own -1 included.
    """

    before: Int
    rows: Int
    filled: Neighbours
    smile: Int
    moneyness: Float
    total_vols: tuple[Float, Float, Float]
    coefficient: Float
    power: float

    def within(self, scope: Scope) -> dict[str, Int]:
        """The scope's ranges among these rows."""
        return {"first": self.before[scope.first], "stop": self.before[scope.stop]}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Requoted:
    """The chain in the windows that a band is wanted for, with magnitudes at other volatilities.

    Attributes
    ----------
    chain : the m rows of these windows.
    windows : (V,) their positions among all windows.
    shift : (V,) how many rows earlier each window begins here than in the whole chain.
    magnitudes : (m,) of calls and of puts, with gamma's volatility, the bid's and the ask's.
    quoted : (m + 1,) how many rows before each have a volatility at the bid or ask.
    """

    chain: SignedChain
    windows: Int
    shift: Int
    magnitudes: tuple[tuple[Float, Float], ...]
    quoted: Int

    def within(self, scope: Scope) -> Scope:
        """The scope's ranges among these rows, in these windows."""
        return Scope(scope.first[self.windows] - self.shift, scope.stop[self.windows] - self.shift)


class ZeroGammaFinder:
    """Finds zero gamma and its band in any scope of one chain, by the convention's `flip_rule`.

    Parameters
    ----------
    chain : rows under a convention.
    chosen : (W,) the windows for which `band` gives an answer.
    rate : continuously compounded. [1/year]
    fill : as for `profile_of`.
    """

    def __init__(self, chain: SignedChain, *, chosen: Bool, rate: float, fill: bool = False) -> None:
        self._chain = chain
        self._chosen = chosen
        by_profile = chain.convention.flip_rule == "profile_nearest"
        self._profile = profile_of(chain, rate=rate, fill=fill) if by_profile else None
        self._requoted = None if by_profile else _requoted(chain, chosen, rate=rate)

    @property
    def profile(self) -> Profile | None:
        """The rows re-priced to find zero gamma; None under `strike_sign_change`, which re-prices nothing."""
        return self._profile

    def find(self, *, reference: Float, found: StrikeLevels, scope: Scope | None = None) -> ZeroGamma:
        """Find the prices at which net exposure changes sign.

        Parameters
        ----------
        reference : (W,) reference price; NaN gives no zero gamma. [index points]
        found : what `levels` returned for the same rows.
        scope : which rows; all by default.
        """
        if self._profile is None:
            return ZeroGamma(found.crossing, found.crossings, found.first_crossing, np.zeros(reference.size))
        profile = self._profile
        roots = profile_roots(
            **profile.within(scope or self._chain.rows.whole),
            moneyness=profile.moneyness,
            total_vol=profile.total_vols[0],
            coefficient=profile.coefficient,
            F=reference,
        )
        return ZeroGamma(roots.nearest, roots.price, roots.first, roots.peak)

    def band(self, *, reference: Float, zero_gamma: ZeroGamma, scope: Scope | None = None) -> tuple[Float, Float]:
        """How far the nearest zero gamma moves under other assumptions that are as good.

        Under `profile_nearest` three volatilities are tried: gamma's, the bid's and the ask's. Each stays at its strike, and each
        moves along with the price. Under `strike_sign_change` nothing moves: gamma is taken at the bid's and at the ask's
        volatility; where no strike has either, there is no band.
        A strike without a volatility at the bid or ask uses gamma's. A variant without a zero gamma is left out.

        Parameters
        ----------
        reference, scope : as for `find`.
        zero_gamma : the result of `find`.

        Returns
        -------
        (lowest, highest), (W,) each; NaN in windows that were not chosen and where there is no zero gamma. [index points]
        """
        scope = scope or self._chain.rows.whole
        if self._requoted is not None:
            windows, others = _other_crossings(self._requoted, scope, reference, zero_gamma.nearest)
        else:
            windows = np.flatnonzero(self._chosen & ~np.isnan(zero_gamma.nearest))
            others = self._other_roots(scope, windows, reference=reference[windows], peak=zero_gamma.peak[windows])
        low, high = np.full(reference.size, np.nan), np.full(reference.size, np.nan)
        variants = [zero_gamma.nearest[windows], *others]
        low[windows] = np.fmin.reduce(variants)
        high[windows] = np.fmax.reduce(variants)
        return low, high

    def _other_roots(self, scope: Scope, windows: Int, *, reference: Float, peak: Float) -> list[Float]:
        profile = self._profile
        if profile is None:
            return []
        rows = profile.within(Scope(scope.first[windows], scope.stop[windows]))
        market: dict[str, Any] = {
            **rows,
            "smile": profile.smile,
            "moneyness": profile.moneyness,
            "coefficient": profile.coefficient,
            "F": reference,
            "peak": peak,
        }
        own, *quoted = profile.total_vols
        found = [nearest_roots(**market, total_vol=total_vol, sticky_moneyness=False) for total_vol in quoted]
        return found + [nearest_roots(**market, total_vol=total_vol, sticky_moneyness=True) for total_vol in (own, *quoted)]


def profile_of(chain: SignedChain, *, rate: float, fill: bool = False) -> Profile:
    """Arrays that the re-pricing kernels take; rows without weight keep their place in the smile.

    Parameters
    ----------
    chain : rows under a convention.
    rate : continuously compounded. [1/year]
    fill : whether a row without a volatility takes that of the nearest strikes of its expiration. If not, it is left out.
    """
    rows = chain.rows
    known = (rows.total_vol > 0.0) & (rows.forward > 0.0)
    gaps = _gaps(rows, known) if fill else _no_gaps(known)
    use = (gaps.before >= 0) & (rows.forward > 0.0)
    weight = _known_or_zero(chain.call_contracts) + _known_or_zero(chain.put_contracts)
    coefficient = profile_coefficient(signed_weight=weight, F=rows.forward, T=rows.years, r=rate, dollars=chain.factor)
    own, at_bid, at_ask = (gaps.fill(vol)[use] for vol in _total_vols(rows))
    before = np.concatenate([[0], np.cumsum(use)])
    return Profile(
        before=before,
        rows=np.flatnonzero(use),
        filled=Neighbours(before[gaps.before[use]], before[gaps.after[use]], gaps.part[use]),
        smile=rows.expiration[use],
        moneyness=np.log(rows.forward[use] / rows.strikes[rows.place[use]]),
        total_vols=(own, at_bid, at_ask),
        coefficient=_known_or_zero(coefficient[use]),
        power=power_of_price(scale=chain.convention.scale) - 1.0,
    )


def _requoted(chain: SignedChain, chosen: Bool, *, rate: float) -> _Requoted:
    few = signed(chain.rows.of_windows(chosen), convention=chain.convention, weight=chain.weight)
    windows = np.flatnonzero(chosen)
    quoted = (few.rows.total_vol_bid > 0.0) | (few.rows.total_vol_ask > 0.0)
    return _Requoted(
        chain=few,
        windows=windows,
        shift=chain.rows.first[windows] - few.rows.first[:-1],
        magnitudes=tuple(_magnitudes_at(few, total_vol, rate=rate) for total_vol in _total_vols(few.rows)),
        quoted=np.concatenate([[0], np.cumsum(quoted)]),
    )


def _other_crossings(few: _Requoted, scope: Scope, reference: Float, nearest: Float) -> tuple[Int, list[Float]]:
    """Windows that have a crossing and a volatility at the bid or ask, and their crossings at other volatilities."""
    within = few.within(scope)
    use = (few.quoted[within.stop] > few.quoted[within.first]) & ~np.isnan(nearest[few.windows])
    price = reference[few.windows]
    found = [levels(few.chain, reference=price, scope=within, magnitudes=magnitudes) for magnitudes in few.magnitudes]
    return few.windows[use], [each.crossing[use] for each in found]


def _total_vols(rows: ChainRows) -> tuple[Float, Float, Float]:
    """Total volatility of gamma, bid and ask; gamma's where a side has none."""
    at_bid, at_ask = (np.where(vol > 0.0, vol, rows.total_vol) for vol in (rows.total_vol_bid, rows.total_vol_ask))
    return rows.total_vol, at_bid, at_ask


def _gaps(rows: ChainRows, known: Bool) -> Neighbours:
    """Whose volatility each row has, within its own expiration and window."""
    return neighbours(first=rows.expiration_starts, strike=rows.strikes[rows.place], known=known)


def _no_gaps(known: Bool) -> Neighbours:
    """Every row has its own or none."""
    own = np.where(known, np.arange(known.size), -1)
    return Neighbours(own, own, np.zeros(known.size))


def _magnitudes_at(chain: SignedChain, total_vol: Float, *, rate: float) -> tuple[Float, Float]:
    """Magnitudes of calls and puts with gamma at another volatility."""
    rows = chain.rows
    gamma = chain_greeks(F=rows.forward, K=rows.strikes[rows.place], T=rows.years, total_vol=total_vol, r=rate).gamma
    known = (rows.gamma > 0.0) & ~np.isnan(gamma)
    change = np.ones(rows.gamma.size)
    np.divide(gamma, rows.gamma, out=change, where=known)
    return chain.call_magnitude * change, chain.put_magnitude * change


def _known_or_zero(values: Float) -> Float:
    return np.where(np.isnan(values), 0.0, values)
