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
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.analytics.regimes import bias, magnitude, position_in_range, regime, score_multiplier
from gex_assets.conventions import EXPECTED_BEHAVIOR, FORWARD_CONFIDENCE, Convention
from gex_assets.schemas.regime_scores import BIASES, EXPECTED_BEHAVIORS, MAGNITUDES, REASONS, REGIME_SCORES, REGIMES, STRATEGIES
from gex_assets.stages.row_block import category, row_block

__all__ = ["LEVELS_COLUMNS", "regime_scores"]

Float = NDArray[np.float64]
Code = NDArray[np.int32]
Bool = NDArray[np.bool_]

_COPIED: Final = ("ts_window_end", "convention", "session_date", "convention_version", "weight_used", "scale", "underlying")
_NUMBERS: Final = ("reference_price", "net_gex", "gross_gex", "coverage", "quoted_share", "call_wall", "put_wall", "zero_gamma")
LEVELS_COLUMNS: Final = (*_COPIED, "scope", "forward_quality", "strikes", *_NUMBERS)
"""Columns of `silver_gex_levels` that regimes need."""

_NO_REFERENCE_PRICE, _NO_CHAIN, _FEW_STRIKES = range(3)


def regime_scores(
    levels: Iterable[pa.Table],
    *,
    conventions: Sequence[Convention],
    min_strikes_required: int,
    base_scores: Mapping[str, float],
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Regime of every window and convention.

    Without a reference price or without an exposure there is no regime, and scores are the base scores. With fewer strikes than
    required, regime, exposures, levels, confidence and scores are NULL; the reference price stays.

    Parameters
    ----------
    levels : row groups of `silver_gex_levels` (at least `LEVELS_COLUMNS`).
    conventions : those of the levels; rows of other conventions are left out and counted.
    min_strikes_required : fewest strikes with an exposure.
    base_scores : strategy -> base score; 1.0 by default.
    tally : counts `regime_{name}` and `regime_unknown_{reason}`, and `unknown_convention` rows.

    Yields
    ------
    One table of `REGIME_SCORES` per row group.
    """
    by_name = {one.name: one for one in conventions}
    for group in levels:
        selected = group.filter(pc.equal(group["scope"].cast(pa.string()), "selected"))
        names = selected["convention"].cast(pa.string())
        known = pc.is_in(names, pa.array(list(by_name), type=pa.string()))
        tally["unknown_convention"] += selected.num_rows - (pc.sum(known).as_py() or 0)
        selected, names = selected.filter(known), names.filter(known)
        yield _scores_of(
            selected,
            np.array(names.to_pylist(), dtype=object),
            by_name,
            min_strikes_required=min_strikes_required,
            base_scores=base_scores,
            tally=tally,
        )


def _scores_of(
    selected: pa.Table,
    names: NDArray[np.object_],
    by_name: Mapping[str, Convention],
    *,
    min_strikes_required: int,
    base_scores: Mapping[str, float],
    tally: Counter[str],
) -> pa.Table:
    number = {name: selected[name].to_numpy() for name in _NUMBERS}
    strikes = selected["strikes"].to_numpy()
    reason = np.select(
        [np.isnan(number["reference_price"]), np.isnan(number["net_gex"]), strikes < min_strikes_required],
        [_NO_REFERENCE_PRICE, _NO_CHAIN, _FEW_STRIKES],
        default=-1,
    ).astype(np.int32)
    few = reason == _FEW_STRIKES
    number = {name: values if name == "reference_price" else np.where(few, np.nan, values) for name, values in number.items()}

    regimes = np.full(names.size, -1, dtype=np.int32)
    magnitudes = np.full(names.size, -1, dtype=np.int32)
    for name, convention in by_name.items():
        rows = (names == name) & (reason < 0)
        regimes[rows] = regime(number["net_gex"][rows], number["gross_gex"][rows], convention=convention)
        magnitudes[rows] = magnitude(number["net_gex"][rows], convention=convention)
    position = position_in_range(number["reference_price"], call_wall=number["call_wall"], put_wall=number["put_wall"])
    behavior = np.array(
        [EXPECTED_BEHAVIORS.index(text) if (text := EXPECTED_BEHAVIOR.get(name)) else -1 for name in REGIMES] + [-1]
    )

    for code, name in enumerate(REGIMES):
        tally[f"regime_{name}"] += int(np.count_nonzero(regimes == code))
    for code, name in enumerate(REASONS):
        tally[f"regime_unknown_{name}"] += int(np.count_nonzero(reason == code))

    columns: dict[str, NDArray[Any] | pa.Array] = {
        **{name: _one_array(selected[name]) for name in (*_COPIED, "forward_quality")},
        **{name: number[name] for name in ("reference_price", "net_gex", "gross_gex", "call_wall", "put_wall", "zero_gamma")},
        "regime": category(regimes, REGIMES),
        "magnitude": category(magnitudes, MAGNITUDES),
        "net_gex_billions": number["net_gex"] / 1e9,
        "position_in_range": position,
        "bias": category(bias(position, regimes), BIASES),
        "expected_behavior": category(behavior[regimes], EXPECTED_BEHAVIORS),
        "confidence": number["coverage"] * _confidence_in_forward(selected) * number["quoted_share"],
        "reason": category(reason, REASONS),
    }
    for strategy in STRATEGIES:
        score = base_scores.get(strategy, 1.0) * score_multiplier(strategy, regimes=regimes, magnitudes=magnitudes)
        columns[f"score_{strategy}"] = np.where(few, np.nan, score)
    return row_block(REGIME_SCORES, columns)


def _confidence_in_forward(selected: pa.Table) -> Float:
    names = selected["forward_quality"].cast(pa.string()).to_pylist()
    return np.array([FORWARD_CONFIDENCE[name] for name in names], dtype=np.float64)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    whole = column.unify_dictionaries().combine_chunks()
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
