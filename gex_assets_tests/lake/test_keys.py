from __future__ import annotations

from datetime import date

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake import keys
from gex_assets.lake.names import checked_key
from gex_assets.schemas.registry import TABLES

DAY = date(2026, 1, 6)
ON_THE_DAY = "product=ES/date=2026-01-06"
ALL = {
    keys.table_day_key("silver_gex", product="ES", day=DAY): f"silver_gex/{ON_THE_DAY}/data.parquet",
    keys.table_day_key("silver_gex", product="ES", day=DAY, rejected=True): f"_rejected/silver_gex/{ON_THE_DAY}/data.parquet",
    keys.reason_key("silver_gex", product="ES", day=DAY): f"_rejected/silver_gex/{ON_THE_DAY}/reason.json",
    keys.live_window_key("silver_gex", product="ES", day=DAY, ts_window_end=1767709800000000000): (
        f"_live/silver_gex/{ON_THE_DAY}/window=1767709800000000000.parquet"
    ),
    keys.page_key("day_report", product="ES", day=DAY): f"_pages/day_report/{ON_THE_DAY}/page.html",
    keys.journal_key("signals", product="ES", day=DAY, part=17): f"_journals/signals/{ON_THE_DAY}/part=00000017.jsonl",
    keys.ledger_key("positions"): "_ledgers/positions.json",
    keys.truth_key("windows", product="ES", day=DAY): f"truth/{ON_THE_DAY}/windows.parquet",
}


@pytest.mark.parametrize(("key", "expected"), ALL.items())
def test_every_kind_of_object_has_its_place(key: str, expected: str) -> None:
    assert key == expected == checked_key(key)
    places = [keys.parsed_day_key(key), keys.parsed_day_key(key, rejected=True), keys.parsed_truth_day(key)]
    assert sum(place is not None for place in places) == (key.endswith("data.parquet") or key.startswith("truth/"))


def test_keys_name_table_product_and_day() -> None:
    for rejected in (False, True):
        key = keys.table_day_key("silver_gex", product="NQ", day=DAY, rejected=rejected)
        assert keys.parsed_day_key(key, rejected=rejected) == ("silver_gex", "NQ", DAY)
        assert keys.parsed_day_key(key, rejected=not rejected) is None
    assert keys.parsed_truth_day(f"truth/{ON_THE_DAY}/windows.parquet") == DAY
    reason = keys.reason_key("silver_gex", product="NQ", day=DAY)
    assert keys.parsed_reason_key(reason) == ("silver_gex", "NQ", DAY)
    assert keys.parsed_day_key(reason, rejected=True) is None
    assert keys.parsed_reason_key(reason.removeprefix("_rejected/")) is None
    assert [key for key in ALL if keys.parsed_reason_key(key)] == [keys.reason_key("silver_gex", product="ES", day=DAY)]


def test_no_table_has_the_name_of_another_kind_of_object() -> None:
    folders = {key.split("/")[0] for key in ALL} - {"silver_gex"}
    assert folders == {"_rejected", "_live", "_pages", "_journals", "_ledgers", "truth"}
    assert not folders & set(TABLES)
    assert "raw" not in TABLES
    for folder in sorted(folder for folder in folders if folder.startswith("_")):
        with pytest.raises(LakeError, match="Expected a table's name"):
            keys.table_folder(folder, product="ES")


def test_parts_and_windows_sort_as_their_numbers() -> None:
    parts = [keys.journal_key("x", product="ES", day=DAY, part=part) for part in (0, 9, 10, 99_999_999)]
    windows = [keys.live_window_key("x", product="ES", day=DAY, ts_window_end=end) for end in (1, 10**18, 2**63 - 1)]
    assert (parts, windows) == (sorted(parts), sorted(windows))


def test_names_that_cannot_be_part_of_a_key_are_refused() -> None:
    for name in ("../x", "A", "", "x y"):
        for key in (keys.page_key, keys.truth_key):
            with pytest.raises(LakeError, match="Expected a table's name"):
                key(name, product="ES", day=DAY)
        with pytest.raises(LakeError):
            keys.ledger_key(name)
    with pytest.raises(LakeError, match="Expected a product"):
        keys.page_key("x", product="es", day=DAY)
    for part in (-1, 10**8):
        with pytest.raises(LakeError, match=f"Expected a part from 0 to 99999999, was {part}"):
            keys.journal_key("x", product="ES", day=DAY, part=part)
    for end in (0, 2**63):
        with pytest.raises(LakeError, match="Expected the end of a window"):
            keys.live_window_key("x", product="ES", day=DAY, ts_window_end=end)
