"""A row does not depend on what comes after its window: a file cut at any window leaves every earlier row byte-identical."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from gex_assets.defs.run import run_days
from gex_assets.lake.dbn.reader import read_header
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import RAW_KINDS, find_files
from gex_assets.time_units import WINDOW_NS
from gex_assets_tests.conftest import DAY, SESSION, settings_for
from gex_assets_tests.defs.days.partial_days import WINDOWED, cut_file, early_rows
from gex_assets_tests.long_cases import mostly_long

START_NS = int(np.datetime64(f"{DAY}T{SESSION[0]}", "ns").astype(np.int64))


@pytest.mark.parametrize("windows", mostly_long([17, 1, 61]))
def test_a_file_cut_at_a_window_leaves_every_earlier_row_identical(published, delivered, tmp_path, windows):
    cut_ns = START_NS + windows * WINDOW_NS
    root = tmp_path / "lake"
    shutil.copytree(delivered, root)
    for kind in RAW_KINDS:
        for found in find_files(LocalFileSystem(root), kind=kind, product="ES", day=DAY):
            cut_file(root / found.key, cut_ns, end_ns=read_header(root / found.key).end_ns)
    (done,) = run_days(settings_for(root), [DAY])
    assert done.success, done.failure
    for name in WINDOWED:
        whole, cut = (early_rows(lake, name, cut_ns) for lake in (published, root))
        assert whole.num_rows > 0 or (name in {"silver_gex_profile", "gold_trigger_vectors"} and windows < 20)
        assert cut.equals(whole), f"{name} differs before {windows} windows"
