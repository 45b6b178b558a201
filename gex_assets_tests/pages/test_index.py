"""The index of days: every day is there, links lead where they should, ten years stay light."""

from datetime import date
from pathlib import Path

from gex_assets.lake.tables import Lake
from gex_assets.pages.index import index_of_lake, index_page, thumbnail
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.made_up_days import course, history_row, state, trading_days
from gex_assets_tests.pages.reading import Element, parsed

LINK = "days/{}.html".format


def read(page: str) -> Element:
    return parsed(page.removeprefix("<!doctype html>\n"))


def test_every_day_has_a_cell_and_a_link() -> None:
    days = trading_days(date(2024, 12, 20), date(2026, 1, 9))[::-1]
    page = index_page([state(day) for day in days], product="ES", rows={}, paths={}, link=LINK)
    cells = [one for year in read(page).all("div", class_="year") for one in year.all("a")]
    assert sorted(one.attributes["href"] for one in cells) == sorted(LINK(day) for day in days)
    assert [one.text for one in read(page).all("h3")] == ["2026", "2025", "2024"]


def test_days_of_the_week_are_rows_and_weeks_columns() -> None:
    days = [date(2026, 1, 9), date(2026, 1, 5), date(2026, 1, 1)]
    year = read(index_page([state(day) for day in days], product="ES", rows={}, paths={}, link=LINK)).one("div", class_="year")
    areas = {one.attributes["href"]: one.attributes["style"].partition(";")[0] for one in year.all("a")}
    assert areas == {
        LINK("2026-01-01"): "grid-area:5/1",
        LINK("2026-01-05"): "grid-area:2/2",
        LINK("2026-01-09"): "grid-area:6/2",
    }


def test_a_day_says_its_exposure_and_its_status() -> None:
    days = [date(2026, 1, 8), date(2026, 1, 7), date(2026, 1, 6)]
    states = [state(days[0]), state(days[1], published=3), state(days[2], refused=("raw_option_mbo",))]
    page = read(
        index_page(
            states, product="ES", rows={days[0]: history_row(days[0])}, paths={day: course() for day in days}, link=lambda _: None
        )
    )
    said = [one.text for one in page.all("li", class_="day")]
    assert "net −1.50 bn · negative" in said[0]
    assert f"3 of {len(DAY_TABLES)} tables" in said[1]
    assert "latest delivery refused" in said[2]
    assert not page.one("main").all("a")  # days without a page have no link
    assert "1 with not all tables published, 1 with latest delivery refused" in page.text


def test_one_day_is_a_day() -> None:
    one = index_page([state(date(2026, 1, 6))], product="ES", rows={}, paths={}, link=LINK)
    assert "1 day, 2026-01-06; all its tables are published." in read(one).text


def test_ten_years_stay_light() -> None:
    days = trading_days(date(2016, 1, 1), date(2025, 12, 31))[::-1]
    rows = {day: history_row(day) for day in days}
    page = index_page(
        [state(day) for day in days], product="ES", rows=rows, paths={day: course() for day in days[:24]}, link=LINK
    )
    assert len(days) > 3000
    assert len(page.encode()) < 750_000


def test_the_price_of_a_small_picture_does_not_cross_closed_hours() -> None:
    drawn = parsed(thumbnail(course(), about="x"))
    assert drawn.one("path", class_="line price").attributes["d"].count("M") == 2
    styles = [one.attributes["class"] for one in drawn.all("rect")]
    assert styles == ["up", "missing", "down", "down"]  # the break divides the last one
    assert len(drawn.all("path", class_="line call thin")) == 1
    assert not drawn.all("path", class_="line put thin")


def test_a_lake_is_read_as_it_is(published: Path) -> None:
    page = read(index_of_lake(Lake(published), product="ES", link=LINK))
    assert [one.attributes["href"] for one in page.one("main").all("a")] == [LINK(DAY)] * 2
    assert page.one("svg").one("title").text == f"Price and sign of net exposure on {DAY}"
    assert "gex history makes it" in page.text


def test_an_empty_lake_says_what_to_do(tmp_path: Path) -> None:
    assert "Start with gex ingest or gex demo." in read(index_of_lake(Lake(tmp_path), product="ES", link=LINK)).text
