"""Tasks over a stored day: one instrument, and five minutes, in the lake and in a plain Parquet file of the same records."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import duckdb

from benchmarks import ours
from gex_assets.lake.queries import connect

__all__ = ["one_query"]

ROUNDS: Final = 5
COLUMNS: Final = "ts_recv, instrument_id, order_id, action, side, price, size, flags"
MINUTES_NS: Final = 5 * 60 * 10**9


def one_query(*, lake: str, plain: str, file: str, day: str) -> dict[str, Any]:
    """Ask both for the busiest instrument's records and for five minutes in the middle of the day; least CPU time of some rounds.

    Answers are compared as multisets: number of rows and sums over hashes of them.
    """
    busiest = int(ours.busiest(Path(file), 1)[0])
    ends = ours.window_ends(Path(file), date.fromisoformat(day))
    middle = int(ends[len(ends) // 2])
    wheres = {"instrument": f"instrument_id = {busiest}", "minutes": f"ts_recv >= {middle} AND ts_recv < {middle + MINUTES_NS}"}
    said: dict[str, Any] = {"cpu": 0.0, "wall": 0.0}
    with connect(lake) as reader, duckdb.connect(config={"threads": 1}) as other:
        outrights = reader.query(f"SELECT instrument_id FROM bronze_option_instruments WHERE date = '{day}'")  # noqa: S608
        other.register("outrights", outrights)
        for name, where in wheres.items():
            mine = f"SELECT {COLUMNS} FROM bronze_option_mbo WHERE date = '{day}' AND {where}"  # noqa: S608
            theirs = f"SELECT {COLUMNS} FROM '{plain}' WHERE {where}"  # noqa: S608
            same = [
                _sums(reader.query(f"SELECT {_digest()} FROM ({mine})")),  # noqa: S608
                _sums(other.sql(f"SELECT {_digest()} FROM ({theirs}) WHERE instrument_id IN (FROM outrights)").to_arrow_table()),  # noqa: S608
            ]
            said[name] = {
                "ours": _least(lambda mine=mine: reader.query(mine)),
                "plain": _least(lambda theirs=theirs: other.sql(theirs).to_arrow_table()),
                "rows": same[0][0],
                "same": same[0] == same[1],
            }
    return said


def _digest() -> str:
    columns = "ts_recv, instrument_id, order_id, action::VARCHAR, side::VARCHAR, price, size, flags"
    return f"count(*) AS n, sum(hash({columns})::HUGEINT)::VARCHAR AS h"


def _sums(table: Any) -> tuple[int, str]:
    row = table.to_pylist()[0]
    return row["n"], row["h"]


def _least(ask: Any) -> tuple[float, float]:
    took = []
    for _ in range(ROUNDS):
        started, clock = process_time(), perf_counter()
        ask()
        took.append((process_time() - started, perf_counter() - clock))
    return min(took)
