from __future__ import annotations

import numpy as np

from gex_assets.kernels.records.scan import CodedRecords
from gex_assets.kernels.records.sort import RecordColumns, SortedRecords, record_columns, sort_records
from gex_assets_tests.kernels.records.made_up_records import IDS, records


def test_records_are_sorted_by_code_and_keep_their_order() -> None:
    block = records(2_000, seed=4, ids=IDS)
    codes = np.random.default_rng(5).integers(0, 12, len(block)).astype(np.int32)
    behind = np.arange(len(block), dtype=np.int64) % 7
    kept = 9
    counts = np.bincount(codes, minlength=12)[:kept]
    rows = SortedRecords.empty(int(counts.sum()))
    cursors = np.cumsum(counts) - counts
    first_place = 2**32 - 3_000
    for at in range(0, len(block), 300):
        part = slice(at, at + 300)
        coded = CodedRecords(codes[part], behind[part], np.zeros(0, np.int64))
        sort_records(block=block[part], coded=coded, first_place=first_place + at, cursors=cursors, target=rows)
    order = [at for at in np.argsort(codes, kind="stable") if codes[at] < kept]
    assert cursors.tolist() == np.cumsum(counts).tolist()
    assert rows.records["instrument_id"].tolist() == block["instrument_id"][order].tolist()
    letters = np.arange(256, dtype=np.int32)[::-1].copy()
    parts = []
    for part in (slice(0, 700), slice(700, 700), slice(700, None)):
        some = SortedRecords(rows.records[part], rows.behind[part])
        parts.append(record_columns(rows=some, first_index=50, action_codes=letters, side_codes=letters))
    columns = RecordColumns(*(np.concatenate(fields) for fields in zip(*parts, strict=True)))
    assert columns.record_index.tolist() == [50 + first_place + at for at in order]
    for name in ("order_id", "price", "size", "flags", "sequence", "channel_id", "ts_in_delta"):
        assert getattr(columns, name).tolist() == block[name][order].tolist()
    assert columns.ts_recv_behind.tolist() == behind[order].tolist()
    for name in ("ts_recv", "ts_event"):
        assert getattr(columns, name).tolist() == block[name][order].astype(np.int64).tolist()
    for name in ("action", "side"):
        assert getattr(columns, name).tolist() == (255 - block[name][order].astype(int)).tolist()
