"""`silver_gex_levels`: totals, walls and the flip of every window, convention and scope.

Here the chain's row groups are walked in step with the day's windows, scopes are told apart, the weight is chosen once for the
day and the flip's band is carried from minute to minute. What one scope's numbers are is said in `chain_levels`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import Scope, SignedChain, further_exposures, levels, signed
from gex_assets.analytics.level_changes import NetChanges, pairs_of
from gex_assets.analytics.zero_gamma import Profile, ZeroGamma, ZeroGammaFinder, profile_of
from gex_assets.conventions import Convention
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS, WALL_REASONS
from gex_assets.stages.forward_lookup import ForwardLookup
from gex_assets.stages.row_block import category, row_block
from gex_assets.stages.silver.chain_scopes import GREEKS, WEIGHT_COLUMNS, chain_rows, in_windows, scopes_of
from gex_assets.stages.silver.chain_weights import chosen_weight
from gex_assets.stages.silver.level_errors import QUOTED_VOLATILITIES, LevelErrors, standard_errors_of_forwards
from gex_assets.stages.silver.level_windows import Band, LevelWindows
from gex_assets.stages.windows import WINDOWS_PER_GROUP
from gex_assets.time_units import MINUTE_NS

__all__ = ["CHAIN_COLUMNS", "gex_levels"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]
Columns = dict[str, NDArray[Any]]

CHAIN_COLUMNS: Final = (
    "ts_window_end",
    "ts_expiration",
    "strike",
    "multiplier",
    "forward",
    "years",
    *QUOTED_VOLATILITIES,
    *GREEKS,
    *WEIGHT_COLUMNS,
    "quote_age_ns",
)
"""Columns of `silver_gex_chain` that the levels are made of."""

_REASONS: Final = ("no_reference_price", "no_exposure", "no_crossing")
_NO_REFERENCE_PRICE, _NO_EXPOSURE, _NO_CROSSING = range(3)


def gex_levels(
    chain_groups: Iterable[pa.Table],
    *,
    forward: pa.Table,
    statistics: pa.Table,
    conventions: Sequence[Convention],
    first_window_start_ns: int,
    rate: float,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Levels of every window of `silver_forward`, whether the chain has rows there or not.

    Scopes: `selected` and `0dte` in every window, `exp:YYYY-MM-DD` where the chain has an expiration of that date in Chicago.
    `0dte` holds the expirations whose date in Chicago is the window's session date; without one its row says NULL.

    Parameters
    ----------
    chain_groups : row groups of `silver_gex_chain` (at least `CHAIN_COLUMNS`), whole windows in each, in order.
    forward : `silver_forward` of the day; without rows there are no levels.
    statistics : `bronze_option_statistics` of the day, by which the weight is chosen.
    conventions : what to compute.
    first_window_start_ns : start of the day's first window. [UNIX ns UTC]
    rate : continuously compounded. [1/year]
    tally : counts `windows_without_chain`, `chain_rows_without_window`, and rows of scope `selected` by
        `zero_gamma_{reason}_{convention}`.

    Yields
    ------
    Tables of `SILVER_GEX_LEVELS`, one per row group of the chain and one per 240 windows beside them.

    Raises
    ------
    SettingsError
        A convention has an unknown scale or sign model.
    """
    ordered = sorted(conventions, key=lambda one: one.name)
    weights = [chosen_weight(one, statistics, first_window_start_ns=first_window_start_ns) for one in ordered]
    day = LevelWindows.of(forward)
    maker = LevelBuilder(list(zip(ordered, weights, strict=True)), ForwardLookup.of(forward), rate=rate, tally=tally)
    latest = _NO_CHAIN
    emitted = 0

    def block(chain: pa.Table, upto: int) -> pa.Table:
        """Levels up to a window, made with the window before them in view: changes are from that one."""
        nonlocal latest
        lead = min(emitted, 1)
        whole = [each for each in (latest, chain.select(CHAIN_COLUMNS)) if each.num_rows] or [chain]
        rows = pa.concat_tables(whole)
        latest = chain.select(CHAIN_COLUMNS).filter(pc.equal(chain["ts_window_end"], int(day.ends[upto - 1])))
        return maker.levels(rows, day.between(emitted - lead, upto), lead=lead)

    for chain in chain_groups:
        if chain.num_rows == 0:
            continue
        ends = chain["ts_window_end"]
        first = int(np.searchsorted(day.ends, ends[0].as_py(), side="left"))
        upto = int(np.searchsorted(day.ends, ends[-1].as_py(), side="right"))
        while emitted < first:
            stop = min(first, emitted + WINDOWS_PER_GROUP)
            yield block(chain.slice(0, 0), stop)
            emitted = stop
        if emitted < upto:
            yield block(chain, upto)
            emitted = upto
        else:
            tally["chain_rows_without_window"] += chain.num_rows
    while emitted < day.ends.size:
        stop = min(day.ends.size, emitted + WINDOWS_PER_GROUP)
        yield block(_NO_CHAIN, stop)
        emitted = stop


_NO_CHAIN: Final = pa.table(
    {
        name: pa.array([], type=pa.int64() if name in ("ts_window_end", "ts_expiration", "quote_age_ns") else pa.float64())
        for name in CHAIN_COLUMNS
    }
)


@dataclass(slots=True)
class _Rows:
    """Rows collected in any order: arrays by column, roots as lists, and what to sort by."""

    columns: list[Columns] = field(default_factory=list)
    roots: list[pa.Array] = field(default_factory=list)
    highest: list[pa.Array] = field(default_factory=list)

    def table(
        self, conventions: Sequence[Convention], scopes: Sequence[str], weights: Sequence[str], day: LevelWindows
    ) -> pa.Table:
        flat = {name: np.concatenate([each[name] for each in self.columns]) for name in self.columns[0]}
        order = np.lexsort((flat["scope"], flat["convention"], flat["ts_window_end"]))
        flat = {name: values[order] for name, values in flat.items()}
        versions = np.array([one.version for one in conventions], dtype=np.int32)
        scales = sorted({one.scale for one in conventions})
        scale = np.array([scales.index(one.scale) for one in conventions])
        return row_block(
            SILVER_GEX_LEVELS,
            {
                **flat,
                "convention": category(flat["convention"], [one.name for one in conventions]),
                "scope": category(flat["scope"], scopes),
                "convention_version": versions[flat["convention"]],
                "weight_used": category(flat["weight_used"], weights),
                "scale": category(scale[flat["convention"]], scales),
                "underlying": category(flat["underlying"], day.underlyings),
                "forward_quality": category(flat["forward_quality"], FORWARD_QUALITIES),
                "band_ts": pa.array(flat["band_ts"], mask=flat["band_ts"] < 0),
                "zero_gamma_reason": category(flat["zero_gamma_reason"], _REASONS),
                "call_wall_reason": category(flat["call_wall_reason"], WALL_REASONS),
                "put_wall_reason": category(flat["put_wall_reason"], WALL_REASONS),
                "zero_gamma_roots": pa.concat_arrays(self.roots).take(pa.array(order)),
                "high_gamma_strikes": pa.concat_arrays(self.highest).take(pa.array(order)),
            },
        )


class LevelBuilder:
    """Makes the rows of some windows after those of the windows before: it remembers the bands found last.

    Parameters
    ----------
    conventions : each with the weight chosen for the day.
    prices : the day's forwards.
    rate, tally : as for `gex_levels`.
    """

    def __init__(
        self,
        conventions: Sequence[tuple[Convention, str | None]],
        prices: ForwardLookup,
        *,
        rate: float,
        tally: Counter[str],
    ) -> None:
        self._conventions = conventions
        self._prices = prices
        self._rate = rate
        self._tally = tally
        self._bands: dict[tuple[str, str], Band] = {}

    def levels(self, chain: pa.Table, day: LevelWindows, *, lead: int) -> pa.Table:
        """Rows of all windows but the first `lead`, all conventions and scopes."""
        chain, at = in_windows(chain, day.ends, tally=self._tally)
        self._tally["windows_without_chain"] += day.ends.size - lead - np.unique(at[at >= lead]).size
        rows, dates = chain_rows(chain, at, day.ends.size)
        scopes = scopes_of(rows, dates, session_date=day.session_date)
        names = sorted(scopes)
        weights = sorted({weight for _, weight in self._conventions if weight is not None})
        emitted = np.arange(day.ends.size) >= lead
        minutes = emitted & (day.ends % MINUTE_NS == 0)
        pairs = pairs_of(rows, rate=self._rate)
        errors = LevelErrors(
            rows,
            {name: chain[name].to_numpy() for name in QUOTED_VOLATILITIES},
            forward_error=standard_errors_of_forwards(chain, self._prices),
            reference=day.reference_price,
        )

        collected = _Rows()
        for number, (convention, weight) in enumerate(self._conventions):
            whole = signed(rows, convention=convention, weight=weight)
            finder = ZeroGammaFinder(whole, chosen=minutes, rate=self._rate, fill=True)
            asked = _Analysis(
                chain=whole,
                finder=finder,
                profile=finder.profile or profile_of(whole, rate=self._rate, fill=True),
                changes=NetChanges(whole, pairs=pairs, ends=day.ends),
                errors=errors,
            )
            done: dict[bytes, tuple[Columns, pa.Array, pa.Array]] = {}
            for place, name in enumerate(names):
                scope, there = scopes[name]
                key = scope.first.tobytes() + scope.stop.tobytes()
                if key not in done:
                    done[key] = _columns_of_scope(asked, scope, day)
                columns, roots, highest = done[key]
                present = there & emitted
                band = self._bands.setdefault((convention.name, name), Band())
                if not present.any():
                    continue
                shown = {column: values[present] for column, values in columns.items()}
                shown |= band.carried(day.ends[present], minutes[present], shown["zero_gamma_low"], shown["zero_gamma_high"])
                count = int(np.count_nonzero(present))
                shown["convention"] = np.full(count, number, dtype=np.int32)
                shown["scope"] = np.full(count, place, dtype=np.int32)
                shown["weight_used"] = np.full(count, -1 if weight is None else weights.index(weight), dtype=np.int32)
                collected.columns.append(shown)
                collected.roots.append(roots.filter(pa.array(present)))
                collected.highest.append(highest.filter(pa.array(present)))
                if name == "selected":
                    self._count(convention, shown["zero_gamma_reason"])
        return collected.table([one for one, _ in self._conventions], names, weights, day)

    def _count(self, convention: Convention, reasons: NDArray[np.int32]) -> None:
        for code, reason in enumerate(_REASONS):
            self._tally[f"zero_gamma_{reason}_{convention.name}"] += int(np.count_nonzero(reasons == code))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Analysis:
    """One convention's rows of some windows, and what finds levels among them."""

    chain: SignedChain
    finder: ZeroGammaFinder
    profile: Profile
    changes: NetChanges
    errors: LevelErrors


def _columns_of_scope(asked: _Analysis, scope: Scope, day: LevelWindows) -> tuple[Columns, pa.Array, pa.Array]:
    """(W,) columns of one convention and scope, the lists of roots and the strikes of the largest net exposure."""
    reference = day.reference_price
    found = levels(asked.chain, reference=reference, scope=scope)
    zero_gamma = asked.finder.find(reference=reference, found=found, scope=scope)
    low, high = asked.finder.band(reference=reference, zero_gamma=zero_gamma, scope=scope)
    unknown = np.isnan(reference)
    empty = found.strikes == 0
    by_profile = asked.finder.profile is not None
    reason = np.select(
        [unknown, empty, np.isnan(zero_gamma.nearest)], [_NO_REFERENCE_PRICE, _NO_EXPOSURE, _NO_CROSSING], default=-1
    ).astype(np.int32)
    repriced = zero_gamma.nearest if by_profile else np.full(reference.size, np.nan)
    columns: Columns = {
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
        **further_exposures(asked.chain, scope=scope),
        **asked.errors.columns(asked.chain, asked.profile, scope=scope, net=found.net, flip=repriced),
        **asked.changes.columns(scope=scope, net=found.net),
    }
    return columns, _roots(zero_gamma, unknown | empty), _highest(found.high_gamma_strikes, empty)


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


_LIST: Final = SILVER_GEX_LEVELS.arrow_schema().field("zero_gamma_roots").type
