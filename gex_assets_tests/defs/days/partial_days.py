"""What has come of a day that is still running: its files cut at a moment, as the vendor delivers them by then."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.lake.dbn.reader import blocks, read_header
from gex_assets.lake.dbn.writer import write_dbn
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import RAW_KINDS, find_files
from gex_assets.lake.tables import Lake
from gex_assets_tests.conftest import DAY

__all__ = ["WINDOWED", "cut_file", "deliver_until", "early_rows"]

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
"""Tables whose rows use only records before the end of their window."""


def cut_file(path: Path, cut_ns: int, *, end_ns: int | None) -> None:
    """Rewrite a file with only the records before the cut, by the running maximum of ts_recv, and another end of its request.

    Parameters
    ----------
    end_ns : None for a request without an end. [UNIX ns UTC]
    """
    header = read_header(path)
    records = np.concatenate(list(blocks(path, block_records=65_536, header_alone_is_whole=True)))
    early = records[np.maximum.accumulate(records["ts_recv"].astype(np.int64)) < cut_ns]
    assert len(early) < len(records) or "mbo" not in path.name
    write_dbn(
        path,
        version=header.version,
        schema=header.schema,
        symbols=header.symbols,
        stype_in=header.stype_in,
        start_ns=header.start_ns,
        end_ns=end_ns,
        mappings=header.mappings,
        blocks=[early],
    )
    (path.parent / "manifest.json").unlink(missing_ok=True)
    about = path.parent / "metadata.json"
    said = json.loads(about.read_text())
    said["query"]["end"] = end_ns
    about.write_text(json.dumps(said))


def deliver_until(root: Path, cut_ns: int, *, end_ns: int | None) -> None:
    """Cut every file of the day in a lake."""
    for kind in RAW_KINDS:
        for found in find_files(LocalFileSystem(root), kind=kind, product="ES", day=DAY):
            cut_file(root / found.key, cut_ns, end_ns=end_ns)


def early_rows(root: Path, name: str, cut_ns: int) -> pa.Table:
    """Rows of windows that end by the cut, with words in place of the codes of dictionaries."""
    rows = Lake(root).open(name, product="ES", day=DAY).read()
    is_early = pc.less(rows["ts_recv"], cut_ns) if name == "silver_future_bbo" else pc.less_equal(rows["ts_window_end"], cut_ns)
    rows = rows.filter(is_early)
    # The words themselves: which code a word has in a dictionary may depend on words that come later.
    plain = [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type, f.nullable) for f in rows.schema]
    return rows.cast(pa.schema(plain)).combine_chunks()
