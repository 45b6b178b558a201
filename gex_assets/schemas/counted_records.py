"""The counts of files, symbols and records: what raw and bronze tables and the order books meet."""

from __future__ import annotations

from typing import Final

from gex_assets.schemas.counts import Count

__all__ = ["COUNTED_RECORDS"]

_BOOKS: Final = ("books_are_sane",)
_NAMES: Final = ("names_and_terms_agree",)
_STATISTICS: Final = ("statistics_are_usable",)
_SELECTED: Final = ("something_was_selected",)
_CHOSEN: Final = "what is kept is a choice, not a fault"

COUNTED_RECORDS: Final = (
    # Symbols of the headers and records of their ids: both are counted by the same reasons.
    Count(
        "user_defined_spread",
        "Symbols `UD:`, or their records. Their orders are left out; their trades are kept.",
        "Never: more than half of a day's symbols are such spreads.",
        only_shown=_CHOSEN,
    ),
    Count("calendar_spread", "Symbols with `-`, or their records; left out.", "Never.", only_shown=_CHOSEN),
    Count(
        "other_root",
        "Symbols of a root that the product does not have, or their records; left out.",
        "When it is most of a file: the file may be another product's. Look at its symbols.",
        only_shown=_CHOSEN,
    ),
    Count(
        "other_family",
        "Outrights of a family that is not among `option_families`, or their records; left out.",
        "When nothing else came: enable the family, or order the right symbols.",
        read_by=_SELECTED,
    ),
    Count(
        "other_family_{family}",
        "The same symbols, by family; only those that hold on the day.",
        "As for `other_family`.",
        read_by=_SELECTED,
    ),
    Count(
        "unparseable",
        "Symbols that are no option or future, or their records; left out.",
        "When there are many: the venue may have a new form of symbol. Report one.",
        only_shown="a new form of symbol is no fault of the data, and its records are counted",
    ),
    Count(
        "conflicting_mapping",
        "Ids or symbols that a second file maps otherwise; the first that says so counts.",
        "Always: compare the deliveries' headers.",
        read_by=_NAMES,
    ),
    Count(
        "definition_of_another_symbol",
        "Definitions of an outright's id under another symbol; left out.",
        "Always: header and definitions contradict each other, so one of the files is of another day.",
        read_by=_NAMES,
    ),
    Count(
        "strike_differs",
        "Outrights whose definition states another strike than their symbol; the symbol's is used.",
        "Always: look at the definition.",
        read_by=_NAMES,
    ),
    Count(
        "odd_multiplier",
        "Outrights whose definition states no multiplier, or one that is not positive; the product's is used.",
        "Always: exposures stand and fall with it. Look at unit_of_measure_qty.",
        read_by=_NAMES,
    ),
    Count(
        "odd_expiration",
        "Outrights whose definition states an expiration that is no moment; the symbol's is used.",
        "Always: look at the definition.",
        read_by=_NAMES,
    ),
    Count(
        "odd_strike",
        "Outrights whose definition states a strike that is not positive; the symbol's is used.",
        "Always: look at the definition.",
        read_by=_NAMES,
    ),
    Count(
        "definition_changed",
        "Later definitions that change an outright's terms.",
        "Always: an expiration or underlying seldom changes within a day.",
        read_by=_NAMES,
    ),
    Count(
        "not_selected",
        "Outrights that the setting `expirations` leaves out; their orders are kept in bronze.",
        "When it is all of them; `something_was_selected` then fails by the rows themselves.",
        only_shown=_CHOSEN,
    ),
    # Records of the merged stream.
    Count("records", "Records read.", "Never: others are judged as shares of it.", read_by=_BOOKS + _STATISTICS),
    Count(
        "unknown_instrument",
        "Records of an id that neither header nor definition names; left out.",
        "Above 0.1 % of a file: symbols and records are of different requests. Above 5 % the check fails.",
        read_by=_BOOKS,
    ),
    Count(
        "superseded",
        "Records that are not read because a better file claims them.",
        "When you did not deliver the day twice.",
        only_shown="`claims_are_whole` judges the raw table, by file",
    ),
    Count(
        "unclaimed",
        "Records that are not read because they lie outside the time of their file's request, or their name no longer holds.",
        "When there are many: metadata.json is of another request.",
        only_shown="`claims_are_whole` judges the raw table, by file",
    ),
    Count(
        "worst_file_unmapped",
        "Of the file with the largest share of them: records of ids that neither header nor definition names.",
        "Above 5 % of that file the check fails. The run's metadata names the files.",
        read_by=_BOOKS,
    ),
    Count("worst_file_records", "All records of that file.", "Never: the other is a share of it.", read_by=_BOOKS),
    Count(
        "legs_incomplete",
        "Spreads whose definitions do not give every leg with a side and a whole ratio; their legs are NULL.",
        "When there are many: flow leaves these spreads out.",
        only_shown="`spread_trade_without_legs` says what it costs",
    ),
    Count(
        "spread_trade_without_legs",
        "Trades of spreads whose legs no definition gave by then.",
        "When definitions of DBN version 3 are there. Flow and volume leave these trades out.",
        only_shown="versions 1 and 2 state no legs at all, so every day of them would warn",
    ),
    # Statistics.
    Count(
        "other_statistic",
        "Statistics of other kinds (prices of the session, volatility, delta); left out.",
        "Never.",
        only_shown=_CHOSEN,
    ),
    Count(
        "deleted_statistic",
        "Statistics that withdraw a value, from their own moment on.",
        "When there are many: the venue corrects a whole release. Wait for it.",
        only_shown="a withdrawn value is a correction, no fault",
    ),
    Count(
        "negative_quantity",
        "Open interest or volume below 0; taken as undefined.",
        "Always: such a number cannot be. Look at the record.",
        read_by=_STATISTICS,
    ),
    Count(
        "undated_statistic",
        "Statistics without a time of receipt; left out, because no window can know them.",
        "Always: look at the file.",
        read_by=_STATISTICS,
    ),
    Count(
        "other_instrument",
        "Statistics of symbols that are no outrights of the day; left out.",
        "When it is nearly all: the file is of another product.",
        only_shown=_CHOSEN,
    ),
    Count(
        "repeated_statistic",
        "Statistics that another one with the same key follows; the last is kept.",
        "Never: deliveries overlap.",
        only_shown="deliveries of the same day repeat each other",
    ),
    Count(
        "unmapped_statistic",
        "Statistics of an id that their file's header does not map; left out.",
        "Above 5 % of the statistics: files and headers are of different requests.",
        read_by=_STATISTICS,
    ),
    Count(
        "refused_earlier_file",
        "Statistics files of other days that could not be verified; read without them.",
        "Always: deliver the file again. Until then open interest may be older than it need be.",
        read_by=_STATISTICS,
    ),
    # What the order books meet, and what bronze counts of the same records.
    Count(
        "odd_action",
        "Records with an action that is none of ACFMNRT; they change nothing.",
        "Above 0.1 % of the records.",
        read_by=_BOOKS,
    ),
    Count(
        "odd_side",
        "Adds, cancels and modifications without a side, or against their order's.",
        "Above 0.1 % of the records.",
        read_by=_BOOKS,
    ),
    Count("odd_size", "Adds, cancels and modifications of size 0.", "Above 0.1 % of the records.", read_by=_BOOKS),
    Count("odd_flag", "Records with a flag that this feed does not use.", "Above 0.1 % of the records.", read_by=_BOOKS),
    Count(
        "ts_recv_backstep",
        "Records that were received earlier than one before them; they count at the later moment.",
        "Above 0.1 % of the records: files may be merged or cut badly.",
        read_by=_BOOKS,
    ),
    Count(
        "maybe_bad_book",
        "Records that the vendor flags because its feed had a gap; the book is `suspect` until an R or a snapshot restores it.",
        "When whole hours are `suspect`: ask the vendor whether the day is degraded.",
        only_shown="each book says so in `book_state`, and only those that are `ok` are used",
    ),
    Count(
        "unknown_cancel",
        "Cancels of an order that is not in the book; ignored.",
        "Above 0.1 % of the records: the day's beginning is missing.",
        read_by=_BOOKS,
    ),
    Count(
        "unknown_modify",
        "Modifications of an order that is not in the book; they add it.",
        "Above 0.1 % of the records: the day's beginning is missing.",
        read_by=_BOOKS,
    ),
    Count(
        "duplicate_add",
        "Adds of an order that rests already; they replace it.",
        "Above 0.1 % of the records: records may have been read twice.",
        read_by=_BOOKS,
    ),
    Count("excess_cancel", "Cancels of more than rests; all of it goes.", "Above 0.1 % of the records.", read_by=_BOOKS),
    Count("off_tick", "Prices off the grid of the option's least step.", "Above 0.1 % of the records.", read_by=_BOOKS),
    Count(
        "undefined_price",
        "Adds, modifications and trades without a price; an order without one is not added.",
        "Above 0.1 % of the records.",
        read_by=_BOOKS,
    ),
    Count(
        "undefined_size",
        "Adds, modifications, cancels, trades and fills with the vendor's value for no size; they are ignored.",
        "Above 0.1 % of the records.",
        read_by=_BOOKS,
    ),
    Count(
        "crossed_in_session",
        "Events that leave a crossed book within the session.",
        "Above 0.1 % of the records: orders are missing.",
        read_by=_BOOKS,
    ),
    Count(
        "unselected",
        "Records of options that are not selected; no book is made of them.",
        "Never.",
        only_shown=_CHOSEN,
    ),
    Count(
        "outside_windows",
        "Records before, between and after the session's windows; they change books and no flow.",
        "Never: the opening snapshot is among them.",
        only_shown="every day has them",
    ),
    Count("resting_orders", "Orders in all books at the end.", "Never.", only_shown="a size, no fault"),
)
