"""Up-to-date tables are reused: a run recomputes what a change reaches and nothing else, with the rows of a first run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.run import DayRun, run_days
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import find_files
from gex_assets.lake.status import status
from gex_assets.lake.tables import Lake
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.defs.reuse.reached import CHAIN, FORWARD, OPEN, REACH, delivered_file, newer
from gex_assets_tests.long_cases import mostly_long

EVERYTHING = {*DAY_TABLES, *PAGES}


@pytest.fixture
def lake(published: Path, tmp_path: Path) -> Path:
    """A published day of a test's own."""
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    return lake


def run(lake: Path, *, force: bool = False, **choices: object) -> DayRun:
    (done,) = run_days(settings_for(lake, **choices), [DAY], force=force)
    assert done.success, done.failure
    return done


def made(done: DayRun) -> set[str]:
    """Tables that were recomputed; the page follows them (`pages/test_day_page.py`)."""
    return set(done.materialized) - set(done.reused) - set(PAGES)


def files(lake: Path) -> dict[str, tuple[int, int]]:
    """Which file each table is: another one, even of equal bytes, has another inode or time."""
    found = {name: Path(Lake(lake).open(name, product="ES", day=DAY).uri).stat() for name in DAY_TABLES}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in found.items()}


def hashes(lake: Path, names: Iterable[str] = DAY_TABLES) -> dict[str, str]:
    return {name: Lake(lake).open(name, product="ES", day=DAY).sha256() for name in names}


def stale(lake: Path, **choices: object) -> set[str]:
    settings = settings_for(lake, **choices)
    states = status(Lake(lake), tables=DAY_TABLES, products=["ES"], day=DAY, digest=lambda table: settings.digest(table.settings))
    return {state.table for state in states if state.state == "stale"}


def test_a_second_run_reads_no_input_and_leaves_every_file_in_place(lake, monkeypatch):
    before = files(lake)
    monkeypatch.setattr("gex_assets.lake.dbn.reader.DbnFile.__init__", refused)
    monkeypatch.setattr("gex_assets.kernels.order_book.books.OrderBooks.apply", refused)
    done = run(lake)
    assert (set(done.materialized), set(done.reused)) == (EVERYTHING, EVERYTHING)
    assert files(lake) == before


@pytest.mark.long
def test_checks_of_reused_tables_are_evaluated(lake, published):
    first = run(lake, force=True)
    second = run(lake)
    assert second.warnings == first.warnings
    assert any("something_was_selected" in warning for warning in second.warnings)
    assert second.failed_checks == first.failed_checks == ()


@pytest.mark.long
def test_a_forced_run_recomputes_everything_with_the_same_bytes(lake):
    before, bytes_before = files(lake), hashes(lake)
    done = run(lake, force=True)
    assert done.reused == ()
    assert not set(files(lake).values()) & set(before.values())
    assert hashes(lake) == bytes_before


def test_every_setting_that_a_table_depends_on_is_tried():
    assert {setting for table in DAY_TABLES.values() for setting in table.settings} <= set(REACH)


@pytest.mark.parametrize("setting", mostly_long([*REACH]))
def test_a_changed_setting_recomputes_what_depends_on_it_as_a_first_run_would(setting, lake, tmp_path):
    value, reached = REACH[setting]
    before = files(lake)
    assert stale(lake, **{setting: value}) == reached
    done = run(lake, **{setting: value})
    assert made(done) == reached
    assert {name for name, file in files(lake).items() if file != before[name]} == reached
    assert stale(lake, **{setting: value}) == set()
    if reached:
        bytes_then = hashes(lake)
        run(lake, force=True, **{setting: value})
        assert hashes(lake) == bytes_then


def refused(*_: object, **__: object) -> None:
    raise AssertionError("Expected not to be asked, was")


def test_orders_are_not_read_for_another_selection(lake, monkeypatch):
    """The most common change of all: further expirations need the bronze orders, never the vendor's file."""
    monkeypatch.setattr("gex_assets.lake.raw.merge.merged_blocks", refused)
    run(lake, max_dte=80)


@pytest.mark.long
def test_nor_are_they_read_for_a_change_downstream(lake, monkeypatch):
    monkeypatch.setattr("gex_assets.kernels.order_book.books.OrderBooks.apply", refused)
    run(lake, rate=0.05)


def test_a_touched_file_changes_nothing(lake):
    newer(delivered_file(lake, "option_mbo"))
    assert made(run(lake)) == set()


def test_a_file_delivered_again_reaches_all_that_is_made_of_it(lake, delivered):
    from gex_assets.sample.market import make_sample
    from gex_assets_tests.conftest import SESSION

    other = lake.parent / "other"
    make_sample(other, start=DAY, days=1, seed=12, session=SESSION, defects=(), dbn_version=3)
    old, new = delivered_file(lake, "future_mbo"), delivered_file(other, "future_mbo")
    shutil.rmtree(old.parent)
    shutil.copytree(new.parent, old.parent.parent / new.parent.name)
    assert made(run(lake)) == {
        "raw_future_mbo",
        "bronze_future_mbo",
        "silver_future_quotes",
        "silver_future_bbo",
        "silver_vacuum",
        *FORWARD,
    }


@pytest.mark.long
def test_changed_sidecars_are_registered(lake):
    condition = delivered_file(lake, "option_statistics").parent / "condition.json"
    said = json.loads(condition.read_text())
    for entry in said:
        entry["condition"] = "available"
    manifest = condition.with_name("manifest.json")
    if manifest.is_file():
        stated = json.loads(manifest.read_text())
        stated["files"] = [file for file in stated["files"] if file["filename"] != "condition.json"]
        manifest.write_text(json.dumps(stated))
    condition.write_text(json.dumps(said))
    assert "raw_option_statistics" in made(run(lake))
    table = Lake(lake).open("raw_option_statistics", product="ES", day=DAY).read(["condition"])
    assert table["condition"].to_pylist() == ["available"]


@pytest.mark.long
def test_a_statistics_file_of_an_earlier_day_that_comes_late_is_taken_in(lake):
    found = find_files(LocalFileSystem(lake), kind="option_statistics", product="ES")
    (path,) = (lake / one.key for one in found if one.day < DAY)
    aside = lake.parent / "aside"
    shutil.move(path, aside)
    assert "bronze_option_statistics" in made(run(lake))
    shutil.move(aside, path)
    assert stale(lake) == {"bronze_option_statistics", *OPEN, *CHAIN}
    assert "bronze_option_statistics" in made(run(lake))
    assert stale(lake) == set()


@pytest.mark.long
def test_a_refused_statistics_file_of_an_earlier_day_does_not_make_the_day_stale_for_ever(lake):
    found = find_files(LocalFileSystem(lake), kind="option_statistics", product="ES")
    (path,) = (lake / one.key for one in found if one.day < DAY)
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    assert "bronze_option_statistics" in made(run(lake))
    assert stale(lake) == set()
    assert made(run(lake)) == set()
    path.write_bytes(whole)
    assert "bronze_option_statistics" in made(run(lake))


def test_a_published_file_that_somebody_changed_is_not_kept(lake):
    path = Path(Lake(lake).open("silver_forward", product="ES", day=DAY).uri)
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(bytes(content))
    assert made(run(lake)) >= {"silver_forward"}
    assert stale(lake) == set()


@pytest.mark.long
def test_a_lake_that_was_moved_is_kept_too(lake, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(lake, moved)
    assert made(run(moved)) == set()


def test_a_rejected_delivery_is_forgotten_when_the_published_one_is_current_again(lake):
    before = Lake(lake).open("regime_scores", product="ES", day=DAY)
    where = Lake(lake)
    with where.replace(TABLES["regime_scores"], product="ES", day=DAY, lineage=before.lineage) as staged:
        staged.write(before.read().slice(0, 1))
        staged.reject("windows_cover_the_session: no")
    assert where.rejection("regime_scores", product="ES", day=DAY) is not None
    assert made(run(lake)) == set()
    assert where.rejection("regime_scores", product="ES", day=DAY) is None


def test_the_ui_is_told_which_settings_an_asset_depends_on(lake):
    def versions(**choices: object) -> dict[str, str | None]:
        graph = build_defs(settings_for(lake, **choices)).resolve_asset_graph()
        return {key.path[-1]: graph.get(key).code_version for key in graph.get_all_asset_keys()}

    now = versions()
    assert {name for name, version in versions(rate=0.05).items() if version != now[name]} == {
        *OPEN,
        "silver_forward",
        "silver_gex_chain",
        "silver_gex_levels",
        "silver_gex_profile",
    }
    assert versions(block_records=7) == now
