from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gex_assets.errors import ContractError, LakeBusyError, LakeError
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.made_up_readers import answers_meanwhile
from gex_assets_tests.lake.made_up_tables import (
    DAY,
    LEVELS,
    ORDERS,
    all_files,
    file_of,
    folder_of,
    levels,
    lineage_of,
    orders,
    publish,
    reject,
)

DATA = "made_up_levels/product=ES/date=2026-01-06/data.parquet"
REJECTED = f"_rejected/{DATA}"
EXACT = LEVELS.arrow_schema()

WRITER = """
import sys
from gex_assets.lake.tables import Lake
from gex_assets_tests.lake.made_up_tables import DAY, LEVELS, levels, lineage_of
with Lake(sys.argv[1]).replace(LEVELS, product="ES", day=DAY, lineage=lineage_of(LEVELS)) as staged:
    for start in range(0, 400, 100):
        staged.write(levels(range(start, start + 100)))
        if start == 200 and sys.argv[2] == "stop in the middle":
            print("writing", flush=True)
            sys.stdin.read()
    if sys.argv[2] == "stop before publishing":
        staged.finish()
        print("writing", flush=True)
        sys.stdin.read()
    staged.publish()
"""


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def replacing(lake, table=LEVELS, **values):
    return lake.replace(table, product="ES", day=DAY, lineage=lineage_of(table, **values))


def file_bytes(lake, key=DATA):
    return file_of(lake, key).read_bytes()


def test_what_is_read_is_what_was_written_with_exactly_the_stated_schema(lake):
    groups = [levels(range(3)), levels(range(3, 4)), levels(range(4, 9), conventions=("magic8",))]
    publish(lake, LEVELS, *groups, inputs={"raw/x": "1"}, settings_hash="digest")
    stored = lake.open("made_up_levels", product="ES", day=DAY)
    assert stored.schema.equals(EXACT, check_metadata=True)
    assert stored.read().schema.equals(EXACT, check_metadata=True)
    assert stored.read().to_pylist() == pa.concat_tables(groups).to_pylist()
    assert [group.num_rows for group in stored.groups()] == [6, 2, 5]
    assert all(group.schema.equals(EXACT, check_metadata=True) for group in stored.groups())
    assert (stored.num_rows, stored.num_row_groups) == (13, 3)
    assert stored.size_bytes == len(file_bytes(lake))
    assert stored.sha256() == hashlib.sha256(file_bytes(lake)).hexdigest()
    assert stored.lineage == lineage_of(LEVELS, inputs={"raw/x": "1"}, settings_hash="digest")


def test_columns_come_in_the_order_asked_for(lake):
    publish(lake, LEVELS, levels(range(2)))
    stored = lake.open("made_up_levels", product="ES", day=DAY)
    assert stored.read(["price", "convention"]).column_names == ["price", "convention"]
    assert next(stored.groups(["flag"])).schema == pa.schema([EXACT.field("flag")])
    with pytest.raises(LakeError, match=r"Expected columns of made_up_levels.*, was \['nothing'\]"):
        stored.read(["nothing"])


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_can_be_stored_without_rows(lake, table):
    publish(lake, table, table.empty())
    stored = lake.open(table.name, product="ES", day=DAY)
    assert (stored.num_rows, stored.num_row_groups) == (0, 0)
    assert stored.read().schema.equals(table.arrow_schema(), check_metadata=True)
    assert list(stored.groups()) == []


def test_a_day_without_any_write_has_the_columns_too(lake):
    publish(lake, LEVELS)
    assert lake.open("made_up_levels", product="ES", day=DAY).read().equals(LEVELS.empty())


def test_nothing_is_there_before_it_is_published(lake):
    assert lake.find("made_up_levels", product="ES", day=DAY) is None
    with pytest.raises(LakeError, match="Expected made_up_levels of ES 2026-01-06 in the lake, was nothing"):
        lake.open("made_up_levels", product="ES", day=DAY)
    with replacing(lake) as staged:
        staged.write(levels(range(2)))
        assert staged.finish().read().num_rows == 4
        assert lake.find("made_up_levels", product="ES", day=DAY) is None
        assert lake.days("made_up_levels", "ES") == []
    assert lake.find("made_up_levels", product="ES", day=DAY) is None
    assert all_files(folder_of(lake)) == []


def test_what_fails_on_the_way_is_discarded(lake):
    def break_off():
        with replacing(lake) as staged:
            staged.write(levels(range(2)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert all_files(folder_of(lake)) == []


def test_equal_rows_have_equal_bytes(lake):
    rows = levels(range(50))
    publish(lake, LEVELS, rows)
    first = file_bytes(lake)
    publish(lake, LEVELS, rows)
    assert file_bytes(lake) == first
    words = rows.column("convention").combine_chunks()
    stale = pa.DictionaryArray.from_arrays(
        pa.array([{"field": 3, "flow": 1}[word] for word in words.to_pylist()]), pa.array(["never", "flow", "met", "field"])
    )
    chunked = pa.concat_tables([rows.set_column(1, "convention", stale).slice(start, 7) for start in range(0, 100, 7)])
    publish(lake, LEVELS, chunked)
    assert file_bytes(lake) == first
    publish(lake, LEVELS, rows.slice(0, 98))
    assert file_bytes(lake) != first


def test_days_are_listed_in_order_and_by_product(lake):
    for day in (date(2026, 1, 8), date(2026, 1, 6), date(2025, 12, 31)):
        publish(lake, LEVELS, levels(range(1)), day=day)
    publish(lake, LEVELS, levels(range(1)), product="NQ")
    (folder_of(lake) / "made_up_levels/product=ES/date=notaday").mkdir()
    (folder_of(lake) / "made_up_levels/product=ES/date=notaday/data.parquet").write_bytes(b"")
    assert lake.days("made_up_levels", "ES") == [date(2025, 12, 31), date(2026, 1, 6), date(2026, 1, 8)]
    assert lake.days("made_up_levels", "NQ") == [DAY]
    assert lake.days("made_up_orders", "ES") == []


def test_a_removed_day_is_gone_and_leaves_the_others(lake):
    for product in ("ES", "NQ"):
        publish(lake, LEVELS, levels(range(1)), product=product)
    publish(lake, LEVELS, levels(range(1)), day=date(2026, 1, 7))
    for _ in range(2):
        lake.remove(LEVELS, product="ES", day=DAY)
        assert lake.find("made_up_levels", product="ES", day=DAY) is None
    assert (lake.days("made_up_levels", "ES"), lake.days("made_up_levels", "NQ")) == ([date(2026, 1, 7)], [DAY])
    publish(lake, LEVELS, levels(range(1)))
    with (
        lake.replace(LEVELS, product="ES", day=DAY, lineage=lineage_of(LEVELS)),
        pytest.raises(LakeBusyError, match="Expected made_up_levels/product=ES"),
    ):
        lake.remove(LEVELS, product="ES", day=DAY)
    assert lake.find("made_up_levels", product="ES", day=DAY) is not None


def test_a_key_tells_its_table_day(lake):
    assert lake.table_day(DATA) == ("made_up_levels", "ES", DAY)
    assert lake.table_day(REJECTED) is None
    assert lake.table_day("raw/source=databento/x.dbn.zst") is None


@pytest.mark.parametrize(("name", "product"), [("../x", "ES"), ("made_up_levels", "../ES"), ("made_up_levels", "*")])
def test_a_name_from_outside_cannot_become_a_path(lake, name, product):
    with pytest.raises(LakeError):
        lake.find(name, product=product, day=DAY)
    with pytest.raises(LakeError):
        lake.days(name, product)


def test_the_lineage_must_speak_of_the_same_table_day(lake):
    wrong = lake.replace(LEVELS, product="ES", day=DAY, lineage=lineage_of(LEVELS, "NQ"))
    with pytest.raises(LakeError, match="Expected the lineage of made_up_levels ES 2026-01-06"), wrong:
        pass


def test_after_the_end_nothing_can_be_added(lake):
    with replacing(lake) as staged:
        staged.write(levels(range(2)))
        staged.finish()
        for late in (lambda: staged.write(levels(range(2, 3))), lambda: staged.note({"x": 1})):
            with pytest.raises(LakeError, match="was finished"):
                late()
        staged.publish()
        for late in (staged.publish, staged.finish, lambda: staged.reject("no")):
            with pytest.raises(LakeError, match="was finished"):
                late()


def test_counts_travel_in_the_footer(lake):
    with replacing(lake) as staged:
        staged.write(levels(range(1)))
        staged.note({"unknown_cancel": 3, "none_of_these": 0})
        assert staged.rows == 2
        staged.publish()
    assert lake.open("made_up_levels", product="ES", day=DAY).tally == {"unknown_cancel": 3}


def test_rows_of_another_form_are_refused_and_the_day_stays(lake):
    publish(lake, LEVELS, levels(range(2)))
    before = file_bytes(lake)
    with pytest.raises(ContractError, match="made_up_levels"), replacing(lake) as staged:
        staged.write(levels(range(2)).drop(["price"]))
    assert file_bytes(lake) == before


def test_null_inside_a_list_without_null_cannot_be_stored(lake):
    with replacing(lake) as staged, pytest.raises(ContractError, match="Expected rows that made_up_levels can hold"):
        staged.write(levels(range(1), roots=pa.array([[None], [1.0]], type=pa.list_(pa.float64()))))
    assert all_files(folder_of(lake)) == []


def test_null_where_the_schema_has_none_is_stored_as_evidence(lake):
    with replacing(lake) as staged:
        staged.write(levels(range(2)))
        staged.write(levels(range(2, 3), count=[None, 5]))
        staged.write(levels(range(3, 4), flag=[None, True]))
        stored = staged.finish()
        assert stored.read(["count"]).column(0).to_pylist() == [0, 1, 2, 3, None, 5, 0, 1]
        assert [field.name for field in stored.schema if field.nullable and not EXACT.field(field.name).nullable] == [
            "count",
            "flag",
        ]
        staged.reject("NULL")
    assert all_files(folder_of(lake)) == [REJECTED, "_rejected/made_up_levels/product=ES/date=2026-01-06/reason.json"]


def test_a_rejected_day_leaves_the_published_one_and_says_why(lake):
    good = publish(lake, LEVELS, levels(range(2))).sha256()
    reject(lake, LEVELS, levels(range(1), price=[-1.0, None]), reason="matches_schema failed")
    assert lake.open("made_up_levels", product="ES", day=DAY).sha256() == good
    rejected = lake.find("made_up_levels", product="ES", day=DAY, rejected=True)
    assert rejected.read(["price"]).column(0).to_pylist() == [-1.0, None]
    because = lake.rejection("made_up_levels", product="ES", day=DAY)
    assert (because.reason, because.failures) == ("matches_schema failed", ("Expected this, was that",))
    assert because.rejected_at.startswith("20")
    assert lake.days("made_up_levels", "ES", rejected=True) == [DAY]
    reject(lake, LEVELS, levels(range(3)), reason="again")
    assert lake.rejection("made_up_levels", product="ES", day=DAY).reason == "again"
    assert lake.find("made_up_levels", product="ES", day=DAY, rejected=True).num_rows == 6


def test_a_later_good_delivery_removes_the_rejected_one(lake):
    reject(lake, LEVELS, levels(range(1)), reason="no")
    assert lake.find("made_up_levels", product="ES", day=DAY) is None
    publish(lake, LEVELS, levels(range(2)))
    assert lake.rejection("made_up_levels", product="ES", day=DAY) is None
    assert [name for name in all_files(folder_of(lake)) if "sha256" not in name] == [DATA]
    assert not (folder_of(lake) / "_rejected/made_up_levels/product=ES/date=2026-01-06").exists()


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"reason": 1}'])
def test_a_damaged_reason_is_still_a_rejection(lake, content):
    reject(lake, LEVELS, levels(range(1)), reason="no")
    file_of(lake, REJECTED).with_name("reason.json").write_text(content)
    assert lake.rejection("made_up_levels", product="ES", day=DAY).reason == "its reason cannot be read"


def test_the_reason_is_a_file_that_people_can_read(lake):
    reject(lake, LEVELS, levels(range(1)), reason="no")
    note = json.loads(file_of(lake, REJECTED).with_name("reason.json").read_text())
    assert set(note) == {"reason", "failures", "rejected_at"}


def test_one_process_at_a_time_replaces_a_table_day(lake):
    with (
        replacing(lake),
        pytest.raises(LakeBusyError, match=r"Expected made_up_levels/product=ES.*held by process"),
        replacing(lake),
    ):
        pass
    with replacing(lake), replacing(lake, ORDERS):
        pass


def killed_while_writing(root: Path, where: str) -> None:
    started = [sys.executable, "-c", WRITER, str(root), where]
    with subprocess.Popen(started, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "writing\n"
        finally:
            writer.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("where", ["stop in the middle", "stop before publishing"])
def test_a_killed_process_leaves_nothing_visible_and_a_re_run_gives_the_same_bytes(tmp_path, where):
    calm, killed = Lake(tmp_path / "calm"), Lake(tmp_path / "killed")
    subprocess.run([sys.executable, "-c", WRITER, str(folder_of(calm)), "to the end"], check=True)
    killed_while_writing(folder_of(killed), where)
    assert list(folder_of(killed).glob("**/data.parquet")) == []
    assert killed.find("made_up_levels", product="ES", day=DAY) is None
    assert any(name.endswith(".staged") for name in all_files(folder_of(killed)))
    subprocess.run([sys.executable, "-c", WRITER, str(folder_of(killed)), "to the end"], check=True)
    assert file_bytes(killed) == file_bytes(calm)
    assert [name for name in all_files(folder_of(killed)) if "sha256" not in name] == [DATA]


def test_a_process_killed_over_a_published_day_leaves_that_day(lake):
    before = publish(lake, LEVELS, levels(range(3))).sha256()
    killed_while_writing(folder_of(lake), "stop in the middle")
    assert lake.open("made_up_levels", product="ES", day=DAY).sha256() == before


def test_a_full_disk_is_an_error_in_one_line_and_leaves_the_published_day(lake):
    before = publish(lake, LEVELS, levels(range(3))).sha256()
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from gex_assets.errors import LakeError\n"
        "from gex_assets_tests.lake.made_up_tables import LEVELS, levels, publish\n"
        "from pathlib import Path\n"
        "rows = [levels(range(start, start + 500)) for start in range(0, 5000, 500)]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n    publish(Path(sys.argv[1]), LEVELS, *rows)\n"
        "except LakeError as error:\n    print(error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(folder_of(lake))], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(f"Expected room and permission to write {DATA}, was: ")
    assert lake.open("made_up_levels", product="ES", day=DAY).sha256() == before
    assert [name for name in all_files(folder_of(lake)) if "sha256" not in name] == [DATA]


def test_readers_see_one_whole_state_while_the_day_is_replaced(lake):
    small, large = levels(range(20)), levels(range(400))
    publish(lake, LEVELS, small)

    def read(is_over, note):
        while not is_over():
            stored = lake.open("made_up_levels", product="ES", day=DAY)
            note((stored.num_rows, stored.read().num_rows))

    states = [partial(publish, lake, LEVELS, rows) for rows in (large, small)]
    for seen in answers_meanwhile(read, states, readers=2):
        assert set(seen) == {(rows.num_rows, rows.num_rows) for rows in (small, large)}


def test_an_opened_day_stays_what_it_was(lake):
    first = publish(lake, LEVELS, levels(range(2)))
    sha256 = hashlib.sha256(file_bytes(lake)).hexdigest()
    opened = lake.open("made_up_levels", product="ES", day=DAY)
    publish(lake, LEVELS, levels(range(5)))
    assert opened.read().num_rows == 4
    assert opened.sha256() == first.sha256() == sha256
    assert lake.open("made_up_levels", product="ES", day=DAY).sha256() != sha256


def test_a_file_that_is_no_parquet_is_named(lake):
    publish(lake, LEVELS, levels(range(2)))
    file_of(lake, DATA).write_bytes(b"not a table at all")
    with pytest.raises(LakeError, match=r"Expected a Parquet file at .*data\.parquet"):
        lake.open("made_up_levels", product="ES", day=DAY)


def test_a_day_cut_in_the_middle_is_named(lake):
    publish(lake, LEVELS, levels(range(500)))
    path = file_of(lake, DATA)
    content = bytearray(path.read_bytes())
    content[200:3000] = bytes(2800)
    path.write_bytes(bytes(content))
    stored = lake.open("made_up_levels", product="ES", day=DAY)
    with pytest.raises(LakeError, match=r"Expected row group 0 of made_up_levels/.* to be readable"):
        stored.read()


def test_row_groups_are_as_they_were_written_and_bear_statistics(lake):
    publish(lake, ORDERS, orders(0, "ESH6", list(range(100))), orders(0, "ESM6", [200]))
    footer = pq.read_metadata(file_of(lake, "made_up_orders/product=ES/date=2026-01-06/data.parquet"))
    assert [footer.row_group(number).num_rows for number in range(2)] == [100, 1]
    assert all(footer.row_group(0).column(number).is_stats_set for number in range(footer.num_columns))
    assert b"gex_assets.lineage" in footer.metadata
