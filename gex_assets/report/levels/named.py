"""From one row of levels to prices with a name and an error, in the order in which a chart shows them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from gex_assets.analytics.reach import larger_error, shown_flip
from gex_assets.escaping import visible

__all__ = ["Kind", "LevelSet", "NamedLevel", "level_set"]

Kind = Literal["call_wall", "put_wall", "flip", "reference", "secondary", "expected_move"]

Row = Mapping[str, Any]

_NAMES: Final[dict[str, tuple[str, Kind]]] = {
    "call_wall": ("call wall", "call_wall"),
    "secondary_call_wall": ("2nd call wall", "secondary"),
    "put_wall": ("put wall", "put_wall"),
    "secondary_put_wall": ("2nd put wall", "secondary"),
    "zero_gamma": ("flip", "flip"),
    "reference_price": ("reference", "reference"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLevel:
    """A price that somebody wants to see on a chart.

    Attributes
    ----------
    name : in a trader's words.
    price : [index points]
    error : how far it may be off, one standard error or half of its band, the larger; None where it has none. [index points]
    kept : of a wall, the share of draws of quotes and forwards that keep it; None where unknown. [1]
    """

    name: str
    kind: Kind
    price: float
    error: float | None = None
    kept: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSet:
    """The levels of one product, convention and scope at one moment.

    Attributes
    ----------
    about : the session or the window that they are of, in words.
    ts_known : since when they could be known. [UNIX ns UTC]
    weight, scale : what exposures count and their unit.
    net, net_error, gross : exposures in that unit; None where unknown.
    levels : from the highest price to the lowest.
    """

    product: str
    session_date: date
    about: str
    convention: str
    scope: str
    weight: str | None
    scale: str
    ts_known: int | None
    net: float | None
    net_error: float | None
    gross: float | None
    levels: tuple[NamedLevel, ...]

    @property
    def title(self) -> str:
        """One line that says what the levels are of."""
        said = f"{self.product} {self.session_date} {self.about}, {self.convention}, {self.scope}"
        return visible(f"{said}, by {self.weight or 'no weight'}")

    @property
    def known(self) -> str:
        """Since when they could be known, to the minute, in words."""
        if self.ts_known is None:
            return "no statistic says since when they could be known"
        return f"could be known from {datetime.fromtimestamp(self.ts_known / 1e9, tz=UTC):%Y-%m-%d %H:%M} UTC on"


def level_set(row: Row, *, product: str, about: str, ts_known: int | None) -> LevelSet:
    """Name the levels of a row.

    Parameters
    ----------
    row : of `open_levels` or `silver_gex_levels`. A zero gamma out of reach is left out, as everywhere that people look at.
    about : the session or window, in words.
    ts_known : since when the row could be known. [UNIX ns UTC]
    """
    shown = shown_flip(row)
    found = sorted(_named(shown), key=lambda one: (-one.price, one.name))
    return LevelSet(
        product=product,
        session_date=row["session_date"],
        about=about,
        convention=row["convention"],
        scope=row["scope"],
        weight=row["weight_used"],
        scale=row["scale"],
        ts_known=ts_known,
        net=row["net_gex"],
        net_error=row["net_gex_se"],
        gross=row["gross_gex"],
        levels=tuple(found),
    )


def _named(row: Row) -> Iterator[NamedLevel]:
    for column, (name, kind) in _NAMES.items():
        price = row[column]
        if price is None or math.isnan(price):
            continue
        error = None
        if column == "zero_gamma":
            low, high = row["zero_gamma_low"], row["zero_gamma_high"]
            error = larger_error(row["zero_gamma_se"], low=low, high=high, rule=row["flip_rule"])
        elif column == "reference_price" and row.get("forward_se") is not None:
            error = row["forward_se"] / 2.0
        yield NamedLevel(name=name, kind=kind, price=price, error=error, kept=row.get(f"{column}_kept"))
    move, reference = row.get("expected_move"), row["reference_price"]
    if move is not None and reference is not None:
        for sign, name in ((1, "expected move up"), (-1, "expected move down")):
            yield NamedLevel(name=name, kind="expected_move", price=reference + sign * move)
