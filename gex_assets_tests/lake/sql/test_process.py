"""A query in a process of its own: it is answered, or ended and said, and nothing is left of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.sql.process import QueryLimits, ask
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.made_up_tables import nulls, publish

SCORES = TABLES["regime_scores"]
LONG = "SELECT count(*) FROM range(10000000000000) t WHERE t.range % 3 = 7"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    publish(Lake(folder), SCORES, nulls(SCORES, 3))
    return folder


def rows_of(folder: Path, sql: str, *, first: int | None = None, **limits: object) -> tuple[int, int, bool]:
    with ask(folder, sql, limits=QueryLimits(**limits), first=first) as answer:  # type: ignore[arg-type]
        shown = answer.read().num_rows
    return shown, answer.rows, answer.is_counted


def children() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def test_a_query_is_answered(folder: Path) -> None:
    with ask(folder, "SELECT count(*) AS n FROM regime_scores", limits=QueryLimits()) as answer:
        assert answer.read().to_pylist() == [{"n": 3}]
    assert rows_of(folder, "FROM regime_scores") == (3, 3, True)


def test_only_the_first_rows_are_sent_and_the_others_counted(folder: Path) -> None:
    assert rows_of(folder, "FROM range(5000)", first=10) == (10, 5000, True)
    assert rows_of(folder, "FROM range(5000)", first=10, rows=3000) == (10, 3000, False)
    assert rows_of(folder, "FROM range(3000)", first=10, rows=3000) == (10, 3000, True)
    assert rows_of(folder, "FROM range(0)", first=10) == (0, 0, True)


@pytest.mark.parametrize(
    ("sql", "limits", "says"),
    [
        (LONG, {"seconds": 2.0}, "Expected an answer within 2 s, was none: the query was ended"),
        ("WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT a FROM x) FROM x", {"seconds": 2.0, "rows": 10**12}, "within 2 s"),
        ("SELECT repeat('x', 100000000) AS a FROM range(20)", {"memory_mb": 100}, "fits in 100 MB of memory, was larger"),
        ("SELECT list(range) FROM range(1000000000)", {"memory_mb": 100}, "fits in 100 MB of memory"),
        ("FROM range(1000)", {"rows": 999}, "Expected at most 999 rows, was more: ask for fewer, or raise --max-rows"),
        ("SELECT repeat('x', 1000) AS a FROM range(5000)", {"size_mb": 1}, "an answer of at most 1 MB, was larger"),
        ("SELECT repeat('x', 3000000) AS a", {"size_mb": 1}, "an answer of at most 1 MB, was larger"),
        ("SELECT CASE WHEN range > 5000 THEN error('late') END FROM range(10000)", {}, "was: Invalid Input Error: late"),
        ("FROM read_text('/etc/hostname')", {}, "SQL sees views only"),
        ("SELECT nothing", {}, "Expected a query that can be answered"),
    ],
)
def test_a_query_that_passes_a_limit_is_ended_and_said(folder: Path, sql: str, limits: dict[str, float], says: str) -> None:
    before, began = children(), time.monotonic()
    with pytest.raises(LakeError) as refusal:
        rows_of(folder, sql, **limits)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert children() == before
    assert time.monotonic() - began < 60.0


def test_a_caller_that_has_enough_ends_the_query(folder: Path) -> None:
    before = children()
    with ask(folder, "FROM range(900000)", limits=QueryLimits()) as answer:
        assert next(answer.batches).num_rows > 0
    assert children() == before


def test_the_query_ends_with_the_process_that_asked(folder: Path, tmp_path: Path) -> None:
    """Also when that is killed: the child notices that nobody listens."""
    asking = f"""
from pathlib import Path
from gex_assets.lake.sql.process import QueryLimits, ask
with ask(Path({str(folder)!r}), {LONG!r}, limits=QueryLimits(seconds=300)) as answer:
    answer.read()
"""
    parent = subprocess.Popen([sys.executable, "-c", asking])
    listed = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    deadline = time.monotonic() + 60.0
    while not (found := listed.read_text().split()) and time.monotonic() < deadline:
        time.sleep(0.05)
    (child,) = found
    parent.kill()
    parent.wait()
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists()


def test_no_module_of_the_current_folder_is_imported(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "duckdb.py").write_text("raise SystemExit('planted')")
    monkeypatch.chdir(tmp_path)
    assert rows_of(folder, "SELECT 1 AS a") == (1, 1, True)
