"""Which of the selected expirations count at a window: the earliest that are listed and unexpired, as many as configured.

On an expiration day the successor is selected next to the front. It has quotes and a forward all day, but counts only when the
front has expired. An expiration beyond `max_dte` counts only while none within it does. `bronze_option_instruments` says which
expirations are selected at all.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gex_assets.errors import SettingsError
from gex_assets.stages.ladders import Ladders
from gex_assets.time_units import YEAR_NS

__all__ = ["HowMany", "expirations_in_force", "first_of_each_window", "listed_and_unexpired", "years_to_expiration"]

HowMany = Literal["front", "all"] | int
"""Setting `expirations`: the front alone, a number of the earliest, or all that are selected."""


def listed_and_unexpired(ladders: Ladders, *, ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether an expiration is listed before each window's end and expires after it: (W, E)."""
    expires = np.array([ladder.ts_expiration for ladder in ladders.by_expiration], dtype=np.int64)
    listed = np.array([ladder.ts_listed for ladder in ladders.by_expiration], dtype=np.int64)
    return (listed[None, :] < ends[:, None]) & (expires[None, :] > ends[:, None])


def expirations_in_force(ladders: Ladders, *, ends: NDArray[np.int64], expirations: HowMany) -> NDArray[np.bool_]:
    """Whether an expiration enters chain, slots and totals at each window.

    Of the listed and unexpired ones within `max_dte` these are the first (`front`), the first n, or all. Where all are beyond
    `max_dte`, it is the nearest, whatever the setting.

    Parameters
    ----------
    ladders : the selected options.
    ends : (W,) ends of windows. [UNIX ns UTC]
    expirations : how many of the earliest.

    Returns
    -------
    (W, E) in the order of `ladders.by_expiration`.

    Raises
    ------
    SettingsError
        `expirations` is neither "front" nor "all" nor a number of at least 1.
    """
    live = listed_and_unexpired(ladders, ends=ends)
    most = {"front": 1, "all": live.shape[1]}.get(str(expirations), expirations)
    if isinstance(most, str) or (most < 1 and expirations != "all"):
        raise SettingsError(f"Expected expirations of 'front', 'all' or a number of at least 1, was {expirations!r}")
    beyond = live & np.array([ladder.is_beyond for ladder in ladders.by_expiration], dtype=np.bool_)
    within = live & ~beyond
    has_within = within.any(axis=1, keepdims=True)
    chosen: NDArray[np.bool_] = np.where(
        has_within, within & (np.cumsum(within, axis=1) <= most), beyond & (np.cumsum(beyond, axis=1) == 1)
    )
    return chosen


def first_of_each_window(live: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Position of the earliest expiration that holds in each window: (W,), -1 where none does."""
    if live.shape[1] == 0:
        return np.full(live.shape[0], -1, dtype=np.int64)
    first = np.argmax(live, axis=1)
    return np.where(live[np.arange(live.shape[0]), first], first, -1)


def years_to_expiration(*, ends: NDArray[np.int64], ts_expiration: int) -> NDArray[np.float64]:
    """(W,) from the window's end to the expiration, ACT/365 to the nanosecond; 0 once expired. [years]."""
    return np.maximum(ts_expiration - ends, 0) / YEAR_NS
