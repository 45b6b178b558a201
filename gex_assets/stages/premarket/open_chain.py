"""`open_chain`: the strikes of two openings side by side, so that what changed at a strike is one subtraction."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.exposure.exposure import gamma_exposure
from gex_assets.schemas.open_chain import BEFORE, OPEN_CHAIN
from gex_assets.stages.categories import codes_of
from gex_assets.stages.premarket.opening import Opening
from gex_assets.stages.premarket.settled import InForce
from gex_assets.stages.row_block import category, row_block

__all__ = ["open_chain"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_KEY: Final = np.dtype([("ts_expiration", np.int64), ("strike", np.float64)])
_UNKNOWN: Final = -1


def open_chain(opening: Opening, *, before: Opening) -> pa.Table:
    """Put the strikes of two openings side by side.

    Parameters
    ----------
    opening : of the session that follows.
    before : of the session before that one.

    Returns
    -------
    Rows of `OPEN_CHAIN`: every strike of an expiration that outlives either opening; none where no statistic is in force at
    either.
    """
    if not any(np.isfinite(one.value).any() for side in (opening, before) for one in side.found):
        return OPEN_CHAIN.empty()
    keys = [_keys(one.chain.rows) for one in (opening, before)]
    union, at = np.unique(np.concatenate(keys), return_inverse=True)
    own, earlier = np.split(at.reshape(-1), [keys[0].size])
    of = {"": _Side(opening, _places(union.size, own)), BEFORE: _Side(before, _places(union.size, earlier))}
    underlyings = sorted({*opening.chain.underlyings, *before.chain.underlyings})
    terms = [(side.multiplier(), side.underlying(underlyings)) for side in of.values()]
    (multiplier, underlying), (earlier_multiplier, earlier_underlying) = terms
    known = np.maximum(*(side.ts_known() for side in of.values()))
    columns = {f"{name}{suffix}": column for suffix, side in of.items() for name, column in side.columns().items()}
    return row_block(
        OPEN_CHAIN,
        {
            **columns,
            "session_date": _dates(union.size, opening),
            "session_before": _dates(union.size, before),
            "ts_expiration": np.ascontiguousarray(union["ts_expiration"]),
            "strike": np.ascontiguousarray(union["strike"]),
            "underlying": category(np.where(underlying >= 0, underlying, earlier_underlying), underlyings),
            "multiplier": np.where(np.isnan(multiplier), earlier_multiplier, multiplier),
            "ts_known": pa.array(known, mask=known < 0),
        },
    )


class _Side:
    """The rows of one opening, at the places of the union's rows.

    Parameters
    ----------
    opening : the opening.
    place : (n,) position of each row among the opening's; -1 where it has none.
    """

    def __init__(self, opening: Opening, place: Int) -> None:
        self._opening, self._place = opening, place
        self._options = opening.chain.positions[:, place] if opening.chain.rows.num_rows else np.zeros((2, place.size), np.int64)
        self._options[:, place < 0] = _UNKNOWN

    def multiplier(self) -> Float:
        return self._column("multiplier")

    def underlying(self, names: list[str]) -> Int:
        """(n,) position in `names`; -1 where the row is not there."""
        return _at(codes_of(self._opening.chain.rows["underlying"], names), self._place, _UNKNOWN)

    def ts_known(self) -> Int:
        """(n,) when the last statistic of the row was published; -1 without any."""
        found = self._opening.found
        of_each = [_at(one.ts_known, options, _UNKNOWN) for one in found for options in self._options]
        known: Int = np.max(of_each, axis=0)
        return known

    def columns(self) -> dict[str, Float | pa.Array]:
        """The columns of `SIDES`."""
        years, gamma, forward = (self._column(name) for name in ("years", "gamma", "forward"))
        found, settlements = self._opening.found, self._opening.chain.settlements
        calls, puts = (_at(one, self._place, np.nan) for one in settlements)
        contracts = [_at(found.open_interest.value, options, np.nan) for options in self._options]
        priced = [~np.isnan(one) for one in (calls, puts)]
        with np.errstate(invalid="ignore", divide="ignore"):
            iv = self._column("total_vol") / np.sqrt(years)
        return {
            "forward": forward,
            "years": years,
            "iv": iv,
            "gamma": gamma,
            "contract_gex": gamma_exposure(gamma=gamma, weight=1.0, F=forward, multiplier=self.multiplier()),
            "call_settlement": calls,
            "put_settlement": puts,
            "settlement_is_final": self._all_final(found.price, priced),
            "call_open_interest": contracts[0],
            "put_open_interest": contracts[1],
            "open_interest_date": self._latest(found.open_interest.trade_date),
            "open_interest_is_final": self._all_final(found.open_interest, [~np.isnan(one) for one in contracts]),
        }

    def _latest(self, trade_date: Int) -> pa.Array:
        """(n,) the later date of call and put; NULL where neither has one."""
        days = np.max([_at(trade_date, options, _UNKNOWN) for options in self._options], axis=0).astype(np.int32)
        return pa.array(days, mask=days < 0).cast(pa.date32())

    def _all_final(self, statistic: InForce, there: list[Bool]) -> pa.Array:
        """(n,) whether all values that are there are final; NULL where none is."""
        final = [_at(statistic.is_final, options, 0) | ~one for options, one in zip(self._options, there, strict=True)]
        return pa.array(np.logical_and(*final), mask=~np.logical_or(*there))

    def _column(self, name: str) -> Float:
        return _at(self._opening.chain.rows[name].to_numpy(), self._place, np.nan)


def _keys(rows: pa.Table) -> NDArray[np.void]:
    keys = np.zeros(rows.num_rows, dtype=_KEY)
    for name in _KEY.names or ():
        keys[name] = rows[name].to_numpy()
    return keys


def _places(size: int, own: Int) -> Int:
    """(size,) position of each row of the union among a side's rows, which stand at `own`; -1 where the side has none."""
    places = np.full(size, _UNKNOWN, dtype=np.int64)
    places[own] = np.arange(own.size)
    return places


def _at(values: NDArray[Any], places: Int, fill: float) -> NDArray[Any]:
    """Values at these places; `fill` where a place is -1."""
    if not values.size:
        return np.full(places.size, fill, dtype=values.dtype)
    return np.where(places >= 0, values[np.maximum(places, 0)], fill).astype(values.dtype)


def _dates(rows: int, opening: Opening) -> pa.Array:
    return pa.repeat(pa.scalar(opening.session.session_date, pa.date32()), rows)
