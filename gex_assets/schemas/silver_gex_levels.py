"""Schema of `silver_gex_levels`: totals, walls and the flip of every convention and scope."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.book_columns import SESSION_DATE
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES
from gex_assets.schemas.table import CATEGORY, Column, Table, moment_ns, window_end

__all__ = ["CHANGE_PARTS", "SILVER_GEX_LEVELS", "WALL_REASONS"]

_UNIT: Final = "the convention's scale"

WALL_REASONS: Final = ("no_reference_price", "no_exposure", "no_strike_of_its_kind")
"""Why there is no wall, the first that holds."""

CHANGE_PARTS: Final = {
    "price": "the forwards moved, volatilities staying at their strikes",
    "time": "time to expiration passed",
    "volatility": "volatilities changed",
    "weight": "contracts or their sign changed",
    "relabel": "strikes got or lost an exposure, came into the scope or left it",
}
"""Parts of `net_gex_change`, which add up to it."""


def _number(name: str, about: str, unit: str) -> Column:
    return Column(name=name, type=pa.float64(), about=about, unit=unit, nullable=True)


def _error(name: str, about: str, unit: str) -> Column:
    return Column(name=name, type=pa.float64(), about=about, unit=unit, nullable=True, at_least=0.0)


def _walls() -> tuple[Column, ...]:
    columns: list[Column] = []
    for right in ("call", "put"):
        columns += [
            _number(
                f"{right}_wall", f"the {right} wall's strike by the convention's rule; NULL where there is none", "index points"
            ),
            _number(f"{right}_wall_gex", f"the exposure by which the {right} wall was chosen", _UNIT),
            Column(
                name=f"{right}_wall_share",
                type=pa.float64(),
                about=f"the {right} wall's share of the exposure of its side",
                unit="1",
                nullable=True,
                at_least=0.0,
                at_most=1.0,
            ),
            _number(
                f"secondary_{right}_wall", f"the next {right} strike with at least 0.7 of the wall's exposure", "index points"
            ),
            Column(
                name=f"{right}_wall_reason",
                type=CATEGORY,
                about=f"why {right}_wall is NULL: {', '.join(WALL_REASONS)}; NULL where it is there",
                nullable=True,
                one_of=WALL_REASONS,
            ),
        ]
    return tuple(columns)


SILVER_GEX_LEVELS: Final = Table(
    name="silver_gex_levels",
    layer="silver",
    about="Net and gross exposure, walls, flip and further exposures by convention and scope.",
    key=("ts_window_end", "convention", "scope"),
    settings=("conventions",),
    version="3",
    kinds=("parquet", "numba"),
    columns=(
        window_end(),
        Column(name="convention", type=CATEGORY, about="the named set of choices"),
        Column(name="scope", type=CATEGORY, about="selected, 0dte, or exp:YYYY-MM-DD"),
        SESSION_DATE,
        Column(name="convention_version", type=pa.int32(), about="version of that set", at_least=1),
        Column(name="weight_used", type=CATEGORY, about="the weight chosen for this day; NULL where none exists", nullable=True),
        Column(name="scale", type=CATEGORY, about="the unit of every exposure in this row"),
        Column(name="underlying", type=CATEGORY, about="the future these options are exercised into"),
        _number("reference_price", "the front selected expiration's reference price", "index points"),
        Column(name="forward_quality", type=CATEGORY, about="quality of that expiration's forward", one_of=FORWARD_QUALITIES),
        Column(name="strikes", type=pa.int32(), about="strikes with an exposure", unit="strikes", at_least=0),
        _number("net_gex", "sum of the signed exposures; NULL where no strike has one", _UNIT),
        _number("total_call_gex", "signed exposure of the calls", _UNIT),
        _number("total_put_gex", "signed exposure of the puts", _UNIT),
        _error("net_gex_se", "standard error of net_gex: the root of the sum of the squares of the next two", _UNIT),
        _error("net_gex_se_quotes", "standard error from the quotes' width in volatility", _UNIT),
        _error("net_gex_se_forward", "standard error from forward_se / 2 of each expiration", _UNIT),
        _number("net_gex_change", "net_gex less that of the window before; NULL after a gap and where either is NULL", _UNIT),
        *(_number(f"net_gex_change_{part}", f"its part from: {about}", _UNIT) for part, about in CHANGE_PARTS.items()),
        Column(name="gross_gex", type=pa.float64(), about="sum of the magnitudes", unit=_UNIT, nullable=True, at_least=0.0),
        Column(
            name="coverage",
            type=pa.float64(),
            about="share of the weight whose strikes have a usable volatility",
            unit="1",
            nullable=True,
            at_least=0.0,
            at_most=1.0,
        ),
        Column(
            name="quoted_share",
            type=pa.float64(),
            about="share of the weight whose strikes were quoted within 60 s",
            unit="1",
            nullable=True,
            at_least=0.0,
            at_most=1.0,
        ),
        *_walls(),
        _number("zero_gamma", "the flip nearest the reference price; NULL where there is none", "index points"),
        _error(
            "zero_gamma_se",
            "standard error of zero_gamma from both; NULL under strike_sign_change",
            "index points",
        ),
        Column(
            name="zero_gamma_roots",
            type=pa.list_(pa.field("item", pa.float64(), nullable=False)),
            about="every price at which net exposure changes sign",
            unit="index points",
            nullable=True,
        ),
        _number("zero_gamma_low", "lower end of the flip's band", "index points"),
        _number("zero_gamma_high", "upper end of the flip's band", "index points"),
        moment_ns("band_ts", "end of the window in which the band was computed; NULL before the first", nullable=True),
        Column(
            name="zero_gamma_reason",
            type=CATEGORY,
            about="why zero_gamma is NULL: no_reference_price, no_exposure, no_crossing; NULL where it is there",
            nullable=True,
            one_of=("no_reference_price", "no_exposure", "no_crossing"),
        ),
        _number("abs_gamma_strike", "strike with the largest call + put magnitude", "index points"),
        Column(
            name="high_gamma_strikes",
            type=pa.list_(pa.field("item", pa.float64(), nullable=False)),
            about="the five strikes with the largest |net|, largest first",
            unit="index points",
            nullable=True,
        ),
        _number("dex", "delta exposure: delta * weight * multiplier * F, signed by the convention", "USD"),
        _number("vanna_exposure", "change of dex per vol point, signed by the convention", "USD per vol point"),
        _number("charm_exposure", "change of dex per calendar day, signed by the convention", "USD per day"),
    ),
)
