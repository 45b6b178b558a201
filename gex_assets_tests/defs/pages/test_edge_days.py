"""Pages of days that are unlike the sample's: a Sunday, a half day, a hole, many expirations, missing files."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from gex_assets.defs.run import run_days
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.pages.stored import find_page
from gex_assets.lake.raw.ingest import ingest
from gex_assets.lake.raw.layout import find_files
from gex_assets.lake.tables import Lake
from gex_assets.pages.day_tables import DayTables
from gex_assets.time_units import SECOND_NS
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.defs.days.other_days import CASES, Case, deliver
from gex_assets_tests.pages.picture.comparing import chain_cells, compared
from gex_assets_tests.pages.picture.made_up_pages import tables_of
from gex_assets_tests.twins.packed_day import PackedDay

EVERY_TIME = "every family"
"""The others run with the long tests."""


def page_of(tables: DayTables) -> PackedDay:
    page = find_page(tables.lake, "day_page", product=tables.product, day=tables.day)
    assert page is not None
    return PackedDay(page.read().decode())


@pytest.mark.parametrize(
    "case",
    [pytest.param(one, id=one.name, marks=[] if one.name.startswith(EVERY_TIME) else [pytest.mark.long]) for one in CASES],
)
def test_a_day_of_another_generator(case: Case, tmp_path: Path) -> None:
    """All windows and expirations are there, nothing lies outside of the sessions, and cells are those of the chain."""
    lake = Lake(tmp_path / "lake")
    _, paths = deliver(case, tmp_path / "downloads")
    ingest(lake.fs, paths)
    day = date.fromisoformat(case.day)
    (done,) = run_days(settings_for(tmp_path / "lake", **dict(case.settings)), [day])
    assert done.success, (done.failure, done.failed_checks)
    tables = DayTables(lake, product="ES", day=day)
    page = page_of(tables)
    ends = [end for end, _ in case.window_ends()]
    assert [tables.midnight_ns + (k + 1) * 5 * SECOND_NS for k in page.column("k")[0]] == ends
    inside = [range(one["start_k"], one["end_k"] + 1) for one in page.header["sessions"]]
    assert all(any(k in session for session in inside) for k in page.column("k")[0])
    chain = chain_cells(tables, page)
    assert {expiration for expiration, _ in _lines(page)} == set(range(len(page.header["expirations"])))
    assert compared(page, chain, cells=300).different == []
    compared_contracts = 0
    for (line, window), row in chain.items():
        for name in (name for name in page.said if name.startswith(("call_", "put_")) and page.said[name]["axis"] == "lines"):
            assert page.cell(name, line, window) == row[name]
            compared_contracts += bool(row[name])
    assert compared_contracts


def _lines(page: PackedDay) -> list[tuple[int, float]]:
    return [(one["expiration"], one["strike"]) for one in page.header["lines"]]


def without(delivered: Path, lake: Path, *kinds: str) -> DayTables:
    """The day of the sample without the files of some kinds, published."""
    shutil.copytree(delivered, lake)
    for kind in kinds:
        for found in find_files(LocalFileSystem(lake), kind=kind, product="ES"):  # type: ignore[arg-type]
            shutil.rmtree((lake / found.key).parent, ignore_errors=True)
    (done,) = run_days(settings_for(lake), [DAY])
    assert done.success, (done.failure, done.failed_checks)
    return tables_of(lake, DAY)


@pytest.mark.long
def test_a_day_without_futures(delivered: Path, tmp_path: Path) -> None:
    page = page_of(without(delivered, tmp_path / "lake", "future_mbo"))
    assert any("No futures were delivered" in note for note in page.header["notes"])
    assert any(page.column("reference_price")[0])
    assert not any(value is not None for value in page.column("u17_up_total_log")[0])


@pytest.mark.long
def test_a_day_without_statistics(delivered: Path, tmp_path: Path) -> None:
    page = page_of(without(delivered, tmp_path / "lake", "option_statistics"))
    notes = " ".join(page.header["notes"])
    assert "No statistics were delivered" in notes
    assert "field uses resting_size" in notes
    assert "call_open_interest" not in page.said
    assert [one["weight"] for one in page.header["conventions"] if one["name"] == "field"] == ["resting_size"]


@pytest.mark.long
def test_numbers_of_a_day_with_two_expirations(tmp_path: Path) -> None:
    """The staged day has weeklies and dailies next to the quarterly; all families are selected."""
    from gex_assets.sample.market import make_sample
    from gex_assets_tests.conftest import SESSION

    lake = tmp_path / "lake"
    make_sample(lake, start=DAY, days=1, profile="lively", seed=11, session=SESSION, dbn_version=3)
    families = ("quarterly", "weekly", "daily", "eom")
    (done,) = run_days(settings_for(lake, option_families=families, expirations="all"), [DAY])
    assert done.success, (done.failure, done.failed_checks)
    tables = tables_of(lake, DAY)
    page = page_of(tables)
    assert len(page.header["expirations"]) >= 2
    assert any(one["is_0dte"] for one in page.header["expirations"])
    found = compared(page, chain_cells(tables, page), cells=4_500)
    assert found.different == []
    assert all(count > 100 for count in found.known.values()), found.known
