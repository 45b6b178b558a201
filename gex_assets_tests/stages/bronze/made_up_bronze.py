"""Reference data and order streams made up for the bronze stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from gex_assets.schemas.vendor_shapes import CLAIMED, MAPPED_SYMBOLS, SEEN_INSTRUMENTS
from gex_assets.schemas.vendor_shapes import DEFINITIONS as DEFINITION_SHAPE
from gex_assets.stages.bronze.instrument_names import InstrumentNames, option_names
from gex_assets.stages.bronze.instruments import option_instruments
from gex_assets.stages.bronze.mbo import option_orders
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, OPTIONS, SPREADS

Rows = list[tuple[int, str]]


def mapped(rows: Rows) -> pa.Table:
    return pa.Table.from_pylist(
        [{"instrument_id": one, "raw_symbol": name, "job_id": ""} for one, name in rows],
        schema=MAPPED_SYMBOLS,
    )


def defined(rows: list[dict[str, Any]]) -> pa.Table:
    empty = {"security_update_action": "A", "cfi": "", "leg_count": 0, "leg_index": 0, "leg_instrument_id": 0, "leg_side": ""}
    ratios = {"leg_ratio_qty_numerator": 0, "leg_ratio_qty_denominator": 0}
    return pa.Table.from_pylist(
        [{"ts_recv": MIDNIGHT, "multiplier": 50.0, **empty, **ratios, **row} for row in rows], schema=DEFINITION_SHAPE
    )


def seen(rows: dict[int, int], job_id: str = "J") -> pa.Table:
    """First records, in ns after midnight."""
    return pa.Table.from_pylist(
        [{"instrument_id": one, "records": 1, "ts_recv_first": MIDNIGHT + at, "job_id": job_id} for one, at in rows.items()],
        schema=SEEN_INSTRUMENTS,
    )


def claimed(rows: dict[int, list[tuple[int, int, int | None]]]) -> pa.Table:
    """Stretches of claims, in ns after midnight."""
    said = [
        {
            "instrument_id": one,
            "ts_start": MIDNIGHT + start,
            "ts_end": MIDNIGHT + end,
            "ts_complete": None if complete is None else MIDNIGHT + complete,
        }
        for one, stretches in rows.items()
        for start, end, complete in stretches
    ]
    return pa.Table.from_pylist(said, schema=CLAIMED)


LEGS = [
    {"instrument_id": 11, "ratio": 1, "side": "B"},
    {"instrument_id": 12, "ratio": 2, "side": "A"},
]


DEFINITIONS = defined(
    [
        {
            "instrument_id": 31,
            "raw_symbol": SPREADS[31],
            "leg_count": 2,
            "leg_index": at,
            "leg_instrument_id": leg["instrument_id"],
            "leg_ratio_qty_numerator": leg["ratio"],
            "leg_ratio_qty_denominator": 1,
            "leg_side": leg["side"],
        }
        for at, leg in enumerate(LEGS)
    ]
)


MANY_SPREADS = {**SPREADS, 36: "UD:1V: VT 2"}


IDS = [*OPTIONS, *MANY_SPREADS, 99]


def reference() -> tuple[InstrumentNames[Any], pa.Table]:
    symbols = mapped(list({**OPTIONS, **MANY_SPREADS}.items()))
    names = option_names(
        mapped=[symbols], definitions=DEFINITIONS, product="ES", day=DAY, families=("quarterly",), tally=Counter()
    )
    instruments = option_instruments(
        names=names,
        definitions=DEFINITIONS,
        seen=seen({}),
        claims=claimed({}),
        day=DAY,
        max_dte=45,
        expirations="front",
        tally=Counter(),
    )
    return names, instruments


def blocks(records: np.ndarray, size: int, statuses: np.ndarray | None = None) -> Iterator[Any]:
    for at in range(0, len(records), size):
        yield at, records[at : at + size], None if statuses is None else statuses[at : at + size]


def option_tables(
    stream: Iterator[Any], stretch_records: int, **choices: Any
) -> tuple[list[pa.Table], list[pa.Table], Counter[str]]:
    names, instruments = reference()
    tally: Counter[str] = Counter()
    groups: dict[str, list[pa.Table]] = {"bronze_option_mbo": [], "bronze_option_trades": []}
    for name, table in option_orders(
        stream,
        instruments=instruments,
        names=names,
        definitions=DEFINITIONS,
        stretch_records=stretch_records,
        tally=tally,
        **choices,
    ):
        groups[name].append(table)
    return groups["bronze_option_mbo"], groups["bronze_option_trades"], tally
