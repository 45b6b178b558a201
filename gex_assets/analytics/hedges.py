r"""Futures that holders of a convention's positions trade to stay delta-neutral when the price, time or volatility moves.

A holder of q contracts of an option with delta Δ and multiplier M is neutral with −q·Δ·M/M_f futures, M_f being the future's
multiplier. After a move it is −q·Δ'·M/M_f. So it trades

    −q · (M/M_f) · (Δ' − Δ)

with every option re-priced: all forwards by the same percentage, each volatility staying at its strike, as in the profile. A
difference of deltas is the integral of gamma along the price's way, so nothing is taken as constant over the move. Who holds what
is the convention's assumption, and whether holders hedge at all is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows, Scope, SignedChain
from gex_assets.analytics.level_errors import LevelErrors
from gex_assets.kernels.exposure.net_error import BETWEEN
from gex_assets.kernels.exposure.repriced import Repriced, repriced
from gex_assets.kernels.features.strike_slots import sum_of_known

__all__ = ["PRICE_MOVES", "VOLATILITY_MOVES", "Hedge", "Hedges", "Move"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

Cause = Literal["price", "time", "volatility"]

PRICE_MOVES: Final = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)
"""[%]"""
VOLATILITY_MOVES: Final = (-1.0, 1.0)
"""[points of volatility, 0.01 each]"""

_HOURS_PER_YEAR: Final = 24.0 * 365.0


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that moves, and nothing else with it.

    Attributes
    ----------
    cause : what moves.
    size : by how much: the price in %, time in hours that pass, volatility in points of 0.01.
    """

    cause: Cause
    size: float


class Hedge(NamedTuple):
    """What is traded in W windows; NaN where no option of a window is known before and after the move.

    Attributes
    ----------
    contracts : (W,) futures bought, of whatever month each option is exercised into; sold is negative. [contracts]
    usd : (W,) the same at each option's own forward before the move. [USD]
    contracts_se : (W,) standard error of `contracts`; NaN where there is none. [contracts]
    """

    contracts: Float
    usd: Float
    contracts_se: Float


class _Change(NamedTuple):
    """Per option, (n,) each: change of delta over a move, and how it responds to the volatility and to the forward before it."""

    call: Float
    put: Float
    by_volatility: Float
    by_forward: Float


class Hedges:
    """Re-prices a chain once for every move; any convention and scope is then a sum.

    Parameters
    ----------
    rows : of W windows. A row without a forward, a volatility or time has no delta and no part.
    moves : in the order of the answers.
    rate : continuously compounded. [1/year]
    future_multiplier : value of a point of the future that is traded. [USD per point]
    errors : of the same rows; None for no standard errors.
    """

    def __init__(
        self, rows: ChainRows, *, moves: Sequence[Move], rate: float, future_multiplier: float, errors: LevelErrors | None = None
    ) -> None:
        self._rows, self._errors = rows, errors
        self._future_multiplier = future_multiplier
        known = (rows.total_vol > 0.0) & (rows.forward > 0.0) & (rows.years > 0.0)
        sigma = np.full(rows.place.size, np.nan)
        np.divide(rows.total_vol, np.sqrt(rows.years, where=known, out=np.ones(known.size)), out=sigma, where=known)
        now = self._at(Move("price", 0.0), sigma, rate=rate)
        self._changes = tuple(_change(now, self._at(move, sigma, rate=rate), move) for move in moves)

    def _at(self, move: Move, sigma: Float, *, rate: float) -> Repriced:
        rows = self._rows
        return repriced(
            F=rows.forward * _factor(move),
            K=rows.strikes[rows.place],
            T=rows.years - (move.size / _HOURS_PER_YEAR if move.cause == "time" else 0.0),
            sigma=sigma + (0.01 * move.size if move.cause == "volatility" else 0.0),
            r=rate,
        )

    def of(self, chain: SignedChain, *, scope: Scope | None = None) -> tuple[Hedge, ...]:
        """What is traded over every move.

        Parameters
        ----------
        chain : the same rows under a convention.
        scope : which rows; all by default.
        """
        scope = scope or self._rows.whole
        return tuple(self._hedge(change, chain, scope) for change in self._changes)

    def _hedge(self, change: _Change, chain: SignedChain, scope: Scope) -> Hedge:
        rows = self._rows
        per_contract = -rows.multiplier / self._future_multiplier
        calls, puts = chain.call_contracts * per_contract, chain.put_contracts * per_contract
        traded = sum_of_known(np.stack([calls * change.call, puts * change.put], axis=-1))
        held = sum_of_known(np.stack([calls, puts], axis=-1))
        out = Hedge(*np.full((3, rows.windows), np.nan))
        for window, (first, stop) in enumerate(zip(scope.first.tolist(), scope.stop.tolist(), strict=True)):
            of = np.arange(first, stop)[~np.isnan(traded[first:stop])]
            if of.size:
                out.contracts[window] = np.sum(traded[of])
                out.usd[window] = np.sum(traded[of] * rows.forward[of]) * self._future_multiplier
                out.contracts_se[window] = self._error(of, held[of] * change.by_volatility[of], held[of] * change.by_forward[of])
        return out

    def _error(self, of: Int, by_volatility: Float, by_forward: Float) -> float:
        """Standard error of a sum, by how each of its rows responds to its volatility and to its expiration's forward.

        As in `kernels.exposure.net_error`: quotes err on their own or through the smile, forwards and shapes per expiration. Rows
        without a volatility, which that kernel lets widen the error, are left out of the sum and of its error.
        """
        if self._errors is None:
            return np.nan
        some = (by_volatility != 0.0) | (by_forward != 0.0)
        of, by_volatility, by_forward = of[some], by_volatility[some], by_forward[some]
        smiles, forward_error = self._errors.smiles, self._errors.forward_error
        total = float(np.sum((by_volatility * smiles.own[of]) ** 2))
        expiration = self._rows.expiration[of]
        for one in np.unique(expiration).tolist():
            mine = expiration == one
            at, by_vol = of[mine], by_volatility[mine]
            through_smile = by_vol @ smiles.curve[at]
            through_forward = (by_vol @ smiles.tilt[at] + np.sum(by_forward[mine])) * forward_error[at[0]]
            through_shape = BETWEEN * (by_vol @ smiles.shape[at])
            total += float(through_smile @ through_smile + through_forward**2 + through_shape**2)
        return float(np.sqrt(total))


def _factor(move: Move) -> float:
    return 1.0 + move.size / 100.0 if move.cause == "price" else 1.0


def _change(now: Repriced, then: Repriced, move: Move) -> _Change:
    return _Change(
        then.call_delta - now.call_delta,
        then.put_delta - now.put_delta,
        then.vanna - now.vanna,
        _factor(move) * then.gamma - now.gamma,
    )
