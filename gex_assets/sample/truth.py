"""The truth of a sample day: true price, volatility surface, inventories and levels at the end of every window.

`windows` has one row per window and expiration: the forward and the volatility at the forward, from which `surface.sigma` gives
the volatility of any strike exactly. `surface` lists it near the money, in every window of the busy stretch and once a minute
otherwise. `inventory` has a row whenever an option's inventory changed. `levels` follow from the true gammas of the first
expiration and the open interest, `series_levels` has them for every expiration. `defects` lists the planted faults. Estimates
are compared with these tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gex_assets.errors import LakeError
from gex_assets.kernels.pricing import black76
from gex_assets.lake import keys
from gex_assets.lake.filesystem import FileSystem
from gex_assets.sample.course import OPEN
from gex_assets.sample.files.statistics import Release
from gex_assets.sample.market_day import MarketDay
from gex_assets.sample.profile import STEPS_PER_WINDOW
from gex_assets.sample.surface import RATE, fair_prices, sigma
from gex_assets.schemas.vendor_shapes import StatType
from gex_assets.time_units import MINUTE_NS, WINDOW_NS

__all__ = [
    "Inventory",
    "defects_table",
    "level_columns",
    "read_truth",
    "series_levels",
    "surface_parts",
    "truth_days",
    "truth_folder",
    "windows_table",
    "write_truth",
]

WIDEST_Z: Final = 2.5
MOST_CELLS: Final = 1_000_000
"""Most windows times strikes in one part of the surface, so that memory does not grow with the day."""

MOST_WINDOWS: Final = 2048

Float = NDArray[np.float64]


class Inventory:
    """Inventories of the passive parties, summed over the trades of the options' file while it is written."""

    def __init__(self, market: MarketDay) -> None:
        self._market = market
        self._latest = market.path.start_ns
        self._parts: list[dict[str, NDArray[Any]]] = []
        self.trades = 0

    def take(self, block: NDArray[np.void]) -> None:
        """Read one block of the options' file."""
        received = np.maximum.accumulate(np.append(self._latest, block["ts_recv"].astype(np.int64)))
        self._latest = int(received[-1])
        is_trade = block["action"] == b"T"
        own = block[is_trade]
        self.trades += len(own)
        sign = np.select([own["side"] == b"B", own["side"] == b"A"], [1, -1], 0)
        self._parts.append(
            {
                "end": received[1:][is_trade] // WINDOW_NS * WINDOW_NS + WINDOW_NS,
                "id": own["instrument_id"].astype(np.int64),
                "signed": sign * own["size"].astype(np.int64),
                "size": own["size"].astype(np.int64),
            }
        )

    def table(self) -> pa.Table:
        """One row for every window and option whose inventory or volume changed, with the sums since the file began."""
        listing = self._market.listing
        whole = {name: np.concatenate([part[name] for part in self._parts]) for name in ("end", "id", "signed", "size")}
        ends, ids, passive, with_spreads, volume, spread_volume = [], [], [], [], [], []
        spreads = {spread.instrument_id: spread for spread in listing.spreads}
        for end, number, signed, size in zip(*(whole[name].tolist() for name in whole), strict=True):
            spread = spreads.get(number)
            legs = (
                ((number, 1),)
                if spread is None
                else tuple(
                    (listing.options[leg].instrument_id, ratio) for leg, ratio in zip(spread.legs, spread.ratios, strict=True)
                )
            )
            for leg, ratio in legs:
                ends.append(end)
                ids.append(leg)
                passive.append(-signed if spread is None else 0)
                with_spreads.append(-signed * ratio)
                volume.append(size if spread is None else 0)
                spread_volume.append(size * abs(ratio) if spread is not None else 0)
        rows = pa.table(
            {
                "instrument_id": pa.array(ids, pa.int64()),
                "ts_window_end": pa.array(ends, pa.int64()),
                "passive": pa.array(passive, pa.int64()),
                "passive_with_spreads": pa.array(with_spreads, pa.int64()),
                "volume": pa.array(volume, pa.int64()),
                "volume_in_spreads": pa.array(spread_volume, pa.int64()),
            }
        )
        return _running(rows)


def _running(rows: pa.Table) -> pa.Table:
    keys = ["instrument_id", "ts_window_end"]
    names = [name for name in rows.column_names if name not in keys]
    summed = rows.group_by(keys).aggregate([(name, "sum") for name in names]).sort_by([(key, "ascending") for key in keys])
    ids = summed["instrument_id"].to_numpy()
    starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1])) if len(ids) else np.zeros(0, np.int64)
    columns: dict[str, Any] = {"ts_window_end": summed["ts_window_end"], "instrument_id": summed["instrument_id"]}
    for name in names:
        total = np.cumsum(summed[f"{name}_sum"].to_numpy())
        before = np.append(0, total)[starts] if len(starts) else np.zeros(0, np.int64)
        columns[name] = total - np.repeat(before, np.diff(np.append(starts, len(ids))))
    return pa.table(columns).sort_by([("ts_window_end", "ascending"), ("instrument_id", "ascending")])


def _windows(market: MarketDay) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers and ends [UNIX ns] of the request's windows in which the market is open."""
    is_open = market.path.phase[STEPS_PER_WINDOW - 1 :: STEPS_PER_WINDOW] == OPEN
    numbers = np.flatnonzero(is_open)
    return numbers, market.path.start_ns + (numbers + 1) * WINDOW_NS


def windows_table(market: MarketDay) -> pa.Table:
    """Forward and volatility at the forward at every window's end, by expiration; expired series have no rows."""
    numbers, ends = _windows(market)
    index = market.path.index[(numbers + 1) * STEPS_PER_WINDOW - 1]
    drift = market.path.drift[numbers]
    parts = []
    for k, series in enumerate(market.listing.series):
        alive = ends < series.ts_expiration
        moment = {"index": index[alive], "ts_ns": ends[alive]}
        parts.append(
            pa.table(
                {
                    "ts_window_end": ends[alive],
                    "ts_expiration": np.full(int(alive.sum()), series.ts_expiration, np.int64),
                    "underlying": pa.array([series.contract.symbol] * int(alive.sum()), pa.string()),
                    "forward": market.forward(series=k, **moment),
                    "years": market.years(series=k, ts_ns=ends[alive]),
                    "atm_volatility": market.atm(series=k, drift=drift[alive], **moment),
                    "is_busy": market.path.is_busy[(numbers[alive] + 1) * STEPS_PER_WINDOW - 1],
                }
            )
        )
    return pa.concat_tables(parts).sort_by([("ts_window_end", "ascending"), ("ts_expiration", "ascending")])


def surface_parts(market: MarketDay, windows: pa.Table) -> Iterator[pa.Table]:
    """Volatility, prices and gamma of the strikes within 2.5 standard deviations, by window and expiration, in parts.

    A part has at most `MOST_CELLS` windows times strikes, or one window.
    """
    wanted = windows["ts_window_end"].to_numpy() % MINUTE_NS == 0
    if market.profile.is_surface_dense:
        wanted |= windows["is_busy"].to_numpy()
    rows = windows.filter(pa.array(wanted))
    ends, firsts = np.unique(rows["ts_window_end"].to_numpy(), return_index=True)
    at_a_time = max(MOST_CELLS // sum(len(strikes) for strikes in market.strikes), 1)
    for begin in range(0, len(ends), at_a_time):
        stop = firsts[begin + at_a_time] if begin + at_a_time < len(ends) else rows.num_rows
        yield _surface(market, rows.slice(firsts[begin], stop - firsts[begin]))


def _surface(market: MarketDay, rows: pa.Table) -> pa.Table:
    parts = []
    for k, series in enumerate(market.listing.series):
        own = rows.filter(pa.array(rows["ts_expiration"].to_numpy() == series.ts_expiration))
        F, T, atm = (own[name].to_numpy()[:, None] for name in ("forward", "years", "atm_volatility"))
        K = market.strikes[k][None, :]
        near = np.abs(np.log(K / F)) <= WIDEST_Z * atm * np.sqrt(T)
        at, strike = np.nonzero(near)
        F, T, atm, K = F[at, 0], T[at, 0], atm[at, 0], K[0, strike]
        volatility = sigma(F=F, K=K, T=T, atm=atm)
        calls, puts = fair_prices(F=F, K=K, T=T, atm=atm)
        gamma = black76.greeks(F=F, K=K, T=T, sigma=volatility, r=RATE, is_call=True).gamma
        parts.append(
            pa.table(
                {
                    "ts_window_end": own["ts_window_end"].to_numpy()[at],
                    "ts_expiration": own["ts_expiration"].to_numpy()[at],
                    "strike": K,
                    "volatility": volatility,
                    "call_price": calls,
                    "put_price": puts,
                    "gamma": gamma,
                }
            )
        )
    keys = ["ts_window_end", "ts_expiration", "strike"]
    return pa.concat_tables(parts).sort_by([(key, "ascending") for key in keys])


def level_columns(market: MarketDay, windows: pa.Table, published: tuple[Release, ...], *, series: int = 0) -> pa.Table:
    """True net gamma exposure and walls of a series (the first) from the open interest known by each window's end.

    Calls count positive and puts negative, in USD of delta for 1 % of the price; the call wall is the largest positive
    strike above the forward, the put wall the most negative at or below it. NULL where no open interest is known yet.
    """
    own = windows.filter(pa.array(windows["ts_expiration"].to_numpy() == market.listing.series[series].ts_expiration))
    ends, F = own["ts_window_end"].to_numpy(), own["forward"].to_numpy()
    strikes = market.strikes[series]
    first = 2 * sum(len(of) for of in market.strikes[:series])
    known = [release for release in published if release.stat_type == StatType.OPEN_INTEREST]
    since = np.searchsorted([release.ts_ns + 2 * 10**9 for release in known], ends, side="right") - 1
    out = {name: np.full(len(ends), np.nan) for name in ("net_gex_usd", "gross_gex_usd", "call_wall", "put_wall")}
    of_release = [(k, np.flatnonzero(since == k)) for k in range(len(known))]
    stretches = [(k, own[n : n + MOST_WINDOWS]) for k, own in of_release for n in range(0, len(own), MOST_WINDOWS)]
    for k, rows in stretches:
        counted = np.nan_to_num(known[k].values[first : first + 2 * len(strikes)])
        price = F[rows, None]
        T, atm = own["years"].to_numpy()[rows, None], own["atm_volatility"].to_numpy()[rows, None]
        volatility = sigma(F=price, K=strikes[None, :], T=T, atm=atm)
        gamma = black76.greeks(F=price, K=strikes[None, :], T=T, sigma=volatility, r=RATE, is_call=True).gamma
        unit = gamma * price**2 * 0.01 * market.product.multiplier
        net = unit * (counted[0::2] - counted[1::2])
        out["net_gex_usd"][rows] = net.sum(axis=1)
        out["gross_gex_usd"][rows] = (unit * (counted[0::2] + counted[1::2])).sum(axis=1)
        above = np.where(strikes[None, :] > price, net, -np.inf)
        below = np.where(strikes[None, :] <= price, net, np.inf)
        out["call_wall"][rows] = np.where(above.max(axis=1) > 0, strikes[above.argmax(axis=1)], np.nan)
        out["put_wall"][rows] = np.where(below.min(axis=1) < 0, strikes[below.argmin(axis=1)], np.nan)
    columns = {name: pa.array(values, from_pandas=True) for name, values in out.items()}
    return pa.table({"ts_window_end": ends, "reference_price": F, **columns})


def series_levels(market: MarketDay, windows: pa.Table, published: tuple[Release, ...]) -> Iterator[pa.Table]:
    """`level_columns` of every series, with `ts_expiration`, one part a series."""
    for k, series in enumerate(market.listing.series):
        part = level_columns(market, windows, published, series=k)
        expirations = pa.array(np.full(part.num_rows, series.ts_expiration, np.int64))
        yield part.add_column(1, "ts_expiration", expirations)


def defects_table(planted: list[dict[str, Any]]) -> pa.Table:
    """List the planted faults: record_index counts the options' file, -1 is a state that lasts from ts_recv on."""
    types = {"defect": pa.string(), "record_index": pa.int64(), "ts_recv": pa.int64(), "instrument_id": pa.int64()}
    return pa.table({name: pa.array([fault[name] for fault in planted], kind) for name, kind in types.items()})


def write_truth(folder: Path, tables: dict[str, Iterable[pa.Table]]) -> None:
    """Write tables, each given in parts, as Parquet files of a folder; equal parts give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, parts in tables.items():
        writer = None
        for part in parts:
            writer = writer or pq.ParquetWriter(folder / f"{name}.parquet", part.schema, compression="zstd", compression_level=1)
            writer.write_table(part)
        if writer is not None:
            writer.close()


def truth_folder(lake_root: Path, *, product: str, day: date) -> Path:
    """The local folder to which a sample writes the truth of a day."""
    return lake_root / keys.truth_folder(product=product, day=day)


def truth_days(filesystem: FileSystem, *, product: str) -> tuple[date, ...]:
    """Days that have a truth, in order; none in a lake of real data."""
    found = (keys.parsed_truth_day(info.key) for info in filesystem.list(keys.truth_folder(product=product)))
    return tuple(sorted({day for day in found if day is not None}))


def read_truth(filesystem: FileSystem, *, product: str, day: date, name: str) -> pa.Table:
    """One table of a day's truth.

    Raises
    ------
    LakeError
        The day has none, as real days do.
    """
    try:
        return pq.ParquetFile(filesystem.open(keys.truth_key(name, product=product, day=day)).file).read()
    except FileNotFoundError:
        folder = filesystem.uri(keys.truth_folder(product=product, day=day))
        raise LakeError(f"Expected the truth of {day} in {folder}, was none: only days of gex sample have one") from None
