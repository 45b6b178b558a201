"""`analyze`: one pass over one chain under one convention: read, price, expose, find levels, judge.

Each step is a module with the type of its result: `reading`, `pricing`, `exposures`, `levels`, `judgement`. The convention
`magic8_literal` has exposures and levels of its own (`literal`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

import pyarrow as pa

from gex_assets.chain.chain_warnings import ChainWarning, Warnings
from gex_assets.chain.exposures import choose_weight, expose
from gex_assets.chain.judgement import RegimeAnalysis, judge
from gex_assets.chain.levels import ChainLevels, find_levels
from gex_assets.chain.literal import literal
from gex_assets.chain.pricing import price_chain
from gex_assets.chain.reading import Options, read_chain
from gex_assets.chain.request import AnalysisRequest
from gex_assets.conventions import MAGIC8_LITERAL, Convention
from gex_assets.defaults import MIN_STRIKES_REQUIRED, RATE
from gex_assets.errors import ChainError

__all__ = ["Analysis", "analyze", "clear_cache"]


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
    levels, regime_analysis : see there.
    regime : "positive", "negative" or "neutral".
    scores : strategy -> base score · multipliers.
    warnings : what was missing, odd or left out, each code once.
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
    levels: ChainLevels | None = None
    regime: str | None = None
    regime_analysis: RegimeAnalysis | None = None
    warnings: tuple[ChainWarning, ...] = field(default=())


def analyze(
    *,
    symbol: str,
    spot: float | None,
    chain: object,
    convention: str | Convention = "field",
    multiplier: float | None = None,
    as_of: datetime | int | str | None = None,
    base_scores: Mapping[str, float] | None = None,
    rate: float = RATE,
    min_strikes_required: int = MIN_STRIKES_REQUIRED,
    cache: bool = True,
) -> Analysis:
    """Gamma exposure, levels, regime and strategy scores of an option chain.

    Parameters
    ----------
    symbol : what the options are on; decides the multiplier if none is given.
    spot : price of the underlying, at which exposures are taken and around which levels are sought. [index points]
    chain : one row per option: strike, right, the convention's weight (open_interest …) and gamma, or iv, or bid and ask; with
        expiration (and `as_of`) or years the chain is re-priced for its zero gamma. Or one row per strike: strike, call_gamma,
        call_oi, put_gamma, put_oi. As an Arrow, pandas or polars table, a mapping of columns, or a list of rows.
    convention : name of a built-in convention, "magic8_literal", or a `Convention`.
    multiplier : value of a point. [USD per point]
    as_of : the moment the chain is of; a moment without a zone is UTC.
    base_scores : strategy -> base score; 1.0 where not given.
    rate : continuously compounded; used where a volatility or a forward must be found, and in re-pricing. [1/year]
    min_strikes_required : fewer strikes with an exposure bring the warning `few_strikes`.
    cache : whether an equal request about a chain of equal content may be answered from memory (the last 64 are kept).

    Returns
    -------
    Analysis
        All numbers are None, with a warning, where the chain is empty or there is no price.

    Raises
    ------
    ChainError
        The chain cannot be read, a column that is needed is missing, or another argument cannot be used.

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
        as_of=as_of,
        base_scores=base_scores,
        rate=rate,
        min_strikes_required=min_strikes_required,
    )
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
        return replace(nothing, warnings=warnings.all())

    weight = choose_weight(options, request.convention)
    nothing = replace(nothing, weight_used=weight)
    if request.convention.name == MAGIC8_LITERAL.name:
        exposures, found = literal(options, spot=spot, multiplier=request.multiplier, warnings=warnings)
    else:
        priced = price_chain(
            options,
            spot=spot,
            multiplier=request.multiplier,
            as_of_ns=request.as_of_ns,
            rate=request.rate,
            warnings=warnings,
        )
        exposed = expose(priced, convention=request.convention, weight=weight, spot=spot, warnings=warnings)
        totals = exposed.totals()
        if totals is None:
            warnings.add("no_exposure", "no option has both a weight and a gamma: scores are the base scores")
            return replace(nothing, warnings=warnings.all())
        exposures = totals
        found = find_levels(exposed, spot=spot, rate=request.rate, warnings=warnings)
    if not math.isfinite(exposures.net):
        raise ChainError(f"Expected products of gamma and {weight} that are finite, was a net exposure of {exposures.net}")

    if found.levels.strikes < request.min_strikes_required:
        warnings.add(
            "few_strikes",
            f"Expected at least {request.min_strikes_required} strikes with an exposure, was {found.levels.strikes}",
        )
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
        levels=found.levels,
        regime=judged.regime.regime,
        regime_analysis=judged.regime,
        scores=judged.scores,
        warnings=warnings.all(),
    )
