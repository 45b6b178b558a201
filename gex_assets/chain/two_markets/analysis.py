"""Levels of a future's options, of an index chain on its axis, and of both together, under one convention."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.chain.analysis import Analysis
from gex_assets.chain.arrow_columns import float_table, texts
from gex_assets.chain.chain_warnings import ChainWarning, Warnings
from gex_assets.chain.expiration_choice import ExpirationChoice
from gex_assets.chain.exposure_tables import sums_at
from gex_assets.chain.exposures import Exposures, expose
from gex_assets.chain.levels import ChainLevels, find_levels
from gex_assets.chain.two_markets.future_side import FutureSide, with_filled_volatilities
from gex_assets.chain.two_markets.joined import MarketRows, in_future_units, joined, on_axis
from gex_assets.chain.two_markets.moment import IndexMoment, checked_ratio
from gex_assets.conventions import Convention
from gex_assets.errors import ChainError
from gex_assets.market.expirations import chicago_date
from gex_assets.market.products import product as product_of
from gex_assets.time_units import SECOND_NS
from gex_assets.wording import counted

__all__ = ["EXPIRATIONS_DIFFER", "PRICE_AFTER_HOURS", "Market", "TwoMarkets", "with_future"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

EXPIRATIONS_DIFFER: Final = "expirations_differ"
PRICE_AFTER_HOURS: Final = "price_after_hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Exposures and levels of one market, or of both, on the future's axis.

    Attributes
    ----------
    name : of the product or the index; of both with a plus between.
    options : rows with an exposure: strikes of the future's chain, options of a listed one.
    expirations : days in Chicago on which its options expire.
    exposures : totals. [scale of the convention]
    levels : prices on the future's axis; `call_wall_strike` and `call_wall_underlying` say whose strike stands there.
    gross_share : of the gross exposure of both. [1]
    """

    name: str
    options: int
    expirations: tuple[date, ...]
    exposures: Exposures
    levels: ChainLevels
    gross_share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoMarkets:
    """A listed index chain next to a future's own options, combined of two sources under one convention.

    Attributes
    ----------
    moment : when the chain was quoted, and when the ratio was taken.
    ratio : price of the future over that of the index at `moment.ts_ratio`. [1]
    future_price : the reference price of the future's options. [index points]
    future_from, ts_future : where these are from, in words, and the moment that they are of. [UNIX ns UTC]
    convention, weight : of both markets.
    future, index, both : levels of each.
    strikes : by market and strike: `underlying`, `strike` [points of its own], `price` [index points of the future], and
        call_gex, put_gex, net_gex, gross_gex; NULL where unknown.
    grid : net and gross exposure of each market and of both in steps of the future's strike grid.
    warnings : of the index chain, and where both markets have other expirations.
    """

    moment: IndexMoment
    ratio: float
    future_price: float
    future_from: str
    ts_future: int
    convention: Convention
    weight: str
    future: Market
    index: Market
    both: Market
    strikes: pa.Table
    grid: pa.Table
    warnings: tuple[ChainWarning, ...]


def with_future(
    chain: Analysis,
    future: FutureSide,
    *,
    moment: IndexMoment,
    convention: Convention,
    rate: float,
    expirations: tuple[ExpirationChoice, ...] = (),
) -> TwoMarkets:
    """Put an analysed index chain next to a future's options.

    Parameters
    ----------
    chain : of the index, as of `moment.ts_ratio`, under the same convention, with the contract's multiplier.
    future : its options at that moment.
    moment : of the chain.
    convention : gives scale, signs, walls and zero gamma.
    rate : continuously compounded; re-prices both. [1/year]
    expirations : those of the future that count, as they were chosen for the chain.

    Raises
    ------
    ChainError
        One of them has no numbers, their weights are not of one kind, or their prices do not fit together.
    """
    weight = future.weight_of(convention)
    if chain.behind is None or chain.weight_used is None:
        raise ChainError(f"Expected options of {moment.symbol} with an exposure under {convention.name}, was none")
    if chain.weight_used != weight:
        raise ChainError(
            f"Expected one kind of weight, was {weight} of {future.product} and {chain.weight_used} of {moment.symbol}: "
            f"choose a convention that weights both by the same"
        )
    ratio = checked_ratio(moment, future_price=future.reference)
    future = future.of_expirations(expirations, as_of_ns=moment.ts_ratio)
    names = (*future.futures, moment.symbol)
    own = MarketRows(
        rows=with_filled_volatilities(future.rows),
        ts_expiration=future.ts_expiration,
        strike=future.rows.strikes[future.rows.place],
        underlying=future.future,
        axis_forward=future.rows.forward,
        names=names,
        front=future.front,
        front_forward=future.front_forward,
    )
    listed = chain.behind.signed.rows
    slices = chain.behind.slices
    if slices.ts_expiration is None:
        raise ChainError(f"Expected moments of expiration of {moment.symbol}, was none")
    index = own._replace(
        rows=in_future_units(listed, ratio=ratio, multiplier=future.multiplier),
        ts_expiration=np.repeat(slices.ts_expiration, np.diff(slices.first)),
        strike=listed.strikes[listed.place],
        underlying=np.full(listed.place.size, len(names) - 1),
        # strikes stand at K · front_forward / axis_forward, which is to be K · ratio
        axis_forward=np.full(listed.place.size, future.front_forward / ratio),
    )
    sides = {future.product: own, moment.symbol: index}
    found = []
    strikes = []
    for name, rows in (*sides.items(), (" + ".join(sides), joined(own, index))):
        market, table = _market(name, rows, convention=convention, weight=weight, reference=future.reference, rate=rate)
        found.append(market)
        strikes.append(table)
    one, other, both = found
    whole = both.exposures.gross
    one, other = (replace(each, gross_share=each.exposures.gross / whole) for each in (one, other))
    warnings = Warnings()
    if moment.is_frozen and moment.facts.is_fund:
        warnings.add(
            PRICE_AFTER_HOURS,
            f"{moment.symbol} is traded after its stocks close, and {moment.price:,.2f} is taken for its price at "
            f"{datetime.fromtimestamp(moment.ts_ratio // SECOND_NS, tz=UTC):%H:%M} UTC: --spot says another",
        )
    _warn_of_expirations(one, other, warnings)
    return TwoMarkets(
        moment=moment,
        ratio=ratio,
        future_price=future.reference,
        future_from=future.about,
        ts_future=future.ts,
        convention=convention,
        weight=weight,
        future=one,
        index=other,
        both=both,
        strikes=pa.concat_tables(strikes[:2]),
        grid=_grid(strikes[0], strikes[1], step=product_of(future.product).strike_grid),
        warnings=(*chain.warnings, *warnings.all()),
    )


def _market(
    name: str, rows: MarketRows, *, convention: Convention, weight: str, reference: float, rate: float
) -> tuple[Market, pa.Table]:
    """Totals and levels of some rows, and their exposures by underlying and strike."""
    unsaid = Warnings()  # the lake's tables and the analysis of the chain have said what is missing
    exposed = expose(on_axis(rows), convention=convention, weight=weight, spot=reference, warnings=unsaid)
    if exposed.reason is not None:
        raise ChainError(f"Expected options of {name} with an exposure by {weight}, was none at this moment")
    found = find_levels(exposed, spot=reference, rate=rate, warnings=unsaid)
    chain = exposed.signed
    there = ~(np.isnan(chain.call_magnitude) & np.isnan(chain.put_magnitude))
    market = Market(
        name=name,
        options=int(np.count_nonzero(there)),
        expirations=tuple(sorted({chicago_date(ts) for ts in np.unique(rows.ts_expiration[there]).tolist()})),
        exposures=exposed.totals(),
        levels=found.levels,
    )
    axis = chain.rows.axis
    price, place = (chain.rows.strikes, chain.rows.place) if axis is None else (axis.price, axis.place)
    keys = np.stack([rows.underlying.astype(np.float64), rows.strike])
    (underlying, strike), first, group = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    call, put, calls, puts = (
        sums_at(group.reshape(-1), values, size=strike.size)
        for values in (chain.call_exposure, chain.put_exposure, chain.call_magnitude, chain.put_magnitude)
    )
    # a strike of a future that is not known stands nowhere
    at = place[first]
    stands = np.where(at >= 0, price[at], np.nan)
    columns = {
        "strike": strike,
        "price": stands,
        "call_gex": call,
        "put_gex": put,
        "net_gex": _sum(call, put),
        "gross_gex": _sum(calls, puts),
    }
    names = [rows.names[int(number)] if number >= 0 else None for number in underlying.tolist()]
    return market, float_table(columns).add_column(0, "underlying", texts(names))


def _sum(one: Float, other: Float) -> Float:
    """Of what is known; NaN where neither is."""
    return np.where(np.isnan(one) & np.isnan(other), np.nan, np.nan_to_num(one) + np.nan_to_num(other))


def _grid(future: pa.Table, index: pa.Table, *, step: float) -> pa.Table:
    """Exposures of each market and of both at the nearest price of the strike grid, from the lowest up.

    Parameters
    ----------
    step : of the grid; half a step counts to the price above. [index points]
    """
    places = [np.floor(table["price"].to_numpy() / step + 0.5) for table in (future, index)]
    every = np.unique(np.concatenate(places))
    every = every[~np.isnan(every)]
    columns: dict[str, Float] = {"price": every * step}
    for name, table, place in zip(("future", "index"), (future, index), places, strict=True):
        at = np.where(np.isnan(place), -1, np.searchsorted(every, place)).astype(np.int64)
        for kind in ("net_gex", "gross_gex"):
            columns[f"{kind}_{name}"] = sums_at(at, table[kind].to_numpy(), size=every.size)
    for kind in ("net_gex", "gross_gex"):
        columns[kind] = _sum(columns[f"{kind}_future"], columns[f"{kind}_index"])
    return float_table(columns)


def _warn_of_expirations(one: Market, other: Market, warnings: Warnings) -> None:
    """Say where one market has expirations that the other has not: shares of the gross then compare unlike sets."""
    days, others = set(one.expirations), set(other.expirations)
    if days == others:
        return
    shared = sorted(days & others)
    hint = f": --expiration {shared[0]}..{shared[-1]} takes about the same of both" if shared else ""
    warnings.add(
        EXPIRATIONS_DIFFER,
        f"{one.name} has options of {counted(len(days), 'day')} to {max(days)}, {other.name} of {len(others)} to {max(others)}, "
        f"{len(shared)} of them the same days: sums and shares count all{hint}",
    )
