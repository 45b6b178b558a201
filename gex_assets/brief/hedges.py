"""The hedge table of a session: rows of `open_hedges`, next to what the future usually trades in five minutes.

That holders hedge is an assumption, as is who holds what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from gex_assets.analytics.usual_volume import UsualVolume, share_of_usual, usual_volumes
from gex_assets.conventions import no_such_convention
from gex_assets.errors import GexError
from gex_assets.lake.ranges.traded_hours import traded_hours
from gex_assets.lake.tables import Lake

__all__ = ["HEDGE_WORDS", "HedgeTable", "hedge_rows", "move_text", "usual_before"]

Row = Mapping[str, Any]

_HOUR: Final = 9
"""The first whole hour of regular trading, of Chicago's clock: shares are of what it usually trades."""

HEDGE_WORDS: Final = {
    "no_options": "no option of the scope outlives the opening",
    "no_open_interest": "no open interest, so nothing to hedge",
    "no_volatility": "no option with open interest has a volatility",
}
"""Why there is no hedge, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeTable:
    """Rows of `open_hedges` of one convention and scope.

    Attributes
    ----------
    rows : by cause and move, as the table has them.
    usual : by hour of Chicago's clock; empty where no futures are published before the session.
    hour : whose usual volume shares are of.
    """

    rows: Sequence[Row]
    usual: Mapping[int, UsualVolume] = field(default_factory=dict)
    hour: int = _HOUR

    @classmethod
    def of(
        cls,
        rows: Sequence[Row],
        *,
        convention: str,
        scope: str = "all",
        usual: Mapping[int, UsualVolume] | None = None,
        hour: int = _HOUR,
    ) -> HedgeTable:
        """The hedges of one convention and scope, from rows of `open_hedges` of one session.

        Raises
        ------
        GexError
            There are none of the convention or the scope, or the hour is none of a clock.
        """
        if not 0 <= hour <= 23:
            raise GexError(f"Expected an hour of Chicago's clock from 0 to 23, was {hour}")
        names = sorted({row["convention"] for row in rows})
        if convention not in names:
            raise GexError(no_such_convention(convention, names))
        scopes = sorted({row["scope"] for row in rows})
        if scope not in scopes:
            raise GexError(f"Expected a scope of {', '.join(scopes)}, was {scope!r}")
        chosen = [row for row in rows if (row["convention"], row["scope"]) == (convention, scope)]
        return cls(rows=chosen, usual=usual or {}, hour=hour)

    @property
    def usual_now(self) -> UsualVolume | None:
        """What usually trades in the hour; None where it is not known."""
        return self.usual.get(self.hour)

    def share(self, row: Row) -> float | None:
        """Size of a row's trade as a share of the usual five-minute volume; None where either is not known."""
        return share_of_usual(row["contracts"], self.usual_now)

    @property
    def no_share(self) -> str | None:
        """Why there are no shares, in words; None where there are."""
        if not self.usual:
            return "no share: no futures are published of sessions before"
        if self.usual_now is None:
            return f"no share: no session before has futures of {self.hour:02}:00 Chicago"
        return None if self.usual_now.contracts else f"no share: nothing usually trades at {self.hour:02}:00 Chicago"


def hedge_rows(lake: Lake, *, product: str, session: date) -> list[dict[str, Any]]:
    """Rows of `open_hedges` for a session by the latest statistics that are published; none where there are none.

    Parameters
    ----------
    session : its trade date.
    """
    for day in reversed([day for day in lake.days("open_hedges", product) if day < session]):
        rows = lake.open("open_hedges", product=product, day=day).read()
        if rows.num_rows:
            return rows.to_pylist() if rows["session_date"][0].as_py() == session else []
    return []


def usual_before(lake: Lake, *, product: str, session: date) -> Mapping[int, UsualVolume]:
    """Usual five-minute volume by hour of Chicago's clock, of the published sessions before one; empty without any."""
    return usual_volumes(traded_hours(lake, product=product, before=session))


def move_text(row: Row) -> str:
    """What moves and by how much."""
    match row["cause"]:
        case "price":
            return f"{row['move']:+g} %"
        case "time":
            return f"{row['move']:.0f} h"
        case _:
            return f"{row['move']:+g} vol"
