"""The levels of one convention in one scope: from the results of `analytics` to columns of `silver_gex_levels`."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import Scope, SignedChain, further_exposures, levels
from gex_assets.analytics.level_changes import NetChanges, Pairs
from gex_assets.analytics.level_errors import LevelErrors
from gex_assets.analytics.zero_gamma import ZeroGamma, ZeroGammaFinder, profile_of
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
    """

    def __init__(
        self, chain: SignedChain, day: LevelWindows, *, minutes: Bool, rate: float, pairs: Pairs, errors: LevelErrors
    ) -> None:
        self._chain = chain
        self._day = day
        self._finder = ZeroGammaFinder(chain, chosen=minutes, rate=rate, fill=True)
        self._profile = self._finder.profile or profile_of(chain, rate=rate, fill=True)
        self._changes = NetChanges(chain, pairs=pairs, ends=day.ends)
        self._errors = errors

    def levels(self, scope: Scope) -> ScopeLevels:
        """Levels of all windows in one scope."""
        day, reference = self._day, self._day.reference_price
        found = levels(self._chain, reference=reference, scope=scope)
        zero_gamma = self._finder.find(reference=reference, found=found, scope=scope)
        low, high = self._finder.band(reference=reference, zero_gamma=zero_gamma, scope=scope)
        unknown = np.isnan(reference)
        empty = found.strikes == 0
        reason = np.select(
            [unknown, empty, np.isnan(zero_gamma.nearest)], [_NO_REFERENCE_PRICE, _NO_EXPOSURE, _NO_CROSSING], default=-1
        ).astype(np.int32)
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
            "zero_gamma": np.where(reason < 0, zero_gamma.nearest, np.nan),
            "zero_gamma_low": low,
            "zero_gamma_high": high,
            "zero_gamma_reason": reason,
            "abs_gamma_strike": found.abs_gamma_strike,
            "call_wall_reason": _why_no_wall(found.call_wall, unknown, empty),
            "put_wall_reason": _why_no_wall(found.put_wall, unknown, empty),
            **further_exposures(self._chain, scope=scope),
            **self._errors.columns(self._profile, scope=scope, net=found.net, zero_gamma=repriced),
            **self._changes.columns(scope=scope, net=found.net),
        }
        return ScopeLevels(columns, _roots(zero_gamma, unknown | empty), _highest(found.high_gamma_strikes, empty))


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
