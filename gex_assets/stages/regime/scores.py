"""`regime_scores`: the regime by the levels of scope `selected`, and scores of strategies by the regime.

`analytics.regimes` has the formulas of regime, magnitude, bias and scores. An unknown regime is NULL with a reason; a net
exposure of zero is a value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.regimes import bias, hedge_per_sigma, magnitude, position_in_range, regime, score_multiplier
from gex_assets.conventions import EXPECTED_BEHAVIOR, FORWARD_CONFIDENCE, Convention
from gex_assets.schemas.regime_scores import BIASES, EXPECTED_BEHAVIORS, MAGNITUDES, REASONS, REGIME_SCORES, REGIMES, STRATEGIES
from gex_assets.stages.categories import codes_of
from gex_assets.stages.row_block import category, row_block

__all__ = ["LEVELS_COLUMNS", "RegimeScoresStage", "regime_scores"]

Float = NDArray[np.float64]

_COPIED: Final = ("ts_window_end", "convention", "session_date", "convention_version", "weight_used", "scale", "underlying")
_NUMBERS: Final = (
    *("reference_price", "net_gex", "net_gex_se", "gross_gex", "coverage", "quoted_share"),
    *("call_wall", "put_wall", "zero_gamma", "one_day_sigma"),
)
_KEPT: Final = tuple(name for name in _NUMBERS if name not in ("coverage", "quoted_share", "one_day_sigma"))
LEVELS_COLUMNS: Final = (*_COPIED, "scope", "forward_quality", "strikes", *_NUMBERS)
"""Columns of `silver_gex_levels` that regimes need."""

_BEHAVIOR_OF_REGIME: Final = np.array(
    [EXPECTED_BEHAVIORS.index(text) if (text := EXPECTED_BEHAVIOR.get(name)) else -1 for name in REGIMES] + [-1]
)
"""Code of the expected behavior of each regime's code; the last is that of an unknown regime."""

_NO_REFERENCE_PRICE, _NO_CHAIN, _FEW_STRIKES = range(3)


def regime_scores(
    levels: Iterable[pa.Table],
    *,
    conventions: Sequence[Convention],
    min_strikes_required: int,
    base_scores: Mapping[str, float],
    multiplier: float,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Regime of every window and convention of a day.

    Parameters
    ----------
    levels : row groups of `silver_gex_levels` (at least `LEVELS_COLUMNS`).
    conventions, min_strikes_required, base_scores, multiplier, tally : of `RegimeScoresStage`.

    Yields
    ------
    One table of `REGIME_SCORES` per row group.
    """
    stage = RegimeScoresStage(
        conventions=conventions,
        min_strikes_required=min_strikes_required,
        base_scores=base_scores,
        multiplier=multiplier,
        tally=tally,
    )
    yield from map(stage.rows, levels)


class RegimeScoresStage:
    """Rows of `regime_scores`, one block of whole windows after the other; grouping does not matter.

    Without a reference price or without an exposure there is no regime, and scores are the base scores. With fewer strikes than
    required, regime, exposures, levels, confidence and scores are NULL; the reference price stays.

    Parameters
    ----------
    conventions : those of the levels; rows of other conventions are left out and counted.
    min_strikes_required : fewest strikes with an exposure.
    base_scores : strategy -> base score; 1.0 by default.
    multiplier : of the product. [USD per point]
    tally : counts `regime_{name}` and `regime_unknown_{reason}`, and `unknown_convention` rows.
    """

    def __init__(
        self,
        *,
        conventions: Sequence[Convention],
        min_strikes_required: int,
        base_scores: Mapping[str, float],
        multiplier: float,
        tally: Counter[str],
    ) -> None:
        self._conventions = tuple(conventions)
        self._min_strikes_required = min_strikes_required
        self._base_scores = base_scores
        self._multiplier = multiplier
        self._tally = tally

    def rows(self, levels: pa.Table) -> pa.Table:
        """Rows of `REGIME_SCORES` of a block.

        Parameters
        ----------
        levels : rows of `silver_gex_levels` of these windows (at least `LEVELS_COLUMNS`); other scopes may be among them.
        """
        selected = levels.filter(pa.array(codes_of(levels["scope"], ("selected",)) == 0))
        convention = codes_of(selected["convention"], [one.name for one in self._conventions])
        known = convention >= 0
        self._tally["unknown_convention"] += int(np.count_nonzero(~known))
        selected, convention = selected.filter(pa.array(known)), convention[known]

        number = {name: selected[name].to_numpy() for name in _NUMBERS}
        reason = np.select(
            [
                np.isnan(number["reference_price"]),
                np.isnan(number["net_gex"]),
                selected["strikes"].to_numpy() < self._min_strikes_required,
            ],
            [_NO_REFERENCE_PRICE, _NO_CHAIN, _FEW_STRIKES],
            default=-1,
        ).astype(np.int32)
        few = reason == _FEW_STRIKES
        number = {name: values if name == "reference_price" else np.where(few, np.nan, values) for name, values in number.items()}

        regimes = np.full(reason.size, -1, dtype=np.int32)
        magnitudes = np.full(reason.size, -1, dtype=np.int32)
        hedge = np.full(reason.size, np.nan)
        for place, one in enumerate(self._conventions):
            rows = (convention == place) & (reason < 0)
            of_rows = {name: number[name][rows] for name in ("net_gex", "gross_gex", "net_gex_se")}
            regimes[rows] = regime(of_rows["net_gex"], of_rows["gross_gex"], net_se=of_rows["net_gex_se"], convention=one)
            magnitudes[rows] = magnitude(number["net_gex"][rows], convention=one)
            hedge[rows] = hedge_per_sigma(
                number["net_gex"][rows],
                scale=one.scale,
                price=number["reference_price"][rows],
                multiplier=self._multiplier,
                one_day_sigma=number["one_day_sigma"][rows],
            )
        position = position_in_range(number["reference_price"], call_wall=number["call_wall"], put_wall=number["put_wall"])
        for code, name in enumerate(REGIMES):
            self._tally[f"regime_{name}"] += int(np.count_nonzero(regimes == code))
        for code, name in enumerate(REASONS):
            self._tally[f"regime_unknown_{name}"] += int(np.count_nonzero(reason == code))

        columns: dict[str, NDArray[Any] | pa.Array] = {
            **{name: _one_array(selected[name]) for name in (*_COPIED, "forward_quality")},
            **{name: number[name] for name in _KEPT},
            "regime": category(regimes, REGIMES),
            "magnitude": category(magnitudes, MAGNITUDES),
            "net_gex_billions": number["net_gex"] / 1e9,
            "hedge_per_sigma": hedge,
            "position_in_range": position,
            "bias": category(bias(position, regimes), BIASES),
            "expected_behavior": category(_BEHAVIOR_OF_REGIME[regimes], EXPECTED_BEHAVIORS),
            "confidence": number["coverage"] * _confidence_in_forward(selected) * number["quoted_share"],
            "reason": category(reason, REASONS),
        }
        for strategy in STRATEGIES:
            score = self._base_scores.get(strategy, 1.0) * score_multiplier(strategy, regimes=regimes, magnitudes=magnitudes)
            columns[f"score_{strategy}"] = np.where(few, np.nan, score)
        return row_block(REGIME_SCORES, columns)


def _confidence_in_forward(selected: pa.Table) -> Float:
    names = selected["forward_quality"].cast(pa.string()).to_pylist()
    return np.array([FORWARD_CONFIDENCE[name] for name in names], dtype=np.float64)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    whole = column.unify_dictionaries().combine_chunks()
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
