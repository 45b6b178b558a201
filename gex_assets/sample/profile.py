"""How much happens in a sample market: its intensities, as data. A richer profile is another value, not other code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Final

from gex_assets.errors import SettingsError

__all__ = ["ANNOUNCED", "PROFILES", "STEPS_PER_WINDOW", "STEP_NS", "Profile", "profile"]

STEP_NS: Final = 250_000_000
"""The price is constant within a step and jumps between two; whoever quotes has the step to follow it."""

STEPS_PER_WINDOW: Final = 20

ANNOUNCED: Final = ("full",)
"""Profiles that are to come: refused by name, so that nobody takes a small market for a full one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Intensities of one sample market.

    Attributes
    ----------
    expirations : quarterly series listed in the options' files, from the front on.
    busy_start, busy_end : the stretch of real intensity. [UTC]
    busy_move, quiet_move : standard deviation of the price's return over 5 s, inside and outside of it.
    near_pairs : strikes on each side of the price that are quoted at full care.
    makers : most market makers in one instrument.
    option_noise_busy, option_noise_quiet : orders that come, change and go without a move of the price. [1/s]
    option_trades_busy, option_trades_quiet : customers' trades in outright options. [1/s]
    spread_trades : trades in user-defined spreads in a whole day; most of them in the busy stretch.
    spreads : user-defined spreads defined on a day.
    future_noise_busy, future_noise_quiet : the same for the front future. [1/s]
    future_trades_busy, future_trades_quiet : customers' trades in the front future. [1/s]
    thin_future_share : the next future's intensity, as a share of the front's.
    resets : mid-file clears (R) of single instruments in a whole day.
    statistics_days_before : days before the first one whose statistics are delivered too.
    """

    name: str
    expirations: int
    busy_start: time
    busy_end: time
    busy_move: float
    quiet_move: float
    near_pairs: int
    makers: int
    option_noise_busy: float
    option_noise_quiet: float
    option_trades_busy: float
    option_trades_quiet: float
    spread_trades: int
    spreads: int
    future_noise_busy: float
    future_noise_quiet: float
    future_trades_busy: float
    future_trades_quiet: float
    thin_future_share: float
    resets: int
    statistics_days_before: int


PROFILES: Final = {
    "small": Profile(
        name="small",
        expirations=2,
        busy_start=time(14, 30),
        busy_end=time(15, 30),
        busy_move=0.8 / 6950,
        quiet_move=0.03 / 6950,
        near_pairs=16,
        makers=4,
        option_noise_busy=10.0,
        option_noise_quiet=1.1,
        option_trades_busy=0.16,
        option_trades_quiet=0.006,
        spread_trades=60,
        spreads=40,
        future_noise_busy=20.0,
        future_noise_quiet=1.0,
        future_trades_busy=1.5,
        future_trades_quiet=0.05,
        thin_future_share=0.03,
        resets=6,
        statistics_days_before=1,
    )
}


def profile(name: str) -> Profile:
    """Find a profile by its name.

    Raises
    ------
    SettingsError
        The name is none of `PROFILES`; those of `ANNOUNCED` are named as not being there yet.
    """
    if name in ANNOUNCED:
        raise SettingsError(f"Expected a profile that is there ({', '.join(PROFILES)}), was {name!r}, which is not there yet")
    if name not in PROFILES:
        raise SettingsError(f"Expected a profile of {', '.join(PROFILES)}, was {name!r}")
    return PROFILES[name]
