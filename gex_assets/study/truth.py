"""The truth study: the tables of a sample day compared with the sample's truth, over the day's busy stretch.

Each subject is a function from tables to findings. The windows are those of the busy stretch that the truth's surface has: all of
them in a small sample, those at full minutes in a full one. A lake of real data has no truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.errors import LakeError, SettingsError
from gex_assets.lake.keys import truth_folder
from gex_assets.lake.tables import Lake
from gex_assets.market.expirations import chicago_date
from gex_assets.market.products import product
from gex_assets.sample.truth import read_truth, truth_days
from gex_assets.stages.silver.forward import QUOTE_COLUMNS, forward
from gex_assets.study.baselines import one_strike_forwards, quoted_gamma
from gex_assets.study.findings import Finding
from gex_assets.study.stale_quotes import with_stale_quotes
from gex_assets.study.true_levels import level_findings
from gex_assets.time_units import DAY_NS, MINUTE_NS, SECOND_NS, midnight_ns

__all__ = ["STALE_SHARES", "study_days", "study_truth"]

Float = NDArray[np.float64]

STALE_SHARES: Final = (0.05, 0.2)
NEEDED_RATIO: Final = 0.1
"""Largest error of the forward as a share of the one-strike rule's, with the first share of stale quotes. [1]"""

LARGEST_GAMMA_ERROR: Final = 0.5
"""Relative. [%]"""

MONEYNESS: Final = (1.0, 2.5)
"""Gamma is judged at strikes with |z| up to these: z = ln(K/F) / (σ_atm √T), of the truth."""

_KEYS: Final = ["ts_window_end", "ts_expiration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """A sample day: its tables, and the windows measured (ascending)."""

    lake: Lake
    product: str
    day: date
    ends: NDArray[np.int64]
    rate: float

    def table(self, name: str, columns: Sequence[str], *, ends: NDArray[np.int64] | None = None) -> pa.Table:
        """Rows of a published table in these windows."""
        stored = self.lake.open(name, product=self.product, day=self.day)
        wanted = pa.array(self.ends if ends is None else ends)
        return pa.concat_tables(
            group.filter(pc.is_in(group.column("ts_window_end"), value_set=wanted)) for group in stored.groups(columns)
        )

    def truth(self, name: str) -> pa.Table:
        """Rows of a table of the truth in these windows."""
        rows = read_truth(self.lake.fs, product=self.product, day=self.day, name=name)
        return rows.filter(pc.is_in(rows.column("ts_window_end"), value_set=pa.array(self.ends)))


def study_days(lake: Lake, *, product: str) -> tuple[date, ...]:
    """Days that have both a truth and published levels.

    Raises
    ------
    LakeError
        There is none: a lake of real data has no truth.
    """
    days = truth_days(lake.fs, product=product)
    if not days:
        folder = lake.fs.uri(truth_folder(product=product))
        raise LakeError(f"Expected a sample's truth in {folder}, was none: real days have none, gex sample makes days that have")
    published = tuple(day for day in days if lake.find("silver_gex_levels", product=product, day=day) is not None)
    if not published:
        raise LakeError(f"Expected published tables of {days[0]}, was none: gex run --date {days[0]} makes them")
    return published


def study_truth(
    lake: Lake, *, product: str, day: date, rate: float, shares: Sequence[float] = STALE_SHARES, minutes: int = 10, seed: int = 1
) -> tuple[Finding, ...]:
    """Every finding of one day.

    Parameters
    ----------
    lake, product, day : a sample day of which every table is published.
    rate : the lake's. [1/year]
    shares : of quotes that are replaced by those of `minutes` earlier, to test the forward; the requirement is for the first.
    seed : decides which quotes these are.

    Raises
    ------
    LakeError
        The day has no truth, no busy windows, or a table is not published.
    SettingsError
        A share or the minutes cannot be.
    """
    if not all(0.0 < share < 1.0 for share in shares) or minutes < 1:
        raise SettingsError(f"Expected shares between 0 and 1 and at least 1 minute, was {list(shares)} and {minutes}")
    windows = read_truth(lake.fs, product=product, day=day, name="windows")
    surface = read_truth(lake.fs, product=product, day=day, name="surface")
    busy = windows.filter(windows.column("is_busy")).column("ts_window_end")
    ends = np.intersect1d(busy.to_numpy(), surface.column("ts_window_end").to_numpy())
    if not ends.size:
        raise LakeError(f"Expected windows of the busy stretch in the truth of {day}, was none")
    one = _Day(lake=lake, product=product, day=day, ends=ends, rate=rate)
    found = [
        *sorted(_forward_findings(one, shares=shares, minutes=minutes, seed=seed), key=lambda each: each.subject),
        *_gamma_findings(one),
        *_inventory_findings(one),
        *level_findings(
            day=day,
            levels=one.table("silver_gex_levels", LEVEL_COLUMNS),
            regimes=one.table("regime_scores", ["ts_window_end", "convention", "regime"]),
            chain=one.table("silver_gex_chain", [*_KEYS, "strike", "call_open_interest", "put_open_interest"]),
            true_levels=one.truth("series_levels"),
            true_windows=one.truth("windows"),
        ),
    ]
    return tuple(found)


LEVEL_COLUMNS: Final = (
    *("ts_window_end", "convention", "scope", "weight_used"),
    *("net_gex", "net_gex_se", "call_wall", "put_wall", "zero_gamma"),
)


def _forward_findings(one: _Day, *, shares: Sequence[float], minutes: int, seed: int) -> Iterator[Finding]:
    instruments = one.lake.open("bronze_option_instruments", product=one.product, day=one.day).read()
    lag = minutes * MINUTE_NS
    quotes = one.table("silver_option_quotes", QUOTE_COLUMNS, ends=np.union1d(one.ends, one.ends - lag))
    clean = quotes.filter(pc.is_in(quotes.column("ts_window_end"), value_set=pa.array(one.ends)))
    published = one.table("silver_forward", [*_KEYS, "forward", "forward_se"])
    cases: list[tuple[str, float, pa.Table, pa.Table]] = [("clean", 0.0, published, clean)]
    for n, share in enumerate(shares):
        planted = with_stale_quotes(quotes, ends=one.ends, share=share, lag_ns=lag, seed=seed + n)
        ours = forward(
            [planted],
            instruments=instruments,
            future_quotes=(),
            rate=one.rate,
            reference_price="parity",
            expirations="all",
            sure_se=product(one.product).sure_forward_se,
            tally=Counter(),
        )
        cases.append(
            (f"{100 * share:g} % stale", share, pa.concat_tables(ours).select([*_KEYS, "forward", "forward_se"]), planted)
        )
    true = one.truth("windows").select([*_KEYS, "forward", "years"]).rename_columns([*_KEYS, "truth", "years"])
    for name, share, ours, of_quotes in cases:
        theirs = one_strike_forwards([of_quotes], instruments=instruments, rate=one.rate)
        rows = ours.join(true, keys=_KEYS, join_type="inner").join(theirs, keys=_KEYS, join_type="inner")
        for where, own in _by_expiration(one.day, rows):
            error = own["forward"] - own["truth"]
            other = own["one_strike"] - own["truth"]
            both = np.isfinite(error) & np.isfinite(other)
            baseline = _rmse(other[both])
            same: dict[str, Any] = {**where, "cases": int(both.sum())}
            is_asked = bool(shares) and share == shares[0]
            yield Finding(
                **same,
                subject="forward",
                measure=f"RMSE, {name}",
                unit="points",
                value=_rmse(error[both]),
                baseline=baseline,
                baseline_is="one strike",
                limit=NEEDED_RATIO * baseline if is_asked else None,
                share=NEEDED_RATIO if is_asked else None,
            )
            for times in (1, 2):
                within = np.abs(error[both]) <= times * own["forward_se"][both]
                label = "forward_se" if times == 1 else f"{times} forward_se"
                yield Finding(
                    **same,
                    subject="forward_se",
                    measure=f"|error| <= {label}, {name}",
                    unit="share",
                    value=_mean(within),
                )
            if share == 0.0:
                yield Finding(
                    **(where | {"cases": int(error.size)}),
                    subject="forward",
                    measure="windows that have one",
                    unit="share",
                    value=_mean(np.isfinite(error)),
                )


def _gamma_findings(one: _Day) -> Iterator[Finding]:
    chain = one.table("silver_gex_chain", [*_KEYS, "strike", "forward", "years", "iv_mid", "gamma"])
    true = one.truth("windows").select([*_KEYS, "forward", "atm_volatility"])
    true = true.rename_columns([*_KEYS, "true_forward", "atm"])
    surface = one.truth("surface").select([*_KEYS, "strike", "gamma"]).rename_columns([*_KEYS, "strike", "true_gamma"])
    rows = surface.join(chain, keys=[*_KEYS, "strike"], join_type="inner").join(true, keys=_KEYS, join_type="inner")
    for where, own in _by_expiration(one.day, rows):
        z = np.abs(np.log(own["strike"] / own["true_forward"]) / (own["atm"] * np.sqrt(own["years"])))
        raw = quoted_gamma(F=own["forward"], K=own["strike"], T=own["years"], iv=own["iv_mid"], rate=one.rate)
        error, other = (100 * np.abs(gamma / own["true_gamma"] - 1.0) for gamma in (own["gamma"], raw))
        for most in MONEYNESS:
            near = z <= most
            known, quoted = near & np.isfinite(error), near & np.isfinite(other)
            same: dict[str, Any] = {**where, "subject": "gamma", "cases": int(known.sum())}
            for measure, of, asked in (
                ("median", _median, True),
                ("95 % quantile", _quantile95, True),
                ("largest", _largest, False),
            ):
                yield Finding(
                    **same,
                    measure=f"|error|, {measure}, |z| <= {most:g}",
                    unit="%",
                    value=of(error[known]),
                    baseline=of(other[quoted]),
                    baseline_is="own midpoint",
                    limit=LARGEST_GAMMA_ERROR if asked else None,
                )
            weight = own["true_gamma"]
            yield Finding(
                **same,
                measure=f"|error|, weighted by gamma, |z| <= {most:g}",
                unit="%",
                value=_weighted(error[known], weight[known]),
                baseline=_weighted(other[quoted], weight[quoted]),
                baseline_is="own midpoint",
                limit=LARGEST_GAMMA_ERROR,
            )
            yield Finding(
                **(same | {"cases": int(near.sum())}),
                measure=f"strikes that have one, |z| <= {most:g}",
                unit="share",
                value=_mean(np.isfinite(error[near])),
            )


def _inventory_findings(one: _Day) -> Iterator[Finding]:
    instruments = one.lake.open("bronze_option_instruments", product=one.product, day=one.day).read(
        ["instrument_id", "ts_expiration", "strike", "right", "selected"]
    )
    listed = instruments.filter(instruments.column("selected"))
    true = read_truth(one.lake.fs, product=one.product, day=one.day, name="inventory").sort_by(
        [("instrument_id", "ascending"), ("ts_window_end", "ascending")]
    )
    ids, ends = (true.column(name).to_numpy().astype(np.int64) for name in ("instrument_id", "ts_window_end"))
    midnight = midnight_ns(one.day)
    key = _event_key(ids, ends - midnight)
    chain = one.table(
        "silver_gex_chain",
        [*_KEYS, "strike", "years", *(f"{right}_{name}" for right in ("call", "put") for name in ("flow_inventory", "volume"))],
    )
    has_legs = not one.lake.open("silver_gex_chain", product=one.product, day=one.day).tally.get("spread_trades_without_legs")
    terms = (("passive_with_spreads",), ("volume", "volume_in_spreads")) if has_legs else (("passive",), ("volume",))
    known = "" if has_legs else ", outright trades only"  # without legs, trades of spreads have no options
    for right, letter in (("call", "C"), ("put", "P")):
        own = listed.filter(pc.equal(listed.column("right").cast(pa.string()), letter)).select(
            ["ts_expiration", "strike", "instrument_id"]
        )
        rows = chain.join(own, keys=["ts_expiration", "strike"], join_type="inner")
        for where, of in _by_expiration(one.day, rows):
            asked = of["instrument_id"].astype(np.int64)
            place = np.searchsorted(key, _event_key(asked, of["ts_window_end"] - midnight), side="right")
            there = (place > 0) & (ids[np.maximum(place - 1, 0)] == asked) if ids.size else np.zeros(place.size, np.bool_)
            for subject, column, summed in zip(("inventory", "volume"), ("flow_inventory", "volume"), terms, strict=True):
                total = np.sum([true.column(name).to_numpy() for name in summed], axis=0)
                truth = np.where(there, np.append(0, total)[np.where(there, place, 0)], 0)
                yield Finding(
                    **where,
                    subject=subject,
                    measure=f"{right}s in windows with another number{known}",
                    unit="options",
                    value=float(np.count_nonzero(of[f"{right}_{column}"] != truth)),
                    limit=0.0,
                    cases=int(truth.size),
                )


def _event_key(ids: NDArray[np.int64], since_midnight: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number that sorts by instrument, then by time of the day."""
    return ids * (2 * DAY_NS // SECOND_NS) + since_midnight // SECOND_NS


def _by_expiration(day: date, rows: pa.Table) -> Iterator[tuple[dict[str, Any], dict[str, NDArray[Any]]]]:
    """Day, expiration and days to it, and the expiration's rows as arrays, by time and strike."""
    keys = [name for name in (*_KEYS, "strike") if name in rows.column_names]
    ordered = rows.sort_by([(name, "ascending") for name in keys])
    columns = {name: ordered.column(name).to_numpy(zero_copy_only=False) for name in ordered.column_names}
    for expiration in np.unique(columns["ts_expiration"]).tolist():
        own = columns["ts_expiration"] == expiration
        first = int(columns["ts_window_end"][own][0])
        where = {"day": day, "expiration": chicago_date(expiration), "days": (expiration - first) / DAY_NS}
        yield where, {name: values[own] for name, values in columns.items()}


def _rmse(errors: Float) -> float:
    return float(np.sqrt(np.mean(errors**2))) if errors.size else float("nan")


def _mean(values: NDArray[Any]) -> float:
    return float(np.mean(values)) if values.size else float("nan")


def _median(values: Float) -> float:
    return float(np.median(values)) if values.size else float("nan")


def _quantile95(values: Float) -> float:
    return float(np.quantile(values, 0.95)) if values.size else float("nan")


def _largest(values: Float) -> float:
    return float(values.max()) if values.size else float("nan")


def _weighted(values: Float, weight: Float) -> float:
    return float(np.sum(values * weight) / np.sum(weight)) if values.size else float("nan")
