"""`silver_gex_profile`: what net exposure would be at other prices, once a minute, under every convention and in every scope.

The chain's row groups are thinned to windows that end on a full minute; rows, scopes and weights are those of the levels, the
re-pricing that of the flip.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import Scope, SignedChain, signed
from gex_assets.analytics.zero_gamma import Profile, profile_of
from gex_assets.conventions import Convention
from gex_assets.kernels.exposure.exposure import power_of_price
from gex_assets.kernels.exposure.profile_grid import profile_at
from gex_assets.schemas.silver_gex_profile import PROFILE_STEP, SILVER_GEX_PROFILE
from gex_assets.stages.row_block import category, row_block
from gex_assets.stages.silver.chain_scopes import WEIGHT_COLUMNS, chain_rows, in_windows, scopes_of
from gex_assets.stages.silver.chain_weights import chosen_weight
from gex_assets.stages.silver.level_windows import LevelWindows
from gex_assets.time_units import MINUTE_NS

__all__ = ["CHAIN_COLUMNS", "gex_profile"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

CHAIN_COLUMNS: Final = (
    "ts_window_end",
    "ts_expiration",
    "strike",
    "multiplier",
    "forward",
    "years",
    "gamma",
    "total_vol",
    *WEIGHT_COLUMNS,
)
"""Columns of `silver_gex_chain` that the profile is made of."""

_REACH: Final = 0.2
"""How far from the reference price the grid reaches, as the flip's does."""


def gex_profile(
    chain_groups: Iterable[pa.Table],
    *,
    forward: pa.Table,
    statistics: pa.Table,
    conventions: Sequence[Convention],
    first_window_start_ns: int,
    rate: float,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Profiles of the windows that end on a full minute.

    There are rows where there is a reference price and a strike of the scope has an exposure; where there are none,
    `silver_gex_levels` says why.

    Parameters
    ----------
    chain_groups, forward, statistics, conventions, first_window_start_ns, rate : as for `gex_levels`; the chain with at least
        `CHAIN_COLUMNS`.
    tally : counts `minutes` of the chain, of these `minutes_without_reference_price` and, by scope `selected`,
        `minutes_without_exposure_{convention}`; and `chain_rows_without_window`.

    Yields
    ------
    One table of `SILVER_GEX_PROFILE` per row group of the chain that holds a minute's end.

    Raises
    ------
    SettingsError
        A convention has an unknown scale or sign model.
    """
    ordered = sorted(conventions, key=lambda one: one.name)
    weights = [chosen_weight(one, statistics, first_window_start_ns=first_window_start_ns) for one in ordered]
    chosen = list(zip(ordered, weights, strict=True))
    day = LevelWindows.of(forward)
    for group in chain_groups:
        ends = group["ts_window_end"].to_numpy()
        chain = group.filter(pa.array(ends % MINUTE_NS == 0))
        if chain.num_rows == 0:
            continue
        chain, _ = in_windows(chain, day.ends, tally=tally)
        windows = np.searchsorted(day.ends, pc.unique(chain["ts_window_end"]).to_numpy())
        yield _profiles(chain, day.at(windows), chosen, rate=rate, tally=tally)


class _Grid(NamedTuple):
    """Prices of W windows, one after another: window w's are [first[w], first[w + 1])."""

    price: Float
    first: Int

    @classmethod
    def of(cls, reference: Float) -> _Grid:
        """Multiples of the step within reach; none without a reference price."""
        known = np.where(np.isnan(reference), 0.0, reference)
        low = np.ceil(known * (1.0 - _REACH) / PROFILE_STEP).astype(np.int64)
        high = np.floor(known * (1.0 + _REACH) / PROFILE_STEP).astype(np.int64)
        counts = np.where(known > 0.0, high - low + 1, 0)
        price: Float = np.multiply(_runs(low, counts), PROFILE_STEP, dtype=np.float64)
        return cls(price, np.concatenate([[0], np.cumsum(counts)]))


@dataclass(slots=True)
class _Units:
    """Profiles collected in any order: of which convention, scope, weight and window each is, and the net at its prices."""

    keys: list[NDArray[np.int64]] = field(default_factory=list)
    net: list[Float] = field(default_factory=list)


def _profiles(
    chain: pa.Table,
    day: LevelWindows,
    conventions: Sequence[tuple[Convention, str | None]],
    *,
    rate: float,
    tally: Counter[str],
) -> pa.Table:
    """Rows of some windows, all conventions and scopes."""
    at = np.searchsorted(day.ends, chain["ts_window_end"].to_numpy())
    rows, dates = chain_rows(chain, at, day.ends.size)
    scopes = scopes_of(rows, dates, session_date=day.session_date)
    names = sorted(scopes)
    weights = sorted({weight for _, weight in conventions if weight is not None})
    grid = _Grid.of(day.reference_price)
    priced = np.diff(grid.first) > 0
    tally["minutes"] += day.ends.size
    tally["minutes_without_reference_price"] += int(np.count_nonzero(~priced))

    units = _Units()
    for number, (convention, weight) in enumerate(conventions):
        if weight is None:
            tally[f"minutes_without_exposure_{convention.name}"] += int(np.count_nonzero(priced))
            continue
        whole = signed(rows, convention=convention, weight=weight)
        profile = profile_of(whole, rate=rate, fill=True)
        power = power_of_price(scale=convention.scale) - 1.0
        known = _exposures_before(whole)
        done: dict[bytes, Float] = {}
        for place, name in enumerate(names):
            scope, _ = scopes[name]
            there = priced & (known[scope.stop] > known[scope.first])
            if name == "selected":
                tally[f"minutes_without_exposure_{convention.name}"] += int(np.count_nonzero(priced & ~there))
            if not there.any():
                continue
            windows = np.flatnonzero(there)
            key = scope.first.tobytes() + scope.stop.tobytes()
            if key not in done:
                done[key] = _net(profile, scope, grid, windows=windows, reference=day.reference_price, power=power)
            units.net.append(done[key])
            same = [np.full(windows.size, code) for code in (number, place, weights.index(weight))]
            units.keys.append(np.stack([windows, *same]))
    if not units.keys:
        return SILVER_GEX_PROFILE.empty()
    return _table(units, grid, day, conventions=[one for one, _ in conventions], scopes=names, weights=weights)


def _exposures_before(chain: SignedChain) -> Int:
    """(n + 1,) how many rows before each have an exposure."""
    known = ~np.isnan(chain.call_magnitude * chain.call_sign) | ~np.isnan(chain.put_magnitude * chain.put_sign)
    return np.concatenate([[0], np.cumsum(known)])


def _net(profile: Profile, scope: Scope, grid: _Grid, *, windows: Int, reference: Float, power: float) -> Float:
    counts = np.diff(grid.first)[windows]
    return profile_at(
        **profile.within(Scope(scope.first[windows], scope.stop[windows])),
        moneyness=profile.moneyness,
        total_vol=profile.total_vols[0],
        coefficient=profile.coefficient,
        F=reference[windows],
        price=grid.price[_runs(grid.first[windows], counts)],
        first_price=np.concatenate([[0], np.cumsum(counts)]),
        power=power,
    )


def _table(
    units: _Units,
    grid: _Grid,
    day: LevelWindows,
    *,
    conventions: Sequence[Convention],
    scopes: Sequence[str],
    weights: Sequence[str],
) -> pa.Table:
    """The profiles in the order of their key, every fact about one repeated at each of its prices."""
    window, convention, scope, weight = np.concatenate(units.keys, axis=1)
    counts = np.diff(grid.first)[window]
    order = np.lexsort((scope, convention, window))
    net = np.concatenate(units.net)[_runs((np.cumsum(counts) - counts)[order], counts[order])]
    window, convention, scope, weight, counts = (each[order] for each in (window, convention, scope, weight, counts))
    scales = sorted({one.scale for one in conventions})
    scale = np.array([scales.index(one.scale) for one in conventions])
    versions = np.array([one.version for one in conventions], dtype=np.int32)

    def spread(values: NDArray[Any]) -> NDArray[Any]:
        return np.repeat(values, counts)

    return row_block(
        SILVER_GEX_PROFILE,
        {
            "ts_window_end": spread(day.ends[window]),
            "convention": category(spread(convention), [one.name for one in conventions]),
            "scope": category(spread(scope), scopes),
            "price": grid.price[_runs(grid.first[window], counts)],
            "session_date": spread(day.session_date[window]),
            "convention_version": spread(versions[convention]),
            "weight_used": category(spread(weight), weights),
            "scale": category(spread(scale[convention]), scales),
            "underlying": category(spread(day.underlying[window]), day.underlyings),
            "reference_price": spread(day.reference_price[window]),
            "net_gex": net,
        },
    )


def _runs(starts: Int, counts: Int) -> Int:
    """start, start + 1 … of each run, one run after another."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    runs: Int = np.arange(total) + np.repeat(starts - before, counts)
    return runs
