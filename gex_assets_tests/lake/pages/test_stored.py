"""Pages are published whole, say what they were drawn from, and are found again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.pages.stored import change_page, find_page, lineage_text, page_days, publish_page
from gex_assets.lake.tables import Lake
from gex_assets_tests.lake.memory_filesystem import MemoryFileSystem

DAY = date(2026, 1, 6)


@pytest.fixture(params=["folder", "memory"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    fs: FileSystem = LocalFileSystem(tmp_path) if request.param == "folder" else MemoryFileSystem()
    return Lake(fs)


def lineage_of(day: date = DAY, **inputs: str) -> Lineage:
    return Lineage(table="day_page", product="ES", day=day, code_version="1-ab", settings_hash="s", inputs=inputs)


def page_of(lineage: Lineage, body: str = "") -> bytes:
    block = f'<script type="application/json" id="gex-lineage">{lineage_text(lineage)}</script>'
    return f"<!doctype html><html><head>{block}</head><body>{body}</body></html>".encode()


def test_a_page_is_found_with_its_lineage_and_hash(lake: Lake) -> None:
    lineage = lineage_of(a="1")
    published = publish_page(lake, page_of(lineage, "¶" * 100_000), lineage=lineage)
    stored = find_page(lake, "day_page", product="ES", day=DAY)
    assert stored is not None
    assert stored.lineage == lineage
    assert stored.read() == page_of(lineage, "¶" * 100_000)
    assert stored.size_bytes == len(stored.read())
    assert stored.sha256() == published.sha256()
    assert stored.is_as_published


def test_there_is_none_before(lake: Lake) -> None:
    assert find_page(lake, "day_page", product="ES", day=DAY) is None
    assert page_days(lake, "day_page", "ES") == []


def test_a_page_is_replaced_whole(lake: Lake) -> None:
    for body in ("first, and long", "second"):
        publish_page(lake, page_of(lineage_of(), body), lineage=lineage_of())
    stored = find_page(lake, "day_page", product="ES", day=DAY)
    assert stored is not None
    assert stored.read() == page_of(lineage_of(), "second")


def test_days_come_in_order_and_by_product(lake: Lake) -> None:
    for day in (date(2026, 1, 7), DAY):
        publish_page(lake, page_of(lineage_of(day)), lineage=lineage_of(day))
    assert page_days(lake, "day_page", "ES") == [DAY, date(2026, 1, 7)]
    assert page_days(lake, "day_page", "NQ") == []


def test_markup_in_a_lineage_stays_text(lake: Lake) -> None:
    lineage = lineage_of(**{"raw/</script><script>alert(1)</script>": "<b>"})
    assert "<" not in lineage_text(lineage)
    publish_page(lake, page_of(lineage), lineage=lineage)
    stored = find_page(lake, "day_page", product="ES", day=DAY)
    assert stored is not None
    assert stored.lineage == lineage


def test_a_page_that_does_not_say_what_it_is_drawn_from_is_an_error(lake: Lake) -> None:
    publish_page(lake, b"<!doctype html>", lineage=lineage_of())
    stored = find_page(lake, "day_page", product="ES", day=DAY)
    assert stored is not None
    with pytest.raises(LakeError, match="Expected the lineage"):
        _ = stored.lineage


def test_a_page_changed_by_hand_is_not_as_published(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    stored = publish_page(lake, page_of(lineage_of()), lineage=lineage_of())
    (tmp_path / stored.key).write_bytes(page_of(lineage_of(), "changed"))
    found = find_page(lake, "day_page", product="ES", day=DAY)
    assert found is not None
    assert not found.is_as_published


def test_what_the_lineage_says_nothing_of_can_be_changed(lake: Lake) -> None:
    def change(page: bytes) -> bytes:
        return page.replace(b"without", b"with")

    assert not change_page(lake, "day_page", product="ES", day=DAY, change=change)
    publish_page(lake, page_of(lineage_of(a="1"), "without a link"), lineage=lineage_of(a="1"))
    assert change_page(lake, "day_page", product="ES", day=DAY, change=change)
    stored = find_page(lake, "day_page", product="ES", day=DAY)
    assert stored is not None
    assert stored.read() == page_of(lineage_of(a="1"), "with a link")
    assert stored.is_as_published
    assert not change_page(lake, "day_page", product="ES", day=DAY, change=change)
    assert find_page(lake, "day_page", product="ES", day=DAY).tag == stored.tag  # type: ignore[union-attr]


def test_a_page_changed_by_hand_is_left_alone(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path = Path(publish_page(lake, page_of(lineage_of()), lineage=lineage_of()).uri)
    path.write_bytes(page_of(lineage_of(), "mine"))
    assert not change_page(lake, "day_page", product="ES", day=DAY, change=lambda page: page + b"x")
    assert path.read_bytes() == page_of(lineage_of(), "mine")
