"""The catalogue shows what is published, and says what has changed since it last looked."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from markupsafe import Markup

from gex_assets.lake.tables import Lake
from gex_assets.pages.day_links import day_links
from gex_assets.serve.catalogue import PAGES, Catalogue, Change
from gex_assets_tests.conftest import DAY

LEVELS = "silver_gex_levels"


@pytest.fixture
def lake(published: Path, tmp_path: Path) -> Lake:
    folder = tmp_path / "lake"
    shutil.copytree(published / LEVELS, folder / LEVELS)
    return Lake(folder)


def published_object(lake: Lake, key: str, content: bytes) -> None:
    staged = lake.fs.stage(key)
    staged.path.write_bytes(content)
    staged.publish()


def test_changes_are_told_by_product_and_day(lake: Lake) -> None:
    catalogue = Catalogue(lake, [LEVELS, "silver_gex"])
    number = catalogue.snapshot.number
    assert catalogue.refresh() == []
    assert catalogue.snapshot.number == number
    day = date(2026, 1, 7)
    published_object(lake, lake.key(LEVELS, product="ES", day=day), b"levels")
    published_object(lake, f"_pages/{PAGES}/product=ES/date={day}/page.html", b"page")
    published_object(lake, lake.key("silver_gex", product="NQ", day=day), b"slots")
    assert catalogue.refresh() == [Change("ES", day, (PAGES, LEVELS), ()), Change("NQ", day, ("silver_gex",), ())]
    assert catalogue.snapshot.products == ["ES", "NQ"]
    assert catalogue.snapshot.number == number + 1
    lake.fs.delete(lake.key(LEVELS, product="ES", day=day))
    assert catalogue.refresh() == [Change("ES", day, (), (LEVELS,))]


def test_a_page_that_is_shown_is_no_other_one_when_its_links_change(lake: Lake) -> None:
    """Today's page gives yesterday's a link. Whoever has yesterday's open need not load it again."""
    key = f"_pages/{PAGES}/product=ES/date={DAY}/page.html"
    before, after = DAY - timedelta(days=1), DAY + timedelta(days=1)
    catalogue = Catalogue(lake, [LEVELS])

    def seen_after(page: str, links: Markup) -> tuple[list[Change], str]:
        published_object(lake, key, f"<main>{links}{page}</main>".encode())
        return catalogue.refresh(), catalogue.snapshot.page_state("ES", DAY)

    other = [Change("ES", DAY, (PAGES,), ())]
    told, first = seen_after("one", day_links("ES"))
    assert told == other
    catalogue.note_page(catalogue.snapshot.day(PAGES, "ES", DAY), lake.fs.read_bytes(key))
    state = catalogue.snapshot.state("ES", DAY)
    assert seen_after("one", day_links("ES", (before, None))) == ([], first)
    assert seen_after("one", day_links("ES", (before, after))) == ([], first)
    assert catalogue.snapshot.state("ES", DAY) != state  # answers that hold the page's bytes are made from the new ones
    told, second = seen_after("two", day_links("ES", (before, after)))
    assert (told, second != first) == (other, True)
    assert seen_after("two", day_links("ES"))[0] == []
    unshown = Catalogue(lake, [LEVELS])  # as after a start: rather told in vain than not at all
    published_object(lake, key, f"<main>{day_links('ES', (before, None))}two</main>".encode())
    assert unshown.refresh() == other


def test_a_state_changes_with_everything_that_lies_there_of_a_day(lake: Lake) -> None:
    """Pages show more than the tables that are served: what is refused, and how many tables of all there are."""
    catalogue = Catalogue(lake, [LEVELS])
    other = catalogue.snapshot.state("ES", date(2026, 1, 7))
    for change in (
        lambda: lake.refuse(LEVELS, product="ES", day=DAY, reason="Expected a file, was none", files=()),
        lambda: published_object(lake, lake.key("bronze_option_mbo", product="ES", day=DAY), b"x"),
        lambda: published_object(lake, lake.key(LEVELS, product="ES", day=DAY, rejected=True), b"x"),
        lambda: published_object(lake, f"_pages/{PAGES}/product=ES/date={DAY}/page.html", b"page"),
        lambda: lake.fs.delete(lake.key("bronze_option_mbo", product="ES", day=DAY)),
    ):
        number, whole, state = (
            catalogue.snapshot.number,
            catalogue.snapshot.state("ES"),
            catalogue.snapshot.state("ES", DAY),
        )
        change()
        catalogue.refresh()
        assert catalogue.snapshot.number == number + 1
        assert catalogue.snapshot.state("ES") != whole
        assert catalogue.snapshot.state("ES", DAY) != state
        assert catalogue.snapshot.state("ES", date(2026, 1, 7)) == other


def test_days_are_found_by_range(lake: Lake) -> None:
    catalogue = Catalogue(lake, [LEVELS])
    for number in (3, 1, 2):
        published_object(lake, lake.key(LEVELS, product="ES", day=date(2026, 2, number)), b"x")
    catalogue.refresh()
    snapshot = catalogue.snapshot
    assert [one.day.day for one in snapshot.days(LEVELS, "ES", date(2026, 2, 1), date(2026, 2, 2))] == [1, 2]
    assert [one.day for one in snapshot.days(LEVELS, "ES", None, DAY)] == [DAY]
    assert snapshot.day(LEVELS, "ES", date(2026, 2, 9)) is None
    latest = catalogue.latest(LEVELS, "ES")
    assert latest is not None
    assert latest.day == date(2026, 2, 3)
    assert catalogue.latest(LEVELS, "NQ") is None


def test_rejected_days_are_not_shown(lake: Lake) -> None:
    published_object(lake, lake.key(LEVELS, product="ES", day=date(2026, 3, 3), rejected=True), b"x")
    catalogue = Catalogue(lake, [LEVELS])
    assert [one.day for one in catalogue.snapshot.days(LEVELS, "ES")] == [DAY]


def test_hashes_are_those_of_the_bytes(lake: Lake) -> None:
    catalogue = Catalogue(lake, [LEVELS])
    (one,) = catalogue.snapshot.days(LEVELS, "ES")
    assert catalogue.sha256(one) == lake.open(LEVELS, product="ES", day=DAY).sha256()
    key = lake.key(LEVELS, product="ES", day=DAY)
    published_object(lake, key, b"other bytes")
    catalogue.refresh()
    (again,) = catalogue.snapshot.days(LEVELS, "ES")
    assert again.tag != one.tag
    assert catalogue.sha256(again) != lake.fs.published_sha256(f"{key}.none")
    assert len(catalogue.sha256(again)) == 64
