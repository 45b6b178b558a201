"""The tables of a day as pages read them."""

from pathlib import Path

import pyarrow.compute as pc
import pytest

from gex_assets.lake.keys import reason_key
from gex_assets.lake.rejections import RefusedFile
from gex_assets.lake.tables import Lake, StoredTable
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.sections.origin import refused
from gex_assets_tests.conftest import DAY


def test_rows_at_moments_are_those_of_the_whole_table(published: Path) -> None:
    day = DayTables(Lake(published), product="ES", day=DAY)
    whole = Lake(published).open("silver_gex_chain", product="ES", day=DAY).read(["ts_window_end", "strike", "gamma"])
    chosen = [int(day.windows[at]) for at in (0, 7, -1)]
    wanted = whole.filter(pc.is_in(whole["ts_window_end"], pc.cast(chosen, whole["ts_window_end"].type)))
    assert day.at("silver_gex_chain", ("strike", "gamma"), chosen).equals(wanted.combine_chunks())
    assert day.at("silver_gex_chain", ("strike",), [1]).num_rows == 0


def test_rows_at_moments_are_read_once(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another section asks for some of the moments only."""
    day = DayTables(Lake(published), product="ES", day=DAY)
    chosen = [int(day.windows[at]) for at in (0, 7, -1)]
    all_of_them = day.at("silver_gex_chain", ("strike", "gamma"), chosen)
    monkeypatch.setattr(StoredTable, "group", lambda *_: pytest.fail("read again"))
    last = all_of_them.filter(pc.equal(all_of_them["ts_window_end"], chosen[-1]))
    assert last.num_rows
    assert day.at("silver_gex_chain", ("strike", "gamma"), chosen[-1:]).equals(last.combine_chunks())
    assert day.at("silver_gex_chain", ("strike", "gamma"), chosen).equals(all_of_them)


def test_what_is_read_is_the_pages_lineage(published: Path) -> None:
    lake = Lake(published)
    day = DayTables(lake, product="ES", day=DAY)
    assert not day.inputs
    day.read("silver_gex_levels", ("convention",))
    stored = lake.open("silver_gex_levels", product="ES", day=DAY)
    assert day.inputs == {stored.key: stored.sha256()}


def test_a_table_that_is_not_published_has_no_rows(tmp_path: Path) -> None:
    day = DayTables(Lake(tmp_path), product="ES", day=DAY)
    assert day.read("silver_gex_levels", ("convention", "net_gex")).num_rows == 0
    assert day.at("silver_gex_chain", ("strike",), [1]).column_names == ["ts_window_end", "strike"]
    assert len(day.windows) == 0
    assert day.published == []
    assert not day.inputs


def test_rejections_are_those_of_the_pages_own_tables(tmp_path: Path) -> None:
    """Tables for the next session are made again by the next day's statistics, without the page."""
    lake = Lake(tmp_path)
    file = RefusedFile(size_bytes=1, modified_ns=1, tag="1", sha256=None, sidecars="")
    for name in ("raw_option_mbo", "open_chain"):
        lake.refuse(name, product="ES", day=DAY, reason="Expected x, was y", files={"raw/a": file})
    day = DayTables(lake, product="ES", day=DAY)
    assert [name for name, _ in day.rejections] == ["raw_option_mbo"]
    assert list(day.inputs) == [reason_key("raw_option_mbo", product="ES", day=DAY)]
    assert "open_chain" not in refused(day).html
