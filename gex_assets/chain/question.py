"""What `analyze` is asked beside the chain: checked once, and told apart by content."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from gex_assets.chain.moments import moment_ns
from gex_assets.chain.reading import Options, Warnings
from gex_assets.chain.results import Analysis
from gex_assets.conventions import BUILT_IN, MAGIC8_LITERAL, Convention, chain_multiplier
from gex_assets.errors import ChainError, SymbolError
from gex_assets.market.products import classify_request
from gex_assets.schemas.regime_scores import STRATEGIES

__all__ = ["FEWEST_STRIKES", "RATE", "Question"]

RATE: Final = 0.04
FEWEST_STRIKES: Final = 10
_CONVENTIONS: Final = {**BUILT_IN, MAGIC8_LITERAL.name: MAGIC8_LITERAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything asked but the chain, checked; `spot` is None where it is no price."""

    symbol: str
    spot: float | None
    convention: Convention
    multiplier: float
    as_of_ns: int | None
    scores: dict[str, float]
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
    ) -> Question:
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
        given = (
            {} if base_scores is None else {str(name): _number(f"base_scores[{name}]", of) for name, of in base_scores.items()}
        )
        return cls(
            symbol=symbol.strip(),
            spot=price if known else None,
            convention=chosen,
            multiplier=value,
            as_of_ns=None if as_of is None else moment_ns(as_of),
            scores={**dict.fromkeys(STRATEGIES, 1.0), **given},
            rate=float(rate),
            min_strikes_required=min_strikes_required,
        )

    @property
    def price(self) -> float:
        """The spot price as a number; NaN where there is none."""
        return math.nan if self.spot is None else self.spot

    def digest(self, options: Options, warnings: Warnings) -> bytes:
        """Hash of the question, the chain's content and what its reading has met."""
        said = [(str(warning), warning.text) for warning in warnings.all()]
        found = hashlib.blake2b(repr((self, len(options), sorted(options.numbers), said)).encode(), digest_size=16)
        arrays = (options.strike, options.is_call, options.entry, options.ts_expiration)
        for values in (*arrays, *(options.numbers[name] for name in sorted(options.numbers))):
            found.update(b"-" if values is None else np.ascontiguousarray(values).tobytes())
        return found.digest()

    def empty(self, warnings: Warnings, *, weight: str | None = None) -> Analysis:
        """The answer that says nothing but why."""
        return Analysis(
            symbol=self.symbol,
            spot=self.spot,
            convention=self.convention.name,
            convention_version=self.convention.version,
            weight_used=weight,
            scale=self.convention.scale,
            multiplier=self.multiplier,
            scores=dict(self.scores),
            warnings=warnings.all(),
        )


def _convention(convention: str | Convention) -> Convention:
    if isinstance(convention, Convention):
        return convention
    if convention not in _CONVENTIONS:
        raise ChainError(f"Expected a Convention or one of {', '.join(_CONVENTIONS)}, was {convention!r}")
    return _CONVENTIONS[convention]


def _root(symbol: str) -> str:
    """ESH6 and ES.OPT are on ES; what no product is known by stays as it is."""
    try:
        return classify_request((symbol.strip().upper(),))[0]
    except SymbolError:
        return symbol


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ChainError(f"Expected a number in {name}, was {value!r}")
    return float(value)
