"""`analyze`: one chain, one convention, everything that can be said about it."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics import regimes as judge
from gex_assets.analytics.chain_levels import SignedChain, further_exposures, levels, signed
from gex_assets.analytics.zero_gamma import ZeroGamma, ZeroGammaFinder
from gex_assets.chain.exposure_tables import by_expiration, by_strike, strikes_table
from gex_assets.chain.literal import Literal, literal
from gex_assets.chain.pricing import price_chain
from gex_assets.chain.question import FEWEST_STRIKES, RATE, Question
from gex_assets.chain.reading import Options, Warnings, read_chain
from gex_assets.chain.results import Analysis, ChainLevels, RegimeAnalysis
from gex_assets.conventions import EXPECTED_BEHAVIOR, MAGIC8_LITERAL, WEIGHTS, Convention
from gex_assets.errors import ChainError
from gex_assets.kernels.exposure.levels import StrikeLevels
from gex_assets.schemas.regime_scores import BIASES, MAGNITUDES, REGIMES

__all__ = ["analyze", "clear_cache"]

Float = NDArray[np.float64]

_MOST_CACHED: Final = 64


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
    min_strikes_required: int = FEWEST_STRIKES,
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
    cache : whether an equal question (same content of the chain) may be answered from memory.

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
    warnings = Warnings()
    question = Question.of(
        symbol=symbol,
        spot=spot,
        convention=convention,
        multiplier=multiplier,
        as_of=as_of,
        base_scores=base_scores,
        rate=rate,
        min_strikes_required=min_strikes_required,
    )
    options = read_chain(chain, warnings=warnings)
    if not cache:
        return _answer(question, options, warnings)
    key = question.digest(options, warnings)
    found = _cache.get(key)
    if found is None:
        found = _answer(question, options, warnings)
        _cache.put(key, found)
    return replace(found, scores=dict(found.scores))


def clear_cache() -> None:
    """Forget every answer."""
    _cache.clear()


class _Cache:
    """The answers given last, by the content of their question: equal content has an equal answer, so nothing gets stale."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[bytes, Analysis] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes) -> Analysis | None:
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def put(self, key: bytes, answer: Analysis) -> None:
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._answers.clear()


_cache: Final = _Cache(_MOST_CACHED)


def _answer(question: Question, options: Options, warnings: Warnings) -> Analysis:
    if len(options) == 0:
        warnings.add("empty_chain", "the chain has no usable rows: scores are the base scores")
    if question.spot is None:
        warnings.add("no_spot", "there is no positive spot price: scores are the base scores")
    if len(options) == 0 or question.spot is None:
        return question.empty(warnings)
    weight = _weight(options, question.convention)
    if question.convention.name == MAGIC8_LITERAL.name:
        return _to_the_letter(question, options, weight, warnings)
    priced = price_chain(
        options,
        spot=question.price,
        multiplier=question.multiplier,
        as_of_ns=question.as_of_ns,
        rate=question.rate,
        warnings=warnings,
    )
    chain = signed(priced.rows, convention=question.convention, weight=weight)
    _warn_of_missing(chain, warnings)
    reference = np.array([question.price])
    found = levels(chain, reference=reference)
    if found.strikes[0] == 0:
        warnings.add("no_exposure", "no option has both a weight and a gamma: scores are the base scores")
        return question.empty(warnings, weight=weight)
    finder = ZeroGammaFinder(chain, chosen=np.ones(1, dtype=np.bool_), rate=question.rate)
    zero_gamma = finder.find(reference=reference, found=found)
    _warn_of_not_repriced(chain, warnings)
    named = _levels(chain, found, zero_gamma, band=finder.band(reference=reference, zero_gamma=zero_gamma), warnings=warnings)
    return _complete(
        replace(
            question.empty(warnings, weight=weight),
            expirations=by_expiration(
                chain, priced.slices, found=found, zero_gamma=zero_gamma, price=question.price, rate=question.rate
            ),
        ),
        question,
        warnings,
        net=float(found.net[0]),
        gross=float(found.gross[0]),
        call=_known(found.call),
        put=_known(found.put),
        strikes=by_strike(chain),
        named=named,
    )


def _complete(
    empty: Analysis,
    question: Question,
    warnings: Warnings,
    *,
    net: float,
    gross: float,
    call: float | None,
    put: float | None,
    strikes: pa.Table,
    named: ChainLevels,
    position: Float | None = None,
) -> Analysis:
    """Judge the regime and put everything together; the position between the walls is found unless given."""
    if named.strikes < question.min_strikes_required:
        warnings.add(
            "few_strikes", f"Expected at least {question.min_strikes_required} strikes with an exposure, was {named.strikes}"
        )
    nets = np.array([net])
    regimes = judge.regime(nets, np.array([gross]), convention=question.convention)
    magnitudes = judge.magnitude(nets, convention=question.convention)
    if position is None:
        walls = {name: np.array([_or_nan(getattr(named, name))]) for name in ("call_wall", "put_wall")}
        position = judge.position_in_range(np.array([question.price]), **walls)
    regime = REGIMES[regimes[0]]
    analysis = RegimeAnalysis(
        regime=regime,
        magnitude=MAGNITUDES[magnitudes[0]],
        bias=BIASES[judge.bias(position, regimes)[0]],
        net_gex_billions=net / 1e9,
        position_in_range=_known(position),
        expected_behavior=EXPECTED_BEHAVIOR.get(regime),
    )
    scores = {
        strategy: base * float(judge.score_multiplier(strategy, regimes=regimes, magnitudes=magnitudes)[0])
        for strategy, base in question.scores.items()
    }
    return replace(
        empty,
        net_gex=net,
        total_call_gex=call,
        total_put_gex=put,
        strikes=strikes,
        levels=named,
        regime=regime,
        regime_analysis=analysis,
        scores=scores,
        warnings=warnings.all(),
    )


def _levels(
    chain: SignedChain, found: StrikeLevels, zero_gamma: ZeroGamma, *, band: tuple[Float, Float], warnings: Warnings
) -> ChainLevels:
    low, high = band
    reason = "no_crossing" if np.isnan(zero_gamma.nearest[0]) else None
    if chain.convention.flip_rule == "profile_nearest" and not (chain.rows.total_vol > 0.0).any():
        reason = "no_repricing"
        warnings.add("no_repricing", "without volatilities and times to expiration there is no re-pricing and no zero gamma")
    further = further_exposures(chain)
    high_gamma = found.high_gamma_strikes[0]
    return ChainLevels(
        strikes=int(found.strikes[0]),
        gross_gex=_known(found.gross),
        coverage=_known(further["coverage"]),
        call_wall=_known(found.call_wall),
        call_wall_gex=_known(found.call_wall_exposure),
        call_wall_share=_known(found.call_wall_share),
        secondary_call_wall=_known(found.secondary_call_wall),
        put_wall=_known(found.put_wall),
        put_wall_gex=_known(found.put_wall_exposure),
        put_wall_share=_known(found.put_wall_share),
        secondary_put_wall=_known(found.secondary_put_wall),
        zero_gamma=_known(zero_gamma.nearest),
        zero_gamma_roots=tuple(zero_gamma.prices.tolist()),
        zero_gamma_low=_known(low),
        zero_gamma_high=_known(high),
        zero_gamma_reason=reason,
        abs_gamma_strike=_known(found.abs_gamma_strike),
        high_gamma_strikes=tuple(high_gamma[~np.isnan(high_gamma)].tolist()),
        dex=_known(further["dex"]),
        vanna_exposure=_known(further["vanna_exposure"]),
        charm_exposure=_known(further["charm_exposure"]),
    )


def _to_the_letter(question: Question, options: Options, weight: str, warnings: Warnings) -> Analysis:
    if "gamma" not in options.numbers:
        raise ChainError(
            f"Expected gamma in the chain for the convention {MAGIC8_LITERAL.name}, was {', '.join(options.numbers)}"
        )
    found: Literal = literal(options, spot=question.price, multiplier=question.multiplier, warnings=warnings)
    strikes = sorted(found.by_strike)
    call, put, net = (np.array([found.by_strike[strike][part] for strike in strikes]) for part in range(3))
    width = found.call_wall - found.put_wall
    if width == 0.0:
        warnings.add("walls_without_range", "call wall and put wall are one strike, where the plan's code would fail")
    answer = _complete(
        question.empty(warnings, weight=weight),
        question,
        warnings,
        net=found.net,
        gross=abs(found.call) + abs(found.put),
        call=found.call,
        put=found.put,
        strikes=strikes_table(np.array(strikes), call, put, net),
        named=ChainLevels(
            strikes=len(strikes),
            gross_gex=abs(found.call) + abs(found.put),
            call_wall=found.call_wall,
            put_wall=found.put_wall,
            zero_gamma=found.zero_gamma,
            zero_gamma_roots=() if found.zero_gamma is None else (found.zero_gamma,),
            zero_gamma_reason="no_crossing" if found.zero_gamma is None else None,
            high_gamma_strikes=found.high_gamma_strikes,
        ),
        position=np.array([(question.price - found.put_wall) / width if width else np.nan]),
    )
    judged = answer.regime_analysis
    if judged is None or judged.expected_behavior is None:
        return answer
    return replace(answer, regime_analysis=replace(judged, expected_behavior=judged.expected_behavior.capitalize()))


def _weight(options: Options, convention: Convention) -> str:
    """The first of the convention's weights that the chain has values of; without any, the first that it has a column of."""
    there = [name for name in convention.weights if name in options.numbers]
    if not there:
        has = [name for name in WEIGHTS if name in options.numbers]
        raise ChainError(
            f"Expected a column {' or '.join(convention.weights)} for the convention {convention.name}, "
            f"was {', '.join(has) or 'no weight'}"
        )
    return next((name for name in there if not np.isnan(options.numbers[name]).all()), there[0])


def _warn_of_missing(chain: SignedChain, warnings: Warnings) -> None:
    size = np.where(np.isnan(chain.call_size), chain.put_size, chain.call_size)
    no_gamma = np.isnan(chain.rows.gamma)
    warnings.count("missing_weight", np.isnan(size), f"have no {chain.weight} and are left out")
    warnings.count("missing_gamma", no_gamma & ~(size == 0.0) & ~np.isnan(size), "have a weight but no gamma and are left out")


def _warn_of_not_repriced(chain: SignedChain, warnings: Warnings) -> None:
    """Say how much of the exposure the flip's profile cannot see, where it sees any."""
    if chain.convention.flip_rule != "profile_nearest" or not (chain.rows.total_vol > 0.0).any():
        return
    magnitude = np.nan_to_num(chain.call_magnitude) + np.nan_to_num(chain.put_magnitude)
    unseen = ~(chain.rows.total_vol > 0.0) & (magnitude > 0.0)
    share = float(magnitude[unseen].sum() / max(magnitude.sum(), 1e-300))
    warnings.count(
        "not_repriced", unseen, f"have a gamma but no volatility: {share:.1%} of the gross exposure is not in the flip's profile"
    )


def _known(values: Float) -> float | None:
    """The single value of an array; None for NaN."""
    value = float(values[0])
    return None if math.isnan(value) else value


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
