"""The features of `silver_vacuum` by name, from the sizes in each zone at a window's start, at its end and in between.

`kernels.features.vacuum` has the ratios. Differences between windows are made in `vacuum`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.features.vacuum import away_share, log_ratio, mean_distance, per_one_more, relative_log
from gex_assets.kernels.order_book.zone_edges import LAST_TICK, ZONES
from gex_assets.schemas.silver_vacuum import UP, vacuum_column

__all__ = ["Zone", "base_features_of"]

Float = NDArray[np.float64]
Zone = Callable[[str], Float]
"""Name of a column of `kernels.order_book.zones.ZONE_COLUMNS` -> its values (W, I), NaN where missing."""


def base_features_of(zone: Zone) -> dict[str, Float]:
    """Every f and u feature (W, I), by name, from the sizes by zone."""
    made: dict[str, Float] = {}
    for side, retreat, decay, nearest in (("ask", "f1", "f2", "f8"), ("bid", "f3", "f4", "f9")):
        depth = {moment: _total(zone, f"{side}_{moment}") for moment in ("start", "end")}
        com = {
            moment: mean_distance(size_ticks=zone(f"{side}_{moment}_size_ticks"), size=size, empty_ticks=LAST_TICK)
            for moment, size in depth.items()
        }
        at, near, far = (zone(f"{side}_end_{name}") for name in ("at", "near", "far"))
        added, pulled = _total(zone, f"{side}_add"), _total(zone, f"{side}_pull_rest")
        of_side = {
            (retreat, "com_disp_log"): log_ratio(com["end"], com["start"]),
            (retreat, "slope_convex_log"): log_ratio(far, near),
            (retreat, "slope_inner_log"): log_ratio(near, at),
            (retreat, "reprice_away_share_rest"): away_share(away=zone(f"{side}_away"), toward=zone(f"{side}_toward")),
            (decay, "pull_add_log_rest"): log_ratio(pulled, added),
            (decay, "pull_intensity_log_rest"): relative_log(pulled, depth["start"]),
            (nearest, "bbo_dist_ticks"): zone(f"{side}_best_ticks"),
        }
        for name, now in (("at", at), ("near", near)):
            share = per_one_more(zone(f"{side}_start_{name}"), depth["start"])
            of_side[retreat, f"{name}_share_delta"] = per_one_more(now, depth["end"]) - share
            of_side[decay, f"{name}_pull_share_rest"] = per_one_more(zone(f"{side}_pull_rest_{name}"), pulled)
        made |= {vacuum_column(number, side, name): values for (number, name), values in of_side.items()}
    made["f5_vacuum_expansion_log"] = made["f1_ask_com_disp_log"] + made["f3_bid_com_disp_log"]
    made["f6_vacuum_decay_log"] = made["f2_ask_pull_add_log_rest"] + made["f4_bid_pull_add_log_rest"]
    made["f7_vacuum_total_log"] = made["f5_vacuum_expansion_log"] + made["f6_vacuum_decay_log"]
    for name, source in UP.items():
        if source in made:
            made[name] = made[source]
        elif source.removeprefix("-") in made:
            made[name] = 0.0 - made[source[1:]]
    made["u11_bid_reprice_toward_share_rest"] = 1.0 - made["f3_bid_reprice_away_share_rest"]
    made["u13_bid_add_intensity_log"] = relative_log(_total(zone, "bid_add"), _total(zone, "bid_start"))
    made["u14_bid_far_pull_share_rest"] = 1.0 - made["f4_bid_at_pull_share_rest"] - made["f4_bid_near_pull_share_rest"]
    made["u15_up_expansion_log"] = made["u1_ask_com_disp_log"] + made["u8_bid_com_approach_log"]
    made["u16_up_flow_log"] = made["u5_ask_pull_add_log_rest"] + made["u12_bid_add_pull_log_rest"]
    made["u17_up_total_log"] = made["u15_up_expansion_log"] + made["u16_up_flow_log"]
    return made


def _total(zone: Zone, sizes: str) -> Float:
    at, near, mid, far = (zone(f"{sizes}_{name}") for name in ZONES)
    return at + near + mid + far
