"""The hedge table: futures to trade over moves, with errors, next to what usually trades in five minutes where that is known."""

from __future__ import annotations

from markupsafe import Markup

from gex_assets.brief.hedges import HEDGE_WORDS, HedgeTable, move_text
from gex_assets.pages.markup import Text, joined, note, paragraph, table
from gex_assets.pages.words import NONE, amount, number, share, signed

__all__ = ["hedges_html"]

_ASSUMED = "Futures to buy, negative to sell, of who holds what the convention assumes; every option is re-priced."


def hedges_html(hedges: HedgeTable) -> Markup:
    """A row for each move."""
    known = [row for row in hedges.rows if row["contracts"] is not None]
    if not known:
        reason = next((row["reason"] for row in hedges.rows), None)
        return paragraph(f"No hedge: {HEDGE_WORDS.get(reason or '', 'no levels')}.")
    has_share = hedges.usual_now is not None and hedges.no_share is None
    columns = ("move", ">price", ">futures", ">±", *((">of 5 min",) if has_share else ()))
    rows: list[list[Text]] = []
    for row in known:
        cells: list[Text] = [move_text(row), NONE if row["price_at"] is None else number(row["price_at"], 1)]
        cells += [signed(row["contracts"], 0), number(row["contracts_se"], 0)]
        rows.append([*cells, share(hedges.share(row))] if has_share else cells)
    said = [_ASSUMED]
    usual = hedges.usual_now
    if has_share and usual is not None:
        said.append(
            f"Of 5 min: share of the {number(usual.contracts, 0)} futures that usually trade in five minutes at "
            f"{hedges.hour:02}:00 Chicago, over {usual.sessions} sessions."
        )
    sigma = known[0]["hedge_per_sigma"]
    if sigma is not None:
        said.append(f"A move of one day's standard deviation at constant gamma: {amount(sigma, sign=False)} USD.")
    return joined(
        [table(columns, rows, caption="Moves of the price in %, of time, and of volatility in points"), note(" ".join(said))]
    )
