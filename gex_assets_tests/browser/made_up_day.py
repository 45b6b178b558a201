"""A packed day made up for the browser: two expirations, a price that travels, a hole, closed hours, strikes without a gamma."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.packing.planes import deflated, planes_of
from gex_assets.kernels.packing.quantizing import from_indices, from_linear, from_log
from gex_assets.lake.lineage import Lineage
from gex_assets.pages.picture.blobs import Blob
from gex_assets.pages.picture.page import Picture, heatmap_page

__all__ = ["DAY", "MadeUpDay", "made_up_day", "page_of_day"]

Float = NDArray[np.float64]

DAY: Final = date(2026, 1, 6)
MIDNIGHT: Final = 1_767_657_600
CLOSED: Final = (15_840, 16_560)
HOLE: Final = (2_400, 2_520)
UNSURE: Final = (7_200, 7_320)
ZERO_DTE_ENDS_K: Final = 15_120
MULTIPLIER: Final = 50.0
RULER: Final = {"step": 0.0015, "base": 1e-9}
LEVELS: Final = tuple((convention, scope) for convention in ("field", "flow", "magic8") for scope in ("selected", "0dte"))
WORDS: Final = {"regime": ["positive", "negative", "neutral"], "magnitude": ["extreme", "high", "moderate", "low"]}


@dataclass(frozen=True)
class MadeUpDay:
    """A packed day, and what it holds before packing.

    Attributes
    ----------
    k : (T,) numbers of the windows.
    price : (T,) reference price.
    gamma : (L, T); NaN where there is none.
    contracts : weight -> (calls, puts), (L, T) each.
    """

    picture: Picture
    k: NDArray[np.int64]
    price: Float
    gamma: Float
    contracts: dict[str, tuple[Float, Float]]


def made_up_day(
    *, has_futures: bool = True, step: float = 5.0, strikes: int = 61, windows: int = 16_440, notes: tuple[str, ...] = ()
) -> MadeUpDay:
    """Make it.

    Parameters
    ----------
    step, strikes : of the daily expiration; the quarterly has 61 strikes 25 points apart.
    windows : how many, from midnight on; all by default.
    notes : for the header.
    """
    random = np.random.default_rng(14)
    k = np.array([one for one in range(17_280) if not CLOSED[0] <= one < CLOSED[1] and not HOLE[0] <= one < HOLE[1]])[:windows]
    price = _price(random, k)
    near = np.round(6925.0 / step) * step + step * (np.arange(strikes) - strikes // 2)
    far = 6200.0 + 25.0 * np.arange(61)
    strike, expiration = np.concatenate([near, far]), np.repeat([0, 1], [near.size, far.size])
    forward = np.stack([np.where(k < ZERO_DTE_ENDS_K, price, np.nan), price + 0.25])
    gamma = _gamma(k, strike, expiration, forward)
    contracts = _contracts(random, k, strike, price)
    packed = {
        "core": _core(random, k=k, price=price, forward=forward, gamma=gamma, strike=strike, has_futures=has_futures),
        **{f"weight-{name}": _sides(name, *both) for name, both in contracts.items()},
    }
    blobs = [_blob(name, columns) for name, columns in packed.items()]
    return MadeUpDay(Picture(_header(k, strike, expiration, blobs, notes), tuple(blobs)), k, price, gamma, contracts)


def page_of_day(day: MadeUpDay) -> bytes:
    """The page, with the bundle of the package."""
    lineage = Lineage(table="day_page", product="ES", day=DAY, code_version="1", settings_hash="", inputs={})
    return heatmap_page(day.picture, lineage=lineage)


def _price(random: np.random.Generator, k: NDArray[np.int64]) -> Float:
    goal = np.where(k < 10_800, 6925.0, np.where(k < 13_000, 6952.0, 6898.0))
    steps = random.normal(size=k.size) * np.where(k > 10_320, 0.55, 0.3)
    price = np.empty(k.size)
    now = 6925.0
    for place in range(k.size):
        now += steps[place] + 0.0012 * (goal[place] - now)
        price[place] = now
    return np.round(price, 2)


def _gamma(k: NDArray[np.int64], strike: Float, expiration: NDArray[np.int64], forward: Float) -> Float:
    left = np.maximum(ZERO_DTE_ENDS_K - k, 12) * 5 / 31_536_000
    s = np.where(expiration[:, None] == 0, 0.14 * np.sqrt(left), 0.14 * np.sqrt(73.6 / 365))
    F = forward[expiration]
    d = np.log(F / strike[:, None]) / s + s / 2
    gamma = np.maximum(1e-9, np.exp(-d * d / 2) / (np.sqrt(2 * np.pi) * F * s))
    gamma[(expiration == 1) & (strike > 7600)] = np.nan
    return gamma


def _contracts(random: np.random.Generator, k: NDArray[np.int64], strike: Float, price: Float) -> dict[str, tuple[Float, Float]]:
    size = np.where(strike % 50 == 0, 4.0, np.where(strike % 25 == 0, 2.0, 1.0)) * random.uniform(0.4, 1.6, strike.size) * 4200
    near = np.exp(-(((strike[:, None] - price) / 70) ** 2))
    grown = np.arange(k.size) / k.size
    held = np.ones(k.size)
    interest = [np.round(size * np.exp(-(((strike - at) / 100) ** 2)) + 30)[:, None] * held for at in (6975.0, 6860.0)]
    flow = [np.round(random.normal(size=strike.size)[:, None] * 900 * grown * near) for _ in range(2)]
    return {"open_interest": (interest[0], interest[1]), "flow_inventory": (flow[0], flow[1])}


Column = tuple[dict[str, Any], NDArray[np.uint32]]


def _linear(name: str, axis: str, values: Float, *, step: float, every: int = 1) -> Column:
    about = {"name": name, "axis": axis, "kind": "linear", "step": step, "every": every}
    return about, from_linear(np.atleast_2d(values)[:, ::every], step=step)


def _log(name: str, values: Float, *, step: float, base: float, every: int = 1, axis: str = "lines") -> Column:
    about = {"name": name, "axis": axis, "kind": "log", "step": step, "base": base, "every": every}
    return about, from_log(values[:, ::every], step=step, base=base)


def _code(name: str, places: NDArray[np.int64]) -> Column:
    return {"name": name, "axis": "levels", "kind": "code", "every": 1}, from_indices(places)


def _core(
    random: np.random.Generator,
    *,
    k: NDArray[np.int64],
    price: Float,
    forward: Float,
    gamma: Float,
    strike: Float,
    has_futures: bool,
) -> list[Column]:
    rows = len(LEVELS)
    flip = 6945.0 + 12.0 * np.sin(k / 2600.0)
    away = np.abs(strike[:, None] - price)
    vacuum = random.normal(size=k.size) if has_futures else np.full(k.size, np.nan)
    regime = np.where(price > flip + 5, 0, np.where(price < flip - 5, 1, 2))
    level = {
        "net_gex": ((price - flip) * 3e7, 2e5),
        "net_gex_se": (np.full(k.size, 6e7), 2e5),
        "call_wall": (np.where(price < 6950, 6950.0, 6975.0), 0.01),
        "put_wall": (np.where(price > 6900, 6900.0, 6600.0), 0.01),
        "call_wall_kept": (np.full(k.size, 0.94), 0.002),
        "put_wall_kept": (np.full(k.size, 0.88), 0.002),
        "zero_gamma": (flip, 0.05),
        "zero_gamma_low": (flip - 6, 0.05),
        "zero_gamma_high": (flip + 7, 0.05),
        "confidence": (np.full(k.size, 0.8), 0.001),
    }
    return [
        _linear("k", "day", k.astype(np.float64), step=1.0),
        _linear("reference_price", "day", price, step=0.01),
        _log("price_se", _price_se(k)[None, :], step=0.25, base=0.005, axis="day"),
        _linear("u17_up_total_log", "day", vacuum, step=0.01),
        _linear("forward", "expirations", forward, step=0.005),
        _log("gamma", gamma, **RULER),
        _log("gamma_se_share", 0.01 + np.minimum(2.0, (away / 110) ** 4 / 3), step=0.05, base=1e-5, every=12),
        _log("quote_age_s", 0.4 + away / 3, step=0.1, base=0.01, every=12),
        *(_linear(name, "levels", np.tile(values, (rows, 1)), step=step) for name, (values, step) in level.items()),
        _code("regime", np.tile(regime, (rows, 1))),
        _code("magnitude", np.full((rows, k.size), 1)),
    ]


def _price_se(k: NDArray[np.int64]) -> Float:
    """Of a sure price, but for the minutes of `UNSURE`."""
    return np.where((k >= UNSURE[0]) & (k < UNSURE[1]), 16.0, 0.05)


def _sides(weight: str, calls: Float, puts: Float) -> list[Column]:
    return [_linear(f"{right}_{weight}", "lines", values, step=1.0) for right, values in (("call", calls), ("put", puts))]


def _blob(name: str, columns: list[Column]) -> Blob:
    offset, said, parts = 0, [], []
    for about, codes in columns:
        planes = planes_of(codes)
        said.append(about | {"blob": name, "planes": len(planes), "offset": offset})
        offset += sum(plane.nbytes for plane in planes)
        parts += [plane.data for plane in planes]
    return Blob(name, deflated(parts), tuple(said))


def _header(
    k: NDArray[np.int64], strike: Float, expiration: NDArray[np.int64], blobs: list[Blob], notes: tuple[str, ...]
) -> dict[str, Any]:
    common = {"scale": "usd_per_1pct", "unit": "USD per 1 %", "version": 2}
    dates = (("2026-01-06", "daily Jan 6", 75_600), ("2026-03-20", "quarterly Mar 20", 73 * 86_400 + 48_600))
    return {
        "format": 2,
        "product": "ES",
        "date": DAY.isoformat(),
        "title": f"ES · {DAY.isoformat()}",
        "step_s": 5,
        "stride": 1,
        "midnight_ns": f"{MIDNIGHT}000000000",
        "windows": k.size,
        "sessions": [
            {"start_k": 0, "end_k": CLOSED[0] - 1, "session_date": "2026-01-06"},
            {"start_k": CLOSED[1], "end_k": 17_279, "session_date": "2026-01-07"},
        ],
        "regular_hours": [[10_440, 15_119]],
        "expirations": [
            {
                "ts_ns": f"{MIDNIGHT + after}000000000",
                "date": day,
                "label": label,
                "underlying": "ESH6",
                "multiplier": MULTIPLIER,
                "is_0dte": day == DAY.isoformat(),
                "selected": True,
            }
            for day, label, after in dates
        ],
        "lines": [{"expiration": int(one), "strike": float(price)} for one, price in zip(expiration, strike, strict=True)],
        "conventions": [
            {"name": "field", "weight": "open_interest", "sign_model": "long_call_short_put", **common},
            {"name": "flow", "weight": "flow_inventory", "sign_model": "flow_signed", **common},
            {
                "name": "magic8",
                "weight": "open_interest",
                "sign_model": "short_call_long_put",
                "version": 1,
                "scale": "usd_per_point",
                "unit": "USD per point",
            },
        ],
        "levels": [{"convention": convention, "scope": scope} for convention, scope in LEVELS],
        "codes": WORDS,
        "profile": None,
        "profiles": [],
        "notes": list(notes),
        "live": None,
        "columns": [column for blob in blobs for column in blob.columns],
        "blobs": [blob.name for blob in blobs],
    }
