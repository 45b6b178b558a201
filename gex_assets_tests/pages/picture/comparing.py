"""Exposures of a packed day, as the twin derives them, against those of the chain."""

from __future__ import annotations

import itertools
from typing import Any, Final, NamedTuple

import numpy as np

from gex_assets.conventions import WEIGHTS
from gex_assets.pages.day_tables import DayTables
from gex_assets.schemas.silver_gex_chain import SILVER_GEX_CHAIN
from gex_assets_tests.twins.packed_day import PackedDay
from gex_assets_tests.twins.picture_exposures import exposures

SHARE: Final = 1e-3
"""What a number under the cursor may differ from the table's, as a share of the gross exposure."""

GEX: Final = {
    "open_interest": "oi",
    "resting_size": "resting",
    "flow_inventory": "flow",
    "volume": "volume",
    "oi_plus_flow": "oi_plus_flow",
}

ChainCells = dict[tuple[int, int], dict[str, Any]]
"""Row of the chain by line and window of the page."""


class Compared(NamedTuple):
    """What differs, and how many exposures other than 0 were compared by weight."""

    different: list[str]
    known: dict[str, int]


def chain_cells(tables: DayTables, day: PackedDay) -> ChainCells:
    header = day.header
    lines = {
        (int(header["expirations"][one["expiration"]]["ts_ns"]), one["strike"]): row for row, one in enumerate(header["lines"])
    }
    windows = {tables.midnight_ns + (k + 1) * 5_000_000_000: place for place, k in enumerate(day.column("k")[0])}
    rows = tables.read("silver_gex_chain", SILVER_GEX_CHAIN.column_names).to_pylist()
    return {(lines[one["ts_expiration"], one["strike"]], windows[one["ts_window_end"]]): one for one in rows}


def compared(day: PackedDay, chain: ChainCells, *, cells: int) -> Compared:
    """Compare cells drawn at random, with every weight and convention of the page in turn."""
    draw, places = np.random.default_rng(14), sorted(chain)
    weights = [name for name in WEIGHTS if f"call_{name}" in day.said]
    conventions = [one for one in day.header["conventions"] if one["sign_model"] != "flow_signed" or "flow_inventory" in weights]
    different, known = [], dict.fromkeys(weights, 0)
    for number, (weight, convention) in zip(range(cells), itertools.cycle(itertools.product(weights, conventions)), strict=False):
        line, window = places[draw.integers(len(places))]
        found = exposures(day, convention, weight, line, window)
        wanted = table_exposures(chain[line, window], convention, weight)
        gross = sum(abs(wanted[right] or 0.0) for right in ("call", "put"))
        for side in ("call", "put", "net"):
            value, expected = found[side], wanted[side]
            known[weight] += int(bool(expected))
            if (value is None) != (expected is None) or abs((value or 0.0) - (expected or 0.0)) > SHARE * gross + 1.0:
                different.append(f"{number}: {convention['name']} {weight} {side} {line} {window}: {value}, not {expected}")
    return Compared(different, known)


def table_exposures(row: dict[str, Any], convention: dict[str, Any], weight: str) -> dict[str, float | None]:
    """Signed exposures of a row of the chain; the table's own are magnitudes in USD per 1 %."""
    found: dict[str, float | None] = {}
    for right in ("call", "put"):
        magnitude, flow = row[f"{right}_gex_{GEX[weight]}"], row[f"{right}_flow_inventory"]
        if convention["sign_model"] == "flow_signed":
            sign = None if flow is None else int(np.sign(flow))
        else:
            sign = {"long_call_short_put": (1, -1), "short_call_long_put": (-1, 1)}[convention["sign_model"]][right == "put"]
        if magnitude is None or sign is None:
            found[right] = None
        else:
            to_unit = 1.0 if convention["scale"] == "usd_per_1pct" else 100.0 / row["forward"]
            found[right] = magnitude * to_unit * sign
    known = [value for value in found.values() if value is not None]
    return found | {"net": sum(known) if known else None}
