"""`magic8_literal`: the arithmetic of the project's first plan to the letter, so that its results can be compared.

It is no recommendation. Calls count negative and puts positive at every strike, and each wall is the maximum of the signed
exposure: of the calls, which are never positive, the smallest, on whatever side of the price. A strike that comes twice keeps its
last row while the totals keep both. The flip is the first change of sign from below. A net exposure of zero is negative.
Where its code would have failed (walls at one strike divide by zero) the bias is `undefined`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gex_assets.chain.reading import Options, Warnings
from gex_assets.conventions import HIGH_GAMMA_STRIKES

__all__ = ["Literal", "literal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """Its results: signed exposures by strike in the order that strikes first came, totals, levels."""

    by_strike: dict[float, tuple[float, float, float]]
    net: float
    call: float
    put: float
    call_wall: float
    put_wall: float
    zero_gamma: float | None
    high_gamma_strikes: tuple[float, ...]


def literal(options: Options, *, spot: float, multiplier: float, warnings: Warnings) -> Literal:
    """Calculate as the plan does; options must not be empty and have `gamma` and `open_interest`.

    Parameters
    ----------
    options : calls and puts of one strike and expiration are taken together, in the order of the first of them.
    spot : [index points]
    multiplier : [USD per point]
    warnings : told of missing values, which count as zero here, and of strikes overwritten.
    """
    exposure = options.numbers["gamma"] * options.numbers["open_interest"] * multiplier * spot
    missing = np.isnan(exposure)
    warnings.count("missing_is_zero", missing, "have no gamma or open interest, which counts as zero in this convention")
    exposure = np.where(missing, 0.0, exposure)

    entries: dict[tuple[float, int], list[float]] = {}
    for row, strike in enumerate(options.strike.tolist()):
        call, put = entries.setdefault((strike, _entry(options, row)), [0.0, 0.0])
        signed = [call - exposure[row], put] if options.is_call[row] else [call, put + exposure[row]]
        entries[strike, _entry(options, row)] = signed

    by_strike: dict[float, tuple[float, float, float]] = {}
    for (strike, _), (call, put) in entries.items():
        if strike in by_strike:
            warnings.add(
                "overwritten_strikes", "strikes come more than once: the last row stands at the strike, the totals hold all"
            )
        by_strike[strike] = (call, put, call + put)
    total_call = math.fsum(call for call, _ in entries.values())
    total_put = math.fsum(put for _, put in entries.values())
    return Literal(
        by_strike=by_strike,
        net=total_call + total_put,
        call=total_call,
        put=total_put,
        call_wall=max(by_strike, key=lambda strike: by_strike[strike][0]),
        put_wall=max(by_strike, key=lambda strike: by_strike[strike][1]),
        zero_gamma=_first_change(by_strike),
        high_gamma_strikes=tuple(sorted(by_strike, key=lambda strike: -abs(by_strike[strike][2]))[:HIGH_GAMMA_STRIKES]),
    )


def _entry(options: Options, row: int) -> int:
    """What tells the plan's rows of one strike apart: the caller's row, or the expiration of options given one by one."""
    if options.entry is not None:
        return int(options.entry[row])
    return 0 if options.ts_expiration is None else int(options.ts_expiration[row])


def _first_change(by_strike: dict[float, tuple[float, float, float]]) -> float | None:
    strikes = sorted(by_strike)
    for low, high in pairwise(strikes):
        here, after = by_strike[low][2], by_strike[high][2]
        if here * after < 0.0:
            return low - here * (high - low) / (after - here)
    return None
