"""`open_hedges`: what holders of each convention's positions trade over moves from the session's opening on.

The chain, its scopes and its errors are those that `open_levels` is made of. The formula is in `analytics.hedges`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from gex_assets.analytics.chain_levels import Scope, SignedChain
from gex_assets.analytics.exposure_around import ExposureAround, exposure_around
from gex_assets.analytics.hedges import PRICE_MOVES, VOLATILITY_MOVES, Hedge, Hedges, Move
from gex_assets.analytics.regimes import hedge_per_sigma
from gex_assets.market.expirations import settlement_ns
from gex_assets.market.sessions import Session
from gex_assets.schemas.open_hedges import OPEN_HEDGES
from gex_assets.schemas.open_levels import OPEN_SCOPES
from gex_assets.stages.premarket.opening_windows import OpeningWindows
from gex_assets.stages.silver.convention_scopes import DayConventions
from gex_assets.time_units import MINUTE_NS

__all__ = ["moves_of", "open_hedges"]

_OF_LEVELS: Final = (
    *("session_date", "convention", "scope", "convention_version", "weight_used", "scale", "underlying"),
    *("ts_open", "ts_known", "reference_price"),
)
"""Columns that a row has from its row of `open_levels`."""


def moves_of(session: Session) -> tuple[Move, ...]:
    """The moves of every convention and scope, in the order of the table's rows.

    Time passes from the session's opening to the stock exchanges' close on its date, when the afternoon's options expire.
    """
    hours = (settlement_ns(session.session_date) - session.open_ns) / (60 * MINUTE_NS)
    return (
        *(Move("price", size) for size in PRICE_MOVES),
        Move("time", hours),
        *(Move("volatility", size) for size in VOLATILITY_MOVES),
    )


def open_hedges(
    levels: pa.Table,
    *,
    windows: OpeningWindows,
    conventions: DayConventions,
    session: Session,
    rate: float,
    future_multiplier: float,
) -> pa.Table:
    """Make the hedges.

    Parameters
    ----------
    levels : rows of `OPEN_LEVELS` made of the same windows and conventions.
    windows : of one opening alone.
    conventions : those that have levels, with their weights.
    session : the session that follows.
    rate : continuously compounded. [1/year]
    future_multiplier : value of a point of the future. [USD per point]

    Returns
    -------
    Rows of `OPEN_HEDGES`, for every row of `levels` in one of `OPEN_SCOPES`.

    Raises
    ------
    SettingsError
        A convention has an unknown scale or sign model.
    """
    moves = moves_of(session)
    hedges = Hedges(windows.rows, moves=moves, rate=rate, future_multiplier=future_multiplier, errors=windows.errors)
    front = windows.day.underlying.astype(np.int64)
    of_levels = {(row["convention"], row["scope"]): row for row in levels.to_pylist()}
    found: list[dict[str, Any]] = []
    for convention, weight in zip(conventions.conventions, conventions.weights, strict=True):
        chain = windows.signed(convention, weight)
        for name in sorted(OPEN_SCOPES):
            row = of_levels.get((convention.name, name))
            if row is None:
                continue
            scope = windows.scopes[name][0]
            reference = _number(row["reference_price"])
            around = exposure_around(chain, reference=np.array([reference]), front=front, scope=scope)
            shared = {column: row[column] for column in _OF_LEVELS}
            shared["hedge_per_sigma"] = _hedge_per_sigma(row, multiplier=future_multiplier)
            reason = _reason(chain, scope)
            for move, hedge in zip(moves, hedges.of(chain, scope=scope), strict=True):
                found.append(shared | _of_move(move, hedge, around, reference=reference, reason=reason))
    return pa.Table.from_pylist(found, schema=OPEN_HEDGES.arrow_schema())


def _of_move(move: Move, hedge: Hedge, around: ExposureAround, *, reference: float, reason: str) -> dict[str, Any]:
    contracts = _known(hedge.contracts[0])
    of_price = move.cause == "price"
    ahead, behind = ("above", "below") if move.size > 0 else ("below", "above")
    sides = {
        f"{kind}_gex_{name}": _known(getattr(around, f"{kind}_{side}")[0]) if of_price else None
        for kind in ("net", "gross")
        for name, side in (("ahead", ahead), ("behind", behind))
    }
    return {
        "cause": move.cause,
        "move": move.size,
        "price_at": _known(reference * (1 + move.size / 100)) if of_price else None,
        "contracts": contracts,
        "contracts_se": _known(hedge.contracts_se[0]),
        "usd": _known(hedge.usd[0]),
        **sides,
        "reason": reason if contracts is None else None,
    }


def _hedge_per_sigma(row: Mapping[str, Any], *, multiplier: float) -> float | None:
    net, price, sigma = (np.array([_number(row[name])]) for name in ("net_gex", "reference_price", "one_day_sigma"))
    return _known(hedge_per_sigma(net, scale=row["scale"], price=price, multiplier=multiplier, one_day_sigma=sigma)[0])


def _reason(chain: SignedChain, scope: Scope) -> str:
    """Why a scope has no hedge, if it has none."""
    first, stop = int(scope.first[0]), int(scope.stop[0])
    if first == stop:
        return "no_options"
    has_weight = ~np.isnan(chain.call_contracts[first:stop]) | ~np.isnan(chain.put_contracts[first:stop])
    return "no_volatility" if has_weight.any() else "no_open_interest"


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
