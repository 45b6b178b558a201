"""What `analyze` is asked of a chain, checked once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, cast

import numpy as np

from gex_assets.chain.expiration_choice import ExpirationChoice, expiration_choice
from gex_assets.chain.moments import moment_ns
from gex_assets.chain.pricing.priced_chain import GAMMA_SOURCES, GammaSource
from gex_assets.conventions import ANY_SYMBOL, BUILT_IN, MAGIC8_LITERAL, Convention, chain_multiplier
from gex_assets.errors import ChainError, SettingsError, SymbolError
from gex_assets.market.listed_options import is_known
from gex_assets.market.products import PRODUCTS, classify_request
from gex_assets.schemas.regime_scores import STRATEGIES

__all__ = ["AnalysisRequest"]

_LEAST_RATE: Final = -0.5
_MOST_RATE: Final = 1.0
"""As for the setting `rate`: 4 is not 4 %. [1/year]"""

_CONVENTIONS: Final = {**BUILT_IN, MAGIC8_LITERAL.name: MAGIC8_LITERAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisRequest:
    """Every argument of `analyze` except the chain, checked.

    Attributes
    ----------
    symbol : as given, without spaces around it.
    spot : price of the underlying; None where the price given is no positive number. [index points]
    convention : resolved from its name.
    multiplier : value of a point. [USD per point]
    is_multiplier_assumed : whether neither the caller, nor the settings, nor the symbol says what a point is worth.
    as_of_ns : the moment the chain is of. [UNIX ns UTC]
    base_scores : strategy -> base score, every known strategy included.
    rate : continuously compounded. [1/year]
    min_strikes_required : fewer strikes with an exposure bring the warning `few_strikes`.
    gamma : of `GAMMA_SOURCES`; None leaves the choice to the chain.
    expirations : those that are analysed; () for all.
    """

    symbol: str
    spot: float | None
    convention: Convention
    multiplier: float
    is_multiplier_assumed: bool
    as_of_ns: int | None
    base_scores: dict[str, float]
    rate: float
    min_strikes_required: int
    gamma: GammaSource | None
    expirations: tuple[ExpirationChoice, ...]

    @classmethod
    def of(
        cls,
        *,
        symbol: str,
        spot: float | None,
        convention: str | Convention,
        multiplier: float | None,
        as_of: datetime | int | str | None,
        base_scores: Mapping[str, float] | None,
        rate: float,
        min_strikes_required: int,
        multipliers: Mapping[str, float] | None = None,
        gamma: str | None = None,
        expirations: ExpirationChoice | Sequence[ExpirationChoice] = (),
    ) -> AnalysisRequest:
        """Check the arguments of `analyze`.

        Raises
        ------
        ChainError
            One of them cannot be used.
        """
        if not isinstance(symbol, str) or not symbol.strip():
            raise ChainError(f"Expected a symbol, was {symbol!r}")
        chosen = _convention(convention)
        price = None if spot is None else _number("spot", spot)
        known = price is not None and math.isfinite(price) and price > 0.0
        value = _value_of_a_point(symbol, multiplier, multipliers, convention=chosen)
        if not math.isfinite(_number("rate", rate)):
            raise ChainError(f"Expected a rate, was {rate!r}")
        if not _LEAST_RATE < rate < _MOST_RATE:
            raise ChainError(f"Expected a rate between {_LEAST_RATE:g} and {_MOST_RATE:g} (0.04 for 4 %), was {rate!r}")
        if gamma is not None and gamma not in GAMMA_SOURCES:
            raise ChainError(f"Expected gamma to be one of {', '.join(GAMMA_SOURCES)}, was {gamma!r}")
        if isinstance(min_strikes_required, bool) or not isinstance(min_strikes_required, int | np.integer):
            raise ChainError(f"Expected a whole number in min_strikes_required, was {min_strikes_required!r}")
        if base_scores is not None and not isinstance(base_scores, Mapping):
            raise ChainError(f"Expected a mapping of strategies to numbers in base_scores, was {base_scores!r}")
        scores = {str(name): _number(f"base_scores[{name}]", score) for name, score in (base_scores or {}).items()}
        return cls(
            symbol=symbol.strip(),
            spot=price if known else None,
            convention=chosen,
            multiplier=value,
            is_multiplier_assumed=multiplier is None and _is_unknown(symbol, multipliers, convention=chosen),
            as_of_ns=None if as_of is None else moment_ns(as_of),
            base_scores={**dict.fromkeys(STRATEGIES, 1.0), **scores},
            rate=float(rate),
            min_strikes_required=int(min_strikes_required),
            gamma=cast("GammaSource | None", gamma),
            expirations=tuple(
                expiration_choice(one) for one in ([expirations] if isinstance(expirations, str | date) else expirations)
            ),
        )


def _value_of_a_point(
    symbol: str, multiplier: float | None, multipliers: Mapping[str, float] | None, *, convention: Convention
) -> float:
    """The multiplier given, else the symbol's own by the mapping given and the convention [USD per point]."""
    if multipliers is not None and not isinstance(multipliers, Mapping):
        raise ChainError(f"Expected a mapping of symbols to numbers in multipliers, was {multipliers!r}")
    own = {str(name).upper(): _number(f"multipliers[{name}]", one) for name, one in (multipliers or {}).items()}
    try:
        known = chain_multiplier(_root(symbol), convention=convention, multipliers=own)
    except SettingsError as error:
        raise ChainError(str(error)) from error
    value = known if multiplier is None else _number("multiplier", multiplier)
    if not (math.isfinite(value) and value > 0.0):
        raise ChainError(f"Expected a positive multiplier, was {value!r}")
    return value


def _is_unknown(symbol: str, multipliers: Mapping[str, float] | None, *, convention: Convention) -> bool:
    """Whether nothing says what a point of the symbol's options is worth."""
    root = _root(symbol).strip().upper().lstrip("^$._")
    said = {str(name).upper() for name in multipliers or {}} | {name for name, _ in convention.index_multipliers}
    return not ({root, ANY_SYMBOL} & said or root in PRODUCTS or is_known(root))


def _convention(convention: str | Convention) -> Convention:
    if isinstance(convention, Convention):
        return convention
    if convention not in _CONVENTIONS:
        raise ChainError(f"Expected a Convention or one of {', '.join(_CONVENTIONS)}, was {convention!r}")
    return _CONVENTIONS[convention]


def _root(symbol: str) -> str:
    """The product of a future's symbol or request (ESH6, ES.OPT: ES); any other symbol as it is."""
    try:
        return classify_request((symbol.strip().upper(),))[0]
    except SymbolError:
        return symbol


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ChainError(f"Expected a number in {name}, was {value!r}")
    return float(value)
