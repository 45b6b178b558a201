"""`open_changes`: two openings as two windows that follow each other, and why net exposure changed from one to the other.

`kernels.exposure.net_change` says what the parts are and why they add up. It knows one part for all that has no factors to
compare. Here that one is three: expirations that ended, expirations that got their first exposure, and the rest.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import Scope, SignedChain
from gex_assets.analytics.level_changes import NetChanges, Pairs
from gex_assets.schemas.open_changes import CHANGE_REASONS, LEVELS_OF_BOTH, OPEN_CHANGES, PARTS_OF_SESSIONS
from gex_assets.schemas.silver_gex_levels import WALL_REASONS
from gex_assets.stages.premarket.opening import Opening
from gex_assets.stages.premarket.opening_windows import OpeningWindows
from gex_assets.stages.row_block import category, row_block
from gex_assets.stages.silver.convention_scopes import DayConventions, each_convention_and_scope
from gex_assets.stages.silver.scope_levels import ZERO_GAMMA_REASONS

__all__ = ["open_changes"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_REASON_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "call_wall_reason": WALL_REASONS,
    "put_wall_reason": WALL_REASONS,
    "zero_gamma_reason": ZERO_GAMMA_REASONS,
}
_PARTS: Final = tuple(f"net_gex_change_{part}" for part in PARTS_OF_SESSIONS)
_NONE: Final = -1


def open_changes(opening: Opening, *, before: Opening, conventions: DayConventions, rate: float, sure_se: float) -> pa.Table:
    """Compare two openings.

    Parameters
    ----------
    opening : of the session that follows; settled.
    before : of the session before that one; where it is not settled, its columns are NULL.
    conventions : as from `Opening.conventions` of `opening`: each has rows.
    rate : continuously compounded. [1/year]
    sure_se : as for `OpeningWindows`.

    Returns
    -------
    Rows of `OPEN_CHANGES`: of every scope that either opening has.

    Raises
    ------
    SettingsError
        A convention has an unknown scale or sign model.
    """
    if not conventions.conventions:
        return OPEN_CHANGES.empty()
    openings = [before, opening] if before.is_settled else [opening]
    windows = OpeningWindows(openings, rate=rate, sure_se=sure_se)
    answers = [
        answer
        for answer in each_convention_and_scope(conventions, windows.scopes, windows.analysis(drawn=False))
        if answer.there.any()
    ]
    names = sorted(windows.scopes)
    convention = np.array([answer.number for answer in answers], dtype=np.int32)
    columns: dict[str, Any] = {}
    for name in (*LEVELS_OF_BOTH, "underlying"):
        own = np.stack([answer.found.columns[name] for answer in answers])
        missing = np.full(len(answers), _NONE, own.dtype) if own.dtype.kind == "i" else np.full(len(answers), np.nan)
        columns[name], columns[f"{name}_before"] = own[:, -1], own[:, 0] if before.is_settled else missing
    reason = _reasons(opening, before, net=columns["net_gex"], net_before=columns["net_gex_before"])
    known = reason == _NONE
    parts = _Parts(windows, ts_open=opening.session.open_ns) if before.is_settled else None
    split = [
        dict.fromkeys(_PARTS, np.nan)
        if parts is None or not known[place]
        else parts.of(answer.number, conventions, windows.scopes[answer.scope][0])
        for place, answer in enumerate(answers)
    ]
    for name in _PARTS:
        columns[name] = np.array([one[name] for one in split])
    coded = {f"{name}{suffix}": words for name, words in _REASON_WORDS.items() for suffix in ("", "_before")}
    coded |= dict.fromkeys(("underlying", "underlying_before"), tuple(windows.day.underlyings))
    return row_block(
        OPEN_CHANGES,
        {
            **columns,
            **{name: category(columns[name], words) for name, words in coded.items()},
            **conventions.columns(convention),
            "flip_rule": conventions.flip_rules(convention),
            "scope": category(np.array([answer.place for answer in answers]), names),
            "net_gex_change": np.where(known, columns["net_gex"] - columns["net_gex_before"], np.nan),
            "change_reason": category(reason, CHANGE_REASONS),
            **{name: pa.repeat(value, len(answers)) for name, value in _of_all(opening, before).items()},
        },
    )


class _Parts:
    """Splits the change of any convention in any scope.

    Parameters
    ----------
    windows : of the two openings, the earlier first.
    ts_open : when the later session opens: what expires until then has ended. [UNIX ns UTC]
    """

    def __init__(self, windows: OpeningWindows, *, ts_open: int) -> None:
        self._windows = windows
        self._pairs: Pairs = windows.pairs()
        self._expired: Bool = windows.expires <= ts_open
        self._chains: dict[int, tuple[SignedChain, Bool, NetChanges]] = {}

    def of(self, number: int, conventions: DayConventions, scope: Scope) -> dict[str, float]:
        """The parts by column.

        Parameters
        ----------
        number : position of the convention among `conventions`.
        scope : its rows in both windows, which both have an exposure.
        """
        if number not in self._chains:
            self._chains[number] = self._prepared(conventions, number)
        chain, listed, rest = self._chains[number]
        (first, last), (stop, end) = scope.first.tolist(), scope.stop.tolist()
        exposures = [np.nan_to_num(one) for one in (chain.call_exposure, chain.put_exposure)]
        ended = 0.0 - sum(float(one[first:stop][self._expired[first:stop]].sum()) for one in exposures)
        new = sum(float(one[last:end][listed[last:end]].sum()) for one in exposures)
        found = {name: float(column[1]) for name, column in rest.columns(scope=scope, net=np.zeros(2)).items()}
        return {name: found.get(name, np.nan) for name in _PARTS} | {
            "net_gex_change_expired": ended,
            "net_gex_change_listed": new,
        }

    def _prepared(self, conventions: DayConventions, number: int) -> tuple[SignedChain, Bool, NetChanges]:
        """The rows under a convention, those of expirations without an exposure before, and what splits all others."""
        chain = self._windows.signed(conventions.conventions[number], conventions.weights[number])
        start = int(self._windows.rows.first[1])
        has_exposure = ~np.isnan(chain.call_exposure) | ~np.isnan(chain.put_exposure)
        known = np.unique(self._windows.expires[:start][has_exposure[:start]])
        listed: Bool = ~np.isin(self._windows.expires, known)
        listed[:start] = False
        apart = self._expired | listed
        call, put = (np.where(apart, np.nan, one) for one in (chain.call_size, chain.put_size))
        rest = replace(chain, call_size=call, put_size=put)
        return chain, listed, NetChanges(rest, pairs=self._pairs, follows=np.array([False, True]))


def _reasons(opening: Opening, before: Opening, *, net: Float, net_before: Float) -> NDArray[np.int32]:
    """(n,) why a row has no change, as codes of `CHANGE_REASONS`; -1 where it has one."""
    same = opening.chain.trade_date == before.chain.trade_date
    found = [not before.is_settled, same, not before.has_open_interest, not opening.has_open_interest]
    conditions = [*(np.full(net.size, one) for one in found), np.isnan(net_before), np.isnan(net)]
    return np.select(conditions, list(range(len(CHANGE_REASONS))), default=_NONE).astype(np.int32)


def _of_all(opening: Opening, before: Opening) -> dict[str, pa.Scalar]:
    """What all rows have in common."""

    def day(value: date | None) -> pa.Scalar:
        return pa.scalar(value, pa.date32())

    moments = [one.ts_known for one in (opening, before) if one.ts_known is not None]
    return {
        "session_date": day(opening.session.session_date),
        "session_before": day(before.session.session_date),
        "ts_open": pa.scalar(opening.session.open_ns, pa.int64()),
        "ts_open_before": pa.scalar(before.session.open_ns, pa.int64()),
        "ts_known": pa.scalar(max(moments, default=None), pa.int64()),
        "settlement_date": day(opening.chain.trade_date),
        "settlement_date_before": day(before.chain.trade_date if before.is_settled else None),
        "open_interest_date": day(opening.open_interest_date),
        "open_interest_date_before": day(before.open_interest_date),
        "open_interest_is_final": pa.scalar(opening.open_interest_is_final, pa.bool_()),
    }
