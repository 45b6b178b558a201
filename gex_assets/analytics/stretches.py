"""What a stretch of time adds up to: where the price was, and what aggressors bought and sold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["AggressorFlow", "PriceRange", "aggressor_flow", "price_range"]


@dataclass(frozen=True, slots=True)
class PriceRange:
    """Where a price was.

    Attributes
    ----------
    low, high, last : [index points]
    """

    low: float
    high: float
    last: float


@dataclass(frozen=True, slots=True)
class AggressorFlow:
    """What was traded, by who crossed the spread.

    Attributes
    ----------
    bought, sold : by aggressors. [contracts]
    unsigned : without an aggressor, as in auctions. [contracts]
    """

    bought: int
    sold: int
    unsigned: int = 0

    @property
    def net(self) -> int:
        """Bought less sold, in contracts."""
        return self.bought - self.sold

    @property
    def traded(self) -> int:
        """All that was traded, with an aggressor or without, in contracts."""
        return self.bought + self.sold + self.unsigned


def price_range(prices: ArrayLike) -> PriceRange | None:
    """The lowest, highest and last known price.

    Parameters
    ----------
    prices : (n,) in the order of time; NaN where none is known. [index points]

    Returns
    -------
    None where no price is known.

    Examples
    --------
    >>> price_range([6950.0, 6940.5, 6961.25, float("nan")])
    PriceRange(low=6940.5, high=6961.25, last=6961.25)
    """
    found = np.asarray(prices, dtype=np.float64)
    known = found[np.isfinite(found)]
    return PriceRange(float(known.min()), float(known.max()), float(known[-1])) if len(known) else None


def aggressor_flow(bought: ArrayLike, sold: ArrayLike, unsigned: ArrayLike = 0) -> AggressorFlow:
    """Sums of sizes.

    Parameters
    ----------
    bought, sold, unsigned : (n,) integers. [contracts]

    Examples
    --------
    >>> aggressor_flow([3, 0], [1, 1], [0, 5]).net, aggressor_flow([3, 0], [1, 1], [0, 5]).traded
    (1, 10)
    """
    return AggressorFlow(*(int(np.sum(np.asarray(one, dtype=np.int64))) for one in (bought, sold, unsigned)))
