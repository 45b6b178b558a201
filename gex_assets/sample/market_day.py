"""One day of the sample market before anybody trades: what is listed, the price path, forwards and fair prices at any moment.

It joins `instruments`, `price_path` and `surface`. Orders and records are made from it by `options` and `futures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gex_assets.market.products import Product
from gex_assets.sample.course import OPEN, Course
from gex_assets.sample.instruments import Levels, Listing, day_end_ns, listing, quarterlies
from gex_assets.sample.levels import index_level
from gex_assets.sample.options.fair import Fair
from gex_assets.sample.price_path import Path, path
from gex_assets.sample.profile import STEP_NS, STEPS_PER_WINDOW, Profile
from gex_assets.sample.surface import at_the_money, carry, fair_prices, years
from gex_assets.time_units import MINUTE_NS

__all__ = ["MarketDay", "market_day"]

Float = NDArray[np.float64]

NUDGE: Final = 2.5 / 6950
"""Relative distance of the three prices that a parabola of fair prices passes through; a window's move is smaller."""

TWO_DAYS_NS: Final = 48 * 60 * MINUTE_NS
COARSE_KNOT: Final = 240
"""Steps between two exact valuations outside of the busy stretch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketDay:
    """One product on one UTC date, as one request sees it.

    Attributes
    ----------
    reference : the front forward when the request begins, the origin of the volatility's leverage. [index points]
    """

    product: Product
    day: date
    profile: Profile
    seed: int
    listing: Listing
    path: Path
    reference: float

    @property
    def series(self) -> int:
        """Number of listed series of options."""
        return len(self.listing.series)

    @property
    def strikes(self) -> tuple[Float, ...]:
        """Strikes of every series, increasing."""
        return tuple(
            np.array([o.strike for o in self.listing.options if o.series is series and o.right == "C"], np.float64)
            for series in self.listing.series
        )

    def years(self, *, series: int, ts_ns: ArrayLike) -> Float:
        """Time to the expiration of a series [years]."""
        return years(ts_ns=ts_ns, ts_expiration=self.listing.series[series].ts_expiration)

    def future(self, *, index: ArrayLike, ts_ns: ArrayLike, contract: int = 0) -> Float:
        """Price of a future, by its position: the index times e^{(r - q) T} [index points]."""
        T = years(ts_ns=ts_ns, ts_expiration=self.listing.contracts[contract].ts_expiration)
        return np.asarray(index, np.float64) * carry(T=T)

    def forward(self, *, series: int, index: ArrayLike, ts_ns: ArrayLike) -> Float:
        """Forward of a series: the price of the future it is exercised into [index points]."""
        contract = self.listing.contracts.index(self.listing.series[series].contract)
        return self.future(index=index, ts_ns=ts_ns, contract=contract)

    def atm(self, *, series: int, index: ArrayLike, ts_ns: ArrayLike, drift: ArrayLike) -> Float:
        """Volatility at the forward of a series [1/sqrt(year)]."""
        return at_the_money(
            F=self.future(index=index, ts_ns=ts_ns),
            T=self.years(series=series, ts_ns=ts_ns),
            drift=drift,
            reference=self.reference,
        )

    def course(self) -> Course:
        """The front future's price, step by step."""
        moments = self.path.start_ns + np.arange(len(self.path.phase), dtype=np.int64) * STEP_NS
        return Course(
            price=self.future(index=self.path.index, ts_ns=moments),
            phase=self.path.phase,
            is_busy=self.path.is_busy,
            start_ns=self.path.start_ns,
            step_ns=STEP_NS,
        )

    def option_prices(self, *, index: Float, ts_ns: NDArray[np.int64], drift: Float) -> Float:
        """Fair prices of all options, NaN from the expiration on.

        Parameters
        ----------
        index, ts_ns, drift : (n,) the moments.

        Returns
        -------
        (n, options). [index points]
        """
        out = np.empty((len(index), len(self.listing.options)))
        column = 0
        for k, strikes in enumerate(self.strikes):
            T = self.years(series=k, ts_ns=ts_ns)[:, None]
            calls, puts = fair_prices(
                F=self.forward(series=k, index=index, ts_ns=ts_ns)[:, None],
                K=strikes[None, :],
                T=np.where(T > 0, T, np.nan),
                atm=self.atm(series=k, index=index, ts_ns=ts_ns, drift=drift)[:, None],
            )
            stop = column + 2 * len(strikes)
            out[:, column:stop:2], out[:, column + 1 : stop : 2] = calls, puts
            column = stop
        return out

    def fair(self, *, first_step: int, stop_step: int) -> Fair:
        """Fair prices of the steps [first, stop): at every knot a parabola in the front price around its value there."""
        near_expiration = self.listing.series[0].ts_expiration - self.path.start_ns < TWO_DAYS_NS
        is_fine = near_expiration or bool(np.any(self.path.is_busy[first_step:stop_step]))
        every = STEPS_PER_WINDOW if near_expiration else self.profile.knot_steps if is_fine else COARSE_KNOT
        steps = np.arange(first_step, stop_step, every)
        moments = self.path.start_ns + steps * STEP_NS + every * STEP_NS // 2
        index, drift = self.path.index[steps], self.path.drift[steps // STEPS_PER_WINDOW]
        low, middle, high = (
            self.option_prices(index=index * (1.0 + nudge), ts_ns=moments, drift=drift) / self.product.option_tick
            for nudge in (-NUDGE, 0.0, NUDGE)
        )
        price = self.future(index=index, ts_ns=moments)
        width = (price * NUDGE)[:, None]
        return Fair(
            a=middle,
            b=(high - low) / (2.0 * width),
            c=(high + low - 2.0 * middle) / (2.0 * width**2),
            price=price,
            first_step=first_step,
            steps_per_knot=every,
        )

    def followed(self) -> NDArray[np.bool_]:
        """(series,) whether near quotes of a series follow every move: the first quarterly and all that are none.

        On the first quarterly's last day the next one follows, too.
        """
        quarterlies = [one for one in self.listing.series if one.family == "quarterly"]
        ends_today = bool(quarterlies) and quarterlies[0].ts_expiration < day_end_ns(self.day)
        late = quarterlies[1 + int(ends_today) :]
        return np.array([one not in late for one in self.listing.series], np.bool_)

    def is_open(self) -> bool:
        """Whether trading is on when the request begins."""
        return bool(self.path.phase[0] == OPEN)


def market_day(*, product: Product, day: date, session: tuple[time, time] | None, profile: Profile, seed: int) -> MarketDay:
    """Prepare one day; it depends on its arguments alone, not on other days."""
    course = path(product=product.name, day=day, session=session, profile=profile, seed=seed)
    week = day - timedelta(days=(day.weekday() + 1) % 7)
    season = quarterlies(product=product, day=day, count=1)[0].expires - timedelta(days=100)

    def level(on: date) -> float:
        return index_level(product=product.name, day=on, seed=seed)

    listed = listing(
        product=product,
        day=day,
        choice=profile.choice,
        levels=Levels(ladder=level(season), spreads=level(week), at_expiration=level),
        seed=seed,
    )
    T = years(ts_ns=course.start_ns, ts_expiration=listed.contracts[0].ts_expiration)
    return MarketDay(
        product=product,
        day=day,
        profile=profile,
        seed=seed,
        listing=listed,
        path=course,
        reference=float(course.index[0] * carry(T=T)),
    )
