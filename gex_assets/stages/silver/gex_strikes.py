"""Exposure and order flow at every strike of one underlying, summed over the expirations in force.

`gex` picks the strikes around the price from these values and compares windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.exposure.exposure import signs
from gex_assets.kernels.features.strike_slots import imbalance, intensity
from gex_assets.schemas.silver_gex import FLOW_PARTS, GEX_FAMILIES, GEX_PARTS
from gex_assets.schemas.silver_gex_chain import EXPOSURE_WEIGHTS, RIGHTS
from gex_assets.stages.chain_grid import CHAIN_KEYS, ChainGrid
from gex_assets.stages.ladders import Ladders
from gex_assets.stages.quote_grid import GRID_KEYS, QuoteGrid

__all__ = ["CHAIN_COLUMNS", "FEATURES", "QUOTE_COLUMNS", "StrikeValues", "UnionOfStrikes", "strike_values", "trade_net"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_SIGN_MODELS: Final = {"gex": "long_call_short_put", "gexoi": "long_call_short_put", "gexflow": "flow_signed"}

FEATURES: Final = (
    *((family, part) for family in GEX_FAMILIES for part in GEX_PARTS),
    *(("flow", part) for part in FLOW_PARTS),
)
"""(family, part) of the features at one strike, in the order of the arrays' last axis."""

CHAIN_COLUMNS: Final = (
    *CHAIN_KEYS,
    "gamma",
    *(f"{right}_gex_{exposure}" for exposure in GEX_FAMILIES.values() for right in RIGHTS),
    *(f"{right}_{EXPOSURE_WEIGHTS['flow'][0]}" for right in RIGHTS),
)
"""Columns of `silver_gex_chain` that the strike features are made of."""

_FLOWS: Final = ("add_size", "pull_size", "pull_rest_size", "reprice_toward_size", "reprice_away_size")

QUOTE_COLUMNS: Final = (
    *GRID_KEYS,
    "is_complete",
    "bid_depth",
    "ask_depth",
    *(f"{side}_{flow}" for flow in _FLOWS for side in ("bid", "ask")),
    "trade_buy_size",
    "trade_sell_size",
)
"""Columns of `silver_option_quotes` that the strike features are made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionOfStrikes:
    """The strikes of all ladders of one underlying.

    Attributes
    ----------
    strikes : (S,) ascending. [index points]
    members : positions of the underlying's ladders.
    places : of each member, the positions of its strikes in `strikes`.
    """

    strikes: Float
    members: tuple[int, ...]
    places: tuple[Int, ...]

    @classmethod
    def of(cls, ladders: Ladders, underlying: str) -> UnionOfStrikes:
        """Strikes of any of the underlying's ladders, listed yet or not."""
        members = tuple(place for place, ladder in enumerate(ladders.by_expiration) if ladder.underlying == underlying)
        of_members = [ladders.by_expiration[member].strikes for member in members]
        strikes = np.unique(np.concatenate(of_members))
        return cls(strikes=strikes, members=members, places=tuple(np.searchsorted(strikes, own) for own in of_members))

    def listed(self, chain: ChainGrid) -> Bool:
        """(W, S) whether the chain has the strike in the window."""
        some = chain.row_of[self.members[0]]
        listed = np.zeros((some.shape[0], self.strikes.size), dtype=np.bool_)
        for member, places in zip(self.members, self.places, strict=True):
            listed[:, places] |= chain.listed(member)
        return listed


@dataclass(frozen=True, slots=True, kw_only=True)
class StrikeValues:
    """Values at some of an underlying's strikes.

    Attributes
    ----------
    features : (W, s, len(FEATURES)); NaN where unknown or not listed.
    gamma_pulled, gamma_added : (W, s) sums of gamma times pulled and added size over expirations. [contracts/point]
    """

    features: Float
    gamma_pulled: Float
    gamma_added: Float


def strike_values(
    quotes: QuoteGrid,
    chain: ChainGrid,
    *,
    ladders: Ladders,
    union: UnionOfStrikes,
    depth_at_start: Float,
    strikes: Int | None = None,
) -> StrikeValues:
    """Sum over the expirations in force.

    An exposure is the sum of the known ones; it is NaN only where no expiration has one. A net is NaN where calls or puts are.
    Flow is NaN where one of the strike's listed options has no row, an intensity also where a depth at the start is not known.

    Parameters
    ----------
    quotes, chain : the same windows.
    ladders, union : all ladders, and the strikes of one underlying.
    depth_at_start : (W, I) depth of both sides at the previous window's end; NaN where it is not known. [contracts]
    strikes : (s,) ascending positions of the strikes asked for in the union's; all by default.
    """
    strikes = np.arange(union.strikes.size) if strikes is None else strikes
    shape = (quotes.ends.size, strikes.size)
    listed = np.zeros(shape, dtype=np.bool_)
    exposures = {
        (family, part): np.full(shape, np.nan) for family in GEX_FAMILIES for part in ("call", "put", "signed_call", "signed_put")
    }
    gamma_pulled, gamma_added = np.full(shape, np.nan), np.full(shape, np.nan)
    flows: dict[str, Float] = {name: np.zeros(shape) for name in _quote_names()}
    depth = np.zeros(shape)

    for member, all_places in zip(union.members, union.places, strict=True):
        _, own, places = np.intersect1d(all_places, strikes, assume_unique=True, return_indices=True)
        rows = chain.listed(member, own)
        if not rows.any():
            continue
        listed[:, places] |= rows
        _add_exposures(exposures, chain, member=member, own=own, places=places)
        ladder = ladders.by_expiration[member]
        traded = {name: np.zeros(rows.shape) for name in flows}
        for positions, right_listed in zip((ladder.call, ladder.put), ladder.listed(quotes.ends), strict=True):
            counted = rows & right_listed[:, own] & (positions[own] >= 0)
            there = np.take(quotes.present, np.maximum(positions[own], 0), axis=1)
            for name in traded:
                known = np.where(there, quotes.at(name, positions[own]), np.nan)
                traded[name] += np.where(counted, known, 0.0)
            at_start = np.take(depth_at_start, np.maximum(positions[own], 0), axis=1)
            depth[:, places] += np.where(counted, at_start, 0.0)
        for name, total in traded.items():
            flows[name][:, places] += total
        gamma = chain.of("gamma", member, own)
        _add_known(gamma_pulled, places, gamma * (traded["bid_pull_size"] + traded["ask_pull_size"]))
        _add_known(gamma_added, places, gamma * (traded["bid_add_size"] + traded["ask_add_size"]))

    return StrikeValues(features=_features(exposures, flows, depth, listed), gamma_pulled=gamma_pulled, gamma_added=gamma_added)


def trade_net(quotes: QuoteGrid, chain: ChainGrid, *, ladders: Ladders, union: UnionOfStrikes) -> Float:
    """(W,) calls bought and puts sold by aggressors, less calls sold and puts bought, at all strikes in force. [contracts].

    Parameters
    ----------
    quotes, chain, ladders, union : as for `strike_values`; the result is 0 without trades, and NaN where no option has a row.
    """
    net, known = np.zeros(quotes.ends.size), np.zeros(quotes.ends.size, np.bool_)
    bought = quotes.columns["trade_buy_size"] - quotes.columns["trade_sell_size"]
    traded = np.flatnonzero(bought.any(axis=0))
    for member in union.members:
        ladder = ladders.by_expiration[member]
        rows = chain.listed(member)
        for sign, positions, right_listed in zip((1, -1), (ladder.call, ladder.put), ladder.listed(quotes.ends), strict=True):
            there = np.take(quotes.present, np.maximum(positions, 0), axis=1)
            known |= (rows & right_listed & (positions >= 0) & there).any(axis=1)
            own = np.flatnonzero(np.isin(positions, traded))
            counted = rows[:, own] & right_listed[:, own]
            net += sign * np.where(counted, bought[:, positions[own]], 0).sum(axis=1)
    return np.where(known, net, np.nan)


def _quote_names() -> tuple[str, ...]:
    return tuple(f"{side}_{flow}" for flow in _FLOWS for side in ("bid", "ask"))


def _add_exposures(exposures: Mapping[tuple[str, str], Float], chain: ChainGrid, *, member: int, own: Int, places: Int) -> None:
    inventory = [chain.of(f"{right}_{EXPOSURE_WEIGHTS['flow'][0]}", member, own) for right in RIGHTS]
    for family, exposure in GEX_FAMILIES.items():
        of_signs = signs(sign_model=_SIGN_MODELS[family], call_flow=inventory[0], put_flow=inventory[1])
        for right, sign in zip(RIGHTS, of_signs, strict=True):
            magnitude = chain.of(f"{right}_gex_{exposure}", member, own)
            _add_known(exposures[family, right], places, magnitude)
            _add_known(exposures[family, f"signed_{right}"], places, sign * magnitude)


def _add_known(total: Float, places: Int, values: Float) -> None:
    """Add the known values in place; a total stays NaN until a value is known."""
    before = total[:, places]
    total[:, places] = np.where(np.isnan(values), before, np.where(np.isnan(before), values, before + values))


def _features(exposures: Mapping[tuple[str, str], Float], flows: Mapping[str, Float], depth: Float, listed: Bool) -> Float:
    features = np.empty((*listed.shape, len(FEATURES)))
    both = {flow: flows[f"bid_{flow}"] + flows[f"ask_{flow}"] for flow in _FLOWS}
    of_flow: dict[str, Any] = {
        "add_intensity": intensity(flow=both["add_size"], depth_at_start=depth),
        "pull_intensity": intensity(flow=both["pull_size"], depth_at_start=depth),
        "pull_rest_intensity": intensity(flow=both["pull_rest_size"], depth_at_start=depth),
        "imbalance": imbalance(
            one=flows["bid_add_size"] + flows["ask_pull_size"], other=flows["ask_add_size"] + flows["bid_pull_size"]
        ),
        "reprice_toward": both["reprice_toward_size"],
        "reprice_away": both["reprice_away_size"],
    }
    for place, (family, part) in enumerate(FEATURES):
        if family == "flow":
            features[..., place] = of_flow[part]
        elif part == "net":
            features[..., place] = exposures[family, "signed_call"] + exposures[family, "signed_put"]
        else:
            features[..., place] = exposures[family, part]
    features[~listed] = np.nan
    return features
