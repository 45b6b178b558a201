"""Published levels against the sample's truth: walls, zero gamma, regime and net exposure of the nearest published expiration.

The settings decide which expirations are published; the market may list nearer ones. A regime is of everything in force, and is
judged where that is one expiration only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.analytics.regimes import regime as true_regime
from gex_assets.conventions import BUILT_IN
from gex_assets.market.expirations import chicago_date
from gex_assets.sample.surface import sigma
from gex_assets.schemas.regime_scores import REGIMES
from gex_assets.study.findings import Finding
from gex_assets.study.true_zero_gamma import true_zero_gamma
from gex_assets.time_units import DAY_NS

__all__ = ["LARGEST_ZERO_GAMMA_DISTANCE", "level_findings"]

LARGEST_ZERO_GAMMA_DISTANCE: Final = 1.0
"""From the nearest root of the true profile. [points]"""

_CONVENTION: Final = BUILT_IN["field"]


def level_findings(
    *,
    day: date,
    levels: pa.Table,
    regimes: pa.Table,
    chain: pa.Table,
    true_levels: pa.Table,
    true_windows: pa.Table,
) -> Iterator[Finding]:
    """Levels of `field` by open interest against the truth's, window by window; nothing where no open interest is known.

    Parameters
    ----------
    levels, regimes, chain : rows of `silver_gex_levels`, `regime_scores` and `silver_gex_chain`.
    true_levels, true_windows : rows of the truth's `series_levels` and `windows`.
    """
    if not true_windows.num_rows or not chain.num_rows:
        return
    front = int(pc.min(chain.column("ts_expiration")).as_py())
    expiration = chicago_date(front)
    windows = _sorted(true_windows.filter(pc.equal(true_windows.column("ts_expiration"), front)))
    of_front = true_levels.filter(pc.equal(true_levels.column("ts_expiration"), front)).drop_columns("ts_expiration")
    own = levels.filter(
        pc.and_(
            pc.and_(_says(levels, "convention", _CONVENTION.name), _says(levels, "scope", f"exp:{expiration}")),
            _says(levels, "weight_used", "open_interest"),
        )
    )
    truth = of_front.rename_columns([name if name == "ts_window_end" else f"true_{name}" for name in of_front.column_names])
    rows = _sorted(own.join(truth, keys="ts_window_end", join_type="inner"))
    rows_known = np.isfinite(rows["true_net_gex_usd"])
    same: dict[str, Any] = {
        "day": day,
        "expiration": expiration,
        "days": (front - int(windows["ts_window_end"][0])) / DAY_NS,
        "subject": "levels",
    }
    net = np.abs(rows["net_gex"] - rows["true_net_gex_usd"])[rows_known] / rows["true_gross_gex_usd"][rows_known]
    for measure, of in (("median", np.median), ("largest", np.max)):
        value = 100 * float(of(net)) if net.size else float("nan")
        yield Finding(**same, measure=f"net exposure's |error| in gross, {measure}", unit="%", value=value, cases=net.size)
    for wall in ("call_wall", "put_wall"):
        yield _agreement(same, f"{wall} at its strike", rows[wall][rows_known], rows[f"true_{wall}"][rows_known])

    true_roots = _true_zero_gammas(windows, chain, front)
    at = np.searchsorted(windows["ts_window_end"], rows["ts_window_end"][rows_known])
    ours, roots = rows["zero_gamma"][rows_known], true_roots[at]
    yield _agreement(same, "zero gamma where the truth has one", np.isfinite(ours), np.isfinite(roots))
    distance = np.abs(ours - roots)[np.isfinite(ours) & np.isfinite(roots)]
    for measure, of in (("median", np.median), ("largest", np.max)):
        if distance.size:
            yield Finding(
                **same,
                measure=f"zero gamma's |error|, {measure}",
                unit="points",
                value=float(of(distance)),
                cases=distance.size,
                limit=LARGEST_ZERO_GAMMA_DISTANCE,
            )

    if len(np.unique(chain.column("ts_expiration").to_numpy())) == 1:
        said = _sorted(regimes.filter(_says(regimes, "convention", _CONVENTION.name)))
        at = np.searchsorted(said["ts_window_end"], rows["ts_window_end"][rows_known])
        regime = said["regime"][at]
        truth_says = true_regime(
            rows["true_net_gex_usd"], rows["true_gross_gex_usd"], net_se=rows["net_gex_se"], convention=_CONVENTION
        )
        yield _agreement(same, "regime", regime, np.array(REGIMES)[truth_says][rows_known])


def _true_zero_gammas(windows: dict[str, NDArray[Any]], chain: pa.Table, front: int) -> NDArray[np.float64]:
    """(W,) the nearest root of each window's profile, from the true forward and surface and the open interest known."""
    own = chain.filter(pc.equal(chain.column("ts_expiration"), front)).sort_by(
        [("ts_window_end", "ascending"), ("strike", "ascending")]
    )
    ends = own.column("ts_window_end").to_numpy()
    strikes = own.column("strike").to_numpy()
    calls, puts = (
        np.nan_to_num(own.column(f"{right}_open_interest").to_numpy(zero_copy_only=False)) for right in ("call", "put")
    )
    roots = np.full(windows["ts_window_end"].size, np.nan)
    for n, end in enumerate(windows["ts_window_end"].tolist()):
        rows = slice(np.searchsorted(ends, end), np.searchsorted(ends, end, side="right"))
        F, T, atm = (float(windows[name][n]) for name in ("forward", "years", "atm_volatility"))
        if rows.stop > rows.start:
            K = strikes[rows]
            total_vol = sigma(F=F, K=K, T=T, atm=atm) * np.sqrt(T)
            roots[n] = true_zero_gamma(F=F, K=K, total_vol=total_vol, net_weight=calls[rows] - puts[rows])
    return roots


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _agreement(same: dict[str, Any], measure: str, ours: NDArray[Any], truth: NDArray[Any]) -> Finding:
    equal = np.array([a == b or (_is_nan(a) and _is_nan(b)) for a, b in zip(ours.tolist(), truth.tolist(), strict=True)])
    value = float(equal.mean()) if equal.size else float("nan")
    return Finding(**same, measure=measure, unit="share", value=value, cases=equal.size, limit=1.0, at_least=True)


def _says(rows: pa.Table, column: str, word: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(rows.column(column).cast(pa.string()), word), fill_value=False)


def _sorted(rows: pa.Table) -> dict[str, NDArray[Any]]:
    ordered = rows.sort_by("ts_window_end")
    plain = {
        field.name: ordered.column(field.name).cast(pa.string())
        if pa.types.is_dictionary(field.type)
        else ordered.column(field.name)
        for field in ordered.schema
    }
    return {name: column.to_numpy(zero_copy_only=False) for name, column in plain.items()}
