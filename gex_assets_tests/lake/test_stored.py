from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.tables import STRETCH_RECORDS, Lake, StoredTable
from gex_assets_tests.lake.made_up_tables import DAY, LEVELS, ORDERS, file_of, folder_of, levels, orders, publish


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


@pytest.fixture
def stored(lake):
    """Three stretches, two underlyings, places shared out at random."""
    rng = np.random.default_rng(5)
    groups = []
    for stretch in (0, 1, 4):
        places = rng.permutation(500).tolist()
        groups += [orders(stretch, "ESH6", places[:300]), orders(stretch, "ESM6", places[300:450])]
    groups.append(orders(4, "ESU6", [9_000]))
    return publish(lake, ORDERS, *groups)


def in_file_order(stored, underlyings=None):
    rows = stored.read().to_pylist()
    return sorted(
        (row for row in rows if underlyings is None or row["underlying"] in underlyings), key=lambda row: row["record_index"]
    )


def test_stretches_give_the_file_s_order_back(stored):
    stretches = list(stored.stretches())
    assert [rows.num_rows for rows in stretches] == [450, 450, 451]
    assert pa.concat_tables(stretches).to_pylist() == in_file_order(stored)
    assert all(rows.schema.equals(ORDERS.arrow_schema(), check_metadata=True) for rows in stretches)


@pytest.mark.parametrize("wanted", [["ESH6"], ["ESM6", "ESH6"], ["ESU6"], ["ESZ9"], []])
def test_only_what_is_wanted_is_read(stored, wanted):
    stretches = list(stored.stretches(only={"underlying": wanted}))
    rows = [row for stretch in stretches for row in stretch.to_pylist()]
    assert rows == in_file_order(stored, wanted)
    assert all(stretch.num_rows for stretch in stretches)


def test_unwanted_row_groups_are_not_touched(stored, monkeypatch):
    read = []
    whole = stored._group
    monkeypatch.setattr(stored, "_group", lambda number, schema: read.append(number) or whole(number, schema))
    list(stored.stretches(only={"underlying": ["ESU6"]}))
    assert read == [6]


def test_columns_are_those_asked_for_and_need_not_name_the_order(stored):
    rows = next(stored.stretches(columns=["action", "order_id"]))
    assert rows.column_names == ["action", "order_id"]
    assert rows.column("order_id").to_pylist() == [row["order_id"] for row in in_file_order(stored)[:450]]
    rows = next(stored.stretches(columns=["order_id"], only={"underlying": ["ESM6"]}))
    assert rows.column("order_id").to_pylist() == [row["order_id"] for row in in_file_order(stored, ["ESM6"])[:150]]
    with pytest.raises(LakeError, match="Expected columns"):
        next(stored.stretches(columns=["nothing"]))
    with pytest.raises(LakeError, match="Expected columns"):
        next(stored.stretches(only={"nothing": ["x"]}))


def test_a_group_of_several_underlyings_is_filtered_all_the_same(lake):
    mixed = pa.concat_tables([orders(0, "ESH6", [1, 3]), orders(0, "ESM6", [2, 4])])
    stored = publish(lake, ORDERS, mixed)
    rows = next(stored.stretches(only={"underlying": ["ESM6"]}))
    assert list(rows.column("record_index").to_pylist()) == [2, 4]


def test_a_group_over_two_stretches_is_refused(lake):
    stored = publish(lake, ORDERS, pa.concat_tables([orders(0, "ESH6", [1]), orders(1, "ESH6", [1])]))
    with pytest.raises(LakeError, match=r"Expected row group 0 of made_up_orders.* within one stretch"):
        list(stored.stretches())


def test_a_record_that_is_there_twice_is_refused(lake):
    stored = publish(lake, ORDERS, orders(0, "ESH6", [1, 2]), orders(0, "ESM6", [2, 3]))
    with pytest.raises(LakeError, match="Expected every record_index once"):
        list(stored.stretches())


def test_a_table_without_records_has_no_stretches(lake):
    assert list(publish(lake, ORDERS).stretches()) == []


def test_a_column_declared_without_null_holds_none_where_no_statistics_are_kept(lake):
    path = folder_of(lake) / "bare.parquet"
    schema = pa.schema([pa.field("x", pa.int64(), nullable=False), pa.field("y", pa.int64())])
    folder_of(lake).mkdir(exist_ok=True)
    pq.write_table(pa.table({"x": [1], "y": [1]}, schema), path, write_statistics=False)
    stored = StoredTable(lake.fs, "bare.parquet")
    assert (stored.null_count("x"), stored.null_count("y")) == (0, None)
    assert stored.bounds("x") is None


def test_the_footer_knows_minima_and_null_counts(lake, stored):
    assert stored.minimum("instrument_id") == 7
    assert stored.minimum("record_index") == min(row["record_index"] for row in in_file_order(stored))
    assert stored.null_count("order_id") == 0
    sparse = publish(lake, LEVELS, levels(range(3)), levels(range(3, 5)))
    assert sparse.null_count("gex") == sparse.read(["gex"]).column(0).null_count == 4
    assert sparse.null_count("roots") is None
    empty = publish(lake, LEVELS, day=DAY.replace(day=7))
    assert empty.minimum("ts_window_end") is None
    assert sparse.bounds("count") == (0, 5)
    assert sparse.bounds("convention") == ("field", "flow")
    assert empty.bounds("count") is None


def test_a_stretch_is_as_long_as_agreed():
    assert STRETCH_RECORDS == 1_048_576


def test_a_day_replaced_while_it_is_opened_is_known_by_its_own_hash(lake, monkeypatch):
    publish(lake, LEVELS, levels(range(2)))
    open_file, opened = pa.OSFile, []

    def replaced_meanwhile(path, mode):
        if not opened:
            opened.append(path)
            publish(lake, LEVELS, levels(range(5)))
        return open_file(path, mode)

    monkeypatch.setattr("gex_assets.lake.local_filesystem.pa.OSFile", replaced_meanwhile)
    stored = lake.open("made_up_levels", product="ES", day=DAY)
    assert stored.num_rows == 10
    assert stored.sha256() == hashlib.sha256(file_of(lake, stored.key).read_bytes()).hexdigest()
    assert lake.fs.noted_sha256(stored.key, lake.fs.info(stored.key).tag) == stored.sha256()


def test_a_copied_or_touched_object_is_hashed_once_and_a_changed_one_is_not_taken_for_the_published_one(lake, monkeypatch):
    publish(lake, LEVELS, levels(range(2)))
    key = lake.key("made_up_levels", product="ES", day=DAY)
    path = file_of(lake, key)
    copied = path.with_name("copied")
    copied.write_bytes(path.read_bytes())
    copied.replace(path)
    stored = lake.open("made_up_levels", product="ES", day=DAY)
    assert lake.fs.noted_sha256(key, lake.fs.info(key).tag) is None
    assert stored.is_as_published
    monkeypatch.setattr("gex_assets.lake.local_filesystem._SHA256", {})  # as another process sees it
    assert lake.fs.noted_sha256(key, lake.fs.info(key).tag) == stored.sha256()
    content = path.read_bytes()
    copied.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
    copied.replace(path)
    changed = lake.open("made_up_levels", product="ES", day=DAY)
    assert not changed.is_as_published
    monkeypatch.setattr("gex_assets.lake.local_filesystem._SHA256", {})
    assert not lake.open("made_up_levels", product="ES", day=DAY).is_as_published
