"""From the tables of a day to its notices, window by window: what a stored day would have said, and what a live one says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.level_watch import LevelWatch, Seen, Thresholds
from gex_assets.notices.notice import Notice
from gex_assets.notices.regime_watch import RegimeWatch
from gex_assets.notices.texts import LEVELS, LevelName, level_error, level_notice, regime_notice
from gex_assets.time_units import SECOND_NS, WINDOW_NS

__all__ = [
    "LEVEL_COLUMNS",
    "REGIME_COLUMNS",
    "WATCHED_TABLES",
    "LevelNotices",
    "RegimeNotices",
    "day_notices",
    "level_notices",
    "regime_notices",
]

LEVEL_COLUMNS: Final = (
    *("ts_window_end", "convention", "scope", "session_date", "scale", "weight_used", "reference_price", "one_day_sigma"),
    *("net_gex", "net_gex_se", "call_wall", "call_wall_kept", "put_wall", "put_wall_kept"),
    *("zero_gamma", "flip_rule", "zero_gamma_se", "zero_gamma_low", "zero_gamma_high"),
)
"""What is read of `silver_gex_levels`."""

REGIME_COLUMNS: Final = (
    *("ts_window_end", "convention", "session_date", "scale", "weight_used", "reference_price", "regime", "magnitude"),
    *("net_gex", "net_gex_se", "confidence"),
)
"""What is read of `regime_scores`."""

WATCHED_TABLES: Final = ("silver_gex_levels", "regime_scores")
"""Tables that notices are made of."""

_OF_LEVELS: Final = frozenset(("near", "crossed", "moved"))


class LevelNotices:
    """Watches the levels of one day; it is fed rows in the order of time, as many or as few at once as there are.

    Parameters
    ----------
    choices : whose levels, and when an event is one.
    day : the partition of the rows. A day begins without a memory of the one before, as `regime_events` does.
    """

    def __init__(self, choices: NoticeSettings, *, product: str, day: date) -> None:
        self._product, self._day, self._choices = product, day, choices
        self._at = Thresholds(
            near=choices.near_sigmas,
            rearm=choices.rearm_sigmas,
            beyond=choices.beyond_sigmas,
            hold_windows=_hold_windows(choices),
            least_kept=choices.least_kept,
        )
        self._watches: dict[tuple[str, LevelName], LevelWatch] = {}

    def see(self, rows: pa.Table) -> Iterator[Notice]:
        """The notices of some windows.

        Parameters
        ----------
        rows : `LEVEL_COLUMNS` of `silver_gex_levels`, ascending by `ts_window_end`. Other conventions and scopes are left out.
        """
        names = pa.array(self._choices.conventions, pa.string())
        chosen = pc.and_(
            pc.is_in(rows["convention"].cast(pa.string()), value_set=names),
            pc.equal(rows["scope"].cast(pa.string()), self._choices.scope),
        )
        for row in rows.filter(chosen).to_pylist():
            yield from self._row(row)

    def _row(self, row: Mapping[str, Any]) -> Iterator[Notice]:
        price, share = row["reference_price"], row["one_day_sigma"]
        sigma = None if price is None or share is None else price * share
        for column in LEVELS:
            error = level_error(row, column)
            # A flip whose error is not known yet may lie anywhere; under strike_sign_change none is ever known.
            is_unknown = column == "zero_gamma" and error is None and row["flip_rule"] != "strike_sign_change"
            key = (row["convention"], column)
            if key not in self._watches:
                self._watches[key] = LevelWatch(self._at, is_strike=column != "zero_gamma")
            event = self._watches[key].see(
                Seen(
                    ts=row["ts_window_end"],
                    price=price,
                    level=None if is_unknown else row[column],
                    sigma=sigma,
                    error=error,
                    kept=row.get(f"{column}_kept"),
                )
            )
            if event is not None and event.what in self._choices.kinds:
                yield level_notice(event, row, column, product=self._product, day=self._day)


def level_notices(groups: Iterable[pa.Table], choices: NoticeSettings, *, product: str, day: date) -> Iterator[Notice]:
    """The notices of a day's levels, in the order of time.

    Parameters
    ----------
    groups : rows as for `LevelNotices.see`, cut anywhere between two rows.
    """
    watch = LevelNotices(choices, product=product, day=day)
    for rows in groups:
        yield from watch.see(rows)


class RegimeNotices:
    """Watches the regimes of one day, fed as `LevelNotices` is.

    Parameters
    ----------
    choices : whose regimes, and how long one must stay.
    day : as there.
    """

    def __init__(self, choices: NoticeSettings, *, product: str, day: date) -> None:
        self._product, self._day = product, day
        self._watches = {name: RegimeWatch(hold_windows=_hold_windows(choices)) for name in choices.conventions}

    def see(self, rows: pa.Table) -> Iterator[Notice]:
        """The notices of some windows.

        Parameters
        ----------
        rows : `REGIME_COLUMNS` of `regime_scores`, ascending by `ts_window_end`. Other conventions are left out.
        """
        names = pa.array([*self._watches], pa.string())
        for row in rows.filter(pc.is_in(rows["convention"].cast(pa.string()), value_set=names)).to_pylist():
            change = self._watches[row["convention"]].see(row["ts_window_end"], row["regime"])
            if change is not None:
                yield regime_notice(change, row, product=self._product, day=self._day)


def regime_notices(groups: Iterable[pa.Table], choices: NoticeSettings, *, product: str, day: date) -> Iterator[Notice]:
    """The notices of a day's regimes, in the order of time.

    Parameters
    ----------
    groups : rows as for `RegimeNotices.see`, cut anywhere between two rows.
    """
    watch = RegimeNotices(choices, product=product, day=day)
    for rows in groups:
        yield from watch.see(rows)


def day_notices(lake: Lake, choices: NoticeSettings, *, product: str, day: date) -> list[Notice]:
    """What a published day says, in the order of time.

    Raises
    ------
    LakeError
        The day is not published, or cannot be read.
    """
    found: list[Notice] = []
    if "regime" in choices.kinds:
        scores = lake.open("regime_scores", product=product, day=day)
        found += regime_notices(scores.groups(REGIME_COLUMNS), choices, product=product, day=day)
    if _OF_LEVELS & set(choices.kinds):
        stored = lake.open("silver_gex_levels", product=product, day=day)
        found += level_notices(stored.groups(LEVEL_COLUMNS), choices, product=product, day=day)
    return sorted(found, key=lambda one: one.ts_known or 0)  # a stable sort: at one moment, regimes come first


def _hold_windows(choices: NoticeSettings) -> int:
    return -(-choices.hold_seconds * SECOND_NS // WINDOW_NS)
