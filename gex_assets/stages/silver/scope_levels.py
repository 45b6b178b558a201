"""The levels of one convention in one scope: from the results of `analytics` to columns of `silver_gex_levels`."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.at_the_money import distance_in_sigmas
from gex_assets.analytics.chain_levels import Scope, SignedChain, further_exposures, levels
from gex_assets.analytics.level_changes import NetChanges, Pairs, following
from gex_assets.analytics.level_errors import LevelErrors
from gex_assets.analytics.wall_draws import WallDraws
from gex_assets.analytics.zero_gamma import ZeroGamma, ZeroGammaFinder, profile_of
from gex_assets.kernels.exposure.levels import StrikeLevels
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS, WALL_REASONS
from gex_assets.stages.silver.level_windows import LevelWindows

__all__ = ["ZERO_GAMMA_REASONS", "LevelAnalysis", "ScopeLevels"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

ZERO_GAMMA_REASONS: Final = ("no_reference_price", "no_exposure", "no_crossing")
"""Why there is no zero gamma, in the order of their codes; -1 where there is one."""

_NO_REFERENCE_PRICE, _NO_EXPOSURE, _NO_CROSSING = range(3)
_LIST: Final = SILVER_GEX_LEVELS.arrow_schema().field("zero_gamma_roots").type


class ScopeLevels(NamedTuple):
    """Rows of W windows: arrays by column, and the two columns of lists."""

    columns: dict[str, NDArray[Any]]
    zero_gamma_roots: pa.Array
    high_gamma_strikes: pa.Array


class LevelAnalysis:
    """One convention's rows of some windows, and what finds levels among them.

    Parameters
    ----------
    chain : rows of W windows under the convention.
    day : the windows.
    minutes : (W,) windows that get a band.
    rate : continuously compounded. [1/year]
    pairs : of the rows, as from `pairs_of`.
    errors : of the rows.
    sigma : (W,) one day's standard deviation of the price. [1]
    draws : of the rows in the windows that get a band.
    """

    def __init__(
        self,
        chain: SignedChain,
        day: LevelWindows,
        *,
        minutes: Bool,
        rate: float,
        pairs: Pairs,
        errors: LevelErrors,
        sigma: Float,
        draws: WallDraws,
    ) -> None:
        self._chain = chain
        self._day = day
        self._finder = ZeroGammaFinder(chain, chosen=minutes, rate=rate, fill=True)
        self._profile = self._finder.profile or profile_of(chain, rate=rate, fill=True)
        self._changes = NetChanges(chain, pairs=pairs, follows=following(day.ends))
        self._errors = errors
        self._sigma = sigma
        self._draws = draws

    def levels(self, scope: Scope) -> ScopeLevels:
        """Levels of all windows in one scope."""
        day, reference = self._day, self._day.reference_price
        found = levels(self._chain, reference=reference, scope=scope)
        zero_gamma = self._finder.find(reference=reference, found=found, scope=scope)
        low, high = self._finder.band(reference=reference, zero_gamma=zero_gamma, scope=scope)
        unknown = np.isnan(reference)
        empty = np.isnan(found.net)
        reason = np.select(
            [unknown, empty, np.isnan(zero_gamma.nearest)], [_NO_REFERENCE_PRICE, _NO_EXPOSURE, _NO_CROSSING], default=-1
        ).astype(np.int32)
        shown = np.where(reason < 0, zero_gamma.nearest, np.nan)
        repriced = np.full(reference.size, np.nan) if self._finder.profile is None else zero_gamma.nearest
        columns: dict[str, NDArray[Any]] = {
            "ts_window_end": day.ends,
            "session_date": day.session_date,
            "underlying": day.underlying,
            "reference_price": reference,
            "forward_quality": day.quality,
            "strikes": found.strikes.astype(np.int32),
            "net_gex": found.net,
            "total_call_gex": found.call,
            "total_put_gex": found.put,
            "gross_gex": found.gross,
            "call_wall": found.call_wall,
            "call_wall_gex": found.call_wall_exposure,
            "call_wall_share": found.call_wall_share,
            "secondary_call_wall": found.secondary_call_wall,
            "put_wall": found.put_wall,
            "put_wall_gex": found.put_wall_exposure,
            "put_wall_share": found.put_wall_share,
            "secondary_put_wall": found.secondary_put_wall,
            "zero_gamma": shown,
            "zero_gamma_sigmas": distance_in_sigmas(shown, reference=reference, sigma=self._sigma),
            "one_day_sigma": self._sigma,
            "zero_gamma_low": low,
            "zero_gamma_high": high,
            "zero_gamma_reason": reason,
            "abs_gamma_strike": found.abs_gamma_strike,
            "call_wall_reason": _why_no_wall(found.call_wall, unknown, empty),
            "put_wall_reason": _why_no_wall(found.put_wall, unknown, empty),
            **self._strikes_of_walls(found),
            **further_exposures(self._chain, scope=scope),
            **self._draws.kept(self._chain, scope=scope, call_wall=found.call_wall, put_wall=found.put_wall),
            **self._errors.columns(self._profile, scope=scope, net=found.net, zero_gamma=repriced),
            **self._changes.columns(scope=scope, net=found.net),
        }
        return ScopeLevels(columns, _roots(zero_gamma, unknown | empty), _highest(found.high_gamma_strikes, empty))

    def _strikes_of_walls(self, found: StrikeLevels) -> dict[str, NDArray[Any]]:
        """Strike and future of the options at each wall; where all are of the front's future, the strike is the price."""
        axis = self._chain.rows.axis
        columns: dict[str, NDArray[Any]] = {}
        for name, price in (("call_wall", found.call_wall), ("put_wall", found.put_wall)):
            own = (price, np.where(np.isnan(price), -1, self._day.underlying))
            strike, future = own if axis is None else axis.find(price)
            columns[f"{name}_strike"], columns[f"{name}_underlying"] = strike, future.astype(np.int32)
        return columns


def _why_no_wall(wall: Float, unknown: Bool, empty: Bool) -> NDArray[np.int32]:
    reasons = [WALL_REASONS.index(name) for name in ("no_reference_price", "no_exposure", "no_strike_of_its_kind")]
    return np.select([unknown, empty, np.isnan(wall)], reasons, default=-1).astype(np.int32)


def _roots(zero_gamma: ZeroGamma, missing: Bool) -> pa.Array:
    return pa.ListArray.from_arrays(
        pa.array(zero_gamma.first.astype(np.int32)), pa.array(zero_gamma.prices), type=_LIST, mask=pa.array(missing)
    )


def _highest(strikes: Float, missing: Bool) -> pa.Array:
    there = ~np.isnan(strikes)
    offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(strikes[there]), type=_LIST, mask=pa.array(missing))
