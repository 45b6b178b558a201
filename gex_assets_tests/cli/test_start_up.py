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
NOT_FOR_CHAINS = (
    *("pandas", "pyarrow.compute", "pyarrow.parquet", "pandera", "dagster", "duckdb"),
    *("scipy.linalg", "scipy.optimize", "gex_assets.schemas.registry"),
)


@pytest.mark.parametrize("further", [[], ["--table", "strike_expirations", "--table", "strike_greeks", "--format", "json"]])
def test_a_chain_of_text_loads_neither_pandas_nor_arrow_s_functions(further: list[str], tmp_path) -> None:
    (tmp_path / "chain.csv").write_text(CHAIN)
    command = COMMAND.replace(repr(HEAVY), repr(NOT_FOR_CHAINS))
    words = ["chain", "chain.csv", *further]
    done = subprocess.run([sys.executable, "-c", command, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "6,050" in done.stdout or "6050" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


ENDED = """
import atexit, gc, sys
from gex_assets.cli.chains import chain, compare
from gex_assets.cli.questions import doctor, query, status
from gex_assets.cli.main import main

was_collected = []
gc.callbacks.append(lambda phase, _: was_collected.append(phase))
callback = status.callback
status.callback = lambda **options: (was_collected.clear(), callback(**options), print("within:", was_collected))
atexit.register(lambda: print("frozen:", gc.get_freeze_count() > 10_000))
print("brief:", all(one.is_brief for one in (chain, compare, status, query, doctor)))
main()
"""


def test_a_brief_command_looks_for_no_garbage_as_it_imports_and_as_it_ends(tmp_path) -> None:
    (tmp_path / "data").mkdir()
    done = subprocess.run([sys.executable, "-c", ENDED, "status"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert {"brief: True", "within: []", "frozen: True"} <= set(done.stdout.splitlines())
