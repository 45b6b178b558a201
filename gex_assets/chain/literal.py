"""`magic8_literal`: the arithmetic of the project's first plan to the letter, so that its results can be compared.

It is no recommendation. Calls count negative and puts positive at every strike. Each wall is the maximum of the signed exposure;
calls are never positive, so their maximum is the smallest, on either side of the price. A strike that comes twice keeps its last
row, while the totals keep both. `zero_gamma` is the first change of sign from below. A net exposure of zero is negative.
With both walls at one strike the plan's code divides by zero; here the bias is `undefined`.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.exposure_tables import strikes_table
from gex_assets.chain.exposures import Exposures
from gex_assets.chain.levels import ChainLevels, FoundLevels
from gex_assets.chain.reading import Options
from gex_assets.conventions import HIGH_GAMMA_STRIKES, MAGIC8_LITERAL
from gex_assets.errors import ChainError

__all__ = ["literal"]

_Sides = tuple[float, float]
"""Signed exposure of calls and of puts."""


def literal(options: Options, *, spot: float, multiplier: float, warnings: Warnings) -> tuple[Exposures, FoundLevels]:
    """Calculate as the plan does.

    Parameters
    ----------
    options : not empty, with `open_interest`. Calls and puts of one strike and expiration are taken together, in the order of the
        first of them.
    spot : [index points]
    multiplier : [USD per point]
    warnings : told of missing values, which count as zero here, and of strikes overwritten.

    Raises
    ------
    ChainError
        The chain has no gammas.
    """
    if "gamma" not in options.numbers:
        raise ChainError(
            f"Expected gamma in the chain for the convention {MAGIC8_LITERAL.name}, was {', '.join(options.numbers)}"
        )
    entries = _entries(options, spot=spot, multiplier=multiplier, warnings=warnings)
    at: dict[float, _Sides] = {strike: sides for (strike, _), sides in entries.items()}
    if len(at) < len(entries):
        warnings.add("overwritten_strikes", "strikes come more than once: the last row stands at the strike, the totals hold all")
    net_at = {strike: call + put for strike, (call, put) in at.items()}
    strikes = sorted(at)
    call, put = (math.fsum(sides[right] for sides in entries.values()) for right in (0, 1))
    call_wall, put_wall = (max(at, key=lambda strike, right=right: at[strike][right]) for right in (0, 1))  # type: ignore[misc]
    zero_gamma = _first_change(strikes, net_at)
    width = call_wall - put_wall
    if width == 0.0:
        warnings.add("walls_without_range", "call wall and put wall are one strike, where the plan's code would fail")
    gross = abs(call) + abs(put)
    exposures = Exposures(
        net=call + put,
        gross=gross,
        call=call,
        put=put,
        strikes=strikes_table(
            np.array(strikes),
            call=np.array([at[strike][0] for strike in strikes]),
            put=np.array([at[strike][1] for strike in strikes]),
            net=np.array([net_at[strike] for strike in strikes]),
        ),
    )
    levels = ChainLevels(
        strikes=len(strikes),
        gross_gex=gross,
        call_wall=call_wall,
        call_wall_strike=call_wall,
        put_wall=put_wall,
        put_wall_strike=put_wall,
        zero_gamma=zero_gamma,
        zero_gamma_roots=() if zero_gamma is None else (zero_gamma,),
        zero_gamma_reason="no_crossing" if zero_gamma is None else None,
        high_gamma_strikes=tuple(sorted(at, key=lambda strike: -abs(net_at[strike]))[:HIGH_GAMMA_STRIKES]),
    )
    return exposures, FoundLevels(levels, (spot - put_wall) / width if width else None, None)


def _entries(options: Options, *, spot: float, multiplier: float, warnings: Warnings) -> dict[tuple[float, int], _Sides]:
    """(strike, number of the plan's row) -> signed exposures, in the order that they first came."""
    exposure = options.numbers["gamma"] * options.numbers["open_interest"] * multiplier * spot
    missing = np.isnan(exposure)
    warnings.count("missing_is_zero", missing, "have no gamma or open interest, which counts as zero in this convention")
    entries: dict[tuple[float, int], _Sides] = {}
    for row, (strike, value) in enumerate(zip(options.strike.tolist(), np.where(missing, 0.0, exposure).tolist(), strict=True)):
        key = strike, _plan_row(options, row)
        call, put = entries.get(key, (0.0, 0.0))
        entries[key] = (call - value, put) if options.is_call[row] else (call, put + value)
    return entries


def _plan_row(options: Options, row: int) -> int:
    """What distinguishes the plan's rows of one strike: the caller's row, or the expiration of options given one by one."""
    if options.entry is not None:
        return int(options.entry[row])
    return 0 if options.ts_expiration is None else int(options.ts_expiration[row])


def _first_change(strikes: list[float], net_at: dict[float, float]) -> float | None:
    """The lowest price, interpolated between neighbouring strikes, at which the net changes sign."""
    for low, high in pairwise(strikes):
        here, after = net_at[low], net_at[high]
        if here * after < 0.0:
            return low - here * (high - low) / (after - here)
    return None
