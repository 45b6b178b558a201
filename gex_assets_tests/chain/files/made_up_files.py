"""Chain files written for a test and read again, and their options by expiration, strike and right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gex_assets.chain import ChainFile, read_chain_file
from gex_assets.chain.files.file_request import FileRequest
from gex_assets_tests.chain.made_up_chains import HEADER, SERIES, Row

CALL = "SPX260116C06000000,0,0,50,51,7,0.15,0.5,0.001,100"
PUT = "SPX260116P06000000,0,0,49,50,7,0.15,-0.5,0.001,200"


def read(tmp_path: Path, text: str | bytes, name: str = "chain.csv", **asked: Any) -> ChainFile:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_chain_file(path, FileRequest(**asked))


def codes(found: ChainFile) -> list[str]:
    return [str(warning) for warning in found.warnings]


def by_option(found: ChainFile) -> dict[tuple[int, float, str], dict[str, Any]]:
    keys = zip(
        found.columns["expiration"].tolist(), found.columns["strike"].tolist(), found.columns["right"].tolist(), strict=True
    )
    return {key: {name: values[n] for name, values in found.columns.items()} for n, key in enumerate(keys)}


def as_expected(row: Row) -> tuple[int, float, str]:
    moment = next(moment for root, day, moment in SERIES if (root, day) == (row.root, row.day))
    return int(moment.timestamp()) * 10**9, row.strike, row.right


def small(*data: str, header: str = HEADER) -> str:
    return (
        "\n".join(["", "S&P 500 INDEX,Last: 6012.34,Change: 0", '"Date: January 6, 2026 at 10:00 AM EST"', header, *data]) + "\n"
    )
