"""The counts of windows, rows, levels and triggers: what silver, gold and regime tables leave empty, and why."""

from __future__ import annotations

from typing import Final

from gex_assets.schemas.counts import Count

__all__ = ["COUNTED_ROWS"]

_FIT: Final = ("tables_fit_each_other",)
_SHARE: Final = "rows by kind, all of them regular"
_IN_ROWS: Final = "the rows say so themselves, and what is made of them is NULL"

COUNTED_ROWS: Final = (
    Count("rows", "Rows written.", "Never.", only_shown="a size, no fault"),
    Count(
        "crossed_rows",
        "Rows whose book is crossed at the window's end.",
        "When they are many within the session; pre-open has no rows.",
        only_shown="`crossed_in_session` judges the same by events",
    ),
    Count(
        "after_last_window",
        "Changes of best prices after the day's last window; left out.",
        "Never.",
        only_shown="trading had ended, or the request",
    ),
    Count(
        "expiration_with_two_underlyings",
        "Options of an expiration with another underlying than the one listed first; left out.",
        "Always: definitions contradict each other.",
        read_by=_FIT,
    ),
    Count(
        "option_listed_twice",
        "Options with expiration, strike and right of one that was listed before; left out.",
        "Always: two ids are one option. Look at the names of both.",
        read_by=_FIT,
    ),
    Count(
        "future_quoted_twice",
        "Second instruments with the symbol of a future, or rows of them; left out.",
        "Always: two ids are one future.",
        read_by=_FIT,
    ),
    Count(
        "chain_rows_without_window",
        "Rows of the chain in windows that the forward does not have; left out.",
        "Always: one of the tables is of another run. Run the day with --force.",
        read_by=_FIT,
    ),
    Count(
        "unknown_convention",
        "Levels of a convention that the settings do not have; left out.",
        "Always: run the day again under the present settings.",
        read_by=_FIT,
    ),
    # Levels before the session.
    Count(
        "of_a_later_session",
        "Statistics about the session itself or a later one, which nobody knew before it; left out.",
        "Never: the next day's file has them.",
        only_shown="they belong to another day's levels",
    ),
    Count(
        "options_without_settlement",
        "Options without a settlement price in force.",
        "When they are most options: the statistics file lacks settlements.",
        only_shown=_IN_ROWS,
    ),
    Count(
        "options_without_open_interest",
        "Options without an open interest in force.",
        "When they are most options: the statistics file lacks open interest.",
        only_shown=_IN_ROWS,
    ),
    Count(
        "settled_earlier",
        "Options whose last settlement is of an earlier date than the others'; taken as not settled.",
        "When they are many: the day's settlements are incomplete.",
        only_shown=_IN_ROWS,
    ),
    Count(
        "settled_at_nothing",
        "Options settled at 0 or below, which implies no volatility.",
        "When they are many: prices are in another unit, or undefined.",
        only_shown=_IN_ROWS,
    ),
    Count(
        "expiration_without_forward",
        "Expirations with fewer than five pairs of settlements; they have no volatility.",
        "When it is the nearest one.",
        only_shown=_IN_ROWS,
    ),
    Count(
        "conventions_without_open_interest",
        "Conventions that count other contracts than open interest; they have no levels before the session.",
        "Never.",
        only_shown="they count what rests or trades, and nothing does yet",
    ),
    # Forward and chain.
    Count(
        "forward_{quality}",
        "Forwards of live expirations by quality.",
        "When `none` or `weak` are most of the front's: quotes are thin or missing.",
        only_shown=_IN_ROWS,
    ),
    Count(
        "iv_{status}",
        "Rows of the chain by the status of their volatility.",
        "When few are OK: look at the quotes and the forward.",
        only_shown=_IN_ROWS,
    ),
    Count("gamma_missing", "Rows of the chain without a gamma.", "When coverage of the levels is low.", only_shown=_IN_ROWS),
    Count(
        "gamma_from_smile",
        "Rows whose gamma uses the smile because the strike has no volatility of its own.",
        "When they are most of the strikes near the price.",
        only_shown=_IN_ROWS,
    ),
    Count(
        "spread_trades_without_legs",
        "Trades of spreads without legs; they enter neither flow nor volume.",
        "As for `spread_trade_without_legs` of bronze.",
        only_shown="versions 1 and 2 state no legs at all, so every day of them would warn",
    ),
    Count(
        "trades_without_size",
        "Trades of the vendor's undefined size; they enter neither flow nor volume.",
        "When there are any: look at the records.",
        read_by=_FIT,
    ),
    Count(
        "spread_trades_without_aggressor",
        "Trades of spreads with legs and without an aggressor: volume, but no flow.",
        "Never: auctions have none.",
        only_shown="an auction has no aggressor",
    ),
    # Slots, levels, profile.
    Count(
        "windows_without_expiration",
        "Windows in which no selected expiration is in force.",
        "When they are many: all selected series have expired.",
        only_shown=_IN_ROWS,
    ),
    Count(
        "windows_without_reference_price",
        "Windows without a reference price.",
        "When they are many: the forward's quality is none, or the future asked for is missing.",
        only_shown=_IN_ROWS,
    ),
    Count("slots_empty", "Strike slots without a strike.", "When the ladder has ten strikes or more.", only_shown=_IN_ROWS),
    Count(
        "windows_without_chain", "Windows for which the chain has no row.", "As for forwards of no quality.", only_shown=_IN_ROWS
    ),
    Count(
        "zero_gamma_{reason}_{convention}",
        "Windows without zero gamma, by the reason and convention.",
        "When a convention never has one: its exposures may have one sign.",
        only_shown=_IN_ROWS,
    ),
    Count("minutes", "Minutes of the profile.", "Never.", only_shown="a size, no fault"),
    Count(
        "minutes_without_reference_price", "Minutes without a profile for want of a price.", "As by windows.", only_shown=_IN_ROWS
    ),
    Count(
        "minutes_without_exposure_{convention}",
        "Minutes with a price in which a convention has no exposure.",
        "When they are many: its weight is missing.",
        only_shown=_IN_ROWS,
    ),
    # Triggers and regimes.
    Count("triggers", "Triggers.", "Never.", only_shown="a size, no fault"),
    Count(
        "triggers_{level}", "Triggers by level.", "When one level has most of them: its wall or flip may jump.", only_shown=_SHARE
    ),
    Count("episodes", "Runs of triggers of one level.", "Never.", only_shown="a size, no fault"),
    Count(
        "elements_missing",
        "Elements of vectors that are NULL.",
        "When it is most of them: options or futures are missing.",
        only_shown=_IN_ROWS,
    ),
    Count(
        "trades",
        "Trades of futures that outcomes were read from.",
        "When it is 0 and futures are there.",
        only_shown="a size, no fault",
    ),
    Count(
        "outcome_{outcome}",
        "Triggers by what came of them at the longest horizon.",
        "Never: more rejections than breaks are the rule by chance. Look at `turned_back_sum` next to them.",
        only_shown=_SHARE,
    ),
    Count(
        "turned_back_sum",
        "Sum of `turned_back` at the longest horizon, rounded: above 0 prices turned back from levels, 0 without drift.",
        "Never.",
        only_shown="a measurement, no fault",
    ),
    Count("turned_back_rows", "Triggers in that sum.", "When it is 0 and futures are there.", only_shown="a size, no fault"),
    Count("outcome_unknown", "Triggers whose longest horizon ends after the data.", "Never: the day ends.", only_shown=_IN_ROWS),
    Count("regime_{regime}", "Rows by regime.", "Never.", only_shown=_SHARE),
    Count(
        "regime_unknown_{reason}",
        "Rows without a regime, by the reason.",
        "When they are many: the reason says which table to look at.",
        only_shown=_IN_ROWS,
    ),
    Count(
        "changes",
        "Changes of a regime within the day.",
        "When there are hundreds: net exposure hovers around zero.",
        only_shown=_SHARE,
    ),
    Count(
        "changes_across_unknown", "Those between which the regime was unknown.", "When it is most of them.", only_shown=_IN_ROWS
    ),
    Count(
        "without_regime",
        "Conventions that have no regime before 15:00 in Chicago on a date of the history; the date has no row of them.",
        "When it is all of them on a date that is neither a Sunday nor a holiday: these hold an evening alone.",
        only_shown="a missing row says so, and the date's own tables say why",
    ),
)
