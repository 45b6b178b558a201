"""Schema of `silver_gex_levels`: totals, walls and zero gamma of every convention and scope."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gex_assets.conventions import FLIP_RULES
from gex_assets.schemas.columns import (
    CALL_WALL,
    CONVENTION,
    CONVENTION_FACTS,
    EXPOSURE_UNIT,
    GROSS_GEX,
    NET_GEX,
    PUT_WALL,
    REFERENCE_PRICE,
    SCOPE,
    SESSION_DATE,
    ZERO_GAMMA,
    category,
    count,
    float_list,
    kept_for,
    moment_ns,
    number,
    price,
    share,
    window_end,
)
from gex_assets.schemas.silver_forward import FRONT_FORWARD_QUALITY
from gex_assets.schemas.table import Column, Table

__all__ = ["CHANGE_PARTS", "SILVER_GEX_LEVELS", "WALL_REASONS", "ZERO_GAMMA_REASONS"]

WALL_REASONS: Final = ("no_reference_price", "no_exposure", "no_strike_of_its_kind")
"""Why there is no wall, the first that holds."""

ZERO_GAMMA_REASONS: Final = ("no_reference_price", "no_exposure", "no_crossing")
"""Why there is no zero gamma, the first that holds."""

CHANGE_PARTS: Final = {
    "price": "the forwards moved, volatilities staying at their strikes",
    "time": "time to expiration passed",
    "volatility": "volatilities changed",
    "weight": "contracts or their sign changed",
    "relabel": "strikes got or lost an exposure, came into the scope or left it",
}
"""Parts of `net_gex_change`, which add up to it."""

_ERRORS: Final = "people who ask how sure an exposure or a level is"
_PARTS: Final = "people who ask what an exposure is made of and why it changed"
_CURVE: Final = "people who draw levels or ask why one is missing"
_GREEKS: Final = "people who follow exposures other than gamma's"


def _error(name: str, about: str) -> Column:
    return number(name, about, EXPOSURE_UNIT, at_least=0.0)


def _walls() -> tuple[Column, ...]:
    columns: list[Column] = []
    for right, wall in (("call", CALL_WALL), ("put", PUT_WALL)):
        columns += [
            wall,
            *kept_for(
                _CURVE,
                price(f"{right}_wall_strike", f"Strike of the options at {right}_wall: that price, unless on another future."),
                category(
                    f"{right}_wall_underlying", f"Future of the options at {right}_wall; NULL where there is none.", nullable=True
                ),
            ),
            *kept_for(
                _PARTS,
                number(f"{right}_wall_gex", f"The exposure by which the {right} wall was chosen.", EXPOSURE_UNIT),
                share(f"{right}_wall_share", f"The {right} wall's share of the exposure of its side."),
                share(
                    f"{right}_wall_kept",
                    f"Share of 500 draws of quotes and forwards, at band_ts, that keep {right}_wall; NULL where it moved since.",
                ),
            ),
            price(f"secondary_{right}_wall", f"The next {right} strike with at least 0.7 of the wall's exposure."),
            *kept_for(
                _CURVE,
                category(
                    f"{right}_wall_reason",
                    f"Why {right}_wall is NULL, the first that holds; NULL where there is one.",
                    one_of=WALL_REASONS,
                    nullable=True,
                ),
            ),
        ]
    return tuple(columns)


SILVER_GEX_LEVELS: Final = Table(
    name="silver_gex_levels",
    layer="silver",
    about="Net and gross exposure, walls, zero gamma and further exposures by convention and scope.",
    key=("ts_window_end", "convention", "scope"),
    settings=("conventions", "rate"),
    version="4",
    kinds=("parquet", "numba"),
    columns=(
        window_end(),
        CONVENTION,
        SCOPE,
        SESSION_DATE,
        *CONVENTION_FACTS,
        REFERENCE_PRICE,
        FRONT_FORWARD_QUALITY,
        number(
            "one_day_sigma",
            "One day's standard deviation of the price, as a share of it: the front's volatility at the money * sqrt(1/365).",
            at_least=0.0,
        ),
        count("strikes", "Strikes with an exposure, on one axis.", "strikes"),
        NET_GEX,
        *kept_for(
            _PARTS,
            number("total_call_gex", "Signed exposure of the calls.", EXPOSURE_UNIT),
            number("total_put_gex", "Signed exposure of the puts.", EXPOSURE_UNIT),
        ),
        _error("net_gex_se", "Standard error of net_gex: the root of the sum of the squares of its three parts."),
        *kept_for(
            _ERRORS,
            _error("net_gex_se_quotes", "Standard error of net_gex from the quotes' width in volatility."),
            _error("net_gex_se_forward", "Standard error of net_gex from forward_se / 2 of each expiration."),
            _error(
                "net_gex_se_shape", "Part of net_gex_se for what the smile's shape and strikes without a volatility leave out."
            ),
        ),
        *kept_for(
            _PARTS,
            number(
                "net_gex_change",
                "net_gex less that of the window before; NULL after a gap and where either is NULL.",
                EXPOSURE_UNIT,
            ),
            *(
                number(f"net_gex_change_{part}", f"Part of net_gex_change because {about}.", EXPOSURE_UNIT)
                for part, about in CHANGE_PARTS.items()
            ),
        ),
        GROSS_GEX,
        share("coverage", "Share of the weight whose strikes have a usable volatility."),
        share("quoted_share", "Share of the weight whose strikes were quoted within 60 s."),
        *_walls(),
        ZERO_GAMMA,
        category("flip_rule", "The convention's rule by which zero_gamma is found.", one_of=tuple(FLIP_RULES)),
        replace(
            price("zero_gamma_se", "Standard error of zero_gamma from quotes and forwards; NULL under strike_sign_change."),
            at_least=0.0,
        ),
        number(
            "zero_gamma_sigmas",
            "Distance of zero_gamma from reference_price in one day's standard deviations: the points over "
            "reference_price * one_day_sigma.",
            at_least=0.0,
        ),
        *kept_for(
            _CURVE,
            float_list("zero_gamma_roots", "Every price at which net exposure changes sign.", "index points"),
        ),
        price("zero_gamma_low", "Lower end of the zero-gamma band."),
        price("zero_gamma_high", "Upper end of the zero-gamma band."),
        *kept_for(
            _CURVE,
            moment_ns(
                "band_ts",
                "End of the window in which the band and the walls' draws were computed; NULL before the first.",
                nullable=True,
            ),
            category(
                "zero_gamma_reason",
                "Why zero_gamma is NULL, the first that holds; NULL where there is one.",
                one_of=ZERO_GAMMA_REASONS,
                nullable=True,
            ),
            price("abs_gamma_strike", "Strike with the largest sum of call and put magnitude."),
            float_list("high_gamma_strikes", "The five strikes with the largest |net exposure|, largest first.", "index points"),
        ),
        *kept_for(
            _GREEKS,
            number("dex", "Delta exposure: delta * weight * multiplier * F, signed by the convention; F is the forward.", "USD"),
            number("vanna_exposure", "Change of dex per volatility point, signed by the convention.", "USD per vol point"),
            number("charm_exposure", "Change of dex per calendar day, signed by the convention.", "USD per day"),
        ),
    ),
)
