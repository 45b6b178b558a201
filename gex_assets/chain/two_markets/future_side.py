"""The future's own options at one moment, as a caller hands them in: rows, their futures, and the price that levels surround."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows
from gex_assets.chain.expiration_choice import ExpirationChoice, is_chosen
from gex_assets.conventions import Convention
from gex_assets.errors import ChainError
from gex_assets.kernels.pricing.filled_gaps import neighbours

__all__ = ["FutureSide", "with_filled_volatilities"]

Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureSide:
    """Options on the futures of one product at one moment, by expiration and strike.

    Attributes
    ----------
    product : of `market.products`.
    about : where the rows are from, in words.
    ts : the moment they are of. [UNIX ns UTC]
    reference : price around which levels are sought. [index points]
    multiplier : value of a point. [USD per point]
    rows : n of them, without an axis.
    ts_expiration : (n,) [UNIX ns UTC]
    futures : names of the futures.
    future : (n,) position in `futures` of what the row's options are exercised into.
    front : position of the front's future, on whose axis all strikes stand.
    front_forward : its forward. [index points]
    weights : convention -> the weight that its levels of the day use; None where it has none.
    """

    product: str
    about: str
    ts: int
    reference: float
    multiplier: float
    rows: ChainRows
    ts_expiration: Int
    futures: tuple[str, ...]
    future: Int
    front: int
    front_forward: float
    weights: Mapping[str, str | None]

    def of_expirations(self, asked: Sequence[ExpirationChoice], *, as_of_ns: int) -> FutureSide:
        """The rows of the expirations asked for; all of them without a choice.

        Raises
        ------
        ChainError
            A choice meets no expiration.
        """
        if not asked:
            return self
        chosen = is_chosen(self.ts_expiration, asked, as_of_ns=as_of_ns, of=f"{self.product} in the lake")
        return replace(self, rows=self.rows.of_rows(chosen), ts_expiration=self.ts_expiration[chosen], future=self.future[chosen])

    def weight_of(self, convention: Convention) -> str:
        """The weight that a convention's levels of this day use.

        Raises
        ------
        ChainError
            The day has no levels of the convention, or no weight for it.
        """
        if convention.name not in self.weights:
            known = ", ".join(sorted(self.weights)) or "none"
            raise ChainError(f"Expected a convention of {self.product} in the lake ({known}), was {convention.name!r}")
        weight = self.weights[convention.name]
        if weight is None:
            wanted = " or ".join(convention.weights)
            raise ChainError(f"Expected {wanted} of {self.product} in the lake for {convention.name}, was none")
        return weight


def with_filled_volatilities(rows: ChainRows) -> ChainRows:
    """Rows whose strikes without a volatility take that of the nearest strikes of their expiration, for re-pricing alone.

    Gammas stay as they are: a strike without one is in no sum.
    """
    gaps = neighbours(first=rows.expiration_starts, strike=rows.strikes[rows.place], known=rows.total_vol > 0.0)
    vol, at_bid, at_ask = rows.total_vol, _own_or(rows.total_vol_bid, rows.total_vol), _own_or(rows.total_vol_ask, rows.total_vol)
    return replace(rows, total_vol=gaps.fill(vol), total_vol_bid=gaps.fill(at_bid), total_vol_ask=gaps.fill(at_ask))


def _own_or(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values > 0.0, values, others)
