"""Tables of a chain next to its page: 0DTE and later, greeks by strike, and net exposure by strike and expiration.

Draws what the documents of `chain.summary` hold; computes nothing but what is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from rich.table import Table

from gex_assets.chain.exposure_tables import EXPIRATION_COLUMNS
from gex_assets.chain.further_tables import STRIKE_EXPIRATION_COLUMNS, STRIKE_GREEK_COLUMNS, ZERO_DTE_COLUMNS
from gex_assets.report.text import lines_of, new_table
from gex_assets.wording import amount_text

__all__ = ["CHAIN_TABLES", "amount_text", "further_lines"]

Document = Mapping[str, Any]

CHAIN_TABLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "strikes": ("strike", "call_gex", "put_gex", "net_gex"),
        "expirations": ("expiration", *EXPIRATION_COLUMNS),
        "zero_dte": tuple(ZERO_DTE_COLUMNS),
        "strike_greeks": tuple(STRIKE_GREEK_COLUMNS),
        "strike_expirations": ("expiration", *STRIKE_EXPIRATION_COLUMNS),
    }
)
"""Table of a document -> its columns in a csv."""

_TOP_STRIKES: Final = 20
_STRIKE_WIDTH: Final = 12
_CELL_WIDTH: Final = 12


def further_lines(one: Document, *, tables: Sequence[str], width: int) -> Iterator[str]:
    """The part of the day itself, where options expire on it, and the tables asked for.

    Parameters
    ----------
    one : a document.
    tables : of `CHAIN_TABLES`; the page has strikes and expirations of its own.
    width : of the page. [characters]
    """
    of_the_day = [row for row in one["zero_dte"] if row["options"]]
    if "zero_dte" in tables or len(of_the_day) > 1:
        yield ""
        yield from lines_of(_zero_dte(of_the_day), width)
    if "strike_greeks" in tables:
        yield ""
        yield from lines_of(_greeks(one), width)
    if "strike_expirations" in tables:
        yield ""
        yield from _by_both(one, width=width)


def _table(*columns: str, title: str) -> Table:
    table = new_table()
    table.add_column(title, no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _zero_dte(rows: Sequence[Document]) -> Table:
    table = _table("options", "calls", "puts", "net", "gross", "share", title="expires")
    words = {"0dte": "today (0DTE)", "later": "later"}
    for row in rows:
        amounts = [amount_text(row[name]) for name in ("call_gex", "put_gex", "net_gex", "gross_gex")]
        share = "–" if row["gross_share"] is None else f"{row['gross_share']:.1%}"
        table.add_row(words[row["part"]], f"{row['options']:,}", *amounts, share)
    return table


def _greeks(one: Document) -> Table:
    """The strikes of the largest delta exposure, from the highest down."""
    known = [row for row in one["strike_greeks"] if row["dex"] is not None]
    top = sorted(known, key=lambda row: -abs(row["dex"]))[:_TOP_STRIKES]
    title = f"{len(top)} of {len(known):,} by delta" if len(top) < len(known) else "strike"
    table = _table("delta, USD", "vanna, USD/vol point", "charm, USD/day", title=title)
    for row in sorted(top, key=lambda row: -row["strike"]):
        table.add_row(f"{row['strike']:,.2f}", *(amount_text(row[name]) for name in ("dex", "vanna_exposure", "charm_exposure")))
    return table


def _by_both(one: Document, *, width: int) -> Iterator[str]:
    """Net exposure by strike (rows) and expiration (columns): the largest strikes, and as many expirations as fit."""
    rows = [row for row in one["strike_expirations"] if row["net_gex"] is not None]
    moments = sorted({row["ts_expiration"] for row in rows if row["ts_expiration"] is not None})
    fit = moments[: max(1, (width - _STRIKE_WIDTH) // _CELL_WIDTH)]
    if not fit:
        yield "net by strike and expiration: no expirations are known"
        return
    named = {row["ts_expiration"]: row["expiration"] for row in rows}
    at = {(row["strike"], row["ts_expiration"]): row["net_gex"] for row in rows}
    largest: dict[float, float] = {}
    for (strike, moment), net in at.items():
        if moment in fit:
            largest[strike] = max(largest.get(strike, 0.0), abs(net))
    top = sorted(sorted(largest, key=lambda strike: -largest[strike])[:_TOP_STRIKES], reverse=True)
    table = _table(*(f"{datetime.fromisoformat(named[moment]):%m-%d %H:%M}" for moment in fit), title="net")
    for strike in top:
        table.add_row(
            f"{strike:,.2f}", *("" if (strike, moment) not in at else amount_text(at[strike, moment]) for moment in fit)
        )
    yield from lines_of(table, width)
    left = (len(moments) - len(fit), "expiration"), (len(largest) - len(top), "strike")
    more = " and ".join(f"{number:,} more {name}{'' if number == 1 else 's'}" for number, name in left if number)
    if more:
        yield f"… {more}: --format csv shows all"
