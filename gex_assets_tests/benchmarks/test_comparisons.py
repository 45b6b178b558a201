"""That results are compared: a benchmark whose comparison cannot fail would print any speed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import ours, peer_input
from benchmarks.bronze import FIELDS, same_records
from benchmarks.made_up import made_up_records
from gex_assets.kernels.order_book.books import BookRows
from gex_assets.lake.dbn.reader import MappingInterval, SymbolMapping
from gex_assets.lake.dbn.writer import write_dbn
from gex_assets_tests.twins.dict_book import DictBooks, Record

DAY = date(2026, 1, 6)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw file of options, and one spread among them."""
    records, _ = made_up_records(4_000)
    ids = np.unique(records["instrument_id"]).tolist()
    names = [f"ESH6 C{5000 + 25 * one}" for one in ids[:-1]] + ["UD:1V: VT 2407921"]
    path = tmp_path_factory.mktemp("raw") / "glbx-mdp3-20260106.mbo.dbn.zst"
    write_dbn(
        path,
        version=1,
        schema="mbo",
        symbols=["ES.OPT"],
        stype_in="parent",
        start_ns=int(records["ts_recv"][0]),
        end_ns=int(records["ts_recv"][-1]) + 1,
        mappings=[
            SymbolMapping(name, (MappingInterval(DAY, date(2026, 1, 7), str(one)),)) for name, one in zip(names, ids, strict=True)
        ],
        blocks=[records],
    )
    return path


@pytest.fixture(scope="module")
def slice_folder(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slice")
    peer_input.peer_input(file=str(file), day=DAY.isoformat(), records=3_000, into=str(folder))
    return folder


def test_the_slice_holds_the_first_outrights_in_every_form(file: Path, slice_folder: Path) -> None:
    taken = np.load(slice_folder / "orders.npy")
    spread = max(np.unique(np.concatenate(list(ours.blocks(file)))["instrument_id"]))
    whole = np.concatenate(list(ours.blocks(file)))
    assert np.array_equal(taken, whole[whole["instrument_id"] != spread][:3_000])
    assert np.array_equal(np.concatenate(list(ours.blocks(slice_folder / "orders.dbn.zst"))), taken)
    moments, best = np.load(slice_folder / "moments.npy"), np.load(slice_folder / "best.npy")
    assert best.shape == (len(moments), len(np.unique(taken["instrument_id"])), 4)
    assert (best[-1] > 0).any(axis=0).all()
    assert np.load(slice_folder / "inside.npy").shape == best.shape[:2]


def test_the_dict_book_agrees(slice_folder: Path) -> None:
    said = peer_input.dict_book(folder=str(slice_folder))
    assert (said["differences"], said["records"]) == (0, 3_000)
    assert said["rows"] > 100


def test_a_difference_from_the_dict_book_is_found(slice_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = DictBooks.row

    def off_by_one(self: DictBooks, instrument_id: int, book: Any, end: int) -> dict[str, Any]:
        row = honest(self, instrument_id, book, end)
        return row | {"bid_add_size": row["bid_add_size"] + (instrument_id == 7)}

    monkeypatch.setattr(DictBooks, "row", off_by_one)
    said = peer_input.dict_book(folder=str(slice_folder))
    assert 0 < said["differences"] <= len(np.load(slice_folder / "moments.npy"))
    assert "bid_add_size" in said["first"][0]


def test_best_prices_are_those_of_the_dict_book(slice_folder: Path) -> None:
    records, moments = np.load(slice_folder / "orders.npy"), np.load(slice_folder / "moments.npy")
    ids = np.unique(records["instrument_id"])
    kept: list[BookRows] = []
    ours.run_books(ours.books_of(ids, moments), [records], keep=kept)
    plain = [
        Record(*(value.decode() if isinstance(value, bytes) else value for value in row))
        for row in zip(*(records[name].tolist() for name in Record._fields), strict=True)
    ]
    rows = DictBooks(window_ends=moments.tolist(), instruments=dict.fromkeys(ids.tolist(), (None, None))).run(plain)
    at = {(row["ts_window_end"], row["instrument_id"]): row for row in rows}
    best = peer_input.best_prices(kept)
    for window, moment in enumerate(moments.tolist()):
        for column, one in enumerate(ids.tolist()):
            row = at.get((moment, one), {})
            wanted = [row.get("bid_price"), row.get("bid_size"), row.get("ask_price"), row.get("ask_size")]
            assert best[window, column].tolist() == [
                round((value or 0) * (10**9 if place % 2 == 0 else 1)) for place, value in enumerate(wanted)
            ]


@pytest.mark.parametrize("field", [None, "record_index", "price", "action", "flags"])
def test_a_record_that_bronze_changed_is_found(file: Path, tmp_path: Path, field: str | None) -> None:
    whole = np.concatenate(list(ours.blocks(file)))
    order = np.argsort(whole["instrument_id"], kind="stable")
    columns: dict[str, Any] = {"record_index": order.astype(np.int64)}
    for name in FIELDS:
        values = whole[name][order]
        columns[name] = [one.decode() for one in values.tolist()] if values.dtype.kind == "S" else values.copy()
    if field == "action":
        columns[field][9] = "N"
    elif field is not None:
        columns[field][9] += 1
    table = pa.table(columns)
    for letter in ("action", "side"):
        table = table.set_column(table.column_names.index(letter), letter, table[letter].dictionary_encode())
    pq.write_table(table, tmp_path / "bronze.parquet", row_group_size=1_000)
    said = same_records(file=str(file), bronze=str(tmp_path / "bronze.parquet"))
    assert said["rows"] == said["expected"] == len(whole)
    assert (said["differences"] > 0) is (field is not None)
