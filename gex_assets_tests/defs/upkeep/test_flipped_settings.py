"""Settings flipped in gex.toml, run, flipped back and run: as if never flipped, and meanwhile exactly what is stale is said."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from gex_assets.lake.keys import page_key
from gex_assets.lake.pages.stored import find_page
from gex_assets.lake.tables import Lake
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets.settings import CHANGE_NO_ROWS
from gex_assets_tests.defs.faults.tiny_lake import DAYS, make_tiny, objects
from gex_assets_tests.defs.reuse.reached import REACH
from gex_assets_tests.defs.upkeep.settled_lake import choose, reached, run_all, said_by_status, stale

DIFFER: Final = {
    r"gex\.duckdb": "views are written by whichever run ends last",
    r".*/\.(data\.parquet|page\.html)\.sha256": "it notes the time of the file, which was published again",
    r"_pages/.*/page\.html": "it says how long its run took",
    r"\..*|.*/\..*|_.*": "ledgers and locks: what was ever seen stays known, such as the choices behind a convention",
}
"""Files next to the tables whose bytes may be others afterwards, and why."""

ALL: Final = {name: value for name, (value, reached) in REACH.items() if reached}
FLIPS: Final[dict[str, dict[str, Any]]] = {"all at once": ALL, **{name: {name: value} for name, value in ALL.items()}}
CASES = [pytest.param(name, marks=[pytest.mark.long, *([pytest.mark.soak] if name != "all at once" else [])]) for name in FLIPS]
"""Together they reach every table that any of them reaches. Each by itself is tried in `make test-all`."""

NO_ROWS: Final[dict[str, Any]] = {
    "start_date": "2025-12-01",
    "max_expansion_ratio": 50.0,
    "max_file_bytes": 10**9,
    "multipliers": {"SPX": 10.0},
    "block_records": 1_009,
    "threads": 1,
    "sensor_start_from": "2026-01-01",
    "sensor_settle_seconds": 5,
    "sensor_max_requests": 3,
    "notices": {"hold_seconds": 600},
}


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days and their history, of the settings' defaults."""
    lake = make_tiny(tmp_path_factory.mktemp("settled") / "lake")
    run_all(lake, DAYS)
    return lake


@pytest.fixture
def lake(settled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(settled, tmp_path / "lake"))


def lineages(lake: Path) -> dict[str, Any]:
    opened = Lake(lake)
    found: dict[str, Any] = {}
    for day in DAYS:
        for name in TABLES:
            found[opened.key(name, product="ES", day=day)] = opened.open(name, product="ES", day=day).lineage
        for name in PAGES:
            page = find_page(opened, name, product="ES", day=day)
            assert page is not None
            found[page_key(name, product="ES", day=day)] = page.lineage
    return found


def others(lake: Path) -> dict[str, bytes]:
    """Bytes of all files but those that may differ."""
    files = {path.relative_to(lake).as_posix(): path for path in lake.rglob("*") if path.is_file()}
    return {key: path.read_bytes() for key, path in files.items() if not any(re.fullmatch(one, key) for one in DIFFER)}


@pytest.mark.parametrize("case", CASES)
def test_flipped_run_flipped_back_and_run_is_as_if_never_flipped(case: str, lake: Path) -> None:
    choices = FLIPS[case]
    whole, made_from, rest = objects(lake), lineages(lake), others(lake)
    assert stale(lake, DAYS) == {}

    choose(lake, choices)
    why = stale(lake, DAYS)
    assert set(why) == reached(choices)
    for name in choices:
        for table in (one for one in why if one in TABLES and name in TABLES[one].settings):
            assert re.search(rf"settings changed: one of [^;]*\b{name}\b", why[table]), why[table]
    assert run_all(lake, DAYS) == reached(choices) - {"regime_history"}
    assert stale(lake, DAYS) == {}
    changed = {key.split("/")[0] for key, sha256 in objects(lake).items() if whole[key] != sha256}
    assert changed
    assert changed <= set(why)

    choose(lake, {})
    assert set(stale(lake, DAYS)) == reached(choices)
    assert run_all(lake, DAYS) == reached(choices) - {"regime_history"}
    assert stale(lake, DAYS) == {}
    assert objects(lake) == whole
    assert lineages(lake) == made_from
    assert others(lake) == rest


def test_flips_reach_every_table_that_depends_on_a_setting() -> None:
    assert {name for table in TABLES.values() for name in table.settings} <= set(ALL)
    by_settings = {name for name, table in DAY_TABLES.items() if table.settings}
    assert by_settings <= reached(ALL)


@pytest.mark.long
def test_a_setting_that_changes_no_row_makes_nothing_stale(lake: Path) -> None:
    assert set(NO_ROWS) == set(CHANGE_NO_ROWS) - {"lake", "products"}
    whole = objects(lake)
    choose(lake, NO_ROWS)
    assert stale(lake, DAYS) == {}
    assert run_all(lake, DAYS) == set()
    assert objects(lake) == whole
    choose(lake, {"products": ["ES", "NQ"]})  # of NQ nothing was delivered
    assert said_by_status(lake, DAYS) == {}
