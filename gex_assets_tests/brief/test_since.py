"""What changed since the session before and what expirations leave, from the tables of a made evening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from gex_assets.brief.facts import Brief, with_changes
from gex_assets.brief.notice import MOST_LETTERS, brief_notice
from gex_assets.brief.since import before_of, roll_off_of
from gex_assets.pages.brief.page import brief_page
from gex_assets.report.levels.brief import brief_lines
from gex_assets.report.levels.brief_document import brief_document
from gex_assets_tests.stages.premarket.made_up_settlements import tables_of, two_days, usual

Row = dict[str, Any]


def made_of(tables: dict[str, list[Row]], convention: str = "field") -> Brief:
    def read(name: str, columns: Sequence[str] | None) -> list[Row] | None:
        rows = tables.get(name)
        return None if rows is None else [{key: row[key] for key in columns or row} for row in rows]

    return with_changes(Brief.of(tables["open_levels"], [], product="ES", convention=convention), read)


@pytest.fixture(scope="module")
def tables() -> dict[str, list[Row]]:
    return {name: table.to_pylist() for name, table in tables_of(two_days()).items()}


@pytest.mark.parametrize("convention", ["field", "magic8"])
def test_the_parts_add_up_to_the_change_and_levels_before_are_those_of_the_table(
    tables: dict[str, list[Row]], convention: str
) -> None:
    made = made_of(tables, convention)
    (row,) = [one for one in tables["open_changes"] if (one["convention"], one["scope"]) == (convention, "all")]
    assert made.change is not None
    assert made.change.net == row["net_gex_change"] is not None
    assert sum(made.change.parts.values()) == pytest.approx(made.change.net)
    assert list(made.change.parts) == ["price", "time", "volatility", "weight", "expired", "listed", "relabel"]
    assert made.before["all"]["call_wall"] == row["call_wall_before"]
    assert made.before["all"]["session_date"] == row["session_before"]
    assert made.missing == ("open interest is an early count",)  # the evening has no later one


def test_what_expirations_leave_is_in_order(tables: dict[str, list[Row]]) -> None:
    made = made_of(tables)
    rows = [row for row in tables["open_roll_off"] if row["convention"] == "field"]
    assert [one.share for one in made.roll_off] == [row["expiring_share"] for row in rows]
    assert [one.put_wall for one in made.roll_off] == [row["put_wall"] for row in rows]
    assert made.roll_off[-1].net is None  # nothing is left after the last one
    assert [one.expires for one in made.roll_off] == sorted(one.expires for one in made.roll_off)


def test_a_flip_out_of_reach_is_left_out(tables: dict[str, list[Row]]) -> None:
    (now,) = [row for row in tables["open_levels"] if (row["convention"], row["scope"]) == ("field", "all")]
    row = {**tables["open_roll_off"][0], "reference_price": 6900.0}
    for away, shown in ((2.9, True), (3.1, False)):
        price = 6900.0 * (1.0 + away * now["one_day_sigma"])
        (found,) = roll_off_of([{**row, "zero_gamma": price}], now=now)
        assert found.zero_gamma == (price if shown else None)


def test_a_first_evening_has_no_change_and_says_why() -> None:
    made = made_of({name: table.to_pylist() for name, table in tables_of(usual()).items()})
    assert made.change is not None
    assert made.change.net is None
    assert "no change of net exposure: not settled before" in made.missing
    assert "no levels of an earlier session to compare with" in made.missing


def test_tables_that_are_not_published_are_said(tables: dict[str, list[Row]]) -> None:
    made = made_of({"open_levels": tables["open_levels"]})
    assert (made.change, made.left, made.movers.by_contracts) == (None, (), ())
    assert "open_chain is not published: run the day before once more" in made.missing
    assert [one.net for one in made.roll_off] == [None] * len(made.roll_off)


def test_without_a_price_before_there_is_nothing_to_compare(tables: dict[str, list[Row]]) -> None:
    row = {**tables["open_changes"][0], "reference_price_before": None}
    assert before_of(row, now=tables["open_levels"][0]) is None


def test_such_a_brief_is_drawn_everywhere(tables: dict[str, list[Row]]) -> None:
    """Levels of the session before have no errors where they are of `open_changes`."""
    made = made_of(tables)
    document = brief_document(made)
    assert document["before"]["net_gex_se"] is None
    assert document["before"]["net_gex"] == made.before["all"]["net_gex"]
    assert max(map(len, brief_lines(made, width=46))) <= 46
    assert "Against the session before" in brief_page(made)
    assert len(brief_notice(made)) <= MOST_LETTERS
