"""Which expirations of a day are used, and why the others are not.

The front is chosen at the end of every window, and whatever is chosen at any is selected. So nothing that comes later in the day
takes an expiration away from earlier windows. `expirations_in_force` says which selected expirations count at a window.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gex_assets.time_units import WINDOW_NS

__all__ = ["BEYOND_MAX_DTE", "SELECTING", "Expiration", "selection"]

BEYOND_MAX_DTE: Final = "nearest_beyond_max_dte"
"""The reason of an expiration that counts only while nothing within `max_dte` does."""

SELECTING: Final = ("front", "successor_on_expiration_day", "among_the_nearest", "all_within_max_dte", BEYOND_MAX_DTE)
"""The reasons that select; all others say why an expiration is not used."""


@dataclass(frozen=True, slots=True, order=True)
class Expiration:
    """The options that expire at one moment.

    Attributes
    ----------
    ts_expiration : [UNIX ns UTC]
    dte : days from the partition's date to the expiration's in Chicago.
    ts_listed : when its first option was listed; None without a definition or record of any. [UNIX ns UTC]
    """

    ts_expiration: int
    dte: int
    ts_listed: int | None


def selection(
    every_expiration: Iterable[Expiration],
    *,
    day_start: int,
    day_end: int,
    max_dte: int,
    expirations: Literal["front", "all"] | int,
) -> dict[int, str]:
    """Say of every expiration why it is used, or why not.

    A window that ends at t considers the expirations that are listed before t and expire after it. Of those within `max_dte` it
    chooses the first (`front`), the first n, or all; where none is within `max_dte`, the nearest beyond. An expiration chosen at
    the end of any window of the day is used.

    Every window chooses a second time, among all expirations, listed or not. So an expiration whose first record is still to
    come is used from the start, and the choice does not depend on where the input ends. No row counts it before it is listed.
    A successor beyond `max_dte` has that reason, as it counts by another rule than one within.

    Parameters
    ----------
    every_expiration : each expiration once, in any order.
    day_start, day_end : [start, end) of the day. [UNIX ns UTC]
    max_dte : days up to which an expiration is used. [days]
    expirations : setting.

    Returns
    -------
    One of `SELECTION_REASONS` by ts_expiration.
    """
    every = sorted(every_expiration)
    listings = [one.ts_listed for one in every if one.ts_listed is not None and day_start < one.ts_listed < day_end]
    first = _end_of_window(day_start)
    expiring = [one.ts_expiration for one in every if first < one.ts_expiration < day_end]
    ends = {-(-moment // WINDOW_NS) * WINDOW_NS for moment in expiring}  # the first window in which it is over
    reasons: dict[int, str] = {}
    # From one listing or expiration to the next nothing changes.
    for moment in sorted({first, *(_end_of_window(one) for one in listings)} | ends):
        listed = [one for one in every if one.ts_listed is not None and one.ts_listed < moment]
        for known in (listed, every):
            live = [one for one in known if one.ts_expiration > moment]
            for one, reason in _chosen(live, max_dte=max_dte, expirations=expirations):
                succeeds = moment in ends and reason not in ("all_within_max_dte", BEYOND_MAX_DTE)
                reasons.setdefault(one.ts_expiration, "successor_on_expiration_day" if succeeds else reason)
    otherwise = {"front": "not_front", "all": "beyond_max_dte"}.get(str(expirations), "not_among_the_nearest")
    for one in every:
        if one.ts_expiration <= first:
            reasons[one.ts_expiration] = "expired"
        else:
            reasons.setdefault(one.ts_expiration, "beyond_max_dte" if one.dte > max_dte else otherwise)
    return reasons


def _end_of_window(moment: int) -> int:
    """End of the window that a moment lies in. [UNIX ns UTC]."""
    return (moment // WINDOW_NS + 1) * WINDOW_NS


def _chosen(
    live: Sequence[Expiration], *, max_dte: int, expirations: Literal["front", "all"] | int
) -> list[tuple[Expiration, str]]:
    within = [one for one in live if one.dte <= max_dte]
    if not within:
        return [(one, BEYOND_MAX_DTE) for one in live[:1]]
    if expirations == "all":
        return [(one, "all_within_max_dte") for one in within]
    if expirations == "front":
        return [(within[0], "front")]
    return [(one, "among_the_nearest") for one in within[: int(expirations)]]
