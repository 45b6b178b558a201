"""`open_levels`: the levels of every convention and scope at the moment the next session opens.

The chain is that of the settlements; from it levels are made by the same functions as every five seconds of a day.
Conventions that do not count open interest have none: nothing has rested or been traded yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.analytics.at_the_money import distance_in_sigmas, expected_move, one_day_sigma, volatility_at_the_money
from gex_assets.analytics.chain_levels import Scope, signed
from gex_assets.analytics.level_changes import pairs_of
from gex_assets.analytics.level_errors import LevelErrors, QuotedVolatilities
from gex_assets.analytics.wall_draws import WallDraws
from gex_assets.conventions import Convention
from gex_assets.kernels.pricing.parity_forward import STORED_ERRORS
from gex_assets.market.sessions import Session
from gex_assets.schemas.open_levels import OPEN_LEVELS
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES
from gex_assets.schemas.silver_gex_levels import WALL_REASONS
from gex_assets.stages.expirations_in_force import HowMany, expirations_in_force
from gex_assets.stages.ladders import Ladders, ladders_of
from gex_assets.stages.premarket.settled import InForce, Settled, settled
from gex_assets.stages.premarket.settlement_chain import SettlementChain, settlement_chain
from gex_assets.stages.row_block import category, row_block
from gex_assets.stages.silver.chain_scopes import VOLATILITIES, chain_rows, on_one_axis, scopes_of
from gex_assets.stages.silver.convention_scopes import DayConventions, each_convention_and_scope
from gex_assets.stages.silver.level_windows import LevelWindows
from gex_assets.stages.silver.scope_levels import ZERO_GAMMA_REASONS, LevelAnalysis, ScopeLevels

__all__ = ["open_levels"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_WEIGHT: Final = "open_interest"
_EPOCH: Final = date(1970, 1, 1)
_WITHIN_A_TICK: Final = 1.0 + 1e-9
_UNKNOWN: Final = -1


def open_levels(
    statistics: pa.Table,
    *,
    instruments: pa.Table,
    session: Session,
    conventions: Sequence[Convention],
    expirations: HowMany,
    rate: float,
    tick: float,
    sure_se: float,
    tally: Counter[str],
) -> pa.Table:
    """Make the levels.

    Parameters
    ----------
    statistics : rows of `BRONZE_OPTION_STATISTICS`; what they say of the session itself or later ones is left out.
    instruments : rows of `BRONZE_OPTION_INSTRUMENTS` as of the session's date: which are selected, and which expirations.
    session : the session that follows.
    conventions : those that count open interest have rows.
    expirations : setting: how many of the selected expirations the scope `selected` has.
    rate : continuously compounded. [1/year]
    tick : least step of an option's price. [index points]
    sure_se : largest `forward_se` of a forward that is `ok`. [index points]
    tally : counts `options_without_settlement`, `options_without_open_interest`, `conventions_without_open_interest`, and what
        `settled`, `settlement_chain` and `ladders_of` count.

    Returns
    -------
    Rows of `OPEN_LEVELS`; none without a settlement of an option that outlives the session's opening.

    Raises
    ------
    SettingsError
        A convention has an unknown scale or sign model, or `expirations` an unusable value.
    """
    every = ladders_of(_all_of(instruments), tally=tally)
    found = settled(
        statistics,
        instrument_ids=every.instrument_ids,
        session_date=session.session_date,
        ts_open=session.open_ns,
        tally=tally,
    )
    tally["options_without_settlement"] += int(np.count_nonzero(np.isnan(found.price.value)))
    tally["options_without_open_interest"] += int(np.count_nonzero(np.isnan(found.open_interest.value)))
    chain = settlement_chain(every, found, ts_open=session.open_ns, rate=rate, tick=tick, tally=tally)
    if chain.trade_date is None or not chain.rows.num_rows:
        return OPEN_LEVELS.empty()
    counted = tuple(one for one in sorted(conventions, key=lambda one: one.name) if _counts_open_interest(one))
    tally["conventions_without_open_interest"] += len(conventions) - len(counted)
    known = bool(np.isfinite(found.open_interest.value).any())
    day = DayConventions(counted, tuple(_WEIGHT if known else None for _ in counted))
    selected = _selected_expirations(instruments, session=session, expirations=expirations)
    return _Opening(chain, every, found, session=session, selected=selected, rate=rate, sure_se=sure_se).rows(day)


def _counts_open_interest(convention: Convention) -> bool:
    return _WEIGHT in convention.weights and convention.sign_model != "flow_signed"


def _all_of(instruments: pa.Table) -> pa.Table:
    """The same, every one of them selected."""
    place = instruments.column_names.index("selected")
    return instruments.set_column(place, instruments.schema.field("selected"), pa.array(np.ones(instruments.num_rows, np.bool_)))


def _selected_expirations(instruments: pa.Table, *, session: Session, expirations: HowMany) -> set[int]:
    """The expirations that the settings choose when the session opens.

    An option that no definition lists is known by its statistics, which came before the session.
    """
    place = instruments.column_names.index("ts_listed")
    listed = pc.fill_null(instruments["ts_listed"], session.open_ns - 1)
    chosen = ladders_of(instruments.set_column(place, instruments.schema.field("ts_listed"), listed), tally=Counter())
    if not chosen.by_expiration:
        return set()
    in_force = expirations_in_force(chosen, ends=np.array([session.open_ns]), expirations=expirations)[0]
    return {ladder.ts_expiration for ladder, is_in in zip(chosen.by_expiration, in_force.tolist(), strict=True) if is_in}


class _Opening:
    """The settlements' chain as one window that ends when the session opens, and what its levels are made of."""

    def __init__(
        self,
        chain: SettlementChain,
        ladders: Ladders,
        found: Settled,
        *,
        session: Session,
        selected: set[int],
        rate: float,
        sure_se: float,
    ) -> None:
        self._chain, self._ladders, self._found, self._session, self._rate = chain, ladders, found, session, rate
        table = chain.rows
        self._expires = table["ts_expiration"].to_numpy()
        rows, dates = chain_rows(table, np.zeros(table.num_rows, dtype=np.int64), 1)
        self._front = int(np.argmax(~np.isnan(chain.forward)))
        self._day = self._window(sure_se)
        self._rows = on_one_axis(rows, table, self._day)
        scopes = scopes_of(self._rows, dates, session_date=self._day.session_date)
        scopes["all"] = scopes.pop("selected")
        last = np.flatnonzero(np.isin(self._expires, sorted(selected)))
        stop = int(last[-1]) + 1 if last.size else 0
        scopes["selected"] = (Scope(np.array([0]), np.array([stop])), np.array([True]))
        self._scopes = scopes

    def _window(self, sure_se: float) -> LevelWindows:
        """The earliest forward is the reference price, as that of a window's front is."""
        chain = self._chain
        front, self._forward_se = float(chain.forward[self._front]), float(chain.forward_error[self._front]) * STORED_ERRORS
        quality = "none" if np.isnan(front) else "ok" if self._forward_se <= sure_se else "weak"
        codes = chain.rows["underlying"].combine_chunks().indices.to_numpy()
        days = (self._session.session_date - _EPOCH).days
        return LevelWindows(
            ends=np.array([self._session.open_ns]),
            session_date=np.array([days], dtype=np.int32),
            underlying=codes[[self._front]].astype(np.int32),
            underlyings=list(chain.underlyings),
            forward=np.array([front]),
            reference_price=np.array([front]),
            quality=np.array([FORWARD_QUALITIES.index(quality)], dtype=np.int32),
        )

    def rows(self, conventions: DayConventions) -> pa.Table:
        """Rows of every convention and scope, by their names."""
        errors = LevelErrors(
            self._rows,
            QuotedVolatilities(**{name: self._chain.rows[name].to_numpy() for name in VOLATILITIES}),
            forward_error=self._chain.forward_error,
            reference=self._day.reference_price,
        )
        pairs, sigma, once = pairs_of(self._rows, rate=self._rate), one_day_sigma(self._rows), np.array([True])
        draws = WallDraws(self._rows, errors, ends=self._day.ends, ts_expiration=self._expires, chosen=once)

        def analysis(convention: Convention, weight: str | None) -> Callable[[Scope], ScopeLevels]:
            signed_rows = signed(self._rows, convention=convention, weight=weight)
            return LevelAnalysis(
                signed_rows, self._day, minutes=once, rate=self._rate, pairs=pairs, errors=errors, sigma=sigma, draws=draws
            ).levels

        answers = [answer for answer in each_convention_and_scope(conventions, self._scopes, analysis) if answer.there.any()]
        names = sorted(self._scopes)
        convention = np.array([answer.number for answer in answers], dtype=np.int32)
        levels = [answer.found.columns for answer in answers]
        own = [self._of_scope(self._scopes[answer.scope][0]) for answer in answers]
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
            **dict.fromkeys(("underlying", "call_wall_underlying", "put_wall_underlying"), self._day.underlyings),
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
                "ts_open": np.full(len(answers), self._session.open_ns),
                "forward_se": np.full(len(answers), self._forward_se),
                **{
                    name: pa.array([one[name] for one in own], OPEN_LEVELS.arrow_schema().field(name).type)
                    for name in _MAYBE_NULL
                },
            },
        )

    def _of_scope(self, scope: Scope) -> dict[str, Any]:
        """What is known of a scope without any convention."""
        first, stop = int(scope.first[0]), int(scope.stop[0])
        expires = self._expires[first:stop]
        options = self._options(set(expires.tolist()))
        of_price, of_interest = (_chosen(one, options) for one in (self._found.price, self._found.open_interest))
        misses = self._chain.misses[:, first:stop]
        priced = misses[~np.isnan(misses)]
        latest = int(of_interest.trade_date.max(initial=_UNKNOWN))
        known = max(int(one.ts_known.max(initial=_UNKNOWN)) for one in (of_price, of_interest))
        return {
            "ts_known": None if known < 0 else known,
            "settlement_date": self._chain.trade_date,
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
        table = self._chain.rows.slice(first, stop - first)
        held = sum(np.nan_to_num(table[f"{right}_open_interest"].to_numpy()) for right in ("call", "put"))
        total = float(np.sum(held))
        return float(np.sum(held, where=self._chain.worthless[first:stop])) / total if total > 0.0 else np.nan

    def _options(self, expirations: set[int]) -> NDArray[np.int64]:
        """Positions of the options of these expirations."""
        of = [
            np.concatenate([ladder.call, ladder.put])
            for ladder in self._ladders.by_expiration
            if ladder.ts_expiration in expirations
        ]
        places = np.concatenate([np.zeros(0, dtype=np.int64), *of])
        return places[places >= 0]

    def _expected_move(self, scope: Scope, first: int) -> float:
        sigma = volatility_at_the_money(self._rows, scope=scope)
        return float(expected_move(F=self._rows.forward[[first]], sigma=sigma, T=self._rows.years[[first]])[0])


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
