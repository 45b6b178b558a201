"""All sections of a real day: well-formed, escaped, from nowhere else, with the numbers of the tables."""

import re
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from gex_assets.lake.rejections import RefusedFile
from gex_assets.lake.tables import Lake
from gex_assets.pages.day_tables import CheckNote, DayTables, RunNotes
from gex_assets.pages.markup import joined
from gex_assets.pages.sections import moments, sections
from gex_assets.pages.sections.exposure import charm_of, exposure, net_of, vanna_of
from gex_assets.pages.shell import contents, section_html
from gex_assets.pages.words import price, with_error
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.reading import Element, parsed, rows_of

MARKUP = "<script>alert('x')</script>"
NAMES = (
    *("summary", "levels", "profile", "smile", "forward", "exposure", "events"),
    *("quality", "checks", "refused", "timings", "lineage"),
)


def shown(day: DayTables) -> dict[str, Element]:
    return {one.id: parsed(one.html) for one in sections(day)}


def test_the_sections_are_whole_and_load_nothing(published: Path) -> None:
    made = sections(DayTables(Lake(published), product="ES", day=DAY))
    assert tuple(one.id for one in made) == NAMES
    page = joined((contents(made), *(section_html(one) for one in made)))
    parsed(page)  # ids are unique over all of them
    assert not re.search(r"https?:|//|url\(|src=", page)
    assert "nan" not in re.findall(r"[a-z]+", parsed(page).text.lower())


def test_levels_equal_the_table(published: Path) -> None:
    day = DayTables(Lake(published), product="ES", day=DAY)
    rows = day.at("silver_gex_levels", ("convention", "scope", "reference_price", "net_gex", "net_gex_se"), moments.hourly(day))
    of_field = rows.filter(pc.and_(pc.equal(rows["convention"], "field"), pc.equal(rows["scope"], "selected"))).to_pylist()
    table = rows_of(shown(day)["levels"].all("table")[0])
    assert [line[1] for line in table] == [price(row["reference_price"]) for row in of_field]
    assert [line[2] for line in table] == [with_error(row["net_gex"], row["net_gex_se"]) for row in of_field]
    assert len(table) >= 2


def test_exposures_by_strike_add_up_to_the_levels(published: Path) -> None:
    """Vanna and charm are made of the chain here; the levels sum them up elsewhere."""
    day = DayTables(Lake(published), product="ES", day=DAY)
    last = moments.chosen(day)[-1]
    chain = moments.chain_at(day, [last]).to_pylist()
    columns = ("convention", "scope", "weight_used", "net_gex", "vanna_exposure", "charm_exposure")
    level = next(
        row
        for row in day.at("silver_gex_levels", columns, [last]).to_pylist()
        if (row["convention"], row["scope"]) == ("field", "selected")
    )
    for name, of_row in (("net_gex", net_of), ("vanna_exposure", vanna_of), ("charm_exposure", charm_of)):
        parts = [of_row(row, level["weight_used"]) for row in chain]
        total = sum(one for one in parts if one is not None)
        assert total == pytest.approx(level[name], rel=1e-9), name
    strikes = [line[0] for line in rows_of(parsed(exposure(day).html).all("table")[-1])]
    assert strikes == sorted(strikes, key=float, reverse=True)


def test_profiles_are_drawn_where_the_table_is(published: Path) -> None:
    day = DayTables(Lake(published), product="ES", day=DAY)
    section = shown(day)["profile"]
    last = moments.chosen(day)[-1]
    rows = day.at("silver_gex_profile", ("convention", "scope", "price", "net_gex"), [last]).to_pylist()
    numbers = {line[0]: line[1] for line in rows_of(section.all("table")[0])}
    assert len(section.all("figure")) == 3
    assert len(numbers) > 50
    assert all(price(row["price"]) in numbers for row in rows if 6900 <= row["price"] <= 6990)


def test_a_lake_without_the_day_says_so_everywhere(tmp_path: Path) -> None:
    found = shown(DayTables(Lake(tmp_path), product="ES", day=DAY))
    assert tuple(found) == NAMES
    assert all(section.text for section in found.values())
    assert not any(section.all("figure") for section in found.values())
    assert "No table of this day is published." in found["lineage"].text


def test_verdicts_and_timings_are_shown_where_known_and_stay_text(published: Path) -> None:
    run = RunNotes(
        checks=[
            CheckNote(table="silver_forward", name="matches_schema", verdict="ok", text="1 row"),
            CheckNote(table="raw_option_mbo", name="files_are_vouched_for", verdict="warn", text=MARKUP),
        ],
        seconds={"silver_forward": 2.5},
        rows_per_second={"silver_forward": 1234.0},
    )
    found = shown(DayTables(Lake(published), product="ES", day=DAY, run=run))
    assert [line[:3] for line in rows_of(found["checks"].all("table")[0])] == [
        ["files_are_vouched_for", "raw_option_mbo", "warn"]
    ]
    assert MARKUP in found["checks"].text
    assert not found["checks"].all("script")
    assert rows_of(found["timings"].one("table")) == [["silver_forward", "2.5", "1,234", "–"]]


def test_a_refused_delivery_is_shown_with_its_reason_as_text(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    file = RefusedFile(size_bytes=1, modified_ns=1, tag="1", sha256=None, sidecars="")
    lake.refuse("raw_option_mbo", product="ES", day=DAY, reason=f"Expected x, was {MARKUP}", files={"raw/a": file})
    day = DayTables(lake, product="ES", day=DAY)
    text = shown(day)["refused"]
    assert f"Expected x, was {MARKUP}" in text.text
    assert not text.all("script")


def test_counts_have_their_meaning_next_to_them(published: Path) -> None:
    day = DayTables(Lake(published), product="ES", day=DAY)
    rows = [line for table in shown(day)["refused"].all("table") for line in rows_of(table)]
    stored = day.stored("bronze_option_mbo")
    assert stored is not None
    wanted = {(name, f"{n:,}") for name, n in stored.tally.items() if name != "records" and n}
    assert wanted
    assert wanted == {(line[1], line[2]) for line in rows if line[0] == "bronze_option_mbo"}
    assert all(line[3] for line in rows)


def test_the_moments_shown_are_full_minutes_with_a_price(published: Path) -> None:
    day = DayTables(Lake(published), product="ES", day=DAY)
    for found in (moments.chosen(day), moments.hourly(day)):
        assert found == sorted(set(found))
        assert np.isin(found, moments.priced_minutes(day)).all()
    assert 2 <= len(moments.chosen(day)) <= 4
