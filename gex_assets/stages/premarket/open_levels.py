"""`open_levels`: the levels of every convention and scope at the moment the next session opens.

The chain is that of the settlements; from it levels are made by the same functions as every five seconds of a day.
Conventions that do not count open interest have none: nothing has rested or been traded yet.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.at_the_money import distance_in_sigmas, expected_move, volatility_at_the_money
from gex_assets.analytics.chain_levels import Scope
from gex_assets.schemas.open_levels import OPEN_LEVELS
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES
from gex_assets.schemas.silver_gex_levels import WALL_REASONS
from gex_assets.stages.premarket.opening import Opening
from gex_assets.stages.premarket.opening_windows import OpeningWindows
from gex_assets.stages.premarket.settled import InForce
from gex_assets.stages.row_block import category, row_block
from gex_assets.stages.silver.convention_scopes import DayConventions, each_convention_and_scope
from gex_assets.stages.silver.scope_levels import ZERO_GAMMA_REASONS

__all__ = ["open_levels"]

_WITHIN_A_TICK: Final = 1.0 + 1e-9
_UNKNOWN: Final = -1


def open_levels(opening: Opening, *, windows: OpeningWindows, conventions: DayConventions) -> pa.Table:
    """Make the levels.

    Parameters
    ----------
    opening : of the session that follows; settled.
    windows : of that opening alone.
    conventions : as from `Opening.conventions`: each has rows.

    Returns
    -------
    Rows of `OPEN_LEVELS`; none without a convention.

    Raises
    ------
    SettingsError
        A convention has an unknown scale or sign model.
    """
    return _Levels(opening, windows).rows(conventions) if conventions.conventions else OPEN_LEVELS.empty()


class _Levels:
    """The rows of one opening."""

    def __init__(self, opening: Opening, windows: OpeningWindows) -> None:
        self._opening, self._windows = opening, windows

    def rows(self, conventions: DayConventions) -> pa.Table:
        """Rows of every convention and scope, by their names."""
        windows = self._windows
        scopes, day = windows.scopes, windows.day
        analysis = windows.analysis(drawn=True)
        answers = [answer for answer in each_convention_and_scope(conventions, scopes, analysis) if answer.there.any()]
        names = sorted(scopes)
        convention = np.array([answer.number for answer in answers], dtype=np.int32)
        levels = [answer.found.columns for answer in answers]
        own = [self._of_scope(scopes[answer.scope][0]) for answer in answers]
        columns = {name: np.concatenate([one[name] for one in levels]) for name in levels[0]}
        columns |= {name: np.array([one[name] for one in own]) for name in own[0]}
        for right in ("call", "put"):
            columns[f"{right}_wall_sigmas"] = distance_in_sigmas(
                columns[f"{right}_wall"], reference=columns["reference_price"], sigma=columns["one_day_sigma"]
            )
        coded = {
            "zero_gamma_reason": ZERO_GAMMA_REASONS,
            "call_wall_reason": WALL_REASONS,
            "put_wall_reason": WALL_REASONS,
            "forward_quality": FORWARD_QUALITIES,
            **dict.fromkeys(("underlying", "call_wall_underlying", "put_wall_underlying"), day.underlyings),
        }
        return row_block(
            OPEN_LEVELS,
            {
                **columns,
                **{name: category(columns[name], words) for name, words in coded.items()},
                **conventions.columns(convention),
                "flip_rule": conventions.flip_rules(convention),
                "scope": category(np.array([answer.place for answer in answers]), names),
                "zero_gamma_roots": pa.concat_arrays([answer.found.zero_gamma_roots for answer in answers]),
                "high_gamma_strikes": pa.concat_arrays([answer.found.high_gamma_strikes for answer in answers]),
                "ts_open": np.full(len(answers), self._opening.session.open_ns),
                "forward_se": np.full(len(answers), windows.forward_se[0]),
                **{
                    name: pa.array([one[name] for one in own], OPEN_LEVELS.arrow_schema().field(name).type)
                    for name in _MAYBE_NULL
                },
            },
        )

    def _of_scope(self, scope: Scope) -> dict[str, Any]:
        """What is known of a scope without any convention."""
        first, stop = int(scope.first[0]), int(scope.stop[0])
        expires = self._windows.expires[first:stop]
        options = self._options(set(expires.tolist()))
        of_price, of_interest = (_chosen(one, options) for one in (self._opening.found.price, self._opening.found.open_interest))
        misses = self._opening.chain.misses[:, first:stop]
        priced = misses[~np.isnan(misses)]
        latest = int(of_interest.trade_date.max(initial=_UNKNOWN))
        known = max(int(one.ts_known.max(initial=_UNKNOWN)) for one in (of_price, of_interest))
        return {
            "ts_known": None if known < 0 else known,
            "settlement_date": self._opening.chain.trade_date,
            "settlement_is_final": bool(of_price.is_final.all()) if of_price.value.size else None,
            "open_interest_date": None if latest < 0 else latest,
            "open_interest_is_final": bool(of_interest.is_final.mean() > 0.5) if of_interest.value.size else None,
            "options_settled": of_price.value.size,
            "worthless_share": self._worthless_share(first, stop),
            "repriced_share": np.mean(np.abs(priced) <= _WITHIN_A_TICK) if priced.size else np.nan,
            "ts_first_expiration": int(expires[0]) if expires.size else None,
            "expected_move": self._expected_move(scope, first) if expires.size else np.nan,
        }

    def _worthless_share(self, first: int, stop: int) -> float:
        """Share of these rows' open interest at strikes that settled at nothing; NaN without any open interest."""
        table = self._opening.chain.rows.slice(first, stop - first)
        held = sum(np.nan_to_num(table[f"{right}_open_interest"].to_numpy()) for right in ("call", "put"))
        total = float(np.sum(held))
        return float(np.sum(held, where=self._opening.chain.worthless[first:stop])) / total if total > 0.0 else np.nan

    def _options(self, expirations: set[int]) -> NDArray[np.int64]:
        """Positions of the options of these expirations."""
        of = [
            np.concatenate([ladder.call, ladder.put])
            for ladder in self._opening.ladders.by_expiration
            if ladder.ts_expiration in expirations
        ]
        places = np.concatenate([np.zeros(0, dtype=np.int64), *of])
        return places[places >= 0]

    def _expected_move(self, scope: Scope, first: int) -> float:
        sigma = volatility_at_the_money(self._windows.rows, scope=scope)
        return float(expected_move(F=self._windows.rows.forward[[first]], sigma=sigma, T=self._windows.rows.years[[first]])[0])


_MAYBE_NULL: Final = (
    "ts_known",
    "settlement_date",
    "settlement_is_final",
    "open_interest_date",
    "open_interest_is_final",
    "ts_first_expiration",
)


def _chosen(of_all: InForce, options: NDArray[np.int64]) -> InForce:
    """The options of these positions that have a value."""
    options = options[~np.isnan(of_all.value[options])]
    return InForce(of_all.value[options], of_all.trade_date[options], of_all.is_final[options], of_all.ts_known[options])
