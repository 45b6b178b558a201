from __future__ import annotations

import os
from dataclasses import replace
from datetime import date

import pytest

from gex_assets.errors import BadFileError
from gex_assets.lake import status as status_module
from gex_assets.lake.keys import ledger_key
from gex_assets.lake.lineage import columns_key, sidecars_key
from gex_assets.lake.raw.layout import raw_file_name, raw_folder
from gex_assets.lake.raw.refusals import refuse_files
from gex_assets.lake.raw.sidecars import facts_digest
from gex_assets.lake.status import TableState, known_days, looks_again, status
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.made_up_tables import DAY, LEVELS, file_of, folder_of, levels, publish, reject

RAW = TABLES["raw_option_mbo"]
INSTRUMENTS = TABLES["bronze_option_instruments"]
DOWN = {table.name: table for table in (RAW, INSTRUMENTS, LEVELS)}
NEXT = date(2026, 1, 7)


@pytest.fixture
def lake(tmp_path):
    """A delivered file and three tables made of one another."""
    lake = Lake(tmp_path)
    key = deliver(lake, b"first")
    raw = publish(lake, RAW, inputs={key: sha256(lake, key), sidecars_key(key): facts_digest(lake.fs, key)})
    bronze = publish(lake, INSTRUMENTS, inputs={raw.key: raw.sha256()})
    publish(lake, LEVELS, levels(range(3)), inputs={bronze.key: bronze.sha256()})
    return lake


def deliver(lake, content, day=DAY, job="GLBX-20260121-ABC"):
    key = f"{raw_folder(kind='option_mbo', product='ES', job_id=job)}/{raw_file_name(kind='option_mbo', day=day)}"
    path = folder_of(lake) / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return key


def sha256(lake, key):
    import hashlib

    return hashlib.sha256((folder_of(lake) / key).read_bytes()).hexdigest()


def newer(lake, key):
    """As if written an hour after everything else."""
    now = (folder_of(lake) / key).stat().st_mtime
    os.utime(folder_of(lake) / key, (now + 3600, now + 3600))


def states(lake, tables=DOWN, digest=lambda _: "settings", day=DAY):
    """The states of a day, looked at again; what is kept of all days must agree, whatever was kept before."""
    kept = [state for state in status(lake, tables=tables, products=["ES"], digest=digest) if state.day == day]
    again = [state for state in status(lake, tables=tables, products=["ES"], digest=digest) if state.day == day]
    found = status(lake, tables=tables, products=["ES"], digest=digest, day=day)
    assert kept in (found, [])
    assert again == kept
    return {state.table: state for state in found}


def why(lake, **changes):
    return {name: state.why for name, state in states(lake, **changes).items() if state.state == "stale"}


def test_what_is_as_it_should_be_is_published(lake):
    found = states(lake)
    assert {state.state for state in found.values()} == {"published"}
    stored = lake.open("made_up_levels", product="ES", day=DAY)
    assert found["made_up_levels"] == TableState(
        table="made_up_levels",
        product="ES",
        day=DAY,
        state="published",
        is_published=True,
        rows=6,
        size_bytes=stored.size_bytes,
    )


def test_what_is_not_there_is_missing(lake):
    found = states(lake, day=NEXT)
    assert {(state.state, state.rows, state.is_published) for state in found.values()} == {("missing", 0, False)}


def test_a_changed_input_makes_stale_and_so_does_a_stale_one(lake):
    first = lake.open("bronze_option_instruments", product="ES", day=DAY)
    publish(
        lake,
        RAW,
        inputs=lake.open("raw_option_mbo", product="ES", day=DAY).lineage.inputs,
        settings_hash="settings",
        code_version=RAW.version,
    )
    assert why(lake) == {}  # written again with the same bytes
    publish(lake, INSTRUMENTS, inputs=first.lineage.inputs | {"made/of_more": "0"})
    assert why(lake) == {
        "bronze_option_instruments": ("input made/of_more is gone",),
        "made_up_levels": ("input bronze_option_instruments changed",),
    }


def test_a_new_version_of_the_code_makes_stale_all_the_way_down(lake):
    assert why(lake, tables=DOWN | {"bronze_option_instruments": replace(INSTRUMENTS, version="next")}) == {
        "bronze_option_instruments": (f"code version {INSTRUMENTS.version} -> next",),
        "made_up_levels": ("input bronze_option_instruments is stale",),
    }


def test_a_changed_setting_makes_stale_and_is_named(lake):
    assert why(lake, digest=lambda table: "other" if table is LEVELS else "settings") == {
        "made_up_levels": ("settings changed: one of rate",)
    }


def test_a_delivery_with_other_bytes_makes_stale(lake):
    key = deliver(lake, b"second")
    newer(lake, key)
    assert why(lake)["raw_option_mbo"] == (f"input {key} changed",)
    assert set(why(lake)) == set(DOWN)


def test_a_file_that_was_only_touched_does_not(lake):
    newer(lake, deliver(lake, b"first"))
    assert why(lake) == {}


@pytest.mark.parametrize("age_s", [3600, 0, -3600])
def test_other_bytes_make_stale_whatever_their_time(lake, age_s):
    """As `cp -p` and `rsync -t` leave it: older than the table, or of the same time and size."""
    key = deliver(lake, b"first")
    before = (folder_of(lake) / key).stat().st_mtime_ns
    assert why(lake) == {}
    deliver(lake, b"other")
    moment = before - age_s * 1_000_000_000
    os.utime(folder_of(lake) / key, ns=(moment, moment))
    assert why(lake)["raw_option_mbo"] == (f"input {key} changed",)


def test_an_untouched_file_is_never_read_again_and_a_touched_one_once(lake, monkeypatch):
    key = deliver(lake, b"first")
    reads = []
    streamed = type(lake.fs).stream
    monkeypatch.setattr(type(lake.fs), "stream", lambda fs, name: (reads.append(name), streamed(fs, name))[1])
    for _ in range(3):
        monkeypatch.setattr("gex_assets.lake.local_filesystem._SHA256", {})  # as another process sees it
        assert why(lake) == {}
    assert reads == [key]
    newer(lake, key)
    for _ in range(3):
        monkeypatch.setattr("gex_assets.lake.local_filesystem._SHA256", {})
        assert why(lake) == {}
    assert reads == [key, key]


def test_no_file_is_read_for_a_table_that_is_computed_anew_anyway(lake, monkeypatch):
    key = deliver(lake, b"other")
    monkeypatch.setattr(type(lake.fs), "stream", None)
    assert why(lake, tables=DOWN | {"raw_option_mbo": replace(RAW, version="x")})["raw_option_mbo"] == (
        f"code version {RAW.version} -> x",
    )
    assert key


def test_a_folder_is_listed_once_for_all_days(lake, monkeypatch):
    for number in range(9):
        deliver(lake, b"x", day=date(2026, 1, 11 + number))
        publish(lake, RAW, day=date(2026, 1, 11 + number))
    listed = []
    real = type(lake.fs).list
    monkeypatch.setattr(type(lake.fs), "list", lambda fs, prefix, **order: (listed.append(prefix), real(fs, prefix, **order))[1])
    status(lake, tables=DOWN, products=["ES"], digest=lambda _: "settings")
    assert sum("table=market_by_order_dbn" in prefix and "future_option" in prefix for prefix in listed) == 2


def test_a_further_delivery_of_the_day_makes_stale(lake):
    key = deliver(lake, b"more", job="GLBX-20260122-DEF")
    assert why(lake)["raw_option_mbo"] == (f"input {key} is new",)
    deliver(lake, b"of another day", day=NEXT)
    assert len(why(lake)["raw_option_mbo"]) == 1


def test_a_delivery_that_was_taken_away_makes_stale(lake):
    key = deliver(lake, b"first")
    (folder_of(lake) / key).unlink()
    assert why(lake)["raw_option_mbo"] == (f"input {key} is gone",)


def test_sidecars_that_say_something_else_of_the_file_make_stale(lake):
    key = deliver(lake, b"first")
    sidecar = (folder_of(lake) / key).with_name("condition.json")
    sidecar.write_text('[{"date": "2026-01-07", "condition": "degraded"}]')
    assert why(lake) == {}  # of another day
    sidecar.write_text('[{"date": "2026-01-06", "condition": "degraded"}]')
    assert why(lake)["raw_option_mbo"] == (f"what the sidecars of input {key} say changed",)
    sidecar.write_text("{")
    assert why(lake)["raw_option_mbo"] == (f"the sidecars of input {key} cannot be read",)


def test_an_input_of_which_columns_were_read_makes_stale_only_where_they_changed(lake):
    bronze = lake.open("made_up_levels", product="ES", day=DAY)
    read = {columns_key(bronze.key, ["price", "convention"]): bronze.digest(["convention", "price"])}
    below = replace(LEVELS, name="made_up_below")
    publish(lake, below, levels(range(3)), inputs=read)
    tables = DOWN | {"made_up_below": below}
    assert why(lake, tables=tables) == {}
    publish(lake, LEVELS, levels(range(3), gex=[7.0] * 6), inputs=dict(bronze.lineage.inputs))
    assert why(lake, tables=tables) == {}
    publish(lake, LEVELS, levels(range(3), price=[7.0] * 6), inputs=dict(bronze.lineage.inputs))
    assert why(lake, tables=tables) == {"made_up_below": ("input made_up_levels changed",)}


def test_an_input_that_cannot_be_read_makes_stale(lake):
    file_of(lake, lake.key("bronze_option_instruments", product="ES", day=DAY)).write_bytes(b"no table")
    found = states(lake)
    assert found["made_up_levels"].why == ("input bronze_option_instruments cannot be read",)
    assert found["bronze_option_instruments"].state == "stale"
    assert found["bronze_option_instruments"].why[0].startswith("Expected a Parquet file at ")


def test_a_rejected_delivery_is_shown_with_its_reason_next_to_the_published_state(lake):
    reject(lake, LEVELS, levels(range(1)), reason="matches_schema: no")
    state = states(lake)["made_up_levels"]
    assert (state.state, state.is_published, state.rows) == ("rejected", True, 6)
    assert state.why == ("matches_schema: no", "Expected this, was that")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"digest": lambda _: "other settings"}, "settings changed"),
        ({"tables": DOWN | {"made_up_levels": replace(LEVELS, version="9")}}, "code version 1 -> 9"),
    ],
)
def test_rows_rejected_under_another_setting_or_code_would_be_judged_again(lake, changed, said):
    reject(lake, LEVELS, levels(range(1)), reason="matches_schema: no")
    state = states(lake, **changed)["made_up_levels"]
    assert state.state == "rejected"
    assert looks_again(state)
    assert state.why[0] == "matches_schema: no"
    assert state.why[1].startswith(f"since then {said}")
    assert state.why[1].endswith(": `gex run --date 2026-01-06` looks again")
    assert not looks_again(states(lake)["made_up_levels"])  # flipped back: they are what would be made now


def test_rows_rejected_of_an_input_that_changed_would_be_judged_again(lake):
    bronze = lake.open("bronze_option_instruments", product="ES", day=DAY)
    reject(lake, LEVELS, levels(range(1)), reason="no", inputs={bronze.key: bronze.sha256()})
    assert not looks_again(states(lake)["made_up_levels"])
    publish(lake, INSTRUMENTS, inputs=dict(bronze.lineage.inputs), code_version="of other bytes")
    state = states(lake)["made_up_levels"]
    assert looks_again(state)
    assert "since then input bronze_option_instruments changed" in state.why[1]


def test_rejected_rows_that_cannot_be_read_would_be_judged_again(lake):
    stored = reject(lake, LEVELS, levels(range(1)), reason="no")
    file_of(lake, stored.key).write_bytes(b"no table")
    state = states(lake)["made_up_levels"]
    assert (state.state, looks_again(state)) == ("rejected", True)


def test_without_a_day_all_days_are_looked_at(lake):
    deliver(lake, b"not yet run", day=date(2026, 1, 9))
    reject(lake, LEVELS, levels(range(1)), reason="no", day=NEXT)
    assert known_days(lake, DOWN, "ES") == [DAY, NEXT, date(2026, 1, 9)]
    found = status(lake, tables=DOWN, products=["ES", "NQ"], digest=lambda _: "settings")
    assert [(state.day.day, state.table, state.state) for state in found] == [
        (6, "raw_option_mbo", "published"),
        (6, "bronze_option_instruments", "published"),
        (6, "made_up_levels", "published"),
        (7, "raw_option_mbo", "missing"),
        (7, "bronze_option_instruments", "missing"),
        (7, "made_up_levels", "rejected"),
        (9, "raw_option_mbo", "missing"),
        (9, "bronze_option_instruments", "missing"),
        (9, "made_up_levels", "missing"),
    ]


def test_no_rows_are_read(lake, monkeypatch):
    monkeypatch.setattr("gex_assets.lake.stored.StoredTable.groups", None)
    monkeypatch.setattr("gex_assets.lake.stored.hashlib", None)
    assert {state.state for state in states(Lake(folder_of(lake))).values()} == {"published"}


def refused(lake, key, *, day=DAY):
    error = BadFileError(f"{lake.fs.uri(key)}: Expected 5 bytes as manifest.json says, was 4")
    return refuse_files(lake, kind="option_mbo", product="ES", day=day, error=error, files={key: lake.fs.info(key)})


def test_refused_files_are_shown_as_rejected_with_reason_and_what_to_do(lake):
    key = deliver(lake, b"half", day=NEXT)
    refused(lake, key, day=NEXT)
    state = states(lake, day=NEXT)["raw_option_mbo"]
    assert (state.state, state.is_published) == ("rejected", False)
    assert state.why == (
        "refused: GLBX-20260121-ABC/glbx-mdp3-20260107.mbo.dbn.zst: Expected 5 bytes as manifest.json says, was 4",
        "deliver it again, or remove it and run `gex run --date 2026-01-07`",
    )
    deliver(lake, b"whole", day=NEXT)
    assert states(lake, day=NEXT)["raw_option_mbo"].why[1] == "its files changed since: `gex run --date 2026-01-07` looks again"
    (folder_of(lake) / key).unlink()
    assert states(lake, day=NEXT)["raw_option_mbo"].state == "missing"
    assert NEXT in known_days(lake, DOWN, "ES")


def test_refused_files_leave_what_is_published_and_a_later_success_removes_the_refusal(lake):
    key = deliver(lake, b"half")
    refused(lake, key)
    state = states(lake)["raw_option_mbo"]
    assert (state.state, state.is_published) == ("rejected", True)
    publish(lake, RAW, inputs={key: sha256(lake, key), sidecars_key(key): facts_digest(lake.fs, key)})
    assert lake.rejection("raw_option_mbo", product="ES", day=DAY) is None
    refused(lake, key)
    lake.reuse(RAW, product="ES", day=DAY)
    assert lake.rejection("raw_option_mbo", product="ES", day=DAY) is None


def test_of_days_that_did_not_change_no_file_is_opened(lake, monkeypatch):
    deliver(lake, b"not yet run", day=NEXT)
    first = status(lake, tables=DOWN, products=["ES"], digest=lambda _: "settings")
    monkeypatch.setattr("gex_assets.lake.status._state", None)
    assert status(lake, tables=DOWN, products=["ES"], digest=lambda _: "settings") == first


@pytest.mark.parametrize(
    "spoiled",
    [b"no JSON", b"[]", b'{"ES": {"2026-01-06": "[1]"}}', b'{"ES": {"2026-01-06": "[\\"a\\", \\"b\\", [[1]]]"}}'],
)
def test_kept_states_that_cannot_be_read_are_made_again(lake, spoiled):
    first = status(lake, tables=DOWN, products=["ES"], digest=lambda _: "settings")
    (folder_of(lake) / ledger_key("day_states")).write_bytes(spoiled)
    assert status(lake, tables=DOWN, products=["ES"], digest=lambda _: "settings") == first


def test_a_day_changed_later_is_the_only_one_that_is_looked_at_again(lake, monkeypatch):
    deliver(lake, b"not yet run", day=NEXT)
    status(lake, tables=DOWN, products=["ES"], digest=lambda _: "settings")
    deliver(lake, b"other bytes", day=NEXT)
    asked = []
    look = status_module._state
    monkeypatch.setattr("gex_assets.lake.status._state", lambda *about: asked.append(about[3]) or look(*about))
    status(lake, tables=DOWN, products=["ES"], digest=lambda _: "settings")
    assert set(asked) == {NEXT}


def test_of_days_that_are_kept_no_key_is_made(lake, monkeypatch):
    """Ten years have sixty thousand."""
    before = states(lake)
    monkeypatch.setattr(Lake, "key", lambda *args, **kwargs: pytest.fail("a key was made"))
    again = status(lake, tables=DOWN, products=["ES"], digest=lambda _: "settings")
    assert [one for one in again if one.day == DAY] == list(before.values())


def test_what_a_changed_day_is_computed_from_is_not_opened_where_its_state_is_kept(lake, monkeypatch):
    of_before = lake.open(LEVELS.name, product="ES", day=DAY)
    status(lake, tables=DOWN, products=["ES"], digest=lambda _: "settings")
    publish(lake, LEVELS, levels(range(3)), day=NEXT, inputs={of_before.key: of_before.sha256()})
    opened, opens = [], Lake.open
    monkeypatch.setattr(
        Lake, "open", lambda self, name, **place: opened.append((name, place["day"])) or opens(self, name, **place)
    )
    found = status(lake, tables=DOWN, products=["ES"], digest=lambda _: "settings")
    assert {one.state for one in found if one.table == LEVELS.name} == {"published"}
    assert {name for name, day in opened if day == DAY} <= {LEVELS.name}, "its own inputs are known"


def test_reference_data_alone_make_no_day(lake):
    for kind in ("option_statistics", "option_definition"):
        folder = folder_of(lake) / raw_folder(kind=kind, product="ES", job_id="GLBX-20260121-REF")
        folder.mkdir(parents=True)
        (folder / raw_file_name(kind=kind, day=date(2026, 1, 5))).write_bytes(b"of the day before")
    assert known_days(lake, DOWN, "ES") == [DAY]


def test_the_orders_of_a_future_alone_make_a_day(lake):
    folder = folder_of(lake) / raw_folder(kind="future_mbo", product="ES", job_id="GLBX-20260121-FUT")
    folder.mkdir(parents=True)
    (folder / raw_file_name(kind="future_mbo", day=NEXT)).write_bytes(b"orders")
    assert known_days(lake, DOWN, "ES") == [DAY, NEXT]


def test_what_is_made_of_reference_data_alone_makes_no_day_until_it_is_rejected(lake):
    evening = date(2026, 1, 5)
    publish(lake, TABLES["open_levels"], day=evening)
    assert known_days(lake, TABLES, "ES") == [DAY]
    rejected = lake.folder("raw_option_statistics", product="ES", rejected=True)
    folder = folder_of(lake) / rejected / f"date={evening}"
    folder.mkdir(parents=True)
    (folder / "data.parquet").write_bytes(b"refused")
    assert known_days(lake, TABLES, "ES") == [evening, DAY]
