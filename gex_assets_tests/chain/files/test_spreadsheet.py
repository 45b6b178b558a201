from __future__ import annotations

import io
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from gex_assets.chain import read_chain_file
from gex_assets.errors import ChainError

ROWS: list[list[Any]] = [
    ["SPX chain", None],
    ["Strike", "Type", "Expiry", "OI", "Gamma", "Note"],
    [6000, "C", datetime(2026, 1, 16), 1200, 0.002, "x"],  # noqa: DTZ001
    [6000, "P", date(2026, 1, 16), "1,400", 0.002, None],
]


def workbook(path: Path, *sheets: list[list[Any]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl", reason="the extra xlsx is not installed")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_the_first_sheet_with_a_header_is_read(tmp_path: Path) -> None:
    found = read_chain_file(workbook(tmp_path / "chain.xlsx", [["nothing"]], ROWS))
    assert (found.form, len(found)) == ("table, Excel", 2)
    assert found.columns["open_interest"].tolist() == [1200.0, 1400.0]
    assert found.columns["expiration"].tolist() == [1_768_597_200 * 10**9] * 2


def test_errors_name_the_line_of_the_sheet_and_its_own_titles(tmp_path: Path) -> None:
    odd = [*ROWS[:3], [6000, "P", date(2026, 1, 16), "many", 0.002, None]]
    with pytest.raises(ChainError, match=r"Expected a number in line 4, column OI of chain.xlsx, was 'many'"):
        read_chain_file(workbook(tmp_path / "chain.xlsx", odd))
    with pytest.raises(ChainError, match=r"Expected a header with a column strike .* of a sheet of chain.xlsx, was K, Kind"):
        read_chain_file(workbook(tmp_path / "chain.xlsx", [["K", "Kind"], [1, 2]]))


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "chain.xlsx", ROWS)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"<workbook", b"<workbonk") if b"<workbook" in data else data[:-30] + bytes(30))
    with pytest.raises(ChainError, match=r"Expected a readable (Excel workbook|archive), was chain.xlsx"):
        read_chain_file(path)


def test_without_the_extra_the_way_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "chain.xlsx", ROWS)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ChainError, match=r"install gex-assets\[xlsx\] \(\S+pip install -e '.\[xlsx\]' in a clone\), or save"):
        read_chain_file(path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "chain.xlsx", ROWS)
    monkeypatch.setattr("gex_assets.chain.files.spreadsheet.MOST_BYTES", 1_000)
    with pytest.raises(ChainError, match=r"Expected at most 0 MB in chain.xlsx, was 0"):
        read_chain_file(path)
    assert io.BytesIO(path.read_bytes()).read(2) == b"PK"


def test_a_sheet_whose_options_stand_under_symbol_comes_after_one_with_strikes(tmp_path: Path) -> None:
    symbols = [["Symbol", "Bid", "Ask", "OI", "IV"], [".SPXW260116C6600", 1, 2, 10, 0.2]]
    assert read_chain_file(workbook(tmp_path / "one.xlsx", symbols)).columns["strike"].tolist() == [6600.0]
    assert len(read_chain_file(workbook(tmp_path / "two.xlsx", symbols, ROWS))) == 2
