from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import MappingInterval, SymbolMapping
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import RawKind, raw_file_name, raw_folder
from gex_assets.lake.raw.reference_data import definitions, mapped_symbols, statistics
from gex_assets.lake.raw.verify import verify_day
from gex_assets.schemas.vendor_shapes import DEFINITIONS, MAPPED_SYMBOLS, STATISTICS
from gex_assets_tests.lake import made_up_files as made_up
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, mapping
from gex_assets_tests.shared_data import shared_data


def place(root: Path, kind: RawKind, day: date = DAY, job_id: str = "") -> Path:
    path = root / raw_folder(kind=kind, product="ES", job_id=job_id) / raw_file_name(kind=kind, day=day)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def verified(root: Path, kind: RawKind, day: date = DAY) -> pa.Table:
    return verify_day(LocalFileSystem(root), kind=kind, product="ES", day=day, block_records=512).table


def interval(start: tuple[int, int], end: tuple[int, int], symbol: str) -> MappingInterval:
    return MappingInterval(date(2026, *start), date(2026, *end), symbol)


def test_the_real_month_long_header_maps_the_symbols_of_the_day(tmp_path: Path) -> None:
    day = date(2023, 8, 1)
    shutil.copy(shared_data("dbn/definition-glbx-es-opt.dbn.zst"), place(tmp_path, "option_definition", day))
    files = verified(tmp_path, "option_definition", day)
    mapped = mapped_symbols(LocalFileSystem(tmp_path), files, day=day)
    assert mapped.schema == MAPPED_SYMBOLS
    assert mapped.num_rows == 3_276
    rows = definitions(LocalFileSystem(tmp_path), files, block_records=1)
    assert rows.schema == DEFINITIONS
    assert [row["raw_symbol"] for row in rows.to_pylist()] == ["ESM4 C4250", "ESM4 C3550"]
    assert rows.to_pylist()[0] == {
        "instrument_id": 4161490,
        "ts_recv": 1690848000000000000,
        "raw_symbol": "ESM4 C4250",
        "security_update_action": "A",
        "cfi": "OCAFPS",
        "leg_count": 0,
        "leg_index": 0,
        "leg_instrument_id": 0,
        "leg_ratio_qty_numerator": 0,
        "leg_ratio_qty_denominator": 0,
        "leg_side": "",
        "underlying": "ESM4",
        "ts_expiration": 1718976600000000000,
        "strike": 4250.0,
        "multiplier": 50.0,
    }


def test_only_the_interval_of_the_day_counts(tmp_path: Path) -> None:
    mappings = [
        SymbolMapping("A", (interval((1, 2), (1, 6), "1"), interval((1, 6), (1, 8), "2"), interval((1, 8), (1, 9), "3"))),
        SymbolMapping("B", (interval((1, 9), (1, 10), "5"), interval((1, 7), (1, 8), "4"), interval((1, 1), (1, 2), "6"))),
        SymbolMapping("D", (interval((1, 6), (1, 7), ""),)),
        SymbolMapping("E", ()),
        SymbolMapping("9", (interval((1, 6), (1, 7), "9"),)),
    ]
    made_up.write_orders(place(tmp_path, "option_mbo"), [], mappings=mappings)
    files = verified(tmp_path, "option_mbo")
    mapped = mapped_symbols(LocalFileSystem(tmp_path), files, day=DAY)
    assert [(row["raw_symbol"], row["instrument_id"]) for row in mapped.to_pylist()] == [("A", 2)]
    assert files["claimed_instruments"].to_pylist() == [[2, 9]]


def test_newer_jobs_are_believed_first(tmp_path: Path) -> None:
    for job_id, instrument_id in (("GLBX-20260107-A", 1), ("GLBX-20260121-A", 2)):
        made_up.write_orders(place(tmp_path, "option_mbo", job_id=job_id), [], mappings=[mapping("ESH6 C6900", instrument_id)])
    mapped = mapped_symbols(LocalFileSystem(tmp_path), verified(tmp_path, "option_mbo"), day=DAY)
    assert mapped["job_id"].to_pylist() == ["GLBX-20260121-A", "GLBX-20260107-A"]


def test_a_header_that_maps_nothing_is_helped_out_by_the_symbology(tmp_path: Path) -> None:
    path = place(tmp_path, "option_mbo")
    made_up.write_orders(path, [], mappings=[])
    content = {"result": {"ESH6 C6900": [{"d0": "2026-01-06", "d1": "2026-01-07", "s": "11"}]}}
    (path.parent / "symbology.json").write_text(json.dumps(content))
    mapped = mapped_symbols(LocalFileSystem(tmp_path), verified(tmp_path, "option_mbo"), day=DAY)
    assert mapped.to_pylist() == [{"instrument_id": 11, "raw_symbol": "ESH6 C6900", "job_id": ""}]


@pytest.mark.parametrize("symbol", ["ESH6", "4294967296", "9" * 5_000])
def test_what_is_no_instrument_id_in_the_symbology_is_refused_in_its_name(tmp_path: Path, symbol: str) -> None:
    path = place(tmp_path, "option_mbo")
    made_up.write_orders(path, [], mappings=[])
    content = {"result": {"ESH6 C6900": [{"d0": "2026-01-06", "d1": "2026-01-07", "s": symbol}]}}
    (path.parent / "symbology.json").write_text(json.dumps(content))
    with pytest.raises(BadFileError, match=r"symbology\.json: Expected an instrument id for 'ESH6 C6900'"):
        mapped_symbols(LocalFileSystem(tmp_path), verified(tmp_path, "option_mbo"), day=DAY)


@pytest.mark.parametrize("symbol", ["ESH6", "-1", "4294967296"])
def test_what_is_no_instrument_id_is_refused(tmp_path: Path, symbol: str) -> None:
    mappings = [SymbolMapping("ESH6 C6900", (interval((1, 6), (1, 7), symbol),))]
    made_up.write_orders(place(tmp_path, "option_mbo"), [], mappings=mappings)
    with pytest.raises(BadFileError, match="Expected an instrument id for 'ESH6 C6900'"):
        mapped_symbols(LocalFileSystem(tmp_path), verified(tmp_path, "option_mbo"), day=DAY)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_undefined_fields_of_definitions_are_missing(tmp_path: Path, version: int) -> None:
    said = {"instrument_id": 5, "raw_symbol": "ESH6 C6900", "ts_recv": 7, "cfi": "OCAFPS"}
    whole = {
        **said,
        "strike_price": 6_900_500_000_000,
        "unit_of_measure_qty": 50_000_000_000,
        "expiration": 99,
        "underlying": "ESH6",
    }
    made_up.write_orders(
        place(tmp_path, "option_definition"),
        [made_up.definitions([said, whole], version=version)],
        schema="definition",
        version=version,
    )
    rows = definitions(LocalFileSystem(tmp_path), verified(tmp_path, "option_definition"), block_records=10).to_pylist()
    columns = ("underlying", "ts_expiration", "strike", "multiplier")
    assert [tuple(row[name] for name in columns) for row in rows] == [(None, None, None, None), ("ESH6", 99, 6900.5, 50.0)]
    assert rows[0]["ts_recv"] == MIDNIGHT + 7


def test_legs_come_with_version_3(tmp_path: Path) -> None:
    legs = {"leg_count": 2, "leg_index": 1, "leg_instrument_id": 12, "leg_ratio_qty_numerator": 2, "leg_side": "A"}
    spread = {"instrument_id": 31, "raw_symbol": "UD:1V: GN 3067770", "leg_ratio_qty_denominator": 1, **legs}
    made_up.write_orders(
        place(tmp_path, "option_definition"), [made_up.definitions([spread], version=3)], schema="definition", version=3
    )
    (row,) = definitions(LocalFileSystem(tmp_path), verified(tmp_path, "option_definition"), block_records=10).to_pylist()
    assert {name: row[name] for name in spread} == spread


def test_the_real_definitions_of_spreads_carry_no_legs() -> None:
    from gex_assets.lake.dbn.reader import blocks

    (block,) = blocks(shared_data("dbn/es_option_spread_definition_v3.dbn.zst"), block_records=10)
    assert block["raw_symbol"].tolist() == [b"UD:2E: SG 2500275", b"UD:T$:CFO 2632896"]
    assert block["leg_count"].tolist() == [0, 0]


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("block_records", [1, 7, 4096])
def test_statistics_lose_their_sentinels_and_gain_their_symbols(tmp_path: Path, version: int, block_records: int) -> None:
    records = made_up.stat_records(
        [
            {"instrument_id": 11, "stat_type": 9, "quantity": 12, "ts_ref": MIDNIGHT, "ts_recv": 5, "sequence": 3},
            {"instrument_id": 12, "stat_type": 3, "price": 5_250_000_000, "stat_flags": 1},
            {"instrument_id": 99, "stat_type": 9, "quantity": -1},
        ],
        version=version,
    )
    made_up.write_orders(place(tmp_path, "option_statistics"), [records], schema="statistics", version=version)
    files = verified(tmp_path, "option_statistics")
    parts = list(statistics(LocalFileSystem(tmp_path), files, file_date=DAY, block_records=block_records))
    assert all(part.schema == STATISTICS for part in parts)
    rows = pa.concat_tables(parts).to_pylist()
    assert [(row["raw_symbol"], row["price"], row["quantity"], row["ts_ref"]) for row in rows] == [
        ("ESH6 C6900", None, 12, MIDNIGHT),
        ("ESH6 P6900", 5.25, None, -1),
        (None, None, -1, -1),
    ]
    assert [row["ts_recv"] - MIDNIGHT for row in rows] == [5, 0, 0]
    assert {row["file_date"] for row in rows} == {DAY}


def test_the_tiny_real_statistics_have_no_quantity() -> None:
    from gex_assets.lake.dbn.reader import UNDEF_STAT_QUANTITY, blocks

    for version in (1, 2, 3):
        (block,) = blocks(shared_data(f"dbn/tiny.statistics.v{version}.dbn.zst"), block_records=10)
        assert np.all(block["quantity"] == UNDEF_STAT_QUANTITY[version])
