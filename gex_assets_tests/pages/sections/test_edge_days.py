"""Days that lack something: futures, statistics, an hour, a price. Each says what it lacks, and draws the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gex_assets.lake.lineage import Lineage
from gex_assets.lake.tables import Lake
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.sections import sections
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.reading import Element, parsed

MINUTE = 60_000_000_000
COPIED = ("silver_gex_levels", "silver_gex_chain", "silver_gex_profile", "silver_forward", "regime_scores", "regime_events")


def shown(lake: Path, day: date = DAY) -> dict[str, Element]:
    return {one.id: parsed(one.html) for one in sections(DayTables(Lake(lake), product="ES", day=day))}


def copied(published: Path, lake: Path, change: Any) -> None:
    """Tables of the published day, each changed: `change(name, rows)` gives the rows, None leaves a table out."""
    for name in (*COPIED, "silver_future_quotes", "bronze_option_statistics"):
        rows = change(name, Lake(published).open(name, product="ES", day=DAY).read())
        if rows is not None:
            lineage = Lineage(table=name, product="ES", day=DAY, code_version="1", settings_hash="")
            with Lake(lake).replace(TABLES[name], product="ES", day=DAY, lineage=lineage) as staged:
                staged.write(rows)
                staged.finish()
                staged.publish()


def with_nulls(rows: pa.Table, *names: str) -> pa.Table:
    for name in names:
        field = rows.schema.field(name)
        rows = rows.set_column(rows.schema.get_field_index(name), field, pa.nulls(rows.num_rows, field.type))
    return rows


def test_without_futures_the_comparison_says_so(published: Path, tmp_path: Path) -> None:
    def change(name: str, rows: pa.Table) -> pa.Table:
        if name == "silver_forward":
            return with_nulls(rows, "future_mid", "future_vwap", "future_last")
        return rows.slice(0, 0) if name == "silver_future_quotes" else rows

    copied(published, tmp_path, change)
    found = shown(tmp_path)
    assert "cannot be compared with the future: no future's book was delivered or complete" in found["forward"].text
    assert not found["forward"].all("figure")
    assert "Quality of the front forward" in found["forward"].text
    assert "No futures were delivered" in found["quality"].text
    assert found["profile"].all("figure")


def test_without_statistics_another_weight_is_named(published: Path, tmp_path: Path) -> None:
    def change(name: str, rows: pa.Table) -> pa.Table:
        if name == "bronze_option_statistics":
            return rows.slice(0, 0)
        if name == "silver_gex_levels":
            field = rows.schema.field("weight_used")
            weights = ["resting_size" if one == "open_interest" else one for one in rows["weight_used"].to_pylist()]
            return rows.set_column(rows.schema.get_field_index("weight_used"), field, pa.array(weights).cast(field.type))
        return rows

    copied(published, tmp_path, change)
    found = shown(tmp_path)
    assert "No statistics were delivered" in found["quality"].text
    assert "weighted by resting size" in found["summary"].text
    assert "weighted by resting size" in found["exposure"].text


def test_a_hole_interrupts_every_line(published: Path, tmp_path: Path) -> None:
    """Between the second and the seventh minute there is nothing."""
    ends = np.unique(Lake(published).open("silver_gex_levels", product="ES", day=DAY).read(["ts_window_end"])["ts_window_end"])
    low, high = int(ends[0]) + 2 * MINUTE, int(ends[0]) + 7 * MINUTE

    def change(_: str, rows: pa.Table) -> pa.Table:
        if "ts_window_end" not in rows.column_names:
            return rows
        return rows.filter(pc.or_(pc.less(rows["ts_window_end"], low), pc.greater(rows["ts_window_end"], high)))

    copied(published, tmp_path, change)
    found = shown(tmp_path)
    for name, style in (("forward", "line text thin"), ("quality", "line accent")):
        (line,) = found[name].one("svg", role="img").all("path", class_=style)
        assert line.attributes["d"].count("M") == 2, name
    assert "Without windows, although the market is open: 14:30–14:35:05 UTC." in found["quality"].text
    assert "the market is closed" not in found["quality"].text


def test_a_day_without_a_price_has_no_numbers_and_says_why(published: Path, tmp_path: Path) -> None:
    def change(name: str, rows: pa.Table) -> pa.Table | None:
        if name in {"silver_gex_profile", "regime_events", "silver_gex_chain"}:
            return rows.slice(0, 0)
        spec = {column.name: column for column in TABLES[name].columns}
        nullable = [
            column
            for column in rows.column_names
            if spec[column].nullable and spec[column].unit in {"index points", "the scale's"}
        ]
        if name == "silver_gex_levels":
            nullable += ["net_gex", "net_gex_se", "gross_gex", "coverage", "quoted_share"]
        if name == "regime_scores":
            reasons = pa.array(["no_reference_price"] * rows.num_rows).cast(rows.schema.field("reason").type)
            rows = rows.set_column(rows.schema.get_field_index("reason"), rows.schema.field("reason"), reasons)
            nullable += ["regime", "magnitude", "net_gex"]
        return with_nulls(rows, *dict.fromkeys(nullable))

    copied(published, tmp_path, change)
    found = shown(tmp_path)
    assert "Unknown: no price could be derived from the options." in found["summary"].text
    assert "the last window, for none has a price." in found["summary"].text
    assert "the last window with a price" not in found["summary"].text
    assert "No window of this day has a price" in found["levels"].text
    assert "No profile is published for this day" in found["profile"].text
    assert "No convention changed its regime" in found["events"].text
    assert "of them have no price" in found["quality"].text


@pytest.mark.parametrize("known", ["gamma", "nothing"])
def test_a_day_without_exposures_by_strike_says_so(published: Path, tmp_path: Path, known: str) -> None:
    """Also where strikes have a gamma and nobody's contracts are known."""

    def change(name: str, rows: pa.Table) -> pa.Table:
        if name != "silver_gex_chain":
            return rows
        gone = [one for one in rows.column_names if "_gex_" in one or (one == "gamma" and known == "nothing")]
        return with_nulls(rows, *gone)

    copied(published, tmp_path, change)
    assert "No strike has an exposure" in shown(tmp_path)["exposure"].text


def test_exposures_price_and_walls_are_of_one_window(published: Path, tmp_path: Path) -> None:
    """The chain is shown at the last full minute, and the day ends half a minute later with other walls and another version."""
    ends = np.unique(Lake(published).open("silver_gex_levels", product="ES", day=DAY).read(["ts_window_end"])["ts_window_end"])
    full = int(ends[-1]) - MINUTE

    def change(name: str, rows: pa.Table) -> pa.Table:
        if "ts_window_end" not in rows.column_names:
            return rows
        rows = rows.filter(pc.less(rows["ts_window_end"], full + MINUTE // 2))
        if name == "silver_gex_levels":
            later = pc.greater(rows["ts_window_end"], full)
            for column, value in (("call_wall", 1.0), ("reference_price", 2.0), ("convention_version", 99)):
                field = rows.schema.field(column)
                values = pc.if_else(later, pa.scalar(value, type=field.type), rows[column])
                rows = rows.set_column(rows.schema.get_field_index(column), field, values)
        return rows

    copied(published, tmp_path, change)
    found = shown(tmp_path)
    assert "version 99" in found["summary"].text
    assert "version 99" not in found["exposure"].text
    labels = [one.text for one in found["exposure"].all("span") if one.attributes.get("class", "").startswith("mark")]
    assert not {"call wall 1", "price 2"} & set(labels)
    assert any(one.startswith("call wall") for one in labels)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ((0, 0, 5), (18, 0, 0), "from 00:00:00 to 18:00:00 UTC"),
        ((23, 0, 5), (24, 0, 0), "from 23:00:00 to 24:00:00 UTC"),
        ((0, 30, 5), (23, 30, 0), "although the market is open: 00:34–22:00 UTC, 23:00–23:26 UTC"),
    ],
    ids=["half day", "Sunday", "over the break"],
)
def test_a_short_day_says_how_far_it_reaches(
    published: Path, tmp_path: Path, first: tuple[int, int, int], last: tuple[int, int, int], said: str
) -> None:
    """The published minutes, moved to the beginning and the end of a shorter day."""
    midnight = int(datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC).timestamp()) * 1_000_000_000
    begin, end = (midnight + (h * 3600 + m * 60 + s) * 1_000_000_000 for h, m, s in (first, last))

    def change(_: str, rows: pa.Table) -> pa.Table:
        if "ts_window_end" not in rows.column_names or not rows.num_rows:
            return rows
        ends = rows["ts_window_end"].to_numpy()
        half = ends < ends.min() + 4 * MINUTE
        moved = np.where(half, ends - ends.min() + begin, ends - ends.max() + end)
        return rows.set_column(rows.schema.get_field_index("ts_window_end"), rows.schema.field("ts_window_end"), pa.array(moved))

    copied(published, tmp_path, change)
    found = shown(tmp_path)
    assert said in found["quality"].text
    assert ("because the market is closed: 22:00–23:00 UTC" in found["quality"].text) == (last[0] - first[0] > 22)
    assert found["levels"].all("table")
    assert found["profile"].all("figure")
