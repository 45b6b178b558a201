"""What became stale, as each side says it: the status, the kept status, the plan of a refresh, the check in the UI, the lineage.

They must name the same tables and pages, and after a change is taken back none, without any run.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner

from gex_assets.cli.main import gex
from gex_assets.defs.upkeep.refresh import planned_refresh
from gex_assets.lake.freshness import Freshness
from gex_assets.lake.pages.stored import find_page
from gex_assets.lake.status import status
from gex_assets.lake.tables import Lake
from gex_assets.pages.bundle import brief_page_contract, day_page_contract
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES, OPEN_TABLES, TABLES
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.defs.reuse.reached import CHAIN, GOLD, REACH, delivered_file, newer
from gex_assets_tests.defs.upkeep.judged import judged
from gex_assets_tests.long_cases import mostly_long

OPEN = set(OPEN_TABLES)
Side = Callable[..., set[str]]


@pytest.fixture
def lake(published: Path, tmp_path: Path) -> Path:
    """A published day of a test's own."""
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    return lake


def by_status_of_the_day(lake: Path, **choices: object) -> set[str]:
    """`gex status --json` of the day, with settings from the environment."""
    given = {f"GEX_{name.upper()}": value if isinstance(value, str) else json.dumps(value) for name, value in choices.items()}
    done = CliRunner().invoke(gex, ["status", "--json", "--lake", str(lake), "--date", str(DAY)], env=given)
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["table"] for line in lines if line["state"] == "stale"}


def by_kept_status(lake: Path, **choices: object) -> set[str]:
    """The status of all days, of which only those are looked at that changed since it was asked for before."""
    settings, pages = settings_for(lake, **choices), [day_page_contract(), brief_page_contract()]

    def digest(contract: Any) -> str:
        return settings.digest(contract.settings)

    states = status(Lake(lake), tables=TABLES, products=["ES"], digest=digest, pages=pages)
    return {state.table for state in states if state.state == "stale"}


def by_refresh(lake: Path, **choices: object) -> set[str]:
    """The plan of `gex refresh`: what it makes, and nothing that it merely looks at."""
    found = planned_refresh(settings_for(lake, **choices), Lake(lake))
    return {state.table for day in found.days for state in day.made}


def by_check(lake: Path, **choices: object) -> set[str]:
    """The check `is_up_to_date`, as the UI runs it."""
    with dg.DagsterInstance.ephemeral() as instance:
        return {name for name, one in judged(lake, instance, **choices).items() if not one.passed}


def by_lineage(lake: Path, **choices: object) -> set[str]:
    """The lineage of each object, compared with now."""
    settings, there = settings_for(lake, **choices), Lake(lake)
    freshness = Freshness(there, TABLES, lambda table: settings.digest(table.settings))
    pages = {page.name: page for page in (day_page_contract(), brief_page_contract())}
    drawn = {name: find_page(there, name, product="ES", day=DAY) for name in pages}
    return {
        *(
            name
            for name, table in DAY_TABLES.items()
            if freshness.why_stale(there.open(name, product="ES", day=DAY), table, "ES", DAY)
        ),
        *(name for name, page in drawn.items() if page is not None and freshness.why_stale(page, pages[name], "ES", DAY)),
    }


SIDES: dict[str, Side] = {
    "status": by_status_of_the_day,
    "kept status": by_kept_status,
    "refresh": by_refresh,
    "lineage": by_lineage,
    "check": by_check,
}


def with_pages(tables: set[str]) -> set[str]:
    """The pages that show one of the tables are stale with it."""
    return tables | {name for name, page in PAGES.items() if tables & set(page.shows)}


def agree(lake: Path, expected: set[str], **choices: object) -> None:
    assert {name: side(lake, **choices) for name, side in SIDES.items()} == dict.fromkeys(SIDES, expected)


@pytest.mark.parametrize("setting", mostly_long([*REACH]))
def test_a_setting_flipped_there_and_back(setting: str, lake: Path) -> None:
    """Nothing is run in between."""
    value, reached = REACH[setting]
    agree(lake, with_pages(set(reached)), **{setting: value})
    agree(lake, set())


def test_a_code_version(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of `silver_gex` the vacuum reads which future is meant: it waits for other values, and not for other code."""
    for registry in (TABLES, DAY_TABLES):
        monkeypatch.setitem(registry, "silver_gex", replace(TABLES["silver_gex"], version="of tomorrow"))
    agree(lake, with_pages({"silver_gex", *GOLD}))
    monkeypatch.undo()
    agree(lake, set())


def _touched(lake: Path) -> Iterator[set[str]]:
    newer(delivered_file(lake, "option_mbo"))
    yield set()


def _other_bytes(lake: Path) -> Iterator[set[str]]:
    path = delivered_file(lake, "option_statistics")
    whole = path.read_bytes()
    path.write_bytes(whole + b"x")
    # The list of instruments takes names from it, and all that is made of orders waits for that list.
    orders = {"bronze_option_instruments", "bronze_option_mbo", "bronze_option_trades", "bronze_option_statistics"}
    yield {"raw_option_statistics", *orders, *OPEN, "silver_option_quotes", "silver_forward", *CHAIN}
    path.write_bytes(whole)
    yield set()


def _statistics_of_the_next_day(lake: Path) -> Iterator[set[str]]:
    """Only the tables for the next session wait for them: open interest becomes final."""
    path = delivered_file(lake, "option_statistics")
    later = path.with_name(path.name.replace(f"{DAY:%Y%m%d}", f"{DAY + timedelta(days=1):%Y%m%d}"))
    later = path.parent.parent / "lone" / later.name
    later.parent.mkdir()
    shutil.copy2(path, later)
    yield OPEN
    later.unlink()
    yield set()


def _sidecars(lake: Path) -> Iterator[set[str]]:
    condition = delivered_file(lake, "future_mbo").parent / "condition.json"
    before, stat = condition.read_bytes(), condition.stat()
    condition.write_bytes(before.replace(b'"degraded"', b'"available"'))
    assert condition.read_bytes() != before
    yield {
        *("raw_future_mbo", "bronze_future_mbo", "silver_future_quotes", "silver_future_bbo", "silver_vacuum"),
        *("silver_forward", *CHAIN),
    }
    condition.write_bytes(before)
    os.utime(condition, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    yield set()


@pytest.mark.parametrize(
    "change",
    mostly_long([_statistics_of_the_next_day, _touched, _other_bytes, _sidecars], short=2),
    ids=lambda change: change.__name__.strip("_"),
)
def test_a_delivery(change: Callable[[Path], Iterator[set[str]]], lake: Path) -> None:
    for expected in change(lake):
        agree(lake, with_pages(expected))
