from __future__ import annotations

import hashlib
import time as clock
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import databento
import numpy as np
import pytest

from gex_assets.errors import SettingsError, SymbolError
from gex_assets.sample.market import make_sample, sample_days
from gex_assets_tests.sample.made_up_samples import BUSY, TUESDAY, Made
from gex_assets_tests.sample.plain_book import PlainBook, live

NS = 10**9
MINUTE = (time(14, 30), time(14, 31))


def digests(lake: Path, folder: str = "") -> dict[str, str]:
    root = lake / folder
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_sample(tmp_path / name, start=TUESDAY, days=2, session=MINUTE, defects=("odd_flag", "unknown_cancel"))
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_another_market(tmp_path: Path) -> None:
    seeds = [make_sample(tmp_path / str(seed), start=TUESDAY, days=1, session=MINUTE, seed=seed) for seed in (7, 8)]
    hashes = [{one.kind: one.file.sha256 for one in report.files} for report in seeds]
    assert all(hashes[0][kind] != hashes[1][kind] for kind in hashes[0])


def test_a_longer_sample_begins_with_the_days_of_a_shorter_one(tmp_path: Path) -> None:
    short = make_sample(tmp_path / "short", start=TUESDAY, days=1, session=MINUTE)
    longer = make_sample(tmp_path / "long", start=TUESDAY, days=2, session=MINUTE)
    first = {(one.kind, one.day): one.file.sha256 for one in short.files}
    both = {(one.kind, one.day): one.file.sha256 for one in longer.files}
    assert first.items() <= both.items()
    assert digests(tmp_path / "short", f"truth/product=ES/date={TUESDAY}") == digests(
        tmp_path / "long", f"truth/product=ES/date={TUESDAY}"
    )


def test_saturdays_have_no_files() -> None:
    assert sample_days(start=date(2026, 1, 9), days=3) == (date(2026, 1, 9), date(2026, 1, 11), date(2026, 1, 12))


@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_vendors_client_reads_every_file(tmp_path: Path, version: int) -> None:
    report = make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE, dbn_version=version)
    for one in report.files:
        store = databento.DBNStore.from_file(one.file.path)
        assert store.metadata.version == version
        assert store.dataset == "GLBX.MDP3"
        assert len(store.to_ndarray()) == one.file.records > 0
        expected = BUSY_START if one.kind.endswith("mbo") else MIDNIGHT - (86_400 * NS if one.day < TUESDAY else 0)
        assert store.metadata.start == expected
    options = next(one for one in report.files if one.kind == "option_mbo")
    store = databento.DBNStore.from_file(options.file.path)
    assert store.symbols == ["ES.OPT"]
    mapped = {name: intervals[0]["symbol"] for name, intervals in store.mappings.items()}
    records = store.to_ndarray()
    assert {str(number) for number in np.unique(records["instrument_id"]).tolist()} <= set(mapped.values())
    assert mapped["ESH6 C6950"].isdigit()


MIDNIGHT = 1_767_657_600 * NS
BUSY_START = MIDNIGHT + (14 * 60 + 30) * 60 * NS


def test_a_request_restricted_to_minutes_has_one_job_a_day(make: Callable[..., Made]) -> None:
    made = make(days=2, session=MINUTE)
    folders = {one.file.path.parent for one in made.report.files if one.kind == "option_mbo"}
    assert len(folders) == 2
    assert len({one.file.path.parent for one in made.report.files if one.kind == "option_definition"}) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"profile": "huge"}, "Expected a profile of lively, wide, small, full, was 'huge'"),
        ({"defects": ("sabotage",)}, "was sabotage"),
        ({"dbn_version": 4}, "was 4"),
        ({"days": 0}, "was 0"),
        ({"seed": -1}, "was -1"),
        ({"session": (time(14, 30), time(14, 30))}, "whole 5 s windows"),
        ({"session": (time(14, 30), time(14, 30, 3))}, "whole 5 s windows"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        make_sample(tmp_path, **{"start": TUESDAY, "days": 1, **arguments})  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_product_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SymbolError, match="was 'CL'"):
        make_sample(tmp_path, start=TUESDAY, days=1, product="CL")


@pytest.mark.parametrize("product", ["NQ", "RTY", "YM"])
def test_other_products_have_a_market_too(make: Callable[..., Made], product: str) -> None:
    made = make(product=product, session=MINUTE)
    book = PlainBook()
    book.apply_all(made.records("option_mbo"))
    assert book.complaints == {}
    assert book.crossed == []
    assert f"symbol={product}" in str(made.path("future_mbo"))


def test_progress_is_told_in_words(tmp_path: Path) -> None:
    told: list[str] = []
    make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE, progress=told.append)
    assert told == ["2026-01-06: futures", "2026-01-06: options", "2026-01-06: truth"]


def test_ten_minutes_take_less_than_four_seconds_of_cpu_time(tmp_path: Path, busy: Made) -> None:
    """A busy machine makes single runs slower, in CPU time too: one of five has to be fast."""
    del busy  # compiled and warm by now
    took: list[float] = []
    while len(took) < 5 and min(took, default=4.0) >= 4.0:
        start = clock.process_time()
        make_sample(tmp_path / str(len(took)), start=TUESDAY, days=1, session=BUSY)
        took.append(clock.process_time() - start)
    assert min(took) < 4.0


@pytest.mark.long
def test_a_whole_day_has_about_a_million_option_records_most_of_them_in_the_busy_hour(tmp_path: Path) -> None:
    start = clock.process_time()
    report = make_sample(tmp_path, start=TUESDAY, days=1)
    took = clock.process_time() - start
    records = {one.kind: one.file.records for one in report.files if one.day == TUESDAY}
    assert 700_000 < records["option_mbo"] < 1_400_000
    assert 150_000 < records["future_mbo"] < 600_000
    path = next(one.file.path for one in report.files if one.kind == "option_mbo")
    own = live(databento.DBNStore.from_file(path).to_ndarray())
    in_busy = (own["ts_recv"] >= BUSY_START) & (own["ts_recv"] < BUSY_START + 3600 * NS)
    assert 0.6 < np.mean(in_busy) < 0.95
    closed = (own["ts_recv"] >= MIDNIGHT + (22 * 3600 + 60) * NS) & (own["ts_recv"] < MIDNIGHT + (22 * 60 + 45) * 60 * NS)
    assert not np.any(closed)
    assert took < 60
