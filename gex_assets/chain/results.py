"""What the calculator returns: values or None, never a NaN, and warnings that say what was missing or left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import pyarrow as pa

__all__ = ["Analysis", "ChainLevels", "ChainWarning", "RegimeAnalysis"]


class ChainWarning(str):
    """A warning: as a string its short code ("few_strikes"), with the sentence behind it in `text`."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, code: str, text: str) -> Self:
        """Make one of a code and a sentence."""
        warning = super().__new__(cls, code)
        warning.text = text
        return warning

    def __repr__(self) -> str:
        return f"<{self!s}: {self.text}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (ChainWarning, (str(self), self.text))


class _Readable(Mapping[str, Any]):
    """Fields of a dataclass that can also be read like a dictionary's."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return getattr(self, name)

    def __contains__(self, name: object) -> bool:
        return any(one.name == name for one in fields(self))  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[str]:
        return (one.name for one in fields(self))  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(fields(self))  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True, eq=False)
class ChainLevels(_Readable):
    """Levels of the chain; None where there is none. Prices in index points, exposures in the convention's scale.

    `call_wall_gex` is the value by which the wall was chosen, `call_wall_share` its share of its side; `coverage` is the share
    of the weight at options with a gamma; `zero_gamma_low` and `_high` say how far the flip moves with the volatilities at bid
    and ask and when volatility moves along with the price. `zero_gamma_reason` says why there is no flip.
    """

    strikes: int = 0
    gross_gex: float | None = None
    coverage: float | None = None
    call_wall: float | None = None
    call_wall_gex: float | None = None
    call_wall_share: float | None = None
    secondary_call_wall: float | None = None
    put_wall: float | None = None
    put_wall_gex: float | None = None
    put_wall_share: float | None = None
    secondary_put_wall: float | None = None
    zero_gamma: float | None = None
    zero_gamma_roots: tuple[float, ...] = ()
    zero_gamma_low: float | None = None
    zero_gamma_high: float | None = None
    zero_gamma_reason: str | None = None
    abs_gamma_strike: float | None = None
    high_gamma_strikes: tuple[float, ...] = ()
    dex: float | None = None
    vanna_exposure: float | None = None
    charm_exposure: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class RegimeAnalysis(_Readable):
    """The regime and what it says; `expected_behavior` is what the convention's assumption expects, not a forecast."""

    regime: str
    magnitude: str
    bias: str
    net_gex_billions: float
    position_in_range: float | None
    expected_behavior: str | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """Result of `analyze`.

    Without a price, or without any exposure, the numbers, `strikes`, `levels`, `regime` and `regime_analysis` are None, the
    scores are the base scores and a warning gives the reason.

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
