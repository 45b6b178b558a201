"""Schema of `silver_vacuum`: how the future's book around the price thins out or builds up, and how that changes.

The names of its features are made here and nowhere else. `f` features measure how far support and resistance recede from the
price. `u` features are the same numbers with signs such that a larger number favours a rise.
"""

from __future__ import annotations

from typing import Final

from gex_assets.kernels.order_book.zone_edges import ZONES, zone_ticks
from gex_assets.schemas.book_columns import BOOK_STATES
from gex_assets.schemas.columns import SESSION_DATE, category, kept_for, number, price, window_end
from gex_assets.schemas.silver_gex import DERIVATIVE_ORDERS, derivative_column
from gex_assets.schemas.table import Column, Table

__all__ = ["DECAY", "DEPTH_ZONES", "RETREAT", "SILVER_VACUUM", "SUMS", "UP", "base_features", "depth_column", "vacuum_column"]

RETREAT: Final = {
    "com_disp_log": "ln((com at the end + 1)/(com at the start + 1)); com is the size-weighted mean distance, 20 without size",
    "slope_convex_log": "ln((FAR + 1)/(NEAR + 1)) of the depths at the end",
    "slope_inner_log": "ln((NEAR + 1)/(AT + 1)) of the depths at the end",
    "at_share_delta": "AT/(depth + 1) at the end less that at the start",
    "near_share_delta": "NEAR/(depth + 1) at the end less that at the start",
    "reprice_away_share_rest": "away/(away + toward + 1) of the sizes re-priced; 0.5 where there are none",
}
"""Features f1 of the asks and f3 of the bids."""

DECAY: Final = {
    "pull_add_log_rest": "ln((pull_rest + 1)/(add + 1))",
    "pull_intensity_log_rest": "ln(1 + pull_rest/(depth at the start + 1))",
    "at_pull_share_rest": "pull_rest in AT/(pull_rest + 1)",
    "near_pull_share_rest": "pull_rest in NEAR/(pull_rest + 1)",
}
"""Features f2 of the asks and f4 of the bids."""

SUMS: Final = {
    "f5_vacuum_expansion_log": "f1_ask_com_disp_log + f3_bid_com_disp_log",
    "f6_vacuum_decay_log": "f2_ask_pull_add_log_rest + f4_bid_pull_add_log_rest",
    "f7_vacuum_total_log": "f5_vacuum_expansion_log + f6_vacuum_decay_log",
}


DEPTH_ZONES: Final = {zone: zone_ticks(zone) for zone in ZONES}
"""Zone of a side, nearest first -> its first and last tick, counted from the mid at the window's start."""


def depth_column(side: str, zone: str) -> str:
    """Name of the column that holds what rests in a zone.

    >>> depth_column("ask", "near")
    'ask_near_depth'
    """
    return f"{side}_{zone}_depth"


def vacuum_column(number: str, side: str, name: str) -> str:
    """Name of a feature: its number, the side it is about, what it measures.

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
    vacuum_column("u15", "up", "expansion_log"): "u1_ask_com_disp_log + u8_bid_com_approach_log",
    vacuum_column("u16", "up", "flow_log"): "u5_ask_pull_add_log_rest + u12_bid_add_pull_log_rest",
    vacuum_column("u17", "up", "total_log"): "u15_up_expansion_log + u16_up_flow_log",
    vacuum_column("u18", "ask", "bbo_dist_ticks"): "f8_ask_bbo_dist_ticks",
    vacuum_column("u19", "bid", "bbo_dist_ticks"): "f9_bid_bbo_dist_ticks",
}
"""Each u feature -> its formula; a name alone is that feature, a name after a minus its negative."""


def _f_columns() -> tuple[Column, ...]:
    columns: list[Column] = []
    for side, retreat, decay in (("ask", "f1", "f2"), ("bid", "f3", "f4")):
        for digit, names in ((retreat, RETREAT), (decay, DECAY)):
            columns += [
                number(vacuum_column(digit, side, name), f"{side.capitalize()}s: {about}.") for name, about in names.items()
            ]
    columns += [number(name, f"Equal to {about}.") for name, about in SUMS.items()]
    for side, digit in (("ask", "f8"), ("bid", "f9")):
        about = f"Distance of the best {side} at the end from the mid at the start; NULL without a best {side}."
        columns.append(number(vacuum_column(digit, side, "bbo_dist_ticks"), about, "ticks"))
    return tuple(columns)


_BASE: Final = (
    *_f_columns(),
    *(number(name, f"Equal to {about}.", "ticks" if name.endswith("_ticks") else "1") for name, about in UP.items()),
)


def _depths() -> tuple[Column, ...]:
    return tuple(
        number(
            depth_column(side, zone),
            f"{side.capitalize()} size resting {first}-{last} ticks from reference_price at the window's end; NULL where "
            "the book is not complete.",
            "contracts",
        )
        for side in ("ask", "bid")
        for zone, (first, last) in DEPTH_ZONES.items()
    )


def base_features() -> tuple[str, ...]:
    """Names of all features that have derivatives: f1 to f9, then u1 to u19."""
    return tuple(column.name for column in _BASE)


def _derivatives() -> tuple[Column, ...]:
    return tuple(
        number(
            derivative_column(order, base.name),
            f"Difference of order {order} per window of {base.name}, of the same future.",
            base.unit,
        )
        for order in DERIVATIVE_ORDERS
        for base in _BASE
    )


SILVER_VACUUM: Final = Table(
    name="silver_vacuum",
    layer="silver",
    about="How the future's book around the price thins out or builds up within each window, with three derivatives.",
    key=("ts_window_end", "symbol"),
    version="3",
    kinds=("parquet", "numba"),
    columns=(
        window_end(),
        category("symbol", "The future that silver_gex names as underlying; where it names none, the one traded most so far."),
        SESSION_DATE,
        *kept_for(
            "whoever asks why features are missing",
            category("book_state", "State of the future's book at the window's end.", one_of=BOOK_STATES),
        ),
        price(
            "reference_price",
            "Mid at the window's start, around which zones are drawn; NULL, like all features, unless that book was ok.",
        ),
        *_depths(),
        *_BASE,
        *_derivatives(),
    ),
)
