"""What exists only where a level, the options and the future meet: exposure at the level beside the book that stands before it.

Looks back at the level where it is now: its strike, its side and its price stay those of the trigger in every window before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.features.look_back import look_back_blocks
from gex_assets.kernels.order_book.zone_edges import LAST_TICK, ZONE_BEGINS
from gex_assets.schemas.silver_gex import GEX_FAMILIES, GEX_PARTS, SLOTS, slot_column
from gex_assets.schemas.silver_vacuum import DEPTH_ZONES, depth_column
from gex_assets.schemas.vector_layout import CROSS_FEATURES, LOOK_BACKS

__all__ = ["GEX_NEEDED", "VACUUM_NEEDED", "Market", "cross_blocks"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Rows of consecutive windows and facts of the product.

    Attributes
    ----------
    gex, vacuum : name -> (R,) of `GEX_NEEDED` and `VACUUM_NEEDED`; NaN where missing.
    multiplier : value of a point. [USD per index point]
    tick : least step of the future's price. [index points]
    """

    gex: Mapping[str, Float]
    vacuum: Mapping[str, Float]
    multiplier: float
    tick: float


def cross_blocks(market: Market, *, row: Int, run: Int, level: Float, direction: Float) -> Float:
    """Blocks of the crossed features.

    Parameters
    ----------
    market : rows of consecutive windows; at least 23 before the first row asked for.
    row, run : (n,) the trigger's row, and the windows without a gap before it that both tables have; -1 where not both do now.
    level, direction : (n,) the level and 1 or -1. [index points]

    Returns
    -------
    (blocks, n, features) in the order of `BLOCKS` and `CROSS_FEATURES`; NaN where one of the parts is missing.
    """
    rows = row[None, :] - np.arange(_LONGEST)[::-1, None]
    values = _values(market, rows, level=level, direction=direction)
    values[np.arange(_LONGEST)[::-1, None] > run[None, :]] = np.nan
    blocks = look_back_blocks(values=values, run=np.array([_LONGEST - 1]), look_backs=LOOK_BACKS)
    return blocks[:, 0]


def _values(market: Market, rows: Int, *, level: Float, direction: Float) -> Float:
    """(24, n, features) with the present window last."""
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
    """The strikes around each level in the present window, and where they stood in the windows before.

    Attributes
    ----------
    rows : (24, n) the present window last.
    lower, upper : (24, n) slots of the next strike at or below the level and of the next above; -1 where in none.
    share : (n,) of the upper one, by the level's place between them; NaN where the level lies outside the slots.
    """

    rows: Int
    lower: Int
    upper: Int
    share: Float

    @classmethod
    def around(cls, level: Float, strikes: Float, rows: Int) -> _Strikes:
        """Look for the strikes of (R, 10) slots."""
        now = strikes[rows[-1]]
        low = np.where(now <= level[:, None], now, -np.inf).max(axis=1)
        high = np.where(now > level[:, None], now, np.inf).min(axis=1)
        inside = np.isfinite(low) & np.isfinite(high)
        share = np.where(low == level, 0.0, np.nan)
        np.divide(level - low, high - low, out=share, where=inside)
        return cls(rows, _slots_of(low, strikes[rows]), _slots_of(high, strikes[rows]), share)

    def exposure(self, gex: Mapping[str, Float], family: str, part: str) -> Float:
        """(24, n) exposure at the level: of its strike, or between two strikes in proportion; NaN where one is missing."""
        values = np.stack([gex[slot_column(family, name, part)] for name in SLOTS], axis=-1)
        lower, upper = (np.where(at >= 0, values[self.rows, np.maximum(at, 0)], np.nan) for at in (self.lower, self.upper))
        return np.where(self.share == 0.0, lower, lower + (upper - lower) * self.share)


def _slots_of(strike: Float, slots: Float) -> Int:
    """(24, n) the slot in which a strike (n,) stands among (24, n, 10); -1 where in none."""
    held = slots == strike[None, :, None]
    return np.where(held.any(axis=-1), held.argmax(axis=-1), -1)


def _depth_to(market: Market, rows: Int, *, level: Float, direction: Float) -> Float:
    """(24, n) size on the level's side in the zones up to the one in which it lies; NaN beyond the last. [contracts].

    A level that the future's mid has already passed lies in the first zone.
    """
    ahead = direction * (level - market.vacuum["reference_price"][rows]) / market.tick
    ticks = np.floor(np.maximum(ahead, 0.0) + 1e-9)
    total = np.zeros(rows.shape)
    for zone, begins in ZONE_BEGINS.items():
        asks, bids = (market.vacuum[depth_column(side, zone)][rows] for side in ("ask", "bid"))
        size = np.where(direction > 0.0, asks, bids)
        total += np.where(ticks >= begins, size, 0.0)
    return np.where(ticks <= LAST_TICK, total, np.nan)
