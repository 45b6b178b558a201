"""Schema of `bronze_option_instruments`: the day's outright options, what they are and whether they are used."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.table import CATEGORY, Column, Table, moment_ns

__all__ = ["BRONZE_OPTION_INSTRUMENTS", "SELECTION_REASONS"]

SELECTION_REASONS: Final = (
    "front",
    "successor_on_expiration_day",
    "among_the_nearest",
    "all_within_max_dte",
    "nearest_beyond_max_dte",
    "not_front",
    "not_among_the_nearest",
    "beyond_max_dte",
    "expired",
)
"""The first five select, the others say why not."""

BRONZE_OPTION_INSTRUMENTS: Final = Table(
    name="bronze_option_instruments",
    layer="bronze",
    about="The outright options of the enabled families on this day, from definitions or from their symbols.",
    key=("instrument_id",),
    settings=("option_families", "max_dte", "expirations"),
    columns=(
        Column(name="instrument_id", type=pa.uint32(), about="the venue's number of the instrument on this day"),
        Column(name="raw_symbol", type=pa.string(), about="the venue's symbol, e.g. ESH6 C6000"),
        Column(name="root", type=CATEGORY, about="the symbol's root: ES, EW1, E1A, EW"),
        Column(
            name="family",
            type=CATEGORY,
            about="kind of series",
            one_of=("quarterly", "weekly", "daily", "eom"),
        ),
        Column(name="underlying", type=CATEGORY, about="the future it is exercised into, e.g. ESH6"),
        Column(name="right", type=CATEGORY, about="C call, P put", one_of=("C", "P")),
        Column(name="strike", type=pa.float64(), about="strike price", unit="index points", at_least=0.0),
        moment_ns("ts_expiration", "the exact moment of expiration"),
        Column(name="multiplier", type=pa.float64(), about="US dollars per index point", unit="USD per point", at_least=0.0),
        Column(name="exercise", type=CATEGORY, about="style of exercise", one_of=("american", "european")),
        Column(name="settlement", type=CATEGORY, about="am: to the opening quotation; pm: to the close", one_of=("am", "pm")),
        Column(
            name="source",
            type=CATEGORY,
            about="where expiration, underlying, multiplier and style come from",
            one_of=("definition", "symbol"),
        ),
        Column(
            name="dte",
            type=pa.int32(),
            about="days from this date to the expiration's date in Chicago; negative once expired",
            unit="days",
        ),
        Column(name="selected", type=pa.bool_(), about="whether silver and everything after it uses the instrument"),
        Column(name="selection_reason", type=CATEGORY, about="why it is used, or why not", one_of=SELECTION_REASONS),
        moment_ns(
            "ts_listed",
            "when it was listed: ts_recv of its definition, else of its first record; NULL if neither came",
            nullable=True,
        ),
        Column(name="job_id", type=CATEGORY, about="the job whose records are used for this instrument"),
    ),
)
