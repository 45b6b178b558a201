"""Garbage in cycles is left lying within, and looked for again behind, however it ends."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from gex_assets.process.garbage import left_lying, loading


def test_collections_stop_within_and_go_on_behind() -> None:
    with left_lying():
        assert not gc.isenabled()
        with left_lying():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_ends_it_too() -> None:
    with pytest.raises(ValueError, match="boom"), left_lying():
        raise ValueError("boom")
    assert gc.isenabled()


def test_what_was_off_stays_off() -> None:
    gc.disable()
    try:
        with left_lying():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_loaded_is_never_looked_at_again() -> None:
    loaded: list[object] = []
    gc.collect()
    try:
        with loading():
            assert not gc.isenabled()
            loaded.append([loaded])
        assert gc.isenabled()
        assert not any(one is loaded[0] for one in gc.get_objects())
    finally:
        gc.unfreeze()
    assert any(one is loaded[0] for one in gc.get_objects())


_LOADS_AFTER_A_QUERY = """
import duckdb
from gex_assets.process.garbage import loading

duckdb.sql("SELECT 1").fetchall()
with loading():
    import gex_assets.settings
print("done")
"""


def test_a_process_that_froze_duckdb_ends_without_a_list_of_leaks() -> None:
    ended = subprocess.run([sys.executable, "-c", _LOADS_AFTER_A_QUERY], capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("done\n", "")
