"""What a sample market lists and how much happens in it: its profiles, as data.

`small` has fixed rates, from which the number of records follows. `full` has a budget of records, spread over expirations and
hours as on real days. Both list quarterlies, and their price is a random walk that knows nothing of books or gamma.

`lively` and `wide` are staged: see `staging`. They list dailies, too, `wide` with the venue's whole ladders. No study may take a
staged price for a placebo. What the numbers do is said by the modules that use them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import time
from typing import Final

from gex_assets.errors import SettingsError
from gex_assets.market.products import FAMILIES
from gex_assets.time_units import WINDOW_NS

__all__ = ["PROFILES", "STEPS_PER_WINDOW", "STEP_NS", "Choice", "Profile", "profile", "with_families"]

STEP_NS: Final = 250_000_000
"""Length of a step. The price is constant within a step; makers have the step to follow it."""

STEPS_PER_WINDOW: Final = WINDOW_NS // STEP_NS

OVERNIGHT: Final = (0.10, 0.10, 0.08, 0.08, 0.08, 0.08, 0.10, 0.20, 0.30, 0.30)
DAYTIME: Final = (0.45, 0.50, 0.70, 1.00, 2.00, 2.40, 1.90, 1.60, 1.60, 1.80, 2.30)
EVENING: Final = (0.30, 0.05, 0.12)
"""Relative intensity of a winter day's hours, by UTC: nine tenths of the records come between 05:00 and 16:00 in New York."""

SHARES: Final = (0.3414, 0.1397, 0.1155, 0.1067, 0.0688, 0.0626, 0.0292, 0.0775, 0.0175, 0.0204, 0.0208)
"""Shares of the expirations in a day's records, from the front on: the mean of nine real days of January 2026."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Records of the options' file, for profiles that state their number.

    Attributes
    ----------
    records : records of a day from Tuesday to Thursday; other requests get the part that belongs to their hours.
    hours : (24,) relative intensity by hour of the day. [UTC]
    shares : share of each expiration, from the front on.
    trades : customers' trades, as a share of the records.
    """

    records: int
    hours: tuple[float, ...]
    shares: tuple[float, ...]
    trades: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a sample lists.

    Attributes
    ----------
    families : of options; quarterlies are listed if `quarterlies` says so.
    quarterlies : quarterly series, from the front on.
    afternoons : series of the other families, the nearest ones.
    is_wide : their strikes reach as far as the venue's.
    spreads : user-defined spreads; every fifth is defined in the course of the day.
    """

    families: tuple[str, ...]
    quarterlies: int
    afternoons: int
    is_wide: bool
    spreads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Intensities of one sample market.

    Attributes
    ----------
    expirations : quarterly series listed in the options' files, from the front on.
    families : of the options that are listed.
    afternoons : series of weeklies, dailies and end-of-month options listed, the nearest, if `families` has any of them.
    is_wide : their strikes reach as far as the venue's.
    is_staged : price, open interest and flow follow `staging`.
    busy_start, busy_end : the busy stretch, which has the intensity of a real day. [UTC]
    busy_move, quiet_move : standard deviation of the price's return over 5 s, inside and outside of it; unused where staged.
    near_pairs : strikes on each side of the price whose quotes follow every move.
    makers : most market makers in one instrument.
    option_noise_busy, option_noise_quiet : orders that come, change and go without a move of the price. [1/s]
    option_trades_busy, option_trades_quiet : customers' trades in outright options. [1/s]
    spread_trades : trades in user-defined spreads in a whole day; two thirds of them in the busy stretch.
    spreads : user-defined spreads defined on a day.
    future_noise_busy, future_noise_quiet : the same for the front future. [1/s]
    future_trades_busy, future_trades_quiet : customers' trades in the front future. [1/s]
    thin_future_share : the next future's intensity, as a share of the front's.
    resets : mid-file clears (R) of single instruments in a whole day.
    statistics_days_before : days before the first one whose statistics are delivered too.
    knot_steps : steps between two exact valuations of the options in the busy stretch.
    busy_in_session : a request for a part of the day is busy in its middle half, at any time of day.
    is_surface_dense : the truth lists the surface in every busy window, not only once a minute.
    budget : records of the options' file; None: they follow from the rates.
    """

    name: str
    expirations: int
    busy_end: time
    quiet_move: float
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
    resets: int
    families: tuple[str, ...] = ("quarterly",)
    afternoons: int = 2
    is_wide: bool = False
    is_staged: bool = False
    busy_start: time = time(14, 30)
    busy_move: float = 0.8 / 6950
    near_pairs: int = 16
    makers: int = 4
    thin_future_share: float = 0.03
    statistics_days_before: int = 1
    knot_steps: int = STEPS_PER_WINDOW
    busy_in_session: bool = True
    is_surface_dense: bool = True
    budget: Budget | None = None

    @property
    def choice(self) -> Choice:
        """What is listed."""
        return Choice(
            families=self.families,
            quarterlies=self.expirations if "quarterly" in self.families else 0,
            afternoons=self.afternoons,
            is_wide=self.is_wide,
            spreads=self.spreads,
        )


LIVELY: Final = Profile(
    name="lively",
    expirations=2,
    families=("quarterly", "weekly", "daily", "eom"),
    is_staged=True,
    is_surface_dense=False,
    busy_end=time(21, 0),
    quiet_move=0.05 / 6950,
    option_noise_busy=4.0,
    option_noise_quiet=1.0,
    option_trades_busy=0.16,
    option_trades_quiet=0.01,
    spread_trades=120,
    spreads=40,
    future_noise_busy=3.0,
    future_noise_quiet=1.0,
    future_trades_busy=0.6,
    future_trades_quiet=0.05,
    resets=6,
)

PROFILES: Final = {
    "lively": LIVELY,
    "wide": replace(LIVELY, name="wide", is_wide=True),
    "small": Profile(
        name="small",
        expirations=2,
        busy_end=time(15, 30),
        quiet_move=0.03 / 6950,
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
        resets=6,
    ),
    "full": Profile(
        name="full",
        expirations=11,
        busy_end=time(21, 0),
        quiet_move=0.25 / 6950,
        option_noise_busy=0.0,
        option_noise_quiet=0.0,
        option_trades_busy=0.0,
        option_trades_quiet=0.0,
        spread_trades=2000,
        spreads=60,
        future_noise_busy=340.0,
        future_noise_quiet=35.0,
        future_trades_busy=12.0,
        future_trades_quiet=1.5,
        resets=12,
        knot_steps=20,
        busy_in_session=False,
        is_surface_dense=False,
        budget=Budget(records=88_000_000, hours=(*OVERNIGHT, *DAYTIME, *EVENING), shares=SHARES, trades=4e-4),
    ),
}


def profile(name: str) -> Profile:
    """Find a profile by its name.

    Raises
    ------
    SettingsError
        The name is none of `PROFILES`.
    """
    if name not in PROFILES:
        raise SettingsError(f"Expected a profile of {', '.join(PROFILES)}, was {name!r}")
    return PROFILES[name]


def with_families(chosen: Profile, families: Collection[str] | None, *, listed: Collection[str] = FAMILIES) -> Profile:
    """Give a profile other families of options; None leaves it as it is.

    Parameters
    ----------
    listed : families that the product has.

    Raises
    ------
    SettingsError
        No family, one that is not listed, or a profile with a budget of records, which is stated for quarterlies.
    """
    if families is None:
        return chosen
    unknown = [name for name in families if name not in listed]
    if unknown or not families:
        usable = ", ".join(name for name in FAMILIES if name in listed)
        raise SettingsError(f"Expected families of {usable}, was {unknown[0] if unknown else 'none'!r}")
    if chosen.budget is not None:
        raise SettingsError(f"Expected families only with a profile that has no budget of records, was {chosen.name!r}")
    return replace(chosen, families=tuple(families))
