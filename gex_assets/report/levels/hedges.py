"""The hedge table of a session: futures to trade over moves, next to what the future usually trades in five minutes.

Draws rows of `open_hedges`; computes nothing but shares. That holders hedge is an assumption, as is who holds what.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gex_assets.brief.hedges import HEDGE_WORDS, HedgeTable, move_text
from gex_assets.conventions import SCALE_UNITS
from gex_assets.wording import amount_text

__all__ = ["hedge_document", "hedge_lines"]

Row = Mapping[str, Any]

_WITH_ERRORS: Final = 42
_WITH_PRICES: Final = 34
"""Columns of a screen that has room for them. [characters]"""


def hedge_lines(table: HedgeTable, *, width: int) -> Iterator[str]:
    """The table as text.

    Parameters
    ----------
    width : of the screen; below 42 errors are left out, below 34 prices too. [characters]
    """
    known = [row for row in table.rows if row["contracts"] is not None]
    yield from textwrap.wrap("hedges: futures to trade, + to buy, of who holds what the convention assumes", width)
    if not known:
        reason = next((row["reason"] for row in table.rows), None)
        yield from textwrap.wrap(f"none: {HEDGE_WORDS.get(reason or '', 'no levels')}", width)
        return
    has_share = table.no_share is None
    cells = [("move", "price", "futures", "±", "5 min" if has_share else "")]
    for row in known:
        price = "" if row["price_at"] is None else f"{row['price_at']:,.1f}"
        error = "" if row["contracts_se"] is None else f"{row['contracts_se']:,.0f}"
        share = table.share(row)
        cells.append((move_text(row), price, f"{row['contracts']:+,.0f}", error, "" if share is None else f"{share:.0%}"))
    for move, price, contracts, error, of_usual in cells:
        wide = (f"{price:>9}" if width >= _WITH_PRICES else "", f"{error:>8}" if width >= _WITH_ERRORS else "")
        yield f"{move:<8}{wide[0]}{contracts:>9}{wide[1]}{of_usual:>8}".rstrip()
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
