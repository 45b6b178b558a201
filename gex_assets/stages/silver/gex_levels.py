"""`silver_gex_levels`: totals, walls and zero gamma of every window, convention and scope.

`GexLevelsStage` carries the band of zero gamma and the walls' shares of draws from minute to minute, and the last window of a
block into the next.
`gex_levels` is its loop over a day. The rows of one convention and scope are made in `scope_levels`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.analytics.at_the_money import one_day_sigma
from gex_assets.analytics.chain_levels import Scope, signed
from gex_assets.analytics.level_changes import pairs_of
from gex_assets.analytics.level_errors import LevelErrors, QuotedVolatilities
from gex_assets.analytics.wall_draws import WallDraws
from gex_assets.conventions import Convention
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES
from gex_assets.schemas.silver_gex_chain import SILVER_GEX_CHAIN
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS, WALL_REASONS
from gex_assets.stages.forward_lookup import ForwardLookup
from gex_assets.stages.row_block import category, row_block
from gex_assets.stages.silver.chain_scopes import (
    GREEKS,
    VOLATILITIES,
    WEIGHT_COLUMNS,
    chain_rows,
    in_windows,
    on_one_axis,
    scopes_of,
)
from gex_assets.stages.silver.convention_scopes import DayConventions, ScopeAnswer, WeightChoice, each_convention_and_scope
from gex_assets.stages.silver.level_windows import Band, KeptWall, LevelWindows
from gex_assets.stages.silver.scope_levels import ZERO_GAMMA_REASONS, LevelAnalysis, ScopeLevels
from gex_assets.stages.windows import WINDOWS_PER_GROUP
from gex_assets.time_units import MINUTE_NS

__all__ = ["CHAIN_COLUMNS", "GexLevelsStage", "gex_levels"]

Bool = NDArray[np.bool_]

CHAIN_COLUMNS: Final = (
    "ts_window_end",
    "ts_expiration",
    "strike",
    "underlying",
    "multiplier",
    "forward",
    "years",
    *VOLATILITIES,
    *GREEKS,
    *WEIGHT_COLUMNS,
    "quote_age_ns",
)
"""Columns of `silver_gex_chain` that the levels need."""


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
    """Levels of every window of `silver_forward`, whether the chain has rows there or not: `GexLevelsStage` over a day.

    Parameters
    ----------
    chain_groups : row groups of `silver_gex_chain` (at least `CHAIN_COLUMNS`), whole windows in each, in order.
    forward : `silver_forward` of the day in order of time; without rows there are no levels.
    statistics : `bronze_option_statistics` of the day.
    conventions, first_window_start_ns, rate, tally : as for `GexLevelsStage`.

    Yields
    ------
    Tables of `SILVER_GEX_LEVELS`: one per row group of the chain, and one per 240 windows that the chain has no rows of.

    Raises
    ------
    SettingsError
        A convention has an unknown scale or sign model.
    """
    stage = GexLevelsStage(conventions=conventions, first_window_start_ns=first_window_start_ns, rate=rate, tally=tally)
    stage.add_statistics(statistics)
    for chain, windows in _blocks(chain_groups, forward):
        yield stage.rows(chain, forward=windows)


def _blocks(chain_groups: Iterable[pa.Table], forward: pa.Table) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Row groups of the chain with the rows of `forward` up to their end, and windows without a chain between them."""
    ends, first_row = np.unique(forward["ts_window_end"].to_numpy(), return_index=True)
    rows = np.append(first_row, forward.num_rows)
    taken = 0

    def take(upto: int) -> pa.Table:
        nonlocal taken
        start, taken = int(rows[taken]), upto
        return forward.slice(start, int(rows[upto]) - start)

    def without_chain(upto: int) -> Iterator[tuple[pa.Table, pa.Table]]:
        while taken < upto:
            yield _NO_CHAIN, take(min(upto, taken + WINDOWS_PER_GROUP))

    for chain in chain_groups:
        if chain.num_rows:
            row_ends = chain["ts_window_end"]
            yield from without_chain(int(np.searchsorted(ends, row_ends[0].as_py(), side="left")))
            yield chain, take(max(taken, int(np.searchsorted(ends, row_ends[-1].as_py(), side="right"))))
    yield from without_chain(ends.size)


_NO_CHAIN: Final = pa.table({name: pa.array([], type=SILVER_GEX_CHAIN.arrow_schema().field(name).type) for name in CHAIN_COLUMNS})


@dataclass(slots=True)
class _Carried:
    """What one convention and scope carry from one full minute to the next."""

    band: Band = field(default_factory=Band)
    call_wall: KeptWall = field(default_factory=KeptWall)
    put_wall: KeptWall = field(default_factory=KeptWall)

    def columns(self, found: dict[str, NDArray[Any]], minutes: Bool, underlyings: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Columns of windows that have a row; `underlyings` are the futures' symbols by their position."""
        names = np.array([*underlyings, ""])
        kept: dict[str, NDArray[Any]] = {}
        for name, wall in (("call_wall", self.call_wall), ("put_wall", self.put_wall)):
            future = names[found[f"{name}_underlying"]]
            kept[f"{name}_kept"] = wall.carried(minutes, found[f"{name}_strike"], future, found[f"{name}_kept"])
        return kept | self.band.carried(found["ts_window_end"], minutes, found["zero_gamma_low"], found["zero_gamma_high"])


@dataclass(slots=True)
class _Rows:
    """Rows collected in any order: arrays by column, `convention` and `scope` as positions, and the two columns of lists."""

    columns: list[dict[str, NDArray[Any]]] = field(default_factory=list)
    roots: list[pa.Array] = field(default_factory=list)
    highest: list[pa.Array] = field(default_factory=list)

    def add(self, answer: ScopeAnswer[ScopeLevels], *, present: Bool, carried: dict[str, NDArray[Any]]) -> None:
        """Add the windows that are present, with what is carried from minute to minute."""
        levels, count = answer.found, int(np.count_nonzero(present))
        columns = {column: values[present] for column, values in levels.columns.items()} | carried
        columns["convention"] = np.full(count, answer.number, dtype=np.int32)
        columns["scope"] = np.full(count, answer.place, dtype=np.int32)
        self.columns.append(columns)
        self.roots.append(levels.zero_gamma_roots.filter(pa.array(present)))
        self.highest.append(levels.high_gamma_strikes.filter(pa.array(present)))

    def table(self, conventions: DayConventions, scopes: Sequence[str], day: LevelWindows) -> pa.Table:
        """All rows in the order of their key."""
        flat = {name: np.concatenate([each[name] for each in self.columns]) for name in self.columns[0]}
        order = np.lexsort((flat["scope"], flat["convention"], flat["ts_window_end"]))
        flat = {name: values[order] for name, values in flat.items()}
        return row_block(
            SILVER_GEX_LEVELS,
            {
                **flat,
                **conventions.columns(flat["convention"]),
                "flip_rule": conventions.flip_rules(flat["convention"]),
                "scope": category(flat["scope"], scopes),
                "underlying": category(flat["underlying"], day.underlyings),
                "call_wall_underlying": category(flat["call_wall_underlying"], day.underlyings),
                "put_wall_underlying": category(flat["put_wall_underlying"], day.underlyings),
                "forward_quality": category(flat["forward_quality"], FORWARD_QUALITIES),
                "band_ts": pa.array(flat["band_ts"], mask=flat["band_ts"] < 0),
                "zero_gamma_reason": category(flat["zero_gamma_reason"], ZERO_GAMMA_REASONS),
                "call_wall_reason": category(flat["call_wall_reason"], WALL_REASONS),
                "put_wall_reason": category(flat["put_wall_reason"], WALL_REASONS),
                "zero_gamma_roots": pa.concat_arrays(self.roots).take(pa.array(order)),
                "high_gamma_strikes": pa.concat_arrays(self.highest).take(pa.array(order)),
            },
        )


class GexLevelsStage:
    """Rows of `silver_gex_levels`, one block of whole windows after another; how windows are grouped does not matter.

    It remembers the latest band and shares of draws of each convention and scope, and the last window: from it changes are
    measured.

    Parameters
    ----------
    conventions : those to compute.
    first_window_start_ns : start of the day's first window. Weights are chosen by what was known when it ended. [UNIX ns UTC]
    rate : continuously compounded. [1/year]
    tally : counts `windows_without_chain`, `chain_rows_without_window`, and rows of scope `selected` by
        `zero_gamma_{reason}_{convention}`.
    """

    def __init__(
        self, *, conventions: Sequence[Convention], first_window_start_ns: int, rate: float, tally: Counter[str]
    ) -> None:
        self._weights = WeightChoice(conventions, first_window_start_ns=first_window_start_ns)
        self._rate = rate
        self._tally = tally
        self._carried: dict[tuple[str, str], _Carried] = {}
        self._last_chain: pa.Table = _NO_CHAIN
        self._last_forward: pa.Table | None = None

    def add_statistics(self, statistics: pa.Table) -> None:
        """Take in rows of `bronze_option_statistics`; those that came before the first window's end, before its rows."""
        self._weights.add_statistics(statistics)

    def rows(self, chain: pa.Table, *, forward: pa.Table) -> pa.Table:
        """Levels of every window of the block, whether the chain has rows there or not.

        Scopes: `selected` and `0dte` in every window, `exp:YYYY-MM-DD` where the chain has an expiration of that date in Chicago.
        `0dte` holds the expirations whose date in Chicago is the window's session date; without one its values are NULL.

        Parameters
        ----------
        chain : rows of `silver_gex_chain` (at least `CHAIN_COLUMNS`) in the block, by window, expiration and strike. Rows of
            windows that `forward` has not are counted and left out.
        forward : rows of `silver_forward` of the block's windows, later than all before.

        Raises
        ------
        SettingsError
            A convention has an unknown scale or sign model.
        """
        chain = chain.select(CHAIN_COLUMNS)
        if forward.num_rows == 0:
            self._tally["chain_rows_without_window"] += chain.num_rows
            return SILVER_GEX_LEVELS.empty()
        before = [] if self._last_forward is None else [self._last_forward]
        parts = [part for part in (self._last_chain, chain) if part.num_rows]
        self._last_chain, self._last_forward = _last_window(chain, forward)
        whole_forward = pa.concat_tables([*before, forward])
        return self._levels(pa.concat_tables(parts or [chain]), whole_forward, lead=len(before))

    def _levels(self, chain: pa.Table, forward: pa.Table, *, lead: int) -> pa.Table:
        """Rows of all windows but the first `lead` (0 or 1), in every convention and scope.

        From the lead changes are measured. That needs its net exposure only, so it is taken without a reference price.
        """
        conventions = self._weights.chosen()
        day = LevelWindows.of(forward).without_price(lead)
        chain, at = in_windows(chain, day.ends, tally=self._tally)
        self._tally["windows_without_chain"] += day.ends.size - lead - np.unique(at[at >= lead]).size
        emitted = np.arange(day.ends.size) >= lead
        minutes = emitted & (day.ends % MINUTE_NS == 0)
        rows, dates = chain_rows(chain, at, day.ends.size)
        rows = on_one_axis(rows, chain, day)
        scopes = scopes_of(rows, dates, session_date=day.session_date)
        pairs = pairs_of(rows, rate=self._rate)
        sigma = one_day_sigma(rows)
        forwards = ForwardLookup.of(forward)
        ts_expiration = chain["ts_expiration"].to_numpy()
        errors = LevelErrors(
            rows,
            QuotedVolatilities(**{name: chain[name].to_numpy() for name in VOLATILITIES}),
            forward_error=forwards.standard_errors(ts_expiration, chain["ts_window_end"].to_numpy()),
            reference=day.reference_price,
        )
        draws = WallDraws(rows, errors, ends=day.ends, ts_expiration=ts_expiration, chosen=minutes)

        def analysis(convention: Convention, weight: str | None) -> Callable[[Scope], ScopeLevels]:
            chain_of = signed(rows, convention=convention, weight=weight)
            day_levels = LevelAnalysis(
                chain_of, day, minutes=minutes, rate=self._rate, pairs=pairs, errors=errors, sigma=sigma, draws=draws
            )
            return day_levels.levels

        collected = _Rows()
        for answer in each_convention_and_scope(conventions, scopes, analysis):
            present = answer.there & emitted
            carried = self._carried.setdefault((answer.convention.name, answer.scope), _Carried())
            if not present.any():
                continue
            found = {name: values[present] for name, values in answer.found.columns.items()}
            collected.add(answer, present=present, carried=carried.columns(found, minutes[present], day.underlyings))
            if answer.scope == "selected":
                self._count(answer.convention, found["zero_gamma_reason"])
        return collected.table(conventions, sorted(scopes), day)

    def _count(self, convention: Convention, reasons: NDArray[np.int32]) -> None:
        for code, reason in enumerate(ZERO_GAMMA_REASONS):
            self._tally[f"zero_gamma_{reason}_{convention.name}"] += int(np.count_nonzero(reasons == code))


def _last_window(chain: pa.Table, forward: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Rows of the last window of `forward`, in both tables; they hold no more memory than their own."""
    end = forward["ts_window_end"][-1]
    return chain.filter(pc.equal(chain["ts_window_end"], end)), forward.filter(pc.equal(forward["ts_window_end"], end))
