"""What `analyze` is asked of a chain, checked once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from gex_assets.chain.moments import moment_ns
from gex_assets.conventions import BUILT_IN, MAGIC8_LITERAL, Convention, chain_multiplier
from gex_assets.errors import ChainError, SymbolError
from gex_assets.market.products import classify_request
from gex_assets.schemas.regime_scores import STRATEGIES

__all__ = ["AnalysisRequest"]

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
    as_of_ns : the moment the chain is of. [UNIX ns UTC]
    base_scores : strategy -> base score, every known strategy included.
    rate : continuously compounded. [1/year]
    min_strikes_required : fewer strikes with an exposure bring the warning `few_strikes`.
    """

    symbol: str
    spot: float | None
    convention: Convention
    multiplier: float
    as_of_ns: int | None
    base_scores: dict[str, float]
    rate: float
    min_strikes_required: int

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
        value = chain_multiplier(_root(symbol), convention=chosen) if multiplier is None else _number("multiplier", multiplier)
        if not (math.isfinite(value) and value > 0.0):
            raise ChainError(f"Expected a positive multiplier, was {multiplier!r}")
        if not math.isfinite(_number("rate", rate)):
            raise ChainError(f"Expected a rate, was {rate!r}")
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
            as_of_ns=None if as_of is None else moment_ns(as_of),
            base_scores={**dict.fromkeys(STRATEGIES, 1.0), **scores},
            rate=float(rate),
            min_strikes_required=int(min_strikes_required),
        )


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
