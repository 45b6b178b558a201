"""All tables for the session that follows, in one pass over the same statistics and definitions.

Two openings are made: of that session, and of the session before it. `open_levels` takes the first alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa

from gex_assets.conventions import Convention
from gex_assets.market.sessions import Session
from gex_assets.schemas.registry import OPEN_TABLES, TABLES
from gex_assets.stages.bronze.instruments import selected_as_of
from gex_assets.stages.bronze.statistics import option_statistics
from gex_assets.stages.expirations_in_force import HowMany
from gex_assets.stages.premarket.ended import ended_options
from gex_assets.stages.premarket.open_chain import open_chain
from gex_assets.stages.premarket.open_changes import open_changes
from gex_assets.stages.premarket.open_hedges import open_hedges
from gex_assets.stages.premarket.open_levels import open_levels
from gex_assets.stages.premarket.open_roll_off import open_roll_off
from gex_assets.stages.premarket.opening import Opening, opening_of
from gex_assets.stages.premarket.opening_windows import OpeningWindows

__all__ = ["Choices", "premarket_tables", "two_openings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the settings and the product choose.

    Attributes
    ----------
    conventions : those that count open interest have rows.
    families : of options that are kept.
    max_dte, expirations : as for `selection`; they decide what the scope `selected` has.
    rate : continuously compounded. [1/year]
    tick : least step of an option's price. [index points]
    sure_se : largest `forward_se` of a forward that is `ok`. [index points]
    multiplier : value of a point of the future. [USD per point]
    """

    conventions: Sequence[Convention]
    families: Collection[str]
    max_dte: int
    expirations: HowMany
    rate: float
    tick: float
    sure_se: float
    multiplier: float


def two_openings(
    statistics: Sequence[pa.Table],
    *,
    instruments: pa.Table,
    product: str,
    session: Session,
    before: Session,
    choices: Choices,
    tally: Counter[str],
) -> tuple[Opening, Opening]:
    """Find what is known when a session opens, and what was when the session before it opened.

    Parameters
    ----------
    statistics : rows of `vendor_shapes.STATISTICS`, of earlier files first.
    instruments : rows of `BRONZE_OPTION_INSTRUMENTS` as of the session's date.
    product : the future's name.
    session, before : the session and the one before it.
    choices : of settings and product.
    tally : counts what `option_statistics` and `opening_of` count for the session alone.

    Raises
    ------
    SettingsError
        `expirations` has an unusable value.
    """
    said = option_statistics(statistics, instruments=instruments, tally=tally)
    ended = ended_options(
        statistics,
        instruments=instruments,
        product=product,
        families=choices.families,
        day=before.session_date,
        ts_from=before.open_ns,
        ts_to=session.open_ns,
    )
    said_before, every = said, instruments
    if ended.num_rows:
        said_before = pa.concat_tables([said, option_statistics(statistics, instruments=ended, tally=Counter())])
        every = pa.concat_tables([instruments, ended]).sort_by("instrument_id")
    as_of = selected_as_of(every, day=before.session_date, max_dte=choices.max_dte, expirations=choices.expirations)

    def opening(rows: pa.Table, options: pa.Table, of: Session, counts: Counter[str]) -> Opening:
        return opening_of(
            rows,
            instruments=options,
            session=of,
            expirations=choices.expirations,
            rate=choices.rate,
            tick=choices.tick,
            tally=counts,
        )

    return opening(said, instruments, session, tally), opening(said_before, as_of, before, Counter())


def premarket_tables(opening: Opening, *, before: Opening, choices: Choices, tally: Counter[str]) -> dict[str, pa.Table]:
    """Make every table of two openings.

    Parameters
    ----------
    opening, before : as from `two_openings`.
    choices : of settings and product.
    tally : counts `conventions_without_open_interest`.

    Returns
    -------
    Rows by the table's name. Without a settlement of an option that outlives the session's opening, only `open_chain` has any.

    Raises
    ------
    SettingsError
        A convention has an unknown scale or sign model.
    """
    tables = {name: TABLES[name].empty() for name in OPEN_TABLES} | {"open_chain": open_chain(opening, before=before)}
    if opening.is_settled:
        conventions = opening.conventions(choices.conventions, tally=tally)
        windows = OpeningWindows([opening], rate=choices.rate, sure_se=choices.sure_se)
        tables["open_levels"] = open_levels(opening, windows=windows, conventions=conventions)
        tables["open_roll_off"] = open_roll_off(opening, windows=windows, conventions=conventions)
        tables["open_changes"] = open_changes(
            opening, before=before, conventions=conventions, rate=choices.rate, sure_se=choices.sure_se
        )
        tables["open_hedges"] = open_hedges(
            tables["open_levels"],
            windows=windows,
            conventions=conventions,
            session=opening.session,
            rate=choices.rate,
            future_multiplier=choices.multiplier,
        )
    return tables
