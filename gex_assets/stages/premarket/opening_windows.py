"""The settlements' chains of one or two openings as windows, each ending when its session opens, and what levels are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.at_the_money import one_day_sigma
from gex_assets.analytics.chain_levels import Scope, SignedChain, signed
from gex_assets.analytics.level_changes import Pairs, pairs_of
from gex_assets.analytics.level_errors import LevelErrors, QuotedVolatilities
from gex_assets.analytics.wall_draws import WallDraws
from gex_assets.conventions import Convention
from gex_assets.kernels.pricing.parity_forward import STORED_ERRORS
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES
from gex_assets.stages.categories import codes_of
from gex_assets.stages.premarket.opening import Opening
from gex_assets.stages.silver.chain_scopes import VOLATILITIES, chain_rows, on_one_axis, scopes_of
from gex_assets.stages.silver.level_windows import LevelWindows
from gex_assets.stages.silver.scope_levels import LevelAnalysis, ScopeLevels

__all__ = ["OpeningWindows"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_EPOCH: Final = date(1970, 1, 1)


class _Front(NamedTuple):
    """The earliest expiration of an opening that has a forward."""

    forward: float
    forward_se: float
    quality: int
    underlying: str


class OpeningWindows:
    """Chains as windows.

    Parameters
    ----------
    openings : W of them, each settled, the earliest first.
    rate : continuously compounded. [1/year]
    sure_se : largest `forward_se` of a forward that is `ok`. [index points]

    Attributes
    ----------
    table : the chains' rows, n of them.
    expires : (n,) each row's expiration. [UNIX ns UTC]
    rows : the same as arrays, on the axis of each window's front.
    day : the windows; the reference price is the earliest forward, as that of a window's front is.
    forward_se : (W,) twice the standard error of it. [index points]
    scopes : scope -> its rows, and the windows that have any row for it. `all`, `selected` and `0dte` are in every window.
    """

    def __init__(self, openings: Sequence[Opening], *, rate: float, sure_se: float) -> None:
        chains = [one.chain for one in openings]
        self._rate = rate
        self._forward_error = np.concatenate([one.forward_error for one in chains])
        self.table = pa.concat_tables([one.rows for one in chains])
        self.expires = self.table["ts_expiration"].to_numpy()
        sizes = [one.rows.num_rows for one in chains]
        rows, dates = chain_rows(self.table, np.repeat(np.arange(len(chains)), sizes), len(chains))
        underlyings = sorted({name for one in chains for name in one.underlyings})
        fronts = [_front_of(one, sure_se=sure_se) for one in openings]
        price = np.array([one.forward for one in fronts])
        self.day = LevelWindows(
            ends=np.array([one.session.open_ns for one in openings]),
            session_date=np.array([(one.session.session_date - _EPOCH).days for one in openings], dtype=np.int32),
            underlying=np.array([underlyings.index(one.underlying) for one in fronts], dtype=np.int32),
            underlyings=underlyings,
            forward=price,
            reference_price=price,
            quality=np.array([one.quality for one in fronts], dtype=np.int32),
        )
        self.forward_se = np.array([one.forward_se for one in fronts])
        self.rows = on_one_axis(rows, self.table, self.day)
        scopes = scopes_of(self.rows, dates, session_date=self.day.session_date)
        scopes["all"] = scopes.pop("selected")
        first = self.rows.first
        stops = [_stop_of(self.expires[first[w] : first[w + 1]], one.selected) + int(first[w]) for w, one in enumerate(openings)]
        scopes["selected"] = (Scope(first[:-1], np.array(stops)), np.ones(len(openings), dtype=np.bool_))
        self.scopes = scopes
        self.sigma = one_day_sigma(self.rows)

    @cached_property
    def errors(self) -> LevelErrors:
        """How sure the rows' volatilities and forwards are."""
        return LevelErrors(
            self.rows,
            QuotedVolatilities(**{name: self.table[name].to_numpy() for name in VOLATILITIES}),
            forward_error=self._forward_error,
            reference=self.day.reference_price,
        )

    def pairs(self) -> Pairs:
        """Each row's place in the other window, and the gammas on the way."""
        return pairs_of(self.rows, rate=self._rate)

    def signed(self, convention: Convention, weight: str | None) -> SignedChain:
        """The rows under a convention."""
        return signed(self.rows, convention=convention, weight=weight)

    def analysis(self, *, drawn: bool) -> Callable[[Convention, str | None], Callable[[Scope], ScopeLevels]]:
        """What finds the levels of a convention's scopes, as in every window of a day.

        Parameters
        ----------
        drawn : whether zero gamma has a band and walls the share of draws that keep them, which is most of the work.
        """
        errors = self.errors
        chosen: Bool = np.full(self.day.ends.size, drawn)
        draws = WallDraws(self.rows, errors, ends=self.day.ends, ts_expiration=self.expires, chosen=chosen)
        pairs = self.pairs()

        def of_convention(convention: Convention, weight: str | None) -> Callable[[Scope], ScopeLevels]:
            return LevelAnalysis(
                self.signed(convention, weight),
                self.day,
                minutes=chosen,
                rate=self._rate,
                pairs=pairs,
                errors=errors,
                sigma=self.sigma,
                draws=draws,
            ).levels

        return of_convention


def _front_of(opening: Opening, *, sure_se: float) -> _Front:
    chain = opening.chain
    at = int(np.argmax(~np.isnan(chain.forward)))
    forward, forward_se = float(chain.forward[at]), float(chain.forward_error[at]) * STORED_ERRORS
    quality = "none" if np.isnan(forward) else "ok" if forward_se <= sure_se else "weak"
    underlying = chain.underlyings[int(codes_of(chain.rows["underlying"].slice(at, 1), chain.underlyings)[0])]
    return _Front(forward, forward_se, FORWARD_QUALITIES.index(quality), underlying)


def _stop_of(expires: NDArray[np.int64], selected: frozenset[int]) -> int:
    """How many rows there are up to the last selected expiration."""
    last = np.flatnonzero(np.isin(expires, sorted(selected)))
    return int(last[-1]) + 1 if last.size else 0
