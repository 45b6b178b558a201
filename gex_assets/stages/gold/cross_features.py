"""Crossed features: exposure at a trigger's level, combined with the future's book in front of that level.

In the windows before a trigger, the level, its strikes and its side are those of the trigger. So a difference per window compares
one level with itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.features.look_back import look_back_blocks
from gex_assets.kernels.features.runs import LOOK_BACK
from gex_assets.kernels.features.strike_slots import differences
from gex_assets.schemas.silver_gex import GEX_FAMILIES, GEX_PARTS, SLOTS, slot_column
from gex_assets.schemas.silver_vacuum import DEPTH_ZONES, depth_column
from gex_assets.schemas.vector_layout import CROSS_FEATURES, LOOK_BACKS

__all__ = ["GEX_NEEDED", "VACUUM_NEEDED", "WINDOWS_BEFORE", "Market", "cross_blocks"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

STRIKES: Final = tuple(slot_column("strike", slot, "") for slot in SLOTS)
GEX_NEEDED: Final = (
    "reference_price",
    "gamma_pull_add_log",
    *(f"{family}_net_total" for family in GEX_FAMILIES),
    *STRIKES,
    *(slot_column(family, slot, part) for family in GEX_FAMILIES for part in GEX_PARTS for slot in SLOTS),
)
VACUUM_NEEDED: Final = (
    *("f1_ask_com_disp_log", "f2_ask_pull_add_log_rest"),
    *("f3_bid_com_disp_log", "f4_bid_pull_add_log_rest"),
    "reference_price",
    *(depth_column(side, zone) for side in ("ask", "bid") for zone in DEPTH_ZONES),
)

_LONGEST: Final = max(LOOK_BACKS)
_REACH: Final = _LONGEST + LOOK_BACK
WINDOWS_BEFORE: Final = _REACH - 1
"""Windows before a trigger that its crossed features look at: the longest look-back, and the differences of its first window."""

_CANCELLED: Final = 1e-9
"""Less than this share of what is interpolated between is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Rows of consecutive windows and facts of the product.

    Attributes
    ----------
    gex, vacuum : column -> (R,) values, with `GEX_NEEDED` and `VACUUM_NEEDED`; NaN where missing.
    multiplier : value of a point. [USD per index point]
    tick : least step of the future's price. [index points]
    """

    gex: Mapping[str, Float]
    vacuum: Mapping[str, Float]
    multiplier: float
    tick: float


def cross_blocks(market: Market, *, row: Int, run: Int, level: Float, direction: Float) -> Float:
    """Compute the crossed features of triggers.

    Parameters
    ----------
    market : rows of consecutive windows; at least `WINDOWS_BEFORE` before the first row asked for.
    row : (n,) the trigger's row.
    run : (n,) windows without a gap before it in which both tables have a row; -1 where one of them has none now.
    level : (n,) price of the level. [index points]
    direction : (n,) 1 where the price rises towards the level, -1 where it falls.

    Returns
    -------
    (blocks, n, elements) in the order of `BLOCKS` and `CROSS_ELEMENTS`: values, then their differences per window of order 1, 2
    and 3; NaN where a part is missing.
    """
    ago = np.arange(_REACH)[::-1, None]
    values = _values(market, row[None, :] - ago, level=level, direction=direction)
    values[ago > run[None, :]] = np.nan
    now, *earlier = (values[LOOK_BACK - windows : values.shape[0] - windows] for windows in range(LOOK_BACK + 1))
    one, two, three = earlier
    steps = differences(present=now, before=(one, two, three), run=np.full(_LONGEST, LOOK_BACK))
    blocks = look_back_blocks(values=np.concatenate([now, *steps], axis=-1), run=np.array([_LONGEST - 1]), look_backs=LOOK_BACKS)
    return blocks[:, 0]


def _values(market: Market, rows: Int, *, level: Float, direction: Float) -> Float:
    """(R, n, features) of each trigger's windows, its own window last."""
    gex, vacuum = market.gex, market.vacuum
    up = direction > 0.0
    pull = np.where(up, vacuum["f2_ask_pull_add_log_rest"][rows], vacuum["f4_bid_pull_add_log_rest"][rows])
    retreat = np.where(up, vacuum["f1_ask_com_disp_log"][rows], vacuum["f3_bid_com_disp_log"][rows])
    strikes = _Strikes.around(level, np.stack([gex[name] for name in STRIKES], axis=-1), rows)
    per_point = market.multiplier * gex["reference_price"][rows] ** 2 * 0.01
    depth = _depth_to(market, rows, level=level, direction=direction)
    found: dict[str, Float] = {"gamma_pull_future_pull": gex["gamma_pull_add_log"][rows] * pull}
    for family in GEX_FAMILIES:
        call, put, net = (strikes.exposure(gex, family, part) for part in GEX_PARTS)
        found[f"{family}_level_gross_vacuum"] = (call + put) * (retreat + pull)
        found[f"{family}_level_net_vacuum"] = net * (retreat + pull)
        found[f"{family}_hedge_per_depth"] = gex[f"{family}_net_total"][rows] / per_point / (depth + 1.0)
    return np.stack([found[name] for name in CROSS_FEATURES], axis=-1) + 0.0  # no negative zeros


class _Strikes(NamedTuple):
    """The strikes around each level in the trigger's window, and their slots in the windows before.

    Attributes
    ----------
    rows : (R, n) rows of the windows, the trigger's own last.
    lower, upper : (R, n) slots of the next strike at or below the level and of the next above; -1 where in no slot.
    share : (n,) weight of the upper strike, (level - lower)/(upper - lower); NaN where the level lies outside the slots.
    """

    rows: Int
    lower: Int
    upper: Int
    share: Float

    @classmethod
    def around(cls, level: Float, strikes: Float, rows: Int) -> _Strikes:
        """Find the strikes among the (windows, 10) strikes of the slots."""
        now = strikes[rows[-1]]
        low = np.where(now <= level[:, None], now, -np.inf).max(axis=1)
        high = np.where(now > level[:, None], now, np.inf).min(axis=1)
        inside = np.isfinite(low) & np.isfinite(high)
        share = np.where(low == level, 0.0, np.nan)
        np.divide(level - low, high - low, out=share, where=inside)
        return cls(rows, _slots_of(low, strikes[rows]), _slots_of(high, strikes[rows]), share)

    def exposure(self, gex: Mapping[str, Float], family: str, part: str) -> Float:
        """(R, n) exposure at the level: that of its strike, or interpolated between two strikes; NaN where one is missing.

        A level between two strikes may be the price at which just this exposure changes its sign. There it is 0 by construction,
        and what is left of it is rounding: it says nothing and is NaN.
        """
        values = np.stack([gex[slot_column(family, name, part)] for name in SLOTS], axis=-1)
        lower, upper = (np.where(at >= 0, values[self.rows, np.maximum(at, 0)], np.nan) for at in (self.lower, self.upper))
        between = lower + (upper - lower) * self.share
        cancelled = (lower * upper < 0.0) & (np.abs(between) <= _CANCELLED * np.maximum(np.abs(lower), np.abs(upper)))
        return np.where(self.share == 0.0, lower, np.where(cancelled, np.nan, between))


def _slots_of(strike: Float, slots: Float) -> Int:
    """(R, n) slot of a strike (n,) among the slots' strikes (R, n, 10); -1 where in none."""
    held = slots == strike[None, :, None]
    return np.where(held.any(axis=-1), held.argmax(axis=-1), -1)


def _depth_to(market: Market, rows: Int, *, level: Float, direction: Float) -> Float:
    """(R, n) size on the level's side in the zones up to the level's own; NaN beyond the last zone. [contracts].

    A level that the future's mid has already passed is in the first zone.
    """
    ahead = direction * (level - market.vacuum["reference_price"][rows]) / market.tick
    ticks = np.floor(np.maximum(ahead, 0.0) + 1e-9)
    total = np.zeros(rows.shape)
    for zone, (first, _) in DEPTH_ZONES.items():
        asks, bids = (market.vacuum[depth_column(side, zone)][rows] for side in ("ask", "bid"))
        size = np.where(direction > 0.0, asks, bids)
        total += np.where(ticks >= first, size, 0.0)
    return np.where(ticks <= max(last for _, last in DEPTH_ZONES.values()), total, np.nan)
