"""Commands that only read answer at once: they load nothing of what only computing needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numba", "scipy", "dagster", "databento", "pandas", "pandera", "pyarrow.compute")
COMMAND = f"""
import sys
from gex_assets.cli.main import gex
gex(sys.argv[1:], standalone_mode=False)
print([name for name in {HEAVY} if name in sys.modules])
"""


@pytest.mark.parametrize("words", [["--help"], ["status"], ["query", "SELECT 1 AS a"]])
def test_commands_that_only_read_load_no_heavy_modules(words: list[str], tmp_path) -> None:
    (tmp_path / "data").mkdir()
    done = subprocess.run([sys.executable, "-c", COMMAND, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


CHAIN = """strike,right,open_interest,iv,bid,ask,expiration,spot,as_of,symbol
5900,P,900,0.22,40.1,41.0,2026-01-16,6000,2026-01-06T20:00:00Z,SPX
5950,P,800,0.21,52.1,53.0,2026-01-16,6000,2026-01-06T20:00:00Z,SPX
6050,C,700,0.20,50.1,51.0,2026-01-16,6000,2026-01-06T20:00:00Z,SPX
6100,C,600,0.19,32.1,33.0,2026-01-16,6000,2026-01-06T20:00:00Z,SPX
"""
NOT_FOR_CHAINS = ("pandas", "pyarrow.compute", "pyarrow.parquet", "pandera", "dagster", "scipy.optimize", "duckdb")


@pytest.mark.parametrize("further", [[], ["--table", "strike_expirations", "--table", "strike_greeks", "--format", "json"]])
def test_a_chain_of_text_loads_neither_pandas_nor_arrow_s_functions(further: list[str], tmp_path) -> None:
    (tmp_path / "chain.csv").write_text(CHAIN)
    command = COMMAND.replace(repr(HEAVY), repr(NOT_FOR_CHAINS))
    words = ["chain", "chain.csv", *further]
    done = subprocess.run([sys.executable, "-c", command, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "6,050" in done.stdout or "6050" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
