"""Links from a day's page fit both the lake's folders and the server's addresses."""

from datetime import date, timedelta
from pathlib import Path, PurePosixPath

import pytest

from gex_assets.lake.keys import page_key
from gex_assets.lake.tables import Lake
from gex_assets.pages.day_links import day_links
from gex_assets.pages.day_tables import DayTables
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.reading import parsed


def test_links_on_disk_are_the_keys_of_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = DAY - timedelta(days=1), DAY + timedelta(days=1)
    monkeypatch.setattr(DayTables, "neighbours", lambda _: (before, after))
    nav = parsed(day_links(DayTables(Lake(tmp_path), product="ES", day=DAY)))
    own = PurePosixPath(page_key("day_page", product="ES", day=DAY)).parent
    links = {one.attributes["data-served"]: one.attributes["href"] for one in nav.all("a")}

    def there(href: str) -> Path:
        return (tmp_path / own / href).resolve()

    for day in (before, after):
        assert there(links[f"/days/ES/{day}"]) == tmp_path.resolve() / page_key("day_page", product="ES", day=day)
    assert there(links["/"]) == tmp_path.resolve() / "_pages" / "index.html"
    assert there(links["/history/ES"]) == tmp_path.resolve() / "_pages" / "history-ES.html"


def test_days_that_are_not_published_have_no_link(published: Path) -> None:
    nav = parsed(day_links(DayTables(Lake(published), product="ES", day=date(2026, 1, 7))))
    assert [one.text for one in nav.all("a")] == [f"← {DAY}", "all days", "history"]
