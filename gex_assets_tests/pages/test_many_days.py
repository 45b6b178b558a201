"""What names and small tables say of many days."""

from pathlib import Path

import numpy as np

from gex_assets.lake.rejections import RefusedFile
from gex_assets.lake.tables import Lake
from gex_assets.pages.many_days import paths_of_days, states_of_days
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.conftest import DAY


def test_a_published_day_has_all_its_tables(published: Path) -> None:
    (found,) = states_of_days(Lake(published), "ES")
    assert (found.day, found.published, found.status) == (DAY, len(DAY_TABLES), "published")


def test_a_refused_day_is_listed(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    file = RefusedFile(size_bytes=1, modified_ns=1, tag="1", sha256=None, sidecars="")
    lake.refuse("raw_option_mbo", product="ES", day=DAY, reason="Expected x, was y", files={"raw/a": file})
    (found,) = states_of_days(lake, "ES")
    assert (found.status, found.refused) == ("rejected", ("raw_option_mbo",))


def test_the_course_of_a_day_is_that_of_its_levels(published: Path) -> None:
    lake = Lake(published)
    path = paths_of_days(lake, "ES", [DAY])[DAY]
    rows = lake.open("silver_gex_levels", product="ES", day=DAY).read(["ts_window_end", "convention", "scope", "reference_price"])
    wanted = {
        row["ts_window_end"]: row["reference_price"]
        for row in rows.to_pylist()
        if (row["convention"], row["scope"]) == ("field", "selected")
    }
    assert len(path.minutes) >= 8
    midnight = (np.datetime64(DAY) - np.datetime64("1970-01-01")).astype("timedelta64[ns]").astype(int)
    for minute, price in zip(path.minutes, path.prices, strict=True):
        expected = wanted[int(midnight + minute * 60e9)]
        assert price == expected or (expected is None and np.isnan(price))
