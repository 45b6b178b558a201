"""Schema of `silver_gex`: exposure and order flow at the strikes around the price, and how they change.

The names of the strike-slot columns are made here and nowhere else.
"""

from __future__ import annotations

from typing import Final

from gex_assets.schemas.columns import (
    BY_SESSION,
    SESSION_DATE,
    UNDERLYING,
    flag,
    kept_for,
    number,
    price,
    window_end,
)
from gex_assets.schemas.silver_forward import FRONT_FORWARD_QUALITY
from gex_assets.schemas.silver_gex_chain import EXPOSURE_WEIGHTS
from gex_assets.schemas.table import Column, Table

__all__ = [
    "AGGREGATES",
    "DERIVATIVE_ORDERS",
    "FLOW_PARTS",
    "GEX_FAMILIES",
    "GEX_PARTS",
    "SILVER_GEX",
    "SLOTS",
    "base_features",
    "derivative_column",
    "direction_columns",
    "slot_column",
    "slot_features",
]

SLOTS: Final = ("1", "2", "3", "4", "5", "neg1", "neg2", "neg3", "neg4", "neg5")
"""1 is the nearest listed strike above the reference price, neg1 the nearest at or below it."""

GEX_FAMILIES: Final = {"gex": "resting", "gexoi": "oi", "gexflow": "flow"}
"""Prefix of a slot's feature -> the exposure of `silver_gex_chain` that it is made of."""

GEX_PARTS: Final = ("call", "put", "net")
FLOW_PARTS: Final = {
    "add_intensity": "size added on both sides and rights / (depth at the window's start + 1)",
    "pull_intensity": "size pulled on both sides and rights / (depth at the window's start + 1)",
    "pull_rest_intensity": "size pulled after resting at least 500 ms / (depth at the window's start + 1)",
    "imbalance": "(b - a)/(b + a + 1e-9) with b = bid adds + ask pulls, a = ask adds + bid pulls",
    "reprice_toward": "size re-priced towards the other side",
    "reprice_away": "size re-priced away from the other side",
}
DERIVATIVE_ORDERS: Final = (1, 2, 3)

_USD: Final = "USD per 1 %"
_WEIGHTS: Final = {short: column for short, (column, _, _) in EXPOSURE_WEIGHTS.items()}


def slot_column(family: str, slot: str, part: str) -> str:
    """Name of a slot's column.

    >>> slot_column("gex", "neg1", "net"), slot_column("flow", "2", "imbalance"), slot_column("strike", "3", "")
    ('gex_strike_neg1_net', 'flow_2_imbalance', 'strike_3')
    """
    if family in GEX_FAMILIES:
        return f"{family}_strike_{slot}_{part}"
    return f"{family}_{slot}_{part}" if part else f"{family}_{slot}"


def direction_columns(family: str) -> tuple[str, str]:
    """Names of the exposure ahead of the price and behind it.

    >>> direction_columns("gexoi")
    ('gexoi_ahead', 'gexoi_behind')
    """
    return f"{family}_ahead", f"{family}_behind"


def derivative_column(order: int, base: str) -> str:
    """Name of a feature's difference per window.

    >>> derivative_column(1, "gex_above")
    'd1_gex_above'
    """
    return f"d{order}_{base}"


def _slot_feature_columns() -> tuple[Column, ...]:
    columns: list[Column] = []
    for slot in SLOTS:
        for family, exposure in GEX_FAMILIES.items():
            weight = _WEIGHTS[exposure]
            for part in GEX_PARTS:
                meaning = (
                    "net, signed by the passive inventory"
                    if (family, part) == ("gexflow", "net")
                    else {
                        "call": "calls, a magnitude",
                        "put": "puts, a magnitude",
                        "net": "calls less puts",
                    }[part]
                )
                columns.append(
                    number(
                        slot_column(family, slot, part),
                        f"Exposure weighted by {weight} at strike slot {slot}: {meaning}.",
                        _USD,
                    )
                )
        for part, about in FLOW_PARTS.items():
            unit = "contracts" if part.startswith("reprice") else "1"
            columns.append(number(slot_column("flow", slot, part), f"At strike slot {slot}: {about}.", unit))
    return tuple(columns)


def _aggregate_columns() -> tuple[Column, ...]:
    columns: list[Column] = []
    for family, exposure in GEX_FAMILIES.items():
        weight = _WEIGHTS[exposure]
        columns += [
            number(f"{family}_above", f"Exposure weighted by {weight} of calls and puts over the five slots above.", _USD),
            number(f"{family}_below", f"Exposure weighted by {weight} of calls and puts over the five slots below.", _USD),
            number(f"{family}_imbalance", f"({family}_above - {family}_below)/({family}_above + {family}_below + 1e-9)."),
            number(f"{family}_net_total", f"Net exposure weighted by {weight} over the ten slots.", _USD),
            *(
                number(
                    column,
                    f"{family}_{above} where the price rises and {family}_{below} where it falls, by approach_dir; NULL at 0.",
                    _USD,
                )
                for column, (above, below) in zip(
                    direction_columns(family), (("above", "below"), ("below", "above")), strict=True
                )
            ),
        ]
    return (
        *columns,
        number("flow_imbalance_near", "Mean of the slots' flow imbalance, weighted by 1/rank."),
        number("gamma_pull_add_log", "ln((sum of gamma * pull + 1e-9)/(sum of gamma * add + 1e-9)) over the ten slots."),
        number("approach_dir", "Sign of the reference price's change over 3 windows; 0 below 0.25 points."),
        number("trade_dir", "Sign of aggressors' (calls bought + puts sold) - (calls sold + puts bought) over 3 windows."),
    )


_SLOT_FEATURES: Final = _slot_feature_columns()
_AGGREGATES: Final = _aggregate_columns()
AGGREGATES: Final = tuple(column.name for column in _AGGREGATES)


def slot_features() -> tuple[str, ...]:
    """Names of the features that exist once per slot and are differenced at a fixed strike."""
    return tuple(column.name for column in _SLOT_FEATURES)


def base_features() -> tuple[str, ...]:
    """Names of all features that have derivatives: those of the slots, then the aggregates."""
    return (*slot_features(), *AGGREGATES)


def _identity_columns() -> tuple[Column, ...]:
    columns: list[Column] = []
    for slot in SLOTS:
        columns += [
            price(slot_column("strike", slot, ""), f"The strike in slot {slot}."),
            *kept_for(
                "models and queries that ask where a slot stands and when it changed its strike",
                price(slot_column("distance", slot, ""), f"The strike in slot {slot} less the reference price."),
                flag(
                    slot_column("relabel", slot, ""),
                    f"Whether slot {slot} holds another strike than one window ago; NULL where either is missing.",
                    nullable=True,
                ),
            ),
        ]
    return tuple(columns)


def _held_fixed(base: Column) -> str:
    if base in _SLOT_FEATURES:
        return ", at the strike that is in the slot now"
    return ", on the side that it names now" if base.name.endswith(("_ahead", "_behind")) else ""


def _derivatives() -> tuple[Column, ...]:
    return tuple(
        number(
            derivative_column(order, base.name),
            f"Difference of order {order} per window of {base.name}{_held_fixed(base)}.",
            base.unit,
        )
        for order in DERIVATIVE_ORDERS
        for base in (*_SLOT_FEATURES, *_AGGREGATES)
    )


SILVER_GEX: Final = Table(
    name="silver_gex",
    layer="silver",
    about="Exposure and order flow at the five strikes above and below the reference price, with three derivatives.",
    key=("ts_window_end", "underlying"),
    version="2",
    columns=(
        window_end(),
        UNDERLYING,
        *kept_for(BY_SESSION, SESSION_DATE),
        price("reference_price", "The underlying's reference price, around which slots are ranked."),
        *kept_for("whoever asks how sure the reference price is", FRONT_FORWARD_QUALITY),
        *_identity_columns(),
        *_SLOT_FEATURES,
        *_AGGREGATES,
        *_derivatives(),
    ),
)
