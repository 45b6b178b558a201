"""`analyze`: one pass over one chain under one convention: read, choose, price, expose, find levels, judge.

Each step is a module or a folder with the type of its result: `reading`, `expiration_choice`, `pricing`, `exposures`, `levels`,
`further_tables`, `judgement`. The convention
`magic8_literal` has exposures and levels of its own (`literal`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Final

import pyarrow as pa

from gex_assets.chain.chain_warnings import ChainWarning, Warnings
from gex_assets.chain.expiration_choice import ExpirationChoice, choose_expirations
from gex_assets.chain.exposures import Exposures, choose_weight, expose
from gex_assets.chain.further_tables import (
    ChainBehind,
    by_strike_and_expiration,
    greeks_by_strike,
    profile_over_prices,
    zero_dte_split,
)
from gex_assets.chain.guards import check_spot_within_strikes, warn_of_spot_off_forward
from gex_assets.chain.judgement import RegimeAnalysis, judge
from gex_assets.chain.levels import ChainLevels, find_levels
from gex_assets.chain.literal import literal
from gex_assets.chain.pricing.placeholders import without_placeholders
from gex_assets.chain.pricing.priced_chain import price_chain
from gex_assets.chain.reading import Options, read_chain
from gex_assets.chain.request import AnalysisRequest
from gex_assets.conventions import MAGIC8_LITERAL, Convention
from gex_assets.defaults import MIN_STRIKES_REQUIRED, RATE
from gex_assets.errors import ChainError

__all__ = ["ASSUMED_MULTIPLIER", "Analysis", "analysis_of", "analyze", "clear_cache"]


ASSUMED_MULTIPLIER: Final = "multiplier_assumed"


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """Result of `analyze`: values or None, never a NaN.

    Without a price, or without any exposure, the numbers, `strikes`, `levels`, `regime` and `regime_analysis` are None. The
    scores are then the base scores, and a warning gives the reason.

    Attributes
    ----------
    symbol, spot : as given; a spot price that is no positive number is None.
    convention, convention_version : what the numbers assume.
    weight_used : the weight that gamma was multiplied with.
    scale : unit of every exposure.
    multiplier : value of a point that was used. [USD per point]
    net_gex, total_call_gex, total_put_gex : signed exposures; a total is None where no option of that right has one.
    strikes : strike, call_gex, put_gex, net_gex: signed, by strike, summed over expirations; NULL where unknown.
    expirations : one row per expiration: `exposure_tables.EXPIRATION_COLUMNS`; None in `magic8_literal`, which knows none.
    gamma_from : "published", "iv", "implied", or "mixed" where expirations differ.
    options : how many were analysed: of the expirations chosen, before what has expired was left out.
    reason : why there are no numbers: "empty_chain", "no_spot", "no_weight" or "no_exposure"; or "one_right_only": no regime.
    levels, regime_analysis : see there.
    regime : "positive", "negative" or "neutral".
    scores : strategy -> base score · multipliers.
    warnings : what was missing, odd or left out, each code once.
    behind : what the further tables are made of where they are read; None without numbers.
    """

    symbol: str
    spot: float | None
    convention: str
    convention_version: int
    weight_used: str | None
    scale: str
    multiplier: float
    scores: dict[str, float]
    net_gex: float | None = None
    total_call_gex: float | None = None
    total_put_gex: float | None = None
    strikes: pa.Table | None = None
    expirations: pa.Table | None = None
    gamma_from: str | None = None
    options: int = 0
    reason: str | None = None
    levels: ChainLevels | None = None
    regime: str | None = None
    regime_analysis: RegimeAnalysis | None = None
    warnings: tuple[ChainWarning, ...] = field(default=())
    behind: ChainBehind | None = field(default=None, repr=False)

    @cached_property
    def strike_greeks(self) -> pa.Table | None:
        """Exposures of delta, vanna and charm by strike: `further_tables.STRIKE_GREEK_COLUMNS`; None in `magic8_literal`."""
        return None if self.behind is None else greeks_by_strike(self.behind)

    @cached_property
    def strike_expirations(self) -> pa.Table | None:
        """Exposures by strike and expiration: `further_tables.STRIKE_EXPIRATION_COLUMNS`; None in `magic8_literal`."""
        return None if self.behind is None else by_strike_and_expiration(self.behind)

    @cached_property
    def profile(self) -> pa.Table | None:
        """Net exposure over prices: `further_tables.PROFILE_COLUMNS`; None where nothing can be re-priced."""
        return None if self.behind is None or self.spot is None else profile_over_prices(self.behind, spot=self.spot)

    @cached_property
    def zero_dte(self) -> pa.Table | None:
        """What expires on the day of `as_of`, and the rest: `further_tables.ZERO_DTE_COLUMNS`; None without moments."""
        return None if self.behind is None else zero_dte_split(self.behind)


def analyze(
    *,
    symbol: str,
    spot: float | None,
    chain: object,
    convention: str | Convention = "field",
    multiplier: float | None = None,
    multipliers: Mapping[str, float] | None = None,
    as_of: datetime | int | str | None = None,
    base_scores: Mapping[str, float] | None = None,
    rate: float = RATE,
    min_strikes_required: int = MIN_STRIKES_REQUIRED,
    expirations: ExpirationChoice | Sequence[ExpirationChoice] = (),
    cache: bool = True,
) -> Analysis:
    """Gamma exposure, levels, regime and strategy scores of an option chain.

    Parameters
    ----------
    symbol : what the options are on; decides the multiplier if none is given.
    spot : price of the underlying, at which exposures are taken and around which levels are sought. [index points]
    chain : one row per option: strike, right, the convention's weight (open_interest …) and gamma, or iv, or bid and ask; with
        expiration (and `as_of`) or years the chain is re-priced for its zero gamma. `iv` is decimal, `iv_percent` is percent. A
        column `future` names each option's future: strikes of several stand on one axis. Or one row per strike: strike,
        call_gamma, call_oi, put_gamma, put_oi. As an Arrow, pandas or polars table, a mapping of columns, or a list of rows.
    convention : name of a built-in convention, "magic8_literal", or a `Convention`.
    multiplier : value of a point. [USD per point]
    multipliers : symbol -> value of a point, where none is given: the setting of that name, with DEFAULT for any other symbol.
        Options on the futures known here keep their contract's. [USD per point]
    as_of : the moment the chain is of; a moment without a zone is UTC.
    base_scores : strategy -> base score; 1.0 where not given.
    rate : continuously compounded; used where a volatility or a forward must be found, and in re-pricing. [1/year]
    min_strikes_required : fewer strikes with an exposure bring the warning `few_strikes`.
    expirations : those to analyse: days, "A..B", "next", "monthly", "0dte", or several of these. () for all.
    cache : whether an equal request about a chain of equal content may be answered from memory (the last 64 are kept).

    Returns
    -------
    Analysis
        All numbers are None, with a warning, where the chain is empty or there is no price.

    Raises
    ------
    ChainError
        The chain cannot be read, a column that is needed is missing, the strikes do not surround the spot price, it is unclear
        whether volatilities are percent, or another argument cannot be used.

    Examples
    --------
    >>> rows = [{"strike": 500, "call_gamma": 0.01, "call_oi": 1000, "put_gamma": 0.01, "put_oi": 500}]
    >>> found = analyze(symbol="SPY", spot=500, chain=rows, convention="magic8")
    >>> found.total_call_gex, found.total_put_gex, found.net_gex, found.regime
    (-500000.0, 250000.0, -250000.0, 'negative')
    """
    request = AnalysisRequest.of(
        symbol=symbol,
        spot=spot,
        convention=convention,
        multiplier=multiplier,
        multipliers=multipliers,
        as_of=as_of,
        base_scores=base_scores,
        rate=rate,
        min_strikes_required=min_strikes_required,
        expirations=expirations,
    )
    return analysis_of(request, chain, cache=cache)


def analysis_of(request: AnalysisRequest, chain: object, *, cache: bool = True) -> Analysis:
    """What `analyze` returns, of a request that is checked already; it may ask where gammas come from.

    Parameters
    ----------
    request : every argument of `analyze` except the chain.
    chain, cache : as for `analyze`.

    Raises
    ------
    ChainError
        As `analyze`.
    """
    warnings = Warnings()
    options = read_chain(chain, warnings=warnings)
    if cache:
        found = _analysis_from_memory(_Key(repr(request), options.digest(), request, options))
    else:
        found = _analysis(request, options)
    return replace(found, scores=dict(found.scores), warnings=(*warnings.all(), *found.warnings))


def clear_cache() -> None:
    """Forget every answer."""
    _analysis_from_memory.cache_clear()


@dataclass(frozen=True, slots=True)
class _Key:
    """A request and a chain, equal to others of equal content."""

    asked: str
    content: bytes
    request: AnalysisRequest = field(compare=False)
    options: Options = field(compare=False)


@lru_cache(maxsize=64)
def _analysis_from_memory(key: _Key) -> Analysis:
    return _analysis(key.request, key.options)


def _analysis(request: AnalysisRequest, options: Options) -> Analysis:
    warnings = Warnings()
    nothing = Analysis(
        symbol=request.symbol,
        spot=request.spot,
        convention=request.convention.name,
        convention_version=request.convention.version,
        weight_used=None,
        scale=request.convention.scale,
        multiplier=request.multiplier,
        scores=request.base_scores,
    )
    spot = request.spot
    if len(options) == 0:
        warnings.add("empty_chain", "the chain has no usable rows: scores are the base scores")
    if spot is None:
        warnings.add("no_spot", "there is no positive spot price: scores are the base scores")
    if len(options) == 0 or spot is None:
        return replace(nothing, reason="empty_chain" if len(options) == 0 else "no_spot", warnings=warnings.all())

    if request.is_multiplier_assumed:
        warnings.add(
            ASSUMED_MULTIPLIER,
            f"a point of {request.symbol} is taken to be worth {request.multiplier:g} USD, as of options on US stocks: "
            "say another with --multiplier (multiplier in Python)",
        )
    check_spot_within_strikes(options.strike, spot=spot)
    options = choose_expirations(options, request.expirations, as_of_ns=request.as_of_ns)
    options = without_placeholders(options, warnings=warnings)
    weight = choose_weight(options, request.convention)
    nothing = replace(nothing, weight_used=weight, options=len(options))
    if request.convention.name == MAGIC8_LITERAL.name:
        exposures, found = literal(options, spot=spot, multiplier=request.multiplier, warnings=warnings)
        behind = None
    else:
        priced = price_chain(
            options,
            spot=spot,
            multiplier=request.multiplier,
            as_of_ns=request.as_of_ns,
            rate=request.rate,
            warnings=warnings,
            gamma=request.gamma,
        )
        warn_of_spot_off_forward(priced, spot=spot, rate=request.rate, warnings=warnings)
        exposed = expose(priced, convention=request.convention, weight=weight, spot=spot, warnings=warnings)
        nothing = replace(nothing, gamma_from=_only(priced.slices.gamma_from))
        reason = exposed.reason
        if reason is not None:
            warnings.add(reason, f"{_NO_EXPOSURE[reason].format(weight=weight)}: scores are the base scores")
            return replace(nothing, reason=reason, warnings=warnings.all())
        exposures = exposed.totals()
        found = find_levels(exposed, spot=spot, rate=request.rate, warnings=warnings)
        behind = ChainBehind(exposed.signed, priced.slices, request.as_of_ns, request.rate)
    _check_finite(exposures, found.levels, weight=weight)
    if found.levels.strikes < request.min_strikes_required:
        warnings.add(
            "few_strikes",
            f"Expected at least {request.min_strikes_required} strikes with an exposure, was {found.levels.strikes}",
        )
    is_half = found.levels.zero_gamma_reason == "one_right_only"
    judged = judge(
        net=exposures.net,
        gross=exposures.gross,
        position=found.position,
        convention=request.convention,
        base_scores=request.base_scores,
    )
    return replace(
        nothing,
        net_gex=exposures.net,
        total_call_gex=exposures.call,
        total_put_gex=exposures.put,
        strikes=exposures.strikes,
        expirations=found.expirations,
        behind=behind,
        levels=found.levels,
        # of half a chain the net is the gross: its sign is the convention's, and says nothing of the market
        reason="one_right_only" if is_half else None,
        regime=None if is_half else judged.regime.regime,
        regime_analysis=None if is_half else judged.regime,
        scores=nothing.scores if is_half else judged.scores,
        warnings=warnings.all(),
    )


_NO_EXPOSURE: Final = {
    "no_weight": "every {weight} is 0, so there is no exposure and no regime",
    "no_exposure": "no option has both a weight and a gamma",
}


def _only(sources: Sequence[str]) -> str | None:
    """The one source of all expirations; "mixed" where they have several."""
    found = set(sources)
    return None if not found else found.pop() if len(found) == 1 else "mixed"


def _check_finite(exposures: Exposures, levels: ChainLevels, *, weight: str) -> None:
    numbers = (exposures.net, exposures.gross, levels.dex, levels.vanna_exposure, levels.charm_exposure)
    for value in numbers:
        if value is not None and not math.isfinite(value):
            raise ChainError(
                f"Expected products of gamma and {weight} that are finite, was {value}: check the largest gamma and {weight}"
            )
