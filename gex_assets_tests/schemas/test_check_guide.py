"""Every check that failed says what was expected, what was found, and what to do, in one form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import dagster as dg
import pyarrow as pa
import pytest

from gex_assets.defs.checks import JUDGES
from gex_assets.defs.execution.shown import check_result
from gex_assets.defs.upkeep.latest_day import LATEST_DAY_HAS_COME
from gex_assets.defs.upkeep.up_to_date import IS_UP_TO_DATE, up_to_date_verdict
from gex_assets.escaping import from_markdown
from gex_assets.lake.status import TableState
from gex_assets.schemas.book_checks import books_are_complete
from gex_assets.schemas.check_guide import CHECK_GUIDE, said_of
from gex_assets.schemas.checks import (
    Verdict,
    a_file_is_there,
    books_are_sane,
    files_are_vouched_for,
    forward_is_inside_its_bounds,
    names_and_terms_agree,
    statistics_are_usable,
    tables_fit_each_other,
)
from gex_assets.schemas.claim_checks import claims_are_whole, latest_day_has_come
from gex_assets.schemas.count_registry import COUNTS
from gex_assets.schemas.premarket_checks import settlements_are_repriced
from gex_assets.time_units import WINDOW_NS

DAY = date(2026, 1, 6)


def read_by(check: str) -> dict[str, int]:
    return {next(count.name for count in COUNTS if check in count.read_by): 3}


def claims() -> Verdict:
    file = {
        "path": "raw/a.dbn.zst",
        "records": 10,
        "limit": 10,
        "not_found": ["ESX"],
        "superseded": 0,
        "superseded_by": [],
        "unclaimed": 0,
        "unmapped": 0,
        "set_aside": [],
        "is_tied": False,
    }
    return claims_are_whole(pa.Table.from_pylist([file]))


def books() -> Verdict:
    rows = {"ts_window_end": [WINDOW_NS], "instrument_id": [1], "is_complete": [False]}
    return books_are_complete([pa.table(rows)])


def forwards() -> Verdict:
    return forward_is_inside_its_bounds(
        pa.table({"forward": [9.0], "forward_se": [0.1], "forward_lower": [1.0], "forward_upper": [2.0]})
    )


FAILING: dict[str, Callable[[], Verdict]] = {
    "a_file_is_there": lambda: a_file_is_there(files=0, table="raw_option_mbo"),
    "files_are_vouched_for": lambda: files_are_vouched_for(
        pa.table({"file_name": ["a"], "sha256_expected": pa.array([None], pa.string()), "condition": ["degraded"]})
    ),
    "claims_are_whole": claims,
    "books_are_sane": lambda: books_are_sane({"records": 100, "odd_flag": 3}),
    "books_are_complete": books,
    "names_and_terms_agree": lambda: names_and_terms_agree(read_by("names_and_terms_agree")),
    "statistics_are_usable": lambda: statistics_are_usable({"records": 100, "refused_earlier_file": 1}),
    "settlements_are_repriced": lambda: settlements_are_repriced(
        pa.table({"scope": ["all"], "options_settled": [9], "repriced_share": [0.5]})
    ),
    "tables_fit_each_other": lambda: tables_fit_each_other(read_by("tables_fit_each_other")),
    "forward_is_inside_its_bounds": forwards,
    LATEST_DAY_HAS_COME: lambda: latest_day_has_come(day=DAY, expected=["option_mbo"], there=[], due=time(7)),
    IS_UP_TO_DATE: lambda: up_to_date_verdict(TableState(table="silver_gex", product="ES", day=DAY, state="missing", why=())),
}


def test_every_non_blocking_check_has_a_failing_example() -> None:
    assert set(FAILING) == {name for name, *_ in JUDGES} | {LATEST_DAY_HAS_COME, IS_UP_TO_DATE}


@pytest.mark.parametrize("name", FAILING)
def test_a_failing_check_says_what_to_do_next(name: str) -> None:
    verdict = FAILING[name]()
    assert (verdict.name, verdict.passed) == (name, False)
    found, separator, todo = said_of(verdict).partition(". To do: ")
    assert "Expected " in found
    assert separator
    assert todo.endswith(".")
    assert todo == (verdict.todo or CHECK_GUIDE[name].todo)
    shown = check_result(verdict, asset_key=dg.AssetKey("raw_option_mbo")).description
    assert from_markdown(str(shown)).endswith(f". To do: {todo}")


def test_a_check_that_passed_says_nothing_to_do() -> None:
    assert said_of(a_file_is_there(files=2, table="raw_option_mbo")) == "2 files"


def test_what_the_ui_says_of_a_check_has_the_advice_itself() -> None:
    """A path of the clone is no link in a browser."""
    for advice in CHECK_GUIDE.values():
        assert advice.description == f"{advice.about} To do where it fails: {advice.todo}"
