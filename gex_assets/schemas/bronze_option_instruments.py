"""Schema of `bronze_option_instruments`: the day's outright options, what they are and whether they are used."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import (
    INSTRUMENT_ID,
    MULTIPLIER,
    RIGHT,
    STRIKE,
    TS_EXPIRATION,
    UNDERLYING,
    category,
    flag,
    kept_for,
    moment_ns,
    raw_symbol,
)
from gex_assets.schemas.table import Column, Table

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
"""The first five select an instrument; the others say why it is not selected."""

CLAIM: Final[pa.DataType] = pa.struct(
    [
        pa.field("ts_start", pa.int64(), nullable=False),
        pa.field("ts_end", pa.int64(), nullable=False),
        pa.field("ts_complete", pa.int64()),
    ]
)

_WHY: Final = "whoever asks what an option is and where it came from"

BRONZE_OPTION_INSTRUMENTS: Final = Table(
    name="bronze_option_instruments",
    layer="bronze",
    about="The outright options of the enabled families on this day, from definitions or from their symbols.",
    key=("instrument_id",),
    settings=("option_families", "max_dte", "expirations"),
    version="2",
    columns=(
        INSTRUMENT_ID,
        raw_symbol(pa.string()),
        *kept_for(_WHY, category("root", "The symbol's root: ES, EW1, E1A, EW.")),
        category("family", "Kind of series.", one_of=("quarterly", "weekly", "daily", "eom")),
        UNDERLYING,
        RIGHT,
        STRIKE,
        TS_EXPIRATION,
        replace(MULTIPLIER, at_least=0.0),
        *kept_for(
            _WHY,
            category("exercise", "Style of exercise.", one_of=("american", "european")),
            category("settlement", "am: to the opening quotation; pm: to the close.", one_of=("am", "pm")),
            category(
                "source",
                "Where expiration, underlying, multiplier and style come from.",
                one_of=("definition", "symbol"),
            ),
        ),
        Column(
            name="dte",
            type=pa.int32(),
            about="Days from this date to the expiration's date in Chicago; negative once expired.",
            unit="days",
        ),
        flag("selected", "Whether silver and everything after it uses the instrument."),
        category("selection_reason", "Why the instrument is used, or why not.", one_of=SELECTION_REASONS),
        moment_ns(
            "ts_listed",
            "When the instrument was listed: ts_recv of its definition or first record, the earlier one; NULL if neither came.",
            nullable=True,
        ),
        *kept_for(_WHY, category("job_id", "The vendor's batch job that has the first record of this instrument.")),
        Column(
            name="claims",
            type=pa.list_(pa.field("item", CLAIM, nullable=False)),
            about=(
                "When records of the instrument are read, in order of time: stretches [ts_start, ts_end) in UNIX ns UTC; those "
                "that touch come from two files. From ts_complete on its book is complete, whatever came before; NULL if never."
            ),
        ),
    ),
)
