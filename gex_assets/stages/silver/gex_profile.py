"""`silver_gex_profile`: net exposure at other prices, once a minute, under every convention and in every scope.

Only windows that end on a full minute are used. Rows, scopes and weights are those of the levels; the re-pricing is that of zero
gamma.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import Scope, SignedChain, signed
from gex_assets.analytics.zero_gamma import Profile, profile_of
from gex_assets.conventions import Convention
from gex_assets.kernels.exposure.profile_grid import profile_at
from gex_assets.schemas.silver_forward import SILVER_FORWARD
from gex_assets.schemas.silver_gex_profile import PROFILE_STEP, SILVER_GEX_PROFILE
from gex_assets.stages.chain_grid import InStep
from gex_assets.stages.row_block import category, row_block
from gex_assets.stages.silver.chain_scopes import WEIGHT_COLUMNS, chain_rows, in_windows, scopes_of
from gex_assets.stages.silver.convention_scopes import DayConventions, WeightChoice, each_convention_and_scope
from gex_assets.stages.silver.level_windows import LevelWindows
from gex_assets.time_units import MINUTE_NS

__all__ = ["CHAIN_COLUMNS", "GexProfileStage", "gex_profile"]

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
"""Columns of `silver_gex_chain` that the profile needs."""

_REACH: Final = 0.2
"""How far from the reference price the grid reaches, as a share of it; the search for zero gamma reaches as far."""


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
    """Profiles of the windows that end on a full minute: `GexProfileStage` over a day.

    Parameters
    ----------
    chain_groups, forward, statistics : as for `gex_levels`; the chain with at least `CHAIN_COLUMNS`.
    conventions, first_window_start_ns, rate, tally : as for `GexProfileStage`.

    Yields
    ------
    One table of `SILVER_GEX_PROFILE` per row group of the chain, without rows where no minute ends in it.

    Raises
    ------
    SettingsError
        A convention has an unknown scale or sign model.
    """
    stage = GexProfileStage(conventions=conventions, first_window_start_ns=first_window_start_ns, rate=rate, tally=tally)
    stage.add_statistics(statistics)
    forward_rows = InStep([forward])
    for chain in chain_groups:
        if chain.num_rows:
            yield stage.rows(chain, forward=forward_rows.until(chain["ts_window_end"][-1].as_py()))


class GexProfileStage:
    """Rows of `silver_gex_profile`, one block of whole windows after another; how windows are grouped does not matter.

    Parameters
    ----------
    conventions, first_window_start_ns, rate : as for `GexLevelsStage`.
    tally : counts `minutes` of the chain, of these `minutes_without_reference_price` and, by scope `selected`,
        `minutes_without_exposure_{convention}`; and `chain_rows_without_window`.
    """

    def __init__(
        self, *, conventions: Sequence[Convention], first_window_start_ns: int, rate: float, tally: Counter[str]
    ) -> None:
        self._weights = WeightChoice(conventions, first_window_start_ns=first_window_start_ns)
        self._rate = rate
        self._tally = tally

    def add_statistics(self, statistics: pa.Table) -> None:
        """Take in rows of `bronze_option_statistics`; those that came before the first window's end, before its rows."""
        self._weights.add_statistics(statistics)

    def rows(self, chain: pa.Table, *, forward: pa.Table | None) -> pa.Table:
        """Profiles of the block's windows that end on a full minute.

        A window has rows where it has a reference price and a strike of the scope has an exposure. Where it has none,
        `silver_gex_levels` gives the reason.

        Parameters
        ----------
        chain : rows of `silver_gex_chain` (at least `CHAIN_COLUMNS`) in the block. Those that end a minute and have no window in
            `forward` are counted and left out.
        forward : rows of `silver_forward` of the block's windows; None where there are none.

        Raises
        ------
        SettingsError
            A convention has an unknown scale or sign model.
        """
        conventions = self._weights.chosen()
        minutes = _of_minutes(chain.select(CHAIN_COLUMNS))
        if minutes.num_rows == 0:
            return SILVER_GEX_PROFILE.empty()
        day = LevelWindows.of(_of_minutes(SILVER_FORWARD.empty() if forward is None else forward))
        minutes, _ = in_windows(minutes, day.ends, tally=self._tally)
        windows = np.searchsorted(day.ends, pc.unique(minutes["ts_window_end"]).to_numpy())
        return _profiles(minutes, day.at(windows), conventions, rate=self._rate, tally=self._tally)


def _of_minutes(rows: pa.Table) -> pa.Table:
    """Rows of windows that end on a full minute."""
    return rows.filter(pa.array(rows["ts_window_end"].to_numpy() % MINUTE_NS == 0))


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


class _ScopeProfiles(NamedTuple):
    """Profiles of one convention and scope: the windows that have one, and the net exposure at their prices in turn."""

    windows: Int
    net: Float


@dataclass(slots=True)
class _Collected:
    """Profiles in any order: (window, convention, scope) as positions, and the net exposure at the window's prices."""

    keys: list[Int] = field(default_factory=list)
    net: list[Float] = field(default_factory=list)


def _profiles(chain: pa.Table, day: LevelWindows, conventions: DayConventions, *, rate: float, tally: Counter[str]) -> pa.Table:
    """Rows of some windows, all conventions and scopes."""
    at = np.searchsorted(day.ends, chain["ts_window_end"].to_numpy())
    rows, dates = chain_rows(chain, at, day.ends.size)
    scopes = scopes_of(rows, dates, session_date=day.session_date)
    grid = _Grid.of(day.reference_price)
    priced = np.diff(grid.first) > 0
    tally["minutes"] += day.ends.size
    tally["minutes_without_reference_price"] += int(np.count_nonzero(~priced))

    def analysis(convention: Convention, weight: str | None) -> Callable[[Scope], _ScopeProfiles]:
        whole = signed(rows, convention=convention, weight=weight)
        profile = profile_of(whole, rate=rate, fill=True)
        exposures = _exposures_before(whole)

        def profiles(scope: Scope) -> _ScopeProfiles:
            windows = np.flatnonzero(priced & (exposures[scope.stop] > exposures[scope.first]))
            return _ScopeProfiles(windows, _net(profile, scope, grid, windows=windows, reference=day.reference_price))

        return profiles

    collected = _Collected()
    for answer in each_convention_and_scope(conventions, scopes, analysis):
        windows, net = answer.found
        if answer.scope == "selected":
            tally[f"minutes_without_exposure_{answer.convention.name}"] += int(np.count_nonzero(priced)) - windows.size
        if windows.size:
            collected.net.append(net)
            collected.keys.append(np.stack([windows, *(np.full(windows.size, code) for code in (answer.number, answer.place))]))
    return _table(collected, grid, day, conventions, sorted(scopes)) if collected.keys else SILVER_GEX_PROFILE.empty()


def _exposures_before(chain: SignedChain) -> Int:
    """(n + 1,) how many rows before each have an exposure."""
    known = ~np.isnan(chain.call_exposure) | ~np.isnan(chain.put_exposure)
    return np.concatenate([[0], np.cumsum(known)])


def _net(profile: Profile, scope: Scope, grid: _Grid, *, windows: Int, reference: Float) -> Float:
    """Net exposure of these windows at each of their prices, one window after another."""
    counts = np.diff(grid.first)[windows]
    return profile_at(
        **profile.within(Scope(scope.first[windows], scope.stop[windows])),
        moneyness=profile.moneyness,
        total_vol=profile.total_vols[0],
        coefficient=profile.coefficient,
        F=reference[windows],
        price=grid.price[_runs(grid.first[windows], counts)],
        first_price=np.concatenate([[0], np.cumsum(counts)]),
        power=profile.power,
    )


def _table(collected: _Collected, grid: _Grid, day: LevelWindows, conventions: DayConventions, scopes: Sequence[str]) -> pa.Table:
    """The profiles in the order of their key; what is known of a window or a convention is repeated at each price."""
    window, convention, scope = np.concatenate(collected.keys, axis=1)
    counts = np.diff(grid.first)[window]
    order = np.lexsort((scope, convention, window))
    net = np.concatenate(collected.net)[_runs((np.cumsum(counts) - counts)[order], counts[order])]
    window, convention, scope, counts = (each[order] for each in (window, convention, scope, counts))

    def spread(values: NDArray[Any]) -> NDArray[Any]:
        return np.repeat(values, counts)

    return row_block(
        SILVER_GEX_PROFILE,
        {
            "ts_window_end": spread(day.ends[window]),
            **conventions.columns(spread(convention)),
            "scope": category(spread(scope), scopes),
            "price": grid.price[_runs(grid.first[window], counts)],
            "session_date": spread(day.session_date[window]),
            "underlying": category(spread(day.underlying[window]), day.underlyings),
            "reference_price": spread(day.reference_price[window]),
            "net_gex": net,
        },
    )


def _runs(starts: Int, counts: Int) -> Int:
    """start, start + 1, … of each run, one run after another."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    runs: Int = np.arange(total) + np.repeat(starts - before, counts)
    return runs
