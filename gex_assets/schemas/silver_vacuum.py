"""Schema of `silver_vacuum`: how the future's book around the price thins out or builds up, and how that changes.

The names of its features are made here and nowhere else. `f` features say how support and resistance recede, so that a fall
would meet nothing; `u` features turn the same numbers so that larger speaks for a rise.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.kernels.order_book.zone_edges import ZONES, zone_ticks
from gex_assets.schemas.book_columns import BOOK_STATES, SESSION_DATE
from gex_assets.schemas.silver_gex import DERIVATIVE_ORDERS, derivative_column
from gex_assets.schemas.table import CATEGORY, Column, Table, window_end

__all__ = ["DECAY", "DEPTH_ZONES", "RETREAT", "SILVER_VACUUM", "SUMS", "UP", "base_features", "depth_column", "vacuum_column"]

RETREAT: Final = {
    "com_disp_log": "ln((com at the end + 1)/(com at the start + 1)), com = size-weighted mean distance, 20 when empty",
    "slope_convex_log": "ln((FAR + 1)/(NEAR + 1)) of the depths at the end",
    "slope_inner_log": "ln((NEAR + 1)/(AT + 1)) of the depths at the end",
    "at_share_delta": "AT/(depth + 1) at the end less the same at the start",
    "near_share_delta": "NEAR/(depth + 1) at the end less the same at the start",
    "reprice_away_share_rest": "away/(away + toward + 1) of the sizes re-priced; 0.5 when none",
}
"""What f1 says of the asks and f3 of the bids."""

DECAY: Final = {
    "pull_add_log_rest": "ln((pull_rest + 1)/(add + 1))",
    "pull_intensity_log_rest": "ln(1 + pull_rest/(depth at the start + 1))",
    "at_pull_share_rest": "pull_rest in AT/(pull_rest + 1)",
    "near_pull_share_rest": "pull_rest in NEAR/(pull_rest + 1)",
}
"""What f2 says of the asks and f4 of the bids."""

SUMS: Final = {
    "f5_vacuum_expansion_log": "f1 + f3 com_disp_log",
    "f6_vacuum_decay_log": "f2 + f4 pull_add_log_rest",
    "f7_vacuum_total_log": "f5 + f6",
}


DEPTH_ZONES: Final = {zone: f"{first}-{last}" for zone in ZONES for first, last in [zone_ticks(zone)]}
"""The zones of a side, nearest first, and the ticks from the mid at the window's start that each spans."""


def depth_column(side: str, zone: str) -> str:
    """Name of the column that holds what rests in a zone.

    >>> depth_column("ask", "near")
    'ask_near_depth'
    """
    return f"{side}_{zone}_depth"


def vacuum_column(number: str, side: str, name: str) -> str:
    """Name of a feature: its number, the side it is about, what it says.

    >>> vacuum_column("f1", "ask", "com_disp_log"), vacuum_column("u15", "up", "expansion_log")
    ('f1_ask_com_disp_log', 'u15_up_expansion_log')
    """
    return f"{number}_{side}_{name}"


UP: Final = {
    vacuum_column("u1", "ask", "com_disp_log"): "f1_ask_com_disp_log",
    vacuum_column("u2", "ask", "slope_convex_log"): "f1_ask_slope_convex_log",
    vacuum_column("u2", "ask", "slope_inner_log"): "f1_ask_slope_inner_log",
    vacuum_column("u3", "ask", "at_share_decay"): "-f1_ask_at_share_delta",
    vacuum_column("u3", "ask", "near_share_decay"): "-f1_ask_near_share_delta",
    vacuum_column("u4", "ask", "reprice_away_share_rest"): "f1_ask_reprice_away_share_rest",
    vacuum_column("u5", "ask", "pull_add_log_rest"): "f2_ask_pull_add_log_rest",
    vacuum_column("u6", "ask", "pull_intensity_log_rest"): "f2_ask_pull_intensity_log_rest",
    vacuum_column("u7", "ask", "at_pull_share_rest"): "f2_ask_at_pull_share_rest",
    vacuum_column("u7", "ask", "near_pull_share_rest"): "f2_ask_near_pull_share_rest",
    vacuum_column("u8", "bid", "com_approach_log"): "-f3_bid_com_disp_log",
    vacuum_column("u9", "bid", "slope_support_log"): "-f3_bid_slope_convex_log",
    vacuum_column("u9", "bid", "slope_inner_log"): "-f3_bid_slope_inner_log",
    vacuum_column("u10", "bid", "at_share_rise"): "f3_bid_at_share_delta",
    vacuum_column("u10", "bid", "near_share_rise"): "f3_bid_near_share_delta",
    vacuum_column("u11", "bid", "reprice_toward_share_rest"): "1 - f3_bid_reprice_away_share_rest",
    vacuum_column("u12", "bid", "add_pull_log_rest"): "-f4_bid_pull_add_log_rest",
    vacuum_column("u13", "bid", "add_intensity_log"): "ln(1 + add/(depth at the start + 1))",
    vacuum_column("u14", "bid", "far_pull_share_rest"): "1 - f4_bid_at_pull_share_rest - f4_bid_near_pull_share_rest",
    vacuum_column("u15", "up", "expansion_log"): "u1 + u8",
    vacuum_column("u16", "up", "flow_log"): "u5 + u12",
    vacuum_column("u17", "up", "total_log"): "u15 + u16",
    vacuum_column("u18", "ask", "bbo_dist_ticks"): "f8_ask_bbo_dist_ticks",
    vacuum_column("u19", "bid", "bbo_dist_ticks"): "f9_bid_bbo_dist_ticks",
}
"""Each u feature -> what it is made of; a name alone is that very feature, one behind a minus its negative."""


def _feature(name: str, about: str, unit: str = "1") -> Column:
    return Column(name=name, type=pa.float64(), about=about, unit=unit, nullable=True)


def _f_columns() -> tuple[Column, ...]:
    columns: list[Column] = []
    for side, retreat, decay in (("ask", "f1", "f2"), ("bid", "f3", "f4")):
        for number, names in ((retreat, RETREAT), (decay, DECAY)):
            columns += [_feature(vacuum_column(number, side, name), f"{side}s: {about}") for name, about in names.items()]
    columns += [_feature(name, about) for name, about in SUMS.items()]
    for side, number in (("ask", "f8"), ("bid", "f9")):
        about = f"distance of the best {side} at the end from the mid at the start; NULL without one"
        columns.append(_feature(vacuum_column(number, side, "bbo_dist_ticks"), about, "ticks"))
    return tuple(columns)


_BASE: Final = (
    *_f_columns(),
    *(_feature(name, about, "ticks" if name.endswith("_ticks") else "1") for name, about in UP.items()),
)


def _depths() -> tuple[Column, ...]:
    return tuple(
        _feature(
            depth_column(side, zone), f"{side} size resting {ticks} ticks from reference_price at the window's end", "contracts"
        )
        for side in ("ask", "bid")
        for zone, ticks in DEPTH_ZONES.items()
    )


def base_features() -> tuple[str, ...]:
    """Names of all features that have derivatives: f1 to f9, then u1 to u19."""
    return tuple(column.name for column in _BASE)


def _derivatives() -> tuple[Column, ...]:
    return tuple(
        _feature(
            derivative_column(order, base.name), f"difference of order {order} per window of {base.name}, same future", base.unit
        )
        for order in DERIVATIVE_ORDERS
        for base in _BASE
    )


SILVER_VACUUM: Final = Table(
    name="silver_vacuum",
    layer="silver",
    about="How the future's book around the price thins out or builds up within each window, with three derivatives.",
    key=("ts_window_end", "symbol"),
    version="2",
    kinds=("parquet", "numba"),
    columns=(
        window_end(),
        Column(
            name="symbol",
            type=CATEGORY,
            about="the future that silver_gex names as underlying; where it names none, the one most traded so far",
        ),
        SESSION_DATE,
        Column(name="book_state", type=CATEGORY, about="of the future's book at the window's end", one_of=BOOK_STATES),
        _feature(
            "reference_price",
            "mid at the window's start, which zones are drawn around; NULL, with all features, unless that book was ok",
            "index points",
        ),
        *_depths(),
        *_BASE,
        *_derivatives(),
    ),
)
