"""Windows with what `silver_forward` says of each, and the band that is carried from one minute to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.schemas.silver_forward import FORWARD_QUALITIES

__all__ = ["Band", "KeptWall", "LevelWindows"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelWindows:
    """What `silver_forward` says of each of W windows.

    Attributes
    ----------
    ends : (W,) ascending. [UNIX ns UTC]
    session_date : (W,) [days since 1970-01-01]
    underlying : (W,) position in `underlyings` of the front's future.
    underlyings : symbols of the futures of all expirations, ascending.
    forward : (W,) the front's; NaN where there is none. [index points]
    reference_price : (W,) NaN where there is none. [index points]
    quality : (W,) position in `FORWARD_QUALITIES`.
    """

    ends: Int
    session_date: NDArray[np.int32]
    underlying: NDArray[np.int32]
    underlyings: list[str]
    forward: Float
    reference_price: Float
    quality: NDArray[np.int32]

    @classmethod
    def of(cls, forward: pa.Table) -> LevelWindows:
        """Read the row of each window's front expiration; a window without a front has no reference price."""
        ends, first = np.unique(forward["ts_window_end"].to_numpy(), return_index=True)
        is_front = forward["is_front"].to_numpy(zero_copy_only=False).astype(np.bool_)
        rows = first.copy()
        fronts = np.flatnonzero(is_front)
        rows[np.searchsorted(ends, forward["ts_window_end"].to_numpy()[fronts])] = fronts
        is_front = is_front[rows]
        qualities = pc.index_in(forward["quality"].cast(pa.string()), pa.array(FORWARD_QUALITIES)).to_numpy()
        underlyings, underlying = np.unique(forward["underlying"].cast(pa.string()).to_numpy(), return_inverse=True)
        return cls(
            ends=ends,
            session_date=forward["session_date"].cast(pa.int32()).to_numpy()[rows],
            underlying=underlying[rows].astype(np.int32),
            underlyings=underlyings.tolist(),
            forward=np.where(is_front, forward["forward"].to_numpy()[rows], np.nan),
            reference_price=np.where(is_front, forward["reference_price"].to_numpy()[rows], np.nan),
            quality=np.where(is_front, qualities[rows], FORWARD_QUALITIES.index("none")).astype(np.int32),
        )

    def at(self, windows: Int) -> LevelWindows:
        """Some of these windows, ascending."""
        return LevelWindows(
            ends=self.ends[windows],
            session_date=self.session_date[windows],
            underlying=self.underlying[windows],
            underlyings=self.underlyings,
            forward=self.forward[windows],
            reference_price=self.reference_price[windows],
            quality=self.quality[windows],
        )

    def without_price(self, count: int) -> LevelWindows:
        """The same, the first `count` windows without a reference price."""
        known = np.arange(self.ends.size) >= count
        return replace(self, reference_price=np.where(known, self.reference_price, np.nan))


@dataclass(slots=True)
class Band:
    """The latest band of zero gamma, carried until the next one.

    Attributes
    ----------
    low, high : NaN where the latest band is none. [index points]
    ts : end of the window it was found in; -1 before the first. [UNIX ns UTC]
    """

    low: float = np.nan
    high: float = np.nan
    ts: int = -1

    def carried(self, ends: Int, chosen: Bool, low: Float, high: Float) -> dict[str, NDArray[Any]]:
        """(W,) columns of the band: in a chosen window its own, in others the one before. The last is remembered."""
        latest = np.maximum.accumulate(np.where(chosen, np.arange(ends.size), -1))
        new = latest >= 0
        columns: dict[str, NDArray[Any]] = {
            "zero_gamma_low": np.where(new, low[latest], self.low),
            "zero_gamma_high": np.where(new, high[latest], self.high),
            "band_ts": np.where(new, ends[latest], self.ts),
        }
        self.low, self.high, self.ts = (columns[name][-1].item() for name in ("zero_gamma_low", "zero_gamma_high", "band_ts"))
        return columns


@dataclass(slots=True)
class KeptWall:
    """The latest share of draws that keep a wall, carried as long as the wall is the same.

    Attributes
    ----------
    strike, future : of the wall at that moment; NaN and "" where there was none. [index points]
    share : NaN where there is none. [1]
    """

    strike: float = np.nan
    future: str = ""
    share: float = np.nan

    def carried(self, chosen: Bool, strike: Float, future: NDArray[np.str_], share: Float) -> Float:
        """(W,) in a chosen window its own, in others the one before if the wall is the same, else NaN. The last is remembered."""
        latest = np.maximum.accumulate(np.where(chosen, np.arange(strike.size), -1))
        new = latest >= 0
        strikes, futures, shares = (
            np.where(new, now[latest], before)
            for now, before in ((strike, self.strike), (future, self.future), (share, self.share))
        )
        self.strike, self.future, self.share = strikes[-1].item(), futures[-1].item(), shares[-1].item()
        return np.where((strike == strikes) & (future == futures), shares, np.nan)
