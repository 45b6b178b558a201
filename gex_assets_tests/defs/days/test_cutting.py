"""A row does not depend on what comes after its window: a file cut at any window leaves every earlier row byte-identical."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gex_assets.defs.run import run_days
from gex_assets.lake.dbn.reader import blocks, read_header
from gex_assets.lake.dbn.writer import write_dbn
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import RAW_KINDS, find_files
from gex_assets.lake.tables import Lake
from gex_assets.time_units import WINDOW_NS
from gex_assets_tests.conftest import DAY, SESSION, settings_for
from gex_assets_tests.long_cases import mostly_long

WINDOWED = (
    "silver_option_quotes",
    "silver_future_quotes",
    "silver_future_bbo",
    "silver_forward",
    "silver_gex_chain",
    "silver_gex",
    "silver_gex_levels",
    "silver_gex_profile",
    "silver_vacuum",
    "gold_trigger_vectors",
    "regime_scores",
)
START_NS = int(np.datetime64(f"{DAY}T{SESSION[0]}", "ns").astype(np.int64))


def cut_file(path: Path, cut_ns: int) -> None:
    """Rewrite a file with only the records before the cut, by the running maximum of ts_recv; the header stays."""
    header = read_header(path)
    records = np.concatenate(list(blocks(path, block_records=65_536)))
    early = records[np.maximum.accumulate(records["ts_recv"].astype(np.int64)) < cut_ns]
    assert len(early) < len(records) or "mbo" not in path.name
    write_dbn(
        path,
        version=header.version,
        schema=header.schema,
        symbols=header.symbols,
        stype_in=header.stype_in,
        start_ns=header.start_ns,
        end_ns=header.end_ns,
        mappings=header.mappings,
        blocks=[early],
    )
    (path.parent / "manifest.json").unlink()


@pytest.mark.parametrize("windows", mostly_long([17, 1, 61]))
def test_a_file_cut_at_a_window_leaves_every_earlier_row_identical(published, delivered, tmp_path, windows):
    cut_ns = START_NS + windows * WINDOW_NS
    root = tmp_path / "lake"
    shutil.copytree(delivered, root)
    for kind in RAW_KINDS:
        for found in find_files(LocalFileSystem(root), kind=kind, product="ES", day=DAY):
            cut_file(root / found.key, cut_ns)
    (done,) = run_days(settings_for(root), [DAY])
    assert done.success, done.failure
    for name in WINDOWED:
        whole, cut = (early_rows(lake, name, cut_ns) for lake in (published, root))
        assert whole.num_rows > 0 or (name in {"silver_gex_profile", "gold_trigger_vectors"} and windows < 20)
        assert cut.equals(whole), f"{name} differs before {windows} windows"


def early_rows(root: Path, name: str, cut_ns: int) -> pa.Table:
    rows = Lake(root).open(name, product="ES", day=DAY).read()
    is_early = pc.less(rows["ts_recv"], cut_ns) if name == "silver_future_bbo" else pc.less_equal(rows["ts_window_end"], cut_ns)
    rows = rows.filter(is_early)
    # The words themselves: which code a word has in a dictionary may depend on words that come later.
    plain = [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type, f.nullable) for f in rows.schema]
    return rows.cast(pa.schema(plain)).combine_chunks()
