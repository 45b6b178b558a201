"""The hedge table of a session: futures to trade over moves, next to what the future usually trades in five minutes.

Draws rows of `open_hedges`; computes nothing but shares. That holders hedge is an assumption, as is who holds what.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from gex_assets.analytics.usual_volume import UsualVolume, share_of_usual, usual_volumes
from gex_assets.conventions import SCALE_UNITS
from gex_assets.errors import GexError
from gex_assets.lake.ranges.traded_hours import traded_hours
from gex_assets.lake.tables import Lake
from gex_assets.report.chain_tables import amount_text

__all__ = ["HedgeTable", "hedge_document", "hedge_lines", "hedge_rows", "usual_before"]

Row = Mapping[str, Any]

_HOUR: Final = 9
"""The first whole hour of regular trading, of Chicago's clock: shares are of what it usually trades."""

_REASONS: Final = {
    "no_options": "no option of the scope outlives the opening",
    "no_open_interest": "no open interest, so nothing to hedge",
    "no_volatility": "no option with open interest has a volatility",
}


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
            raise GexError(f"Expected a convention of {', '.join(names) or 'none'}, was {convention!r}")
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


def hedge_lines(table: HedgeTable, *, width: int) -> Iterator[str]:
    """The table as text.

    Parameters
    ----------
    width : of the screen; lines of the table need 42, the others are wrapped. [characters]
    """
    known = [row for row in table.rows if row["contracts"] is not None]
    yield from textwrap.wrap("hedges: futures to trade, + to buy, of who holds what the convention assumes", width)
    if not known:
        reason = next((row["reason"] for row in table.rows), None)
        yield from textwrap.wrap(f"none: {_REASONS.get(reason or '', 'no levels')}", width)
        return
    has_share = table.no_share is None
    yield f"{'move':<8}{'price':>9}{'futures':>9}{'±':>8}{'5 min' if has_share else '':>8}".rstrip()
    for row in known:
        price = "" if row["price_at"] is None else f"{row['price_at']:,.1f}"
        error = "" if row["contracts_se"] is None else f"{row['contracts_se']:,.0f}"
        share = table.share(row)
        of_usual = "" if share is None else f"{share:.0%}"
        yield f"{_move(row):<8}{price:>9}{row['contracts']:>+9,.0f}{error:>8}{of_usual:>8}".rstrip()
    for line in _notes(table, known):
        yield from textwrap.wrap(line, width)


def hedge_document(table: HedgeTable) -> dict[str, Any]:
    """The same for a program."""
    names = (
        *("cause", "move", "price_at", "contracts", "contracts_se", "usd"),
        *("net_gex_ahead", "net_gex_behind", "gross_gex_ahead", "gross_gex_behind", "reason"),
    )
    first = table.rows[0]
    return {
        "convention": first["convention"],
        "scope": first["scope"],
        "scale": first["scale"],
        "session_date": str(first["session_date"]),
        "reference_price": first["reference_price"],
        "hedge_per_sigma": first["hedge_per_sigma"],
        "hour": table.hour,
        "no_share": table.no_share,
        "usual_five_minutes": {str(hour): one._asdict() for hour, one in table.usual.items()},
        "moves": [{**{name: row[name] for name in names}, "share_of_usual": table.share(row)} for row in table.rows],
    }


def _notes(table: HedgeTable, known: Sequence[Row]) -> Iterator[str]:
    usual = table.usual_now
    if table.no_share is not None:
        yield table.no_share
    elif usual is not None:
        yield (
            f"5 min: share of the usual five minutes at {table.hour:02}:00 Chicago, {usual.contracts:,.0f} futures "
            f"over {usual.sessions} session{'' if usual.sessions == 1 else 's'}"
        )
    up = next((row for row in known if row["cause"] == "price" and row["move"] > 0), None)
    if up is not None and not (up["net_gex_ahead"] is None and up["net_gex_behind"] is None):
        unit = SCALE_UNITS[up["scale"]]
        ahead, behind = (amount_text(up[f"net_gex_{side}"], signed=True) for side in ("ahead", "behind"))
        yield f"net at five strikes above {ahead}, below {behind} {unit}"
    sigma = known[0]["hedge_per_sigma"]
    if sigma is not None:
        yield f"a day's σ at constant gamma: {amount_text(sigma)} USD"


def _move(row: Row) -> str:
    match row["cause"]:
        case "price":
            return f"{row['move']:+g} %"
        case "time":
            return f"{row['move']:.0f} h"
        case _:
            return f"{row['move']:+g} vol"
