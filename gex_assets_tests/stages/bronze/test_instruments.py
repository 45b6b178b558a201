from __future__ import annotations

import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import raw_file_name, raw_folder
from gex_assets.lake.raw.reference_data import definitions, mapped_symbols
from gex_assets.lake.raw.verify import verify_day
from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.stages.bronze.instrument_names import option_names
from gex_assets.stages.bronze.instruments import option_instruments
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT
from gex_assets_tests.shared_data import shared_data
from gex_assets_tests.stages.bronze.made_up_bronze import claimed, defined, mapped, seen

EXPIRES = 1_774_013_400_000_000_000
"""2026-03-20 13:30 UTC."""


def made(
    symbols: dict[int, str], *, said: list[dict[str, Any]] | None = None, first: dict[int, int] | None = None, **settings: Any
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    tally: Counter[str] = Counter()
    rows = defined(said) if said is not None else None
    families = settings.pop("families", ("quarterly",))
    names = option_names(
        mapped=[mapped(list(symbols.items()))], definitions=rows, product="ES", day=DAY, families=families, tally=Counter()
    )
    chosen = {"max_dte": 45, "expirations": "front", "claims": claimed({}), **settings}
    table = option_instruments(names=names, definitions=rows, seen=seen(first or {}), day=DAY, tally=tally, **chosen)
    assert table.schema == BRONZE_OPTION_INSTRUMENTS.arrow_schema()
    return table.to_pylist(), dict(tally)


def test_a_symbol_alone_says_what_it_can() -> None:
    ((row,), tally) = made({11: "ESH6 C6900"}, first={11: 5})
    assert row == {
        "instrument_id": 11,
        "raw_symbol": "ESH6 C6900",
        "root": "ES",
        "family": "quarterly",
        "underlying": "ESH6",
        "right": "C",
        "strike": 6900.0,
        "ts_expiration": EXPIRES,
        "multiplier": 50.0,
        "exercise": "american",
        "settlement": "am",
        "source": "symbol",
        "dte": 73,
        "selected": True,
        "selection_reason": "nearest_beyond_max_dte",
        "ts_listed": MIDNIGHT + 5,
        "job_id": "J",
        "claims": [],
    }
    assert tally == {}


SAID = {"instrument_id": 11, "raw_symbol": "ESH6 C6900", "ts_expiration": EXPIRES + 1, "strike": 6900.0, "multiplier": 5.0}


@pytest.mark.parametrize(
    ("term", "value", "count"),
    [
        ("multiplier", 0.0, "odd_multiplier"),
        ("multiplier", -50.0, "odd_multiplier"),
        ("multiplier", None, "odd_multiplier"),
        ("ts_expiration", 0, "odd_expiration"),
        ("ts_expiration", -1, "odd_expiration"),
        ("strike", 0.0, "odd_strike"),
        ("strike", -6900.0, "odd_strike"),
    ],
)
def test_a_term_that_cannot_be_is_the_symbols_or_the_products_and_counted(term: str, value: float | None, count: str) -> None:
    usual = {"multiplier": 50.0, "ts_expiration": EXPIRES, "strike": 6900.0}
    ((row,), tally) = made({11: "ESH6 C6900"}, said=[{**SAID, term: value}])
    assert {name: row[name] for name in usual} == {**{name: SAID[name] for name in usual}, term: usual[term]}
    assert {name: one for name, one in tally.items() if name.startswith("odd_")} == {count: 1}
    assert "strike_differs" not in tally


def test_a_term_is_counted_once_an_outright() -> None:
    odd = {**SAID, "multiplier": 0.0}
    rows, tally = made(
        {11: "ESH6 C6900", 12: "ESH6 P6900"},
        said=[
            odd,
            odd | {"ts_recv": MIDNIGHT + 1},
            odd | {"instrument_id": 12, "raw_symbol": "ESH6 P6900"},
            {**odd, "instrument_id": 9},
        ],
    )
    assert [row["multiplier"] for row in rows] == [50.0, 50.0]
    assert tally["odd_multiplier"] == 2


def test_claims_lie_with_their_instrument_in_order() -> None:
    stretches: dict[int, list[tuple[int, int, int | None]]] = {12: [(0, 5, None), (5, 9, 7)], 11: [(3, 4, None)], 77: [(0, 1, 0)]}
    rows, _ = made({11: "ESH6 C6900", 12: "ESH6 P6900", 13: "ESH6 P7000"}, claims=claimed(stretches))
    found = [[tuple(part.values()) for part in row["claims"]] for row in rows]
    assert found == [
        [(MIDNIGHT + 3, MIDNIGHT + 4, None)],
        [(MIDNIGHT, MIDNIGHT + 5, None), (MIDNIGHT + 5, MIDNIGHT + 9, MIDNIGHT + 7)],
        [],
    ]


def test_a_definition_wins_over_the_symbol() -> None:
    definition = {
        "instrument_id": 11,
        "raw_symbol": "ESH6 C6900",
        "ts_recv": MIDNIGHT + 3,
        "cfi": "OCEFPS",
        "underlying": "ESM6",
        "ts_expiration": EXPIRES + 3_600 * 10**9,
        "strike": 6901.0,
        "multiplier": 5.0,
    }
    ((row,), tally) = made({11: "ESH6 C6900"}, said=[definition], first={11: 1})
    columns = ("source", "exercise", "underlying", "ts_expiration", "strike", "multiplier", "ts_listed")
    assert tuple(row[name] for name in columns) == (
        "definition",
        "european",
        "ESM6",
        EXPIRES + 3_600 * 10**9,
        6900.0,
        5.0,
        MIDNIGHT + 1,
    )
    assert tally == {"strike_differs": 1}


def test_what_a_definition_leaves_open_comes_from_the_symbol() -> None:
    ((row,), _) = made({11: "ESH6 C6900"}, said=[{"instrument_id": 11, "raw_symbol": "ESH6 C6900"}])
    assert (row["source"], row["ts_expiration"], row["multiplier"], row["exercise"]) == ("definition", EXPIRES, 50.0, "american")


def test_the_first_definition_of_the_day_lists_and_describes() -> None:
    change = {
        "instrument_id": 11,
        "raw_symbol": "ESH6 C6900",
        "security_update_action": "M",
        "multiplier": 40.0,
        "ts_recv": MIDNIGHT + 9,
    }
    first = {**change, "security_update_action": "A", "multiplier": 50.0, "ts_recv": MIDNIGHT + 2}
    later = {**change, "instrument_id": 12, "raw_symbol": "ESH6 P6900", "ts_recv": MIDNIGHT + 86_400 * 10**9}
    rows, tally = made({11: "ESH6 C6900", 12: "ESH6 P6900"}, said=[change, first, later], first={12: 4})
    assert [(row["multiplier"], row["ts_listed"], row["source"]) for row in rows] == [
        (50.0, MIDNIGHT + 2, "definition"),
        (50.0, MIDNIGHT + 4, "symbol"),
    ]
    assert tally == {"definition_changed": 1}


def test_a_definition_of_another_symbol_with_the_same_id_is_left_out() -> None:
    ((row,), tally) = made({11: "ESH6 C6900"}, said=[{"instrument_id": 11, "raw_symbol": "UD:1V: GN 1", "multiplier": 7.0}])
    assert (row["source"], row["multiplier"], row["ts_listed"]) == ("symbol", 50.0, None)
    assert tally == {"definition_of_another_symbol": 1}


def test_instruments_come_by_id_and_those_not_used_are_counted() -> None:
    rows, tally = made({22: "ESM6 P7000", 12: "ESH6 P6900", 11: "ESH6 C6900"})
    assert [row["instrument_id"] for row in rows] == [11, 12, 22]
    assert [row["selected"] for row in rows] == [True, True, False]
    assert tally == {"not_selected": 1}


def test_families_have_their_own_style_and_expiration() -> None:
    rows, _ = made({1: "EW2F6 C6900", 2: "E2DF6 C6900"}, families=("weekly", "daily"))
    columns = ("root", "family", "underlying", "exercise", "settlement", "dte", "selection_reason")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("EW2", "weekly", "ESH6", "european", "pm", 3, "not_front"),
        ("E2D", "daily", "ESH6", "european", "pm", 2, "front"),
    ]


def test_no_input_is_no_row() -> None:
    assert made({}) == ([], {})


def from_header(root: Path, name: str, day: date) -> tuple[pa.Table, Counter[str]]:
    path = root / raw_folder(kind="option_definition", product="ES") / raw_file_name(kind="option_definition", day=day)
    path.parent.mkdir(parents=True)
    shutil.copy(shared_data(name), path)
    files = verify_day(LocalFileSystem(root), kind="option_definition", product="ES", day=day).table
    rows = definitions(LocalFileSystem(root), files, block_records=100)
    tally: Counter[str] = Counter()
    names = option_names(
        mapped=[mapped_symbols(LocalFileSystem(root), files, day=day)],
        definitions=rows,
        product="ES",
        day=day,
        families=("quarterly",),
        tally=tally,
    )
    table = option_instruments(
        names=names,
        definitions=rows,
        seen=seen({}),
        claims=claimed({}),
        day=day,
        max_dte=45,
        expirations="front",
        tally=Counter(),
    )
    return table, tally


def test_the_real_header_of_august_2023_keeps_its_1898_outrights_of_the_day(tmp_path: Path) -> None:
    table, tally = from_header(tmp_path, "dbn/definition-glbx-es-opt.dbn.zst", date(2023, 8, 1))
    assert table.num_rows == 1_898
    assert tally == {"user_defined_spread": 3_276 - 1_898}
    rows = table.to_pylist()
    assert {row["selection_reason"] for row in rows if row["dte"] == 45} == {"front"}
    assert {row["underlying"] for row in rows if row["selection_reason"] == "front"} == {"ESU3"}
    assert [row["raw_symbol"] for row in rows if row["source"] == "definition"] == ["ESM4 C3550", "ESM4 C4250"]
    assert len(set(table["instrument_id"].to_pylist())) == 1_898


def test_real_definitions_of_2024_are_believed(tmp_path: Path) -> None:
    table, _ = from_header(tmp_path, "dbn/es_options_definition_2024-05.dbn.zst", date(2024, 5, 9))
    columns = ("raw_symbol", "underlying", "ts_expiration", "multiplier", "exercise", "source", "dte", "selection_reason")
    assert [tuple(row[name] for name in columns) for row in table.to_pylist()] == [
        (symbol, "ESM4", 1718976600000000000, 50.0, "american", "definition", 43, "front")
        for symbol in ("ESM4 P5250", "ESM4 P5230")
    ]


@pytest.mark.parametrize("expirations", ["front", "all", 2])
def test_every_outright_has_a_reason(expirations: Any) -> None:
    rows, _ = made({1: "ESH6 C1", 2: "ESM6 C1", 3: "ESU6 C1"}, expirations=expirations, max_dte=200)
    assert [row["selected"] for row in rows] == [True, expirations != "front", False]
