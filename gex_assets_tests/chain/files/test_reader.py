from __future__ import annotations

from pathlib import Path

import pytest

from gex_assets.chain import read_chain_file
from gex_assets.errors import ChainError
from gex_assets_tests.chain.files.made_up_files import CALL, PUT, read, small
from gex_assets_tests.chain.made_up_chains import HEADER, rows

CHAIN = rows()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected a chain in chain.csv, was an empty file"),
        (
            "hello\nworld\n",
            "Expected a header with a column strike or option symbols in the first 10 lines of chain.csv, was 'hello'",
        ),
        (b"\xfe\xff\x00", "Expected text in UTF-8 in chain.csv"),
        ("Last: 5,Ã©\n".encode() + b"caf\xe9\n", "Expected text in UTF-8 in chain.csv, was byte 0xe9 in line 2"),
        (b"\x00\x01strike", "Expected text in chain.csv, was a binary file"),
        (small(f"Fri Jan 16 2026,{CALL},6000.00,{PUT},9,9"), "Expected 22 cells in line 5 of chain.csv, was 24"),
        (small("Fri Jan 16 2026,SPX26"), "Expected 22 cells in line 5 of chain.csv, was 2"),
        (
            small(f"Fri Jan 16 2026,{CALL.replace('0.001', 'high')},6000.00,{PUT}"),
            "line 5, column Gamma of chain.csv, was 'high'",
        ),
        (small(f"someday,{CALL},6000.00,{PUT}"), "Expected a date in line 5, column Expiration Date of chain.csv, was 'someday'"),
        (small(f"{CALL},6000.00,{PUT}", header=HEADER.partition(",")[2]), "Expected a column Expiration Date in chain.csv"),
        (
            small(f"Fri Jan 16 2026,{CALL},6000.00,{PUT.rpartition(',')[0]}", header=HEADER.rpartition(",")[0]),
            "Expected a column Open Interest of the puts in chain.csv",
        ),
        ("{", "Expected JSON in chain.csv, was .* in line 1"),
        ('{"data": {"options": [{"option": "what"}]}}', "Expected symbols as SPXW260106C06000000 .* was 'what'"),
        ('{"data": {"options": [{"option": "SPX260116C06000000", "bid": "x"}]}}', "Expected a number in bid of data.options"),
        ('{"timestamp": "now", "data": {"options": [{"option": "SPX260116C06000000"}]}}', "Expected a moment in timestamp"),
        ('{"name": "x"}', "Expected rows with strikes or option symbols in chain.csv, was an object with name"),
        ("strike,right\n6000,X\n", "Expected C or P in line 2, column right of chain.csv, was 'X'"),
        ("strike,gamma\n6000,0.1\n", "Expected a column right"),
        ("strike,right,gamma\n6000,C,a lot\n", "Expected a number in line 2, column gamma of chain.csv, was 'a lot'"),
        ("strike,strike,right\n1,2,C\n", "Expected one column strike in chain.csv, was two"),
        (
            "strike,right,expiration\n6000,C,soon\n",
            "Expected a date or a moment in line 2, column expiration of chain.csv, was 'soon'",
        ),
        ('strike,right,gamma\n6000,"C,0.1\n', "in line 2 of chain.csv, was .*: a quotation mark that opens in this line"),
        ("Strike,Type,Expiry\n6000,C,2026-01-16\n6000,P,16.13.2026\n", "line 3, column Expiry of chain.csv, was '16.13.2026'"),
        ("strike,gamma\n6000,0.1\n", r"Expected a column right .* in chain.csv, was strike, gamma \(line 1\)"),
        (
            '[{"strike": 6000, "right": "C", "gamma": "high"}]',
            "Expected a number in row 1, column gamma of chain.csv, was 'high'",
        ),
        (
            '{"strike": 1, "right": "C"}\n{"strike": 2, "right": "X"}',
            "Expected C or P in line 2, column right of chain.csv, was 'X'",
        ),
        ('{"strike": 1, "right": "C"}\n{"strike": 2,,}', "Expected JSON in chain.csv, was .* in line 2, column"),
        ('[{"strike": 6000, "right": "C", "gamma": true}]', "row 1, column gamma of chain.csv, was True"),
        ('{"results": [{"K": 6000}]}', "Expected rows with strikes or option symbols in chain.csv, was an object with results"),
        (b"PAR1nonsense", "Expected a readable Parquet file, was chain.csv"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ChainError, match=message):
        read(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ChainError, match=r"Expected a file, was .*none.csv: No such file"):
        read_chain_file(tmp_path / "none.csv")
